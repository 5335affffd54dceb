import AWSClients
import CacheSupport
import HTTPTransport
import Synchronization
import TestSupport
import Testing

@testable import TimeSeriesCache

/// A place for history that one test has to itself: a table, or a database.
struct Home: Sendable {
  let kind: StoreKind
  let servers: Servers
  /// Of the table or database.
  let name: String

  /// What the clocks of all stores show: 2026-03-01T00:00:00Z, a multiple of every width of bins that is used.
  static let now: Int64 = 1_772_323_200_000
  private static let made = Atomic(0)

  /// Makes a place.
  ///
  /// - Parameter retentionDays: how long rows are kept; nil for as long as the store can.
  init(_ kind: StoreKind, retentionDays: Int? = nil) async throws {
    self.kind = kind
    servers = try #require(Servers.current, "the suite's servers do not run")
    name = "home-\(Self.made.add(1, ordering: .relaxed).newValue)"
    self.retentionDays = retentionDays
    switch kind {
    case .timestream:
      let write = TimestreamWriteClient(servers.cloud.client)
      try await write.createDatabase(name)
      try await write.createTable(
        name, in: name,
        TimestreamWriteClient.TableProperties(
          memoryHours: 12, magneticDays: retentionDays ?? 73_000, magneticWrites: true))
    case .dynamodb:
      let input: JSON = [
        "TableName": .string(name), "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [
          ["AttributeName": "series", "AttributeType": "S"], ["AttributeName": "start", "AttributeType": "N"],
        ],
        "KeySchema": [
          ["AttributeName": "series", "KeyType": "HASH"], ["AttributeName": "start", "KeyType": "RANGE"],
        ],
      ]
      try await servers.cloud.client.call(.dynamoDB, "CreateTable", input.bytes) { _ throws(AWSError) in }
    case .influxdb:
      let duration = retentionDays.map { " WITH DURATION \($0)d" } ?? ""
      let answer = try await #require(servers.influx).ask("CREATE DATABASE \"\(name)\"\(duration)")
      try #require(!answer.contains("error"), "\(answer)")
    }
  }

  private let retentionDays: Int?

  /// Midnight of the day that the server's own clock shows.
  var today: Int64 {
    guard kind == .influxdb else { return Self.now }
    let now = WallClock.system.now
    return now - now % 86_400_000
  }

  /// The client to the server.
  var http: any HTTPClient { kind == .influxdb ? servers.influx?.http ?? servers.cloud.http : servers.cloud.http }

  /// The store as another process would open it.
  ///
  /// - Parameters:
  ///   - now: what its clock shows.
  ///   - http: gets the client to the server, and gives the one that the store uses.
  func store(
    now: Int64 = Self.now, mapping: TimestreamMapping.Tables? = nil,
    through http: (any HTTPClient) -> any HTTPClient = { $0 }
  ) throws -> any HistoryStore {
    switch kind {
    case .timestream: return try timestream(now: now, mapping: mapping, through: http)
    case .dynamodb:
      return ChunkHistory(try client(http), table: name, retentionDays: retentionDays, clock: .fixed(now))
    case .influxdb:
      return try InfluxHistory(
        http: http(self.http), url: try #require(servers.influx).url, database: name, clock: .fixed(now),
        sleep: { _ in })
    }
  }

  func timestream(
    now: Int64 = Self.now, mapping tables: TimestreamMapping.Tables? = nil,
    through http: (any HTTPClient) -> any HTTPClient = { $0 }
  ) throws -> TimestreamHistory {
    var mapping = TimestreamMapping(database: name)
    if let tables { mapping.tables = tables }
    mapping.magneticDays = 73_000
    return TimestreamHistory(
      try client(http), database: name, table: name, mapping: mapping, clock: .fixed(now), sleep: { _ in })
  }

  /// Repeats what failed without a wait.
  private func client(_ http: (any HTTPClient) -> any HTTPClient) throws -> AWSClient {
    try AWSClient(
      environment: servers.cloud.environment, http: http(self.http), clock: .fixed(Self.now),
      retries: RetryPolicy(sleep: { _ in }))
  }
}
