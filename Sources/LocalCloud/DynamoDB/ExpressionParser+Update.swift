import AWSClients
import CacheSupport

extension ExpressionParser {
  /// Reads `SET …`, `REMOVE …`, `ADD …` and `DELETE …`, each at most once, in any order.
  static func update(_ text: String, _ bindings: inout Bindings) throws(ServiceError) -> UpdateExpression {
    var parser = try ExpressionParser("Update", text, bindings)
    var update = UpdateExpression()
    var seen: Set<String> = []
    while parser.index < parser.tokens.count {
      let section = parser.next?.uppercased() ?? ""
      guard ["SET", "REMOVE", "ADD", "DELETE"].contains(section) else { throw parser.syntaxError() }
      guard seen.insert(section).inserted else {
        throw parser.error("The \"\(section)\" section can only be used once in an update expression;")
      }
      parser.index += 1
      repeat {
        let path = try parser.path()
        update.changes.append((path, try parser.change(section)))
      } while parser.take(",")
    }
    try parser.checkApart(update.paths)
    bindings = parser.bindings
    return update
  }

  private mutating func change(_ section: String) throws(ServiceError) -> UpdateExpression.Change {
    switch section {
    case "SET":
      try expect("=")
      return .set(try setValue())
    case "REMOVE": return .remove
    default:
      guard let value = try boundValue() else { throw syntaxError() }
      let isSet = ["SS", "NS", "BS"].contains(value.typeName)
      guard isSet || (section == "ADD" && value.typeName == "N") else {
        let names = [
          "S": "STRING", "N": "NUMBER", "B": "BINARY", "BOOL": "BOOLEAN", "NULL": "NULL", "L": "LIST", "M": "MAP",
        ]
        throw error(
          "Incorrect operand type for operator or function; operator: \(section), operand type: \(names[value.typeName] ?? value.typeName), typeSet: ALLOWED_FOR_\(section)_OPERAND"
        )
      }
      return section == "ADD" ? .add(value) : .delete(value)
    }
  }

  /// One operand, or two with `+` or `-` between them; parentheses around each, or around all.
  private mutating func setValue() throws(ServiceError) -> UpdateExpression.Value {
    if next == "(", let close = closing(), close == tokens.count || !["+", "-"].contains(tokens[close]) {
      index += 1
      let value = try setValue()
      try expect(")")
      return value
    }
    let one = try setOperand()
    guard let symbol = next, symbol == "+" || symbol == "-" else { return one }
    index += 1
    let other = try setOperand()
    for case .value(let value) in [one, other] where value.typeName != "N" {
      throw wrongType(symbol, value)
    }
    return symbol == "+" ? .sum(one, other) : .difference(one, other)
  }

  /// The place after the parenthesis that closes the next token; nil where none does.
  private func closing() -> Int? {
    var open = 0
    for place in index..<tokens.count {
      if tokens[place] == "(" { open += 1 }
      if tokens[place] == ")" { open -= 1 }
      if open == 0 { return place + 1 }
    }
    return nil
  }

  private mutating func setOperand(nesting: Int = 0, isArgument: Bool = false) throws(ServiceError)
    -> UpdateExpression.Value
  {
    guard nesting <= Self.maximumDepth else { throw syntaxError() }
    if !isArgument, take("(") {
      let value = try setOperand(nesting: nesting + 1)
      try expect(")")
      return value
    }
    if let value = try boundValue() { return .value(value) }
    guard index + 1 < tokens.count, tokens[index + 1] == "(", let name = next else { return .path(try path()) }
    guard name.unicodeScalars.first?.properties.isAlphabetic ?? false else { throw syntaxError() }
    index += 2
    var arguments = [try setOperand(nesting: nesting + 1, isArgument: true)]
    while take(",") { arguments.append(try setOperand(nesting: nesting + 1, isArgument: true)) }
    try expect(")")
    return try function(name, arguments, isArgument: isArgument)
  }

  private func function(
    _ name: String, _ arguments: [UpdateExpression.Value], isArgument: Bool
  ) throws(ServiceError) -> UpdateExpression.Value {
    guard ["if_not_exists", "list_append"].contains(name) else {
      let isKnown = [
        "attribute_exists", "attribute_not_exists", "attribute_type", "begins_with", "contains", "size",
      ].contains(name)
      throw error(
        isKnown
          ? "The function is not allowed to be used in an update expression; function: \(name)"
          : "Invalid function name; function: \(name)")
    }
    // DynamoDB takes `list_append(if_not_exists(…), …)`, and no list_append within anything.
    guard !(isArgument && name == "list_append") else {
      throw error("The function is not allowed to be used this way in an expression; function: \(name)")
    }
    guard arguments.count == 2 else {
      throw error(
        "Incorrect number of operands for operator or function; operator or function: \(name), number of operands: \(arguments.count)"
      )
    }
    if name == "if_not_exists" {
      guard case .path(let path) = arguments[0] else {
        throw error("Operator or function requires a document path; operator or function: if_not_exists")
      }
      return .ifNotExists(path, arguments[1])
    }
    for case .value(let value) in arguments where value.typeName != "L" { throw wrongType(name, value) }
    return .append(arguments[0], arguments[1])
  }

  private func wrongType(_ name: String, _ value: AttributeValue) -> ServiceError {
    error(
      "Incorrect operand type for operator or function; operator or function: \(name), operand type: \(value.typeName)")
  }
}
