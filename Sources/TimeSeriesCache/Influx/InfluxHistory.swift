public import CacheSupport
public import HTTPTransport

/// History in InfluxDB: 1.x, 2.x with a mapping of its buckets to databases, and Amazon Timestream for InfluxDB 2.
///
/// A series that a source knows is kept in the measurement `history`, with the tag `identifier`. A series that somebody writes has the
/// measurement and the tags that it was written with. Each point has two fields of the cache's own: `~version`, and `~fields`, which lists
/// what the point has in this version.
///
/// InfluxDB merges the fields of points of one instant and lets the last arrival count. So a write reads the versions of its instants
/// first, and leaves out what is older or equal. Where two writers write one instant at the same moment, and the older version arrives
/// last, that one stays until the instant is written again: InfluxDB has no condition that could forbid it. A sample is always whole: no
/// read mixes the measures of two versions, once both writes have ended.
///
/// Points of other writers in the same series are read too: all fields that they have.
public struct InfluxHistory: HistoryStore {
  let connection: InfluxConnection
  let schemas: InfluxSchemas
  let clock: WallClock
  let random: @Sendable () -> Double
  let sleep: @Sendable (Duration) async throws(CancellationError) -> Void

  /// History in a database of InfluxDB, which exists.
  ///
  /// - Parameters:
  ///   - http: sends the requests; certificates are always verified.
  ///   - url: `https://host:port`, or `http` where the host is this machine.
  ///   - database: of 2.x, the database that a bucket is mapped to.
  ///   - retentionPolicy: nil for the database's own.
  ///   - authorization: who asks.
  ///   - clock: tells how long a measurement's fields and tags are known, and where newest rows are looked for first.
  ///   - random: from 0 to 1, for the pauses between attempts.
  ///   - sleep: waits between two attempts.
  /// - Throws: ``InvalidInfluxURL``.
  public init(
    http: any HTTPClient, url: String, database: String, retentionPolicy: String? = nil,
    authorization: InfluxAuthorization = .none, clock: WallClock = .system,
    random: @escaping @Sendable () -> Double = { .random(in: 0...1) },
    sleep: @escaping @Sendable (Duration) async throws(CancellationError) -> Void = {
      duration
        async throws(CancellationError) in
      do { try await Task.sleep(for: duration) } catch { throw CancellationError() }
    }
  ) throws(InvalidInfluxURL) {
    connection = InfluxConnection(
      http: http, url: try InfluxURL.checked(url), database: database, retentionPolicy: retentionPolicy,
      authorization: authorization)
    schemas = InfluxSchemas(clock)
    self.clock = clock
    self.random = random
    self.sleep = sleep
  }
}

/// Why a text cannot be the URL of an InfluxDB server.
public struct InvalidInfluxURL: Error, Sendable, Hashable, CustomStringConvertible {
  /// What is wrong, and what to give.
  public let description: String
}

/// The URL of a server, without the blank path at its end.
enum InfluxURL {
  static func checked(_ text: String) throws(InvalidInfluxURL) -> String {
    // What is given may hold a password, and is not repeated.
    let rest: Substring
    let isPlain = text.hasPrefix("http://")
    if isPlain {
      rest = text.dropFirst(7)
    } else if text.hasPrefix("https://") {
      rest = text.dropFirst(8)
    } else {
      throw InvalidInfluxURL(description: "InfluxDB's URL must start with https://")
    }
    let authority = rest.prefix { $0 != "/" }
    guard !authority.isEmpty, !rest.contains(where: { "?#@\\".contains($0) }),
      rest.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
    else {
      throw InvalidInfluxURL(
        description: "InfluxDB's URL has a host and perhaps a port and a path, and no blank, name, password, '?' or '#'"
      )
    }
    if isPlain, !isLoopback(host: String(authority)) {
      throw InvalidInfluxURL(
        description:
          "InfluxDB's URL must start with https://: the token would be readable on the way to another machine")
    }
    return text.utf8.last == UInt8(ascii: "/") ? String(text.dropLast()) : text
  }
}
