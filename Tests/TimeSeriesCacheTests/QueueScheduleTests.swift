import AWSClients
import CacheSupport
import HTTPTransport
import LambdaRuntime
import TestSupport
import Testing

@testable import TimeSeriesCache

/// Sources with schedules of their own: which identifiers each event of the queue function queues.
@Suite struct QueueScheduleTests {
  static let minute: Int64 = 60_000
  /// A day's first instant.
  static let midnight: Int64 = 20_000 * 86_400_000

  static func description(_ every: String?) -> JSON {
    var object: JSONObject = ["url": "https://source.test/", "rows": "", "time": "/t", "measures": ["a": "/a"]]
    object["every"] = every.map { .string($0) }
    return .object(object)
  }

  static let sources: JSON = [
    "default": description(nil), "meters": description("20m"), "tide": description("1h"), "bad": description("7m"),
  ]

  /// The identifiers that an event queues, and how often the table was read.
  static func queued(
    _ event: String, now: Int64 = midnight, sources: JSON? = sources, _ log: LogBook = LogBook()
  ) async throws -> (identifiers: [String], scans: Int) {
    let sent = Recorder<String>()
    let scans = Recorder<JSON>()
    let http = FakeHTTP { request, _ in
      let input = (try? JSON(parsing: request.body)) ?? .null
      if request.headers["x-amz-target"] == "DynamoDB_20120810.Scan" {
        scans.append(input)
        let items = [("a", nil), ("m", "meters"), ("t", "tide"), ("b", "bad"), ("u", "unknown")].map { name, source in
          #"{"identifier":{"S":"\#(name)"}\#(source.map { #","source":{"S":"\#($0)"}"# } ?? "")}"#
        }
        return .success(.json(200, #"{"Items":[\#(items.joined(separator: ","))]}"#))
      }
      let entries = input["Entries"]?.array ?? []
      for entry in entries { sent.append(entry["MessageBody"]?.string ?? "") }
      let done = entries.map { #"{"Id":\#($0["Id"]?.text ?? ""),"MessageId":"i","MD5OfMessageBody":"x"}"# }
      return .success(.json(200, #"{"Successful":[\#(done.joined(separator: ","))],"Failed":[]}"#))
    }
    var environment: ProcessEnvironment = [
      "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "HOME": "/nonexistent",
      "IDENTIFIER_TABLE": "t", "IDENTIFIER_QUEUE": "https://q/1/q", "IDENTIFIERS_PER_MESSAGE": "50",
    ]
    if let sources { environment = environment.merging(["SOURCES": sources.text]) }
    let handler = try QueueHandler(environment: environment, http: http, clock: .fixed(now))
    _ = try await handler.handle(Array(event.utf8), LambdaContext(requestID: "r", deadline: .max, logger: log.logger))
    let found = try sent.elements.flatMap { try JSON(parsing: $0)["identifiers"]?.array?.compactMap(\.string) ?? [] }
    return (found, scans.elements.count)
  }

  static let daily = #"{"detail-type":"Scheduled Event","source":"aws.events","time":"2026-01-01T01:00:00Z"}"#
  static let tick = #"{"every":"5m"}"#

  static let events: [(String, Int64, [String])] = [
    (daily, 0, ["a", "b", "u"]), ("{}", 0, ["a", "m", "t", "b", "u"]), ("", 7, ["a", "m", "t", "b", "u"]),
    (tick, 0, ["m", "t"]), (tick, 20 * minute, ["m"]), (tick, 20 * minute + 299_999, ["m"]),
    (tick, 20 * minute - 1, []), (tick, 25 * minute, []), (tick, 60 * minute + 30_000, ["m", "t"]),
    (#"{"every":"1h"}"#, 60 * minute, ["m", "t"]), (#"{"every":"1m"}"#, 41 * minute, []),
  ]

  @Test("An event queues what is due, and the table is read only where something may be", arguments: events.indices)
  func due(index: Int) async throws {
    let (event, offset, expected) = Self.events[index]
    let (identifiers, scans) = try await Self.queued(event, now: Self.midnight + offset)
    #expect(identifiers == expected)
    #expect(scans == (expected.isEmpty ? 0 : 1))
  }

  @Test("In a day of ticks each source is due as often as its schedule says", arguments: [5, 15, 20, 25, 60, 1440])
  func day(minutes: Int64) {
    // Each tick comes some seconds late.
    let ticks = (1...2880).filter {
      QueueSelection.isDue(minutes * Self.minute, at: Int64($0) * 300_000 + 17_000, tick: 300_000)
    }
    #expect(ticks.count == 2880 / Int(minutes / 5))
  }

  @Test("A description that is wrong is logged, and its identifiers are queued once a day") func unreadable()
    async throws
  {
    let log = LogBook()
    _ = try await Self.queued(Self.daily, log)
    let line = log.lines(saying: "the description of a source cannot be read").first
    #expect(
      line?["error"]?.string
        == "source 'bad', description /every: '7m' is not a multiple of five minutes: give 5m, 20m, 1h, 1d, and so on")
  }

  @Test("Without sources that can be read, a day's event queues all, and a tick fails") func noSources() async throws {
    let log = LogBook()
    #expect(try await Self.queued(Self.daily, sources: "nothing", log).identifiers.count == 5)
    #expect(log.lines(saying: "the sources cannot be read: all identifiers are queued").count == 1)
    await #expect(throws: SourceError.self) { _ = try await Self.queued(Self.tick, sources: "nothing") }
    // A function that is not told of them knows of no schedule.
    #expect(try await Self.queued(Self.daily, sources: nil).identifiers.count == 5)
    #expect(try await Self.queued(Self.tick, sources: nil).scans == 0)
  }

  @Test(
    "A tick of no known length is refused", arguments: [#"{"every":"often"}"#, #"{"every":5}"#, #"{"every":"0m"}"#])
  func badTick(event: String) async throws {
    await #expect(throws: (any Error).self) { _ = try await Self.queued(event) }
  }
}
