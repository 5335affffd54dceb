/// Expressions, weakest binding first.
extension QueryParser {
  mutating func expression() throws(QueryError) -> Expression {
    try nested { parser throws(QueryError) in
      try parser.chain("OR", word: true) { parser throws(QueryError) in
        try parser.chain("AND", word: true) { parser throws(QueryError) in try parser.negation() }
      }
    }
  }

  /// Operands with the same operator between them.
  mutating func chain(
    _ symbol: String, word isWord: Bool, _ operand: (inout QueryParser) throws(QueryError) -> Expression
  ) throws(QueryError) -> Expression {
    let word = isWord ? symbol.lowercased() : ""
    let first = try operand(&self)
    var operands = [first]
    let position = current.position
    while isWord ? take(word: word) : take(symbol: symbol) { operands.append(try operand(&self)) }
    return try operands.count == 1 ? first : make(.chain(symbol, operands), position: position)
  }

  mutating func negation() throws(QueryError) -> Expression {
    let position = current.position
    var count = 0
    while take(word: "not") { count += 1 }
    let operand = try predicate()
    return try count % 2 == 1 ? make(.unary("NOT", operand), position: position) : operand
  }

  mutating func predicate() throws(QueryError) -> Expression {
    var left = try sum()
    while true {
      let position = current.position
      if case .symbol(let symbol) = current.kind, ["=", "<>", "!=", "<", "<=", ">", ">="].contains(symbol) {
        index += 1
        let symbol = symbol == "!=" ? "<>" : symbol
        if ["all", "any", "some"].contains(where: { isWord($0) }), following.kind == .symbol("(") {
          let isAll = isWord("all")
          index += 2
          guard startsQuery else { throw unexpected("a query") }
          let query = try queryExpression()
          try expect(symbol: ")")
          left = try make(.quantified(symbol, left, query, isAll: isAll), position: position)
          continue
        }
        left = try make(.binary(symbol, left, try sum()), position: position)
        continue
      }
      if take(word: "is") {
        let isNegated = take(word: "not")
        if take(word: "distinct") {
          try expect(word: "from")
          left = try make(.isDistinct(left, try sum(), isNegated: isNegated), position: position)
          continue
        }
        try expect(word: "null")
        left = try make(.isNull(left, isNegated: isNegated), position: position)
        continue
      }
      let isNegated = isWord("not") && ["between", "in", "like"].contains { isWord($0, following) }
      if isNegated { index += 1 }
      if take(word: "between") {
        let low = try sum()
        try expect(word: "and")
        left = try make(.between(left, low, try sum(), isNegated: isNegated), position: position)
      } else if take(word: "in") {
        try expect(symbol: "(")
        if startsQuery {
          let query = try queryExpression()
          try expect(symbol: ")")
          left = try make(.inQuery(left, query, isNegated: isNegated), position: position)
          continue
        }
        let options = try list { parser throws(QueryError) in try parser.expression() }
        try expect(symbol: ")")
        left = try make(.inList(left, options, isNegated: isNegated), position: position)
      } else if take(word: "like") {
        let pattern = try sum()
        let escape = take(word: "escape") ? try sum() : nil
        left = try make(.like(left, pattern, escape: escape, isNegated: isNegated), position: position)
      } else {
        return left
      }
    }
  }

  mutating func sum() throws(QueryError) -> Expression {
    try chain("||", word: false) { parser throws(QueryError) in try parser.addition() }
  }

  mutating func addition() throws(QueryError) -> Expression {
    var left = try product()
    while case .symbol(let symbol) = current.kind, ["+", "-"].contains(symbol) {
      let position = current.position
      index += 1
      left = try make(.binary(symbol, left, try product()), position: position)
    }
    return left
  }

  mutating func product() throws(QueryError) -> Expression {
    var left = try unary()
    while case .symbol(let symbol) = current.kind, ["*", "/", "%"].contains(symbol) {
      let position = current.position
      index += 1
      left = try make(.binary(symbol, left, try unary()), position: position)
    }
    return left
  }

  mutating func unary() throws(QueryError) -> Expression {
    let position = current.position
    var isNegative = false
    let first = index
    while case .symbol(let symbol) = current.kind, symbol == "-" || symbol == "+" {
      if symbol == "-" { isNegative.toggle() }
      index += 1
    }
    let isSigned = index > first
    let operand = try postfix()
    return try isSigned ? make(.unary(isNegative ? "-" : "+", operand), position: position) : operand
  }

  /// `list[1]`, `row.name`, one behind the other.
  mutating func postfix() throws(QueryError) -> Expression {
    var operand = try primary()
    while isSymbol("[") || isSymbol(".") {
      let position = current.position
      if take(symbol: "[") {
        operand = try make(.subscripted(operand, try expression()), position: position)
        try expect(symbol: "]")
      } else {
        index += 1
        operand = try make(.field(operand, try name("a field")), position: position)
      }
    }
    return operand
  }

  mutating func primary() throws(QueryError) -> Expression {
    let token = current
    switch token.kind {
    case .integer(let text):
      index += 1
      return try make(.integer(text), position: token.position)
    case .decimal(let text):
      index += 1
      return try make(.decimal(text), position: token.position)
    case .string(let text):
      index += 1
      return try make(.string(text), position: token.position)
    case .interval(let count, let unit):
      index += 1
      return try make(try Self.interval(count, unit, token.position), position: token.position)
    case .symbol("("):
      index += 1
      if isQueryInParentheses {
        let query = try queryExpression()
        try expect(symbol: ")")
        return try make(.scalar(query), position: token.position)
      }
      let inner = try expression()
      guard take(symbol: ",") else {
        try expect(symbol: ")")
        return inner
      }
      let rest = try list { parser throws(QueryError) in try parser.expression() }
      try expect(symbol: ")")
      return try make(.row([inner] + rest), position: token.position)
    case .symbol("@"):
      index += 1
      return try make(.parameter(try name("a name")), position: token.position)
    case .quoted: return try column()
    case .word: return try wordExpression(token.keyword)
    default: throw unexpected("an expression")
    }
  }

  mutating func wordExpression(_ word: String) throws(QueryError) -> Expression {
    let position = current.position
    switch word {
    case "null", "true", "false":
      index += 1
      return try make(word == "null" ? .null : .boolean(word == "true"), position: position)
    case "case": return try cases()
    case "cast", "try_cast": if following.kind == .symbol("(") { return try cast(isTry: word == "try_cast") }
    case "timestamp", "date", "time":
      if case .string(let text) = following.kind {
        index += 2
        return try make(
          word == "timestamp" ? .timestamp(text) : word == "date" ? .date(text) : .time(text), position: position)
      }
    case "double", "bigint", "integer", "boolean", "varchar":
      if case .string(let text) = following.kind, let type = TimestreamType(name: word) {
        index += 2
        return try make(
          .cast(try make(.string(text), position: position), type: type, isTry: false), position: position)
      }
    case "interval":
      if case .string = following.kind { return try quotedInterval() }
      if following.kind == .symbol("-") || following.kind == .symbol("+") { return try quotedInterval() }
    case "exists":
      if following.kind == .symbol("(") {
        index += 2
        let query = try queryExpression()
        try expect(symbol: ")")
        return try make(.exists(query), position: position)
      }
    case "extract": if following.kind == .symbol("(") { return try extract() }
    case "current_date", "current_time", "current_timestamp", "localtime", "localtimestamp":
      if following.kind != .symbol("(") {
        index += 1
        return try make(.call(.init(name: word, arguments: [])), position: position)
      }
    case "array" where following.kind == .symbol("["):
      index += 2
      let elements = isSymbol("]") ? [] : try list { parser throws(QueryError) in try parser.expression() }
      try expect(symbol: "]")
      return try make(.array(elements), position: position)
    case "row" where following.kind == .symbol("("):
      index += 2
      let elements = try list { parser throws(QueryError) in try parser.expression() }
      try expect(symbol: ")")
      return try make(.row(elements), position: position)
    default: break
    }
    if Self.reserved.contains(word) { throw unexpected("an expression") }
    return following.kind == .symbol("(") ? try call() : try column()
  }

  /// `name`, `table.name`, `database.table.name`, `measure_value::type`, each with quotes or without.
  mutating func column() throws(QueryError) -> Expression {
    let position = current.position
    var names = [try name("a column")]
    while names.count < 3, take(symbol: ".") { names.append(try name("a column")) }
    var column = names.removeLast()
    if take(symbol: "::") { column += "::" + (try name("a type")).lowercased() }
    return try make(.column(qualifier: names, name: column), position: position)
  }

  mutating func extract() throws(QueryError) -> Expression {
    let position = current.position
    index += 2
    let field = try name("a field").lowercased()
    try expect(word: "from")
    let operand = try expression()
    try expect(symbol: ")")
    return try make(.extract(field: field, operand), position: position)
  }

  mutating func cases() throws(QueryError) -> Expression {
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
    return try make(.cases(operand: operand, branches, otherwise: otherwise), position: position)
  }
}
