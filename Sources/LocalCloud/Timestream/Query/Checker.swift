/// Resolves the names of a query and finds the type of every expression, before anything runs.
struct Checker {
  let table: TimestreamStore.Table?
  let alias: String?
  /// Nanoseconds; one instant for the whole query.
  let now: Int64
  /// True while an aggregate's argument is checked, where no other aggregate may stand.
  var isInAggregate = false
  var grouping: [TypedExpression] = []
  var isGrouped = false

  init(table: TimestreamStore.Table?, alias: String?, now: Int64) {
    self.table = table
    self.alias = alias
    self.now = now
  }

  // MARK: SELECT

  mutating func check(_ select: Select) throws(QueryError) -> TypedSelect {
    let condition = try select.condition.map { expression throws(QueryError) in
      if let aggregate = Self.firstAggregate(in: expression) {
        throw QueryError(
          "WHERE clause cannot contain aggregations, window functions or grouping operations: [\(aggregate.name)]",
          at: aggregate.position)
      }
      return try boolean(expression, "WHERE clause")
    }
    isGrouped =
      !select.grouping.isEmpty
      || select.items.contains { item in
        if case .expression(let expression, _) = item.kind { return Self.firstAggregate(in: expression) != nil }
        return false
      }
    for expression in select.grouping { grouping.append(try groupingKey(expression, select.items)) }
    var outputs: [TypedSelect.Output] = []
    for item in select.items {
      switch item.kind {
      case .all(let qualifier):
        for column in try allColumns(qualifier, item.position) {
          if isGrouped { try checkGrouped(column.expression, column.name, item.position) }
          outputs.append(column)
        }
      case .expression(let expression, let alias):
        let typed = try output(expression)
        outputs.append(.init(name: alias ?? Self.name(of: expression) ?? "_col\(outputs.count)", expression: typed))
      }
    }
    var ordering: [TypedSelect.Order] = []
    for order in select.ordering {
      ordering.append(
        .init(
          key: try orderKey(order.expression, outputs, select.items), isAscending: order.isAscending,
          nullsFirst: order.nullsFirst ?? false))
      if select.isDistinct, case .expression(let key)? = ordering.last?.key,
        !outputs.contains(where: { Self.same($0.expression, key) })
      {
        throw QueryError(
          "For SELECT DISTINCT, ORDER BY expressions must appear in select list", at: order.expression.position)
      }
    }
    return TypedSelect(
      isDistinct: select.isDistinct, outputs: outputs, table: table, condition: condition, grouping: grouping,
      ordering: ordering, limit: select.limit)
  }

  static func name(of expression: Expression) -> String? {
    if case .column(_, let name) = expression.kind { return name }
    return nil
  }

  mutating func groupingKey(_ expression: Expression, _ items: [SelectItem]) throws(QueryError)
    -> TypedExpression
  {
    guard case .integer(let text) = expression.kind else { return try self.expression(expression) }
    guard let ordinal = Int(text), items.indices.contains(ordinal - 1),
      case .expression(let item, _) = items[ordinal - 1].kind
    else { throw QueryError("GROUP BY position \(text) is not in select list", at: expression.position) }
    return try self.expression(item)
  }

  mutating func orderKey(
    _ expression: Expression, _ outputs: [TypedSelect.Output], _ items: [SelectItem]
  ) throws(QueryError) -> TypedSelect.Order.Key {
    if case .integer(let text) = expression.kind {
      guard let ordinal = Int(text), outputs.indices.contains(ordinal - 1) else {
        throw QueryError("ORDER BY position \(text) is not in select list", at: expression.position)
      }
      return .output(ordinal - 1)
    }
    // An output's name hides the table's column, as in the reference's ORDER BY time.
    if case .column(nil, let name) = expression.kind, let index = outputs.firstIndex(where: { $0.name == name }) {
      return .output(index)
    }
    return .expression(try output(expression))
  }

  /// An expression of the output: in a grouped query it may use grouping keys and aggregates alone.
  mutating func output(_ expression: Expression) throws(QueryError) -> TypedExpression {
    let typed = try self.expression(expression)
    if isGrouped { try checkGrouped(expression) }
    return typed
  }

  func checkGrouped(_ typed: TypedExpression, _ name: String, _ position: Position) throws(QueryError) {
    guard grouping.contains(where: { Self.same($0, typed) }) else {
      throw QueryError("'\(name)' must be an aggregate expression or appear in GROUP BY clause", at: position)
    }
  }

  mutating func checkGrouped(_ expression: Expression) throws(QueryError) {
    let typed = try self.expression(expression)
    if grouping.contains(where: { Self.same($0, typed) }) { return }
    switch expression.kind {
    case .null, .boolean, .integer, .decimal, .string, .interval, .timestamp, .countAll: return
    case .column(_, let name): try checkGrouped(typed, name, expression.position)
    case .call(let name, _, _, _) where Functions.aggregates.contains(name): return
    default: for child in expression.children { try checkGrouped(child) }
    }
  }

  /// The same expression: the compiled text and the constants are the same.
  static func same(_ one: TypedExpression, _ other: TypedExpression) -> Bool {
    var (first, second) = (Compiler(), Compiler())
    return first.text(one) == second.text(other) && first.values == second.values
  }

  static func firstAggregate(in expression: Expression) -> (name: String, position: Position)? {
    switch expression.kind {
    case .countAll: return ("count", expression.position)
    case .call(let name, _, _, _) where Functions.aggregates.contains(name): return (name, expression.position)
    default:
      for child in expression.children { if let found = firstAggregate(in: child) { return found } }
      return nil
    }
  }

  // MARK: Names

  /// The columns of a table as `*` has them: dimensions, measure_name, time, then measures.
  static func columns(of table: TimestreamStore.Table) -> [TypedSelect.Output] {
    func column(_ column: TimestreamStore.Column) -> TypedSelect.Output {
      let side = column.kind == .dimension ? "s" : "r"
      return .init(
        name: column.name, expression: TypedExpression(node: .column("\(side).\(column.sql)"), type: column.type))
    }
    guard !table.columns.isEmpty else { return [] }
    return table.columns.filter { $0.kind == .dimension }.map(column)
      + [
        .init(name: "measure_name", expression: TypedExpression(node: .column("s.measure_name"), type: .varchar)),
        .init(name: "time", expression: TypedExpression(node: .column("r.time"), type: .timestamp)),
      ] + table.columns.filter { $0.kind != .dimension }.map(column)
  }

  func allColumns(_ qualifier: String?, _ position: Position) throws(QueryError) -> [TypedSelect.Output] {
    guard let table else { throw QueryError("SELECT * not allowed in queries without FROM clause", at: position) }
    if let qualifier, qualifier.lowercased() != (alias ?? table.name).lowercased() {
      throw QueryError("Unable to resolve reference \(qualifier)", at: position)
    }
    let columns = Self.columns(of: table)
    guard !columns.isEmpty else {
      throw QueryError("SELECT * not allowed from relation that has no columns", at: position)
    }
    return columns
  }

  func column(_ qualifier: String?, _ name: String, _ position: Position) throws(QueryError) -> TypedExpression {
    let full = qualifier.map { "\($0).\(name)" } ?? name
    let missing = QueryError("Column '\(full)' does not exist", at: position)
    guard let table else { throw missing }
    if let qualifier, qualifier.lowercased() != (alias ?? table.name).lowercased() { throw missing }
    // Names are told apart by case only where two differ in nothing else.
    let columns = Self.columns(of: table)
    if let exact = columns.first(where: { $0.name == name }) { return exact.expression }
    let folded = columns.filter { $0.name.lowercased() == name.lowercased() }
    guard folded.count <= 1 else { throw QueryError("Column '\(full)' is ambiguous", at: position) }
    guard let found = folded.first else { throw missing }
    return found.expression
  }
}

extension Expression {
  var children: [Expression] { kind.children }
}

extension Expression.Kind {
  /// The expressions of which it is made.
  var children: [Expression] {
    switch self {
    case .null, .boolean, .integer, .decimal, .string, .interval, .timestamp, .column: []
    case .unary(_, let operand), .isNull(let operand, _), .cast(let operand, _, _): [operand]
    case .binary(_, let left, let right): [left, right]
    case .chain(_, let operands): operands
    case .between(let value, let low, let high, _): [value, low, high]
    case .inList(let value, let options, _): [value] + options
    case .like(let value, let pattern, let escape, _): [value, pattern] + (escape.map { [$0] } ?? [])
    case .cases(let operand, let branches, let otherwise):
      (operand.map { [$0] } ?? []) + branches.flatMap { [$0.when, $0.then] } + (otherwise.map { [$0] } ?? [])
    case .call(_, let arguments, _, let filter): arguments + (filter.map { [$0] } ?? [])
    case .countAll(let filter): filter.map { [$0] } ?? []
    }
  }
}
