import Basics
import HTTPTransport
import SigV4

/// The two calls of the Security Token Service that give credentials (query protocol, XML answers).
///
/// See <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>.
struct SecurityTokens {
  let environment: Environment
  let http: any HTTPClient
  let clock: WallClock
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
        credentials: StaticCredentials(credentials ?? Credentials(accessKeyID: "", secretAccessKey: "")))
      let response = try await client.send(.sts, request, operation: "STS.\(action)")
      let xml = String(decoding: response.body, as: UTF8.self)
      guard let key = XMLText.element("AccessKeyId", in: xml), let secret = XMLText.element("SecretAccessKey", in: xml),
        let token = XMLText.element("SessionToken", in: xml)
      else { throw AWSError(.unexpectedAnswer, "the answer has no credentials", operation: "STS.\(action)") }
      return TemporaryCredentials(
        Credentials(accessKeyID: key, secretAccessKey: secret, sessionToken: token),
        expiration: XMLText.element("Expiration", in: xml).flatMap { ISO8601Time($0)?.epochMilliseconds() })
    } catch {
      throw CredentialError("\(action) of \(parameters["RoleArn"] ?? "a role") failed: \(error.code): \(error.message)")
    }
  }
}

/// `AWS_WEB_IDENTITY_TOKEN_FILE` and `AWS_ROLE_ARN`; the file is read anew at each refresh.
struct WebIdentityCredentials: CredentialProvider {
  let environment: Environment
  let http: any HTTPClient
  let clock: WallClock

  func resolve() async throws(CredentialError) -> TemporaryCredentials? {
    guard let file = environment["AWS_WEB_IDENTITY_TOKEN_FILE"] else { return nil }
    guard let role = environment["AWS_ROLE_ARN"] else {
      throw CredentialError("AWS_WEB_IDENTITY_TOKEN_FILE is set, AWS_ROLE_ARN is not")
    }
    return try await assume(role: role, session: environment["AWS_ROLE_SESSION_NAME"], tokenFile: file)
  }

  func assume(role: String, session: String?, tokenFile: String) async throws(CredentialError) -> TemporaryCredentials {
    let token: String
    do throws(TextFile.Failure) { token = try TextFile.read(tokenFile) } catch {
      throw CredentialError(error.description)
    }
    return try await SecurityTokens(environment: environment, http: http, clock: clock)
      .call(
        [
          "Action": "AssumeRoleWithWebIdentity", "RoleArn": role,
          "RoleSessionName": session ?? "timeseries-cache-\(clock.now)",
          "WebIdentityToken": token.split(whereSeparator: \.isWhitespace).joined(),
        ], signedWith: nil)
  }
}
