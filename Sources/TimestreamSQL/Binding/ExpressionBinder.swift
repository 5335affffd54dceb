import CacheSupport
import SQLiteStore

/// Resolves the names of the expressions of one SELECT and finds their types.
struct ExpressionBinder {
  let queries: QueryBinder
  var scope: Scope
  var context: BindingContext { queries.context }
  /// True while an aggregate's argument is bound, where no other aggregate may stand.
  var isInAggregate = false
  /// Within `TRY`: what fails becomes null.
  var isTrying = false
  private(set) var grouping: [TypedExpression] = []
  private var groupingIndex = ExpressionIndex()
  var isGrouped = false

  init(_ queries: QueryBinder, _ scope: Scope) {
    self.queries = queries
    self.scope = scope
  }

  static func name(of expression: Expression) -> String? {
    if case .column(_, let name) = expression.kind { return name }
    return nil
  }

  /// The table of a column that stands by itself.
  func origin(of expression: Expression) -> QueryColumn.Origin? {
    guard case .column(let qualifier, let name) = expression.kind else { return nil }
    return (try? scope.field(qualifier, name, expression.position))?.field.origin
  }

  // MARK: Grouping

  /// An expression of the output: in a grouped query it may use grouping keys and aggregates alone.
  mutating func output(_ expression: Expression) throws(QueryError) -> TypedExpression {
    let typed = try self.expression(expression)
    if isGrouped { try checkGrouped(expression) }
    return typed
  }

  mutating func addGrouping(_ expression: Expression, _ items: [SelectItem]) throws(QueryError) {
    var key = expression
    if case .integer(let text) = expression.kind {
      guard let ordinal = Int(text), items.indices.contains(ordinal - 1) else {
        throw QueryError("GROUP BY position \(text) is not in select list", at: expression.position)
      }
      // A star's columns are not counted: only an ordinal before any of them is a plain expression.
      guard case .expression(let item, _) = items[ordinal - 1].kind else {
        throw QueryError("GROUP BY position \(text) is not in select list", at: expression.position)
      }
      key = item
    }
    try refuseAggregates(in: key, "GROUP BY clause")
    let typed = try self.expression(key)
    groupingIndex.insert(typed, at: grouping.count)
    grouping.append(typed)
  }

  func checkGrouped(_ typed: TypedExpression, _ name: String, _ position: Position) throws(QueryError) {
    if typed.isOuterColumn { return }
    guard groupingIndex.contains(typed) else {
      throw QueryError("'\(name)' must be an aggregate expression or appear in GROUP BY clause", at: position)
    }
  }

  /// - Parameter bound: the nodes that name parameters of the lambdas around, which are no columns.
  mutating func checkGrouped(
    _ expression: Expression, bound: Set<Int> = [], names: Set<ByteText> = []
  ) throws(QueryError) {
    switch expression.kind {
    case .lambda(let own, let body):
      let names = names.union(own.map(Field.fold))
      var bound: Set<Int> = []
      _ = Self.collect(names, in: body, &bound)
      return try checkGrouped(body, bound: bound, names: names)
    case .column(let qualifier, let name) where scope.isOutput(qualifier, name): return
    case .column where bound.contains(expression.number): return
    case .scalar, .exists, .inQuery, .quantified: try checkOuterColumns(of: expression)
    case _ where bound.contains(expression.number):
      for child in expression.children { try checkGrouped(child, bound: bound, names: names) }
      return
    case .null, .boolean, .integer, .decimal, .string, .interval, .intervalMonths, .timestamp, .date, .time, .parameter:
      return
    case .call(let call) where call.window == nil && FunctionTable.isAggregate(call.name): return
    default: break
    }
    let typed = try self.expression(expression)
    if groupingIndex.contains(typed) { return }
    if case .column(_, let name) = expression.kind { try checkGrouped(typed, name, expression.position) }
    for child in expression.children { try checkGrouped(child, bound: bound, names: names) }
  }

  /// A query within a grouped one may name the grouping keys alone.
  private mutating func checkOuterColumns(of expression: Expression) throws(QueryError) {
    let typed = try self.expression(expression)
    guard let wrong = try ungrouped(in: typed) else { return }
    try checkGrouped(wrong.expression, wrong.name, expression.position)
  }

  /// A column of this query that a query within names and that is no grouping key.
  private func ungrouped(in typed: TypedExpression) throws(QueryError) -> Field? {
    guard typed.traits.contains(.outerColumn) else { return nil }
    try context.budget.spend()
    if case .outer(let column) = typed.node {
      return groupingIndex.contains(column) ? nil : scope.field(of: column)
    }
    var parts: [TypedExpression] = []
    typed.node.forEachChild { parts.append($0) }
    typed.node.query?.forEachPart { parts.append($0) }
    for part in parts { if let found = try ungrouped(in: part) { return found } }
    return nil
  }

  static func isLambda(_ expression: Expression) -> Bool {
    if case .lambda = expression.kind { return true }
    return false
  }

  /// Collects the numbers of the nodes that name one of the names, or have one that does.
  private static func collect(_ names: Set<ByteText>, in expression: Expression, _ found: inout Set<Int>) -> Bool {
    var mentions = false
    if case .column(let qualifier, let name) = expression.kind {
      mentions = names.contains(Field.fold(qualifier.first ?? name))
    }
    for child in expression.children where collect(names, in: child, &found) { mentions = true }
    if mentions { found.insert(expression.number) }
    return mentions
  }

  static func firstAggregate(in expression: Expression) -> (name: String, position: Position)? {
    if case .call(let call) = expression.kind, call.window == nil, FunctionTable.isAggregate(call.name) {
      return (call.name, expression.position)
    }
    for child in expression.children { if let found = firstAggregate(in: child) { return found } }
    return nil
  }

  static func firstWindow(in expression: Expression) -> (name: String, position: Position)? {
    if case .call(let call) = expression.kind, call.window != nil { return (call.name, expression.position) }
    for child in expression.children { if let found = firstWindow(in: child) { return found } }
    return nil
  }

  func refuseAggregates(in expression: Expression, _ clause: String) throws(QueryError) {
    guard let found = Self.firstAggregate(in: expression) ?? Self.firstWindow(in: expression) else { return }
    throw QueryError(
      "\(clause) cannot contain aggregations, window functions or grouping operations: [\(found.name)]",
      at: found.position)
  }

  mutating func orderKey(_ expression: Expression, _ outputs: [QueryColumn]) throws(QueryError) -> TypedOrder.Key {
    if let ordinal = try QueryBinder.ordinal(expression, outputs.count, "ORDER BY") { return .output(ordinal) }
    // An output's name hides the table's column, as in the reference's ORDER BY time.
    if case .column(let qualifier, let name) = expression.kind, qualifier.isEmpty, let index = scope.output(name) {
      return .output(index)
    }
    return .expression(try output(expression))
  }

  // MARK: Names

  func allFields(_ qualifier: [String], _ position: Position) throws(QueryError) -> [Field] {
    guard scope.hasRelation else {
      throw QueryError("SELECT * not allowed in queries without FROM clause", at: position)
    }
    let relation = qualifier.map(Field.fold)
    let fields = scope.fields.filter { $0.answers(to: relation) }
    if fields.isEmpty, !qualifier.isEmpty, !scope.fields.isEmpty {
      throw QueryError("Unable to resolve reference \(qualifier.joined(separator: "."))", at: position)
    }
    guard !fields.isEmpty else {
      throw QueryError("SELECT * not allowed from relation that has no columns", at: position)
    }
    return fields
  }
}

extension TypedExpression {
  /// The same value as another type to which it coerces.
  func coerced(to target: TimestreamType) -> TypedExpression {
    switch (type, target) {
    case (_, _) where type == target: return self
    case (.integer, .double), (.bigint, .double):
      if case .constant(.integer(let value)) = node { return .constant(.real(Double(value)), .double) }
      return .template("CAST($0 AS REAL)", [self], .double)
    case (.date, .timestamp): return .template("($0 * 86400000000000)", [self], .timestamp)
    default:
      guard type.isList, let widening = ListWidening(from: type, to: target) else {
        return TypedExpression(node: node, type: target)
      }
      if case .constant(let value) = node { return .constant(widening.apply(value), target) }
      return .template("\(Lists.widen)($0, '\(text: widening.text)')", [self], target)
    }
  }
}
