public import AWSClients
import CacheSupport
import Synchronization

/// History in Amazon Timestream: one multi-measure record per sample, with the dimension `identifier` and the time of the
/// fetch as its version.
///
/// Records of other writers in the same table are read too, where they have the dimension: a single-measure record is a value
/// named by its measure name, and all records of one millisecond are one sample.
public struct TimestreamHistory: HistoryStore {
  private let write: TimestreamWriteClient
  let query: TimestreamQueryClient
  let sql: TimestreamSQL

  /// The measure name of every record: one series has one record per instant.
  static let measureName: ByteText = "sample"
  /// WriteRecords takes 100 records.
  static let recordsPerRequest: Int = 100
  /// WriteRecords requests in flight for one series.
  static let requestsInFlight: Int = 4
  /// Requests that one write spends on finding the records for which a whole request was refused; two of a hundred need 26.
  static let requestsToBisect: Int = 40

  /// History in a table of a database, both of which exist.
  public init(_ client: AWSClient, database: String, table: String) {
    write = TimestreamWriteClient(client)
    query = TimestreamQueryClient(client)
    sql = TimestreamSQL(database: database, table: table)
  }

  /// Writes 100 samples per request, four requests at a time.
  ///
  /// Where Timestream refuses a whole request, halves of it are sent until the records at fault are found.
  public func write(_ samples: [Sample], of series: Series, version: Int64) async -> HistoryWrite {
    let budget = Budget(Self.requestsToBisect)
    let outcomes = await inBatches(samples, of: Self.recordsPerRequest, inFlight: Self.requestsInFlight) { batch in
      await writeBatch(batch[...], series.identifier, version, budget)
    }
    return outcomes.reduce(into: HistoryWrite()) { $0.add($1) }
  }

  /// Sends a batch; where Timestream refuses the request as a whole, its halves, until the records at fault are alone.
  private func writeBatch(
    _ samples: ArraySlice<Sample>, _ identifier: Identifier, _ version: Int64, _ budget: Budget
  ) async -> HistoryWrite {
    var outcome = HistoryWrite()
    var pending = [samples]
    while let batch = pending.popLast() {
      do throws(AWSError) {
        _ = try await write.writeRecords(
          TimestreamRequest.records(batch, of: identifier, version: version, into: sql), count: batch.count)
        for sample in batch { outcome.addStored(sample.time) }
      } catch {
        let rejected = error.rejectedRecords
        if !rejected.isEmpty, rejected.allSatisfy({ (0..<batch.count).contains($0.index) }) {
          let refused = Set(rejected.map(\.index))
          for (index, sample) in batch.enumerated() where !refused.contains(index) { outcome.addStored(sample.time) }
          for record in rejected { outcome.add(record, of: batch, version: version) }
        } else if error.code == .validation, batch.count == 1, let sample = batch.first {
          outcome.rejected.add(.init(time: sample.time, reason: error.message))
        } else if error.code == .validation, budget.spend(2) {
          let middle = batch.startIndex + batch.count / 2
          pending.append(batch[middle...])
          pending.append(batch[..<middle])
        } else {
          outcome.failure = outcome.failure ?? StoreError(error)
        }
      }
    }
    return outcome
  }
}

/// What one write may still spend on requests, whichever of its batches needs them.
private final class Budget: Sendable {
  private let left: Mutex<Int>

  init(_ requests: Int) { left = Mutex(requests) }

  /// - Returns: false where less is left.
  func spend(_ requests: Int) -> Bool {
    left.withLock { left in
      guard left >= requests else { return false }
      left -= requests
      return true
    }
  }
}

extension HistoryWrite {
  fileprivate mutating func add(_ record: RejectedRecord, of batch: ArraySlice<Sample>, version: Int64) {
    if let existing = record.existingVersion, existing >= version {
      superseded += 1
    } else {
      rejected.add(.init(time: batch[batch.startIndex + record.index].time, reason: record.reason))
    }
  }
}
