import AWSClients
import CacheSupport
import HTTPTransport
import Synchronization
import TestSupport
import Testing

@testable import TimeSeriesCache

/// A table of chunks in a local cloud, whose items a test puts by hand, and a store that reads it.
struct ChunkTable: Sendable {
  static let name = "chunks"

  let client: DynamoDBClient
  let watched: AWSClient
  let http: WatchedHTTP
  let history: ChunkHistory
  let forecast: ChunkForecast

  var store: ChunkStore { history.chunks }

  /// Runs a body with an empty table.
  static func with<Value>(
    clock: WallClock = .system, retentionDays: Int? = nil, _ body: (ChunkTable) async throws -> Value
  ) async throws -> Value {
    try await TestCloud.with(clock: clock, polls: false) { cloud in
      let table: JSON = [
        "TableName": .string(name), "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [
          ["AttributeName": "series", "AttributeType": "S"], ["AttributeName": "start", "AttributeType": "N"],
        ],
        "KeySchema": [
          ["AttributeName": "series", "KeyType": "HASH"], ["AttributeName": "start", "KeyType": "RANGE"],
        ],
      ]
      _ = try await cloud.client.callRaw(.dynamoDB, "CreateTable", table.bytes)
      let http = WatchedHTTP(cloud.http)
      let watched = try AWSClient(environment: cloud.environment, http: http, clock: clock)
      return try await body(
        ChunkTable(
          client: DynamoDBClient(cloud.client), watched: watched, http: http,
          history: ChunkHistory(watched, table: name, retentionDays: retentionDays, clock: clock),
          forecast: ChunkForecast(watched, table: name, clock: clock)))
    }
  }

  /// A table like this one, that nobody has read yet.
  func unread(retentionDays: Int? = nil, clock: WallClock = .system) -> ChunkHistory {
    ChunkHistory(watched, table: Self.name, retentionDays: retentionDays, clock: clock)
  }

  func put(_ items: [ChunkItem], of series: Identifier) async throws {
    let client = client
    for batch in stride(from: 0, to: items.count, by: 25) {
      let left = try await client.batchPut(
        items[batch..<min(batch + 25, items.count)].map { Self.item($0, of: series) }, into: Self.name)
      #expect(left.isEmpty)
    }
  }

  static func item(_ chunk: ChunkItem, of series: Identifier) -> Item {
    var item: Item = [
      "series": .s(series.text), "start": .n(chunk.start), "widths": .l(chunk.widths.map { .n($0) }),
      "revision": .n(chunk.revision), "head": .b(Base64.text(chunk.head.span)),
    ]
    if !chunk.rows.isEmpty { item["rows"] = .b(Base64.text(chunk.rows.span)) }
    item["expiry"] = chunk.expiry.map { .n($0) }
    return item
  }
}

/// Sends on to another client what it is asked, and remembers it; a test may act between two questions.
final class WatchedHTTP: HTTPClient {
  private let real: any HTTPClient
  private let asked = Mutex<[JSON]>([])
  private let action = Mutex<(@Sendable (Int) async throws -> Void)?>(nil)

  init(_ real: any HTTPClient) { self.real = real }

  /// The questions since the last time.
  func taken() -> [JSON] {
    asked.withLock { asked in
      defer { asked = [] }
      return asked
    }
  }

  /// Runs before each question, with its number from 0.
  func before(_ action: (@Sendable (Int) async throws -> Void)?) { self.action.withLock { $0 = action } }

  func send(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse {
    let number = asked.withLock { asked in
      asked.append((try? JSON(parsing: request.body)) ?? .null)
      return asked.count - 1
    }
    if let action = action.withLock({ $0 }) {
      do { try await action(number) } catch { Issue.record(error) }
    }
    return try await real.send(request)
  }
}

/// Rows in chunks, cut by chance as a writer might have cut them.
struct ChunkLayoutMaker {
  var random: SplitMix
  var policy: ChunkPolicy = .history(retentionDays: nil)

  /// The items of some rows.
  ///
  /// - Parameter rows: ascending.
  mutating func items(_ rows: [ChunkRow]) -> [ChunkItem] {
    var items: [ChunkItem] = []
    for cell in Self.split(rows[...], ChunkTiers.cell) {
      cut(cell.rows, start: cell.start, widths: [ChunkTiers.cell], into: &items)
    }
    return items.sorted { $0.start < $1.start }
  }

  private mutating func cut(
    _ rows: ArraySlice<ChunkRow>, start: Int64, widths: [Int64], into items: inout [ChunkItem]
  ) {
    let width = widths[widths.count - 1]
    let narrower = ChunkTiers.widths.filter {
      $0 < width && width % $0 == 0 && width / $0 <= Int64(ChunkTiers.mostParts)
    }
    guard let next = narrower.randomElement(using: &random),
      Int.random(in: 0..<10, using: &random) < (rows.count > 3 ? 7 : 2)
    else {
      items.append(Self.item(Array(rows), start: start, widths: widths))
      return
    }
    var ownRows = rows.prefix(0)
    for part in Self.split(rows, next) {
      if part.start == start {
        ownRows = part.rows
      } else {
        cut(part.rows, start: part.start, widths: [next], into: &items)
      }
    }
    cut(ownRows, start: start, widths: widths + [next], into: &items)
  }

  static func item(_ rows: [ChunkRow], start: Int64, widths: [Int64], expiry: Int64? = nil) -> ChunkItem {
    let packed = ChunkCodec.pack(rows)
    return ChunkItem(
      start: start, widths: widths, revision: 1, head: packed.head, rows: packed.rows, expiry: expiry)
  }

  static func split(_ rows: ArraySlice<ChunkRow>, _ width: Int64) -> [(start: Int64, rows: ArraySlice<ChunkRow>)] {
    var parts: [(start: Int64, rows: ArraySlice<ChunkRow>)] = []
    for (index, row) in zip(rows.indices, rows) {
      let start = Binning(width: width, aggregates: []).start(of: row.sample.time)
      if let last = parts.last, last.start == start {
        parts[parts.count - 1].rows = rows[last.rows.startIndex...index]
      } else {
        parts.append((start, rows[index...index]))
      }
    }
    return parts
  }
}
