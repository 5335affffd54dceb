/// InfluxDB's line protocol: a text of lines, each a point of a series.
///
///     measurement,tag=value,… field=value,… time
///
/// What is read is what <https://docs.influxdata.com/influxdb/v2/reference/syntax/line-protocol/> describes:
///
/// - Lines end with a line feed, with or without a carriage return before it. Blank lines, and lines that start with `#`, say nothing.
/// - One or more blanks part the tags from the fields and the fields from the time. A tab is only allowed before a line's first byte.
/// - A backslash takes its meaning from a comma, a blank or a backslash after it, in tags and names of fields from an equals sign as
///   well; before anything else it is a backslash.
/// - A value is a float (`1`, `-1.5`, `1e9`), an integer (`1i`), an unsigned integer (`1u`), a text in double quotes, in which `\"` and
///   `\\` are escapes and a line may end, or a boolean (`t`, `T`, `true`, `True`, `TRUE` and the same for false).
/// - Neither tags nor a time are needed. A point without a time has the one that the caller gives.
///
/// As in InfluxDB, a comma in the name of a tag or of a field needs its backslash: without it, a forgotten value would make one odd
/// name of two.
package enum LineProtocol {
  /// The unit of a body's times.
  package enum Precision: String, Sendable, Hashable, CaseIterable {
    case nanoseconds = "ns"
    case microseconds = "us"
    case milliseconds = "ms"
    case seconds = "s"
    case minutes = "m"
    case hours = "h"

    /// Reads the parameter `precision`: `ns`, `us`, `ms`, `s` of version 2 of the API, `n`, `u`, `m`, `h` of version 1 as well; nil
    /// for anything else.
    package init?(_ text: String) {
      switch text {
      case "n": self = .nanoseconds
      case "u": self = .microseconds
      default: self.init(rawValue: text)
      }
    }

    /// How many nanoseconds the unit has.
    package var nanoseconds: Int64 {
      switch self {
      case .nanoseconds: 1
      case .microseconds: 1000
      case .milliseconds: 1_000_000
      case .seconds: 1_000_000_000
      case .minutes: 60_000_000_000
      case .hours: 3_600_000_000_000
      }
    }
  }

  /// How much a body may hold. A store's own limits are narrower, and are checked by whoever writes to it.
  package enum Limit {
    /// The bytes of a body: 32 MiB, several times what a function's event carries before it is decompressed.
    package static var bytes: Int { 32 << 20 }
    /// The points of a body: half a million, a hundred times what InfluxDB advises for one request.
    package static var points: Int { 500_000 }
    /// The tags of a point: 256.
    package static var tags: Int { 256 }
    /// The fields of a point: 4,096.
    package static var fields: Int { 4096 }
    /// The fields of a body: three millions, which take 200 MB of a function's memory on their way to the stores.
    package static var fieldsOfBody: Int { 3_000_000 }
    /// The bytes of a measurement, a name or a value, as it is written: 64 KiB.
    package static var token: Int { 1 << 16 }
  }

  /// Reads a body.
  ///
  /// - Parameters:
  ///   - bytes: UTF-8; an empty body has no points.
  ///   - precision: the unit of the body's times.
  ///   - now: the time of points without one, epoch nanoseconds.
  /// - Throws: ``LineProtocolError`` for the first thing that is wrong; nothing of the body is read then.
  package static func parse(
    _ bytes: [UInt8], precision: Precision = .nanoseconds, now: Int64
  ) throws(LineProtocolError) -> ParsedPoints {
    try parse(bytes.span, precision: precision, now: now)
  }

  /// Reads a body that lies in any memory.
  package static func parse(
    _ bytes: Span<UInt8>, precision: Precision = .nanoseconds, now: Int64
  ) throws(LineProtocolError) -> ParsedPoints {
    do throws(LineProtocolParser.Fault) {
      guard bytes.count <= Limit.bytes else { throw .init(.tooManyBytes, at: 0) }
      var parser = LineProtocolParser(bytes, precision: precision, now: now)
      try parser.parse()
      return parser.parsed
    } catch {
      throw LineProtocolError(error.reason, at: error.offset, of: bytes)
    }
  }
}
