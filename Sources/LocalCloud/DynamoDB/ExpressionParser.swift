import AWSClients
import CacheSupport

/// Reads DynamoDB's expressions; names and values come from the request, and each of them must be used.
struct ExpressionParser {
  /// `Filter`, `KeyCondition`, `Condition`, `Projection` or `Update`.
  private let kind: String
  private(set) var tokens: [String]
  var index = 0
  var bindings: Bindings
  private var depth = 0

  /// DynamoDB takes up to 300 operators; deeper nesting would be no expression of a person.
  static let maximumDepth: Int = 300
  /// The most steps of a path, which are also the most levels of an item.
  static let maximumSteps: Int = 32

  init(_ kind: String, _ text: String, _ bindings: Bindings) throws(ServiceError) {
    self.kind = kind
    self.bindings = bindings
    tokens = []
    guard !text.allSatisfy(\.isWhitespace) else { throw error("The expression can not be empty;") }
    guard text.utf8.count <= 4096 else {
      throw error("Expression size has exceeded the maximum allowed size; expression size: \(text.utf8.count)")
    }
    tokens = try tokenize(text)
  }

  static func condition(_ kind: String, _ text: String, _ bindings: inout Bindings) throws(ServiceError) -> Condition {
    var parser = try ExpressionParser(kind, text, bindings)
    let condition = try parser.disjunction()
    guard parser.index == parser.tokens.count else { throw parser.syntaxError() }
    bindings = parser.bindings
    return condition
  }

  static func projection(_ text: String, _ bindings: inout Bindings) throws(ServiceError) -> [DocumentPath] {
    var parser = try ExpressionParser("Projection", text, bindings)
    var paths = [try parser.path()]
    while parser.take(",") { paths.append(try parser.path()) }
    guard parser.index == parser.tokens.count else { throw parser.syntaxError() }
    try parser.checkApart(paths)
    bindings = parser.bindings
    return paths
  }

  /// - Throws: an error where one place is another, is within another, or would be both in a map and in a list.
  func checkApart(_ paths: [DocumentPath]) throws(ServiceError) {
    for (index, path) in paths.enumerated() {
      for earlier in paths[..<index] {
        let fork = zip(earlier.steps, path.steps).first { $0 != $1 }
        let relation =
          switch fork {
          case nil: "overlap"
          case (.name, .index)?, (.index, .name)?: "conflict"
          default: ""
          }
        guard !relation.isEmpty else { continue }
        throw error(
          "Two document paths \(relation) with each other; must remove or rewrite one of these paths; path one: \(earlier.text), path two: \(path.text)"
        )
      }
    }
  }

  func error(_ tail: String) -> ServiceError { .validation("Invalid \(kind)Expression: \(tail)") }

  func syntaxError() -> ServiceError {
    let token = index < tokens.count ? tokens[index] : "<EOF>"
    let near = tokens[max(0, index - 1)..<min(tokens.count, index + 2)].joined(separator: " ")
    return error("Syntax error; token: \"\(token)\", near: \"\(near)\"")
  }

  private func tokenize(_ text: String) throws(ServiceError) -> [String] {
    var tokens: [String] = []
    let characters = Array(text.unicodeScalars)
    var index = 0
    func isWord(_ scalar: Unicode.Scalar) -> Bool {
      scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) || scalar == "_"
    }
    while index < characters.count {
      let scalar = characters[index]
      if scalar.properties.isWhitespace { index += 1; continue }
      var end = index + 1
      if isWord(scalar) || scalar == "#" || scalar == ":" {
        while end < characters.count, isWord(characters[end]) { end += 1 }
      } else if "<>".unicodeScalars.contains(scalar), end < characters.count,
        "=>".unicodeScalars.contains(characters[end]),
        !(scalar == ">" && characters[end] == ">")
      {
        end += 1
      } else if !"=<>(),.[]+-".unicodeScalars.contains(scalar) {
        throw error("Syntax error; token: \"\(scalar)\", near: \"\(text.prefix(20))\"")
      }
      tokens.append(String(String.UnicodeScalarView(characters[index..<end])))
      index = end
    }
    return tokens
  }

  var next: String? { index < tokens.count ? tokens[index] : nil }

  mutating func take(_ token: String) -> Bool {
    guard next?.uppercased() == token else { return false }
    index += 1
    return true
  }

  mutating func expect(_ token: String) throws(ServiceError) {
    guard take(token) else { throw syntaxError() }
  }

  private mutating func disjunction() throws(ServiceError) -> Condition {
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.maximumDepth, tokens.count <= 4 * Self.maximumDepth else {
      throw error("The expression has too many operators; operator count: more than \(Self.maximumDepth)")
    }
    var left = try conjunction()
    while take("OR") { left = .or(left, try conjunction()) }
    return left
  }

  private mutating func conjunction() throws(ServiceError) -> Condition {
    var left = try negation()
    while take("AND") { left = .and(left, try negation()) }
    return left
  }

  private mutating func negation() throws(ServiceError) -> Condition {
    if take("NOT") { return .not(try negation()) }
    return try predicate()
  }

  private mutating func predicate() throws(ServiceError) -> Condition {
    if next == "(" {
      index += 1
      let condition = try disjunction()
      try expect(")")
      return condition
    }
    if index + 1 < tokens.count, tokens[index + 1] == "(", let name = next, name != "size",
      name.first?.isLetter ?? false
    {
      return try function(name)
    }
    let left = try operand()
    if take("BETWEEN") {
      let low = try operand()
      try expect("AND")
      let high = try operand()
      if case .value(let low) = low, case .value(let high) = high, Condition.compare(low, .greater, high) {
        throw error(
          "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; lower bound operand: AttributeValue: \(low.json.text), upper bound operand: AttributeValue: \(high.json.text)"
        )
      }
      return .between(left, low, high)
    }
    if take("IN") {
      try expect("(")
      var options = [try operand()]
      while take(",") { options.append(try operand()) }
      try expect(")")
      return .isIn(left, options)
    }
    guard let symbol = next, let comparison = Condition.Comparison(rawValue: symbol) else { throw syntaxError() }
    index += 1
    return .compare(left, comparison, try operand())
  }

  private mutating func function(_ name: String) throws(ServiceError) -> Condition {
    index += 2
    var arguments: [Condition.Operand] = []
    if next != ")" {
      arguments.append(try operand())
      while take(",") { arguments.append(try operand()) }
    }
    try expect(")")
    let counts = [
      "attribute_exists": 1, "attribute_not_exists": 1, "attribute_type": 2, "begins_with": 2, "contains": 2,
    ]
    guard let count = counts[name] else { throw error("Invalid function name; function: \(name)") }
    guard arguments.count == count else {
      throw error(
        "Incorrect number of operands for operator or function; operator or function: \(name), number of operands: \(arguments.count)"
      )
    }
    func path(_ operand: Condition.Operand) throws(ServiceError) -> DocumentPath {
      guard case .path(let path) = operand else {
        throw error("Operator or function requires a document path; operator or function: \(name)")
      }
      return path
    }
    switch name {
    case "attribute_exists": return .exists(try path(arguments[0]))
    case "attribute_not_exists": return .notExists(try path(arguments[0]))
    case "attribute_type":
      guard case .value(let type) = arguments[1], case .s = type else {
        throw error(
          "Incorrect operand type for operator or function; operator or function: attribute_type, operand type: {NS,SS,L,BS,N,M,B,BOOL,NULL,S}"
        )
      }
      return .hasType(try path(arguments[0]), type)
    case "begins_with":
      for case .value(let value) in arguments where !["S", "B"].contains(value.typeName) {
        throw error(
          "Incorrect operand type for operator or function; operator or function: begins_with, operand type: \(value.typeName)"
        )
      }
      return .beginsWith(arguments[0], arguments[1])
    default: return .contains(arguments[0], arguments[1])
    }
  }

  /// The value of a `:name`; nil where the next token is something else.
  mutating func boundValue() throws(ServiceError) -> AttributeValue? {
    guard let token = next else { throw syntaxError() }
    guard token.hasPrefix(":") else { return nil }
    guard token.utf8.count > 1 else { throw syntaxError() }
    index += 1
    guard let value = bindings.use(value: token) else {
      throw error("An expression attribute value used in expression is not defined; attribute value: \(token)")
    }
    return value
  }

  private mutating func operand() throws(ServiceError) -> Condition.Operand {
    if let value = try boundValue() { return .value(value) }
    guard let token = next else { throw syntaxError() }
    if token == "size", index + 1 < tokens.count, tokens[index + 1] == "(" {
      index += 2
      let path = try path()
      try expect(")")
      return .size(path)
    }
    if index + 1 < tokens.count, tokens[index + 1] == "(" {
      throw error("The function is not allowed to be used this way in an expression; function: \(token)")
    }
    return .path(try path())
  }

  mutating func path() throws(ServiceError) -> DocumentPath {
    var steps: [DocumentPath.Step] = [.name(ByteText(try name()))]
    while true {
      guard steps.count <= Self.maximumSteps else {
        throw error("The document path has too many nesting levels; nesting levels: \(steps.count)")
      }
      if take(".") {
        steps.append(.name(ByteText(try name())))
      } else if take("[") {
        guard let token = next, let element = Int(token) else { throw syntaxError() }
        index += 1
        steps.append(.index(element))
        try expect("]")
      } else {
        return DocumentPath(steps: steps)
      }
    }
  }

  private mutating func name() throws(ServiceError) -> String {
    guard let token = next, let first = token.unicodeScalars.first else { throw syntaxError() }
    if first == "#" {
      index += 1
      guard let name = bindings.use(name: token) else {
        throw error("An expression attribute name used in the document path is not defined; attribute name: \(token)")
      }
      return name
    }
    guard first.properties.isAlphabetic || first == "_" else { throw syntaxError() }
    if ReservedWords.contains(token) {
      throw error("Attribute name is a reserved keyword; reserved keyword: \(token)")
    }
    index += 1
    return token
  }
}
