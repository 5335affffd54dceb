import CacheSupport

/// What stands in FROM.
extension QueryBinder {
  /// The relation for SQLite, and the columns that it brings into scope.
  ///
  /// - Parameter lateral: the columns on the left, which the lists of an UNNEST may name.
  func relation(_ relation: Relation, lateral: [Field] = []) throws(QueryError) -> (TypedRelation, [Field]) {
    switch relation {
    case .table(let name, let alias):
      if name.database == nil, let table = known[Field.fold(name.table)] {
        let number = context.number()
        try context.expand(table.weight, name.position)
        return (
          .common(table.number, number),
          try fields(table.outputs, number, alias ?? Alias(name: name.table, columns: []), name.position)
        )
      }
      return try table(name, alias)
    case .query(let query, let alias, let position):
      let typed = try bind(query)
      let number = context.number()
      return (.query(typed, number), try fields(typed.outputs, number, alias, position))
    case .unnest(let unnest): return try self.unnest(unnest, lateral)
    case .join(let join): return try self.join(join)
    }
  }

  /// A row for each item: its fields where it is a row or a point, else itself.
  private func unnest(_ unnest: Unnest, _ lateral: [Field]) throws(QueryError) -> (TypedRelation, [Field]) {
    var binder = ExpressionBinder(self, Scope(fields: lateral, parent: outer, hasRelation: true))
    let number = context.number()
    var lists: [TypedExpression] = []
    for list in unnest.lists {
      try binder.refuseAggregates(in: list, "UNNEST")
      let typed = try binder.expression(list)
      guard typed.type.element != nil else {
        throw QueryError("Cannot unnest type: \(typed.type.message)", at: list.position)
      }
      lists.append(typed)
    }
    // Several lists are unnested as one list of rows.
    let list = lists.count == 1 ? lists[0] : .template("\(Lists.zip)($*)", lists, .unknown)
    var outputs: [QueryColumn] = []
    var expressions: [TypedExpression] = []
    for (place, typed) in lists.enumerated() {
      let element = typed.type.element ?? .unknown
      let whole = TypedExpression(node: .column("q\(number).item", .query), type: element)
      let item = lists.count == 1 ? whole : ExpressionBinder.field(whole, place, element)
      guard case .row(let members) = element else {
        outputs.append(.init(name: "_col\(outputs.count)", type: element))
        expressions.append(item)
        continue
      }
      for (index, member) in members.enumerated() {
        outputs.append(.init(name: member.name ?? "_col\(outputs.count)", type: member.type))
        expressions.append(ExpressionBinder.field(item, index, member.type))
      }
    }
    if unnest.hasOrdinality {
      outputs.append(.init(name: "_col\(outputs.count)", type: .bigint))
      expressions.append(TypedExpression(node: .column("q\(number).ordinal", .query), type: .bigint))
    }
    if let alias = unnest.alias { try Self.rename(&outputs, alias, unnest.position) }
    let fields = zip(outputs, expressions).map { output, expression in
      Field(name: output.name, relation: unnest.alias?.name, database: nil, expression: expression)
    }
    return (.unnest(list, number), fields)
  }

  private func fields(
    _ outputs: [QueryColumn], _ number: Int, _ alias: Alias?, _ position: Position
  ) throws(QueryError) -> [Field] {
    var outputs = outputs
    if let alias { try Self.rename(&outputs, alias, position) }
    return outputs.enumerated().map { index, output in
      Field(
        name: output.name, relation: alias?.name, database: nil,
        expression: TypedExpression(node: .column("q\(number).c\(index)", .query), type: output.type))
    }
  }

  private func table(_ name: TableName, _ alias: Alias?) throws(QueryError) -> (TypedRelation, [Field]) {
    let table = try context.table(name)
    let number = context.number()
    var outputs: [QueryColumn] = []
    var expressions: [TypedExpression] = []
    for column in table.columns {
      outputs.append(.init(name: column.name, type: column.type))
      expressions.append(
        TypedExpression(node: .column(table.sql(column, number), .table), type: column.type))
    }
    if let alias { try Self.rename(&outputs, alias, name.position) }
    let fields = zip(outputs, expressions).map { output, expression in
      Field(
        name: output.name, relation: alias?.name ?? table.name, database: alias == nil ? table.database : nil,
        expression: expression, origin: .init(database: table.database, table: table.name))
    }
    return (.table(table, number), fields)
  }

  private func join(_ join: Join) throws(QueryError) -> (TypedRelation, [Field]) {
    var (left, fields) = try relation(join.left)
    let (right, rightFields) = try relation(join.right, lateral: fields)
    try context.budget.spend(rightFields.count)
    if case .unnest = right, join.kind == .right || join.kind == .full {
      throw QueryError("\(join.kind.rawValue) JOIN involving UNNEST is not supported", at: join.position)
    }
    let leftCount = fields.count
    fields += rightFields
    guard let criterion = join.criterion else { return (.join(.cross, left, right, nil), fields) }
    // The condition sees all of them.
    try context.budget.spend(fields.count)
    var binder = ExpressionBinder(self, Scope(fields: fields, parent: outer, hasRelation: true))
    switch criterion {
    case .on(let expression):
      try binder.refuseAggregates(in: expression, "JOIN clause")
      let condition = try binder.boolean(expression, "JOIN ON clause")
      return (.join(join.kind, left, right, condition), fields)
    case .using(let names):
      var conditions: [TypedExpression] = []
      var merged: [Field] = []
      let (leftNames, rightNames) = (Self.byName(fields[..<leftCount]), Self.byName(fields[leftCount...]))
      for name in names {
        func side(_ fields: [ByteText: Field], _ word: String) throws(QueryError) -> TypedExpression {
          guard let field = fields[Field.fold(name)] else {
            throw QueryError("Column '\(name)' is missing from \(word) side of join", at: join.position)
          }
          return field.expression
        }
        let sides = try binder.compared(
          [try side(leftNames, "left"), try side(rightNames, "right")], "=", join.position)
        conditions.append(.comparison("=", sides[0], sides[1]))
        let value =
          switch join.kind {
          case .inner, .left, .cross: sides[0]
          case .right: sides[1]
          case .full: TypedExpression.template("coalesce($*)", sides, sides[0].type)
          }
        merged.append(Field(name: name, relation: nil, database: nil, expression: value))
      }
      let joined = Set(names.map(Field.fold))
      let rest = fields.filter { !joined.contains($0.folded) }
      let condition = TypedExpression(node: .chain("AND", conditions), type: .boolean)
      return (.join(join.kind, left, right, condition), merged + rest)
    }
  }

  /// The first field of each name.
  private static func byName(_ fields: ArraySlice<Field>) -> [ByteText: Field] {
    Dictionary(fields.map { ($0.folded, $0) }) { first, _ in first }
  }
}
