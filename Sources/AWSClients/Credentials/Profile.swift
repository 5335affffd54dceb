import CacheSupport

/// One profile of the shared configuration and credentials files, merged.
///
/// See <https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html>.
struct Profile: Sendable {
  var name: String
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

  func session(_ name: String) -> [String: String]? { files.configuration["sso-session " + name] }

  subscript(key: String) -> String? { values[key] }

  func require(_ key: String) throws(CredentialError) -> String {
    guard let value = values[key] else { throw CredentialError("the profile '\(name)' lacks \(key)") }
    return value
  }
}

/// `~/.aws/config` and `~/.aws/credentials`, or where `AWS_CONFIG_FILE` and `AWS_SHARED_CREDENTIALS_FILE` point.
struct ConfigurationFiles: Sendable {
  var configuration: [String: [String: String]]
  var credentials: [String: [String: String]]

  init(environment: ProcessEnvironment) throws(CredentialError) {
    let home = environment["HOME"] ?? ""
    configuration = try Self.read(environment["AWS_CONFIG_FILE"], or: home + "/.aws/config")
    credentials = try Self.read(environment["AWS_SHARED_CREDENTIALS_FILE"], or: home + "/.aws/credentials")
  }

  func profile(_ name: String) -> Profile {
    let configured = configuration[
      name == "default" && configuration["profile default"] == nil ? name : "profile " + name]
    let secret = credentials[name]
    let values = (configured ?? [:]).merging(secret ?? [:]) { _, secret in secret }
    return Profile(
      name: name, values: values, services: values["services"].flatMap { configuration["services " + $0] } ?? [:],
      exists: configured != nil || secret != nil, files: self)
  }

  /// - Parameter usual: read where no path is given; nobody named it, so one that cannot be read counts as absent.
  private static func read(_ path: String?, or usual: String) throws(CredentialError) -> [String: [String: String]] {
    do throws(TextFile.Failure) { return parse(try TextFile.read(path ?? usual)) } catch {
      if error.isAbsent || path == nil { return [:] }
      throw CredentialError(error.description)
    }
  }

  /// Sections of `key = value`; an indented key belongs to the one above it, and is read as `above.key`.
  static func parse(_ text: String) -> [String: [String: String]] {
    var sections: [String: [String: String]] = [:]
    var section: String?
    var parent = ""
    for line in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
      let content = trim(line)
      if content.isEmpty || content.hasPrefix("#") || content.hasPrefix(";") { continue }
      if line.hasPrefix("["), let end = content.firstIndex(of: "]") {
        let name = content[content.index(after: content.startIndex)..<end]
        section = name.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        parent = ""
        if let section { sections[section, default: [:]] = sections[section] ?? [:] }
        continue
      }
      guard let section, let equals = content.firstIndex(of: "=") else { continue }
      let key = trim(content[..<equals]).lowercased()
      var value = trim(content[content.index(after: equals)...])
      // A comment behind a value starts with a blank.
      if let comment = value.firstRange(of: " #") ?? value.firstRange(of: " ;") {
        value = trim(value[..<comment.lowerBound])
      }
      let isNested = line.first?.isWhitespace ?? false
      if !isNested { parent = key }
      sections[section, default: [:]][isNested ? parent + "." + key : key] = value
    }
    return sections
  }

  private static func trim(_ text: some StringProtocol) -> String {
    var slice = Substring(text)
    while let first = slice.first, first.isWhitespace { slice.removeFirst() }
    while let last = slice.last, last.isWhitespace { slice.removeLast() }
    return String(slice)
  }
}
