import Foundation

/// A parameter of a template, with what it demands of its value.
///
/// See <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html>.
struct TemplateParameter: Sendable {
  var name: String
  var type: String
  var standard: String?
  /// A secret: never shown.
  var isHidden: Bool
  var description: String?
  private(set) var allowedValues: [String]?
  private var allowedPattern: String?
  private var lengths: ClosedRange<Int>
  private var values: ClosedRange<Double>
  private var constraintDescription: String?
  private var line: Int

  init(_ member: TemplateValue.Member) throws(TemplateError) {
    name = member.name
    line = member.value.line
    let known = [
      "Type", "Default", "NoEcho", "AllowedValues", "AllowedPattern", "MinLength", "MaxLength", "MinValue", "MaxValue",
      "ConstraintDescription", "Description",
    ]
    for attribute in member.value.members ?? [] where !known.contains(attribute.name) {
      throw TemplateError(
        "the parameter \(name) has an unknown attribute \(attribute.name)", line: attribute.value.line)
    }
    let value = member.value
    type = value["Type"]?.text ?? ""
    guard Self.types.contains(type) else {
      throw TemplateError(
        "the parameter \(name) has the type '\(type)': the local cloud knows \(Self.types.joined(separator: ", "))",
        line: line)
    }
    standard = value["Default"].map { $0.text ?? "" }
    isHidden = try value["NoEcho"].map { (value) throws(TemplateError) in try value.boolean("NoEcho") } ?? false
    allowedValues = value["AllowedValues"]?.elements?.compactMap(\.text)
    allowedPattern = value["AllowedPattern"]?.text
    let least = try Self.number("MinLength", of: member) ?? 0
    let most = try Self.number("MaxLength", of: member) ?? 4096
    let lowest = try Self.number("MinValue", of: member) ?? -.infinity
    let highest = try Self.number("MaxValue", of: member) ?? .infinity
    guard 0 <= least, least <= most, most <= 4096, lowest <= highest else {
      throw TemplateError("the parameter \(name) has bounds that nothing meets", line: line)
    }
    lengths = Int(least)...Int(most)
    values = lowest...highest
    constraintDescription = value["ConstraintDescription"]?.text
    description = value["Description"]?.text
    if let standard { try check(standard) }
  }

  private static func number(
    _ name: String, of member: TemplateValue.Member
  ) throws(TemplateError) -> Double? {
    guard let value = member.value[name] else { return nil }
    guard let number = value.text.flatMap({ decimal($0) }), !name.hasSuffix("Length") || number == number.rounded()
    else {
      throw TemplateError("\(name) of the parameter \(member.name) is no number", line: value.line)
    }
    return number
  }

  /// A number of digits, finite: no hexadecimal, no words.
  private static func decimal(_ text: String) -> Double? {
    guard text.utf8.allSatisfy({ (48...57).contains($0) || "+-.eE".utf8.contains($0) }) else { return nil }
    return Double(text).flatMap { $0.isFinite ? $0 : nil }
  }

  private static let stored = "AWS::SSM::Parameter::Value<"
  private static let lists =
    ["CommaDelimitedList", "List<String>"].map { stored + $0 + ">" } + [
      "CommaDelimitedList", "List<Number>",
    ]
  private static let types =
    ["String", "Number", "CommaDelimitedList", "List<Number>", "AWS::SSM::Parameter::Name"]
    + ["String", "List<String>", "CommaDelimitedList"].map { stored + $0 + ">" }

  /// Whether its value is a list, whose elements commas separate.
  var isList: Bool { Self.lists.contains(type) }

  /// Whether its value is the name of a parameter of SSM, whose value it stands for.
  var isStored: Bool { type.hasPrefix(Self.stored) }

  /// The elements of a list, without the blanks around them.
  static func elements(_ value: String) -> [String] {
    value.split(separator: ",", omittingEmptySubsequences: false).map { $0.trimmingCharacters(in: .whitespaces) }
  }

  /// What of a value nobody may see, where it is hidden: the whole, and of a list also each element.
  func secrets(in value: String) -> [String] {
    isHidden ? [value] + (isList ? Self.elements(value) : []) : []
  }

  /// - Throws: ``TemplateError`` with CloudFormation's words; never with the value of a hidden parameter.
  func check(_ value: String) throws(TemplateError) {
    // Each element of a list has to be what is asked for; a name is one text.
    for element in isList && !isStored ? Self.elements(value) : [value] { try check(element: element) }
  }

  private func check(element value: String) throws(TemplateError) {
    func refuse(_ constraint: String) -> TemplateError {
      TemplateError(
        "Parameter '\(name)' " + (constraintDescription ?? constraint)
          + (isHidden ? "" : " It is '\(value.prefix(100))'."), line: line)
    }
    if let allowedValues, !allowedValues.contains(value) {
      throw refuse(
        isHidden ? "must be one of its AllowedValues." : "must be one of \(allowedValues.joined(separator: ", ")).")
    }
    if let allowedPattern {
      // Of CloudFormation's regular expressions, which are Java's; the whole value must match.
      let range = NSRange(value.startIndex..., in: value)
      let expression: NSRegularExpression
      do { expression = try NSRegularExpression(pattern: "^(?:\(allowedPattern))$") } catch {
        throw TemplateError("AllowedPattern of the parameter \(name) is no regular expression", line: line)
      }
      guard expression.firstMatch(in: value, range: range)?.range == range else {
        throw refuse("must match the pattern \(allowedPattern).")
      }
    }
    switch type {
    case "Number", "List<Number>":
      guard let number = Self.decimal(value), values.contains(number) else {
        throw refuse(
          "must be a number\(Self.text(" from ", values.lowerBound))\(Self.text(" to ", values.upperBound)).")
      }
    case "String":
      guard lengths.contains(value.utf16.count) else {
        throw refuse("must have \(lengths.lowerBound) to \(lengths.upperBound) characters.")
      }
    default: break
    }
  }

  private static func text(_ word: String, _ bound: Double) -> String {
    bound.isFinite ? word + (Int64(exactly: bound).map { String($0) } ?? String(bound)) : ""
  }
}
