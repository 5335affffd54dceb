import CacheSupport

/// One profile of the shared configuration and credentials files, merged.
///
/// See <https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html>.
struct Profile: Sendable {
  var name: String
  /// By lower-case key.
  var values: [String: String]
  /// The keys of the profile's `services` section, such as `dynamodb.endpoint_url`.
  var services: [String: String]
  /// False where neither file has the profile.
  var exists: Bool
  private var files: ConfigurationFiles

  /// The profile of `AWS_PROFILE`, else `default`.
  static func selected(by environment: ProcessEnvironment) throws(CredentialError) -> Profile {
    let files = try ConfigurationFiles(environment: environment)
    return files.profile(environment["AWS_PROFILE"] ?? environment["AWS_DEFAULT_PROFILE"] ?? "default")
  }

  init(name: String, values: [String: String], services: [String: String], exists: Bool, files: ConfigurationFiles) {
    self.name = name
    self.values = values
    self.services = services
    self.exists = exists
    self.files = files
  }

  func other(_ name: String) -> Profile { files.profile(name) }

  func session(_ name: String) -> [String: String]? { files.section("sso-session", name) }

  subscript(key: String) -> String? { values[key] }

  func require(_ key: String) throws(CredentialError) -> String {
    guard let value = values[key] else { throw CredentialError("the profile '\(name)' lacks \(key)") }
    return value
  }
}
