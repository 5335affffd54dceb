import AWSClients
import CacheSupport

/// Reads DynamoDB's expressions; names and values come from the request, and each of them must be used.
///
/// What is wrong with the words is thrown at once. What is wrong with their meaning is noted, and the gravest is thrown at the end:
/// DynamoDB tells of a reserved word before it tells of a missing value, wherever they stand.
struct ExpressionParser {
  enum Kind: String {
    case condition = "Condition"
    case filter = "Filter"
    case keyCondition = "KeyCondition"
    case projection = "Projection"
    case update = "Update"
  }

  /// Faults of meaning, the one to be told first at the top.
  enum Fault: Int {
    case parentheses
    case unknownFunction
    case misusedFunction
    case reservedWord
    case section
    case undefined
    case operandCount
    case overlap
    case distinct
    case operand
  }

  private let kind: Kind
  let tokens: ExpressionTokens
  var index = 0
  var bindings: Bindings
  private var fault: (kind: Fault, message: String)?
  private var operators = 0

  /// The longest expression, in bytes.
  static let sizeLimit: Int = 4096
  /// The most operators and functions. Only they nest, so this bounds the depth too.
  static let operatorLimit: Int = 300
  /// The most operands of `IN`.
  static let listLimit: Int = 100

  init(_ kind: Kind, _ text: String, _ bindings: Bindings) throws(ServiceError) {
    self.kind = kind
    self.bindings = bindings
    let words = "Invalid \(kind.rawValue)Expression:"
    guard text.utf8.count <= Self.sizeLimit else {
      throw .validation("\(words) Expression size has exceeded the maximum allowed size;")
    }
    tokens = ExpressionTokens(text)
    guard !tokens.texts.isEmpty else { throw error("The expression can not be empty;") }
    // Nothing is parsed deeper than parentheses that close, each pair around an operator.
    guard tokens.closing.count == tokens.texts.lazy.filter({ $0 == "(" }).count else {
      index = tokens.texts.count
      throw syntaxError()
    }
    guard !tokens.hasRedundantParentheses else { throw error("The expression has redundant parentheses;") }
  }

  static func condition(_ kind: Kind, _ text: String, _ bindings: inout Bindings) throws(ServiceError) -> Condition {
    var parser = try ExpressionParser(kind, text, bindings)
    let condition = try parser.disjunction()
    bindings = try parser.finish()
    return condition
  }

  static func projection(_ text: String, _ bindings: inout Bindings) throws(ServiceError) -> Projection {
    var parser = try ExpressionParser(.projection, text, bindings)
    var paths = [try parser.path()]
    while parser.take(",") { paths.append(try parser.path()) }
    parser.checkApart(paths)
    bindings = try parser.finish()
    return Projection(paths: paths)
  }

  /// - Throws: what follows the expression, or the gravest fault.
  mutating func finish() throws(ServiceError) -> Bindings {
    guard index == tokens.texts.count else { throw syntaxError() }
    if let fault { throw error(fault.message) }
    return bindings
  }

  // MARK: Faults

  func error(_ tail: String) -> ServiceError { .validation("Invalid \(kind.rawValue)Expression: \(tail)") }

  func syntaxError() -> ServiceError {
    let texts = tokens.texts
    let token = index < texts.count ? texts[index] : "<EOF>"
    return error("Syntax error; token: \"\(token)\", near: \"\(tokens.near(index))\"")
  }

  mutating func note(_ kind: Fault, _ message: @autoclosure () -> String) {
    if let fault, fault.kind.rawValue <= kind.rawValue { return }
    fault = (kind, message())
  }

  mutating func countOperator() throws(ServiceError) {
    operators += 1
    guard operators <= Self.operatorLimit else {
      throw error("The expression contains too many operators; operator count: \(operators)")
    }
  }

  /// Notes where one place is another, is within another, or would be both in a map and in a list.
  mutating func checkApart(_ paths: [DocumentPath]) {
    var places = PlaceTree()
    for (index, path) in paths.enumerated() {
      guard let (earlier, relation) = places.insert(path, number: index) else { continue }
      note(
        .overlap,
        "Two document paths \(relation.rawValue) with each other; must remove or rewrite one of these paths; path one: \(paths[earlier].text), path two: \(path.text)"
      )
    }
  }

  // MARK: Words

  var next: String? { index < tokens.texts.count ? tokens.texts[index] : nil }

  /// True where the next token is a name with a parenthesis after it.
  var isCall: Bool {
    guard index + 1 < tokens.texts.count, tokens.texts[index + 1] == "(" else { return false }
    let first = tokens.texts[index].utf8.first ?? 0
    return ExpressionTokens.isLetter(first) && !Self.isKeyword(tokens.texts[index])
  }

  private static func isKeyword(_ token: String) -> Bool {
    ["AND", "OR", "NOT", "IN", "BETWEEN"].contains(token.uppercased())
  }

  mutating func take(_ token: String) -> Bool {
    guard let next, next.utf8.count == token.utf8.count, next.uppercased() == token else { return false }
    index += 1
    return true
  }

  mutating func expect(_ token: String) throws(ServiceError) {
    guard take(token) else { throw syntaxError() }
  }

  /// The value of a `:name`; nil where the next token is something else.
  mutating func boundValue() throws(ServiceError) -> AttributeValue? {
    guard let token = next else { throw syntaxError() }
    guard token.utf8.first == UInt8(ascii: ":") else { return nil }
    guard token.utf8.count > 1 else { throw syntaxError() }
    index += 1
    if let value = bindings.use(value: token) { return value }
    note(
      .undefined, "An expression attribute value used in expression is not defined; attribute value: \(token)")
    return .null
  }

  mutating func path() throws(ServiceError) -> DocumentPath {
    var steps: [DocumentPath.Step] = [.name(ByteText(try name()))]
    while true {
      guard steps.count <= EncodedItem.depthLimit else {
        throw error("The document path has too many nesting levels; nesting levels: \(steps.count)")
      }
      if take(".") {
        steps.append(.name(ByteText(try name())))
      } else if take("[") {
        guard let token = next, token.utf8.allSatisfy(ExpressionTokens.isDigit) else { throw syntaxError() }
        guard let element = Int32(token).map({ Int($0) }) else {
          throw error("List index is not within the allowable range; index: [\(token)]")
        }
        index += 1
        steps.append(.index(element))
        try expect("]")
      } else {
        return DocumentPath(steps: steps)
      }
    }
  }

  private mutating func name() throws(ServiceError) -> String {
    guard let token = next, let first = token.utf8.first else { throw syntaxError() }
    if first == UInt8(ascii: "#") {
      guard token.utf8.count > 1 else { throw syntaxError() }
      index += 1
      if let name = bindings.use(name: token) { return name }
      note(
        .undefined,
        "An expression attribute name used in the document path is not defined; attribute name: \(token)")
      return token
    }
    guard ExpressionTokens.isLetter(first), !Self.isKeyword(token) else { throw syntaxError() }
    if ReservedWords.contains(token) {
      note(.reservedWord, "Attribute name is a reserved keyword; reserved keyword: \(token)")
    }
    index += 1
    return token
  }
}
