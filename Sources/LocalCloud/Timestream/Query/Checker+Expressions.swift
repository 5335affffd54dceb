/// The types of expressions.
extension Checker {
  mutating func boolean(_ expression: Expression, _ place: String) throws(QueryError) -> TypedExpression {
    let typed = try self.expression(expression)
    guard [.boolean, .unknown].contains(typed.type) else {
      throw QueryError(
        "\(place) must evaluate to a boolean: actual type \(typed.type.message)", at: expression.position)
    }
    return typed
  }

  mutating func expression(_ expression: Expression) throws(QueryError) -> TypedExpression {
    switch expression.kind {
    case .null: return .constant(.null, .unknown)
    case .boolean(let flag): return .constant(.integer(flag ? 1 : 0), .boolean)
    case .integer(let text):
      guard let value = Int64(text) else {
        throw QueryError("Invalid numeric literal: \(text)", at: expression.position)
      }
      return .constant(.integer(value), Int32(exactly: value) == nil ? .bigint : .integer)
    case .decimal(let text):
      guard let value = Double(text), value.isFinite else {
        throw QueryError("Invalid numeric literal: \(text)", at: expression.position)
      }
      return .constant(.real(value), .double)
    case .string(let text): return .constant(.text(text), .varchar)
    case .interval(let nanoseconds): return .constant(.integer(nanoseconds), .interval)
    case .timestamp(let text):
      guard let value = TimestreamType.nanoseconds(text) else {
        throw QueryError("'\(text)' is not a valid timestamp literal", at: expression.position)
      }
      return .constant(.integer(value), .timestamp)
    case .column(let qualifier, let name): return try column(qualifier, name, expression.position)
    case .unary(let symbol, let operand): return try unary(symbol, operand)
    case .binary(let symbol, let left, let right): return try binary(symbol, left, right, expression.position)
    case .chain(let symbol, let operands): return try chain(symbol, operands)
    case .between(let value, let low, let high, let isNegated):
      let sides = try comparable([value, low, high], "BETWEEN", expression.position)
      return negated(TypedExpression(node: .between(sides[0], sides[1], sides[2]), type: .boolean), isNegated)
    case .inList(let value, let options, let isNegated):
      let sides = try comparable([value] + options, "IN", expression.position)
      return negated(TypedExpression(node: .isIn(sides[0], Array(sides[1...])), type: .boolean), isNegated)
    case .like(let value, let pattern, let escape, let isNegated):
      let value = try text(value, "LIKE")
      let node = TypedExpression.Node.like(
        value, try text(pattern, "LIKE"),
        escape: try escape.map { escape throws(QueryError) in try text(escape, "ESCAPE") })
      return negated(TypedExpression(node: node, type: .boolean), isNegated)
    case .isNull(let operand, let isNegated):
      return negated(TypedExpression(node: .isNull(try self.expression(operand)), type: .boolean), isNegated)
    case .cases(let operand, let branches, let otherwise):
      return try cases(operand, branches, otherwise, expression.position)
    case .cast(let operand, let type, _): return try cast(operand, type, expression.position)
    case .countAll(let filter): return try aggregate("count", nil, false, filter, expression.position)
    case .call(let name, let arguments, let isDistinct, let filter):
      return try call(name, arguments, isDistinct, filter, expression.position)
    }
  }

  func negated(_ expression: TypedExpression, _ isNegated: Bool) -> TypedExpression {
    isNegated ? TypedExpression(node: .prefix("NOT", expression), type: .boolean) : expression
  }

  mutating func text(_ expression: Expression, _ place: String) throws(QueryError) -> TypedExpression {
    let typed = try self.expression(expression)
    guard [.varchar, .unknown].contains(typed.type) else {
      throw QueryError(
        "\(place) expression must evaluate to a varchar (actual: \(typed.type.message))", at: expression.position)
    }
    return typed
  }

  mutating func unary(_ symbol: String, _ operand: Expression) throws(QueryError) -> TypedExpression {
    if symbol == "NOT" {
      return TypedExpression(
        node: .prefix("NOT", try boolean(operand, "Value of logical NOT expression")), type: .boolean)
    }
    let typed = try expression(operand)
    guard typed.type.isNumeric || [.interval, .unknown].contains(typed.type) else {
      throw QueryError("Cannot negate \(typed.type.message)", at: operand.position)
    }
    return symbol == "-" ? TypedExpression(node: .prefix("-", typed), type: typed.type) : typed
  }

  mutating func binary(
    _ symbol: String, _ left: Expression, _ right: Expression, _ position: Position
  ) throws(QueryError) -> TypedExpression {
    switch symbol {
    case "=", "<>", "<", "<=", ">", ">=":
      let sides = try comparable([left, right], symbol, position)
      return TypedExpression(node: .infix(symbol, sides[0], sides[1]), type: .boolean)
    default: return try arithmetic(symbol, try expression(left), try expression(right), position)
    }
  }

  mutating func chain(_ symbol: String, _ operands: [Expression]) throws(QueryError) -> TypedExpression {
    var typed: [TypedExpression] = []
    for operand in operands {
      if symbol == "||" {
        let next = try expression(operand)
        guard [.varchar, .unknown].contains(next.type) else {
          throw Self.operatorError(symbol, typed.last ?? next, next, operand.position)
        }
        typed.append(next)
      } else {
        typed.append(try boolean(operand, "Logical expression term"))
      }
    }
    return TypedExpression(node: .chain(symbol, typed), type: symbol == "||" ? .varchar : .boolean)
  }

  func arithmetic(
    _ symbol: String, _ left: TypedExpression, _ right: TypedExpression, _ position: Position
  ) throws(QueryError) -> TypedExpression {
    if symbol == "/" || symbol == "%" {
      throw QueryError("the operator '\(symbol)' is not supported by the local cloud", at: position)
    }
    let type: TimestreamType? =
      switch (left.type, symbol, right.type) {
      case (.timestamp, "+", .interval), (.timestamp, "-", .interval), (.interval, "+", .timestamp): .timestamp
      case (.timestamp, "-", .timestamp): .interval
      case (.interval, "+", .interval), (.interval, "-", .interval): .interval
      case (.interval, "*", let type) where type.isNumeric && type != .double: .interval
      case (let type, "*", .interval) where type.isNumeric && type != .double: .interval
      case (let one, _, let other) where one.isNumeric && other.isNumeric: TimestreamType.common(one, other)
      case (.unknown, _, let type) where type.isNumeric: type
      case (let type, _, .unknown) where type.isNumeric: type
      default: nil
      }
    guard let type else { throw Self.operatorError(symbol, left, right, position) }
    return TypedExpression(node: .infix(symbol, left, right), type: type)
  }

  static func operatorError(
    _ symbol: String, _ left: TypedExpression, _ right: TypedExpression, _ position: Position
  ) -> QueryError {
    QueryError("'\(symbol)' cannot be applied to \(left.type.message), \(right.type.message)", at: position)
  }

  /// Sides that are compared, brought to one type; a text beside a timestamp is read as one.
  mutating func comparable(
    _ expressions: [Expression], _ symbol: String, _ position: Position
  ) throws(QueryError) -> [TypedExpression] {
    var sides: [TypedExpression] = []
    for expression in expressions { sides.append(try self.expression(expression)) }
    if sides.contains(where: { $0.type == .timestamp }) {
      for (index, side) in sides.enumerated() {
        guard case .constant(.text(let text)) = side.node else { continue }
        guard let value = TimestreamType.nanoseconds(text) else {
          throw QueryError("Value cannot be cast to timestamp: \(text)", at: expressions[index].position)
        }
        sides[index] = .constant(.integer(value), .timestamp)
      }
    }
    var type: TimestreamType? = .unknown
    for side in sides { type = type.flatMap { TimestreamType.common($0, side.type) } }
    guard type != nil else {
      throw QueryError(
        "'\(symbol)' cannot be applied to \(sides.map(\.type.message).joined(separator: ", "))", at: position)
    }
    return sides
  }

  mutating func cases(
    _ operand: Expression?, _ branches: [(when: Expression, then: Expression)], _ otherwise: Expression?,
    _ position: Position
  ) throws(QueryError) -> TypedExpression {
    var typed: [(when: TypedExpression, then: TypedExpression)] = []
    for branch in branches {
      let condition: TypedExpression
      if let operand {
        let sides = try comparable([operand, branch.when], "=", branch.when.position)
        condition = TypedExpression(node: .infix("=", sides[0], sides[1]), type: .boolean)
      } else {
        condition = try boolean(branch.when, "CASE WHEN clause")
      }
      typed.append((condition, try expression(branch.then)))
    }
    let last = try otherwise.map { expression throws(QueryError) in try self.expression(expression) }
    var type: TimestreamType? = last?.type ?? .unknown
    for branch in typed { type = type.flatMap { TimestreamType.common($0, branch.then.type) } }
    guard let type else { throw QueryError("All CASE results must be the same type", at: position) }
    return TypedExpression(node: .cases(typed, otherwise: last), type: type)
  }

  mutating func cast(_ operand: Expression, _ type: String, _ position: Position) throws(QueryError)
    -> TypedExpression
  {
    let typed = try expression(operand)
    guard let target = TimestreamType(rawValue: type == "int" ? "integer" : type), target != .unknown else {
      throw QueryError("Unknown type: \(type)", at: position)
    }
    switch (typed.type, target) {
    case (let same, let target) where same == target: return typed
    case (.unknown, _), (.integer, .bigint): return TypedExpression(node: typed.node, type: target)
    case (.integer, .double), (.bigint, .double):
      return TypedExpression(node: .template("CAST($0 AS REAL)", [typed]), type: .double)
    case (.integer, .varchar), (.bigint, .varchar):
      return TypedExpression(node: .template("CAST($0 AS TEXT)", [typed]), type: .varchar)
    case (.timestamp, .varchar): return TypedExpression(node: .template("ts_text($0)", [typed]), type: .varchar)
    case (.double, .varchar): return TypedExpression(node: .template("ts_double($0)", [typed]), type: .varchar)
    default:
      throw QueryError(
        "a cast from \(typed.type.message) to \(target.message) is not supported by the local cloud", at: position)
    }
  }

  mutating func aggregate(
    _ name: String, _ argument: Expression?, _ isDistinct: Bool, _ filter: Expression?, _ position: Position
  ) throws(QueryError) -> TypedExpression {
    guard !isInAggregate else {
      throw QueryError("Cannot nest aggregations inside aggregation '\(name)'", at: position)
    }
    isInAggregate = true
    defer { isInAggregate = false }
    let typed = try argument.map { expression throws(QueryError) in try self.expression(expression) }
    let condition = try filter.map { expression throws(QueryError) in try boolean(expression, "FILTER clause") }
    guard let type = typed.map({ Functions.aggregate(name, over: $0.type) }) ?? .bigint else {
      throw Self.signatureError(name, typed.map { [$0.type] } ?? [], position)
    }
    return TypedExpression(node: .aggregate(name, typed, isDistinct: isDistinct, filter: condition), type: type)
  }

  static func signatureError(_ name: String, _ types: [TimestreamType], _ position: Position) -> QueryError {
    QueryError(
      "Unexpected parameters (\(types.map(\.message).joined(separator: ", "))) for function \(name)", at: position)
  }

  mutating func call(
    _ name: String, _ arguments: [Expression], _ isDistinct: Bool, _ filter: Expression?, _ position: Position
  ) throws(QueryError) -> TypedExpression {
    if Functions.aggregates.contains(name) {
      guard arguments.count == 1 else {
        throw QueryError(
          "the function \(name) with \(arguments.count) arguments is not supported by the local cloud", at: position)
      }
      return try aggregate(name, arguments[0], isDistinct, filter, position)
    }
    var typed: [TypedExpression] = []
    for argument in arguments { typed.append(try expression(argument)) }
    let types = typed.map(\.type)
    switch (name, types) {
    case ("now", []), ("current_timestamp", []): return .constant(.integer(now), .timestamp)
    case ("ago", [.interval]): return TypedExpression(node: .template("(\(now) - $0)", typed), type: .timestamp)
    case ("coalesce", _) where typed.count >= 2:
      var type: TimestreamType? = .unknown
      for side in types { type = type.flatMap { TimestreamType.common($0, side) } }
      guard let type else { throw QueryError("All COALESCE operands must be the same type", at: position) }
      return TypedExpression(node: .template("coalesce($*)", typed), type: type)
    default: break
    }
    guard let signatures = Functions.scalars[name] else {
      if ["now", "ago", "coalesce"].contains(name) { throw Self.signatureError(name, types, position) }
      throw QueryError("Function '\(name)' not registered", at: position)
    }
    if name == "bin", typed.count == 2, case .constant(.integer(let length)) = typed[1].node, length <= 0 {
      throw QueryError("the second argument of bin must be a positive interval", at: position)
    }
    for signature in signatures where Self.matches(signature, types) {
      return TypedExpression(node: .template(signature.sql, typed), type: signature.result)
    }
    throw Self.signatureError(name, types, position)
  }

  static func matches(_ signature: Functions.Signature, _ types: [TimestreamType]) -> Bool {
    let count = signature.parameters.count
    guard types.count == count || signature.isVariadic && types.count > count else { return false }
    return types.enumerated().allSatisfy { index, type in
      let wanted = signature.parameters[min(index, count - 1)]
      return type == wanted || type == .unknown || type == .integer && wanted == .bigint
        || type.isNumeric && wanted == .double
    }
  }
}
