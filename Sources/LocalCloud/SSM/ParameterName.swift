import CacheSupport

/// A parameter's name as Parameter Store keeps it: `/x` and `x` are one, deeper names begin with a slash.
struct ParameterName: Sendable, Hashable, Comparable {
  let text: ByteText

  init(_ name: String) {
    let slash = UInt8(ascii: "/")
    let rest = name.utf8.dropFirst()
    text = ByteText(name.utf8.first == slash && !rest.contains(slash) ? String(Substring(rest)) : name)
  }

  static func < (one: ParameterName, other: ParameterName) -> Bool { one.text < other.text }

  /// The path that it is right below: `/a/` for `/a/b`, `/` for a name of one level.
  var folder: String {
    let slash = UInt8(ascii: "/")
    guard let last = text.text.utf8.lastIndex(of: slash) else { return "/" }
    return String(Substring(text.text.utf8[...last]))
  }

  /// Levels that a name has at most.
  private static let mostLevels: Int = 15

  /// Whether a name consists of what a new parameter's may.
  ///
  /// - Throws: Parameter Store's words for a name that it does not take.
  func check() throws(ServiceError) {
    let slash = UInt8(ascii: "/")
    let levels = text.text.utf8.split(separator: slash)
    let isPath = text.text.utf8.contains(slash)
    let prefix = levels.first?.prefix(3).map { $0 | 0x20 } ?? []
    if prefix.elementsEqual("aws".utf8), isPath {
      throw ServiceError(
        type: "AccessDeniedException", message: "No access to reserved parameter name: \(text).")
    }
    if !isPath, prefix.elementsEqual("aws".utf8) || prefix.elementsEqual("ssm".utf8) {
      throw Self.invalid("Parameter name: can't be prefixed with \"aws\" or \"ssm\" (case-insensitive).")
    }
    let isPlain = levels.allSatisfy { $0.allSatisfy { ASCII.isNameByte($0) || $0 == UInt8(ascii: ".") } }
    guard isPlain, !levels.isEmpty, !prefix.elementsEqual("ssm".utf8), text.text.utf8.last != slash else {
      throw Self.invalid(
        "Parameter name: can't be prefixed with \"ssm\" (case-insensitive). If formed as a path, it can consist of sub-paths divided by slash symbol; each sub-path can be formed as a mix of letters, numbers and the following 3 symbols .-_"
      )
    }
    guard !isPath || text.text.utf8.first == slash else {
      throw Self.invalid("Parameter name must be a fully qualified name.")
    }
    guard levels.count <= Self.mostLevels else {
      throw ServiceError(
        type: "HierarchyLevelLimitExceededException",
        message: "The hierarchy can have a maximum of \(Self.mostLevels) levels: the name has \(levels.count).")
    }
  }

  private static func invalid(_ message: String) -> ServiceError {
    ServiceError(type: "ValidationException", message: message)
  }
}

/// How a request names a parameter: by its name or its ARN, with or without `:version`.
struct ParameterSelector: Sendable, Hashable {
  let name: ParameterName
  /// As it was written; nil asks for the newest.
  let version: String?

  init(_ text: String) {
    var rest = text.utf8[...]
    let marker = Array(":parameter/".utf8)
    if rest.starts(with: "arn:".utf8), let start = rest.firstRange(of: marker) {
      // The ARN of `/a/b` has its slash, that of `x` one of its own.
      rest = rest[rest.index(before: start.upperBound)...]
    }
    let parts = rest.split(separator: UInt8(ascii: ":"), maxSplits: 1, omittingEmptySubsequences: false)
    name = ParameterName(String(Substring(parts[0])))
    version = parts.count == 2 ? String(Substring(parts[1])) : nil
  }

  /// The name that a request gives alone or as an ARN. With a version behind it, it is nobody's.
  static func name(_ text: String) -> ParameterName {
    let selector = ParameterSelector(text)
    return selector.version == nil ? selector.name : ParameterName(text)
  }
}
