import CacheSupport

/// Resolves the names of a query and finds the type of every expression, before anything runs.
struct QueryBinder {
  let context: BindingContext
  /// Common tables by name in lower case.
  var known: [ByteText: KnownTable] = [:]
  /// The scope around a query within an expression.
  var outer: Scope?

  func bind(_ query: QueryExpression) throws(QueryError) -> TypedQuery {
    var inner = self
    var with: [(number: Int, query: TypedQuery)] = []
    var names: Set<ByteText> = []
    // The tables around are copied to be added to.
    if !query.with.isEmpty { try context.budget.spend(known.count) }
    for table in query.with {
      let name = Field.fold(table.alias.name)
      guard names.insert(name).inserted else {
        throw QueryError("WITH query name '\(table.alias.name)' specified more than once", at: table.position)
      }
      let before = context.expansions
      var typed = try inner.bind(table.query)
      try Self.rename(&typed.outputs, table.alias, table.position)
      let number = context.number()
      with.append((number, typed))
      inner.known[name] = KnownTable(
        number: number, outputs: typed.outputs, weight: context.expansions - before + 1)
    }
    var typed = try inner.body(query.body, ordering: query.ordering, query.position)
    typed.with = with + typed.with
    for table in with { typed.traits.formUnion(table.query.traits) }
    typed.limit = query.limit
    try context.check(typed.outputs, query.position)
    return typed
  }

  static func rename(_ outputs: inout [QueryColumn], _ alias: Alias, _ position: Position) throws(QueryError) {
    guard !alias.columns.isEmpty else { return }
    guard alias.columns.count == outputs.count else {
      throw QueryError(
        "Column alias list has \(alias.columns.count) entries but '\(alias.name)' has \(outputs.count) columns available",
        at: position)
    }
    for (index, name) in alias.columns.enumerated() { outputs[index].name = name }
  }

  private func query(
    _ body: TypedBody, _ outputs: [QueryColumn], _ ordering: [TypedOrder] = [], traits: TypedTraits
  ) -> TypedQuery {
    TypedQuery(
      number: context.queryNumber(), with: [], body: body, outputs: outputs, ordering: ordering, limit: nil,
      traits: ordering.reduce(into: traits) { $0.formUnion($1.key.expression?.traits ?? []) })
  }

  // MARK: Bodies

  private func body(
    _ body: QueryBody, ordering: [Ordering], _ position: Position
  ) throws(QueryError) -> TypedQuery {
    switch body {
    case .select(let select): return try self.select(select, ordering: ordering)
    case .values(let rows, let position):
      return try ordered(try values(rows, position), by: ordering)
    case .set(let operation, let isDistinct, let left, let right, let position):
      let typed = try set(
        operation + (isDistinct ? "" : " ALL"), try self.body(left, ordering: [], position),
        try self.body(right, ordering: [], position), operation, position)
      return try ordered(typed, by: ordering)
    case .nested(let query): return try ordered(try bind(query), by: ordering)
    }
  }

  /// Orders what is no SELECT of its own: by its columns alone.
  private func ordered(_ query: TypedQuery, by ordering: [Ordering]) throws(QueryError) -> TypedQuery {
    guard !ordering.isEmpty || query.limit != nil || !query.ordering.isEmpty else { return query }
    let fields = query.outputs.enumerated().map { index, output in
      Field(
        name: output.name, expression: TypedExpression(node: .column("c\(index)", .query), type: output.type))
    }
    var binder = ExpressionBinder(self, Scope(fields: fields, parent: self.outer, hasRelation: true))
    var keys: [TypedOrder] = []
    for order in ordering {
      let key: TypedOrder.Key =
        if let ordinal = try Self.ordinal(order.expression, query.outputs.count, "ORDER BY") {
          .output(ordinal)
        } else { .expression(try binder.expression(order.expression)) }
      try Self.checkOrderable(key, query.outputs, order.expression.position)
      keys.append(.init(key: key, isAscending: order.isAscending, nullsFirst: order.nullsFirst ?? false))
    }
    return self.query(.nested(query), query.outputs, keys, traits: query.traits)
  }

  private static func checkOrderable(
    _ key: TypedOrder.Key, _ outputs: [QueryColumn], _ position: Position
  ) throws(QueryError) {
    let type =
      switch key {
      case .output(let index): outputs[index].type
      case .expression(let expression): expression.type
      }
    guard !type.isList else {
      throw QueryError(
        "Type \(type.message) is not orderable, and therefore cannot be used in ORDER BY", at: position)
    }
  }

  static func ordinal(_ expression: Expression, _ count: Int, _ clause: String) throws(QueryError) -> Int? {
    guard case .integer(let text) = expression.kind else { return nil }
    guard let ordinal = Int(text), (1...max(count, 1)).contains(ordinal), count > 0 else {
      throw QueryError("\(clause) position \(text) is not in select list", at: expression.position)
    }
    return ordinal - 1
  }

  private func values(_ rows: [[Expression]], _ position: Position) throws(QueryError) -> TypedQuery {
    var binder = ExpressionBinder(self, Scope(fields: [], parent: outer, hasRelation: false))
    var typed: [[TypedExpression]] = []
    for row in rows {
      var cells: [TypedExpression] = []
      for cell in row { cells.append(try binder.expression(cell)) }
      guard cells.count == typed.first?.count ?? cells.count else {
        throw QueryError(
          "Values rows have mismatched sizes: \(typed[0].count) vs \(cells.count)", at: row.first?.position ?? position)
      }
      typed.append(cells)
    }
    var outputs: [QueryColumn] = []
    for column in typed[0].indices {
      var type: TimestreamType? = .unknown
      for row in typed { type = type.flatMap { TimestreamType.common($0, row[column].type) } }
      guard let type else {
        throw QueryError("Values rows have mismatched types", at: position)
      }
      for row in typed.indices { typed[row][column] = typed[row][column].coerced(to: type) }
      outputs.append(.init(name: "_col\(column)", type: type))
    }
    let traits = typed.reduce(into: TypedTraits()) { traits, row in for cell in row { traits.formUnion(cell.traits) } }
    return query(.values(typed), outputs, traits: traits)
  }

  private func set(
    _ sql: String, _ left: TypedQuery, _ right: TypedQuery, _ operation: String, _ position: Position
  ) throws(QueryError) -> TypedQuery {
    guard left.outputs.count == right.outputs.count else {
      throw QueryError(
        "\(operation) query has different number of fields: \(left.outputs.count), \(right.outputs.count)", at: position
      )
    }
    var (left, right) = (left, right)
    var outputs = left.outputs
    for index in outputs.indices {
      let (one, other) = (left.outputs[index].type, right.outputs[index].type)
      guard let type = TimestreamType.common(one, other) else {
        throw QueryError(
          "column \(index + 1) in \(operation) query has incompatible types: \(one.message), \(other.message)",
          at: position)
      }
      outputs[index].type = type
      if type != one { left.widened[index] = type }
      if type != other { right.widened[index] = type }
    }
    return query(.set(sql, left, right), outputs, traits: left.traits.union(right.traits))
  }

  // MARK: SELECT

  private func select(_ select: Select, ordering: [Ordering]) throws(QueryError) -> TypedQuery {
    var from: TypedRelation?
    var fields: [Field] = []
    if let relation = select.from { (from, fields) = try self.relation(relation) }
    var binder = ExpressionBinder(self, Scope(fields: fields, parent: outer, hasRelation: select.from != nil))
    let condition = try select.condition.map { expression throws(QueryError) in
      try binder.refuseAggregates(in: expression, "WHERE clause")
      return try binder.boolean(expression, "WHERE clause")
    }
    binder.isGrouped =
      !select.grouping.isEmpty || select.having != nil
      || select.items.contains { item in
        if case .expression(let expression, _) = item.kind {
          return ExpressionBinder.firstAggregate(in: expression) != nil
        }
        return false
      } || ordering.contains { ExpressionBinder.firstAggregate(in: $0.expression) != nil }
    for expression in select.grouping { try binder.addGrouping(expression, select.items) }
    var outputs: [QueryColumn] = []
    var expressions: [TypedExpression] = []
    for item in select.items {
      switch item.kind {
      case .all(let qualifier):
        try context.budget.spend(fields.count)
        for field in try binder.allFields(qualifier, item.position) {
          if binder.isGrouped { try binder.checkGrouped(field.expression, field.name, item.position) }
          outputs.append(.init(name: field.name, type: field.expression.type, origin: field.origin))
          expressions.append(field.expression)
        }
      case .expression(let expression, let alias):
        let typed = try binder.output(expression)
        let name = alias ?? ExpressionBinder.name(of: expression) ?? "_col\(outputs.count)"
        outputs.append(
          .init(name: name, type: typed.type, origin: binder.origin(of: expression), isAliased: alias != nil))
        expressions.append(typed)
      }
    }
    let having = try select.having.map { expression throws(QueryError) in
      if let window = ExpressionBinder.firstWindow(in: expression) {
        throw QueryError("HAVING clause cannot contain window functions", at: window.position)
      }
      let typed = try binder.boolean(expression, "HAVING clause")
      try binder.checkGrouped(expression)
      return typed
    }
    var keys: [TypedOrder] = []
    binder.scope = Scope(
      binder.scope, outputs: zip(outputs, expressions).map { Field(name: $0.name, expression: $1) })
    let shown = ExpressionIndex(select.isDistinct ? expressions : [])
    for order in ordering {
      let key = try binder.orderKey(order.expression, outputs)
      try Self.checkOrderable(key, outputs, order.expression.position)
      keys.append(.init(key: key, isAscending: order.isAscending, nullsFirst: order.nullsFirst ?? false))
      if select.isDistinct, let typed = key.expression, !shown.contains(typed) {
        throw QueryError(
          "For SELECT DISTINCT, ORDER BY expressions must appear in select list", at: order.expression.position)
      }
    }
    let typed = TypedSelect(
      isDistinct: select.isDistinct, outputs: expressions, from: from, condition: condition,
      grouping: binder.grouping, having: having)
    var traits = from?.traits ?? []
    for expression in expressions + binder.grouping { traits.formUnion(expression.traits) }
    for expression in [condition, having] { traits.formUnion(expression?.traits ?? []) }
    return query(.select(typed), outputs, keys, traits: traits)
  }
}

/// A common table that has been bound.
struct KnownTable: Sendable {
  var number: Int
  var outputs: [QueryColumn]
  /// How many queries a use of it stands for.
  var weight: Int
}
