/// Resolves the names of the expressions of one SELECT and finds their types.
struct Checker {
  let queries: QueryChecker
  var scope: Scope
  var context: CheckContext { queries.context }
  /// True while an aggregate's argument is checked, where no other aggregate may stand.
  var isInAggregate = false
  /// Within `TRY`: what fails becomes null.
  var isTrying = false
  var grouping: [TypedExpression] = []
  var isGrouped = false

  init(_ queries: QueryChecker, _ scope: Scope) {
    self.queries = queries
    self.scope = scope
  }

  static func name(of expression: Expression) -> String? {
    if case .column(_, let name) = expression.kind { return name }
    return nil
  }

  /// The table of a column that stands by itself.
  func origin(of expression: Expression) -> TypedOutput.Origin? {
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
    grouping.append(try self.expression(key))
  }

  func checkGrouped(_ typed: TypedExpression, _ name: String, _ position: Position) throws(QueryError) {
    if case .column(_, isOuter: true) = typed.node { return }
    guard grouping.contains(where: { Self.same($0, typed) }) else {
      throw QueryError("'\(name)' must be an aggregate expression or appear in GROUP BY clause", at: position)
    }
  }

  /// - Parameter bound: the parameters of the lambdas around, which are no columns.
  mutating func checkGrouped(_ expression: Expression, bound: Set<String> = []) throws(QueryError) {
    switch expression.kind {
    case .lambda(let names, let body):
      return try checkGrouped(body, bound: bound.union(names.map { $0.lowercased() }))
    case .column(let qualifier, let name) where scope.isOutput(qualifier, name): return
    case .scalar, .exists, .inQuery, .quantified: try checkOuterColumns(of: expression)
    case .column(let qualifier, let name) where bound.contains((qualifier.first ?? name).lowercased()): return
    case _ where !bound.isEmpty && Self.mentions(bound, in: expression):
      for child in expression.children { try checkGrouped(child, bound: bound) }
      return
    case .null, .boolean, .integer, .decimal, .string, .interval, .intervalMonths, .timestamp, .date, .time, .parameter:
      return
    case .call(let call) where call.window == nil && Functions.isAggregate(call.name): return
    default: break
    }
    let typed = try self.expression(expression)
    if grouping.contains(where: { Self.same($0, typed) }) { return }
    if case .column(_, let name) = expression.kind { try checkGrouped(typed, name, expression.position) }
    for child in expression.children { try checkGrouped(child, bound: bound) }
  }

  /// A query within a grouped one may name the grouping keys alone.
  private mutating func checkOuterColumns(of expression: Expression) throws(QueryError) {
    let typed = try self.expression(expression)
    let keys = Set(grouping.map(Self.text))
    var wrong: Field?
    typed.forEach { part in
      guard case .column(let sql, isOuter: true) = part.node, !keys.contains(sql) else { return }
      if let field = scope.fields.first(where: { Self.text($0.expression) == sql }) { wrong = wrong ?? field }
    }
    if let wrong { try checkGrouped(wrong.expression, wrong.name, expression.position) }
  }

  private static func text(_ expression: TypedExpression) -> String {
    var compiler = Compiler()
    return compiler.text(expression)
  }

  static func isLambda(_ expression: Expression) -> Bool {
    if case .lambda = expression.kind { return true }
    return false
  }

  private static func mentions(_ names: Set<String>, in expression: Expression) -> Bool {
    if case .column(let qualifier, let name) = expression.kind, names.contains((qualifier.first ?? name).lowercased()) {
      return true
    }
    return expression.children.contains { mentions(names, in: $0) }
  }

  /// The same expression: the compiled text and the constants are the same.
  static func same(_ one: TypedExpression, _ other: TypedExpression) -> Bool {
    var (first, second) = (Compiler(), Compiler())
    return first.text(one) == second.text(other) && first.values == second.values
  }

  static func firstAggregate(in expression: Expression) -> (name: String, position: Position)? {
    if case .call(let call) = expression.kind, call.window == nil, Functions.isAggregate(call.name) {
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

  mutating func orderKey(_ expression: Expression, _ outputs: [TypedOutput]) throws(QueryError) -> TypedOrder.Key {
    if let ordinal = try QueryChecker.ordinal(expression, outputs.count, "ORDER BY") { return .output(ordinal) }
    // An output's name hides the table's column, as in the reference's ORDER BY time.
    if case .column(let qualifier, let name) = expression.kind, qualifier.isEmpty,
      let index = outputs.firstIndex(where: { $0.name.lowercased() == name.lowercased() })
    {
      return .output(index)
    }
    return .expression(try output(expression))
  }

  // MARK: Names

  func allFields(_ qualifier: [String], _ position: Position) throws(QueryError) -> [Field] {
    guard scope.hasRelation else {
      throw QueryError("SELECT * not allowed in queries without FROM clause", at: position)
    }
    let fields = scope.fields.filter { $0.answers(to: qualifier) }
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
      return .template("ts_widen($0, '\(widening.text)')", [self], target)
    }
  }
}
