import AWSClients
import CacheSupport
import Synchronization

/// The columns of a table.
struct TimestreamSchema: Sendable, Hashable {
  /// Ordered by their bytes.
  var dimensions: [ByteText] = []
  /// The measures of multi-measure records, and Timestream's names of their types, in capitals.
  var measures: [ByteText: String] = [:]
  /// True where there are single-measure records, whose values are in columns by type.
  var hasSingleMeasures = false

  func has(_ column: ByteText) -> Bool { measures[column] != nil || dimensions.contains(column) }

  /// Reads the answer to DESCRIBE.
  init(_ rows: [[TimestreamQueryClient.Datum]]) {
    for row in rows {
      let texts = row.map { $0.text ?? "" }
      guard texts.count >= 3 else { continue }
      switch texts[2].uppercased() {
      case "DIMENSION": dimensions.append(ByteText(texts[0]))
      case "MULTI": measures[ByteText(texts[0])] = texts[1].uppercased()
      case "MEASURE_VALUE":
        if texts[0].hasPrefix("measure_value::") {
          hasSingleMeasures = true
        } else {
          measures[ByteText(texts[0])] = texts[1].uppercased()
        }
      default: break
      }
    }
    dimensions.sort()
  }
}

/// The columns of tables, as they were when they were last asked for.
///
/// A table gets columns whenever a record has new ones. A question that was asked with columns that have changed since is asked once more.
final class TimestreamSchemas: Sendable {
  private let known = Mutex<[TimestreamTable: TimestreamSchema]>([:])
  private let query: TimestreamQueryClient

  /// Tables whose columns are kept.
  static let mostTables: Int = 1000

  init(_ query: TimestreamQueryClient) { self.query = query }

  func known(_ table: TimestreamTable) -> TimestreamSchema? { known.withLock { $0[table] } }

  /// Asks for a table's columns; nil where there is no such table.
  func describe(_ table: TimestreamTable) async throws(StoreError) -> TimestreamSchema? {
    var schema: TimestreamSchema?
    do throws(AWSError) {
      schema = TimestreamSchema(try await query.rows(table.description, limit: TimestreamLimits.columns).rows)
    } catch {
      guard error.isMissingTable else { throw StoreError(error) }
    }
    known.withLock { known in
      if known.count >= Self.mostTables, known[table] == nil { known.removeAll() }
      known[table] = schema
    }
    return schema
  }

  /// Asks a question that needs a table's columns and whose answer does not tell them: meanwhile they are described again.
  ///
  /// - Parameters:
  ///   - columns: the dimensions that the question is about.
  ///   - question: asked again where the columns have changed.
  /// - Returns: nil where there is no such table, or it lacks a dimension: it has none of the rows that are asked for.
  func asking<Answer: Sendable>(
    _ table: TimestreamTable, having columns: [ByteText],
    _ question: @Sendable (TimestreamSchema) async throws(StoreError) -> Answer
  ) async throws(StoreError) -> Answer? {
    if let before = known(table), before.hasAll(columns) {
      async let freshAnswer = result { () async throws(StoreError) in try await describe(table) }
      let answer = await result { () async throws(StoreError) in try await question(before) }
      let fresh = try await freshAnswer.get()
      if fresh == before { return try answer.get() }
      guard let fresh, fresh.hasAll(columns) else { return nil }
      return try await question(fresh)
    }
    guard let schema = try await describe(table), schema.hasAll(columns) else { return nil }
    return try await question(schema)
  }
}

extension TimestreamSchema {
  fileprivate func hasAll(_ columns: [ByteText]) -> Bool { columns.allSatisfy { dimensions.contains($0) } }
}

extension AWSError {
  /// True where a query names a table or a database that is not there.
  var isMissingTable: Bool {
    guard code == .validation || code == .resourceNotFound else { return false }
    return message.contains("does not exist") || message.contains("not found for identifier")
  }
}
