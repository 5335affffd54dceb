import CacheSupport
import HTTPTransport
import LambdaRuntime
import Synchronization
import TestSupport
import Testing

@testable import TimeSeriesCache

/// What a fetch reports: what counts as failed, as the source's error, and as not started.
@Suite struct FetchReportTests {
  static let now: Int64 = FetchStreamTests.now

  @Test("A row that cannot be read is the source's error, and takes no message back") func badRow() async throws {
    let log = LogBook()
    let page = FetchStreamTests.page([(Self.now - 1, 1)])
    let body = String(decoding: page.body, as: UTF8.self).replacing("[", with: #"[{"t":"x"},"#)
    let handler = try FetchStreamTests.handler(
      history: MemoryHistory([]), FakeHTTP([.success(.json(200, body))]))
    #expect(try await FetchStreamTests.run(handler, log) == [])
    #expect(log.lines(saying: "a row of the source cannot be read").count == 1)
    #expect(log.metric(.sourceErrors) == 1)
    #expect(log.metric(.historyRecords) == 1)
  }

  @Test("More pages than maximumPages in the window take the message back, and what was read is stored")
  func tooManyPages() async throws {
    let log = LogBook()
    let http = FakeHTTP { _, index in
      .success(FetchStreamTests.page([(Self.now - 5000 + Int64(index), 1)], next: "/p\(index)"))
    }
    let handler = try FetchStreamTests.handler(history: MemoryHistory([]), maximumPages: 3, http)
    #expect(try await FetchStreamTests.run(handler, log) == ["m"])
    let error = log.lines(saying: "an identifier failed").first?["error"]?.string
    #expect(
      error == "source 'default', page 4: is not read, though it may lie in the window: maximumPages is 3")
    #expect(log.metric(.historyRecords) == 3)
    #expect(log.metric(.sourceErrors) == 1)
  }

  @Test("Pages beyond the window that maximumPages leaves out are told in words of their own, before bad rows")
  func pagesLeftOut() async throws {
    let log = LogBook()
    let rows = Array(repeating: #"{"t":"x"}"#, count: 12).joined(separator: ",")
    let day: Int64 = 86_400_000
    let body =
      #"{"rows":[\#(rows),{"t":\#(Self.now - day),"a":1},{"t":\#(Self.now + day),"a":1}],"next":"/2"}"#
    let http = FakeHTTP([.success(.json(200, body))])
    let handler = try FetchStreamTests.handler(history: MemoryHistory([]), maximumPages: 1, http)
    #expect(try await FetchStreamTests.run(handler, log) == [])
    #expect(
      log.lines(saying: "not all pages of the source were read").map { $0["error"]?.string } == [
        "source 'default', page 2: is not read: maximumPages is 1"
      ])
    #expect(log.lines(saying: "a row of the source cannot be read").count == 9)
    #expect(log.lines(saying: "more rows cannot be read").first?["rows"]?.int == 3)
    #expect(log.metric(.sourceErrors) == 1)
  }

  @Test("A fetch that was cancelled has failed, and is not the source's error") func cancelled() async throws {
    let http = FakeHTTP([.success(FetchStreamTests.page([(Self.now - 1, 1)]))])
    let handler = try FetchStreamTests.handler(history: MemoryHistory([]), http)
    let identifier = try Identifier("s")
    let reports = await withTaskGroup(of: FetchReport.self) { group in
      group.cancelAll()
      group.addTask { await handler.fetch(identifier) }
      return await group.reduce(into: []) { $0.append($1) }
    }
    let report = try #require(reports.first)
    #expect(report.failure == "the fetch was cancelled")
    #expect(!report.isSourceError)
    #expect(http.requests.isEmpty)
  }

  @Test("Records that an older fetch brings too late are not rejected: the fetch has not failed")
  func superseded() {
    var outcome = SampleWriter.Outcome()
    #expect(!outcome.isAllRejected)
    outcome.history.rejected.add(.init(time: 1, reason: "too old"))
    #expect(outcome.isAllRejected)
    outcome.history.superseded = 1
    #expect(!outcome.isAllRejected)
    outcome.history.superseded = 0
    outcome.history.addStored(1)
    #expect(!outcome.isAllRejected)
  }

  @Test("Where a fetch failed, missing measures are not told: later pages may have them") func missing() async throws {
    let log = LogBook()
    let http = FakeHTTP([
      .success(FetchStreamTests.page([(Self.now - 1, 1)], next: "/2")), .success(HTTPResponse(status: 404)),
    ])
    let handler = try FetchStreamTests.handler(
      history: MemoryHistory([]), measures: ["a": "/a", "later": "/later"], http)
    #expect(try await FetchStreamTests.run(handler, log) == ["m"])
    #expect(log.lines(saying: "no row of the source has these measures").isEmpty)
  }

  @Test("Within five seconds of the deadline no identifier is started", arguments: [(5000, false), (5001, true)])
  func startMargin(left: Int64, isStarted: Bool) async throws {
    let deadline = Self.now + 900_000
    let time = Atomic(Self.now)
    // While the source answers for the first identifier, time passes.
    let http = FakeHTTP { _, _ in
      time.store(deadline - left, ordering: .relaxed)
      return .success(FetchStreamTests.page([(Self.now - 1, 1)]))
    }
    let clock = WallClock { time.load(ordering: .relaxed) }
    let handler = try FetchStreamTests.handler(history: MemoryHistory([]), clock: clock, concurrency: 1, http)
    let event: JSON = [
      "Records": [["messageId": "m", "eventSource": "aws:sqs", "body": #"{"identifiers":["a","b"]}"#]]
    ]
    let log = LogBook()
    _ = try await handler.handle(
      event.bytes, LambdaContext(requestID: "r", deadline: deadline, logger: log.logger))
    #expect(http.requests.count == (isStarted ? 2 : 1))
    let line = log.lines(saying: "not started: the deadline is near").first
    #expect(line?["identifiers"] == (isStarted ? nil : ["b"]))
  }
}
