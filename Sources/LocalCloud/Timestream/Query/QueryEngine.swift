import Basics
import SigV4
import Synchronization

/// Runs queries: parsed, checked, compiled to SQLite, answered in pages.
final class QueryEngine: Sendable {
  private let store: TimestreamStore
  private let clock: WallClock
  /// Its own connection, so that a long query holds up no write.
  private let reader: Database
  private let results = Mutex<[String: QueryResult]>([:])

  /// A page without MaxRows ends at about 1 MB.
  static let pageBytes: Int = 1_000_000
  /// How long a result can be paged through, milliseconds.
  static let tokenLifetime: Int64 = 3_600_000
  /// Rows of one result that are kept.
  static let rowLimit: Int = 2_000_000
  /// Results that are kept, and their bytes together.
  static let resultLimit: Int = 1000
  static let keptBytes: Int = 256 << 20
  /// Of them, what is there for a repeated client token alone: for five minutes, and small.
  static let repeatLifetime: Int64 = 5 * 60_000
  static let repeatBytes: Int = 16 << 20
  /// Any SELECT is billed for as much, bytes.
  static let meteredMinimum: Int = 10_000_000

  /// Timestream gives a query a minute.
  private let timeLimit: Duration

  init(store: TimestreamStore, clock: WallClock, timeLimit: Duration = .seconds(60)) throws {
    self.timeLimit = timeLimit
    self.store = store
    self.clock = clock
    reader = try Database(path: store.storage.path)
    try reader.with { connection throws(DatabaseError) in try connection.prepareForQueries() }
  }

  /// Checks a request; what it returns runs it.
  func prepare(_ input: inout Input) throws(ServiceError) -> @Sendable () async -> Result<JSON, ServiceError> {
    let sql = try input.string("QueryString", required: true, length: 1...262_144) ?? ""
    let maximumRows = try input.integer("MaxRows", in: 1...1000).map { Int($0) }
    let token = try input.string("NextToken", length: 1...2048)
    let clientToken = try input.string("ClientToken", length: 32...128)
    try input.check()
    try input.refuse("QueryInsights")
    return { [self] in
      do throws(ServiceError) {
        return .success(try page(sql, maximumRows: maximumRows, token: token, clientToken: clientToken))
      } catch { return .failure(error) }
    }
  }

  private func page(
    _ sql: String, maximumRows: Int?, token: String?, clientToken: String?
  ) throws(ServiceError) -> JSON {
    let now = clock.now
    let digest = Hex.encode(Digest.sha256(Array(sql.utf8)).prefix(8))
    if let token {
      let parts = token.split(separator: "-").map(String.init)
      guard parts.count == 3, parts[1] == digest, let offset = Int(parts[2]),
        let result = results.withLock({ $0[parts[0]] }), offset <= result.rows.count,
        now - result.createdAt < Self.tokenLifetime
      else { throw .timestream("ValidationException", "Invalid pagination token") }
      return result.page(from: offset, maximumRows: maximumRows, digest: digest)
    }
    if let clientToken, let known = results.withLock({ $0.values.first { $0.clientToken == clientToken } }) {
      guard known.digest == digest, now - known.createdAt < 5 * 60_000 else {
        throw .timestream(
          "ValidationException",
          "The client token was used before with other parameters, or more than five minutes ago.")
      }
      return known.firstPage(maximumRows: maximumRows)
    }
    var result = try run(sql, digest: digest, clientToken: clientToken, now: now)
    let first = result.firstPage(maximumRows: maximumRows)
    // Only what can be asked for again is kept: further pages, or the same client token.
    result.hasPages = first["NextToken"] != nil
    guard result.hasPages || clientToken != nil else { return first }
    let kept = result
    results.withLock { results in
      results = results.filter {
        now - $0.value.createdAt < ($0.value.hasPages ? Self.tokenLifetime : Self.repeatLifetime)
      }
      let repeats = results.values.reduce(0) { $0 + ($1.hasPages ? 0 : $1.bytes) }
      if repeats > Self.repeatBytes { results = results.filter(\.value.hasPages) }
      var bytes = kept.bytes + results.values.reduce(0) { $0 + $1.bytes }
      // The oldest go first, and those without further pages before any that has some.
      let oldest = results.values.sorted {
        ($0.hasPages ? 1 : 0, $0.createdAt) < ($1.hasPages ? 1 : 0, $1.createdAt)
      }
      for known in oldest where bytes > Self.keptBytes || results.count >= Self.resultLimit {
        results.removeValue(forKey: known.id)
        bytes -= known.bytes
      }
      results[kept.id] = kept
    }
    return first
  }

  /// The bytes of all results that are kept.
  var keptBytes: Int { results.withLock { $0.values.reduce(0) { $0 + $1.bytes } } }

  private func run(_ sql: String, digest: String, clientToken: String?, now: Int64) throws(ServiceError) -> QueryResult
  {
    var result = QueryResult(id: Self.queryID(), digest: digest, clientToken: clientToken, createdAt: now)
    do throws(QueryError) {
      switch try QueryParser.parse(sql) {
      case .query(let query): try self.query(query, now: now, into: &result)
      case .showDatabases(let pattern):
        result.columns = [.init(name: "Database", type: .varchar)]
        try list(nil, like: pattern, into: &result)
      case .showTables(let database, let pattern, let position):
        guard try reading({ connection throws(DatabaseError) in try store.hasDatabase(database, connection) }) else {
          throw QueryError("Database '\(database)' does not exist", at: position)
        }
        result.columns = [.init(name: "Table", type: .varchar)]
        try list(database, like: pattern, into: &result)
      case .showMeasures(let name, let pattern):
        let table = try table(name)
        result.columns = [
          .init(name: "measure_name", type: .varchar), .init(name: "data_type", type: .varchar),
          .init(name: "dimensions", type: MeasureListing.dimensionsType),
        ]
        for row in try reading({ connection throws(DatabaseError) in
          try MeasureListing.rows(of: table, like: pattern, connection)
        }) { result.add(row) }
      case .describe(let name):
        let table = try table(name)
        result.columns = ["Column", "Type", "Timestream attribute type"].map {
          QueryResult.Column(name: $0, type: .varchar)
        }
        for column in QueryChecker.columns(of: table, 0) {
          let kind = table.columns.first { $0.name == column.name }?.kind.rawValue
          let attribute = kind ?? (column.name == "time" ? "TIMESTAMP" : "MEASURE_NAME")
          result.add([.text(column.name), .text(column.expression.type.name), .text(attribute)])
        }
      }
    } catch {
      throw .timestream("ValidationException", error.text)
    }
    return result
  }

  private func list(_ database: String?, like pattern: String?, into result: inout QueryResult) throws(QueryError) {
    let names = try reading { connection throws(DatabaseError) in
      let names = try store.names(of: database, connection)
      guard let pattern else { return names }
      var found: [String] = []
      for name in names where try connection.row("SELECT ? LIKE ?", .text(name), .text(pattern))?[0] == .integer(1) {
        found.append(name)
      }
      return found
    }
    for name in names { result.add([.text(name)]) }
  }

  private func query(_ query: QueryExpression, now: Int64, into result: inout QueryResult) throws(QueryError) {
    let typed = try QueryChecker.check(query, now: now * 1_000_000) { name throws(QueryError) in try self.table(name) }
    result.columns = typed.outputs.map { QueryResult.Column(name: $0.name, type: $0.type) }
    result.isMetered = true
    let (sql, values) = Compiler.compile(typed)
    var output = result
    do {
      try reader.with { connection in
        try connection.limited(to: timeLimit) {
          try connection.forEach(sql, values) { row in
            output.add(row.values)
            guard output.rows.count <= Self.rowLimit else {
              throw QueryError(
                "the result has more than \(Self.rowLimit) rows, which the local cloud does not keep", at: nil)
            }
            if let fault = output.fault { throw QueryError(fault, at: nil) }
            return true
          }
        }
      }
    } catch let error as QueryError { throw error } catch let error as DatabaseError {
      throw QueryError(Self.words(for: error), at: nil)
    } catch { throw QueryError("the query failed", at: nil) }
    result = output
  }

  /// What SQLite refuses, without its SQL: the names in that are nobody's business.
  private static func words(for error: DatabaseError) -> String {
    if error.message.contains("parser stack") || error.message.contains("too large")
      || error.message.contains("too many")
    {
      return "the query is larger than the local cloud takes: \(error.message)"
    }
    if let fault = QueryFault.words(in: error.message) { return fault }
    if error.message.contains("interrupted") { return "the query took longer than its time limit and was cancelled" }
    if error.message.contains("overflow") { return "bigint overflow" }
    if error.message.contains("ESCAPE") { return "Escape string must be a single character" }
    return "the query failed: \(error.message)"
  }

  private func table(_ name: TableName) throws(QueryError) -> TimestreamStore.Table {
    guard let database = name.database else {
      throw QueryError("Database must be specified when session database is not set", at: name.position)
    }
    let found = try reading { connection throws(DatabaseError) in
      (try store.hasDatabase(database, connection), try store.find(database, name.table, connection))
    }
    guard found.0 else {
      // The service names the place of the identifier itself here, and puts no `line` before.
      throw QueryError(
        "Requested database '\(database)' not found for identifier '\(database).\(name.table)' at line \(name.position.line):\(name.position.column)",
        at: nil)
    }
    guard let table = found.1 else {
      throw QueryError("Table '\(database).\(name.table)' does not exist", at: name.position)
    }
    return table
  }

  private func reading<Value: Sendable>(
    _ body: (Connection) throws(DatabaseError) -> Value
  ) throws(QueryError) -> Value {
    do throws(DatabaseError) {
      return try reader.with { connection throws(DatabaseError) in try body(connection) }
    } catch {
      throw QueryError(Self.words(for: error), at: nil)
    }
  }

  /// 56 letters and digits, as the service's own.
  private static func queryID() -> String {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
    return "AEDQ" + String((0..<52).map { _ in alphabet[Int.random(in: 0..<alphabet.count)] })
  }
}

/// A query's rows, as they go onto the wire, kept while a client may page through them.
struct QueryResult: Sendable {
  struct Column: Sendable {
    var name: String
    var type: TimestreamType
  }

  let id: String
  let digest: String
  let clientToken: String?
  let createdAt: Int64
  var columns: [Column] = []
  private(set) var rows: [[UInt8]] = []
  private(set) var bytes = 0
  /// True for a SELECT, which is billed.
  var isMetered = false
  /// Why a row could not be written.
  private(set) var fault: String?

  init(id: String, digest: String, clientToken: String?, createdAt: Int64) {
    self.id = id
    self.digest = digest
    self.clientToken = clientToken
    self.createdAt = createdAt
  }

  /// Appends a row as `{"Data": [...]}`.
  mutating func add(_ values: [SQLValue]) {
    var writer = JSONWriter(capacity: values.count * 40 + 16)
    writer.raw("{\"Data\":[")
    for (index, value) in values.enumerated() {
      if index > 0 { writer.raw(",") }
      guard columns[index].type.write(value, into: &writer) else {
        // SQLite gives a real where a sum of integers passes 64 bits; the service calls it an error, too.
        fault = "\(columns[index].type.message) overflow in the column '\(columns[index].name)'"
        return
      }
    }
    writer.raw("]}")
    bytes += writer.bytes.count
    rows.append(writer.bytes)
  }

  /// True where its first answer had a token for more.
  var hasPages = false

  /// The service's first page of a query with MaxRows has no rows, only a token.
  func firstPage(maximumRows: Int?) -> JSON {
    maximumRows != nil && !rows.isEmpty
      ? answer(rows: 0..<0, isLast: false, digest: digest) : page(from: 0, maximumRows: maximumRows, digest: digest)
  }

  func page(from offset: Int, maximumRows: Int?, digest: String) -> JSON {
    var end = offset
    var size = 0
    while end < rows.count, end - offset < maximumRows ?? .max,
      size + rows[end].count <= QueryEngine.pageBytes || end == offset
    {
      size += rows[end].count
      end += 1
    }
    return answer(rows: offset..<end, isLast: end == rows.count, digest: digest)
  }

  private func answer(rows range: Range<Int>, isLast: Bool, digest: String) -> JSON {
    var answer: JSONObject = [
      "QueryId": .string(id),
      "ColumnInfo": .array(
        columns.map { ["Name": .string($0.name), "Type": $0.type.json] }),
      // The rows are JSON already: they pass through as the text of a number would.
      "Rows": .number("[" + rows[range].map { String(decoding: $0, as: UTF8.self) }.joined(separator: ",") + "]"),
      "QueryStatus": [
        "ProgressPercentage": .double(
          rows.isEmpty || isLast ? 100 : Double(range.upperBound) / Double(rows.count) * 100),
        "CumulativeBytesScanned": .integer(isMetered ? bytes : 0),
        "CumulativeBytesMetered": .integer(isMetered ? max(QueryEngine.meteredMinimum, bytes) : 0),
      ],
    ]
    if !isLast { answer["NextToken"] = .string("\(id)-\(digest)-\(range.upperBound)") }
    return .object(answer)
  }
}
