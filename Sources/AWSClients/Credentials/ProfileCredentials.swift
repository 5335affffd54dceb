import CacheSupport
import HTTPTransport
import SigV4

/// What a profile says: an assumed role, web identity, single sign-on, keys, or a process.
struct ProfileCredentials: CredentialProvider {
  let environment: ProcessEnvironment
  let http: any HTTPClient
  let clock: WallClock
  let observer: (@Sendable (RequestReport) -> Void)?

  func resolve() async throws(CredentialError) -> TemporaryCredentials? {
    let profile = try Profile.selected(by: environment)
    guard profile.exists else {
      for variable in ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"] where environment[variable] != nil {
        throw CredentialError("the profile '\(profile.name)' of \(variable) is in neither configuration file")
      }
      return nil
    }
    return try await resolve(profile, through: [])
  }

  /// - Parameter through: the profiles whose `source_profile` led here; a circle is an error.
  private func resolve(_ profile: Profile, through: [String]) async throws(CredentialError) -> TemporaryCredentials? {
    let path = through + [profile.name]
    let isSelfSource = through.last == profile.name
    if through.contains(profile.name), !isSelfSource {
      throw CredentialError("source_profile runs in a circle: \(path.joined(separator: " → "))")
    }
    if let role = profile["role_arn"], !isSelfSource {
      if let file = profile["web_identity_token_file"] {
        return try await WebIdentityCredentials(
          environment: environment, http: http, clock: clock, observer: observer, region: profile["region"]
        )
        .assume(role: role, session: profile["role_session_name"], tokenFile: file)
      }
      return try await assume(role, profile, path)
    }
    if profile["sso_account_id"] != nil {
      return try await SSOCredentials(environment: environment, http: http, clock: clock, observer: observer)
        .resolve(profile)
    }
    if let key = profile["aws_access_key_id"] {
      let secret = try profile.require("aws_secret_access_key")
      return TemporaryCredentials(
        Credentials(accessKeyID: key, secretAccessKey: secret, sessionToken: profile["aws_session_token"]))
    }
    if let command = profile["credential_process"] {
      return try await ProcessCredentials(command: command, environment: environment).resolve()
    }
    if profile["login_session"] != nil {
      throw CredentialError(
        "the profile '\(profile.name)' uses 'aws login', which is not read here: use aws sso login, or credential_process = aws configure export-credentials --profile \(profile.name)"
      )
    }
    return nil
  }

  private func assume(_ role: String, _ profile: Profile, _ path: [String]) async throws(CredentialError)
    -> TemporaryCredentials
  {
    let source: TemporaryCredentials?
    if let name = profile["source_profile"] {
      let other = profile.other(name)
      guard other.exists else {
        throw CredentialError("the source_profile '\(name)' of '\(profile.name)' does not exist")
      }
      source = try await resolve(other, through: path)
    } else {
      source =
        switch try profile.require("credential_source") {
        case "Environment": try await EnvironmentCredentials(environment: environment).resolve()
        case "EcsContainer": try await ContainerCredentials(environment: environment, http: http).resolve()
        case "Ec2InstanceMetadata": try await InstanceCredentials(environment: environment, http: http).resolve()
        case let other:
          throw CredentialError(
            "credential_source '\(other)' of '\(profile.name)': give Environment, EcsContainer or Ec2InstanceMetadata")
        }
    }
    guard let source else { throw CredentialError("the source of the profile '\(profile.name)' has no credentials") }
    if profile["mfa_serial"] != nil {
      throw CredentialError(
        "the profile '\(profile.name)' wants a multi-factor code, which nobody can type here: use aws sso login, or a role without mfa_serial"
      )
    }
    var parameters = [
      "Action": "AssumeRole", "RoleArn": role,
      "RoleSessionName": profile["role_session_name"] ?? "timeseries-cache-\(clock.now)",
    ]
    parameters["ExternalId"] = profile["external_id"]
    parameters["DurationSeconds"] = profile["duration_seconds"]
    let region = profile["region"]
    return try await SecurityTokens(
      environment: environment, http: http, clock: clock, observer: observer, region: region
    )
    .call(parameters, signedWith: source.credentials)
  }
}
