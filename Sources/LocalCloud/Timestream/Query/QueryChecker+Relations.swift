/// What stands in FROM.
extension QueryChecker {
  /// The relation for SQLite, and the columns that it brings into scope.
  ///
  /// - Parameter lateral: the columns on the left, which the lists of an UNNEST may name.
  func relation(_ relation: Relation, lateral: [Field] = []) throws(QueryError) -> (TypedRelation, [Field]) {
    switch relation {
    case .table(let name, let alias):
      if name.database == nil, let table = known[name.table.lowercased()] {
        let number = context.number()
        try context.expand(table.weight, name.position)
        return (
          .common(table.number, number),
          try fields(table.outputs, number, alias ?? Alias(name: name.table, columns: []), name.position)
        )
      }
      return try table(name, alias)
    case .query(let query, let alias, let position):
      let typed = try check(query)
      let number = context.number()
      return (.query(typed, number), try fields(typed.outputs, number, alias, position))
    case .unnest(let unnest): return try self.unnest(unnest, lateral)
    case .join(let join): return try self.join(join)
    }
  }

  /// A row for each item: its fields where it is a row or a point, else itself.
  private func unnest(_ unnest: Unnest, _ lateral: [Field]) throws(QueryError) -> (TypedRelation, [Field]) {
    var checker = Checker(self, Scope(fields: lateral, parent: outer, hasRelation: true))
    let number = context.number()
    var lists: [TypedExpression] = []
    for list in unnest.lists {
      try checker.refuseAggregates(in: list, "UNNEST")
      let typed = try checker.expression(list)
      guard typed.type.element != nil else {
        throw QueryError("Cannot unnest type: \(typed.type.message)", at: list.position)
      }
      lists.append(typed)
    }
    // Several lists are unnested as one list of rows.
    let list = lists.count == 1 ? lists[0] : .template("ts_zip($*)", lists, .unknown)
    var outputs: [TypedOutput] = []
    var expressions: [TypedExpression] = []
    for (place, typed) in lists.enumerated() {
      let element = typed.type.element ?? .unknown
      let whole = TypedExpression(node: .column("q\(number).item", isOuter: false), type: element)
      let item = lists.count == 1 ? whole : Checker.field(whole, place, element)
      guard case .row(let members) = element else {
        outputs.append(.init(name: "_col\(outputs.count)", type: element))
        expressions.append(item)
        continue
      }
      for (index, member) in members.enumerated() {
        outputs.append(.init(name: member.name ?? "_col\(outputs.count)", type: member.type))
        expressions.append(Checker.field(item, index, member.type))
      }
    }
    if unnest.hasOrdinality {
      outputs.append(.init(name: "_col\(outputs.count)", type: .bigint))
      expressions.append(TypedExpression(node: .column("q\(number).ordinal", isOuter: false), type: .bigint))
    }
    if let alias = unnest.alias { try Self.rename(&outputs, alias, unnest.position) }
    let fields = zip(outputs, expressions).map { output, expression in
      Field(name: output.name, relation: unnest.alias?.name, database: nil, expression: expression)
    }
    return (.unnest(list, number), fields)
  }

  private func fields(
    _ outputs: [TypedOutput], _ number: Int, _ alias: Alias?, _ position: Position
  ) throws(QueryError) -> [Field] {
    var outputs = outputs
    if let alias { try Self.rename(&outputs, alias, position) }
    return outputs.enumerated().map { index, output in
      Field(
        name: output.name, relation: alias?.name, database: nil,
        expression: TypedExpression(node: .column("q\(number).c\(index)", isOuter: false), type: output.type))
    }
  }

  private func table(_ name: TableName, _ alias: Alias?) throws(QueryError) -> (TypedRelation, [Field]) {
    let table = try context.find(name)
    let number = context.number()
    var outputs: [TypedOutput] = []
    var expressions: [TypedExpression] = []
    for column in Self.columns(of: table, number) {
      outputs.append(.init(name: column.name, type: column.expression.type))
      expressions.append(column.expression)
    }
    if let alias { try Self.rename(&outputs, alias, name.position) }
    let fields = zip(outputs, expressions).map { output, expression in
      Field(
        name: output.name, relation: alias?.name ?? table.name, database: alias == nil ? table.database : nil,
        expression: expression, origin: .init(database: table.database, table: table.name))
    }
    let since = TimestreamStore.oldest(
      Numbers.floor(context.now, 1_000_000), memoryHours: table.memoryHours, magneticDays: table.magneticDays)
    return (.table(table, number, since: since), fields)
  }

  /// The columns of a table as `*` has them: dimensions, measure_name, time, then measures. A table into which nothing was
  /// written has none.
  static func columns(
    of table: TimestreamStore.Table, _ number: Int
  ) -> [(name: String, expression: TypedExpression)] {
    func column(_ sql: String, _ type: TimestreamType) -> TypedExpression {
      TypedExpression(node: .column(sql, isOuter: false), type: type)
    }
    guard !table.columns.isEmpty else { return [] }
    let dimensions = table.columns.filter { $0.kind == .dimension }.map {
      ($0.name, column("s\(number).\($0.sql)", $0.type))
    }
    let measures = table.columns.filter { $0.kind != .dimension }.map {
      ($0.name, column("r\(number).\($0.sql)", $0.type))
    }
    return dimensions
      + [
        ("measure_name", column("s\(number).measure_name", .varchar)), ("time", column("r\(number).time", .timestamp)),
      ] + measures
  }

  private func join(_ join: Join) throws(QueryError) -> (TypedRelation, [Field]) {
    let (left, leftFields) = try relation(join.left)
    let (right, rightFields) = try relation(join.right, lateral: leftFields)
    if case .unnest = right, join.kind == .right || join.kind == .full {
      throw QueryError("\(join.kind.rawValue) JOIN involving UNNEST is not supported", at: join.position)
    }
    let fields = leftFields + rightFields
    var checker = Checker(self, Scope(fields: fields, parent: outer, hasRelation: true))
    switch join.criterion {
    case nil: return (.join(.cross, left, right, nil), fields)
    case .on(let expression):
      try checker.refuseAggregates(in: expression, "JOIN clause")
      let condition = try checker.boolean(expression, "JOIN ON clause")
      return (.join(join.kind, left, right, condition), fields)
    case .using(let names):
      var conditions: [TypedExpression] = []
      var merged: [Field] = []
      for name in names {
        func side(_ fields: [Field], _ word: String) throws(QueryError) -> TypedExpression {
          guard let field = fields.first(where: { $0.name.lowercased() == name.lowercased() }) else {
            throw QueryError("Column '\(name)' is missing from \(word) side of join", at: join.position)
          }
          return field.expression
        }
        let sides = try checker.compared(
          [try side(leftFields, "left"), try side(rightFields, "right")], "=", join.position)
        conditions.append(.comparison("=", sides[0], sides[1]))
        let value =
          switch join.kind {
          case .inner, .left, .cross: sides[0]
          case .right: sides[1]
          case .full: TypedExpression.template("coalesce($*)", sides, sides[0].type)
          }
        merged.append(Field(name: name, relation: nil, database: nil, expression: value))
      }
      let rest = fields.filter { field in !names.contains { $0.lowercased() == field.name.lowercased() } }
      let condition = TypedExpression(node: .chain("AND", conditions), type: .boolean)
      return (.join(join.kind, left, right, condition), merged + rest)
    }
  }
}
