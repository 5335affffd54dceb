import AWSClients
import CacheSupport
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import LocalCloud

/// The threads on which requests run.
@Suite struct RequestThreadsTests {
  /// Something that a request holds.
  private final class Body: Sendable {
    static let alive = Atomic<Int>(0)
    init() { Self.alive.add(1, ordering: .relaxed) }
    deinit { Self.alive.subtract(1, ordering: .relaxed) }
  }

  @Test("A request that is done is let go of, also where something always waits") func letsGo() {
    let threads = RequestThreads(count: 1)
    let (first, second, isAtSecond) = (
      DispatchSemaphore(value: 0), DispatchSemaphore(value: 0), DispatchSemaphore(value: 0)
    )
    threads.run { first.wait() }
    for _ in 0..<1000 {
      let body = Body()
      threads.run { withExtendedLifetime(body) {} }
    }
    threads.run {
      isAtSecond.signal()
      second.wait()
    }
    // It waits as long as the one before it holds the thread.
    threads.run {}
    first.signal()
    isAtSecond.wait()
    #expect(Body.alive.load(ordering: .relaxed) < 10)
    second.signal()
    threads.stop()
  }

  // MARK: Timestream

  static func scheduledQuery(_ name: String) -> JSONObject {
    [
      "Name": .string(name), "QueryString": "SELECT 1",
      "ScheduleConfiguration": ["ScheduleExpression": "rate(1 hour)"],
      "NotificationConfiguration": ["SnsConfiguration": ["TopicArn": "arn:aws:sns:us-east-1:000000000000:t"]],
      "ScheduledQueryExecutionRoleArn": "arn:aws:iam::000000000000:role/r",
      "ErrorReportConfiguration": ["S3Configuration": ["BucketName": "bucket"]],
    ]
  }

  /// What changes Timestream's databases, tables and settings.
  private static let changes: [(operation: String, input: JSONObject)] = [
    ("CreateDatabase", ["DatabaseName": "new"]), ("UpdateDatabase", ["DatabaseName": "new", "KmsKeyId": "k"]),
    ("DeleteDatabase", ["DatabaseName": "new"]), ("CreateTable", ["DatabaseName": "new", "TableName": "new"]),
    ("UpdateTable", ["DatabaseName": "new", "TableName": "new"]),
    ("DeleteTable", ["DatabaseName": "new", "TableName": "new"]),
    ("TagResource", ["ResourceARN": "arn", "Tags": [["Key": "k", "Value": "v"]]]),
    ("UntagResource", ["ResourceARN": "arn", "TagKeys": ["k"]]), ("UpdateAccountSettings", ["MaxQueryTCU": 8]),
    ("UpdateScheduledQuery", ["ScheduledQueryArn": "arn", "State": "ENABLED"]),
    ("DeleteScheduledQuery", ["ScheduledQueryArn": "arn"]),
  ]

  /// Calls an operation; what it refuses is an answer, too.
  private static func call(_ cloud: TestCloud, _ operation: String, _ input: JSONObject) async -> Bool {
    do throws(AWSError) {
      _ = try await cloud.client.callRaw(
        .timestreamWrite, operation, JSON.object(input).bytes, timeout: .seconds(600))
      return true
    } catch {
      return (400..<500).contains(error.status ?? 0)
    }
  }

  /// Reads of each service.
  private static func readAll(_ cloud: TestCloud) async throws {
    _ = try await SQSClient(cloud.client).attributes(of: cloud.output("IdentifierQueueUrl"))
    _ = try await DynamoDBClient(cloud.client).getItem(
      ["identifier": .s("x")], from: cloud.output("IdentifierTableName"))
    _ = try await SSMClient(cloud.client).parameter(cloud.output("SourceKeyParameterName"))
    for operation in ["ListTables", "ListScheduledQueries", "DescribeAccountSettings"] {
      #expect(await call(cloud, operation, [:]))
    }
  }

  @Test("What waits for the writer stops no read", .timeLimit(.minutes(10))) func heldWriter() async throws {
    try await TestCloud.with(polls: false) { cloud async throws in
      let held = HeldWriter(cloud.cloud.storage)
      // Released also where a read fails, so that the cloud can end.
      defer { held.release() }
      let calls = (0..<4).flatMap { _ in
        Self.changes.map { change in Task { await Self.call(cloud, change.operation, change.input) } }
      }
      let queries = (0..<8).map { number in
        Task { await Self.call(cloud, "CreateScheduledQuery", Self.scheduledQuery("query-\(number)")) }
      }
      #expect(
        try await eventually { cloud.cloud.storage.writer.waitingCount == calls.count + queries.count })
      try await Self.readAll(cloud)
      held.release()
      for call in calls + queries { #expect(await call.value) }
    }
  }

  @Test("Queries end with their clients' connections, those that run and those that wait", .timeLimit(.minutes(10)))
  func clientsGone() async throws {
    // Nothing else ends them while the test looks.
    try await TestCloud.with(polls: false, configure: { $0.queryTimeLimit = .seconds(3600) }) { cloud async throws in
      let clients = (0..<QueryThreads.limit).map { _ in
        Task { await Self.call(cloud, "Query", ["QueryString": .string(QueryExecutionTests.endless)]) }
      }
      #expect(
        try await eventually { cloud.cloud.queryLoad == (QueryThreads.running, QueryThreads.waiting) })
      for client in clients { client.cancel() }
      #expect(try await eventually { cloud.cloud.queryLoad == (0, 0) })
      for client in clients { _ = await client.value }
      #expect(await Self.call(cloud, "Query", ["QueryString": "SELECT 1"]))
    }
  }

  @Test("What waits for a query's thread stops no other service", .timeLimit(.minutes(10)))
  func heldQueries() async throws {
    // Nothing ends by itself while the test looks.
    try await TestCloud.with(polls: false, configure: { $0.queryTimeLimit = .seconds(3600) }) { cloud async throws in
      let endless = (0..<QueryThreads.running).map { _ in
        Task { await Self.call(cloud, "Query", ["QueryString": .string(QueryExecutionTests.endless)]) }
      }
      #expect(try await eventually { cloud.cloud.queryLoad == (QueryThreads.running, 0) })
      let waiting = (0..<8).flatMap { number in
        [
          Task { await Self.call(cloud, "PrepareQuery", ["QueryString": "SELECT 1"]) },
          Task { await Self.call(cloud, "CreateScheduledQuery", Self.scheduledQuery("query-\(number)")) },
        ]
      }
      #expect(try await eventually { cloud.cloud.queryLoad == (QueryThreads.running, waiting.count) })
      try await Self.readAll(cloud)
      for task in endless { task.cancel() }
      for task in waiting { #expect(await task.value) }
    }
  }
}
