import CacheSupport
import HTTPTransport
import SigV4

extension AWSClient {
  /// Sends until there is an answer below 300, whatever it says.
  func send(_ service: AWSService, _ request: Request, operation: String) async throws(AWSError) -> HTTPResponse {
    try await send(service, request, operation: operation) { response throws(AWSError) in response }
  }

  /// Sends until there is an answer that can be read, or an error that trying again would not mend.
  func send<Answer>(
    _ service: AWSService, _ request: Request, operation: String, decode: (HTTPResponse) throws(AWSError) -> Answer
  ) async throws(AWSError) -> Answer {
    let limit = maximumAttempts ?? service.maximumAttempts
    let invocation = RandomID.uuid()
    var attempt = 1
    var paid: Int?
    var isSkewCorrected = false
    var isRenewed = false
    while true {
      let skew = clock.skew
      var used: Credentials?
      var asked: String?
      do throws(AWSError) {
        var request = request
        request.headers["amz-sdk-invocation-id"] = invocation
        request.headers["amz-sdk-request"] = "attempt=\(attempt); max=\(limit)"
        if request.isSigned { used = try await currentCredentials(operation) }
        let base = try await baseURL(service)
        asked = base
        let response = try await exchange(
          service, base: base, request, credentials: used, operation: operation, attempt: attempt)
        let answer = try decode(response)
        retries.release(paid, of: service)
        return answer
      } catch {
        if error.invalidatesEndpoint, let asked { discovery.forget(asked, of: service) }
        // The first try with a corrected clock, and the one with new credentials, does not count as an attempt. A further one does: the
        // machines of a service may not be of one mind.
        let isCorrected = error.isClockSkew && clock.learn(from: error, skewUsed: skew)
        if isCorrected, !isSkewCorrected {
          isSkewCorrected = true
          continue
        }
        if !isRenewed, error.isExpiredToken, let used {
          isRenewed = true
          credentials.forget(used)
          continue
        }
        guard error.isRetryable || isCorrected, attempt < limit else { throw error }
        let delay = retries.delay(retry: attempt - 1, base: service.backoffBase, error: error)
        guard let cost = retries.acquire(for: error, of: service) else {
          if request.isLongPoll { try await wait(delay, error) }
          throw error
        }
        paid = cost
        try await wait(delay, error)
        attempt += 1
      }
    }
  }

  private func wait(_ milliseconds: Double, _ cause: AWSError) async throws(AWSError) {
    do throws(CancellationError) { try await retries.wait(milliseconds) } catch { throw cause.cancelled }
  }

  private func currentCredentials(_ operation: String) async throws(AWSError) -> Credentials {
    do throws(CredentialError) { return try await credentials.credentials() } catch {
      throw AWSError(.credentials, error.description, operation: operation)
    }
  }

  private func baseURL(_ service: AWSService) async throws(AWSError) -> String {
    if let override = endpoints.override(service) { return override }
    guard service.discoversEndpoints else { return endpoints.standard(service) }
    return try await discovery.endpoint(service) { () async throws(AWSError) in
      let name = "\(service.targetPrefix).DescribeEndpoints"
      var request = Request(body: Array("{}".utf8))
      request.headers["Content-Type"] = "application/x-amz-json-" + service.jsonVersion
      request.headers["X-Amz-Target"] = name
      request.headers["x-amz-api-version"] = "2018-11-01"
      let credentials = try await self.currentCredentials(name)
      let response = try await self.exchange(
        service, base: self.endpoints.standard(service), request, credentials: credentials, operation: name, attempt: 1)
      return try Self.parse(response.body, name)
    }
  }

  /// One attempt, signed for itself, and reported where someone listens.
  ///
  /// - Parameter credentials: nil for a request that is not signed.
  private func exchange(
    _ service: AWSService, base: String, _ request: Request, credentials: Credentials?, operation: String, attempt: Int
  ) async throws(AWSError) -> HTTPResponse {
    let whole = try wholeRequest(service, base: base, request, credentials: credentials, operation: operation)
    guard let observer else { return try await answer(to: whole, operation: operation) }
    let start = ContinuousClock.now
    var report = RequestReport(
      service: service.endpointPrefix, operation: operation.split(separator: ".").last.map(String.init) ?? operation,
      attempt: attempt)
    do throws(AWSError) {
      let response = try await answer(to: whole, operation: operation)
      report.status = response.status
      report.duration = ContinuousClock.now - start
      observer(report)
      return response
    } catch {
      report.status = error.status
      report.code = error.code
      report.duration = ContinuousClock.now - start
      observer(report)
      throw error
    }
  }

  private func answer(to request: HTTPRequest, operation: String) async throws(AWSError) -> HTTPResponse {
    let response: HTTPResponse
    do throws(HTTPError) { response = try await http.send(request) } catch {
      throw AWSError(error, operation: operation)
    }
    guard (200..<300).contains(response.status) else { throw AWSError(response: response, operation: operation) }
    return response
  }

  /// The request as it goes out: with its URL, and signed.
  private func wholeRequest(
    _ service: AWSService, base: String, _ request: Request, credentials: Credentials?, operation: String
  ) throws(AWSError) -> HTTPRequest {
    guard let (host, prefix) = Self.split(base) else {
      throw AWSError(.configuration, "'\(base)' is not an endpoint: give http(s)://host[:port]", operation: operation)
    }
    let path = prefix + request.path
    var headers = request.headers
    if let credentials {
      let signer = Signer(credentials: credentials, region: region, service: service.signingName)
      var signed = [SignableRequest.Header("Host", host)]
      // What proxies may change, and what only describes the attempt, is not signed.
      for field in headers.fields where !field.name.hasPrefix("amz-sdk-") {
        signed.append(.init(field.name, field.value))
      }
      let signable = SignableRequest(
        method: request.method, path: path, query: request.query, headers: signed, body: request.body)
      let added = signer.headers(for: signable, at: UTCTime(epochMilliseconds: clock.now)) { day in
        signingKeys.key(of: signer, day: day)
      }
      for header in added { headers.add(header.name, header.value) }
    }
    headers.add("User-Agent", "timeseries-cache/1")
    return HTTPRequest(
      method: request.method,
      url: String(base.dropLast(prefix.utf8.count)) + path + (request.query.isEmpty ? "" : "?" + request.query),
      headers: headers, body: request.body, timeout: request.timeout)
  }

  /// The authority (without a default port) and the path of an endpoint's URL.
  static func split(_ url: String) -> (host: String, path: String)? {
    let isSecure = url.hasPrefix("https://")
    guard isSecure || url.hasPrefix("http://") else { return nil }
    let rest = url.utf8.dropFirst(isSecure ? 8 : 7)
    let authority = rest.prefix { $0 != UInt8(ascii: "/") }
    guard !authority.isEmpty else { return nil }
    var host = Substring(authority).lowercased()
    let defaultPort = isSecure ? ":443" : ":80"
    if host.hasSuffix(defaultPort) { host.removeLast(defaultPort.utf8.count) }
    return (host, String(Substring(rest.dropFirst(authority.count))))
  }
}

extension AWSError {
  fileprivate var cancelled: AWSError {
    AWSError(
      .transport, "cancelled while waiting to try again after: \(self)", operation: operation, transport: .cancelled)
  }
}
