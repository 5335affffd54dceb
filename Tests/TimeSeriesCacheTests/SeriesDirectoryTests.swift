import AWSClients
import CacheSupport
import HTTPTransport
import LambdaRuntime
import Synchronization
import TestSupport
import Testing

@testable import TimeSeriesCache

/// What is known of series while the identifiers' table cannot be read.
@Suite struct SeriesDirectoryTests {
  /// A table with one written series, which answers with a failure while there is one.
  private final class Table: Sendable {
    let failure = Mutex<(status: Int, code: String)?>(nil)
    let questions = Mutex<Int>(0)

    func registry() throws -> IdentifierRegistry {
      let http = FakeHTTP { [self] request, _ in
        questions.withLock { $0 += 1 }
        if let failure = failure.withLock({ $0 }) {
          return .success(.json(failure.status, #"{"__type":"\#(failure.code)","message":"m"}"#))
        }
        let key = (try? JSON(parsing: request.body))?["Key"]?["identifier"]?["S"]?.string
        let item =
          #"{"Item":{"identifier":{"S":"m,a=b"},"kind":{"S":"written"},"bucket":{"S":"home"}}}"#
        return .success(.json(200, key == "m,a=b" ? item : "{}"))
      }
      let environment: ProcessEnvironment = [
        "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "HOME": "/nonexistent",
        "AWS_MAX_ATTEMPTS": "1",
      ]
      return IdentifierRegistry(try AWSClient(environment: environment, http: http), table: "t")
    }
  }

  static let outage: (status: Int, code: String) = (500, "InternalServerError")

  @Test("What was found stays in use for an hour while the table cannot be read, and is looked up again at a pause")
  func kept() async throws {
    let (clock, table, reports) = (ManualClock(0), Table(), Recorder<StoreError>())
    let directory = SeriesDirectory(try table.registry(), clock: clock.clock) { reports.append($0) }
    let known = try Identifier("m,a=b")
    _ = try await directory.entry(of: known)
    table.failure.withLock { $0 = Self.outage }
    // Time that passes, questions and reports so far.
    for (step, questions, told) in [(59_999, 1, 0), (1, 2, 1), (4999, 2, 1), (1, 3, 2), (3_594_998, 4, 3)]
      as [(Int64, Int, Int)]
    {
      clock.advance(step)
      #expect(try await directory.series(of: known).key?.text == "m,a=b")
      #expect(table.questions.withLock { $0 } == questions)
      #expect(reports.elements.count == told)
    }
    // What has to be so now is an error, and so is everything after the hour.
    await #expect(throws: StoreError.self) { try await directory.current(of: known) }
    clock.advance(2)
    await #expect(throws: StoreError.self) { try await directory.entry(of: known) }
    table.failure.withLock { $0 = nil }
    #expect(try await directory.entry(of: known)?.bucket == "home")
  }

  @Test("What was not found, and what the table refuses for good, is an error") func notKept() async throws {
    let (clock, table) = (ManualClock(0), Table())
    let directory = SeriesDirectory(try table.registry(), clock: clock.clock)
    let (known, absent) = (try Identifier("m,a=b"), try Identifier("x"))
    _ = try await directory.entry(of: known)
    _ = try await directory.entry(of: absent)
    table.failure.withLock { $0 = Self.outage }
    clock.advance(5000)
    await #expect(throws: StoreError.self) { try await directory.entry(of: absent) }
    clock.advance(60_000)
    table.failure.withLock { $0 = (400, "AccessDeniedException") }
    await #expect(throws: StoreError.self) { try await directory.entry(of: known) }
  }

  @Test("The API reads what it knows, and answers 503 with Retry-After for what it does not") func api() async throws {
    let (clock, table) = (ManualClock(APITests.now), Table())
    let handler = APIHandler(
      reader: SeriesReader(
        history: MemoryHistory([APITests.now - 1000]), forecast: MemoryForecast([]), clock: clock.clock),
      keys: AccessKeys(own: CachedParameter(fixed: "right"), ring: nil),
      directory: SeriesDirectory(try table.registry(), clock: clock.clock), clock: clock.clock)
    func status(_ path: String) async -> Int { await APITests.ask(path, handler: handler).status }
    #expect(await status("/v1/series/m,a=b") == 200)
    table.failure.withLock { $0 = Self.outage }
    clock.advance(61_000)
    #expect(await status("/v1/series/m,a=b") == 200)
    #expect(await status("/v1/series/m,a=b/status") == 503)
    let unknown = await APITests.ask("/v1/series/never", handler: handler)
    #expect(unknown.status == 503)
    #expect(unknown.headers["Retry-After"] != nil)
  }
}
