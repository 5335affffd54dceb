/// A value of a template, with the line it stands in. Calls of intrinsic functions are told from data.
struct TemplateValue: Sendable {
  indirect enum Kind: Sendable {
    case null
    case bool(Bool)
    /// As written.
    case number(String)
    case string(String)
    case array([TemplateValue])
    case object([Member])
    /// `Ref`, `Condition`, or the name after `Fn::`.
    case call(String, TemplateValue)
  }

  struct Member: Sendable {
    var name: String
    var value: TemplateValue
  }

  var kind: Kind
  /// Counted from 1.
  var line: Int

  init(_ kind: Kind, line: Int) {
    self.kind = kind
    self.line = line
  }

  /// A map of nothing, which stands in no line.
  static let none = TemplateValue(.object([]), line: 0)

  /// A scalar as CloudFormation passes it on: everything is text there.
  var text: String? {
    switch kind {
    case .string(let text), .number(let text): text
    case .bool(let flag): flag ? "true" : "false"
    case .null, .array, .object, .call: nil
    }
  }

  /// - Throws: ``TemplateError`` for what is neither true nor false, in YAML 1.1's words.
  func boolean(_ name: String) throws(TemplateError) -> Bool {
    switch text?.lowercased() {
    case "true", "yes", "on": return true
    case "false", "no", "off": return false
    default: throw TemplateError("\(name) is true or false, not \(text.map { "'\($0)'" } ?? kindName)", line: line)
    }
  }

  var members: [Member]? { if case .object(let members) = kind { members } else { nil } }

  var elements: [TemplateValue]? { if case .array(let elements) = kind { elements } else { nil } }

  subscript(name: String) -> TemplateValue? { members?.first { $0.name == name }?.value }

  /// What this is called in a message.
  var kindName: String {
    switch kind {
    case .null: "nothing"
    case .bool, .number, .string: "a scalar"
    case .array: "a list"
    case .object: "a map"
    case .call(let name, _): name == "Ref" || name == "Condition" ? name : "Fn::\(name)"
    }
  }

  /// Every call within, this one included, before what it contains.
  func forEachCall(_ body: (String, TemplateValue, Int) throws(TemplateError) -> Void) throws(TemplateError) {
    switch kind {
    case .call(let name, let argument):
      try body(name, argument, line)
      try argument.forEachCall(body)
    case .array(let elements): for element in elements { try element.forEachCall(body) }
    case .object(let members): for member in members { try member.value.forEachCall(body) }
    case .null, .bool, .number, .string: break
    }
  }
}

/// A template that cannot be stood up: what, in which line, and what to do.
public struct TemplateError: Error, Sendable, Hashable, CustomStringConvertible {
  public var message: String
  public var line: Int?
  /// Counted from 1; only with a line, and where the text is no YAML.
  public var column: Int?
  /// The template's file, where it is known.
  public var file: String?

  init(_ message: String, line: Int? = nil, column: Int? = nil) {
    self.message = message
    self.line = line
    self.column = column
  }

  public var description: String {
    let place = [file, line.map(String.init), column.map(String.init)].compactMap(\.self).joined(separator: ":")
    return place.isEmpty ? message : "\(place): \(message)"
  }
}
