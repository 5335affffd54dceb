import AWSClients
import CacheSupport
import Foundation
import HTTPTransport
import LocalCloud
import TestSupport
import Testing

@testable import TimeSeriesCache

/// The whole system with its real executables, each a process of its own.
@Suite struct EndToEndTests {
  /// The rows of a series in the API, by origin.
  static func counts(_ cloud: TestCloud, _ identifier: String) async throws -> (history: Int, forecast: Int) {
    let day: Int64 = 86_400_000
    let now = WallClock.system.now
    let response = try await cloud.get("v1/series/\(identifier)?from=\(now - 4 * day)&to=\(now + 4 * day)&limit=10000")
    let rows = try JSON(parsing: response.body)["rows"]?.array ?? []
    return (rows.count { $0["origin"] == "history" }, rows.count { $0["origin"] == "forecast" })
  }

  static func isDrained(_ cloud: TestCloud, _ queue: String) async throws -> Bool {
    let attributes = try await SQSClient(cloud.client).attributes(of: cloud.output(queue))
    return attributes["ApproximateNumberOfMessages"] == "0"
      && attributes["ApproximateNumberOfMessagesNotVisible"] == "0"
  }

  static func runQueue(_ cloud: TestCloud) async throws -> JSON {
    let invocation = try await LambdaClient(cloud.client).invoke(cloud.output("QueueFunctionName"))
    #expect(invocation.functionError == nil)
    return try JSON(parsing: invocation.payload)
  }

  @Test("Two runs on the same data leave one day of the grid, once")
  func twice() async throws {
    try await TestCloud.with { cloud async throws in
      try await cloud.register(["greenwich", "51.5,-0.1", "-33.9,151.2"])
      for _ in 0..<2 {
        #expect(try await Self.runQueue(cloud)["identifiers"]?.int == 3)
        #expect(try await eventually { try await Self.isDrained(cloud, "IdentifierQueueUrl") })
      }
      for identifier in ["greenwich", "51.5%2C-0.1"] {
        let (history, forecast) = try await Self.counts(cloud, identifier)
        // A mark of the grid may pass between the two runs: it then moves from forecast to history.
        #expect((288...289).contains(history))
        #expect(history + forecast == 576 || history + forecast == 577)
      }
    }
  }

  @Test("A fetch process that is killed in the middle of a batch loses nothing")
  func killed() async throws {
    // Two of the four identifiers of the batch are served; the others' answers are held until the process is dead.
    let asked = Recorder<Int>()
    try await TestCloud.with(configure: { try $0.template.edit("Timeout: 60", "Timeout: 30") }) { cloud async throws in
      try await Self.setVisibility(4, of: cloud)
      let (gate, opener) = AsyncStream<Void>.makeStream()
      let source = try SlowSource { number in
        asked.append(number)
        if number == 2 || number == 3 { for await _ in gate {} }
      }
      let description =
        #"{"default":{"url":"\#(source.address)/{identifier}","rows":"/rows","time":{"at":"/t","format":"milliseconds"},"measures":{"a":"/a"},"attempts":1}}"#
      try cloud.setParameter(cloud.output("SourcesParameterName"), description)
      let identifiers = ["one", "two", "three", "four"]
      try await cloud.register(identifiers)
      _ = try await Self.runQueue(cloud)
      // The middle of the batch: someone's rows are in both stores, and someone's answer is awaited.
      let isMiddle = try await eventually {
        var whole = 0
        for identifier in identifiers where try await Self.counts(cloud, identifier) == (300, 60) { whole += 1 }
        return whole > 0 && asked.elements.count >= 3
      }
      #expect(isMiddle)
      let victims = cloud.cloud.processIDs(of: "timeseries-cache-fetch")
      #expect(!victims.isEmpty)
      for victim in victims { #expect(kill(victim, SIGKILL) == 0) }
      opener.finish()
      #expect(try await eventually { try await Self.isDrained(cloud, "IdentifierQueueUrl") })
      for identifier in identifiers { #expect(try await Self.counts(cloud, identifier) == (300, 60)) }
      #expect(try await Self.isDrained(cloud, "DeadLetterQueueUrl"))
      await source.stop()
    }
  }

  /// A template's queue hides a message for as long as its function may run; here it comes again sooner.
  private static func setVisibility(_ seconds: Int, of cloud: TestCloud) async throws {
    let attributes: JSON = [
      "QueueUrl": .string(cloud.output("IdentifierQueueUrl")),
      "Attributes": ["VisibilityTimeout": .string(String(seconds))],
    ]
    _ = try await cloud.client.callRaw(.sqs, "SetQueueAttributes", attributes.bytes)
  }

  @Test("A message that nobody can serve ends in the dead-letter queue, where it can be read")
  func deadLetter() async throws {
    try await TestCloud.with { cloud async throws in
      try await Self.setVisibility(0, of: cloud)
      let sqs = SQSClient(cloud.client)
      let failed = try await sqs.sendMessageBatch(
        [.init(id: "a", body: "no JSON")], to: cloud.output("IdentifierQueueUrl"))
      #expect(failed.isEmpty)
      var found: [SQSClient.Message] = []
      let arrived = try await eventually {
        found = try await sqs.receiveMessages(from: cloud.output("DeadLetterQueueUrl"))
        return !found.isEmpty
      }
      #expect(arrived)
      #expect(found.map(\.body) == ["no JSON"])
    }
  }

  @Test("A function that cannot start reports why, and ends", arguments: ["Queue", "Fetch", "API"])
  func initError(name: String) async throws {
    let reports = Recorder<(path: String, body: JSON)>()
    let api = try HTTPServer { request in
      reports.append((request.path, (try? JSON(parsing: request.body)) ?? .null))
      return .now(ServerResponse(status: 202))
    }
    let process = Process()
    process.executableURL = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
      .appending(path: "\(name)Function")
    process.environment = [
      "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:\(api.port)", "AWS_REGION": "us-east-1", "HOME": "/nonexistent",
    ]
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    await api.stop()
    #expect(process.terminationStatus == 1)
    let report = try #require(reports.elements.first)
    #expect(reports.elements.count == 1)
    #expect(report.path == "/2018-06-01/runtime/init/error")
    let variable = ["Queue": "IDENTIFIER_TABLE", "Fetch": "SOURCES_SSM_ID", "API": "API_SSM_ID"][name] ?? ""
    #expect(report.body["errorMessage"]?.string?.contains(variable) ?? false)
    #expect(report.body["errorType"]?.string == "Function.EnvironmentError")
  }
}
