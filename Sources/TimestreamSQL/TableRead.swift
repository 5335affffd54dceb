import CacheSupport
public import SQLiteStore

/// A table that a plan reads, with what the WHERE beside it leaves of its columns.
public struct TableRead: Sendable {
  /// What is left of a column: from, to, and the values where they are listed. Nil bounds nothing.
  public struct Bounds: Sendable, Hashable {
    /// The largest of the lower bounds.
    public var from: SQLValue?
    /// The smallest of the upper bounds.
    public var to: SQLValue?
    /// The values of the last `=` or `IN`.
    public var values: Set<SQLValue>?
  }

  /// The database's name.
  public let database: String
  /// The table's name.
  public let table: String
  private let source: QueryTable
  private let number: Int
  private let condition: TypedExpression?

  static func all(of query: TypedQuery) -> [TableRead] {
    query.tables.map { table, number, condition in
      TableRead(
        database: table.database, table: table.name, source: table, number: number, condition: condition)
    }
  }

  /// What the condition leaves of a column, where it compares that with what no row decides.
  ///
  /// - Parameters:
  ///   - column: its name.
  ///   - connection: works out what the column is compared with; it is prepared by `prepareForQueries`.
  ///   - budget: that of the query, for what the column is compared with may be a query, too.
  public func bounds(
    of column: String, on connection: Connection, budget: QueryBudget
  ) throws(QueryError) -> Bounds {
    var bounds = Bounds()
    guard let column = source.columns.first(where: { $0.name.hasSameBytes(as: column) }) else { return bounds }
    let name = source.sql(column, number)
    func raise(_ value: SQLValue?) {
      guard let value, value != .null else { return }
      bounds.from = bounds.from.map { SQLValue.areInOrder($0, value) ? value : $0 } ?? value
    }
    func lower(_ value: SQLValue?) {
      guard let value, value != .null else { return }
      bounds.to = bounds.to.map { SQLValue.areInOrder(value, $0) ? value : $0 } ?? value
    }
    for part in condition.map(Self.conjuncts) ?? [] {
      switch part.node {
      case .between(let tested, let low, let high) where tested.isColumn(name):
        raise(try Self.value(of: low, connection, budget))
        lower(try Self.value(of: high, connection, budget))
      case .infix(let symbol, let tested, let bound) where tested.isColumn(name):
        let value = try Self.value(of: bound, connection, budget)
        if [">", ">=", "="].contains(symbol) { raise(value) }
        if ["<", "<=", "="].contains(symbol) { lower(value) }
        if symbol == "=", let value { bounds.values = [value] }
      case .isIn(let tested, let options) where tested.isColumn(name):
        var values: Set<SQLValue> = []
        for option in options { if let value = try Self.value(of: option, connection, budget) { values.insert(value) } }
        bounds.values = values
      default: continue
      }
    }
    return bounds
  }

  /// A value that needs no row; nil for any other.
  private static func value(
    of expression: TypedExpression, _ connection: Connection, _ budget: QueryBudget
  ) throws(QueryError) -> SQLValue? {
    var hasColumn = false
    expression.forEach { if case .column = $0.node { hasColumn = true } }
    // A common table is there only within the whole query.
    guard !hasColumn, !expression.usesCommonTable else { return nil }
    let (sql, values) = try Compiler.compile(expression, budget)
    do throws(DatabaseError) {
      return try connection.limited(by: budget) { () throws(DatabaseError) in
        try connection.rows("SELECT \(sql)", values).first?[0]
      }
    } catch { throw budget.fault ?? QueryError(error) }
  }

  private static func conjuncts(_ condition: TypedExpression) -> [TypedExpression] {
    if case .chain("AND", let parts) = condition.node { return parts.flatMap(conjuncts) }
    return [condition]
  }
}

extension TypedExpression {
  fileprivate func isColumn(_ name: String) -> Bool {
    if case .column(let own, _) = node { own.hasSameBytes(as: name) } else { false }
  }
}
