import CacheSupport
import TestSupport
import Testing

/// The stores that the one suite is for, each against its real server.
enum StoreKind: String, CaseIterable, Sendable, CustomTestStringConvertible {
  case timestream, dynamodb, influxdb

  /// In the order of the documentation's columns.
  static let everyKind: [StoreKind] = [.timestream, .dynamodb, .influxdb]
  /// Those whose server is there.
  static let allCases: [StoreKind] = everyKind.filter { $0 != .influxdb || InfluxServer.isPresent }

  var testDescription: String { rawValue }
}

/// Every behaviour of a history, store by store.
///
/// The servers start once for all of these tests. Each test has a table or a database of its own in them.
@Suite(.servers) struct HistoryStoreTests {}

/// What the tests of the suite talk to.
struct Servers: Sendable {
  @TaskLocal static var current: Servers?

  let cloud: TestCloud
  /// Nil where it is not there.
  let influx: InfluxServer?

  static func with(_ body: @Sendable () async throws -> Void) async throws {
    try await TestCloud.with(clock: .fixed(Home.now), polls: false) { cloud in
      guard InfluxServer.isPresent else {
        return try await Servers.$current.withValue(Servers(cloud: cloud, influx: nil)) { try await body() }
      }
      try await InfluxServer.with { influx in
        try await Servers.$current.withValue(Servers(cloud: cloud, influx: influx)) { try await body() }
      }
    }
  }
}

struct ServersTrait: SuiteTrait, TestScoping {
  /// Around the suite as a whole, not around each of its tests.
  var isRecursive: Bool { false }

  func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
  ) async throws {
    try await Servers.with { try await function() }
  }
}

extension Trait where Self == ServersTrait {
  static var servers: ServersTrait { ServersTrait() }
}
