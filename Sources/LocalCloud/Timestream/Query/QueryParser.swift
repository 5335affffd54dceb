/// Reads a query by recursive descent.
///
/// What the language has and this first cut has not (joins, subqueries, set operations, windows and more) is refused by
/// name, at its place.
struct QueryParser {
  private let tokens: [Token]
  private var index = 0
  private var depth = 0

  /// Expressions nested deeper are refused rather than risked on the stack.
  static let maximumDepth: Int = Expression.maximumDepth

  private init(_ text: String) throws(QueryError) { tokens = try Lexer.tokens(text) }

  static func parse(_ text: String) throws(QueryError) -> Query {
    var parser = try QueryParser(text)
    let query = try parser.query()
    _ = parser.take(symbol: ";")
    guard parser.current.kind == .end else { throw parser.unexpected() }
    return query
  }

  // MARK: Tokens

  private var current: Token { tokens[index] }
  private var following: Token { tokens[min(index + 1, tokens.count - 1)] }

  private func isWord(_ word: String, _ token: Token? = nil) -> Bool {
    if case .word(let text) = (token ?? current).kind { return text.lowercased() == word }
    return false
  }

  private mutating func take(word: String) -> Bool {
    guard isWord(word) else { return false }
    index += 1
    return true
  }

  private mutating func take(symbol: String) -> Bool {
    guard current.kind == .symbol(symbol) else { return false }
    index += 1
    return true
  }

  private mutating func expect(symbol: String) throws(QueryError) { if !take(symbol: symbol) { throw unexpected("'\(symbol)'") } }

  private mutating func expect(word: String) throws(QueryError) {
    if !take(word: word) { throw unexpected("'\(word.uppercased())'") }
  }

  private func unexpected(_ expected: String? = nil) -> QueryError {
    QueryError("mismatched input '\(current.text)'." + (expected.map { " Expecting: \($0)" } ?? ""), at: current.position)
  }

  private func unsupported(_ what: String) -> QueryError {
    QueryError("\(what) is not supported by the local cloud", at: current.position)
  }

  /// Words that end a name's place and are therefore no alias.
  private static let reserved: Set<String> = [
    "select", "from", "where", "group", "having", "order", "limit", "offset", "union", "intersect", "except", "join", "inner",
    "left", "right", "full", "cross", "on", "using", "and", "or", "not", "as", "asc", "desc", "nulls", "by", "case", "when",
    "then", "else", "end", "between", "in", "like", "is", "null", "distinct", "with", "escape", "true", "false",
  ]

  private mutating func name(_ expected: String) throws(QueryError) -> String {
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

  private mutating func query() throws(QueryError) -> Query {
    if isWord("with") { throw unsupported("WITH") }
    if isWord("unload") { throw unsupported("UNLOAD") }
    if isWord("values") { throw unsupported("VALUES") }
    if take(word: "show") { return try show() }
    if take(word: "describe") || take(word: "desc") { return .describe(try tableName(allowsAlias: false)) }
    let select = try select()
    for word in ["union", "intersect", "except"] where isWord(word) { throw unsupported(word.uppercased()) }
    return .select(select)
  }

  private mutating func show() throws(QueryError) -> Query {
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

  private mutating func select() throws(QueryError) -> Select {
    try expect(word: "select")
    let isDistinct = take(word: "distinct")
    if !isDistinct { _ = take(word: "all") }
    var items = [try selectItem()]
    while take(symbol: ",") { items.append(try selectItem()) }
    var select = Select(isDistinct: isDistinct, items: items, from: nil, condition: nil, grouping: [], ordering: [], limit: nil)
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

  private mutating func selectItem() throws(QueryError) -> SelectItem {
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

  private mutating func tableName(allowsAlias: Bool) throws(QueryError) -> TableName {
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

  private mutating func ordering() throws(QueryError) -> Ordering {
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

  // MARK: Expressions, weakest binding first

  private mutating func expression() throws(QueryError) -> Expression {
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.maximumDepth else {
      throw QueryError("the expression is nested deeper than \(Self.maximumDepth)", at: current.position)
    }
    return try chain("OR", word: true) { parser throws(QueryError) in
      try parser.chain("AND", word: true) { parser throws(QueryError) in try parser.negation() }
    }
  }

  /// Operands with the same operator between them.
  private mutating func chain(
    _ symbol: String, word isWord: Bool, _ operand: (inout QueryParser) throws(QueryError) -> Expression
  ) throws(QueryError) -> Expression {
    let first = try operand(&self)
    var operands = [first]
    let position = current.position
    while isWord ? take(word: symbol.lowercased()) : take(symbol: symbol) { operands.append(try operand(&self)) }
    return try operands.count == 1 ? first : Expression(kind: .chain(symbol, operands), position: position)
  }

  private mutating func negation() throws(QueryError) -> Expression {
    let position = current.position
    var count = 0
    while take(word: "not") { count += 1 }
    let operand = try predicate()
    return try count % 2 == 1 ? Expression(kind: .unary("NOT", operand), position: position) : operand
  }

  private mutating func predicate() throws(QueryError) -> Expression {
    var left = try sum()
    while true {
      let position = current.position
      if case .symbol(let symbol) = current.kind, ["=", "<>", "!=", "<", "<=", ">", ">="].contains(symbol) {
        index += 1
        left = try Expression(kind: .binary(symbol == "!=" ? "<>" : symbol, left, try sum()), position: position)
        continue
      }
      if take(word: "is") {
        let isNegated = take(word: "not")
        if isWord("distinct") { throw unsupported("IS DISTINCT FROM") }
        try expect(word: "null")
        left = try Expression(kind: .isNull(left, isNegated: isNegated), position: position)
        continue
      }
      let isNegated = isWord("not") && ["between", "in", "like"].contains { isWord($0, following) }
      if isNegated { index += 1 }
      if take(word: "between") {
        let low = try sum()
        try expect(word: "and")
        left = try Expression(kind: .between(left, low, try sum(), isNegated: isNegated), position: position)
      } else if take(word: "in") {
        try expect(symbol: "(")
        if isWord("select") { throw unsupported("a subquery") }
        var options = [try expression()]
        while take(symbol: ",") { options.append(try expression()) }
        try expect(symbol: ")")
        left = try Expression(kind: .inList(left, options, isNegated: isNegated), position: position)
      } else if take(word: "like") {
        let pattern = try sum()
        let escape = take(word: "escape") ? try sum() : nil
        left = try Expression(kind: .like(left, pattern, escape: escape, isNegated: isNegated), position: position)
      } else {
        return left
      }
    }
  }

  private mutating func sum() throws(QueryError) -> Expression {
    try chain("||", word: false) { parser throws(QueryError) in try parser.addition() }
  }

  private mutating func addition() throws(QueryError) -> Expression {
    var left = try product()
    while case .symbol(let symbol) = current.kind, ["+", "-"].contains(symbol) {
      let position = current.position
      index += 1
      left = try Expression(kind: .binary(symbol, left, try product()), position: position)
    }
    return left
  }

  private mutating func product() throws(QueryError) -> Expression {
    var left = try unary()
    while case .symbol(let symbol) = current.kind, ["*", "/", "%"].contains(symbol) {
      let position = current.position
      index += 1
      left = try Expression(kind: .binary(symbol, left, try unary()), position: position)
    }
    return left
  }

  private mutating func unary() throws(QueryError) -> Expression {
    let position = current.position
    var isNegative = false
    let first = index
    while case .symbol(let symbol) = current.kind, symbol == "-" || symbol == "+" {
      if symbol == "-" { isNegative.toggle() }
      index += 1
    }
    let isSigned = index > first
    let operand = try primary()
    return try isSigned ? Expression(kind: .unary(isNegative ? "-" : "+", operand), position: position) : operand
  }

  private mutating func primary() throws(QueryError) -> Expression {
    let token = current
    func literal(_ kind: Expression.Kind) throws(QueryError) -> Expression { try Expression(kind: kind, position: token.position) }
    switch token.kind {
    case .integer(let text):
      index += 1
      return try literal(.integer(text))
    case .decimal(let text):
      index += 1
      return try literal(.decimal(text))
    case .string(let text):
      index += 1
      return try literal(.string(text))
    case .interval(let count, let unit):
      index += 1
      return try literal(.interval(try Self.interval(count, unit, token.position)))
    case .symbol("("):
      index += 1
      if isWord("select") { throw unsupported("a subquery") }
      let inner = try expression()
      if current.kind == .symbol(",") { throw unsupported("a row of values") }
      try expect(symbol: ")")
      return inner
    case .symbol("@"): throw unsupported("a query parameter")
    case .quoted: return try column()
    case .word(let word): return try wordExpression(word.lowercased(), literal)
    default: throw unexpected("an expression")
    }
  }

  private mutating func wordExpression(
    _ word: String, _ literal: (Expression.Kind) throws(QueryError) -> Expression
  ) throws(QueryError) -> Expression {
    switch word {
    case "null", "true", "false":
      index += 1
      return try literal(word == "null" ? .null : .boolean(word == "true"))
    case "case": return try cases()
    case "cast", "try_cast": if following.kind == .symbol("(") { return try cast(isTry: word == "try_cast") }
    case "timestamp", "date", "time", "interval":
      if case .string(let text) = following.kind {
        guard word == "timestamp" else { throw unsupported("a literal of the type \(word.uppercased())") }
        index += 2
        return try literal(.timestamp(text))
      }
    case "exists", "array", "row":
      if [.symbol("("), .symbol("[")].contains(following.kind) { throw unsupported(word.uppercased()) }
    default: break
    }
    if Self.reserved.contains(word) { throw unexpected("an expression") }
    return following.kind == .symbol("(") ? try call() : try column()
  }

  /// `name`, `table.name`, `measure_value::type`, each with quotes or without.
  private mutating func column() throws(QueryError) -> Expression {
    let position = current.position
    var qualifier: String?
    var column = try name("a column")
    if take(symbol: ".") {
      qualifier = column
      column = try name("a column")
    }
    if take(symbol: "::") { column += "::" + (try name("a type")).lowercased() }
    return try Expression(kind: .column(qualifier: qualifier, name: column), position: position)
  }

  private mutating func call() throws(QueryError) -> Expression {
    let position = current.position
    let function = try name("a function").lowercased()
    try expect(symbol: "(")
    var kind: Expression.Kind
    if function == "count", current.kind == .symbol("*") {
      index += 1
      try expect(symbol: ")")
      kind = .countAll(filter: try filter())
    } else {
      let isDistinct = take(word: "distinct")
      var arguments: [Expression] = []
      if current.kind != .symbol(")") {
        arguments.append(try expression())
        if current.kind == .symbol("->") { throw unsupported("a lambda") }
        while take(symbol: ",") { arguments.append(try expression()) }
      }
      try expect(symbol: ")")
      kind = .call(name: function, arguments, isDistinct: isDistinct, filter: try filter())
    }
    if isWord("over") { throw unsupported("a window function") }
    return try Expression(kind: kind, position: position)
  }

  private mutating func filter() throws(QueryError) -> Expression? {
    guard isWord("filter"), following.kind == .symbol("(") else { return nil }
    index += 2
    try expect(word: "where")
    let condition = try expression()
    try expect(symbol: ")")
    return condition
  }

  private mutating func cases() throws(QueryError) -> Expression {
    let position = current.position
    index += 1
    let operand = isWord("when") ? nil : try expression()
    var branches: [(when: Expression, then: Expression)] = []
    while take(word: "when") {
      let condition = try expression()
      try expect(word: "then")
      branches.append((condition, try expression()))
    }
    guard !branches.isEmpty else { throw unexpected("'WHEN'") }
    let otherwise = take(word: "else") ? try expression() : nil
    try expect(word: "end")
    return try Expression(kind: .cases(operand: operand, branches, otherwise: otherwise), position: position)
  }

  private mutating func cast(isTry: Bool) throws(QueryError) -> Expression {
    let position = current.position
    index += 2
    let operand = try expression()
    try expect(word: "as")
    let type = try name("a type").lowercased()
    try expect(symbol: ")")
    return try Expression(kind: .cast(operand, type: type, isTry: isTry), position: position)
  }

  private static func interval(_ count: String, _ unit: String, _ position: Position) throws(QueryError) -> Int64 {
    let units: [String: Int64] = [
      "ns": 1, "nanosecond": 1, "us": 1000, "microsecond": 1000, "ms": 1_000_000, "millisecond": 1_000_000,
      "s": 1_000_000_000, "second": 1_000_000_000, "m": 60_000_000_000, "minute": 60_000_000_000,
      "h": 3_600_000_000_000, "hour": 3_600_000_000_000, "d": 86_400_000_000_000, "day": 86_400_000_000_000,
    ]
    if ["month", "year"].contains(unit) {
      throw QueryError("an interval of months or years is not supported by the local cloud", at: position)
    }
    guard let factor = units[unit], let value = Int64(count) else {
      throw QueryError("mismatched input '\(count)\(unit)'", at: position)
    }
    let (nanoseconds, overflows) = value.multipliedReportingOverflow(by: factor)
    guard !overflows else { throw QueryError("the interval \(count)\(unit) is too long", at: position) }
    return nanoseconds
  }
}
