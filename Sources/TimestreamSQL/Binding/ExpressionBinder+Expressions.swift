import SQLiteStore

/// The types of expressions.
extension ExpressionBinder {
  mutating func boolean(_ expression: Expression, _ place: String) throws(QueryError) -> TypedExpression {
    let typed = try self.expression(expression)
    guard [.boolean, .unknown].contains(typed.type) else {
      throw QueryError(
        "\(place) must evaluate to a boolean: actual type \(typed.type.message)", at: expression.position)
    }
    return typed
  }

  mutating func expression(_ expression: Expression) throws(QueryError) -> TypedExpression {
    try context.once(expression, in: scope, isTrying: isTrying) { () throws(QueryError) in try bind(expression) }
  }

  private mutating func bind(_ expression: Expression) throws(QueryError) -> TypedExpression {
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
    case .intervalMonths(let months): return .constant(.integer(months), .intervalMonths)
    case .date(let text):
      guard let days = TimestreamType.days(text) else {
        throw QueryError("'\(text)' is not a valid date literal", at: expression.position)
      }
      return .constant(.integer(days), .date)
    case .time(let text):
      guard let nanoseconds = TimestreamType.timeOfDay(text) else {
        throw QueryError("'\(text)' is not a valid time literal", at: expression.position)
      }
      return .constant(.integer(nanoseconds), .time)
    case .timestamp(let text):
      guard let value = TimestreamType.nanoseconds(text) else {
        throw QueryError("'\(text)' is not a valid timestamp literal", at: expression.position)
      }
      return .constant(.integer(value), .timestamp)
    case .column(let qualifier, let name): return try column(qualifier, name, expression.position)
    case .parameter(let name): return try context.parameter(name, expression.position)
    case .array(let elements): return try array(elements, expression.position)
    case .row(let elements):
      var items: [TypedExpression] = []
      for element in elements { items.append(try self.expression(element)) }
      return Self.list(items, .row(items.map { .init(name: nil, type: $0.type) }))
    case .subscripted(let list, let index): return try subscripted(list, index, expression.position)
    case .field(let row, let name): return try field(try self.expression(row), name, expression.position)
    case .lambda: throw QueryError("a lambda stands where no function takes one", at: expression.position)
    case .unary(let symbol, let operand): return try unary(symbol, operand)
    case .binary(let symbol, let left, let right): return try binary(symbol, left, right, expression.position)
    case .chain(let symbol, let operands): return try chain(symbol, operands)
    case .between(let value, let low, let high, let isNegated):
      let sides = try comparable([value, low, high], "BETWEEN", expression.position)
      guard sides.contains(where: \.mayBeNaN) else {
        return negated(TypedExpression(node: .between(sides[0], sides[1], sides[2]), type: .boolean), isNegated)
      }
      // A side that may be NaN is compared by a function, each bound for itself.
      let between = try once(sides[0]) { value throws(QueryError) in
        let bounds = [TypedExpression.comparison(">=", value, sides[1]), .comparison("<=", value, sides[2])]
        return TypedExpression(node: .chain("AND", bounds), type: .boolean)
      }
      return negated(between, isNegated)
    case .inList(let value, let options, let isNegated):
      let sides = try comparable([value] + options, "IN", expression.position)
      let found = TypedExpression(node: .isIn(sides[0].sought, Array(sides[1...])), type: .boolean)
      return negated(found, isNegated)
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
    case .isDistinct(let left, let right, let isNegated):
      let sides = try comparable([left, right], "IS DISTINCT FROM", expression.position)
      return TypedExpression(node: .infix(isNegated ? "IS" : "IS NOT", sides[0], sides[1]), type: .boolean)
    case .cast(let operand, let type, let isTry): return try cast(operand, type, isTry, expression.position)
    case .extract(let field, let operand):
      guard Dates.extractable.contains(field) else {
        throw QueryError("Invalid EXTRACT field: \(field)", at: expression.position)
      }
      return try call(.init(name: field, arguments: [operand]), expression.position)
    case .call(let call): return try self.call(call, expression.position)
    case .quantified(let symbol, let value, let query, let isAll):
      return try quantified(symbol, value, query, isAll, expression.position)
    case .exists(let query):
      return TypedExpression(node: .exists(try subquery(query)), type: .boolean)
    case .scalar(let query):
      let typed = try subquery(query)
      guard typed.outputs.count == 1 else {
        throw QueryError(
          "Multiple columns returned by subquery are not yet supported. Found \(typed.outputs.count)",
          at: expression.position)
      }
      return TypedExpression(node: .scalar(typed), type: typed.outputs[0].type)
    case .inQuery(let value, let query, let isNegated):
      let side = try self.expression(value)
      let typed = try subquery(query)
      guard typed.outputs.count == 1 else {
        throw QueryError(
          "Multiple columns returned by subquery are not yet supported. Found \(typed.outputs.count)",
          at: expression.position)
      }
      guard let type = TimestreamType.common(side.type, typed.outputs[0].type) else {
        throw QueryError(
          "value and result of subquery must be of the same type for IN expression: \(side.type.message) vs \(typed.outputs[0].type.message)",
          at: expression.position)
      }
      return negated(side.coerced(to: type).isIn(typed, type), isNegated)
    }
  }

  /// `value < ALL (SELECT …)`: true of no rows; null where a null leaves it open.
  private mutating func quantified(
    _ symbol: String, _ value: Expression, _ query: QueryExpression, _ isAll: Bool, _ position: Position
  ) throws(QueryError) -> TypedExpression {
    try quantified(symbol, try expression(value), try subquery(query), isAll, position)
  }

  private func quantified(
    _ symbol: String, _ value: TypedExpression, _ query: TypedQuery, _ isAll: Bool, _ position: Position
  ) throws(QueryError) -> TypedExpression {
    guard query.outputs.count == 1 else {
      throw QueryError(
        "Multiple columns returned by subquery are not yet supported. Found \(query.outputs.count)", at: position)
    }
    let name = "a\(context.number())"
    let column = TypedExpression(node: .column("\(name).c0", .outer), type: query.outputs[0].type)
    let sides = try compared([value, column], symbol, position)
    // With `= ANY` and `<> ALL` SQLite looks a value up.
    if symbol == (isAll ? "<>" : "="), let type = TimestreamType.common(value.type, column.type) {
      return negated(value.coerced(to: type).isIn(query, type), isAll)
    }
    return TypedExpression(
      node: .quantified(symbol, sides[0], sides[1], query, name, isAll: isAll), type: .boolean)
  }

  func subquery(_ query: QueryExpression) throws(QueryError) -> TypedQuery {
    try context.once(query, in: scope) { () throws(QueryError) in
      var inner = queries
      inner.outer = scope
      return try inner.bind(query)
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

  mutating func binary(
    _ symbol: String, _ left: Expression, _ right: Expression, _ position: Position
  ) throws(QueryError) -> TypedExpression {
    switch symbol {
    case "=", "<>", "<", "<=", ">", ">=":
      let sides = try comparable([left, right], symbol, position)
      return .comparison(symbol, sides[0], sides[1])
    default: return try arithmetic(symbol, try expression(left), try expression(right), position)
    }
  }

  mutating func chain(_ symbol: String, _ operands: [Expression]) throws(QueryError) -> TypedExpression {
    var typed: [TypedExpression] = []
    guard symbol == "||" else {
      for operand in operands { typed.append(try boolean(operand, "Logical expression term")) }
      return TypedExpression(node: .chain(symbol, typed), type: .boolean)
    }
    for operand in operands { typed.append(try expression(operand)) }
    if typed.contains(where: { $0.type.element != nil }) { return try joined(typed, operands[1].position) }
    for (index, operand) in typed.enumerated() where ![.varchar, .unknown].contains(operand.type) {
      throw Self.operatorError(symbol, typed[max(0, index - 1)], operand, operands[index].position)
    }
    return TypedExpression(node: .chain(symbol, typed), type: .varchar)
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
    return try comparable(sides, expressions.map(\.position), symbol, position)
  }

  /// - Parameter positions: of the sides.
  func comparable(
    _ typed: [TypedExpression], _ positions: [Position], _ symbol: String, _ position: Position
  ) throws(QueryError) -> [TypedExpression] {
    var sides = typed
    for type in [TimestreamType.timestamp, .date, .time] where sides.contains(where: { $0.type == type }) {
      for (index, side) in sides.enumerated() {
        guard case .constant(.text(let text)) = side.node else { continue }
        // A text that is no date alone may still be a time on one.
        let value =
          type == .timestamp
          ? TimestreamType.nanoseconds(text)
          : type == .date ? TimestreamType.days(text) : TimestreamType.timeOfDay(text)
        guard let value else {
          throw QueryError("Value cannot be cast to \(type.message): \(text)", at: positions[index])
        }
        sides[index] = .constant(.integer(value), type)
      }
    }
    return try compared(sides, symbol, position)
  }

  /// Brings sides to their common type.
  func compared(
    _ sides: [TypedExpression], _ symbol: String, _ position: Position
  ) throws(QueryError) -> [TypedExpression] {
    var type: TimestreamType? = .unknown
    for side in sides { type = type.flatMap { TimestreamType.common($0, side.type) } }
    guard let type else {
      throw QueryError(
        "'\(symbol)' cannot be applied to \(sides.map(\.type.message).joined(separator: ", "))", at: position)
    }
    guard !type.isList || ["=", "<>", "IN", "IS DISTINCT FROM"].contains(symbol) else {
      throw QueryError(
        "'\(symbol)' cannot be applied to \(sides.map(\.type.message).joined(separator: ", "))", at: position)
    }
    // SQLite compares whole numbers with others by value: only what differs in kind is changed.
    return sides.map { $0.type.isNumeric && (type == .integer || type == .bigint) ? $0 : $0.coerced(to: type) }
  }
}
