import AWSClients
import CacheSupport

extension ExpressionParser {
  /// Reads `SET …`, `REMOVE …`, `ADD …` and `DELETE …`, each at most once, in any order.
  static func update(_ text: String, _ bindings: inout Bindings) throws(ServiceError) -> UpdateExpression {
    var parser = try ExpressionParser(.update, text, bindings)
    var update = UpdateExpression()
    var seen: Set<String> = []
    while let word = parser.next {
      let section = word.uppercased()
      guard ["SET", "REMOVE", "ADD", "DELETE"].contains(section) else { throw parser.syntaxError() }
      if !seen.insert(section).inserted {
        parser.note(.section, "The \"\(section)\" section can only be used once in an update expression;")
      }
      parser.index += 1
      repeat {
        let path = try parser.path()
        update.changes.append((path, try parser.change(section)))
      } while parser.take(",")
    }
    parser.checkApart(update.paths)
    bindings = try parser.finish()
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
      let isSet = [.ss, .ns, .bs].contains(value.type)
      if !isSet, section != "ADD" || value.type != .n {
        let names: [AttributeType: String] = [
          .s: "STRING", .n: "NUMBER", .b: "BINARY", .bool: "BOOLEAN", .null: "NULL", .l: "LIST", .m: "MAP",
        ]
        note(
          .operand,
          "Incorrect operand type for operator or function; operator: \(section), operand type: \(names[value.type] ?? value.type.rawValue), typeSet: ALLOWED_FOR_\(section)_OPERAND"
        )
      }
      return section == "ADD" ? .add(value) : .delete(value)
    }
  }

  /// One operand, or two with `+` or `-` between them; parentheses around each, or around all.
  private mutating func setValue() throws(ServiceError) -> UpdateExpression.Value {
    if next == "(", let close = tokens.closing[index],
      close + 1 == tokens.texts.count || !["+", "-"].contains(tokens.texts[close + 1])
    {
      index += 1
      let value = try setValue()
      try expect(")")
      return value
    }
    let one = try setOperand()
    guard let symbol = next, symbol == "+" || symbol == "-" else { return one }
    try countOperator()
    index += 1
    let other = try setOperand()
    for case .value(let value) in [one, other] where value.type != .n { wrongType(symbol, value.type.rawValue) }
    return symbol == "+" ? .sum(one, other) : .difference(one, other)
  }

  private mutating func setOperand(isArgument: Bool = false) throws(ServiceError) -> UpdateExpression.Value {
    if !isArgument, take("(") {
      let value = try setOperand()
      try expect(")")
      return value
    }
    if let value = try boundValue() { return .value(value) }
    guard isCall, let name = next else { return .path(try path()) }
    try countOperator()
    index += 2
    var arguments = [try setOperand(isArgument: true)]
    while take(",") { arguments.append(try setOperand(isArgument: true)) }
    try expect(")")
    return function(name, arguments, isArgument: isArgument)
  }

  private mutating func function(
    _ name: String, _ arguments: [UpdateExpression.Value], isArgument: Bool
  ) -> UpdateExpression.Value {
    // What stands for a value that is refused in the end.
    let refused = UpdateExpression.Value.value(.null)
    guard name == "if_not_exists" || name == "list_append" else {
      let isKnown = [
        "attribute_exists", "attribute_not_exists", "attribute_type", "begins_with", "contains", "size",
      ].contains(name)
      note(
        .unknownFunction,
        isKnown
          ? "The function is not allowed in an update expression; function: \(name)"
          : "Invalid function name; function: \(name)")
      return refused
    }
    // DynamoDB takes `list_append(if_not_exists(…), …)`, and no list_append within anything.
    if isArgument, name == "list_append" {
      note(.misusedFunction, "The function is not allowed to be used this way in an expression; function: \(name)")
    }
    guard arguments.count == 2 else {
      wrongCount(name, arguments.count)
      return refused
    }
    if name == "if_not_exists" {
      guard case .path(let path) = arguments[0] else {
        note(.operand, "Operator or function requires a document path; operator or function: if_not_exists")
        return refused
      }
      return .ifNotExists(path, arguments[1])
    }
    for case .value(let value) in arguments where value.type != .l { wrongType(name, value.type.rawValue) }
    return .append(arguments[0], arguments[1])
  }
}
