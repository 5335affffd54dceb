public import CacheSupport
public import HTTPTransport
import SigV4
import Synchronization

/// What every service client shares: signing, endpoints, retries, errors. Keep one for the process.
public final class AWSClient: Sendable {
  public let region: String
  private let http: any HTTPClient
  private let credentials: CredentialCache
  private let endpoints: Endpoints
  private let discovery: EndpointDiscovery
  private let retries: RetryPolicy
  private let clock: WallClock
  private let signingKeys = SigningKeyCache()
  private let maximumAttempts: Int?
  /// Milliseconds to add to this machine's clock, learnt from a service that refused our date.
  private let skew = Atomic<Int64>(0)

  /// Reads region, endpoints, profile and retry limit from the environment; credentials are looked up at the first call.
  ///
  /// - Parameters:
  ///   - environment: `AWS_REGION`, `AWS_DEFAULT_REGION`, `AWS_PROFILE`, `AWS_ENDPOINT_URL`, `AWS_ENDPOINT_URL_<SERVICE>`,
  ///     `AWS_MAX_ATTEMPTS` and what ``CredentialChain`` reads.
  ///   - credentials: nil takes the whole chain.
  /// - Throws: ``AWSError`` with `ConfigurationError` where no region is set or a configuration file cannot be read.
  public init(
    environment: ProcessEnvironment, http: any HTTPClient, clock: WallClock = .system,
    retries: RetryPolicy = RetryPolicy(),
    credentials: (any CredentialProvider)? = nil
  ) throws(AWSError) {
    let profile: Profile
    do throws(CredentialError) { profile = try Profile.selected(by: environment) } catch {
      throw AWSError(.configuration, error.description, operation: "configure")
    }
    guard let region = environment["AWS_REGION"] ?? environment["AWS_DEFAULT_REGION"] ?? profile.values["region"] else {
      throw AWSError(
        .configuration, "no region: set AWS_REGION, or region in the profile '\(profile.name)'", operation: "configure")
    }
    do throws(EnvironmentError) {
      maximumAttempts = try environment["AWS_MAX_ATTEMPTS"].map { _ throws(EnvironmentError) in
        try environment.integer("AWS_MAX_ATTEMPTS", default: 3, in: 1...100)
      }
    } catch { throw AWSError(.configuration, error.description, operation: "configure") }
    self.region = region
    self.http = http
    self.clock = clock
    self.retries = retries
    endpoints = Endpoints(region: region, environment: environment, profile: profile)
    discovery = EndpointDiscovery(clock: clock)
    self.credentials = CredentialCache(
      provider: credentials ?? CredentialChain(environment: environment, http: http, clock: clock), clock: clock)
  }

  /// A request to a service, without host, date or signature.
  struct Request: Sendable {
    var method: String = "POST"
    /// Percent-encoded.
    var path: String = "/"
    var query: String = ""
    var headers: HTTPHeaders = [:]
    var body: [UInt8] = []
    var timeout: Duration = .seconds(30)
    var isSigned: Bool = true
    /// Long polls sleep even when the retry quota is used up, so that they do not turn into a busy loop.
    var isLongPoll: Bool = false
  }

  /// Calls an operation of the JSON protocol.
  func call(
    _ service: AWSService, _ operation: String, _ input: JSON, timeout: Duration = .seconds(30),
    isLongPoll: Bool = false,
    headers: HTTPHeaders = [:]
  ) async throws(AWSError) -> JSON {
    let body = try await callRaw(
      service, operation, input.bytes, timeout: timeout, isLongPoll: isLongPoll, headers: headers)
    return try Self.parse(body, "\(service.targetPrefix).\(operation)")
  }

  /// The same with bytes in and out, for the answers that carry rows.
  package func callRaw(
    _ service: AWSService, _ operation: String, _ body: [UInt8], timeout: Duration = .seconds(30),
    isLongPoll: Bool = false, headers: HTTPHeaders = [:]
  ) async throws(AWSError) -> [UInt8] {
    var request = Request(headers: headers, body: body, timeout: timeout, isLongPoll: isLongPoll)
    request.headers["Content-Type"] = "application/x-amz-json-" + service.jsonVersion
    request.headers["X-Amz-Target"] = "\(service.targetPrefix).\(operation)"
    return try await send(service, request, operation: "\(service.targetPrefix).\(operation)").body
  }

  static func parse(_ body: [UInt8], _ operation: String) throws(AWSError) -> JSON {
    if body.isEmpty { return [:] }
    do throws(JSONError) { return try JSON(parsing: body) } catch {
      throw AWSError(.unexpectedAnswer, "the answer is not JSON: \(error)", operation: operation, body: body)
    }
  }

  /// Sends until there is an answer below 300, or an error that trying again would not mend.
  func send(_ service: AWSService, _ request: Request, operation: String) async throws(AWSError) -> HTTPResponse {
    let limit = maximumAttempts ?? service.maximumAttempts
    let invocation = RandomID.uuid()
    var attempt = 1
    var paid: Int?
    var skewCorrected = false
    while true {
      let usedSkew = skew.load(ordering: .relaxed)
      do throws(AWSError) {
        var request = request
        request.headers["amz-sdk-invocation-id"] = invocation
        request.headers["amz-sdk-request"] = "attempt=\(attempt); max=\(limit)"
        let response = try await once(service, request, operation: operation)
        retries.release(paid)
        return response
      } catch {
        if error.invalidatesEndpoint { discovery.forget(service) }
        if !skewCorrected, correctSkew(error, signedWith: usedSkew) {
          skewCorrected = true
          continue
        }
        guard error.isRetryable, attempt < limit else { throw error }
        let delay = retries.delay(retry: attempt - 1, base: service.backoffBase, error: error)
        guard let cost = retries.acquire(for: error) else {
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

  /// True where the service's clock is far enough from ours to explain the refusal; later requests use its clock.
  ///
  /// - Parameter signedWith: the offset of the attempt that was refused; another request may have corrected it meanwhile.
  private func correctSkew(_ error: AWSError, signedWith used: Int64) -> Bool {
    guard error.isClockSkew, let server = error.serverTime else { return false }
    let offset = server * 1000 - clock.now
    guard abs(offset - used) > 4 * 60_000 else { return false }
    skew.store(offset, ordering: .relaxed)
    return true
  }

  /// One attempt, signed for itself.
  private func once(_ service: AWSService, _ request: Request, operation: String) async throws(AWSError) -> HTTPResponse
  {
    let base = try await baseURL(service, operation: operation)
    return try await exchange(service, base: base, request, operation: operation)
  }

  private func exchange(
    _ service: AWSService, base: String, _ request: Request, operation: String
  ) async throws(AWSError) -> HTTPResponse {
    guard let (host, prefix) = Self.split(base) else {
      throw AWSError(.configuration, "'\(base)' is no endpoint: give http(s)://host[:port]", operation: operation)
    }
    let path = prefix + request.path
    var headers = request.headers
    if request.isSigned {
      let credentials: Credentials
      do throws(CredentialError) { credentials = try await self.credentials.credentials() } catch {
        throw AWSError(.credentials, error.description, operation: operation)
      }
      let signer = Signer(credentials: credentials, region: region, service: service.signingName)
      // What proxies may change, and what only describes the attempt, is not signed.
      let signed = headers.fields.filter { !$0.name.hasPrefix("amz-sdk-") }.map {
        SignableRequest.Header($0.name, $0.value)
      }
      let signable = SignableRequest(
        method: request.method, path: path, query: request.query, headers: [.init("Host", host)] + signed,
        body: request.body)
      let time = UTCTime(epochMilliseconds: clock.now + skew.load(ordering: .relaxed))
      let added = signer.headers(for: signable, at: time) { day in signingKeys.key(of: signer, day: day) }
      for header in added { headers.add(header.name, header.value) }
    }
    headers.add("User-Agent", "timeseries-cache/1")
    let url = base.dropLast(prefix.count) + path + (request.query.isEmpty ? "" : "?" + request.query)
    let response: HTTPResponse
    do throws(HTTPError) {
      response = try await http.send(
        HTTPRequest(
          method: request.method, url: String(url), headers: headers, body: request.body, timeout: request.timeout))
    } catch { throw AWSError(error, operation: operation) }
    guard (200..<300).contains(response.status) else { throw AWSError(response: response, operation: operation) }
    return response
  }

  private func baseURL(_ service: AWSService, operation: String) async throws(AWSError) -> String {
    if let override = endpoints.override(service) { return override }
    guard service.discoversEndpoints else { return endpoints.standard(service) }
    return try await discovery.endpoint(service) { () async throws(AWSError) in
      var request = Request(body: Array("{}".utf8))
      request.headers["Content-Type"] = "application/x-amz-json-" + service.jsonVersion
      request.headers["X-Amz-Target"] = "\(service.targetPrefix).DescribeEndpoints"
      request.headers["x-amz-api-version"] = "2018-11-01"
      let name = "\(service.targetPrefix).DescribeEndpoints"
      let response = try await self.exchange(service, base: self.endpoints.standard(service), request, operation: name)
      return try Self.parse(response.body, name)
    }
  }

  /// The authority (without a default port) and the path of an endpoint's URL.
  static func split(_ url: String) -> (host: String, path: String)? {
    let isSecure = url.hasPrefix("https://")
    guard isSecure || url.hasPrefix("http://") else { return nil }
    let rest = url.dropFirst(isSecure ? 8 : 7)
    let authority = rest.prefix { $0 != "/" }
    guard !authority.isEmpty else { return nil }
    var host = authority.lowercased()
    let defaultPort = isSecure ? ":443" : ":80"
    if host.hasSuffix(defaultPort) { host.removeLast(defaultPort.count) }
    return (host, String(rest.dropFirst(authority.count)))
  }
}

extension AWSError {
  fileprivate var cancelled: AWSError {
    AWSError(
      .transport, "cancelled while waiting to try again after: \(self)", operation: operation, transport: .cancelled)
  }
}
