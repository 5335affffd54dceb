public import AWSClients
import CacheSupport

/// Forecasts in DynamoDB: one item per sample, with the key (`identifier`, `time` in epoch seconds), which expires by `expiry`.
///
/// `time` keeps its milliseconds as a fraction. `values` maps each measure's name to its value; `fetched` is the time of the
/// fetch in epoch milliseconds. An item is kept until seven days after the later of the fetch and its own time.
public struct DynamoDBForecast: ForecastStore {
  let client: DynamoDBClient
  let table: String
  private let sleep: @Sendable (Duration) async throws -> Void

  /// Seven days, in seconds: how long after the later of fetch and sample an item is kept.
  static let keptSeconds: Int64 = 7 * 86_400
  /// The most bytes of a sample: an item has 400 KB, its keys and the names of its parts included.
  static let maximumBytes: Int = 400_000
  /// BatchWriteItem takes 25 items.
  static let itemsPerRequest: Int = 25
  /// BatchWriteItem requests in flight for one series.
  static let requestsInFlight: Int = 8
  /// How often items that DynamoDB left out are sent again.
  static let attempts: Int = 8

  /// Forecasts in a table whose keys are `identifier` (text) and `time` (number).
  public init(_ client: AWSClient, table: String) {
    self.init(client, table: table) { try await Task.sleep(for: $0) }
  }

  /// - Parameter sleep: waits before what DynamoDB left out is sent again.
  init(_ client: AWSClient, table: String, sleep: @escaping @Sendable (Duration) async throws -> Void) {
    self.client = DynamoDBClient(client)
    self.table = table
    self.sleep = sleep
  }

  /// Writes each sample for which no newer fetch has written, 25 per request.
  ///
  /// - Returns: how many were written.
  /// - Throws: ``StoreError``, once everything was tried; writing all of them again does no harm.
  public func write(
    _ samples: [Sample], of identifier: Identifier, fetchedAt: Int64
  ) async throws(StoreError) -> Int {
    let newer = try await timesFetched(after: fetchedAt, of: identifier, among: samples)
    let samples = newer.isEmpty ? samples : samples.filter { !newer.contains($0.time) }
    // Every batch runs, so that one's failure leaves no other undone.
    let counts = await inBatches(samples, of: Self.itemsPerRequest, inFlight: Self.requestsInFlight) { batch in
      await result { () async throws(StoreError) in
        try await put(
          .init(into: table, count: batch.count) { index, writer in
            writer.forecastItem(batch[index], of: identifier, fetchedAt: fetchedAt)
          })
        return batch.count
      }
    }
    var written = 0
    for count in counts { written += try count.get() }
    return written
  }

  /// A sample is refused where its item would be larger than DynamoDB takes.
  public func fault(of sample: Sample, of identifier: Identifier) -> String? {
    // A little more rather than less.
    let bytes = sample.measures.reduce(Identifier.maximumBytes + 200) { sum, measure in
      let value = if case .varchar(let text) = measure.value { text.utf8.count } else { 40 }
      return sum + measure.name.utf8.count + value + 8
    }
    guard bytes > Self.maximumBytes else { return nil }
    return "a forecast of \(bytes) bytes is too large: \(Self.maximumBytes) are the most"
  }

  /// The times for which a later fetch has written already: one that was slow, or came again, must not undo it.
  ///
  /// BatchWriteItem takes no conditions, so this looks before it writes; two fetches that write in the same moment are told
  /// apart by the next one.
  private func timesFetched(
    after fetchedAt: Int64, of identifier: Identifier, among samples: [Sample]
  ) async throws(StoreError) -> Set<Int64> {
    guard let first = samples.map(\.time).min(), let last = samples.map(\.time).max() else { return [] }
    var query = DynamoDBClient.Query(
      table: table, keyCondition: "#id = :id AND #time BETWEEN :from AND :to", filter: "#fetched > :fetched",
      projection: "#time", names: ["#id": "identifier", "#time": "time", "#fetched": "fetched"],
      values: [
        ":id": .s(identifier.text), ":from": .n(Self.seconds(first)), ":to": .n(Self.seconds(last)),
        ":fetched": .n(fetchedAt),
      ])
    query.consistent = true
    var times: Set<Int64> = []
    try await forEachAnswer(query) { answer throws(AWSError) in
      times.formUnion(try ForecastReading.times(answer))
      return true
    }
    return times
  }

  private func put(_ requests: DynamoDBClient.PutRequests) async throws(StoreError) {
    var left = requests
    for attempt in 1...Self.attempts {
      let sent = left
      let unprocessed = try await StoreError.translating { () async throws(AWSError) in
        try await client.batchWrite(sent)
      }
      guard let unprocessed else { return }
      left = unprocessed
      guard attempt < Self.attempts else { break }
      let milliseconds = Double.random(in: 0.5...1) * Double(25 << (attempt - 1))
      do { try await sleep(.milliseconds(Int(milliseconds))) } catch { break }
    }
    throw StoreError(.throttled, "DynamoDB left \(left.count) of \(requests.count) items of '\(table)' unwritten")
  }

  /// Epoch milliseconds as seconds, with a fraction where there is one.
  static func seconds(_ milliseconds: Int64) -> String {
    var writer = JSONWriter(capacity: 20)
    writer.seconds(milliseconds)
    return String(decoding: writer.bytes, as: UTF8.self)
  }
}
