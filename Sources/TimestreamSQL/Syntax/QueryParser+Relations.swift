/// What stands in FROM.
extension QueryParser {
  /// Relations with commas between are a cross join.
  mutating func relations() throws(QueryError) -> Relation {
    let around = beginTree()
    defer { endTree(around) }
    var left = try relation()
    var count = 0
    while isSymbol(",") {
      try addLevel(&count)
      let position = current.position
      index += 1
      left = .join(Join(kind: .cross, left: left, right: try relation(), criterion: nil, position: position))
    }
    return left
  }

  mutating func relation() throws(QueryError) -> Relation {
    let around = beginTree()
    defer { endTree(around) }
    var left = try primaryRelation()
    var count = 0
    while let kind = try joinKind() {
      try addLevel(&count)
      let position = current.position
      let right = try primaryRelation()
      var criterion: Join.Criterion?
      if kind != .cross {
        if take(word: "using") {
          try expect(symbol: "(")
          criterion = .using(try list { parser throws(QueryError) in try parser.name("a column") })
          try expect(symbol: ")")
        } else {
          try expect(word: "on")
          criterion = .on(try expression())
        }
      }
      left = .join(Join(kind: kind, left: left, right: right, criterion: criterion, position: position))
    }
    return left
  }

  private mutating func joinKind() throws(QueryError) -> Join.Kind? {
    if isWord("natural") { throw unsupported("NATURAL JOIN") }
    if take(word: "cross") {
      try expect(word: "join")
      return .cross
    }
    if take(word: "join") { return .inner }
    if take(word: "inner") {
      try expect(word: "join")
      return .inner
    }
    for (word, kind) in [("left", Join.Kind.left), ("right", .right), ("full", .full)] where take(word: word) {
      _ = take(word: "outer")
      try expect(word: "join")
      return kind
    }
    return nil
  }

  mutating func primaryRelation() throws(QueryError) -> Relation {
    let position = current.position
    if isWord("unnest"), following.kind == .symbol("(") { return .unnest(try unnest()) }
    if take(symbol: "(") {
      if isQueryInParentheses {
        let query = try queryExpression()
        try expect(symbol: ")")
        return .query(query, try alias(), position)
      }
      let inner = try nested { parser throws(QueryError) in try parser.relation() }
      try expect(symbol: ")")
      return inner
    }
    let table = try tableName()
    return .table(table, try alias())
  }

  /// `UNNEST(list, …) [WITH ORDINALITY] [alias]`
  private mutating func unnest() throws(QueryError) -> Unnest {
    let position = current.position
    index += 2
    let lists = try list { parser throws(QueryError) in try parser.expression() }
    try expect(symbol: ")")
    let hasOrdinality = isWord("with") && isWord("ordinality", following)
    if hasOrdinality { index += 2 }
    return Unnest(lists: lists, hasOrdinality: hasOrdinality, alias: try alias(), position: position)
  }

  mutating func tableName() throws(QueryError) -> TableName {
    let position = current.position
    let first = try name("a table")
    guard take(symbol: ".") else { return TableName(database: nil, table: first, position: position) }
    return TableName(database: first, table: try name("a table"), position: position)
  }

  mutating func alias() throws(QueryError) -> Alias? {
    guard take(word: "as") || canBeAlias else { return nil }
    let name = try name("an alias")
    var columns: [String] = []
    if take(symbol: "(") {
      columns = try list { parser throws(QueryError) in try parser.name("a column") }
      try expect(symbol: ")")
    }
    return Alias(name: name, columns: columns)
  }
}
