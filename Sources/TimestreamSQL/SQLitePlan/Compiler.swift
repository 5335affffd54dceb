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

  /// Takes back what stands behind a place.
  mutating func take(from place: Int) -> [UInt8] {
    defer { sql.removeSubrange(place...) }
    return Array(sql[place...])
  }

  /// Whether one of our own functions, which may fail, is called in a range of what was written.
  func callsOwn(_ range: Range<Int>) -> Bool {
    let mark = "ts_".utf8
    return sql[range].indices.contains { place in sql[place..<range.upperBound].starts(with: mark) }
  }

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
      let column = TypedExpression(node: .column("c\(item.offset)", isOuter: false), type: item.element.type)
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
        try compiler.write("w\(table.number) AS (")
        try compiler.write(table.query)
        try compiler.write(")")
      }
      try write(" ")
    }
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
      try write(from)
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
  private var isBare: Bool { with.isEmpty && ordering.isEmpty && limit == nil && widened.isEmpty }
  fileprivate var isPlainSelect: Bool { if case .select = body { isBare } else { false } }
  fileprivate var isPlainSet: Bool { if case .set = body { isBare } else { false } }
}
