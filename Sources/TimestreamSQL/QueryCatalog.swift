public import SQLiteStore

/// What there is to query: the databases and tables of whoever runs queries.
///
/// A catalog is asked while a query is compiled, on the thread that compiles it. Names are compared as the catalog compares them.
public protocol QueryCatalog {
  /// The names of all databases, as `SHOW DATABASES` lists them.
  func databases() throws(DatabaseError) -> [String]
  /// The names of a database's tables, as `SHOW TABLES` lists them; nil where there is no such database.
  func tables(of database: String) throws(DatabaseError) -> [String]?
  /// A table; nil where there is none.
  func table(_ name: String, of database: String) throws(DatabaseError) -> QueryTable?
}

/// A table of a catalog: its columns, and where SQLite has them.
public struct QueryTable: Sendable {
  /// A column, as queries see it.
  ///
  /// SQLite holds a `timestamp` as nanoseconds since 1970, a `date` as days, a `time` as nanoseconds since midnight, a `boolean` as 0 or 1,
  /// whole numbers, reals and texts as they are.
  public struct Column: Sendable, Hashable {
    /// What `DESCRIBE` calls it. The raw value is Timestream's word.
    public enum Kind: String, Sendable {
      case dimension = "DIMENSION"
      case measureName = "MEASURE_NAME"
      case time = "TIMESTAMP"
      case measure = "MEASURE_VALUE"
      case multi = "MULTI"
    }
    /// The name in queries.
    public var name: String
    /// What it is.
    public var kind: Kind
    /// A scalar type.
    public var type: TimestreamType
    /// The name of SQLite's column.
    public var stored: String

    /// A column; SQLite has it under the same name where no other is given.
    public init(_ name: String, _ kind: Kind, _ type: TimestreamType, stored: String? = nil) {
      self.name = name
      self.kind = kind
      self.type = type
      self.stored = stored ?? name
    }

    /// True where it is the same in all rows of a series.
    var isOfSeries: Bool { kind == .dimension || kind == .measureName }
  }

  /// Where SQLite has the rows.
  public enum Source: Sendable, Hashable {
    /// One table, or view, with all columns.
    case rows(String)
    /// A table with a row for each series, which has an `id`, the dimensions and the measure name; and a table of the rest, whose
    /// column `series` has that id.
    case series(String, rows: String)
  }

  /// The database's name.
  public var database: String
  /// The table's name.
  public var name: String
  /// In the order of `SELECT *`.
  public var columns: [Column]
  /// Where the rows are.
  public var source: Source
  /// Rows before this time are not seen; nanoseconds since 1970. Only a table with a column of the kind ``Column/Kind/time`` has it.
  public var since: Int64?

  /// A table.
  public init(database: String, name: String, columns: [Column], source: Source, since: Int64? = nil) {
    self.database = database
    self.name = name
    self.columns = columns
    self.source = source
    self.since = since
  }
}

extension QueryTable {
  /// SQLite's table with the series, by its name in quotes: that of the rows where there is no other.
  var seriesTable: String {
    switch source {
    case .rows(let name), .series(let name, _): Self.quoted(name)
    }
  }

  /// SQLite's table with the rows, by its name in quotes.
  var rowsTable: String {
    switch source {
    case .rows(let name), .series(_, let name): Self.quoted(name)
    }
  }

  /// A column in SQL, of the use of a table that has the number.
  func sql(_ column: Column, _ number: Int) -> String {
    if case .series = source, column.isOfSeries { return "s\(number).\(Self.quoted(column.stored))" }
    return "r\(number).\(Self.quoted(column.stored))"
  }

  var timeColumn: Column? { columns.first { $0.kind == .time } }

  static func quoted(_ name: String) -> String { "\"\(name.replacing("\"", with: "\"\""))\"" }
}
