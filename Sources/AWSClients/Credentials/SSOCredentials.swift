import CacheSupport
import HTTPTransport
import SigV4

/// Credentials of IAM Identity Center, from the token that `aws sso login` left in its cache.
///
/// A token of an `sso-session` is renewed in its last 15 minutes, and the new one goes back into the cache, where the AWS CLI
/// finds it.
///
/// See <https://docs.aws.amazon.com/sdkref/latest/guide/feature-sso-credentials.html>.
struct SSOCredentials {
  let environment: ProcessEnvironment
  let http: any HTTPClient
  let clock: WallClock
  let observer: (@Sendable (RequestReport) -> Void)?

  /// Milliseconds before its end from which a token is renewed.
  private static let renewal: Int64 = 15 * 60_000

  func resolve(_ profile: Profile) async throws(CredentialError) -> TemporaryCredentials {
    let account = try profile.require("sso_account_id")
    let role = try profile.require("sso_role_name")
    var settings = profile.values
    if let session = profile["sso_session"] {
      guard let section = profile.session(session) else {
        throw CredentialError("the profile '\(profile.name)' names the sso-session '\(session)', which does not exist")
      }
      settings.merge(section) { own, _ in own }
    }
    guard let region = settings["sso_region"], let start = settings["sso_start_url"] else {
      throw CredentialError("the profile '\(profile.name)' lacks sso_region or sso_start_url")
    }
    let service = SingleSignOn(
      client: try client(in: region), isSession: profile["sso_session"] != nil,
      file: cacheFile(of: profile["sso_session"] ?? start),
      login: "run 'aws sso login --profile \(ShellWords.quoted(profile.name))'")
    return try await service.credentials(role: role, account: account, token: try await token(service))
  }

  private func client(in region: String) throws(CredentialError) -> AWSClient {
    do throws(AWSError) {
      return try AWSClient(
        environment: environment.merging(["AWS_REGION": region]), http: http, clock: clock,
        credentials: StaticCredentials(Credentials(accessKeyID: "", secretAccessKey: "")), observer: observer)
    } catch { throw CredentialError("single sign-on: \(error.message)") }
  }

  private func cacheFile(of name: String) -> String {
    "\(environment["HOME"] ?? "")/.aws/sso/cache/\(Hex.encode(MessageDigest.sha1(Array(name.utf8)))).json"
  }

  private func token(_ service: SingleSignOn) async throws(CredentialError) -> String {
    let (file, login) = (service.file, service.login)
    let text: String
    do throws(TextFile.Failure) { text = try TextFile.read(file) } catch {
      throw CredentialError("no single sign-on token: \(error); \(login)")
    }
    guard let cached = (try? JSON(parsing: text))?.object, let token = cached["accessToken"]?.string,
      let end = Self.time(cached["expiresAt"])
    else { throw CredentialError("\(file) holds no single sign-on token; \(login)") }
    let now = clock.now
    if end - now > Self.renewal { return token }
    let reason: CredentialError
    do throws(CredentialError) { return try await service.renew(cached, now: now) } catch { reason = error }
    // The old one still holds, and is renewed next time.
    if end > now { return token }
    throw CredentialError("the single sign-on token has ended: \(reason); \(login)", isTransient: reason.isTransient)
  }

  /// ISO 8601, with `UTC` in place of `Z` where an old version of the CLI wrote it.
  fileprivate static func time(_ json: JSON?) -> Int64? {
    json?.string.flatMap { ISO8601Time($0.replacing("UTC", with: "Z"))?.epochMilliseconds() }
  }
}

/// The two services behind a login, and where its token is kept.
private struct SingleSignOn {
  let client: AWSClient
  /// False for the older form without an `sso-session`, whose tokens cannot be renewed.
  let isSession: Bool
  let file: String
  /// What a person can do.
  let login: String

  /// A role's credentials (`GetRoleCredentials`).
  func credentials(role: String, account: String, token: String) async throws(CredentialError) -> TemporaryCredentials {
    let query = "role_name=\(PercentEncoding.encode(role))&account_id=\(PercentEncoding.encode(account))"
    let request = AWSClient.Request(
      method: "GET", path: "/federation/credentials", query: query, headers: ["x-amz-sso_bearer_token": token],
      isSigned: false)
    let response: HTTPResponse
    do throws(AWSError) {
      response = try await client.send(.sso, request, operation: "SSO.GetRoleCredentials")
    } catch {
      let isRefused = error.status.map { (400..<500).contains($0) } ?? false
      throw CredentialError(
        "single sign-on gave no credentials for the role '\(role)' of \(account): \(error)\(isRefused ? "; \(login)" : "")",
        isTransient: error.isRetryable)
    }
    guard let json = (try? JSON(parsing: response.body))?["roleCredentials"] else {
      throw CredentialError("single sign-on: the answer lacks roleCredentials", isTransient: true)
    }
    return try TemporaryCredentials(
      json, token: "sessionToken", from: "single sign-on", key: "accessKeyId", secret: "secretAccessKey",
      expiration: "expiration")
  }

  /// Renews the token (`CreateToken`) and writes it back.
  ///
  /// - Parameter cached: what the cache holds; members that are not known here stay.
  /// - Returns: the new access token.
  func renew(_ cached: JSONObject, now: Int64) async throws(CredentialError) -> String {
    guard isSession else { throw CredentialError("a profile without sso_session has no token that can be renewed") }
    guard let client = cached["clientId"]?.string, let secret = cached["clientSecret"]?.string,
      let refresh = cached["refreshToken"]?.string,
      let registered = SSOCredentials.time(cached["registrationExpiresAt"])
    else { throw CredentialError("\(file) lacks what a renewal needs") }
    guard registered > now else { throw CredentialError("the registration in \(file) has ended") }
    let body: JSON = [
      "grantType": "refresh_token", "clientId": .string(client), "clientSecret": .string(secret),
      "refreshToken": .string(refresh),
    ]
    let request = AWSClient.Request(
      path: "/token", headers: ["Content-Type": "application/json"], body: body.bytes, isSigned: false)
    let response: HTTPResponse
    do throws(AWSError) {
      response = try await self.client.send(.ssoOIDC, request, operation: "SSOOIDC.CreateToken")
    } catch { throw CredentialError("it could not be renewed: \(error)", isTransient: error.isRetryable) }
    guard let answer = try? JSON(parsing: response.body), let token = answer["accessToken"]?.string,
      let seconds = answer["expiresIn"]?.int64, (1...31_622_400).contains(seconds)
    else { throw CredentialError("the answer to its renewal lacks accessToken or expiresIn", isTransient: true) }
    var renewed = cached
    renewed["accessToken"] = .string(token)
    renewed["expiresAt"] = .string(UTCTime(epochSeconds: now / 1000 + seconds).iso8601Text)
    if let next = answer["refreshToken"] { renewed["refreshToken"] = next }
    // A token that is not kept would end the login: its refresh token may count once.
    do throws(TextFile.Failure) { try TextFile.replace(file, with: JSON.object(renewed).text) } catch {
      throw CredentialError("the new token cannot be kept: \(error)")
    }
    return token
  }
}

extension AWSService {
  fileprivate static let sso: AWSService = AWSService("portal.sso", signingName: "awsssoportal", suffix: "SSO")
  fileprivate static let ssoOIDC: AWSService = AWSService("oidc", signingName: "sso-oauth", suffix: "SSO_OIDC")
}

extension HTTPClient {
  func fetch(_ request: HTTPRequest, from source: String) async throws(CredentialError) -> HTTPResponse {
    do throws(HTTPError) { return try await send(request) } catch {
      let isTransient = [.cannotConnect, .connectionLost, .timedOut, .cancelled].contains(error.code)
      throw CredentialError("\(source): \(error)", isTransient: isTransient)
    }
  }
}
