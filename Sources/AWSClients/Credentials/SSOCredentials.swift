import CacheSupport
import HTTPTransport
import SigV4

/// Credentials of IAM Identity Center, from the token that `aws sso login` left in its cache.
struct SSOCredentials {
  let environment: ProcessEnvironment
  let http: any HTTPClient
  let clock: WallClock

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
    let token = try token(name: profile["sso_session"] ?? start, profile: profile.name)
    let portal =
      environment["AWS_ENDPOINT_URL_SSO"] ?? environment["AWS_ENDPOINT_URL"]
      ?? "https://portal.sso.\(region).amazonaws.com"
    let url =
      "\(portal)/federation/credentials?role_name=\(PercentEncoding.encode(role))&account_id=\(PercentEncoding.encode(account))"
    let response = try await http.fetch(
      HTTPRequest(url: url, headers: ["x-amz-sso_bearer_token": token], responseLimit: 1 << 20), from: "single sign-on")
    guard response.status == 200 else {
      throw CredentialError(
        "single sign-on refused the role '\(role)' of \(account) with status \(response.status): run 'aws sso login --profile \(profile.name)'"
      )
    }
    guard let json = (try? JSON(parsing: response.body))?["roleCredentials"] else {
      throw CredentialError("single sign-on: the answer lacks roleCredentials")
    }
    return try TemporaryCredentials(
      json, token: "sessionToken", from: "single sign-on", key: "accessKeyId", secret: "secretAccessKey",
      expiration: "expiration")
  }

  private func token(name: String, profile: String) throws(CredentialError) -> String {
    let path = "\(environment["HOME"] ?? "")/.aws/sso/cache/\(Hex.encode(MessageDigest.sha1(Array(name.utf8)))).json"
    let login = "run 'aws sso login --profile \(profile)'"
    let text: String
    do throws(TextFile.Failure) { text = try TextFile.read(path) } catch {
      throw CredentialError("no single sign-on token: \(error); \(login)")
    }
    guard let json = try? JSON(parsing: text), let token = json["accessToken"]?.string,
      let expires = json["expiresAt"]?.string.flatMap({ ISO8601Time($0.replacing("UTC", with: "Z")) })
    else { throw CredentialError("\(path) holds no single sign-on token; \(login)") }
    guard expires.epochMilliseconds() > clock.now else {
      throw CredentialError("the single sign-on token has expired; \(login)")
    }
    return token
  }
}

extension HTTPClient {
  func fetch(_ request: HTTPRequest, from source: String) async throws(CredentialError) -> HTTPResponse {
    do throws(HTTPError) { return try await send(request) } catch { throw CredentialError("\(source): \(error)") }
  }
}
