import CacheSupport
public import SQLiteStore

/// A query that was read, bound and compiled: what runs it is SQLite.
///
/// ``compile(_:catalog:budget:now:parameters:)`` is the one way into this module.
public struct QueryPlan: Sendable {
  /// What `@name` stands for in a query.
  public enum Parameters: Sendable {
    /// A value of SQLite, and its type.
    case values([String: (value: SQLValue, type: TimestreamType)])
    /// Values come later; the plan says which types follow from where the names stand, and cannot run.
    case open
  }

  /// A name without a value, in a plan of ``Parameters/open``.
  public struct Parameter: Sendable {
    /// The name without its `@`.
    public let name: String
    /// The type that follows from where it stands.
    public let type: TimestreamType
  }

  enum Work: Sendable {
    case sql(String, [SQLValue])
    case measures(QueryTable, like: String?)
  }

  /// The columns of the result.
  public let columns: [QueryColumn]
  /// What has no value, in the order of first appearance.
  public let parameters: [Parameter]
  /// The tables that are read, one for each use.
  public let reads: [TableRead]
  /// True for a query, false for `SHOW` and `DESCRIBE`.
  public let isSelect: Bool
  let work: Work

  /// Reads a query, binds its names to a catalog, and compiles it to SQLite.
  ///
  /// The thread that calls needs ``QueryBudget/stack`` bytes of stack.
  ///
  /// - Parameters:
  ///   - text: one statement of Timestream's SQL.
  ///   - catalog: what there is to query.
  ///   - budget: what the query may cost.
  ///   - now: what `now()` is, nanoseconds since 1970.
  ///   - parameters: what `@name` is.
  /// - Throws: ``QueryError``, worded as Timestream words it.
  public static func compile(
    _ text: String, catalog: any QueryCatalog, budget: QueryBudget, now: Int64, parameters: Parameters = .values([:])
  ) throws(QueryError) -> QueryPlan {
    let context = BindingContext(now: now, parameters: parameters, catalog: catalog, budget: budget)
    switch try QueryParser.parse(text, budget) {
    case .query(let query):
      let typed = try QueryBinder(context: context).bind(query)
      let (sql, values) = try Compiler.compile(typed, budget)
      return QueryPlan(
        columns: typed.outputs, parameters: typed.parameters(context.openParameters), reads: TableRead.all(of: typed),
        isSelect: true, work: .sql(sql, values))
    case .showDatabases(let pattern):
      let names = try QueryError.reading { () throws(DatabaseError) in try catalog.databases() }
      return listing("Database", names, like: pattern)
    case .showTables(let database, let pattern, let position):
      guard let names = try QueryError.reading({ () throws(DatabaseError) in try catalog.tables(of: database) }) else {
        throw QueryError("Database '\(database)' does not exist", at: position)
      }
      return listing("Table", names, like: pattern)
    case .showMeasures(let name, let pattern):
      return QueryPlan(
        columns: MeasureListing.columns, parameters: [], reads: [], isSelect: false,
        work: .measures(try context.table(name), like: pattern))
    case .describe(let name): return description(of: try context.table(name))
    }
  }

  private static func listing(_ column: String, _ names: [String], like pattern: String?) -> QueryPlan {
    QueryPlan(
      columns: [QueryColumn(name: column, type: .varchar)], parameters: [], reads: [], isSelect: false,
      work: .sql(
        "SELECT item FROM ts_each(?1) WHERE ordinal > 0 AND (?2 IS NULL OR item LIKE ?2)",
        [.list(names.map { .text($0) }), pattern.map { .text($0) } ?? .null]))
  }

  private static func description(of table: QueryTable) -> QueryPlan {
    let rows = table.columns.map { column in
      SQLValue.list([.text(column.name), .text(column.type.name), .text(column.kind.rawValue)])
    }
    let field = Lists.field.sql(isTrying: false)
    return QueryPlan(
      columns: ["Column", "Type", "Timestream attribute type"].map { QueryColumn(name: $0, type: .varchar) },
      parameters: [], reads: [], isSelect: false,
      work: .sql(
        "SELECT \(field)(item, 0), \(field)(item, 1), \(field)(item, 2) FROM ts_each(?1) WHERE ordinal > 0",
        [.list(rows)]))
  }
}

/// A column of a query's result.
public struct QueryColumn: Sendable {
  /// The table whose column it is.
  public struct Origin: Sendable {
    /// The database's name.
    public var database: String
    /// The table's name.
    public var table: String
  }
  /// The name; not all are different.
  public var name: String
  /// The type, which also writes the values: ``TimestreamType/write(_:into:)``.
  public var type: TimestreamType
  /// Nil for what is worked out.
  public var origin: Origin?
  /// True where the query gave it its name.
  public var isAliased = false
}
