/// Whole queries: common tables, set operations, SELECT.
extension QueryParser {
  mutating func queryExpression() throws(QueryError) -> QueryExpression {
    try nested { parser throws(QueryError) in
      try parser.measured { parser throws(QueryError) in try parser.wholeQuery() }
    }
  }

  private mutating func wholeQuery() throws(QueryError) -> QueryExpression {
    let position = current.position
    var with: [CommonTable] = []
    if take(word: "with") {
      if isWord("recursive") { throw unsupported("WITH RECURSIVE") }
      with = try list { parser throws(QueryError) in try parser.commonTable() }
    }
    let body = try union()
    var query = QueryExpression(
      with: with, body: body, ordering: [], limit: nil, position: position, number: number())
    if take(word: "order") {
      try expect(word: "by")
      query.ordering = try list { parser throws(QueryError) in try parser.ordering() }
    }
    if isWord("offset") { throw unsupported("OFFSET") }
    if take(word: "limit"), !take(word: "all") {
      guard case .integer(let text) = current.kind, let count = Int64(text) else { throw unexpected("a number") }
      index += 1
      query.limit = count
    }
    return query
  }

  mutating func commonTable() throws(QueryError) -> CommonTable {
    let position = current.position
    let name = try name("a name")
    var columns: [String] = []
    if take(symbol: "(") {
      columns = try list { parser throws(QueryError) in try parser.name("a column") }
      try expect(symbol: ")")
    }
    try expect(word: "as")
    try expect(symbol: "(")
    let query = try queryExpression()
    try expect(symbol: ")")
    return CommonTable(alias: Alias(name: name, columns: columns), query: query, position: position)
  }

  /// UNION and EXCEPT bind alike, INTERSECT tighter.
  mutating func union() throws(QueryError) -> QueryBody {
    let around = beginTree()
    defer { endTree(around) }
    var left = try intersection()
    var count = 0
    while isWord("union") || isWord("except") {
      try addLevel(&count)
      left = try setOperation(left) { parser throws(QueryError) in try parser.intersection() }
    }
    return left
  }

  mutating func intersection() throws(QueryError) -> QueryBody {
    let around = beginTree()
    defer { endTree(around) }
    var left = try queryTerm()
    var count = 0
    while isWord("intersect") {
      try addLevel(&count)
      left = try setOperation(left) { parser throws(QueryError) in try parser.queryTerm() }
    }
    return left
  }

  private mutating func setOperation(
    _ left: QueryBody, _ right: (inout QueryParser) throws(QueryError) -> QueryBody
  ) throws(QueryError) -> QueryBody {
    let position = current.position
    let operation = current.text.uppercased()
    index += 1
    let isAll = take(word: "all")
    if !isAll { _ = take(word: "distinct") }
    if isAll, operation != "UNION" { throw QueryError("\(operation) ALL not yet implemented", at: position) }
    return try nested { parser throws(QueryError) in
      .set(operation, isDistinct: !isAll, left, try right(&parser), position)
    }
  }

  mutating func queryTerm() throws(QueryError) -> QueryBody {
    let position = current.position
    if take(symbol: "(") {
      let query = try queryExpression()
      try expect(symbol: ")")
      return .nested(query)
    }
    if take(word: "values") {
      let rows = try list { parser throws(QueryError) in try parser.valuesRow() }
      return .values(rows, position)
    }
    return .select(try select())
  }

  private mutating func valuesRow() throws(QueryError) -> [Expression] {
    guard take(symbol: "(") else { return [try expression()] }
    let row = try list { parser throws(QueryError) in try parser.expression() }
    try expect(symbol: ")")
    return row
  }

  mutating func select() throws(QueryError) -> Select {
    let position = current.position
    try expect(word: "select")
    let isDistinct = take(word: "distinct")
    if !isDistinct { _ = take(word: "all") }
    let items = try list { parser throws(QueryError) in try parser.selectItem() }
    var select = Select(
      isDistinct: isDistinct, items: items, from: nil, condition: nil, grouping: [], having: nil, position: position)
    if take(word: "from") { select.from = try relations() }
    if take(word: "where") { select.condition = try expression() }
    if take(word: "group") {
      try expect(word: "by")
      for word in ["rollup", "cube", "grouping"] where isWord(word) {
        throw unsupported("GROUP BY \(word.uppercased())")
      }
      select.grouping = try list { parser throws(QueryError) in try parser.expression() }
    }
    if take(word: "having") { select.having = try expression() }
    return select
  }

  mutating func selectItem() throws(QueryError) -> SelectItem {
    let position = current.position
    if take(symbol: "*") { return SelectItem(kind: .all(qualifier: []), position: position) }
    if let qualifier = try qualifiedStar() { return SelectItem(kind: .all(qualifier: qualifier), position: position) }
    let expression = try expression()
    var alias: String?
    if take(word: "as") || canBeAlias { alias = try name("an alias") }
    return SelectItem(kind: .expression(expression, alias: alias), position: position)
  }

  /// `t.*` or `d.t.*`; nil where something else stands.
  private mutating func qualifiedStar() throws(QueryError) -> [String]? {
    var place = index
    var count = 0
    while place + 1 < tokens.count, count < 2 {
      switch tokens[place].kind {
      case .word, .quoted: break
      default: return nil
      }
      guard tokens[place + 1].kind == .symbol(".") else { return nil }
      place += 2
      count += 1
      if place < tokens.count, tokens[place].kind == .symbol("*") {
        var names: [String] = []
        for _ in 0..<count {
          names.append(try name("a table"))
          index += 1
        }
        index += 1
        return names
      }
    }
    return nil
  }

  var canBeAlias: Bool {
    switch current.kind {
    case .quoted: true
    case .word: !Self.reserved.contains(current.keyword)
    default: false
    }
  }

  mutating func ordering() throws(QueryError) -> Ordering {
    let expression = try expression()
    let isDescending = take(word: "desc")
    if !isDescending { _ = take(word: "asc") }
    var nullsFirst: Bool?
    if take(word: "nulls") {
      nullsFirst = take(word: "first")
      if nullsFirst == false { try expect(word: "last") }
    }
    return Ordering(expression: expression, isAscending: !isDescending, nullsFirst: nullsFirst)
  }
}
