import CacheSupport

extension TimestreamStore {
  /// WriteRecords: each record by itself is stored or rejected; the stored ones stay, whatever becomes of the others.
  func writeRecords(_ input: inout Input) throws(ServiceError) -> JSON {
    let database = try input.string("DatabaseName", required: true, length: 1...256) ?? ""
    let name = try input.string("TableName", required: true, length: 1...256) ?? ""
    let elements = try input.array("Records", required: true, count: 1...100) ?? []
    var common: IncomingRecord.Parts?
    if let object = try input.object("CommonAttributes") {
      var part = Input(object, path: "commonAttributes")
      common = try IncomingRecord.Parts(&part)
      input.absorb(part)
    }
    var parts: [IncomingRecord.Parts] = []
    for var element in try input.structures(elements, of: "records") {
      parts.append(try IncomingRecord.Parts(&element))
      input.absorb(element)
    }
    try input.check()
    let records = try parts.map { part throws(ServiceError) in try IncomingRecord(part, common: common) }
    let now = clock.now

    let (rejected, memory) = try storing {
      try storage.database.with { connection in
        try connection.transaction { () -> ([JSON], Int) in
          guard try hasDatabase(database, connection) else { throw Self.noDatabase(database) }
          guard let table = try find(database, name, connection) else { throw Self.noTable(name) }
          var writer = RecordWriter(table: table, connection: connection, now: now)
          var rejected: [JSON] = []
          var memory = 0
          for (index, record) in records.enumerated() {
            if let rejection = try writer.write(record) {
              var entry: JSONObject = ["RecordIndex": .integer(index), "Reason": .string(rejection.reason)]
              entry["ExistingVersion"] = rejection.existingVersion.map { .integer($0) }
              rejected.append(.object(entry))
            } else if !table.magneticWrites || record.time >= writer.memoryStart {
              // Without magnetic writes the memory store takes all that is taken.
              memory += 1
            }
          }
          return (rejected, memory)
        }
      }
    }
    guard rejected.isEmpty else {
      throw .timestream(
        "RejectedRecordsException", "One or more records have been rejected. See RejectedRecords for details.",
        status: 419,
        members: ["RejectedRecords": .array(rejected)])
    }
    return [
      "RecordsIngested": [
        "Total": .integer(records.count), "MemoryStore": .integer(memory),
        "MagneticStore": .integer(records.count - memory),
      ]
    ]
  }
}

/// Writes the records of one request into one table, within its transaction.
struct RecordWriter {
  private var table: TimestreamStore.Table
  private let connection: Connection
  private let now: Int64
  /// By name.
  private var columns: [SQLValue: TimestreamStore.Column]
  /// The series of this request, by key.
  private var series: [SQLValue: Int64] = [:]
  /// The last record's series: most requests have one alone.
  private var lastSeries: (record: IncomingRecord, id: Int64)?
  /// The statements for the columns of the last record.
  private var statements = Statements(columns: [], table: "")

  private struct Statements {
    let columns: [String]
    let insert: String
    let replace: String
    let select: String

    init(columns: [String], table: String) {
      self.columns = columns
      let places = (["series", "time", "version"] + columns).joined(separator: ", ")
      let values = "INTO \(table) (\(places)) VALUES (?, ?, ?\(String(repeating: ", ?", count: columns.count)))"
      insert = "INSERT OR IGNORE \(values)"
      replace = "INSERT OR REPLACE \(values)"
      select = "SELECT version\(columns.map { ", " + $0 }.joined()) FROM \(table) WHERE series = ? AND time = ?"
    }
  }

  struct Rejection {
    var reason: String
    var existingVersion: Int64?
  }

  /// How far into the future the service takes records: 15 minutes, in milliseconds.
  private static let measureNameLimit: Int64 = 8192
  private static let futureAllowance: Int64 = 15 * 60_000
  /// The window is 40 minutes longer than the retention, of which 15 lie ahead.
  private static let pastAllowance: Int64 = 25 * 60_000

  init(table: TimestreamStore.Table, connection: Connection, now: Int64) {
    self.table = table
    self.connection = connection
    self.now = now
    columns = Dictionary(table.columns.map { (.text($0.name), $0) }) { first, _ in first }
  }

  /// Where the memory store begins, nanoseconds.
  var memoryStart: Int64 { (now - table.memoryHours * 3_600_000) * 1_000_000 }

  /// - Returns: why the record is not stored; nil where it is.
  mutating func write(_ record: IncomingRecord) throws -> Rejection? {
    if let fault = record.fault ?? keyFault(record) ?? windowFault(record.time) { return Rejection(reason: fault) }
    if let rejection = try olderThanStored(record) { return rejection }
    if let fault = try addColumns(record) { return Rejection(reason: fault) }
    guard let series = try seriesID(record) else {
      return Rejection(reason: "The table would have more than \(Self.measureNameLimit) measure names.")
    }
    let names = record.values.map { columns[.text($0.column)]?.sql ?? "" }
    if statements.columns != names { statements = Statements(columns: names, table: table.rows) }
    let row = [.integer(series), .integer(record.time), .integer(record.version)] + record.values.map(\.value)
    // Nearly every record is new.
    try connection.run(statements.insert, row)
    if connection.changes > 0 { return nil }
    let existing = try connection.row(statements.select, .integer(series), .integer(record.time))
    if let existing, let version = existing[0].integer {
      let hasSameValues = existing[1...].elementsEqual(record.values.map(\.value))
      let isSame = try hasSameValues && hasNoOthers(series, record, names)
      if record.version <= version {
        if isSame, record.version == version { return nil }
        return Self.conflict(record.version, version)
      }
    }
    try connection.run(statements.replace, row)
    return nil
  }

  /// Why a record with a column that is new is not stored: it must not leave the column behind.
  private func olderThanStored(_ record: IncomingRecord) throws -> Rejection? {
    guard record.values.contains(where: { columns[.text($0.column)] == nil }),
      let series = try connection.row("SELECT id FROM \(table.series) WHERE key = ?", .text(record.seriesKey))?[0],
      let version = try connection.row(
        "SELECT version FROM \(table.rows) WHERE series = ? AND time = ?", series, .integer(record.time))?[0].integer,
      record.version <= version
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

  /// True where the stored row has no measure that the record lacks.
  private func hasNoOthers(_ series: Int64, _ record: IncomingRecord, _ names: [String]) throws -> Bool {
    let own = Set(names)
    let others = columns.values.filter { $0.kind != .dimension && !own.contains($0.sql) }.map(\.sql)
    guard !others.isEmpty else { return true }
    // In parts: SQLite's expressions have a limit of depth, and a table may have a thousand measures.
    for start in stride(from: 0, to: others.count, by: 100) {
      let part = others[start..<min(start + 100, others.count)].map { "\($0) IS NOT NULL" }.joined(separator: " OR ")
      let row = try connection.row(
        "SELECT 1 FROM \(table.rows) WHERE series = ? AND time = ? AND (\(part))", .integer(series),
        .integer(record.time))
      if row != nil { return false }
    }
    return true
  }

  private func keyFault(_ record: IncomingRecord) -> String? {
    guard case .dimension(let name, isRequired: true) = table.schema else { return nil }
    return record.dimensions.contains { $0.name == name }
      ? nil : "The record lacks the dimension '\(name)', which the partition key of the table requires."
  }

  private func windowFault(_ time: Int64) -> String? {
    let kept = table.memoryHours * 3_600_000 + (table.magneticWrites ? table.magneticDays * 86_400_000 : 0)
    let from = now - kept - Self.pastAllowance
    let to = now + Self.futureAllowance
    let milliseconds = time / 1_000_000
    guard milliseconds < from || milliseconds >= to else { return nil }
    let store = table.magneticWrites ? "data ingestion window" : "memory store"
    return
      "The record timestamp is outside the time range [\(Self.text(from)), \(Self.text(to))) of the \(store)."
  }

  private static func text(_ milliseconds: Int64) -> String {
    let time = UTCTime(epochMilliseconds: milliseconds)
    return "\(time.dateText)T\(time.timeText).\(UTCTime.padded(time.nanosecond / 1_000_000, 3))Z"
  }

  /// Makes the columns that the record is the first to have.
  private mutating func addColumns(_ record: IncomingRecord) throws -> String? {
    for value in record.values {
      guard let known = columns[.text(value.column)] else { continue }
      if known.kind == .dimension { return "'\(value.column)' is a dimension of this table." }
      if known.type != value.type {
        return
          "The measure '\(value.column)' has the type \(known.type.name.uppercased()), not \(value.type.name.uppercased())."
      }
    }
    for dimension in record.dimensions where columns[.text(dimension.name)].map({ $0.kind != .dimension }) ?? false {
      return "'\(dimension.name)' is a measure of this table."
    }
    let newDimensions = record.dimensions.filter { columns[.text($0.name)] == nil }
    let newValues = record.values.filter { columns[.text($0.column)] == nil }
    // Nearly every record has what others had before.
    guard !newDimensions.isEmpty || !newValues.isEmpty else { return nil }
    let dimensionCount = columns.values.count { $0.kind == .dimension }
    let multiCount = columns.values.count { $0.kind == .multi }
    if dimensionCount + newDimensions.count > 128 { return "The table would have more than 128 dimensions." }
    if multiCount + newValues.count(where: { $0.kind == .multi }) > 1024 {
      return "The table would have more than 1024 unique measures in multi-measure records."
    }
    for dimension in newDimensions { try add(dimension.name, .dimension, .varchar) }
    for value in newValues { try add(value.column, value.kind, value.type) }
    return nil
  }

  private mutating func add(_ name: String, _ kind: TimestreamStore.Column.Kind, _ type: TimestreamType) throws {
    let place = Int64(columns.values.count { ($0.kind == .dimension) == (kind == .dimension) })
    let column = TimestreamStore.Column(name: name, kind: kind, type: type, place: place)
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
      "INSERT INTO timestream_columns VALUES (?, ?, ?, ?, ?)", .integer(table.id), .text(name), .text(kind.rawValue),
      .text(type.name), .integer(place))
    columns[.text(name)] = column
  }

  /// Nil where the series would have one measure name too many.
  private mutating func seriesID(_ record: IncomingRecord) throws -> Int64? {
    if let last = lastSeries, last.record.isOfSeries(record) { return last.id }
    let key = record.seriesKey
    guard let id = try series[.text(key)] ?? storedSeriesID(key, record) else { return nil }
    series[.text(key)] = id
    lastSeries = (record, id)
    return id
  }

  private func isKnown(_ measureName: String) throws -> Bool {
    try connection.row("SELECT 1 FROM \(table.series) WHERE measure_name = ? LIMIT 1", .text(measureName)) != nil
  }

  private func storedSeriesID(_ key: String, _ record: IncomingRecord) throws -> Int64? {
    if let id = try connection.row("SELECT id FROM \(table.series) WHERE key = ?", .text(key))?[0].integer { return id }
    if try !isKnown(record.measureName) {
      let count = try connection.row("SELECT count(DISTINCT measure_name) FROM \(table.series)")?[0].integer ?? 0
      guard count < Self.measureNameLimit else { return nil }
    }
    let places = ["key", "measure_name"] + record.dimensions.map { columns[.text($0.name)]?.sql ?? "" }
    try connection.run(
      "INSERT INTO \(table.series) (\(places.joined(separator: ", "))) VALUES (\(places.map { _ in "?" }.joined(separator: ", ")))",
      [.text(key), .text(record.measureName)] + record.dimensions.map { .text($0.value) })
    return try connection.row("SELECT last_insert_rowid()")?[0].integer ?? 0
  }
}
