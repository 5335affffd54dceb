import AWSClients
import CacheSupport
package import LambdaRuntime
import SigV4

/// The API function: checks the key, reads the merged series, writes it in the format that was asked for.
///
/// It answers API Gateway's events (REST and HTTP API) and those of function URLs. Every error of a request is an answer
/// with a status; only an event of another kind throws.
package struct APIHandler: LambdaHandler {
  private let reader: SeriesReader
  private let key: CachedParameter
  private let clock: WallClock
  private let prometheus: (any PathService)?

  /// Bytes. A GET has no use for a body, but some clients send one.
  static let maximumBody: Int = 64 << 10

  init(reader: SeriesReader, key: CachedParameter, clock: WallClock, prometheus: (any PathService)? = nil) {
    self.reader = reader
    self.key = key
    self.clock = clock
    self.prometheus = prometheus
  }

  /// Answers one request.
  ///
  /// - Throws: `EventError` for an event that is no HTTP request.
  package func handle(_ event: [UInt8], _ context: LambdaContext) async throws -> [UInt8] {
    await response(to: try HTTPEvent(parsing: event), context).bytes
  }

  func response(to event: HTTPEvent, _ context: LambdaContext) async -> HTTPEventResponse {
    var response: HTTPEventResponse
    do throws(APIError) {
      response = try await answer(event, context)
    } catch {
      context.logger.info("refused", ["status": .integer(error.status), "code": .string(error.code)])
      response = error.response
    }
    if event.method == "HEAD" {
      // What a GET would have (RFC 9110 §8.6): a gateway that counts for itself finds no bytes.
      response.headers["Content-Length"] = "\(response.body.count)"
      response.body = []
    }
    return response
  }

  private func answer(_ event: HTTPEvent, _ context: LambdaContext) async throws(APIError) -> HTTPEventResponse {
    // A client that asks which methods there are need not have the key (RFC 9110 §9.3.7).
    if event.method == "OPTIONS", APIRoute(event.path) != nil {
      return HTTPEventResponse(status: 204, headers: ["Allow": APIRoute.methods], body: [])
    }
    try await authorize(event, context)
    guard event.bodySize <= Self.maximumBody else { throw .tooLarge("send the request without a body") }
    let route = try APIRoute.route(of: event.path)
    if case .prometheus = route, let prometheus, ["GET", "HEAD", "POST"].contains(event.method) {
      return await prometheus.response(
        to: event, seeing: VisibleSeries(), within: AnswerTime(context, clock: clock), context)
    }
    guard event.method == "GET" || event.method == "HEAD" else { throw .methodNotAllowed }
    switch route {
    case .series(let identifier): return try await series(identifier, event, context)
    case .reference: return try await reference(event, context)
    case .prometheus: throw .notFound("Prometheus' API is not set up here")
    }
  }

  private func authorize(_ event: HTTPEvent, _ context: LambdaContext) async throws(APIError) {
    let expected: String
    do {
      if let known = try key.valueAtHand() {
        expected = known
      } else {
        expected = try await AnswerTime(context, clock: clock).run { () async throws(StoreError) in
          try await StoreError.translating { () async throws(AWSError) in try await key.value() }
        }
      }
    } catch {
      context.logger.error("the API's key cannot be read", ["error": .string("\(error)")])
      throw APIError(
        status: 503, code: "Unavailable",
        message: "the API's key cannot be read now: ask again after the seconds in Retry-After",
        headers: ["Retry-After": "5"])
    }
    guard !PlaceholderKey.isPlaceholder(expected) else { throw .noKey }
    // Whitespace around a header's value does not belong to it (RFC 9110 §5.5), and a key's file often ends with a line break.
    let right = expected.trimmed
    let given = ["x-api-key", "x-security-token"].compactMap { event.headers[$0]?.trimmed }.filter { !$0.isEmpty }
    let areRight = given.map { MessageDigest.constantTimeEqual($0, right) }
    guard !areRight.isEmpty, areRight.allSatisfy(\.self) else { throw .unauthorized }
  }

  private func series(
    _ identifier: [UInt8], _ event: HTTPEvent, _ context: LambdaContext
  ) async throws(APIError) -> HTTPEventResponse {
    let request = try SeriesRequest(
      identifier: try Identifier(decoding: identifier), query: try QueryParameters(event.query),
      accept: event.headers["accept"], now: clock.now)
    let page = try await read(context) { () async throws(StoreError) in
      try await reader.page(
        of: Series(request.identifier), in: request.range, after: request.after, limit: request.limit)
    }
    if page.rows.isEmpty, page.baseline == nil {
      let exists = try await asked(context) { () async throws(StoreError) in
        try await reader.hasForecast(request.identifier)
      }
      guard exists else {
        throw .notFound(
          "nothing is known of '\(request.identifier.text.prefix(100))': register it, or wait for its first fetch")
      }
    }
    try request.checkMeasures(of: page)
    return try request.format.response(page, request)
  }

  private func reference(_ event: HTTPEvent, _ context: LambdaContext) async throws(APIError) -> HTTPEventResponse {
    let request = try ReferenceRequest(query: try QueryParameters(event.query))
    let page = try await read(context) { () async throws(StoreError) in
      try await reader.page(of: Series(request.identifier), in: request.range, limit: ReferenceRequest.limit)
    }
    guard page.next == nil else { throw ReferenceRequest.tooMany }
    return try request.response(page.rows)
  }

  /// Reads a page, and writes to the metrics how long that took and what is billed for it.
  private func read(
    _ context: LambdaContext, _ body: @escaping @Sendable () async throws(StoreError) -> SeriesReader.Page
  ) async throws(APIError) -> SeriesReader.Page {
    let clock = ContinuousClock()
    let start = clock.now
    let page = try await asked(context, body)
    let milliseconds = (clock.now - start) / .milliseconds(1)
    context.logger.metrics([CacheMetric.mergeTime(milliseconds), CacheMetric.bytesMetered(page.bytesMetered)])
    return page
  }

  private func asked<Value: Sendable>(
    _ context: LambdaContext, _ body: @escaping @Sendable () async throws(StoreError) -> Value
  ) async throws(APIError) -> Value {
    do throws(StoreError) { return try await AnswerTime(context, clock: clock).run(body) } catch {
      context.logger.error("a store failed", ["error": .string(error.description)])
      throw APIError(error)
    }
  }
}
