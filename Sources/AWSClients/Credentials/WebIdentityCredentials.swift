import CacheSupport
import HTTPTransport

/// `AWS_WEB_IDENTITY_TOKEN_FILE` and `AWS_ROLE_ARN`; the file is read anew at each refresh.
struct WebIdentityCredentials: CredentialProvider {
  let environment: ProcessEnvironment
  let http: any HTTPClient
  let clock: WallClock
  let observer: (@Sendable (RequestReport) -> Void)?
  /// The profile's region, where the environment names none.
  var region: String?

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
    return try await SecurityTokens(
      environment: environment, http: http, clock: clock, observer: observer, region: region
    )
    .call(
      [
        "Action": "AssumeRoleWithWebIdentity", "RoleArn": role,
        "RoleSessionName": session ?? "timeseries-cache-\(clock.now)",
        "WebIdentityToken": token.split(whereSeparator: \.isWhitespace).joined(),
      ], signedWith: nil)
  }
}
