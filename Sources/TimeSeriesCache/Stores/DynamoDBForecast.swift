public import AWSClients
import CacheSupport

/// Forecasts in DynamoDB: one item a sample, key (`identifier`, `time` in epoch seconds), which expires by `expiry`.
///
/// `time` keeps its milliseconds as a fraction. `values` maps each measure's name to its value; `fetched` is the fetch's
/// epoch milliseconds.
public struct DynamoDBForecast: ForecastStore {
  private let client: DynamoDBClient
  private let table: String
  private let sleep: @Sendable (Duration) async throws -> Void

  /// Seven days, in seconds: how long after the later of fetch and sample an item is kept.
  static let keptSeconds: Int64 = 7 * 86_400
  /// BatchWriteItem takes 25 items.
  static let itemsPerRequest: Int = 25
  /// BatchWriteItem requests in flight for one series.
  static let requestsInFlight: Int = 8
  /// How often items that DynamoDB left out are sent again.
  static let attempts: Int = 8

  public init(
    _ client: AWSClient, table: String,
    sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
  ) {
    self.client = DynamoDBClient(client)
    self.table = table
    self.sleep = sleep
  }

  public func write(
    _ samples: [Sample], of identifier: Identifier, fetchedAt: Int64
  ) async throws(StoreError) -> Int {
    let newer = try await timesFetched(after: fetchedAt, of: identifier, among: samples)
    let samples = samples.filter { !newer.contains($0.time) }
    // Every batch runs, so that one's failure leaves no other undone.
    let counts = await inBatches(samples, of: Self.itemsPerRequest, inFlight: Self.requestsInFlight) { batch in
      await result { () async throws(StoreError) in
        try await put(batch.map { Self.item($0, of: identifier, fetchedAt: fetchedAt) })
        return batch.count
      }
    }
    var written = 0
    for count in counts { written += try count.get() }
    return written
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
    var start: Item?
    repeat {
      let page = try await StoreError.translating { () async throws(AWSError) in
        try await client.query(query, after: start)
      }
      for item in page.items { times.insert(try Self.time(item)) }
      start = page.lastKey
    } while start != nil
    return times
  }

  private func put(_ items: [Item]) async throws(StoreError) {
    var left = items
    for attempt in 0..<Self.attempts {
      left = try await StoreError.translating { () async throws(AWSError) in
        try await client.batchPut(left, into: table)
      }
      if left.isEmpty { return }
      let milliseconds = Double.random(in: 0.5...1) * Double(25 << attempt)
      do { try await sleep(.milliseconds(Int(milliseconds))) } catch { break }
    }
    throw StoreError(.throttled, "DynamoDB left \(left.count) of \(items.count) items of '\(table)' unwritten")
  }

  public func page(
    of identifier: Identifier, in range: TimeRange, limit: Int, now: Int64
  ) async throws(StoreError) -> ForecastPage {
    var query = DynamoDBClient.Query(
      table: table, keyCondition: "#id = :id AND #time BETWEEN :from AND :to", filter: "#expiry > :now",
      names: ["#id": "identifier", "#time": "time", "#expiry": "expiry"],
      values: [
        ":id": .s(identifier.text), ":from": .n(Self.seconds(range.from)), ":to": .n(Self.seconds(range.to)),
        ":now": .n(now / 1000),
      ])
    query.limit = limit
    let page = try await StoreError.translating { () async throws(AWSError) in try await client.query(query) }
    let samples = try page.items.map { item throws(StoreError) in try Self.sample(item) }
    let next = try page.lastKey.map { key throws(StoreError) in try Self.time(key) + 1 }
    return ForecastPage(samples: samples, next: next.flatMap { $0 <= range.to ? $0 : nil })
  }

  public func hasAny(_ identifier: Identifier, now: Int64) async throws(StoreError) -> Bool {
    let all = DynamoDBClient.Query(
      table: table, keyCondition: "#id = :id", filter: "#expiry > :now", projection: "#id",
      names: ["#id": "identifier", "#expiry": "expiry"],
      values: [":id": .s(identifier.text), ":now": .n(now / 1000)])
    var start: Item?
    repeat {
      let page = try await StoreError.translating { () async throws(AWSError) in
        try await client.query(all, after: start)
      }
      if !page.items.isEmpty { return true }
      start = page.lastKey
    } while start != nil
    return false
  }

  static func item(_ sample: Sample, of identifier: Identifier, fetchedAt: Int64) -> Item {
    [
      "identifier": .s(identifier.text),
      "time": .n(seconds(sample.time)),
      "expiry": .n(UTCTime.floorSeconds(max(sample.time, fetchedAt)) + keptSeconds),
      "fetched": .n(fetchedAt),
      "values": .m(sample.measures.reduce(into: [:]) { $0[$1.name] = $1.value.dynamoDB }),
    ]
  }

  private static func sample(_ item: Item) throws(StoreError) -> Sample {
    let values = item["values"]?.map ?? [:]
    let measures = values.compactMap { name, value in MeasureValue(dynamoDB: value).map { Measure(name, $0) } }
    return Sample(time: try time(item), measures: measures.sorted { $0.name < $1.name })
  }

  /// Epoch milliseconds of an item's key.
  private static func time(_ item: Item) throws(StoreError) -> Int64 {
    guard let text = item["time"]?.number, let seconds = Double(text),
      let milliseconds = Int64(exactly: (seconds * 1000).rounded())
    else { throw StoreError(.failed, "an item of the forecasts' table has no number as its time") }
    return milliseconds
  }

  /// Epoch milliseconds as seconds, with a fraction where there is one.
  static func seconds(_ milliseconds: Int64) -> String {
    guard milliseconds % 1000 != 0 else { return String(milliseconds / 1000) }
    let fraction = UTCTime.padded(Int(abs(milliseconds % 1000)), 3)
    return (milliseconds < 0 ? "-" : "") + String(abs(milliseconds / 1000)) + "." + fraction
  }
}

extension UTCTime {
  fileprivate static func floorSeconds(_ milliseconds: Int64) -> Int64 {
    UTCTime(epochMilliseconds: milliseconds).epochSeconds
  }
}

extension MeasureValue {
  /// Doubles are numbers of up to 17 digits; those whose exponent DynamoDB cannot keep, and integers, carry their type.
  fileprivate var dynamoDB: AttributeValue {
    switch self {
    case .double(let value):
      let magnitude = abs(value)
      return value == 0 || (magnitude > 1e-120 && magnitude < 1e120)
        ? .n(value.description) : .m(["double": .s(value.description)])
    case .bigint(let value): return .m(["bigint": .n(value)])
    case .varchar(let value): return .s(value)
    case .boolean(let value): return .bool(value)
    }
  }

  fileprivate init?(dynamoDB value: AttributeValue) {
    switch value {
    case .n(let text):
      guard let number = Double(text) else { return nil }
      self = .double(number)
    case .m(let map):
      if let text = map["bigint"]?.number, let number = Int64(text) {
        self = .bigint(number)
      } else if let text = map["double"]?.string, let number = Double(text) {
        self = .double(number)
      } else {
        return nil
      }
    case .s(let text): self = .varchar(text)
    case .bool(let flag): self = .boolean(flag)
    default: return nil
    }
  }
}
