import SQLiteStore

/// Writes a bound query as SQLite's SQL; every value is bound, none is pasted.
///
/// The SQL grows at its end alone, so that the work is the length of what is written. Every node and every byte is paid for.
struct Compiler {
  private var sql: [UInt8] = []
  private(set) var values: [SQLValue] = []
  /// The numbers of values that are there already.
  private var numbers: [SQLValue: Int] = [:]
  private let budget: QueryBudget
  /// What each common table takes, bytes of SQL, with those that it uses.
  private var weights: [Int: Int] = [:]
  /// The values that are shared around what is written, the innermost last.
  private var shared: [Int] = []
  /// A column of the query that is written, which has rows: see ``row``.
  private var anchors: [String?] = []

  private init(_ budget: QueryBudget) { self.budget = budget }

  /// The SQL of a query and its values by number.
  static func compile(
    _ query: TypedQuery, _ budget: QueryBudget
  ) throws(QueryError) -> (sql: String, values: [SQLValue]) {
    var compiler = Compiler(budget)
    try compiler.write(query)
    return compiler.result
  }

  /// The SQL of an expression that names no column, and its values by number.
  static func compile(
    _ expression: TypedExpression, _ budget: QueryBudget
  ) throws(QueryError) -> (sql: String, values: [SQLValue]) {
    var compiler = Compiler(budget)
    try compiler.write(expression)
    return compiler.result
  }

  private var result: (sql: String, values: [SQLValue]) { (String(decoding: sql, as: UTF8.self), values) }

  // MARK: Writing

  mutating func write(_ text: String) throws(QueryError) { try write(text.utf8) }

  mutating func write(_ text: some Collection<UInt8>) throws(QueryError) {
    try budget.spend(bytes: text.count)
    sql.append(contentsOf: text)
  }

  /// Writes the use of a common table. SQLite makes a copy for each, and with it of those that it uses: all of them are paid for.
  mutating func write(use table: Int) throws(QueryError) {
    try budget.spend(bytes: weights[table] ?? 0)
    try write("w\(table)")
  }

  /// Writes what stands in a range of what was written, once more.
  mutating func repeated(_ range: Range<Int>) throws(QueryError) { try write(Array(sql[range])) }

  /// Binds a value, once however often it stands there.
  mutating func write(value: SQLValue) throws(QueryError) {
    // The two zeros are equal, and not the same.
    let isZero = value == .real(0)
    if !isZero, let number = numbers[value] { return try write("?\(number)") }
    values.append(value)
    guard values.count <= budget.limits.constants else {
      throw QueryError("the query is too large: it has more than \(budget.limits.constants) constants", at: nil)
    }
    if !isZero { numbers[value] = values.count }
    try write("?\(values.count)")
  }

  /// Writes, and says where that stands.
  mutating func measured(_ body: (inout Compiler) throws(QueryError) -> Void) throws(QueryError) -> Range<Int> {
    let start = sql.count
    try body(&self)
    return start..<sql.count
  }

  /// Writes what is made of a value that is worked out once.
  mutating func sharing(
    _ value: TypedExpression, as number: Int, _ body: (inout Compiler) throws(QueryError) -> Void
  ) throws(QueryError) {
    try write("(CASE WHEN \(Evaluation.share.sql(isTrying: false))(")
    try write(value)
    try write(") THEN \(Evaluation.shared.sql(isTrying: false))(")
    shared.append(number)
    try body(&self)
    shared.removeLast()
    try write(") END)")
  }

  mutating func write(held number: Int) throws(QueryError) {
    let depth = shared.count - 1 - (shared.lastIndex(of: number) ?? 0)
    try write("\(Evaluation.held.sql(isTrying: false))(\(depth))")
  }

  /// A number for a value that the compiler shares: none of those around has it, and the binder gives none below zero.
  var ownNumber: Int { -1 - shared.count }

  func spend() throws(QueryError) { try budget.spend() }

  mutating func list<Part>(
    _ parts: some Collection<Part>, _ separator: String = ", ",
    _ body: (inout Compiler, Part) throws(QueryError) -> Void
  ) throws(QueryError) {
    var isFirst = true
    for part in parts {
      if !isFirst { try write(separator) }
      isFirst = false
      try body(&self, part)
    }
  }

  mutating func list(_ expressions: [TypedExpression]) throws(QueryError) {
    try list(expressions) { compiler, part throws(QueryError) in try compiler.write(part) }
  }

  /// Halves within halves: SQLite refuses trees deeper than 1,000, and its parser nesting deeper than 100.
  mutating func balanced(
    _ places: Range<Int>, _ symbol: String, _ operand: (inout Compiler, Int) throws(QueryError) -> Void
  ) throws(QueryError) {
    guard places.count > 1 else {
      if let place = places.first { try operand(&self, place) }
      return
    }
    let middle = places.lowerBound + places.count / 2
    try write("(")
    try balanced(places.lowerBound..<middle, symbol, operand)
    try write(" \(symbol) ")
    try balanced(middle..<places.upperBound, symbol, operand)
    try write(")")
  }

  // MARK: Queries

  mutating func write(_ query: TypedQuery) throws(QueryError) {
    try budget.spend()
    guard query.widened.isEmpty else { return try widened(query) }
    try plain(query)
  }

  private mutating func widened(_ query: TypedQuery) throws(QueryError) {
    try write("SELECT ")
    try list(Array(query.outputs.enumerated())) { compiler, item throws(QueryError) in
      guard let target = query.widened[item.offset] else { return try compiler.write("c\(item.offset)") }
      let column = TypedExpression(node: .column("c\(item.offset)", .query), type: item.element.type)
      try compiler.write(column.coerced(to: target))
      try compiler.write(" AS c\(item.offset)")
    }
    try write(" FROM (")
    try plain(query)
    try write(")")
  }

  private mutating func plain(_ query: TypedQuery) throws(QueryError) {
    if !query.with.isEmpty {
      try write("WITH ")
      try list(query.with) { compiler, table throws(QueryError) in
        let before = compiler.budget.bytes
        try compiler.write("w\(table.number) AS (")
        try compiler.write(table.query)
        try compiler.write(")")
        compiler.weights[table.number] = compiler.budget.bytes - before
      }
      try write(" ")
    }
    try anchored(at: query.anchor) { compiler throws(QueryError) in try compiler.body(of: query) }
  }

  /// Writes what names a column in the place of ``row``.
  private mutating func anchored(
    at anchor: String?, _ body: (inout Compiler) throws(QueryError) -> Void
  ) throws(QueryError) {
    anchors.append(anchor)
    try body(&self)
    anchors.removeLast()
  }

  /// A column of the row for which an expression is worked out. SQLite works a query that names none out once for all rows.
  var row: String? { anchors.last.flatMap(\.self) }

  private mutating func body(of query: TypedQuery) throws(QueryError) {
    switch query.body {
    case .select(let select): try write(select)
    case .values(let rows):
      let columns = query.outputs.indices.map { "column\($0 + 1) AS c\($0)" }.joined(separator: ", ")
      try write("SELECT \(columns) FROM (VALUES ")
      try list(rows) { compiler, row throws(QueryError) in
        try compiler.write("(")
        try compiler.list(row)
        try compiler.write(")")
      }
      try write(")")
    case .set(let operation, let left, let right):
      // Side by side rather than in each other: SQLite's parser nests no deeper than 100.
      try operand(left, isBare: left.isPlainSelect || left.isPlainSet)
      try write(" \(operation) ")
      try operand(right, isBare: right.isPlainSelect)
    case .nested(let inner): try operand(inner, isBare: false)
    }
    if !query.ordering.isEmpty {
      try write(" ORDER BY ")
      try write(query.ordering)
    }
    if let limit = query.limit { try write(" LIMIT \(limit)") }
    // With an OFFSET SQLite does not put the expressions into the query around, where each use would be worked out for itself.
    if query.traits.contains(.volatile) { try write(query.limit == nil ? " LIMIT -1 OFFSET 0" : " OFFSET 0") }
  }

  /// A side of a set operation, which binds to the left by itself.
  private mutating func operand(_ query: TypedQuery, isBare: Bool) throws(QueryError) {
    if isBare { return try write(query) }
    try write("SELECT * FROM (")
    try write(query)
    try write(")")
  }

  private mutating func write(_ select: TypedSelect) throws(QueryError) {
    try write(select.isDistinct ? "SELECT DISTINCT " : "SELECT ")
    try list(Array(select.outputs.enumerated())) { compiler, item throws(QueryError) in
      try compiler.write(item.element)
      try compiler.write(" AS c\(item.offset)")
    }
    if let from = select.from {
      try write(" FROM ")
      // Its own columns are not there yet.
      try anchored(at: nil) { compiler throws(QueryError) in try compiler.write(from) }
    }
    if let condition = select.condition {
      try write(" WHERE ")
      try write(condition: condition)
    }
    if !select.grouping.isEmpty {
      try write(" GROUP BY ")
      // A bare number in SQLite's GROUP BY would be an ordinal.
      try list(select.grouping) { compiler, key throws(QueryError) in
        try compiler.write("(")
        try compiler.write(key)
        try compiler.write(")")
      }
    }
    if let having = select.having {
      try write(" HAVING ")
      try write(condition: having)
    }
  }

  mutating func write(_ ordering: [TypedOrder]) throws(QueryError) {
    try list(ordering) { compiler, order throws(QueryError) in
      switch order.key {
      case .output(let index): try compiler.write(String(index + 1))
      case .expression(let expression): try compiler.write(expression)
      }
      try compiler.write(" \(order.isAscending ? "ASC" : "DESC") NULLS \(order.nullsFirst ? "FIRST" : "LAST")")
    }
  }
}

extension TypedQuery {
  /// A column that its expressions may name; nil where there is none.
  fileprivate var anchor: String? {
    switch body {
    case .select(let select): select.from?.anchor
    case .values: nil
    case .set, .nested: outputs.isEmpty ? nil : "c0"
    }
  }

  private var isBare: Bool {
    with.isEmpty && ordering.isEmpty && limit == nil && widened.isEmpty && !traits.contains(.volatile)
  }

  fileprivate var isPlainSelect: Bool { if case .select = body { isBare } else { false } }
  fileprivate var isPlainSet: Bool { if case .set = body { isBare } else { false } }
}
