public import AWSClients
public import CacheSupport

/// History in Amazon Timestream: one multi-measure record per sample.
///
/// A series that a source knows is kept in one table, with the dimension `identifier` and the time of the fetch as its version. A series
/// that somebody writes is kept where a ``TimestreamMapping`` says, with its tags for dimensions; a table that is not there is made.
///
/// Records of other writers in the same table are read too, where they have the series' dimensions and no others: a single-measure record
/// is a value named by its measure name, and all records of one millisecond are one sample.
///
/// A record of a higher version replaces all of the one before, its measures included: a later write of the same instant with other fields
/// leaves these fields alone, where InfluxDB would merge both.
public struct TimestreamHistory: HistoryStore {
  let write: TimestreamWriteClient
  let query: TimestreamQueryClient
  let fetched: TimestreamTable
  let mapping: TimestreamMapping
  let resources: TimestreamResources
  let schemas: TimestreamSchemas

  /// The measure name of every record of a series that a source knows: it has one record per instant.
  static let measureName: ByteText = "sample"
  /// The dimension that names a series that a source knows.
  static let dimension: ByteText = "identifier"
  /// What the names of columns begin with that a query adds by itself: Timestream takes none such of a record.
  static let ownColumns: String = "ts_"
  /// WriteRecords takes 100 records.
  static let recordsPerRequest: Int = 100
  /// WriteRecords requests in flight for one write.
  static let requestsInFlight: Int = 4
  /// Requests that one write spends on finding the records for which a whole request was refused; two of a hundred need 26.
  static let requestsToBisect: Int = 40
  /// How often a request is repeated because its table was not there.
  static let mostCreations: Int = 5

  /// History in tables of Timestream.
  ///
  /// - Parameters:
  ///   - client: credentials, region and endpoints.
  ///   - database: the database of the series that sources know; it exists.
  ///   - table: their table, which exists.
  ///   - mapping: where written series are kept; nil keeps them in tables of the same database, see ``TimestreamMapping``.
  ///   - clock: tells when the next table may be made.
  ///   - sleep: waits between two tables that are made.
  public init(
    _ client: AWSClient, database: String, table: String, mapping: TimestreamMapping? = nil, clock: WallClock = .system,
    sleep: @escaping @Sendable (Duration) async throws(CancellationError) -> Void = {
      duration
        async throws(CancellationError) in
      do { try await Task.sleep(for: duration) } catch { throw CancellationError() }
    }
  ) {
    write = TimestreamWriteClient(client)
    query = TimestreamQueryClient(client)
    fetched = TimestreamTable(database: ByteText(database), table: ByteText(table))
    self.mapping = mapping ?? TimestreamMapping(database: database)
    schemas = TimestreamSchemas(query)
    resources = TimestreamResources(write, self.mapping, clock: clock, sleep: sleep)
  }

  /// Where a series is kept.
  func place(of series: Series) -> RecordPlace {
    guard let key = series.key else {
      return RecordPlace(
        table: fetched, measureName: Self.measureName.text,
        dimensions: [SeriesKey.Tag(Self.dimension, ByteText(series.identifier.text))])
    }
    return RecordPlace(
      table: TimestreamTable(database: ByteText(mapping.database), table: ByteText(mapping.table(of: key))),
      measureName: mapping.measureName(of: key), dimensions: TimestreamMapping.dimensions(of: key))
  }

  /// Writes 100 samples per request, four requests at a time.
  ///
  /// Where Timestream refuses a whole request, halves of it are sent until the records at fault are found. Records that it rejects while
  /// it takes others are sent once more, for as long as it takes some of them, unless the reason is one that does not pass.
  public func write(_ samples: [Sample], of series: Series, version: Int64) async -> HistoryWrite {
    await write([SeriesSamples(series: series, samples: samples)], version: version)[0]
  }

  /// Writes up to 100 samples of one table per request, whichever of its series they belong to, four requests at a time.
  ///
  /// What Timestream does not take of a written series is rejected before it is sent. Where it refuses a whole request, halves of it are
  /// sent until the records at fault are found.
  public func write(_ parts: [SeriesSamples], version: Int64) async -> [HistoryWrite] {
    var outcomes = [HistoryWrite](repeating: HistoryWrite(), count: parts.count)
    var runs: [RecordBatch.Run] = []
    for (index, part) in parts.enumerated() {
      let place = place(of: part.series)
      let samples = part.series.key.map { taken(part.samples, $0, &outcomes[index]) } ?? part.samples
      runs.append(RecordBatch.Run(part: index, place: place, samples: samples[...]))
    }
    let budget = RequestBudget(Self.requestsToBisect)
    let batches = RecordBatch.batches(of: runs, size: Self.recordsPerRequest)
    let written = await mapConcurrently(batches, limit: Self.requestsInFlight) { batch in
      await writeBatch(batch, version, budget)
    }
    for outcome in written.joined() { outcomes[outcome.part].add(outcome.write) }
    return outcomes
  }

  /// The samples that Timestream takes; the others are rejected.
  private func taken(_ samples: [Sample], _ key: SeriesKey, _ outcome: inout HistoryWrite) -> [Sample] {
    let fault = TimestreamLimits.fault(of: key, mapping)
    var known: [String] = []
    return samples.filter { sample in
      guard let reason = fault ?? TimestreamLimits.fault(of: sample, key, known: &known) else { return true }
      outcome.rejected.add(.init(time: sample.time, reason: reason))
      return false
    }
  }

  /// Sends a batch; where Timestream refuses the request as a whole, its halves, until the records at fault are alone. Where the table
  /// of written series is not there, it is made, and the batch sent again.
  private func writeBatch(_ batch: RecordBatch, _ version: Int64, _ budget: RequestBudget) async -> [BatchOutcome.Part]
  {
    var outcome = BatchOutcome(batch)
    var pending = [batch]
    var creations = 0
    while let batch = pending.popLast() {
      guard let table = batch.table else { continue }
      let seen = resources.seen(table.table)
      do throws(AWSError) {
        _ = try await write.writeRecords(
          TimestreamRequest.records(batch, version: version, into: table), count: batch.count)
        outcome.store(batch)
      } catch {
        let rejected = error.rejectedRecords
        if !rejected.isEmpty, rejected.allSatisfy({ (0..<batch.count).contains($0.index) }) {
          // What was rejected beside others may have been so for a reason that passes; what is then rejected again is so for good.
          let open = Set(rejected.filter { !$0.isForGood }.map(\.index))
          let again = !open.isEmpty && open.count < batch.count && budget.spend(1)
          outcome.store(batch, without: rejected, version: version, again: again ? open : [])
          if again { pending.append(batch.picking(open)) }
        } else if error.code == .validation, batch.count == 1 {
          outcome.reject(batch, error.message)
        } else if error.code == .validation, budget.spend(2) {
          let (first, second) = batch.split(at: batch.count / 2)
          pending.append(second)
          pending.append(first)
        } else if error.code == .resourceNotFound, batch.isWritten(fetched), creations < Self.mostCreations {
          creations += 1
          do throws(StoreError) {
            if let reason = try await resources.make(table.table, missing: error, since: seen) {
              outcome.reject(batch, reason)
            } else {
              pending.append(batch)
            }
          } catch { outcome.fail(batch, error) }
        } else {
          outcome.fail(batch, StoreError(error))
        }
      }
    }
    return outcome.parts
  }
}

extension RecordBatch {
  /// True where the batch is of written series, whose tables are made on demand.
  fileprivate func isWritten(_ fetched: TimestreamTable) -> Bool {
    table != fetched || runs.contains { !$0.place.measureName.hasSameBytes(as: TimestreamHistory.measureName.text) }
  }
}

extension RejectedRecord {
  /// True where Timestream's words are known, and it would refuse the record again.
  fileprivate var isForGood: Bool {
    existingVersion != nil || reason.hasPrefix("The record timestamp is outside the time range")
      || reason.hasPrefix("A record already exists with the same time, dimensions, measure name, and record version.")
  }
}

/// What became of the records of one batch, series by series.
private struct BatchOutcome {
  struct Part {
    var part: Int
    var write = HistoryWrite()
  }

  private(set) var parts: [Part]

  init(_ batch: RecordBatch) { parts = batch.runs.map { Part(part: $0.part) } }

  mutating func store(_ batch: RecordBatch) {
    change(batch) { write, sample, _ in write.addStored(sample.time) }
  }

  /// - Parameter again: the places of records that are sent once more.
  mutating func store(_ batch: RecordBatch, without rejected: [RejectedRecord], version: Int64, again: Set<Int>) {
    let refused = Dictionary(rejected.map { ($0.index, $0) }) { first, _ in first }
    change(batch) { write, sample, index in
      guard let record = refused[index] else { return write.addStored(sample.time) }
      guard !again.contains(index) else { return }
      if let existing = record.existingVersion, existing >= version {
        write.superseded += 1
      } else {
        write.rejected.add(.init(time: sample.time, reason: record.reason))
      }
    }
  }

  mutating func reject(_ batch: RecordBatch, _ reason: String) {
    change(batch) { write, sample, _ in write.rejected.add(.init(time: sample.time, reason: reason)) }
  }

  mutating func fail(_ batch: RecordBatch, _ error: StoreError) {
    for run in batch.runs {
      guard let place = parts.firstIndex(where: { $0.part == run.part }) else { continue }
      parts[place].write.failure = parts[place].write.failure ?? error
    }
  }

  private mutating func change(_ batch: RecordBatch, _ body: (inout HistoryWrite, Sample, Int) -> Void) {
    var index = 0
    for run in batch.runs {
      guard let place = parts.firstIndex(where: { $0.part == run.part }) else { continue }
      for sample in run.samples {
        body(&parts[place].write, sample, index)
        index += 1
      }
    }
  }
}
