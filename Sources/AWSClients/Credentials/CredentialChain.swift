public import CacheSupport
public import HTTPTransport
import SigV4

/// The sources of credentials in the SDKs' order: environment, web identity, profile, container, instance.
///
/// See <https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html>.
public struct CredentialChain: CredentialProvider {
  private let providers: [any CredentialProvider]

  /// - Parameters:
  ///   - environment: the variables that name the sources, such as `AWS_ACCESS_KEY_ID`, `AWS_PROFILE` and `HOME`.
  ///   - http: asks the services and endpoints that give credentials.
  ///   - clock: dates those requests, and judges whether a single sign-on token still holds.
  public init(environment: ProcessEnvironment, http: any HTTPClient, clock: WallClock = .system) {
    providers = [
      EnvironmentCredentials(environment: environment),
      WebIdentityCredentials(environment: environment, http: http, clock: clock),
      ProfileCredentials(environment: environment, http: http, clock: clock),
      ContainerCredentials(environment: environment, http: http),
      InstanceCredentials(environment: environment, http: http),
    ]
  }

  /// The credentials of the first source that is configured; nil where there is no such source.
  ///
  /// - Throws: ``CredentialError`` where that source fails; the others are not asked then.
  public func resolve() async throws(CredentialError) -> TemporaryCredentials? {
    for provider in providers {
      if let found = try await provider.resolve() { return found }
    }
    return nil
  }
}

extension TemporaryCredentials {
  /// Reads the JSON that containers, instances, processes and the portal answer with.
  init(
    _ json: JSON, token: String, from source: String, key: String = "AccessKeyId", secret: String = "SecretAccessKey",
    expiration: String = "Expiration"
  ) throws(CredentialError) {
    guard let keyID = json[key]?.string, let secretKey = json[secret]?.string else {
      throw CredentialError("\(source): the answer lacks \(key) or \(secret)")
    }
    var end: Int64?
    switch json[expiration] {
    case .string(let text)?:
      guard let time = ISO8601Time(text) else {
        throw CredentialError("\(source): \(expiration) is not an ISO 8601 time")
      }
      end = time.epochMilliseconds()
    case .null?, nil: end = nil
    case let number?:
      guard let time = number.int64 else { throw CredentialError("\(source): \(expiration) is \(number.kind)") }
      end = time
    }
    self.init(
      Credentials(accessKeyID: keyID, secretAccessKey: secretKey, sessionToken: json[token]?.string), expiration: end)
  }
}
