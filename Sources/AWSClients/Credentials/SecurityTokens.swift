import CacheSupport
import HTTPTransport
import SigV4

/// The two calls of the Security Token Service that give credentials (query protocol, XML answers).
///
/// See <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>.
struct SecurityTokens {
  let environment: ProcessEnvironment
  let http: any HTTPClient
  let clock: WallClock
  let observer: (@Sendable (RequestReport) -> Void)?
  /// The profile's region, where the environment names none.
  var region: String?

  /// - Parameter signedWith: nil for AssumeRoleWithWebIdentity, whose token is its proof.
  func call(
    _ parameters: [String: String], signedWith credentials: Credentials?
  ) async throws(CredentialError) -> TemporaryCredentials {
    let action = parameters["Action"] ?? ""
    let form = parameters.merging(["Version": "2011-06-15"]) { $1 }.sorted { $0.key < $1.key }
      .map { "\($0.key)=\(PercentEncoding.encode($0.value))" }.joined(separator: "&")
    var request = AWSClient.Request(body: Array(form.utf8), isSigned: credentials != nil)
    request.headers["Content-Type"] = "application/x-www-form-urlencoded; charset=utf-8"
    do throws(AWSError) {
      let withRegion = environment.merging(
        environment["AWS_REGION"] == nil && environment["AWS_DEFAULT_REGION"] == nil
          ? ["AWS_REGION": region ?? "us-east-1"] : [:])
      let client = try AWSClient(
        environment: withRegion, http: http, clock: clock,
        credentials: StaticCredentials(credentials ?? Credentials(accessKeyID: "", secretAccessKey: "")),
        observer: observer)
      let response = try await client.send(.sts, request, operation: "STS.\(action)")
      let xml = String(decoding: response.body, as: UTF8.self)
      guard let key = XMLText.element("AccessKeyId", in: xml), let secret = XMLText.element("SecretAccessKey", in: xml),
        let token = XMLText.element("SessionToken", in: xml)
      else { throw AWSError(.unexpectedAnswer, "the answer has no credentials", operation: "STS.\(action)") }
      guard let end = XMLText.element("Expiration", in: xml).flatMap({ ISO8601Time($0) }) else {
        throw AWSError(.unexpectedAnswer, "the answer does not say when they end", operation: "STS.\(action)")
      }
      return TemporaryCredentials(
        Credentials(accessKeyID: key, secretAccessKey: secret, sessionToken: token),
        expiration: end.epochMilliseconds())
    } catch {
      throw CredentialError(
        "\(action) of \(parameters["RoleArn"] ?? "a role") failed: \(error.code): \(error.message)",
        isTransient: error.mayPass)
    }
  }
}
