import CacheSupport
public import Foundation
public import HTTPTransport
import Synchronization

/// Debian's InfluxDB for one test, on a free port of this machine, with its data in a folder that goes with it.
public struct InfluxServer: Sendable {
  /// Such as `http://127.0.0.1:40123`.
  public let url: String
  /// A database that is there, and empty.
  public let database: String
  public let http: any HTTPClient
  /// What is sent as `Authorization`, where the server wants to know who asks.
  public let authorization: String?
  /// The name and password of the administrator.
  public static let user: String = "admin:a secret"

  private let process: Process

  /// Where `Tests/tools.sh` puts it: `INFLUXD` says another place.
  public static let program: URL =
    ProcessInfo.processInfo.environment["INFLUXD"].map { URL(filePath: $0) }
    ?? SharedData.package.appending(path: ".build/tools/influxdb/usr/bin/influxd")

  public static let isPresent: Bool = FileManager.default.isExecutableFile(atPath: program.path)
  /// Why a test is left out where it is not there.
  public static let absence: String = "Debian's InfluxDB is not there: Tests/tools.sh .build/tools brings it"

  struct Failure: Error { let description: String }

  /// Runs a body against a server of its own and ends it, whatever the body does.
  ///
  /// - Parameter isGuarded: true for a server that wants the name and password of ``user``.
  public static func with<Value>(
    isGuarded: Bool = false, _ body: (InfluxServer) async throws -> Value
  ) async throws -> Value {
    let folder = FileManager.default.temporaryDirectory.appending(path: "influxdb-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let arguments = ["run", "-config", try configuration(in: folder, isGuarded: isGuarded)]
    let address = Mutex<String?>(nil)
    return try await ServerProcess.with(program, arguments) { line in
      // It says where it listens, and then that it does.
      address.withLock { address in
        if line.contains("msg=\"Listening on HTTP\"") {
          address = line.split(separator: " ").first { $0.hasPrefix("addr=") }.map { String($0.dropFirst(5)) }
        }
        return line.contains("msg=\"Listening for signals\"") ? address : nil
      }
    } _: { address, process in
      let server = InfluxServer(process, url: "http://\(address)", isGuarded: isGuarded)
      if isGuarded {
        let (name, password) = (user.prefix { $0 != ":" }, user.drop { $0 != ":" }.dropFirst())
        try await server.setUp("CREATE USER \(name) WITH PASSWORD '\(password)' WITH ALL PRIVILEGES")
      }
      try await server.setUp("CREATE DATABASE \"\(server.database)\"")
      return try await body(server)
    }
  }

  private init(_ process: Process, url: String, isGuarded: Bool) {
    self.process = process
    self.url = url
    database = "history"
    http = CurlClient()
    authorization = isGuarded ? "Basic " + Data(Self.user.utf8).base64EncodedString() : nil
  }

  /// Nothing is reported to anybody, and every port is one of this machine's free ones.
  private static func configuration(in folder: URL, isGuarded: Bool) throws -> String {
    let file = folder.appending(path: "influxdb.conf")
    let text = """
      reporting-disabled = true
      bind-address = "127.0.0.1:0"
      [meta]
      dir = '\(folder.path)/meta'
      [data]
      dir = '\(folder.path)/data'
      wal-dir = '\(folder.path)/wal'
      [monitor]
      store-enabled = false
      [http]
      bind-address = "127.0.0.1:0"
      log-enabled = false
      auth-enabled = \(isGuarded)

      """
    try text.write(to: file, atomically: true, encoding: .utf8)
    return file.path
  }

  /// Sends a statement, or a question in InfluxQL, as a client of its own would.
  ///
  /// - Returns: the answer's body, with times in nanoseconds.
  @discardableResult
  public func ask(_ statement: String) async throws -> String {
    try await send("query", ["q": statement, "db": database, "epoch": "ns"]).text
  }

  /// Writes line protocol as another writer would, with times in nanoseconds.
  public func write(_ lines: String) async throws {
    let (status, text) = try await send("write", ["db": database, "precision": "ns"], Array(lines.utf8))
    guard status == 204 else { throw Failure(description: "\(status): \(text)") }
  }

  /// Where a test itself cannot go on without its answer.
  private func setUp(_ statement: String) async throws {
    let (status, text) = try await send("query", ["q": statement])
    guard status == 200, !text.contains("\"error\"") else { throw Failure(description: "\(status): \(text)") }
  }

  private func send(
    _ path: String, _ parameters: KeyValuePairs<String, String>, _ body: [UInt8] = []
  ) async throws -> (status: Int, text: String) {
    let query = parameters.map { "\($0.key)=\(PercentEncoding.encode($0.value))" }.joined(separator: "&")
    var headers: HTTPHeaders = ["Content-Type": "text/plain"]
    if let authorization { headers["Authorization"] = authorization }
    let response = try await http.send(
      HTTPRequest(method: "POST", url: "\(url)/\(path)?\(query)", headers: headers, body: body))
    return (response.status, String(decoding: response.body, as: UTF8.self))
  }

  /// Stops it in the middle of everything, as a full disk or a slow network would; ``resume()`` lets it go on.
  public func suspend() { _ = process.suspend() }

  /// Lets a suspended server go on.
  public func resume() { _ = process.resume() }
}
