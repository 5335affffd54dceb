public import CacheSupport
public import HTTPTransport
import SigV4

/// What the clients of all services share: credentials, signing, endpoints, retries, errors. Keep one for the process.
///
/// What may pass (throttling, server errors, lost connections) is tried again as in the SDKs' standard mode; see
/// <https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html>. A refused request is not tried again.
public final class AWSClient: Sendable {
  /// The region of all services, such as `eu-west-1`.
  public let region: String
  /// Sends the requests; also what else a function asks over HTTP.
  package let http: any HTTPClient
  let credentials: CredentialCache
  let endpoints: Endpoints
  let discovery: EndpointDiscovery
  let retries: RetryPolicy
  let clock: ServiceClock
  let signingKeys = SigningKeyCache()
  let maximumAttempts: Int?
  let observer: (@Sendable (RequestReport) -> Void)?

  /// Reads region, endpoints, profile and retry limit from the environment; credentials are looked up at the first call.
  ///
  /// - Parameters:
  ///   - environment: `AWS_REGION`, `AWS_DEFAULT_REGION`, `AWS_PROFILE`, `AWS_ENDPOINT_URL`, `AWS_ENDPOINT_URL_<SERVICE>`,
  ///     `AWS_MAX_ATTEMPTS` and what ``CredentialChain`` reads.
  ///   - http: sends the requests, and those for credentials.
  ///   - clock: dates the signatures, corrected where a service's clock differs.
  ///   - credentials: nil takes the whole ``CredentialChain``.
  ///   - observer: told of each request that was sent, those for credentials among them, once it has ended.
  /// - Throws: ``AWSError`` with ``AWSError/Code/configuration`` where no region is set, or a setting or a configuration file
  ///   cannot be read.
  public convenience init(
    environment: ProcessEnvironment, http: any HTTPClient, clock: WallClock = .system,
    credentials: (any CredentialProvider)? = nil, observer: (@Sendable (RequestReport) -> Void)? = nil
  ) throws(AWSError) {
    try self.init(
      environment: environment, http: http, clock: clock, retries: RetryPolicy(), credentials: credentials,
      observer: observer)
  }

  /// - Parameter retries: how long to wait between attempts, and when to give up.
  package init(
    environment: ProcessEnvironment, http: any HTTPClient, clock: WallClock = .system, retries: RetryPolicy,
    credentials: (any CredentialProvider)? = nil, observer: (@Sendable (RequestReport) -> Void)? = nil
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
    self.retries = retries
    self.observer = observer
    let serviceClock = ServiceClock(clock)
    self.clock = serviceClock
    // Whether credentials have ended is for the service to say, so its clock counts.
    let clock = serviceClock.corrected
    endpoints = try Endpoints(region: region, environment: environment, profile: profile)
    discovery = EndpointDiscovery(clock: clock, endpoints: endpoints)
    self.credentials = CredentialCache(
      provider: credentials
        ?? CredentialChain(environment: environment, http: http, clock: clock, observer: observer), clock: clock)
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

  /// Calls an operation of the JSON protocol and reads its answer.
  ///
  /// - Parameter decode: reads the body of an answer below 300. Where it throws an error that may pass, such as
  ///   ``AWSError/notJSON(_:operation:)`` for an answer that was cut on the way, the call is tried again as after a lost
  ///   connection.
  package func call<Answer>(
    _ service: AWSService, _ operation: String, _ body: [UInt8], timeout: Duration = .seconds(30),
    isLongPoll: Bool = false, headers: HTTPHeaders = [:], decode: ([UInt8]) throws(AWSError) -> Answer
  ) async throws(AWSError) -> Answer {
    let name = "\(service.targetPrefix).\(operation)"
    var request = Request(headers: headers, body: body, timeout: timeout, isLongPoll: isLongPoll)
    request.headers["Content-Type"] = "application/x-amz-json-" + service.jsonVersion
    request.headers["X-Amz-Target"] = name
    return try await send(service, request, operation: name) { response throws(AWSError) in try decode(response.body) }
  }

  /// The same with JSON in and out.
  func call(
    _ service: AWSService, _ operation: String, _ input: JSON, timeout: Duration = .seconds(30),
    isLongPoll: Bool = false, headers: HTTPHeaders = [:]
  ) async throws(AWSError) -> JSON {
    try await call(
      service, operation, input.bytes, timeout: timeout, isLongPoll: isLongPoll, headers: headers
    ) { body throws(AWSError) in
      try Self.parse(body, "\(service.targetPrefix).\(operation)")
    }
  }

  /// The same with bytes in and out.
  package func callRaw(
    _ service: AWSService, _ operation: String, _ body: [UInt8], timeout: Duration = .seconds(30),
    isLongPoll: Bool = false, headers: HTTPHeaders = [:]
  ) async throws(AWSError) -> [UInt8] {
    try await call(
      service, operation, body, timeout: timeout, isLongPoll: isLongPoll, headers: headers
    ) { body throws(AWSError) in body }
  }

  /// The JSON of an answer. An empty one is no JSON: it was cut at its first byte.
  static func parse(_ body: [UInt8], _ operation: String) throws(AWSError) -> JSON {
    // What a good answer holds may be secret, so no error has it.
    do throws(JSONError) { return try JSON(parsing: body) } catch { throw .notJSON(error, operation: operation) }
  }
}
