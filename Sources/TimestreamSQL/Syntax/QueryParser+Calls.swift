/// Calls of functions, with FILTER and OVER.
extension QueryParser {
  mutating func call() throws(QueryError) -> Expression {
    let position = current.position
    var call = Expression.Call(name: try name("a function").lowercased(), arguments: [])
    try expect(symbol: "(")
    if call.name == "position" {
      // `position(part IN text)`
      let part = try sum()
      try expect(word: "in")
      call.name = "strpos"
      call.arguments = [try sum(), part]
    } else if call.name == "count", take(symbol: "*") {
      call.isStar = true
    } else {
      call.isDistinct = take(word: "distinct")
      if !isSymbol(")") {
        call.arguments = try list { parser throws(QueryError) in try parser.argument() }
        if take(word: "order") {
          try expect(word: "by")
          call.ordering = try list { parser throws(QueryError) in try parser.ordering() }
        }
      }
    }
    try expect(symbol: ")")
    call.filter = try filter()
    if isWord("ignore") || isWord("respect"), isWord("nulls", following) {
      call.ignoresNulls = isWord("ignore")
      index += 2
      guard isWord("over") else { throw unexpected("'OVER'") }
    }
    if take(word: "over") { call.window = try window() }
    return try make(.call(call), position: position)
  }

  /// An expression, or a lambda.
  private mutating func argument() throws(QueryError) -> Expression {
    let position = current.position
    guard let end = lambdaArrow else { return try expression() }
    var names: [String] = []
    let isList = take(symbol: "(")
    while index < end {
      if isSymbol(")") { break }
      names.append(try name("a name"))
      if isList, !take(symbol: ",") { break }
    }
    if isList { try expect(symbol: ")") }
    try expect(symbol: "->")
    guard Set(names.map(Field.fold)).count == names.count else {
      throw QueryError("Lambda arguments must have distinct names", at: position)
    }
    return try make(.lambda(names, try expression()), position: position)
  }

  /// Where the arrow of the lambda is that starts here; nil where none does.
  private var lambdaArrow: Int? {
    if following.kind == .symbol("->") { return index + 1 }
    guard isSymbol("("), behindClosing?.kind == .symbol("->") else { return nil }
    var place = index + 1
    while true {
      switch tokens[place].kind {
      case .word, .quoted, .symbol(","): place += 1
      case .symbol(")"): return place + 1
      default: return nil
      }
    }
  }

  mutating func window() throws(QueryError) -> Window {
    try expect(symbol: "(")
    var window = Window(partition: [], ordering: [])
    if take(word: "partition") {
      try expect(word: "by")
      window.partition = try list { parser throws(QueryError) in try parser.expression() }
    }
    if take(word: "order") {
      try expect(word: "by")
      window.ordering = try list { parser throws(QueryError) in try parser.ordering() }
    }
    for unit in ["rows", "range"] where take(word: unit) {
      var frame = Window.Frame(unit: unit.uppercased(), start: .unboundedPreceding, end: .currentRow)
      if take(word: "between") {
        frame.start = try bound()
        try expect(word: "and")
        frame.end = try bound()
      } else {
        frame.start = try bound()
      }
      window.frame = frame
    }
    try expect(symbol: ")")
    return window
  }

  private mutating func bound() throws(QueryError) -> Window.Bound {
    if take(word: "unbounded") {
      if take(word: "preceding") { return .unboundedPreceding }
      try expect(word: "following")
      return .unboundedFollowing
    }
    if take(word: "current") {
      try expect(word: "row")
      return .currentRow
    }
    let offset = try sum()
    if take(word: "preceding") { return .preceding(offset) }
    try expect(word: "following")
    return .following(offset)
  }

  mutating func filter() throws(QueryError) -> Expression? {
    guard isWord("filter"), following.kind == .symbol("(") else { return nil }
    index += 2
    try expect(word: "where")
    let condition = try expression()
    try expect(symbol: ")")
    return condition
  }
}
