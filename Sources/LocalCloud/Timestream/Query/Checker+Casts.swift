/// Conversions with CAST and TRY_CAST.
extension Checker {
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
      var items: [TypedExpression] = []
      for index in members.indices {
        items.append(try cast(Self.field(typed, index, members[index].type), targets[index].type, isTry, position))
      }
      return .template("(CASE WHEN $0 IS NOT NULL THEN $1 END)", [typed, Self.list(items, target)], target)
    case (.array, .timeseries(let value)) where typed.type.element == .point(value):
      return TypedExpression(node: typed.node, type: target)
    default: return try castScalar(typed, target, isTry, position)
    }
  }

  private func castScalar(
    _ typed: TypedExpression, _ target: TimestreamType, _ isTry: Bool, _ position: Position
  ) throws(QueryError) -> TypedExpression {
    func failing(_ name: String) -> String { isTry || isTrying ? "ts_try_\(name)" : "ts_\(name)" }
    let sql: String? =
      switch (typed.type, target) {
      case (let same, let target) where same == target: "$0"
      case (.unknown, _), (.integer, .bigint): "$0"
      case (.integer, .double), (.bigint, .double), (.boolean, .double): "CAST($0 AS REAL)"
      case (.integer, .varchar), (.bigint, .varchar): "CAST($0 AS TEXT)"
      case (.timestamp, .varchar): "ts_text($0)"
      case (.double, .varchar): "ts_double($0)"
      case (.boolean, .varchar): "CASE $0 WHEN 0 THEN 'false' WHEN 1 THEN 'true' END"
      case (.date, .varchar): "ts_date_text($0)"
      case (.time, .varchar): "ts_time_text($0)"
      case (.interval, .varchar): "ts_interval_text($0)"
      case (.intervalMonths, .varchar): "ts_months_text($0)"
      case (.bigint, .integer), (.double, .integer), (.varchar, .integer): "\(failing("to_integer"))($0)"
      case (.double, .bigint), (.varchar, .bigint): "\(failing("to_bigint"))($0)"
      case (.varchar, .double): "\(failing("to_double"))($0)"
      case (.varchar, .boolean): "\(failing("to_boolean"))($0)"
      case (.boolean, .integer), (.boolean, .bigint): "$0"
      case (let type, .boolean) where type.isNumeric: "($0 <> 0)"
      case (.varchar, .timestamp): "\(failing("to_timestamp"))($0)"
      case (.varchar, .date): "\(failing("to_date"))($0)"
      case (.varchar, .time): "\(failing("to_time"))($0)"
      case (.timestamp, .date): "\(failing("day"))($0)"
      case (.timestamp, .time): "(($0 % 86400000000000 + 86400000000000) % 86400000000000)"
      case (.date, .timestamp): "($0 * 86400000000000)"
      default: nil
      }
    guard let sql else {
      throw QueryError("Cannot cast \(typed.type.message) to \(target.message)", at: position)
    }
    return sql == "$0" ? TypedExpression(node: typed.node, type: target) : .template(sql, [typed], target)
  }
}
