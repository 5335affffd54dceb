import SQLiteStore

/// Arithmetic of numbers, times and intervals.
extension ExpressionBinder {
  mutating func unary(_ symbol: String, _ operand: Expression) throws(QueryError) -> TypedExpression {
    // The smallest number has no positive counterpart.
    if symbol == "-", case .integer(let text) = operand.kind, let value = Int64("-" + text), value == .min {
      return .constant(.integer(value), .bigint)
    }
    if symbol == "NOT" {
      return TypedExpression(
        node: .prefix("NOT", try boolean(operand, "Value of logical NOT expression")), type: .boolean)
    }
    let typed = try expression(operand)
    guard typed.type.isNumeric || [.interval, .intervalMonths, .unknown].contains(typed.type) else {
      throw QueryError("Cannot negate \(typed.type.message)", at: operand.position)
    }
    guard symbol == "-" else { return typed }
    if case .constant = typed.node {
    } else if typed.type == .integer || typed.type == .bigint {
      return .arithmetic("-", .constant(.integer(0), typed.type), typed, typed.type, isTrying: isTrying)
    }
    return typed.mayBeNaN
      ? .template("\(Operators.negate)($0)", [typed], .double)
      : TypedExpression(node: .prefix("-", typed), type: typed.type)
  }

  func arithmetic(
    _ symbol: String, _ left: TypedExpression, _ right: TypedExpression, _ position: Position
  ) throws(QueryError) -> TypedExpression {
    func simple(_ type: TimestreamType) -> TypedExpression {
      TypedExpression(node: .infix(symbol, left, right), type: type)
    }
    let sides = [left, right]
    let months = symbol == "-" ? "-$1" : "$1"
    switch (left.type, symbol, right.type) {
    case (.timestamp, "+", .interval), (.timestamp, "-", .interval), (.interval, "+", .timestamp):
      return .arithmetic(symbol, left, right, .timestamp, isTrying: isTrying)
    case (.interval, "+", .interval), (.interval, "-", .interval):
      return .arithmetic(symbol, left, right, .interval, isTrying: isTrying)
    case (.timestamp, "+", .intervalMonths), (.timestamp, "-", .intervalMonths):
      return .template("\(Dates.addMonths)($0, \(text: months))", sides, .timestamp, isTrying: isTrying)
    case (.intervalMonths, "+", .timestamp):
      return .template("\(Dates.addMonths)($1, $0)", sides, .timestamp, isTrying: isTrying)
    case (.intervalMonths, "+", .intervalMonths), (.intervalMonths, "-", .intervalMonths):
      return simple(.intervalMonths)
    case (.date, "+", .interval), (.date, "-", .interval):
      return .template("\(Dates.addDays)($0, \(text: months))", sides, .date, isTrying: isTrying)
    case (.date, "+", .intervalMonths), (.date, "-", .intervalMonths):
      return .template("\(Dates.addMonthsToDate)($0, \(text: months))", sides, .date, isTrying: isTrying)
    case (.time, "+", .interval), (.time, "-", .interval):
      return .template("(((($0 \(text: symbol) $1) % 86400000000000) + 86400000000000) % 86400000000000)", sides, .time)
    case (.interval, "*", let type) where type.isNumeric, (.intervalMonths, "*", let type) where type.isNumeric:
      return .template("\(Dates.scale)($0, $1)", sides, left.type, isTrying: isTrying)
    case (let type, "*", .interval) where type.isNumeric, (let type, "*", .intervalMonths) where type.isNumeric:
      return .template("\(Dates.scale)($1, $0)", sides, right.type, isTrying: isTrying)
    case (.interval, "/", let type) where type.isNumeric, (.intervalMonths, "/", let type) where type.isNumeric:
      return .template("\(Dates.divide)($0, $1)", sides, left.type, isTrying: isTrying)
    default: break
    }
    let isNumeric = { (type: TimestreamType) in type.isNumeric || type == .unknown }
    guard isNumeric(left.type), isNumeric(right.type), let type = TimestreamType.common(left.type, right.type) else {
      throw Self.operatorError(symbol, left, right, position)
    }
    let result: TimestreamType = type == .unknown ? .integer : type
    switch symbol {
    case "/", "%":
      let coerced = sides.map { $0.coerced(to: result) }
      let native = symbol == "/" ? Operators.divide : Operators.modulo
      return .template("\(native)($0, $1)", coerced, result, isTrying: isTrying)
    default:
      return .arithmetic(symbol, left.coerced(to: result), right.coerced(to: result), result, isTrying: isTrying)
    }
  }
}
