import CacheSupport
import SQLiteStore
import TestSupport
import Testing

@testable import LocalCloud

/// Numbers at the ends of what a request can say, and beyond: each is refused in the service's own words, and ends nothing.
@Suite struct ExtremeValueTests {
  static let numbers = [
    "9223372036854775807", "-9223372036854775808", "9223372036854775808", "-9223372036854775809", "1e308", "-1e308",
    "1e999", "2147483648", "-2147483649",
  ]

  private static func code(_ refusal: String?) -> String {
    refusal.map { String($0.prefix { $0 != ":" }) } ?? "answered"
  }

  // MARK: SQS

  static let members: [(operation: String, member: String, others: JSONObject)] = [
    ("SendMessage", "DelaySeconds", ["MessageBody": "b"]),
    ("ReceiveMessage", "MaxNumberOfMessages", [:]), ("ReceiveMessage", "VisibilityTimeout", [:]),
    ("ReceiveMessage", "WaitTimeSeconds", [:]), ("ChangeMessageVisibility", "VisibilityTimeout", [:]),
    ("ListQueues", "MaxResults", [:]), ("ListDeadLetterSourceQueues", "MaxResults", [:]),
  ]

  @Test("SQS refuses numbers that cannot be", arguments: members.indices) func queues(index: Int) async throws {
    let (operation, member, others) = Self.members[index]
    let service = try await QueueTests.queue()
    _ = try await service("SendMessage", ["QueueUrl": .string(QueueTests.url), "MessageBody": "b"])
    let received = try await service("ReceiveMessage", ["QueueUrl": .string(QueueTests.url)])
    var input = others
    if operation != "ListQueues" { input["QueueUrl"] = .string(QueueTests.url) }
    if operation == "ChangeMessageVisibility" {
      input["ReceiptHandle"] = received["Messages"]?.array?.first?["ReceiptHandle"]
    }
    for number in Self.numbers {
      input[member] = .number(number)
      let code = Self.code(await service.refusal(operation, .object(input)))
      #expect(["InvalidParameterValue", "SerializationException"].contains(code), "\(code): \(number)")
    }
  }

  @Test(
    "A queue refuses settings that cannot be",
    arguments: [
      "DelaySeconds", "VisibilityTimeout", "ReceiveMessageWaitTimeSeconds", "MessageRetentionPeriod",
      "MaximumMessageSize", "KmsDataKeyReusePeriodSeconds",
    ])
  func settings(name: String) async throws {
    let service = try await QueueTests.queue()
    for number in Self.numbers + ["0x10", "1.5", "٣", "", " 1"] {
      let input: JSON = ["QueueUrl": .string(QueueTests.url), "Attributes": [name: .string(number)]]
      let code = Self.code(await service.refusal("SetQueueAttributes", input))
      #expect(code == "InvalidAttributeValue", "\(number)")
    }
  }

  // MARK: Timestream

  @Test(
    "A record's time and version may be at the ends of a number",
    arguments: ["SECONDS", "MILLISECONDS", "MICROSECONDS", "NANOSECONDS"])
  func records(unit: String) throws {
    let store = try WriteRecordsTests.store()
    for number in Self.numbers + ["0", "-1", "1.5"] {
      let answer = WriteRecordsTests.write(store, ["Time": .string(number), "TimeUnit": .string(unit)])
      let isRefused =
        answer == "400 Invalid time for record."
        || answer.hasPrefix("419 The record timestamp is outside the time range [2027-01-09T19:35:00.000Z, ")
      #expect(isRefused, "\(number): \(answer)")
    }
    #expect(WriteRecordsTests.write(store, ["Version": .integer(Int64.max)]) == "1+0")
    #expect(WriteRecordsTests.write(store, ["Version": 1, "MeasureValue": "2"]).hasSuffix("(\(Int64.max))"))
    for version in ["0", "-9223372036854775808"] {
      #expect(WriteRecordsTests.write(store, ["Version": .number(version)]) == "400 Version must be 1 or greater.")
    }
    for version in ["9223372036854775808", "-9223372036854775809", "1e308", "1.5"] {
      let answer = WriteRecordsTests.write(store, ["Version": .number(version)])
      #expect(answer.hasPrefix("400 "), "\(version): \(answer)")
    }
  }

  @Test("A scheduled query refuses a time that cannot be") func invocations() async throws {
    let runner = try ScheduledQueryTests.runner(
      .fixed(QueryTests.epoch), try Storage(folder: nil, schemas: LocalCloud.schemas))
    try runner.queries.store.makeTable()
    let arn = try await ScheduledQueryTests.create(runner, "one", "rate(1 hour)")
    for number in Self.numbers where !number.contains("214748364") {
      let error = #expect(throws: ServiceError.self) {
        try runner.queries.store.run(
          runner.execute, ["ScheduledQueryArn": .string(arn), "InvocationTime": .number(number)])
      }
      #expect(error == .timestream("ValidationException", "Invalid invocation time."), "\(number)")
    }
    await runner.tasks.stop()
  }

  // MARK: Parameter Store

  @Test("Parameter Store refuses numbers that cannot be", arguments: numbers) func parameters(number: String)
    async throws
  {
    let service = try ParameterStoreTests.service()
    _ = try await ParameterStoreTests.put(service, "/a/b", "v")
    for (operation, others) in [
      ("DescribeParameters", [:]), ("GetParametersByPath", ["Path": "/a"]), ("GetParameterHistory", ["Name": "/a/b"]),
    ] as [(String, JSONObject)] {
      var input = others
      input["MaxResults"] = .number(number)
      let code = Self.code(await service.refusal(operation, .object(input)))
      #expect(["ValidationException", "SerializationException"].contains(code), "\(operation): \(code)")
    }
    let code = Self.code(await service.refusal("GetParameter", ["Name": .string("/a/b:\(number)")]))
    #expect(["ParameterVersionNotFound", "ParameterNotFound", "ValidationException"].contains(code), "\(code)")
  }
}
