import SQLiteStore

/// Expressions, as values and as conditions.
extension Compiler {
  mutating func write(_ expression: TypedExpression) throws(QueryError) {
    try spend()
    switch expression.node {
    case .constant(let value): try write(value: value)
    case .column(let name, _): try write(name)
    case .outer(let column): try write(column)
    case .prefix(let symbol, let operand): try write("(\(symbol) ", operand, ")")
    case .infix(let symbol, let left, let right) where symbol == "+" || symbol == "-":
      try sum(symbol, left, right)
    case .infix(let symbol, let left, let right): try write("(", left, " \(symbol) ", right, ")")
    case .chain(let symbol, let operands): try chain(symbol, operands)
    case .steps(let native, let symbols, let operands, let isTrying):
      try write("\(native.sql(isTrying: isTrying))('\(symbols)', ")
      try list(operands)
      try write(")")
    case .between(let value, let low, let high):
      try write("(", value, " BETWEEN ", low, " AND ")
      try write(high)
      try write(")")
    case .isIn(let value, let options): try isIn(value, options)
    case .like(let value, let pattern, let escape):
      try write("(", value, " LIKE ", pattern, "")
      if let escape { try write(" ESCAPE ", escape, "") }
      try write(")")
    case .isNull(let operand): try write("(", operand, " IS NULL)")
    case .cases(let branches, let otherwise):
      try write("CASE")
      for branch in branches {
        try write(" WHEN ")
        try write(condition: branch.when)
        try write(" THEN ", branch.then, "")
      }
      if let otherwise { try write(" ELSE ", otherwise, "") }
      try write(" END")
    case .template(let template, let arguments, let isTrying):
      try fill(template.sql(isTrying: isTrying), arguments)
    case .shared(let value, let number, let body):
      try sharing(value, as: number) { compiler throws(QueryError) in try compiler.write(body) }
    case .held(let number, _): try write(held: number)
    case .aggregate(let aggregate): try write(aggregate)
    case .window(let aggregate, let window):
      try write(aggregate)
      try write(" OVER (")
      try write(window)
      try write(")")
    // More than one row is an error, as the service has it.
    case .scalar(let query):
      let single = Operators.single.sql(isTrying: false)
      try write(
        "(SELECT coalesce(\(single)(count(*)), max(c0)) FROM (SELECT c0 FROM (", query, ") LIMIT 2))")
    case .exists(let query): try write("(EXISTS (", query, "))")
    case .inQuery(let value, let query):
      try write("(", value, " IN (")
      try write("", query, "))")
    // The value stays outside, for it may be an aggregate of this query.
    case .quantified(let symbol, let value, let item, let query, let name, let isAll):
      let (quantified, collect) = (Operators.quantified.sql(isTrying: false), "ts_\(ListAggregates.collect.name)")
      try write("\(quantified)('\(symbol)', \(isAll ? 1 : 0), ", value, ", coalesce((SELECT \(collect)(1, ")
      try write("", item, ", 1) FROM (")
      try write("", query, ") \(name)), x''))")
    // It is asked for its columns alone.
    case .parameter: try write("NULL")
    }
  }

  private mutating func write(_ before: String, _ part: TypedExpression, _ after: String) throws(QueryError) {
    try write(before)
    try write(part)
    try write(after)
  }

  private mutating func write(
    _ before: String, _ left: TypedExpression, _ between: String, _ right: TypedExpression, _ after: String
  ) throws(QueryError) {
    try write(before, left, between)
    try write(right)
    try write(after)
  }

  private mutating func write(_ before: String, _ query: TypedQuery, _ after: String) throws(QueryError) {
    try write(before)
    try write(query)
    try write(after)
  }

  /// How many constants are bound as one list.
  private static let longList = 100

  private mutating func isIn(_ value: TypedExpression, _ options: [TypedExpression]) throws(QueryError) {
    try write("(", value, " IN (")
    let constants = options.count < Self.longList ? [] : options.compactMap(\.constant)
    if !constants.isEmpty, constants.count == options.count {
      try write("SELECT item FROM ts_each(")
      try write(value: .list(constants))
      try write(") WHERE ordinal > 0")
    } else {
      try list(options)
    }
    try write("))")
  }

  /// `x = 1 OR x = 2 OR …` of many constants is `x IN (1, 2, …)`.
  private func alternatives(_ operands: [TypedExpression]) -> TypedExpression? {
    guard operands.count >= Self.longList, case .infix("=", let first, _) = operands[0].node else { return nil }
    var options: [TypedExpression] = []
    for operand in operands {
      guard case .infix("=", let tested, let option) = operand.node, option.constant != nil, tested.isSame(as: first)
      else { return nil }
      options.append(option)
    }
    return TypedExpression(node: .isIn(first, options), type: .boolean)
  }

  /// A sum within a sum needs no parentheses on its left.
  private mutating func sum(
    _ symbol: String, _ left: TypedExpression, _ right: TypedExpression
  ) throws(QueryError) {
    var terms = [(symbol, right)]
    var first = left
    while case .infix(let symbol, let left, let right) = first.node, symbol == "+" || symbol == "-" {
      try spend()
      terms.append((symbol, right))
      first = left
    }
    try write("(")
    try write(first)
    for (symbol, term) in terms.reversed() { try write(" \(symbol) ", term, "") }
    try write(")")
  }

  /// A condition where SQLite jumps by it: there it stops by itself at the first operand that settles the matter, and seeks with indexes.
  mutating func write(condition expression: TypedExpression) throws(QueryError) {
    switch expression.node {
    case .chain("OR", let operands) where alternatives(operands) != nil: try write(expression)
    case .chain(let symbol, let operands):
      try spend()
      try balanced(operands.indices, symbol) { compiler, place throws(QueryError) in
        try compiler.write(condition: operands[place])
      }
    case .prefix("NOT", let operand):
      try write("(NOT ")
      try write(condition: operand)
      try write(")")
    default: try write(expression)
    }
  }

  /// AND and OR as a value: SQLite would work out all operands, and one after another may fail where that one settles the matter.
  private mutating func chain(_ symbol: String, _ operands: [TypedExpression]) throws(QueryError) {
    if symbol == "OR", let alternatives = alternatives(operands) { return try write(alternatives) }
    guard symbol != "||", operands.dropFirst().contains(where: { $0.traits.contains(.mayFail) }) else {
      return try balanced(operands.indices, symbol) { compiler, place throws(QueryError) in
        try compiler.write(operands[place])
      }
    }
    let (settling, otherwise) = symbol == "AND" ? (0, 1) : (1, 0)
    try write("(CASE WHEN \(Evaluation.begin.sql(isTrying: false))() THEN \(Evaluation.end.sql(isTrying: false))(CASE")
    for operand in operands {
      try write(" WHEN \(Evaluation.settles.sql(isTrying: false))(", operand, ", \(settling)) THEN \(settling)")
    }
    try write(" ELSE \(otherwise) END, \(settling)) END)")
  }

  /// Puts each argument where its number stands: `$0`, `$1`, …; `$*` all with commas, `$||` all with that sign between, `$&` the row.
  private mutating func fill(_ template: String, _ arguments: [TypedExpression]) throws(QueryError) {
    let pieces = template.utf8.split(separator: UInt8(ascii: "$"), omittingEmptySubsequences: false)
    // What may be another value each time is worked out once, however often it stands there.
    let place = arguments.indices.first { place in
      arguments[place].isVolatile && pieces.dropFirst().count { $0.first.map { Int($0) - 48 } == place } > 1
    }
    if let place {
      let number = ownNumber
      var held = arguments
      held[place] = TypedExpression(
        node: .held(number, mayBeNaN: arguments[place].mayBeNaN), type: arguments[place].type)
      return try sharing(arguments[place], as: number) { compiler throws(QueryError) in
        try compiler.fill(template, held)
      }
    }
    var known: [Int: Range<Int>] = [:]
    for (index, piece) in pieces.enumerated() {
      guard index > 0, let kind = piece.first else {
        try write(piece)
        continue
      }
      switch kind {
      case UInt8(ascii: "*"):
        try list(arguments)
        try write(piece.dropFirst())
      case UInt8(ascii: "&"):
        if let row, arguments.contains(where: \.isVolatile) { try write(", \(row)") }
        try write(piece.dropFirst())
      case UInt8(ascii: "|"):
        try balanced(arguments.indices, "||") { compiler, place throws(QueryError) in
          try compiler.write(arguments[place])
        }
        try write(piece.dropFirst(2))
      default:
        let place = Int(kind) - 48
        if let range = known[place] {
          try repeated(range)
        } else if arguments.indices.contains(place) {
          known[place] = try measured { compiler throws(QueryError) in try compiler.write(arguments[place]) }
        }
        try write(piece.dropFirst())
      }
    }
  }

  // MARK: Aggregates

  private mutating func write(_ aggregate: TypedExpression.Aggregate) throws(QueryError) {
    let name =
      switch aggregate.function {
      case .sqlite(let name): name
      // Those of our own have a form out of which rows can go again.
      case .native(let native): aggregate.losesRows ? "ts_over_\(native.name)" : "ts_\(native.name)"
      }
    try write("\(name)(\(aggregate.isDistinct ? "DISTINCT " : "")")
    if aggregate.isStar { try write("*") } else { try list(aggregate.arguments) }
    try write(")")
    guard let filter = aggregate.filter else { return }
    try write(" FILTER (WHERE ")
    try write(condition: filter)
    try write(")")
  }

  private mutating func write(_ window: TypedWindow) throws(QueryError) {
    if !window.partition.isEmpty {
      try write("PARTITION BY ")
      try list(window.partition)
    }
    if !window.ordering.isEmpty {
      try write(window.partition.isEmpty ? "ORDER BY " : " ORDER BY ")
      try write(window.ordering)
    }
    guard let frame = window.frame else { return }
    try write(" \(frame.unit) BETWEEN ")
    try write(frame.start)
    try write(" AND ")
    try write(frame.end)
  }

  private mutating func write(_ bound: TypedWindow.Bound) throws(QueryError) {
    switch bound {
    case .fixed(let words): try write(words)
    case .offset(let offset, let direction): try write("", offset, " \(direction)")
    }
  }
}

extension TypedExpression {
  fileprivate var constant: SQLValue? { if case .constant(let value) = node { value } else { nil } }
}
