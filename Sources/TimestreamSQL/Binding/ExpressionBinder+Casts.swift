/// Conversions with CAST and TRY_CAST.
extension ExpressionBinder {
  mutating func cast(
    _ operand: Expression, _ target: TimestreamType, _ isTry: Bool, _ position: Position
  ) throws(QueryError) -> TypedExpression {
    try cast(try expression(operand), target, isTry, position)
  }

  func cast(
    _ typed: TypedExpression, _ target: TimestreamType, _ isTry: Bool, _ position: Position
  ) throws(QueryError) -> TypedExpression {
    switch (typed.type, target) {
    case (let type, .array(let element)) where type.element != nil:
      return try mapped(typed, to: target) { item throws(QueryError) in try cast(item, element, isTry, position) }
    case (.row(let members), .row(let targets)) where members.count == targets.count:
      return try once(typed) { row throws(QueryError) in
        var items: [TypedExpression] = []
        for index in members.indices {
          items.append(try cast(Self.field(row, index, members[index].type), targets[index].type, isTry, position))
        }
        return .template("(CASE WHEN $0 IS NOT NULL THEN $1 END)", [row, Self.list(items, target)], target)
      }
    case (.array, .timeseries(let value)) where typed.type.element == .point(value):
      return TypedExpression(node: typed.node, type: target)
    default: return try castScalar(typed, target, isTry, position)
    }
  }

  private func castScalar(
    _ typed: TypedExpression, _ target: TimestreamType, _ isTry: Bool, _ position: Position
  ) throws(QueryError) -> TypedExpression {
    guard let sql = Conversions.sql(from: typed.type, to: target) else {
      throw QueryError("Cannot cast \(typed.type.message) to \(target.message)", at: position)
    }
    return sql.isArgument
      ? TypedExpression(node: typed.node, type: target) : .template(sql, [typed], target, isTrying: isTry || isTrying)
  }
}
