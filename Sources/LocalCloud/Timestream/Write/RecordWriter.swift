import CacheSupport
import SQLiteStore
import TimestreamSQL

/// Writes the records of one request into one table, within its transaction.
struct RecordWriter: ~Copyable {
  private(set) var memory: TableMemory
  private let incoming: IncomingRecords
  private let connection: Connection
  private let window: WriteWindow
  /// Made for the layout of the last record, and the series and layout that were found right for the table.
  private var insert: Statement?
  private var insertedColumns: [String] = []
  private var lastLayout = -1
  private var accepted: (series: Int, layout: Int)?
  private var lastID: (series: Int, id: Int64)?

  struct Rejection {
    var reason: String
    var existingVersion: Int64?
  }

  private static let measureNameLimit: Int = 8192
  private static let dimensionLimit: Int = 128
  private static let measureLimit: Int = 1024

  init(_ incoming: IncomingRecords, into memory: TableMemory, connection: Connection, now: Int64) {
    self.incoming = incoming
    self.memory = memory
    self.connection = connection
    window = WriteWindow(of: memory.table, now: now)
  }

  /// Writes all records, each by itself.
  ///
  /// - Returns: why some are not stored, by their places; and how many went into the memory store.
  mutating func writeAll() throws(DatabaseError) -> (rejected: [(index: Int, Rejection)], inMemory: Int) {
    var rejected: [(Int, Rejection)] = []
    var inMemory = 0
    for (index, record) in incoming.records.enumerated() {
      if let rejection = try write(record) {
        rejected.append((index, rejection))
      } else if window.isInMemory(record.time) {
        inMemory += 1
      }
    }
    return (rejected, inMemory)
  }

  /// - Returns: why the record is not stored; nil where it is.
  private mutating func write(_ record: IncomingRecords.Record) throws(DatabaseError) -> Rejection? {
    let series = incoming.series[record.series]
    if let fault = series.fault { return Rejection(reason: fault) }
    if record.size > 2048 { return Rejection(reason: "The measure values are longer than 2048 bytes together.") }
    let isAccepted = accepted.map { $0.series == record.series && $0.layout == record.layout } ?? false
    let layout = incoming.layouts[record.layout]
    if !isAccepted, let fault = layout.fault(with: series) ?? keyFault(series) { return Rejection(reason: fault) }
    if let fault = window.fault(record.time) { return Rejection(reason: fault) }
    if !isAccepted {
      if let rejection = try olderThanStored(record, series, layout) { return rejection }
      // A record that is refused leaves nothing behind: all is checked before the first column is added.
      if let fault = columnFault(series, layout) { return Rejection(reason: fault) }
      if let fault = try measureNameFault(series) { return Rejection(reason: fault) }
      try addColumns(series, layout)
      accepted = (record.series, record.layout)
    }
    return try store(record, try seriesID(record.series, series), layout)
  }

  // MARK: Rows

  private mutating func store(
    _ record: IncomingRecords.Record, _ series: Int64, _ layout: RecordLayout
  ) throws(DatabaseError) -> Rejection? {
    if lastLayout != record.layout || insert == nil {
      lastLayout = record.layout
      insertedColumns = layout.columns.map { memory.columns[$0.name]?.sql ?? "" }
      insert = try connection.statement(Self.insertion("IGNORE", memory.table, insertedColumns))
    }
    // Nearly every record is new.
    try insert?.bind(record, series, incoming.values)
    try insert?.run()
    if connection.changes > 0 { return nil }
    let values = incoming.values[record.values]
    let select =
      "SELECT version\(insertedColumns.map { ", " + $0 }.joined()) FROM \(memory.table.rows) WHERE series = ? AND time = ?"
    if let existing = try connection.row(select, .integer(series), .integer(record.time)),
      let version = existing[0].integer, record.version <= version
    {
      guard record.version == version, existing[1...].elementsEqual(values), try hasNoOthers(series, record) else {
        return Self.conflict(record.version, version)
      }
      return nil
    }
    let replace = try connection.statement(Self.insertion("REPLACE", memory.table, insertedColumns))
    try replace.bind(record, series, incoming.values)
    try replace.run()
    return nil
  }

  private static func insertion(_ otherwise: String, _ table: TimestreamStore.Table, _ columns: [String]) -> String {
    let places = (["series", "time", "version"] + columns).joined(separator: ", ")
    let values = String(repeating: ", ?", count: columns.count)
    return "INSERT OR \(otherwise) INTO \(table.rows) (\(places)) VALUES (?, ?, ?\(values))"
  }

  /// True where the stored row has no measure that the record lacks.
  private func hasNoOthers(_ series: Int64, _ record: IncomingRecords.Record) throws(DatabaseError) -> Bool {
    let own = Set(insertedColumns)
    let others = memory.columns.values.filter { $0.kind != .dimension && !own.contains($0.sql) }.map(\.sql)
    // In parts: SQLite's expressions have a limit of depth, and a table may have a thousand measures.
    for start in stride(from: 0, to: others.count, by: 100) {
      let part = others[start..<min(start + 100, others.count)].map { "\($0) IS NOT NULL" }.joined(separator: " OR ")
      let row = try connection.row(
        "SELECT 1 FROM \(memory.table.rows) WHERE series = ? AND time = ? AND (\(part))", .integer(series),
        .integer(record.time))
      if row != nil { return false }
    }
    return true
  }

  /// Why a record with a column that is new is not stored: it must not leave the column behind.
  private func olderThanStored(
    _ record: IncomingRecords.Record, _ series: IncomingSeries, _ layout: RecordLayout
  ) throws(DatabaseError) -> Rejection? {
    guard layout.columns.contains(where: { memory.columns[$0.name] == nil }), let id = try storedID(series),
      let version = try connection.row(
        "SELECT version FROM \(memory.table.rows) WHERE series = ? AND time = ?", .integer(id), .integer(record.time))?[
          0
        ]
        .integer, record.version <= version
    else { return nil }
    return Self.conflict(record.version, version)
  }

  private static func conflict(_ version: Int64, _ existing: Int64) -> Rejection {
    Rejection(
      reason: version < existing
        ? "The record version \(version) is lower than the existing version \(existing). A higher version is required to update the measure value."
        : "A record already exists with the same time, dimensions, measure name, and record version. A higher record version must be specified in order to update the measure value. Specifying record version is supported by the latest SDKs.",
      existingVersion: existing)
  }

  // MARK: Columns

  private func keyFault(_ series: IncomingSeries) -> String? {
    guard case .dimension(let name, isRequired: true) = memory.table.schema else { return nil }
    return series.dimensions.contains { $0.name == ByteText(name) }
      ? nil : "The record lacks the dimension '\(name)', which the partition key of the table requires."
  }

  /// Why the table cannot have the columns of a record.
  private func columnFault(_ series: IncomingSeries, _ layout: RecordLayout) -> String? {
    for column in layout.columns {
      guard let known = memory.columns[column.name] else { continue }
      if known.kind == .dimension { return "'\(column.name)' is a dimension of this table." }
      if known.type != column.type {
        return
          "The measure '\(column.name)' has the type \(known.type.name.uppercased()), not \(column.type.name.uppercased())."
      }
    }
    for dimension in series.dimensions where memory.columns[dimension.name].map({ $0.kind != .dimension }) ?? false {
      return "'\(dimension.name)' is a measure of this table."
    }
    let newDimensions = series.dimensions.count { memory.columns[$0.name] == nil }
    if newDimensions > 0, memory.count(of: .dimension) + newDimensions > Self.dimensionLimit {
      return "The table would have more than \(Self.dimensionLimit) dimensions."
    }
    let newMeasures = layout.columns.count { $0.kind == .multi && memory.columns[$0.name] == nil }
    if newMeasures > 0, memory.count(of: .multi) + newMeasures > Self.measureLimit {
      return "The table would have more than \(Self.measureLimit) unique measures in multi-measure records."
    }
    return nil
  }

  /// Makes the columns that a record is the first to have.
  private mutating func addColumns(_ series: IncomingSeries, _ layout: RecordLayout) throws(DatabaseError) {
    for dimension in series.dimensions where memory.columns[dimension.name] == nil {
      try add(dimension.name, .dimension, .varchar)
    }
    for column in layout.columns where memory.columns[column.name] == nil {
      try add(column.name, column.kind, column.type)
    }
  }

  private mutating func add(
    _ name: ByteText, _ kind: TimestreamStore.Column.Kind, _ type: TimestreamType
  ) throws(DatabaseError) {
    let dimensions = memory.count(of: .dimension)
    let place = Int64(kind == .dimension ? dimensions : memory.columns.count - dimensions)
    let column = TimestreamStore.Column(name: name.text, kind: kind, type: type, place: place)
    let table = memory.table
    if kind == .dimension {
      try connection.execute("ALTER TABLE \(table.series) ADD COLUMN \(column.sql) TEXT")
      try connection.execute("CREATE INDEX \(table.series)_\(column.sql) ON \(table.series) (\(column.sql))")
    } else {
      let affinity =
        switch type {
        case .double: "REAL"
        case .varchar: "TEXT"
        default: "INTEGER"
        }
      try connection.execute("ALTER TABLE \(table.rows) ADD COLUMN \(column.sql) \(affinity)")
    }
    try connection.run(
      "INSERT INTO timestream_columns VALUES (?, ?, ?, ?, ?)", .integer(table.id), .text(name.text),
      .text(kind.rawValue), .text(type.name), .integer(place))
    memory.columns[name] = column
  }

  // MARK: Series

  /// Why the table cannot have a series: it would have one measure name too many.
  private mutating func measureNameFault(_ series: IncomingSeries) throws(DatabaseError) -> String? {
    guard memory.id(of: series.key) == nil else { return nil }
    if let stored = try storedID(series) {
      memory.remember(stored, of: series.key)
      return nil
    }
    let names: Set<ByteText>
    if let known = memory.measureNames { names = known } else { names = try storedMeasureNames() }
    memory.measureNames = names
    guard names.count >= Self.measureNameLimit, !names.contains(ByteText(series.measureName)) else { return nil }
    return "The table would have more than \(Self.measureNameLimit) measure names."
  }

  private mutating func seriesID(_ index: Int, _ series: IncomingSeries) throws(DatabaseError) -> Int64 {
    if let last = lastID, last.series == index { return last.id }
    var id = memory.id(of: series.key)
    if id == nil { id = try storedID(series) }
    let found = if let id { id } else { try newID(series) }
    memory.remember(found, of: series.key)
    lastID = (index, found)
    return found
  }

  private func storedID(_ series: IncomingSeries) throws(DatabaseError) -> Int64? {
    let select = try connection.statement("SELECT id FROM \(memory.table.series) WHERE key = ?")
    try select.bind(1, text: series.key.span)
    return try select.step() ? select.row.integer(0) : nil
  }

  private mutating func newID(_ series: IncomingSeries) throws(DatabaseError) -> Int64 {
    memory.measureNames?.insert(ByteText(series.measureName))
    let places = ["key", "measure_name"] + series.dimensions.map { memory.columns[$0.name]?.sql ?? "" }
    let values = places.map { _ in "?" }.joined(separator: ", ")
    let insert = try connection.statement(
      "INSERT INTO \(memory.table.series) (\(places.joined(separator: ", "))) VALUES (\(values))")
    try insert.bind(1, text: series.key.span)
    try insert.bind(2, .text(series.measureName))
    for (index, dimension) in series.dimensions.enumerated() { try insert.bind(index + 3, .text(dimension.value)) }
    try insert.run()
    return connection.lastInsertedRow
  }

  /// From one name to the next in the index, whatever the number of series.
  private func storedMeasureNames() throws(DatabaseError) -> Set<ByteText> {
    var names: Set<ByteText> = []
    let next = try connection.statement(
      "SELECT measure_name FROM \(memory.table.series) WHERE measure_name > ? ORDER BY measure_name LIMIT 1")
    try next.bind(1, .text(""))
    while try next.step() {
      let name = next.row.text(0)
      names.insert(ByteText(name))
      next.rewind()
      try next.bind(1, .text(name))
    }
    return names
  }
}

extension Statement {
  /// Binds a row's places: series, time, version, and the values.
  fileprivate borrowing func bind(
    _ record: IncomingRecords.Record, _ series: Int64, _ values: [SQLValue]
  ) throws(DatabaseError) {
    try bind(1, series)
    try bind(2, record.time)
    try bind(3, record.version)
    for (offset, place) in record.values.enumerated() { try bind(offset + 4, values[place]) }
  }
}
