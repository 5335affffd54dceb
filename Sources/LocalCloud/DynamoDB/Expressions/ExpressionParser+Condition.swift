import AWSClients
import CacheSupport

extension ExpressionParser {
  mutating func disjunction() throws(ServiceError) -> Condition {
    var left = try conjunction()
    while take("OR") {
      try countOperator()
      left = .or(left, try conjunction())
    }
    return left
  }

  private mutating func conjunction() throws(ServiceError) -> Condition {
    var left = try negation()
    while take("AND") {
      try countOperator()
      left = .and(left, try negation())
    }
    return left
  }

  private mutating func negation() throws(ServiceError) -> Condition {
    guard take("NOT") else { return try predicate() }
    try countOperator()
    return .not(try negation())
  }

  private mutating func predicate() throws(ServiceError) -> Condition {
    if next == "(", !isOperandInParentheses {
      index += 1
      let condition = try disjunction()
      try expect(")")
      return condition
    }
    if isCall, let name = next, name != "size" { return try function(name) }
    let startsWithSize = isCall
    let left = try operand()
    if take("BETWEEN") { return try between(left) }
    if take("IN") { return try isIn(left) }
    guard let symbol = next, let comparison = Condition.Comparison(rawValue: symbol) else {
      if startsWithSize {
        note(.misusedFunction, "The function is not allowed to be used this way in an expression; function: size")
        return .exists(DocumentPath(steps: []))
      }
      throw syntaxError()
    }
    index += 1
    try countOperator()
    let right = try operand()
    checkDistinct(symbol, left, right)
    if comparison != .equal, comparison != .notEqual { checkOrdered(symbol, [left, right]) }
    return .compare(left, comparison, right)
  }

  /// True where what the parenthesis holds is compared: `(a) = :b`.
  private var isOperandInParentheses: Bool {
    guard let end = tokens.closing[index], end + 1 < tokens.texts.count else { return false }
    let after = tokens.texts[end + 1]
    return Condition.Comparison(rawValue: after) != nil || ["IN", "BETWEEN"].contains(after.uppercased())
  }

  private mutating func between(_ left: Condition.Operand) throws(ServiceError) -> Condition {
    try countOperator()
    let low = try operand()
    try expect("AND")
    let high = try operand()
    checkOrdered("BETWEEN", [left, low, high])
    if case .value(let low) = low, case .value(let high) = high {
      let bounds =
        "lower bound operand: AttributeValue: \(low.brief), upper bound operand: AttributeValue: \(high.brief)"
      if low.type != high.type {
        note(.operand, "The BETWEEN operator requires same data type for lower and upper bounds; \(bounds)")
      } else if try isGreater(low, than: high) {
        note(
          .operand, "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; \(bounds)")
      }
    }
    return .between(left, low, high)
  }

  private func isGreater(_ low: AttributeValue, than high: AttributeValue) throws(ServiceError) -> Bool {
    var evaluation = Evaluation()
    return try evaluation.compare(low, .greater, high)
  }

  private mutating func isIn(_ left: Condition.Operand) throws(ServiceError) -> Condition {
    try countOperator()
    try expect("(")
    var options = [try operand()]
    while take(",") { options.append(try operand()) }
    try expect(")")
    if options.count > Self.listLimit {
      note(
        .operandCount,
        "The IN operator is provided with too many operands; number of operands: \(options.count)")
    }
    return .isIn(left, options)
  }

  private mutating func checkDistinct(_ name: String, _ one: Condition.Operand, _ other: Condition.Operand) {
    guard case .path(let one) = one, case .path(let other) = other, one == other else { return }
    note(
      .distinct,
      "The first operand must be distinct from the remaining operands for this operator or function; operator: \(name), first operand: \(one.text)"
    )
  }

  /// Notes operands that are given and have no order.
  private mutating func checkOrdered(_ name: String, _ operands: [Condition.Operand]) {
    for operand in operands {
      guard let type = operand.type, !type.isOrdered else { continue }
      wrongType(name, type.rawValue)
    }
  }

  mutating func wrongType(_ name: String, _ type: String) {
    note(
      .operand,
      "Incorrect operand type for operator or function; operator or function: \(name), operand type: \(type)")
  }

  // MARK: Functions

  /// The operands that each function takes.
  private static let operandCounts = [
    "attribute_exists": 1, "attribute_not_exists": 1, "attribute_type": 2, "begins_with": 2, "contains": 2, "size": 1,
  ]

  private static let updateFunctions: Set<String> = ["if_not_exists", "list_append"]

  /// The operands of a call. An unknown function's are read, too, to find what is wrong with the words.
  private mutating func operands(of name: String) throws(ServiceError) -> [Condition.Operand] {
    try countOperator()
    let count = Self.operandCounts[name]
    if count == nil {
      note(
        .unknownFunction,
        Self.updateFunctions.contains(name)
          ? "The function is not allowed in a condition expression; function: \(name)"
          : "Invalid function name; function: \(name)")
    }
    index += 2
    var operands: [Condition.Operand] = []
    if next != ")" {
      operands.append(try operand())
      while take(",") { operands.append(try operand()) }
    }
    try expect(")")
    if let count, operands.count != count { wrongCount(name, operands.count) }
    return operands
  }

  mutating func wrongCount(_ name: String, _ count: Int) {
    note(
      .operandCount,
      "Incorrect number of operands for operator or function; operator or function: \(name), number of operands: \(count)"
    )
  }

  private mutating func function(_ name: String) throws(ServiceError) -> Condition {
    let operands = try operands(of: name)
    if let symbol = next, Condition.Comparison(rawValue: symbol) != nil {
      note(.misusedFunction, "The function is not allowed to be used this way in an expression; function: \(name)")
      index += 1
      _ = try operand()
    }
    // What stands for a condition that is refused in the end.
    let refused = Condition.exists(DocumentPath(steps: []))
    guard operands.count == Self.operandCounts[name], let first = operands.first, let last = operands.last else {
      return refused
    }
    switch name {
    case "attribute_exists", "attribute_not_exists":
      guard case .path(let path) = first else {
        note(.operand, "Operator or function requires a document path; operator or function: \(name)")
        return refused
      }
      return name == "attribute_exists" ? .exists(path) : .notExists(path)
    case "attribute_type":
      guard case .value(.s(let type)) = last else {
        wrongType(name, last.type?.rawValue ?? "{NS,SS,L,BS,N,M,B,BOOL,NULL,S}")
        return refused
      }
      guard let type = AttributeType(rawValue: type) else {
        note(
          .operand,
          "Invalid attribute type name found; type: \(type), valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}")
        return refused
      }
      return .hasType(first, type)
    case "begins_with":
      checkDistinct(name, first, last)
      for operand in operands {
        if let type = operand.type, type != .s, type != .b { wrongType(name, type.rawValue) }
      }
      return .beginsWith(first, last)
    default:
      checkDistinct(name, first, last)
      return .contains(first, last)
    }
  }

  private mutating func operand() throws(ServiceError) -> Condition.Operand {
    if take("(") {
      let operand = try operand()
      try expect(")")
      return operand
    }
    if let value = try boundValue() { return .value(value) }
    guard isCall, let name = next else { return .path(try path()) }
    let operands = try operands(of: name)
    guard name == "size", let operand = operands.first else {
      if Self.operandCounts[name] != nil {
        note(.misusedFunction, "The function is not allowed to be used this way in an expression; function: \(name)")
      }
      return .value(.null)
    }
    if let type = operand.type, [.n, .bool, .null].contains(type) { wrongType("size", type.rawValue) }
    return .size(operand)
  }
}

extension AttributeValue {
  /// As messages show it: `{S:text}`.
  var brief: String {
    switch self {
    case .s(let text), .n(let text), .b(let text): "{\(type.rawValue):\(text)}"
    default: json.text
    }
  }
}
