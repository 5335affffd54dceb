package import CacheSupport
package import HTTPTransport
package import LambdaRuntime

/// Asks sources: fills in the template, and tries again what may pass.
package struct SourceClient: Sendable {
  private let http: any HTTPClient
  private let sleep: @Sendable (Duration) async throws -> Void
  private let random: @Sendable () -> Double
  let clock: WallClock
  private let logger: LambdaLogger

  /// The longest wait that a source may ask for with `Retry-After`; past it the message waits in the queue instead.
  static let longestRetryAfter: Double = 20

  /// - Parameter logger: gets a line per request where its level is `DEBUG`.
  package init(
    http: any HTTPClient, clock: WallClock = .system, logger: LambdaLogger = .silent,
    random: @escaping @Sendable () -> Double = { Double.random(in: 0...1) },
    sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
  ) {
    self.http = http
    self.clock = clock
    self.logger = logger
    self.random = random
    self.sleep = sleep
  }

  /// What a source has for an identifier, page by page; nothing is asked before the first page is.
  ///
  /// - Parameters:
  ///   - attributes: what the description's templates may name beside `{identifier}` and `{key}`.
  ///   - now: epoch milliseconds; the window that is asked for lies around it.
  /// - Throws: ``SourceError`` where the description's templates cannot be filled in.
  package func pages(
    of identifier: Identifier, from source: SourceDescription, attributes: [ByteText: String], key: String?, now: Int64
  ) throws(SourceError) -> SourcePages {
    guard let window = TimeRange(from: now - source.past, to: now + source.future) else {
      throw SourceError(source.name, at: "description", "past and future reach beyond the calendar")
    }
    var values = attributes
    values["identifier"] = identifier.text
    values["key"] = key
    var headers: HTTPHeaders = ["Accept": "application/json"]
    do throws(URLTemplate.Failure) {
      for header in source.headers { headers[header.name] = try header.value.expanded(values, range: window) }
      let index = try RowIndex(source.series, constants: Self.constants(source, attributes, identifier, window))
      let asksFirst = source.first?.values.contains { values[$0.name]?.isEmpty ?? true } ?? false
      let first =
        try asksFirst
        ? source.first.map { first throws(URLTemplate.Failure) in
          FirstRequest(description: first, url: try first.url.expanded(values, range: window), values: values)
        } : nil
      // The millisecond before now is the last that has happened.
      return SourcePages(
        client: self, source: source, url: try asksFirst ? nil : source.url.expanded(values, range: window),
        first: first, headers: headers, window: window, redactor: Redactor(key: key), fetchTime: now - 1, index: index)
    } catch { throw SourceError(source.name, error) }
  }

  /// The tags that all rows have. They may name the identifier and the item's attributes, and never the key.
  private static func constants(
    _ source: SourceDescription, _ attributes: [ByteText: String], _ identifier: Identifier, _ window: TimeRange
  ) throws(URLTemplate.Failure) -> [SeriesKey.Tag] {
    var values = attributes
    values["identifier"] = identifier.text
    return try (source.series?.constants ?? []).map { constant throws(URLTemplate.Failure) in
      let text = try constant.value.expanded(values, range: window)
      guard !text.isEmpty else { throw URLTemplate.Failure(reason: "the tag '\(constant.name)' is empty") }
      return SeriesKey.Tag(constant.name, ByteText(text))
    }
  }

  /// Asks for one page, up to the description's number of attempts.
  ///
  /// - Returns: the body; nil for 204, which says that nothing lies in the window.
  func body(
    _ url: String, _ headers: HTTPHeaders, _ source: SourceDescription, _ redactor: Redactor
  ) async throws(SourceError) -> [UInt8]? {
    let request = HTTPRequest(
      url: url, headers: headers, timeout: source.timeout, responseLimit: source.maximumBytes, acceptsCompression: true)
    var attempt = 1
    while true {
      var failure: SourceError
      var wait: Double?
      do throws(HTTPError) {
        let response = try await send(request, to: source, attempt)
        if response.status == 200 { return response.body }
        if response.status == 204 { return nil }
        failure = Self.refusal(response, to: url, source, redactor)
        wait = response.headers["retry-after"].flatMap { retryAfter($0) }
      } catch {
        let isTransient = [.cannotConnect, .connectionLost, .timedOut].contains(error.code)
        failure = SourceError(source.name, at: "request", error.message, isTransient: isTransient)
      }
      guard failure.isTransient, attempt < source.attempts, (wait ?? 0) <= Self.longestRetryAfter else { throw failure }
      let backoff = random() * min(0.5 * Double(1 << attempt), 10)
      attempt += 1
      do { try await sleep(.milliseconds(Int(max(backoff, wait ?? 0) * 1000))) } catch {
        failure.reason += "; cancelled before another attempt"
        throw failure
      }
    }
  }

  /// One attempt. Its line has the source's host, and nothing else of the URL or the headers, which may hold the key.
  private func send(
    _ request: HTTPRequest, to source: SourceDescription, _ attempt: Int
  ) async throws(HTTPError) -> HTTPResponse {
    guard logger.isDebugging else { return try await http.send(request) }
    let start = ContinuousClock.now
    let result: Result<HTTPResponse, HTTPError>
    do throws(HTTPError) { result = .success(try await http.send(request)) } catch { result = .failure(error) }
    var line: JSONObject = [
      "source": .string(source.name), "host": .string(PageLink.origin(of: request.url)), "attempt": .integer(attempt),
      "milliseconds": .integer(Int((ContinuousClock.now - start) / .milliseconds(1))),
    ]
    switch result {
    case .success(let response): line["status"] = .integer(response.status)
    case .failure(let error): line["code"] = .string(error.code.description)
    }
    logger.debug("request", line)
    return try result.get()
  }

  private static func refusal(
    _ response: HTTPResponse, to url: String, _ source: SourceDescription, _ redactor: Redactor
  ) -> SourceError {
    let isTransient = response.status == 429 || response.status >= 500 || response.status == 408
    var reason = "has status \(response.status)"
    if let target = response.headers["location"] {
      let origin = PageLink.origin(ofLink: redactor(target), on: redactor(url))
      reason += ": it leads to \(origin); put the final URL into the description, for a key does not follow"
    }
    reason += redactor.words(of: response.body)
    var error = SourceError(source.name, at: "answer", reason, isTransient: isTransient)
    error.status = response.status
    return error
  }

  /// Seconds in digits or an HTTP date (RFC 9110 §10.2.3) as seconds from now.
  private func retryAfter(_ text: String) -> Double? {
    if text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let seconds = Double(text) { return seconds }
    return HTTPDate.epochSeconds(text).map { max(0, Double($0) - Double(clock.now) / 1000) }
  }
}
