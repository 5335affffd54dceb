import CacheSupport

/// `~/.aws/config` and `~/.aws/credentials`, or where `AWS_CONFIG_FILE` and `AWS_SHARED_CREDENTIALS_FILE` point.
///
/// See <https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html>.
struct ConfigurationFiles: Sendable {
  /// A file's sections by name, such as `profile mine`, quotes taken off; each with its values by lower-case key.
  typealias Sections = [ByteText: [String: String]]

  var configuration: Sections
  var credentials: Sections

  init(environment: ProcessEnvironment) throws(CredentialError) {
    let home = environment["HOME"] ?? ""
    configuration = try Self.read(environment["AWS_CONFIG_FILE"], or: home + "/.aws/config")
    credentials = try Self.read(environment["AWS_SHARED_CREDENTIALS_FILE"], or: home + "/.aws/credentials")
  }

  /// A profile, merged of both files; where both have a key, that of the credentials file counts.
  func profile(_ name: String) -> Profile {
    let full = ByteText("profile \(name)")
    let isShort = name == "default" && configuration[full] == nil
    let configured = configuration[isShort ? "default" : full]
    let secret = credentials[ByteText(name)]
    let values = (configured ?? [:]).merging(secret ?? [:]) { _, secret in secret }
    return Profile(
      name: name, values: values, services: values["services"].flatMap { section("services", $0) } ?? [:],
      exists: configured != nil || secret != nil, files: self)
  }

  /// A section of the configuration that is not a profile: `sso-session`, `services`.
  func section(_ kind: String, _ name: String) -> [String: String]? { configuration[ByteText("\(kind) \(name)")] }

  /// - Parameter usual: read where no path is given; nobody named it, so one that cannot be read counts as absent.
  private static func read(_ path: String?, or usual: String) throws(CredentialError) -> Sections {
    do throws(TextFile.Failure) { return parse(try TextFile.read(path ?? usual)) } catch {
      if error.isAbsent || path == nil { return [:] }
      throw CredentialError(error.description)
    }
  }

  /// Sections of `key = value`; an indented key belongs to the one above it, and is read as `above.key`.
  static func parse(_ text: String) -> Sections {
    var sections: Sections = [:]
    var section: ByteText?
    var parent = ""
    for line in Array(text.utf8).split(omittingEmptySubsequences: true, whereSeparator: { $0 == 0x0A || $0 == 0x0D }) {
      let content = trim(line)
      guard let first = content.first, !isComment(first) else { continue }
      if line.first == UInt8(ascii: "["), let end = content.firstIndex(of: UInt8(ascii: "]")) {
        let name = ByteText(self.name(String(decoding: content[..<end].dropFirst(), as: UTF8.self)))
        section = name
        parent = ""
        sections[name] = sections[name] ?? [:]
        continue
      }
      guard let section, let equals = content.firstIndex(of: UInt8(ascii: "=")) else { continue }
      let key = String(decoding: trim(content[..<equals]).map(lowered), as: UTF8.self)
      let value = String(decoding: withoutComment(trim(content[(equals + 1)...])), as: UTF8.self)
      let isNested = line.first.map(isBlank) ?? false
      if !isNested { parent = key }
      sections[section, default: [:]][isNested ? parent + "." + key : key] = value
    }
    return sections
  }

  /// `profile "my own"` and `profile 'my own'` are `profile my own`; a quote that is not closed is part of the name.
  private static func name(_ header: String) -> String {
    let words = ShellWords.split(header) ?? header.split { $0 == " " || $0 == "\t" }.map(String.init)
    return words.joined(separator: " ")
  }

  /// A comment after a value starts with a blank.
  private static func withoutComment(_ value: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    let start = zip(value.indices, value.indices.dropFirst()).first { isBlank(value[$0]) && isComment(value[$1]) }
    return start.map { trim(value[..<$0.0]) } ?? value
  }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

  private static func isComment(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "#") || byte == UInt8(ascii: ";") }

  private static func lowered(_ byte: UInt8) -> UInt8 {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte + 0x20 : byte
  }

  private static func trim(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    let start = bytes.drop(while: isBlank)
    return start.prefix((start.lastIndex { !isBlank($0) }).map { $0 - start.startIndex + 1 } ?? 0)
  }
}
