import CacheSupport

/// The parts of bound queries, for what looks through a whole one.
extension TypedExpression {
  /// Calls a body for this expression and all within, those of queries within, too.
  func forEach(_ body: (TypedExpression) -> Void) {
    body(self)
    node.forEachChild { $0.forEach(body) }
    node.query?.forEachExpression(body)
  }

  /// Whether a query within reads a common table.
  var usesCommonTable: Bool {
    var isFound = false
    forEach { expression in
      expression.node.query?.forEachSelect { select in if select.from?.hasCommonTable ?? false { isFound = true } }
    }
    return isFound
  }
}

extension TypedExpression.Node {
  /// The query within, where there is one.
  var query: TypedQuery? {
    switch self {
    case .scalar(let query), .exists(let query), .inQuery(_, let query), .quantified(_, _, _, let query, _, _): query
    default: nil
    }
  }

  /// The expressions of which it is made, but for those of a query within.
  func forEachChild(_ body: (TypedExpression) -> Void) {
    switch self {
    case .constant, .column, .parameter, .held, .scalar, .exists: return
    case .outer(let column): body(column)
    case .prefix(_, let operand), .isNull(let operand), .inQuery(let operand, _): body(operand)
    case .quantified(_, let value, let item, _, _, _), .infix(_, let value, let item), .shared(let value, _, let item):
      body(value)
      body(item)
    case .chain(_, let operands), .template(_, let operands, _), .steps(_, _, let operands, _): operands.forEach(body)
    case .between(let value, let low, let high):
      body(value)
      body(low)
      body(high)
    case .isIn(let value, let options):
      body(value)
      options.forEach(body)
    case .like(let value, let pattern, let escape):
      body(value)
      body(pattern)
      escape.map(body)
    case .cases(let branches, let otherwise):
      for branch in branches {
        body(branch.when)
        body(branch.then)
      }
      otherwise.map(body)
    case .aggregate(let aggregate): aggregate.forEachChild(body)
    case .window(let aggregate, let window):
      aggregate.forEachChild(body)
      window.forEachChild(body)
    }
  }
}

extension TypedExpression.Aggregate {
  fileprivate func forEachChild(_ body: (TypedExpression) -> Void) {
    arguments.forEach(body)
    filter.map(body)
  }
}

extension TypedWindow {
  fileprivate func forEachChild(_ body: (TypedExpression) -> Void) {
    partition.forEach(body)
    for order in ordering { order.key.expression.map(body) }
    for case .offset(let offset, _)? in [frame?.start, frame?.end] { body(offset) }
  }
}

extension TypedOrder.Key {
  var expression: TypedExpression? {
    if case .expression(let expression) = self { expression } else { nil }
  }
}

extension TypedQuery {
  /// Calls a body for each expression of the query and all within.
  func forEachExpression(_ body: (TypedExpression) -> Void) { forEachPart { $0.forEach(body) } }

  /// Calls a body for each expression of the query, of those in its FROM and WITH, but for what is within those expressions.
  func forEachPart(_ body: (TypedExpression) -> Void) {
    forEachSelect { select in
      for expression in select.outputs + select.grouping { body(expression) }
      select.condition.map(body)
      select.having.map(body)
      select.from?.forEachPart(body)
    } values: { row in
      row.forEach(body)
    } ordering: { key in
      body(key)
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
  var tables: [(table: QueryTable, number: Int, condition: TypedExpression?)] {
    var tables: [(table: QueryTable, number: Int, condition: TypedExpression?)] = []
    func take(_ select: TypedSelect) {
      select.from?.forEachTable { table, number in tables.append((table, number, select.condition)) }
    }
    forEachSelect(take)
    forEachExpression { $0.node.query?.forEachSelect(take) }
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

  fileprivate var hasCommonTable: Bool {
    switch self {
    case .common: true
    case .join(_, let left, let right, _): left.hasCommonTable || right.hasCommonTable
    case .table, .query, .unnest: false
    }
  }

  fileprivate func forEachTable(_ body: (QueryTable, Int) -> Void) {
    switch self {
    case .table(let table, let number): body(table, number)
    case .join(_, let left, let right, _):
      left.forEachTable(body)
      right.forEachTable(body)
    case .query, .common, .unnest: break
    }
  }

  /// The lists and the conditions of joins.
  fileprivate func forEachPart(_ body: (TypedExpression) -> Void) {
    switch self {
    case .unnest(let list, _): body(list)
    case .join(_, let left, let right, let condition):
      left.forEachPart(body)
      right.forEachPart(body)
      condition.map(body)
    case .table, .query, .common: break
    }
  }
}

extension TypedQuery {
  /// The types of parameters that have no value, as they follow from where they stand.
  func parameters(_ names: [String]) -> [QueryPlan.Parameter] {
    guard !names.isEmpty else { return [] }
    var types: [ByteText: TimestreamType] = [:]
    forEachExpression { expression in
      guard case .parameter(let name) = expression.node, types[ByteText(name)] ?? .unknown == .unknown else { return }
      types[ByteText(name)] = expression.type
    }
    return names.map { QueryPlan.Parameter(name: $0, type: types[ByteText($0)] ?? .unknown) }
  }
}
