/// CASE, and values that stand in several places.
extension ExpressionBinder {
  mutating func cases(
    _ operand: Expression?, _ branches: [(when: Expression, then: Expression)], _ otherwise: Expression?,
    _ position: Position
  ) throws(QueryError) -> TypedExpression {
    let value = try operand.map { operand throws(QueryError) in (try expression(operand), operand.position) }
    var typed: [(when: TypedExpression, then: TypedExpression)] = []
    for branch in branches {
      let condition =
        if operand == nil { try boolean(branch.when, "CASE WHEN clause") } else { try expression(branch.when) }
      typed.append((condition, try expression(branch.then)))
    }
    let last = try otherwise.map { expression throws(QueryError) in try self.expression(expression) }
    var type: TimestreamType? = last?.type ?? .unknown
    for branch in typed { type = type.flatMap { TimestreamType.common($0, branch.then.type) } }
    guard let type else { throw QueryError("All CASE results must be the same type", at: position) }
    func made(_ conditions: [TypedExpression]) -> TypedExpression {
      let cases = zip(conditions, typed).map { ($0, $1.then.coerced(to: type)) }
      return TypedExpression(node: .cases(cases, otherwise: last?.coerced(to: type)), type: type)
    }
    guard let (value, place) = value else { return made(typed.map(\.when)) }
    return try once(value) { value throws(QueryError) in
      var conditions: [TypedExpression] = []
      for (branch, typed) in zip(branches, typed) {
        let at = branch.when.position
        // It stands beside each WHEN.
        try context.budget.spend()
        let sides = try comparable([value, typed.when], [place, at], "=", at)
        conditions.append(.comparison("=", sides[0], sides[1]))
      }
      return made(conditions)
    }
  }

  /// What a body makes of a value that stands in several places: one that may be another each time is worked out once.
  func once(
    _ value: TypedExpression, _ body: (TypedExpression) throws(QueryError) -> TypedExpression
  ) throws(QueryError) -> TypedExpression {
    guard value.isVolatile else { return try body(value) }
    let number = context.number()
    let held = TypedExpression(node: .held(number, mayBeNaN: value.mayBeNaN), type: value.type)
    let made = try body(held)
    return TypedExpression(node: .shared(value, number, made), type: made.type)
  }
}

extension TypedExpression {
  /// The value as IN looks for it: a NaN is equal to nothing.
  var sought: TypedExpression {
    mayBeNaN ? .template("\(Evaluation.sought)($0)", [self], type) : self
  }

  /// Whether the value is among those of a query's one column, as a type that both have.
  func isIn(_ query: TypedQuery, _ type: TimestreamType) -> TypedExpression {
    var query = query
    if type != query.outputs[0].type { query.widened[0] = type }
    return TypedExpression(node: .inQuery(sought, query), type: .boolean)
  }
}
