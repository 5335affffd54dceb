/// Reads a query by recursive descent.
///
/// What the language has and this first cut has not (joins, subqueries, set operations, windows and more) is refused by
/// name, at its place.
struct QueryParser {
  let tokens: [Token]
  var index = 0
  var depth = 0

  /// Expressions nested deeper are refused rather than risked on the stack.
  static let maximumDepth: Int = Expression.maximumDepth

  init(_ text: String) throws(QueryError) { tokens = try Lexer.tokens(text) }

  static func parse(_ text: String) throws(QueryError) -> Query {
    var parser = try QueryParser(text)
    let query = try parser.query()
    _ = parser.take(symbol: ";")
    guard parser.current.kind == .end else { throw parser.unexpected() }
    return query
  }

  // MARK: Tokens

  var current: Token { tokens[index] }
  var following: Token { tokens[min(index + 1, tokens.count - 1)] }

  func isWord(_ word: String, _ token: Token? = nil) -> Bool {
    if case .word(let text) = (token ?? current).kind { return text.lowercased() == word }
    return false
  }

  mutating func take(word: String) -> Bool {
    guard isWord(word) else { return false }
    index += 1
    return true
  }

  mutating func take(symbol: String) -> Bool {
    guard current.kind == .symbol(symbol) else { return false }
    index += 1
    return true
  }

  mutating func expect(symbol: String) throws(QueryError) {
    if !take(symbol: symbol) { throw unexpected("'\(symbol)'") }
  }

  mutating func expect(word: String) throws(QueryError) {
    if !take(word: word) { throw unexpected("'\(word.uppercased())'") }
  }

  func unexpected(_ expected: String? = nil) -> QueryError {
    QueryError(
      "mismatched input '\(current.text)'." + (expected.map { " Expecting: \($0)" } ?? ""), at: current.position)
  }

  func unsupported(_ what: String) -> QueryError {
    QueryError("\(what) is not supported by the local cloud", at: current.position)
  }

  /// Words that end a name's place and are therefore no alias.
  static let reserved: Set<String> = [
    "select", "from", "where", "group", "having", "order", "limit", "offset", "union", "intersect", "except", "join",
    "inner",
    "left", "right", "full", "cross", "on", "using", "and", "or", "not", "as", "asc", "desc", "nulls", "by", "case",
    "when",
    "then", "else", "end", "between", "in", "like", "is", "null", "distinct", "with", "escape", "true", "false",
  ]

  mutating func name(_ expected: String) throws(QueryError) -> String {
    switch current.kind {
    case .quoted(let text):
      index += 1
      return text
    case .word(let text) where !Self.reserved.contains(text.lowercased()):
      index += 1
      return text
    default: throw unexpected(expected)
    }
  }

  // MARK: Queries

  mutating func query() throws(QueryError) -> Query {
    if isWord("with") { throw unsupported("WITH") }
    if isWord("unload") { throw unsupported("UNLOAD") }
    if isWord("values") { throw unsupported("VALUES") }
    if take(word: "show") { return try show() }
    if take(word: "describe") || take(word: "desc") { return .describe(try tableName(allowsAlias: false)) }
    let select = try select()
    for word in ["union", "intersect", "except"] where isWord(word) { throw unsupported(word.uppercased()) }
    return .select(select)
  }

  mutating func show() throws(QueryError) -> Query {
    if take(word: "databases") {
      if isWord("like") { throw unsupported("SHOW … LIKE") }
      return .showDatabases
    }
    if take(word: "tables") {
      if !take(word: "from") { try expect(word: "in") }
      let position = current.position
      let database = try name("a database")
      if isWord("like") { throw unsupported("SHOW … LIKE") }
      return .showTables(database: database, position)
    }
    throw unsupported("SHOW \(current.text.uppercased())")
  }

  mutating func select() throws(QueryError) -> Select {
    try expect(word: "select")
    let isDistinct = take(word: "distinct")
    if !isDistinct { _ = take(word: "all") }
    var items = [try selectItem()]
    while take(symbol: ",") { items.append(try selectItem()) }
    var select = Select(
      isDistinct: isDistinct, items: items, from: nil, condition: nil, grouping: [], ordering: [], limit: nil)
    if take(word: "from") {
      if current.kind == .symbol("(") { throw unsupported("a subquery in FROM") }
      if isWord("unnest") { throw unsupported("UNNEST") }
      select.from = try tableName(allowsAlias: true)
      if current.kind == .symbol(",") { throw unsupported("a join") }
      for word in ["join", "inner", "left", "right", "full", "cross"] where isWord(word) { throw unsupported("JOIN") }
    }
    if take(word: "where") { select.condition = try expression() }
    if take(word: "group") {
      try expect(word: "by")
      select.grouping = [try expression()]
      while take(symbol: ",") { select.grouping.append(try expression()) }
    }
    if isWord("having") { throw unsupported("HAVING") }
    if take(word: "order") {
      try expect(word: "by")
      select.ordering = [try ordering()]
      while take(symbol: ",") { select.ordering.append(try ordering()) }
    }
    if take(word: "limit"), !take(word: "all") {
      guard case .integer(let text) = current.kind, let count = Int64(text) else { throw unexpected("a number") }
      index += 1
      select.limit = count
    }
    if isWord("offset") { throw unsupported("OFFSET") }
    return select
  }

  mutating func selectItem() throws(QueryError) -> SelectItem {
    let position = current.position
    if take(symbol: "*") { return SelectItem(kind: .all(qualifier: nil), position: position) }
    if following.kind == .symbol("."), index + 2 < tokens.count, tokens[index + 2].kind == .symbol("*") {
      let qualifier = try name("a table")
      index += 2
      return SelectItem(kind: .all(qualifier: qualifier), position: position)
    }
    let expression = try expression()
    var alias: String?
    if take(word: "as") {
      alias = try name("an alias")
    } else if case .quoted = current.kind {
      alias = try name("an alias")
    } else if case .word(let word) = current.kind, !Self.reserved.contains(word.lowercased()) {
      alias = try name("an alias")
    }
    return SelectItem(kind: .expression(expression, alias: alias), position: position)
  }

  mutating func tableName(allowsAlias: Bool) throws(QueryError) -> TableName {
    let position = current.position
    var database: String?
    var table = try name("a table")
    if take(symbol: ".") {
      database = table
      table = try name("a table")
    }
    var alias: String?
    if allowsAlias {
      if take(word: "as") {
        alias = try name("an alias")
      } else if case .word(let word) = current.kind, !Self.reserved.contains(word.lowercased()) {
        alias = try name("an alias")
      } else if case .quoted = current.kind {
        alias = try name("an alias")
      }
    }
    return TableName(database: database, table: table, alias: alias, position: position)
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
