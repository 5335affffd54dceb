import AWSClients
import CacheSupport
import Foundation
import HTTPTransport
import LambdaRuntime
import Synchronization
import TestSupport

@testable import TimeSeriesCache

/// Sends requests for a source (`source.test`, unless told otherwise) to a closure and all others to a real client.
struct RoutedHTTP: HTTPClient {
  let real: any HTTPClient
  var isSource: @Sendable (String) -> Bool = { $0.hasPrefix("https://source.test/") }
  let source: @Sendable (HTTPRequest) async -> HTTPResponse

  func send(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse {
    isSource(request.url) ? await source(request) : try await real.send(request)
  }
}

/// A log that a test reads.
final class LogBook: Sendable {
  private let text = Mutex<[JSON]>([])
  var logger: LambdaLogger {
    LambdaLogger { [self] line in text.withLock { $0.append((try? JSON(parsing: line)) ?? .null) } }
  }
  var lines: [JSON] { text.withLock { $0 } }

  func lines(saying message: String) -> [JSON] { lines.filter { $0["message"]?.string == message } }

  func metric(_ name: CacheMetric) -> Double? { lines.compactMap { $0[name.rawValue]?.double }.last }
}

extension TestCloud {
  /// What the samples of the source at `source.test` become, one row for each identifier, of `[time, value]` pairs.
  static let sourceDescription = #"""
    {"default": {"url": "https://source.test/{identifier}", "rows": "/rows", "time": {"at": "/t", "format": "milliseconds"},
     "measures": {"a": "/a", "b": {"at": "/b", "type": "bigint"}, "c": {"at": "/c", "type": "varchar"}}, "attempts": 1}}
    """#

  /// Messages with some identifiers through the fetch function, in this process.
  ///
  /// - Parameter timeIsUp: opened, the function's time is over.
  func fetch(
    _ messages: [[String]], now: Int64, log: LogBook = LogBook(), deadline: Int64 = .max,
    sources: String = sourceDescription, timeIsUp: Gate? = nil,
    source: @escaping @Sendable (_ identifier: String) async -> HTTPResponse
  ) async throws -> [String] {
    let routed = RoutedHTTP(real: http) { request in
      await source(PercentEncoding.decode(request.url.dropFirst("https://source.test/".count)))
    }
    // With a gate the identifiers run one by one, so that those before the one that opens it are done.
    let variables = ["SOURCES": sources].merging(timeIsUp == nil ? [:] : ["IDENTIFIERS_AT_ONCE": "1"]) { $1 }
    var handler = try FetchHandler(environment: environment.merging(variables), http: routed, clock: .fixed(now))
    // However slow the machine is, no time runs out but where a test says so.
    handler.sleep = { _ in
      guard let timeIsUp else { return try await Task.sleep(for: .seconds(86_400)) }
      await timeIsUp.wait()
    }
    let records = messages.enumerated().map { index, identifiers -> JSON in
      let body: JSON = ["identifiers": .array(identifiers.map { .string($0) })]
      return ["messageId": .string("m\(index)"), "eventSource": "aws:sqs", "body": .string(body.text)]
    }
    let event: JSON = ["Records": .array(records)]
    let context = LambdaContext(requestID: "r", deadline: deadline, logger: log.logger)
    let answer = try JSON(parsing: try await handler.handle(event.bytes, context))
    return (answer["batchItemFailures"]?.array ?? []).compactMap { $0["itemIdentifier"]?.string }
  }

  /// Rows of measure `a`, as the source gives them.
  static func rows(_ pairs: [(Int64, Double)]) -> HTTPResponse {
    .json(200, #"{"rows":[\#(pairs.map { #"{"t":\#($0.0),"a":\#($0.1)}"# }.joined(separator: ","))]}"#)
  }

  func reader(now: Int64) throws -> SeriesReader {
    try SeriesReader(environment: environment, client: client, clock: .fixed(now))
  }

  /// The times and values of measure `a`; forecasts are marked.
  func series(_ identifier: String, from: Int64, to: Int64, now: Int64) async throws -> [String] {
    guard let range = TimeRange(from: from, to: to) else { return [] }
    var rows: [String] = []
    for try await row in try reader(now: now).rows(of: Series(try Identifier(identifier)), in: range, pageSize: 700) {
      guard case .double(let value)? = row["a"] else { continue }
      rows.append("\(row.time)=\(JSONWriter.text(of: value))\(row.origin == .forecast ? "?" : "")")
    }
    return rows
  }
}
