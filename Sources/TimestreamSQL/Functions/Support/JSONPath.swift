import CacheSupport

/// A path into a JSON text: `$`, and then members and elements, `.name`, `[0]`, `[name]` or `["any name"]`.
///
/// The syntax is that of Trino, <https://trino.io/docs/current/functions/json.html#json-extract-scalar>: a name without quotes has letters,
/// digits, `_` and `-`, after a dot also `:`; in quotes `\"` and `\\` stand for the signs themselves.
struct JSONPath: Sendable {
  private struct Step {
    let name: ByteText
    /// The element of an array that it is; nil for what is no number.
    let index: Int?

    init(_ name: String) {
      self.name = ByteText(name)
      index = Int(name).flatMap { $0 >= 0 ? $0 : nil }
    }
  }
  private var steps: [Step] = []

  /// - Throws: where the text is no path.
  init(_ text: String) throws(QueryFault) {
    var rest = Substring(text).unicodeScalars
    let invalid = QueryFault(message: "Invalid JSON path: '\(text)'")
    guard rest.popFirst() == "$" else { throw invalid }
    while let sign = rest.popFirst() {
      let name: String?
      switch sign {
      case ".": name = Self.plain(&rest) { $0 == ":" || Self.isPlain($0) }
      case "[":
        if rest.first == "\"" { name = Self.quoted(&rest) } else { name = Self.plain(&rest, Self.isPlain) }
        guard rest.popFirst() == "]" else { throw invalid }
      default: throw invalid
      }
      guard let name else { throw invalid }
      steps.append(Step(name))
    }
  }

  private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber: true
    default: scalar == "_" || scalar == "-"
    }
  }

  private static func plain(
    _ rest: inout Substring.UnicodeScalarView, _ isTaken: (Unicode.Scalar) -> Bool
  ) -> String? {
    let name = rest.prefix(while: isTaken)
    rest = rest[name.endIndex...]
    return name.isEmpty ? nil : String(name)
  }

  /// Takes a name with its quotes; nil where it does not end, or an escape is none.
  private static func quoted(_ rest: inout Substring.UnicodeScalarView) -> String? {
    rest.removeFirst()
    var name = String.UnicodeScalarView()
    while let scalar = rest.popFirst() {
      switch scalar {
      case "\"": return String(name)
      case "\\":
        guard let meant = rest.popFirst(), meant == "\"" || meant == "\\" else { return nil }
        name.append(meant)
      default: name.append(scalar)
      }
    }
    return nil
  }

  /// The text of the value at the path; nil where there is none, or it is null, an array or an object. A number is as it is written.
  func scalar(in bytes: [UInt8]) throws(JSONError) -> String? {
    var reader = JSONReader(bytes.span)
    for step in steps {
      var isFound = false
      switch try reader.peek() {
      case .object:
        try reader.beginObject()
        while !isFound, try reader.nextMember() {
          isFound = reader.equals(reader.memberToken, bytesOf: step.name)
          if !isFound { try reader.skip() }
        }
      case .array:
        guard let index = step.index else { return nil }
        try reader.beginArray()
        var place = 0
        while !isFound, try reader.nextElement() {
          isFound = place == index
          if !isFound { try reader.skip() }
          place += 1
        }
      case .string, .number, .bool, .null: return nil
      }
      guard isFound else { return nil }
    }
    let token = try reader.token()
    switch token.kind {
    case .string, .number, .bool: return try reader.text(token)
    case .null, .array, .object: return nil
    }
  }
}
