/// The parts of checked queries, for what looks through a whole one.
extension TypedExpression {
  /// Calls a body for this expression and all within, those of queries within, too.
  func forEach(_ body: (TypedExpression) -> Void) {
    body(self)
    for child in children { child.forEach(body) }
    switch node {
    case .scalar(let query), .exists(let query), .inQuery(_, let query), .quantified(_, _, _, let query, _, _):
      query.forEachExpression(body)
    default: break
    }
  }

  private var children: [TypedExpression] {
    switch node {
    case .constant, .column, .parameter, .scalar, .exists: []
    case .prefix(_, let operand), .isNull(let operand), .inQuery(let operand, _),
      .quantified(_, let operand, _, _, _, _):
      [operand]
    case .infix(_, let left, let right): [left, right]
    case .chain(_, let operands), .template(_, let operands), .steps(_, _, let operands): operands
    case .between(let value, let low, let high): [value, low, high]
    case .isIn(let value, let options): [value] + options
    case .like(let value, let pattern, let escape): [value, pattern] + (escape.map { [$0] } ?? [])
    case .cases(let branches, let otherwise):
      branches.flatMap { [$0.when, $0.then] } + (otherwise.map { [$0] } ?? [])
    case .aggregate(let aggregate): aggregate.children
    case .window(let aggregate, let window): aggregate.children + window.children
    }
  }
}

extension TypedExpression.Aggregate {
  fileprivate var children: [TypedExpression] { arguments + (filter.map { [$0] } ?? []) }
}

extension TypedWindow {
  fileprivate var children: [TypedExpression] {
    let offsets = [frame?.start, frame?.end].compactMap { bound -> TypedExpression? in
      if case .offset(let offset, _) = bound { return offset }
      return nil
    }
    return partition + ordering.compactMap(\.key.expression) + offsets
  }
}

extension TypedOrder.Key {
  fileprivate var expression: TypedExpression? {
    if case .expression(let expression) = self { expression } else { nil }
  }
}

extension TypedQuery {
  func forEachExpression(_ body: (TypedExpression) -> Void) {
    forEachSelect { select in
      for expression in select.outputs + select.grouping { expression.forEach(body) }
      select.condition?.forEach(body)
      select.having?.forEach(body)
      select.from?.forEachExpression(body)
    } values: { row in
      for expression in row { expression.forEach(body) }
    } ordering: { key in
      key.forEach(body)
    }
  }

  /// Calls a body for each SELECT of the query and of those within it, but for those that are values.
  func forEachSelect(
    _ select: (TypedSelect) -> Void, values: ([TypedExpression]) -> Void = { _ in },
    ordering: (TypedExpression) -> Void = { _ in }
  ) {
    for table in with { table.query.forEachSelect(select, values: values, ordering: ordering) }
    for order in self.ordering { if let key = order.key.expression { ordering(key) } }
    switch body {
    case .select(let found):
      select(found)
      found.from?.forEachQuery { $0.forEachSelect(select, values: values, ordering: ordering) }
    case .values(let rows): for row in rows { values(row) }
    case .set(_, let left, let right):
      left.forEachSelect(select, values: values, ordering: ordering)
      right.forEachSelect(select, values: values, ordering: ordering)
    case .nested(let query): query.forEachSelect(select, values: values, ordering: ordering)
    }
  }

  /// The tables that are read, each with the condition beside which it stands; those of queries that are values, too.
  var tables: [(table: TimestreamStore.Table, number: Int, condition: TypedExpression?)] {
    var tables: [(table: TimestreamStore.Table, number: Int, condition: TypedExpression?)] = []
    func take(_ select: TypedSelect) {
      select.from?.forEachTable { table, number in tables.append((table, number, select.condition)) }
    }
    forEachSelect(take)
    forEachExpression { expression in
      switch expression.node {
      case .scalar(let query), .exists(let query), .inQuery(_, let query), .quantified(_, _, _, let query, _, _):
        query.forEachSelect(take)
      default: break
      }
    }
    return tables
  }
}

extension TypedRelation {
  fileprivate func forEachQuery(_ body: (TypedQuery) -> Void) {
    switch self {
    case .query(let query, _): body(query)
    case .join(_, let left, let right, _):
      left.forEachQuery(body)
      right.forEachQuery(body)
    case .table, .common, .unnest: break
    }
  }

  fileprivate func forEachTable(_ body: (TimestreamStore.Table, Int) -> Void) {
    switch self {
    case .table(let table, let number, _): body(table, number)
    case .join(_, let left, let right, _):
      left.forEachTable(body)
      right.forEachTable(body)
    case .query, .common, .unnest: break
    }
  }

  /// The lists and the conditions of joins.
  fileprivate func forEachExpression(_ body: (TypedExpression) -> Void) {
    switch self {
    case .unnest(let list, _): list.forEach(body)
    case .join(_, let left, let right, let condition):
      left.forEachExpression(body)
      right.forEachExpression(body)
      condition?.forEach(body)
    case .table, .query, .common: break
    }
  }
}
