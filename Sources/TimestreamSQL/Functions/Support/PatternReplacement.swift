import CacheSupport

/// What stands for a match, in Java's syntax: `$1`, `${name}`, and a backslash before what is meant literally.
struct PatternReplacement: Sendable {
  private enum Part {
    case text([UInt8])
    case group(Int)
  }
  private var parts: [Part] = []

  init(_ text: String, for pattern: RegularExpression) throws(QueryFault) {
    func illegal(_ what: String) -> QueryFault { QueryFault(message: "Illegal replacement sequence: \(what)") }
    var literal: [UInt8] = []
    var rest = text.unicodeScalars[...]
    while let scalar = rest.popFirst() {
      guard scalar == "$" else {
        guard let meant = scalar == "\\" ? rest.popFirst() : scalar else { throw illegal(text) }
        literal += String(meant).utf8
        continue
      }
      parts.append(.text(literal))
      literal = []
      if rest.first == "{" {
        let name = rest.dropFirst().prefix { $0 != "}" }
        guard name.count + 1 < rest.count, let group = pattern.groupNames[ByteText(String(name))] else {
          throw illegal(text)
        }
        rest = rest.dropFirst(name.count + 2)
        parts.append(.group(group))
        continue
      }
      guard var group = rest.popFirst().flatMap(Self.digit) else { throw illegal(text) }
      guard group <= pattern.groupCount else { throw illegal("unknown group \(group)") }
      // As many digits as make a group that there is.
      while let digit = rest.first.flatMap(Self.digit), group * 10 + digit <= pattern.groupCount {
        group = group * 10 + digit
        rest = rest.dropFirst()
      }
      parts.append(.group(group))
    }
    parts.append(.text(literal))
  }

  private static func digit(_ scalar: Unicode.Scalar) -> Int? {
    ("0"..."9").contains(scalar) ? Int(scalar.value) - 48 : nil
  }

  /// Writes what stands for a match after other bytes.
  func append(_ match: RegularExpression.Match, of text: [UInt8], to result: inout [UInt8]) throws(QueryFault) {
    for part in parts {
      switch part {
      case .text(let literal): result += literal
      case .group(let group): if let range = match[group] { result += text[range] }
      }
      guard result.count <= NativeFunction.sizeLimit else { throw NativeFunction.tooLarge }
    }
  }
}
