import CacheSupport
import SigV4

/// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`, `AWS_CREDENTIAL_EXPIRATION`.
struct EnvironmentCredentials: CredentialProvider {
  let environment: ProcessEnvironment

  func resolve() async throws(CredentialError) -> TemporaryCredentials? {
    guard let key = environment["AWS_ACCESS_KEY_ID"] else { return nil }
    guard let secret = environment["AWS_SECRET_ACCESS_KEY"] else {
      throw CredentialError("AWS_ACCESS_KEY_ID is set, AWS_SECRET_ACCESS_KEY is not")
    }
    let expiration = try environment["AWS_CREDENTIAL_EXPIRATION"].map { text throws(CredentialError) in
      guard let time = ISO8601Time(text) else {
        throw CredentialError("AWS_CREDENTIAL_EXPIRATION is '\(text)': give an ISO 8601 time")
      }
      return time.epochMilliseconds()
    }
    return TemporaryCredentials(
      Credentials(accessKeyID: key, secretAccessKey: secret, sessionToken: environment["AWS_SESSION_TOKEN"]),
      expiration: expiration)
  }
}
