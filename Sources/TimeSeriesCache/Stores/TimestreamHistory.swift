public import AWSClients
import CacheSupport

/// History in Amazon Timestream: one multi-measure record a sample, dimension `identifier`, version the fetch's time.
public struct TimestreamHistory: HistoryStore {
  private let write: TimestreamWriteClient
  private let query: TimestreamQueryClient
  private let sql: TimestreamSQL

  /// The measure name of every record: one series has one record an instant.
  static let measureName: String = "sample"
  /// WriteRecords takes 100 records.
  static let recordsPerRequest: Int = 100
  /// WriteRecords requests in flight for one series.
  static let requestsInFlight: Int = 4

  public init(_ client: AWSClient, database: String, table: String) {
    write = TimestreamWriteClient(client)
    query = TimestreamQueryClient(client)
    sql = TimestreamSQL(database: database, table: table)
  }

  public func write(_ samples: [Sample], of identifier: Identifier, version: Int64) async -> HistoryWrite {
    let outcomes = await inBatches(samples, of: Self.recordsPerRequest, inFlight: Self.requestsInFlight) { batch in
      await writeBatch(batch, identifier, version)
    }
    return outcomes.reduce(into: HistoryWrite()) { $0.add($1) }
  }

  private func writeBatch(
    _ samples: [Sample], _ identifier: Identifier, _ version: Int64
  ) async -> HistoryWrite {
    let records = samples.map { sample in
      TimestreamRecord(
        dimensions: [.init(TimestreamSQL.dimension, identifier.text)], measureName: Self.measureName,
        measures: sample.measures.map(\.timestream), time: sample.time, version: version)
    }
    var outcome = HistoryWrite()
    do throws(AWSError) {
      _ = try await write.writeRecords(records, database: sql.database, table: sql.table)
      outcome.stored = samples.count
    } catch {
      let rejected = error.rejectedRecords
      guard !rejected.isEmpty, rejected.allSatisfy({ samples.indices.contains($0.index) }) else {
        outcome.failure = StoreError(error)
        return outcome
      }
      for record in rejected {
        if let existing = record.existingVersion, existing >= version {
          outcome.superseded += 1
        } else {
          outcome.rejected.add(.init(time: samples[record.index].time, reason: record.reason))
        }
      }
      outcome.stored = samples.count - rejected.count
    }
    return outcome
  }

  public func rows(
    of identifier: Identifier, in range: TimeRange, limit: Int
  ) async throws(StoreError) -> HistoryRows {
    var rows = HistoryRows(samples: [])
    var failure: StoreError?
    try await ask(sql.rows(of: identifier, in: range, limit: limit)) { page in
      // Each page becomes samples at once: the columns of other series, all null here, are not held.
      do throws(StoreError) { rows.samples += try Self.samples(page) } catch { failure = failure ?? error }
      rows.bytesMetered = page.bytesMetered
    }
    if let failure { throw failure }
    return rows
  }

  public func newest(of identifier: Identifier, in range: TimeRange?) async throws(StoreError) -> NewestHistory {
    var newest = NewestHistory(time: nil)
    var cell: TimestreamQueryClient.Datum?
    try await ask(sql.newest(of: identifier, in: range)) { page in
      cell = cell ?? page.rows.first?.first
      newest.bytesMetered = page.bytesMetered
    }
    if let cell { newest.time = try Self.time(cell) }
    return newest
  }

  /// Hands over each page; none for a table into which nothing was ever written: it has no column `identifier` yet, and
  /// says so.
  private func ask(_ text: String, _ body: (TimestreamQueryClient.Page) -> Void) async throws(StoreError) {
    do throws(AWSError) { try await query.forEachPage(text) { page throws(AWSError) in body(page) } } catch {
      let hasNoColumn =
        error.code == .validation && error.message.contains("'\(TimestreamSQL.dimension)' does not exist")
      if hasNoColumn { return }
      throw StoreError(error)
    }
  }

  private static func time(_ datum: TimestreamQueryClient.Datum) throws(StoreError) -> Int64? {
    switch datum {
    case .null: return nil
    case .scalar(let text):
      guard let time = ISO8601Time(text) else { throw StoreError(.failed, "Timestream gave '\(text)' as a time") }
      return time.epochMilliseconds()
    case .other: throw StoreError(.failed, "Timestream gave no scalar as a time")
    }
  }

  /// Every column but the series' own is a measure; one that a row does not have is null there.
  private static func samples(_ page: TimestreamQueryClient.Page) throws(StoreError) -> [Sample] {
    var timeIndex: Int?
    var measures: [(index: Int, name: String, type: String)] = []
    for (index, column) in page.columns.enumerated() {
      switch column.name {
      case "time": timeIndex = index
      case TimestreamSQL.dimension, "measure_name": continue
      default: if case .scalar(let type) = column.type { measures.append((index, column.name, type)) }
      }
    }
    guard let timeIndex else { throw StoreError(.failed, "Timestream gave no column 'time'") }
    measures.sort { $0.name < $1.name }
    var samples: [Sample] = []
    samples.reserveCapacity(page.rows.count)
    for row in page.rows {
      guard let time = try time(row[timeIndex]) else { throw StoreError(.failed, "Timestream gave a row without time") }
      var values: [Measure] = []
      values.reserveCapacity(measures.count)
      for (index, name, type) in measures {
        if case .scalar(let text) = row[index], let value = MeasureValue(timestream: type, text) {
          values.append(Measure(name, value))
        }
      }
      samples.append(Sample(time: time, measures: values))
    }
    return samples
  }
}

extension Measure {
  fileprivate var timestream: TimestreamRecord.Measure {
    switch value {
    case .double(let value): .init(name, value.description, .double)
    case .bigint(let value): .init(name, String(value), .bigint)
    case .varchar(let value): .init(name, value, .varchar)
    case .boolean(let value): .init(name, value ? "true" : "false", .boolean)
    }
  }
}

extension MeasureValue {
  fileprivate init?(timestream type: String, _ text: String) {
    switch type {
    case "DOUBLE":
      guard let value = Double(text) else { return nil }
      self = .double(value)
    case "BIGINT", "INTEGER":
      guard let value = Int64(text) else { return nil }
      self = .bigint(value)
    case "BOOLEAN": self = .boolean(text == "true")
    default: self = .varchar(text)
    }
  }
}
