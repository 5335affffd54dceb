/// Reads a query by recursive descent.
struct QueryParser {
  let tokens: [Token]
  var index = 0
  let budget: QueryBudget
  /// How deep queries and expressions are nested in each other here.
  private(set) var depth = 0
  /// How deep the deepest tree is that was made for the query that is read.
  private var deepest = 0
  private var lastNumber = 0

  /// For each opening parenthesis the place of the one that closes it; nil where none does.
  private let closing: [Int?]
  /// For each token the place of the first that is no opening parenthesis.
  private let behindParentheses: [Int]

  init(_ text: String, _ budget: QueryBudget) throws(QueryError) {
    self.budget = budget
    tokens = try Lexer.tokens(text, budget)
    var closing: [Int?] = Array(repeating: nil, count: tokens.count)
    var open: [Int] = []
    for (place, token) in tokens.enumerated() {
      if token.kind == .symbol("(") { open.append(place) }
      if token.kind == .symbol(")"), let start = open.popLast() { closing[start] = place }
    }
    self.closing = closing
    var behind = Array(tokens.indices)
    for place in tokens.indices.dropLast().reversed() where tokens[place].kind == .symbol("(") {
      behind[place] = behind[place + 1]
    }
    behindParentheses = behind
  }

  /// True where a query starts, here or behind parentheses.
  var startsQuery: Bool {
    let first = tokens[behindParentheses[index]]
    return ["select", "with", "values"].contains { isWord($0, first) }
  }

  /// What stands behind the parenthesis that closes the one here.
  var behindClosing: Token? { closing[index].map { tokens[min($0 + 1, tokens.count - 1)] } }

  /// True where what is in parentheses here is a query: it starts as one, and nothing follows its own parentheses but what may follow
  /// a query. `((SELECT 1) + 2)` is an expression, `((SELECT 1) a JOIN …)` a relation.
  var isQueryInParentheses: Bool {
    guard startsQuery else { return false }
    guard isSymbol("("), let next = behindClosing else { return true }
    return next.kind == .symbol(")")
      || ["union", "intersect", "except", "order", "limit"].contains { isWord($0, next) }
  }

  static func parse(_ text: String, _ budget: QueryBudget) throws(QueryError) -> Query {
    var parser = try QueryParser(text, budget)
    let query = try parser.statement()
    _ = parser.take(symbol: ";")
    guard parser.current.kind == .end else { throw parser.unexpected() }
    return query
  }

  // MARK: Tokens

  var current: Token { tokens[index] }
  var following: Token { tokens[min(index + 1, tokens.count - 1)] }

  func isWord(_ word: String, _ token: Token? = nil) -> Bool {
    (token ?? current).keyword == word
  }

  func isSymbol(_ symbol: String) -> Bool { current.kind == .symbol(symbol) }

  mutating func take(word: String) -> Bool {
    guard isWord(word) else { return false }
    index += 1
    return true
  }

  mutating func take(symbol: String) -> Bool {
    guard isSymbol(symbol) else { return false }
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

  /// One or more, with commas between.
  mutating func list<Element>(
    _ element: (inout QueryParser) throws(QueryError) -> Element
  ) throws(QueryError) -> [Element] {
    var elements = [try element(&self)]
    while take(symbol: ",") { elements.append(try element(&self)) }
    return elements
  }

  /// Counts how deep queries and expressions are nested in each other.
  mutating func nested<Value>(
    _ body: (inout QueryParser) throws(QueryError) -> Value
  ) throws(QueryError) -> Value {
    depth += 1
    defer { depth -= 1 }
    try check(depth, current.position)
    return try body(&self)
  }

  private func check(_ depth: Int, _ position: Position) throws(QueryError) {
    guard depth <= budget.limits.depth else {
      throw QueryError("the expression is nested deeper than \(budget.limits.depth)", at: position)
    }
  }

  /// Makes a node.
  ///
  /// - Throws: where the tree would be deeper than is safe to walk.
  mutating func make(_ kind: Expression.Kind, position: Position) throws(QueryError) -> Expression {
    try budget.spend()
    let expression = Expression(kind: kind, position: position, number: number())
    try check(expression.depth, position)
    deepest = max(deepest, expression.depth)
    return expression
  }

  mutating func number() -> Int {
    lastNumber += 1
    return lastNumber
  }

  /// Reads a query, whose depth is that of the deepest tree in it.
  mutating func measured(
    _ body: (inout QueryParser) throws(QueryError) -> QueryExpression
  ) throws(QueryError) -> QueryExpression {
    try budget.spend()
    let around = beginTree()
    var query = try body(&self)
    query.depth = deepest + 1
    try check(query.depth, query.position)
    deepest = query.depth
    endTree(around)
    return query
  }

  /// From here on the depth of another tree is measured.
  ///
  /// - Returns: what ``endTree(_:)`` takes.
  mutating func beginTree() -> Int {
    defer { deepest = 0 }
    return deepest
  }

  mutating func endTree(_ around: Int) { deepest = max(around, deepest) }

  /// Each set operation, each join is a level of its tree.
  mutating func addLevel(_ count: inout Int) throws(QueryError) {
    count += 1
    deepest += 1
    try check(count + depth, current.position)
  }

  /// Words that end a name's place and are therefore no alias.
  static let reserved: Set<String> = [
    "select", "from", "where", "group", "having", "order", "limit", "offset", "union", "intersect", "except", "join",
    "inner", "left", "right", "full", "cross", "natural", "on", "using", "and", "or", "not", "as", "asc", "desc",
    "nulls", "by", "case", "when", "then", "else", "end", "between", "in", "like", "is", "null", "distinct", "with",
    "escape", "true", "false", "values", "unnest", "exists", "cast", "extract", "over",
  ]

  mutating func name(_ expected: String) throws(QueryError) -> String {
    switch current.kind {
    case .quoted(let text):
      index += 1
      return text
    case .word(let text) where !Self.reserved.contains(current.keyword):
      index += 1
      return text
    default: throw unexpected(expected)
    }
  }

  // MARK: Statements

  mutating func statement() throws(QueryError) -> Query {
    if isWord("unload") { throw unsupported("UNLOAD") }
    if take(word: "show") { return try show() }
    if take(word: "describe") || take(word: "desc") { return .describe(try tableName()) }
    return .query(try queryExpression())
  }

  mutating func show() throws(QueryError) -> Query {
    if take(word: "databases") { return .showDatabases(like: try showLike()) }
    if take(word: "tables") {
      if !take(word: "from") { try expect(word: "in") }
      let position = current.position
      let database = try name("a database")
      return .showTables(database: database, like: try showLike(), position)
    }
    if take(word: "measures") {
      if !take(word: "from") { try expect(word: "in") }
      let table = try tableName()
      return .showMeasures(table, like: try showLike())
    }
    throw unexpected("'DATABASES', 'TABLES', 'MEASURES'")
  }

  mutating func showLike() throws(QueryError) -> String? {
    guard take(word: "like") else { return nil }
    guard case .string(let pattern) = current.kind else { throw unexpected("a text") }
    index += 1
    return pattern
  }
}
