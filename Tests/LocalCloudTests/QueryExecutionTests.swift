import CacheSupport
import Foundation
import TestSupport
import Testing
import TimestreamSQL

@testable import LocalCloud

/// How queries run: on threads of their own, for as long as somebody waits, in memory that is bounded.
@Suite(.serialized) struct QueryExecutionTests {
  static func engine(resultMemory: Int = QueryEngine.resultMemory) throws -> QueryEngine {
    let clock = WallClock.fixed(QueryTests.epoch)
    let store = TimestreamStore(
      storage: try Storage(folder: nil, schemas: LocalCloud.schemas), account: Account(), clock: clock)
    // However slow the machine is, and whatever other tests hold: a query that ended early would leave its place to another.
    return try QueryEngine(
      store: store, clock: clock, resultMemory: resultMemory, timeLimit: .seconds(3600),
      memory: QueryMemory(limit: .max, sqliteLimit: .max))
  }

  /// Would run for years.
  static let endless: String = {
    let rows = "UNNEST(sequence(1, 9000))"
    return "SELECT count(*) FROM \(rows) AS a(x), " + (0..<5).map { "\(rows) AS t\($0)(x)" }.joined(separator: ", ")
  }()

  private static func outcome(_ engine: QueryEngine, _ sql: String) async -> String {
    do throws(ServiceError) {
      _ = try await engine.answer(QueryRequest(sql: sql))
      return "answered"
    } catch { return error.message ?? error.type }
  }

  /// As many queries as may be there, all of which would run for years; returns once they run or wait.
  private static func fill(_ engine: QueryEngine) async throws -> [Task<String, Never>] {
    let tasks = (0..<QueryThreads.limit).map { number in
      Task { await outcome(engine, endless + " WHERE \(number) = \(number)") }
    }
    #expect(try await eventually { engine.threads.load == (QueryThreads.running, QueryThreads.waiting) })
    return tasks
  }

  private static let throttled = "More than 64 queries run at the moment."

  @Test("Queries whose clients have gone end, those that wait too, and the next one runs", .timeLimit(.minutes(5)))
  func gone() async throws {
    let engine = try Self.engine()
    let tasks = try await Self.fill(engine)
    #expect(await Self.outcome(engine, "SELECT 1") == Self.throttled)
    for task in tasks { task.cancel() }
    for task in tasks { #expect(await task.value == "the query was cancelled") }
    #expect(await Self.outcome(engine, "SELECT 1") == "answered")
  }

  @Test(
    "Whatever reads SQL does so on the engine's threads, and is throttled where they are taken", .timeLimit(.minutes(5))
  )
  func threads() async throws {
    let engine = try Self.engine()
    let tasks = try await Self.fill(engine)
    let tasksOfService = BackgroundTasks()
    let service = ModuleCaller(
      TimestreamService(
        store: engine.store, engine: engine, settings: AccountSettings(),
        scheduled: ScheduledQueryRunner(queries: ScheduledQueryStore(engine: engine), tasks: tasksOfService),
        address: { "http://c" }, storage: engine.store.storage, tasks: tasksOfService), engine.store.storage)
    let calls: [(operation: String, input: JSON)] = [
      ("Query", ["QueryString": "SELECT 1"]), ("PrepareQuery", ["QueryString": "SELECT 1"]),
      ("CreateScheduledQuery", .object(RequestThreadsTests.scheduledQuery("one"))),
    ]
    for (operation, input) in calls {
      #expect(await service.refusal(operation, input) == "ThrottlingException: \(Self.throttled)", "\(operation)")
    }
    for task in tasks { task.cancel() }
    for task in tasks { _ = await task.value }
    // They are what is refused for its own sake, or answered, once there is room.
    for (operation, input) in calls.dropLast() { #expect(await service.refusal(operation, input) == nil) }
    #expect(await service.refusal("CreateScheduledQuery", calls[2].input)?.hasPrefix("ThrottlingException") != true)
  }

  /// Where a query's work is.
  enum Work: CaseIterable {
    case sqlite, lambda, pattern

    /// Would run for years.
    var query: String {
      switch self {
      case .sqlite: return endless
      case .lambda: return endless + " WHERE reduce(sequence(1, 9000), 0, (s, y) -> s + y * a.x % 7, s -> s) >= 0"
      case .pattern: return endless + " WHERE regexp_like(lpad('', 5000, 'a') || cast(a.x AS varchar), '(a*)*b')"
      }
    }
  }

  @Test(
    "stop() ends what runs and what waits, and nothing runs after it", .timeLimit(.minutes(5)),
    arguments: Work.allCases)
  func stop(work: Work) async throws {
    let engine = try Self.engine()
    let tasks = (0..<20).map { _ in Task { await Self.outcome(engine, work.query) } }
    #expect(try await eventually { engine.threads.load == (QueryThreads.running, 4) })
    engine.stop()
    for task in tasks { #expect(await task.value == "the query was cancelled") }
    #expect(await Self.outcome(engine, "SELECT 1") == "the query was cancelled")
  }

  // MARK: Memory

  @Test("Rows are what they were, and take what is counted") func rows() throws {
    var rows = ResultRows()
    var expected: [[UInt8]] = []
    var counted = 0
    for number in 0..<5000 {
      let row = Array("{\"Data\":[\(String(repeating: "x", count: number * 7919 % 900)),\(number)]}".utf8)
      counted += rows.growth(for: row)
      rows.append(row)
      expected.append(row)
    }
    #expect(rows.count == 5000 && rows.capacity == counted)
    #expect((0..<5000).map { Array(rows[$0]) } == expected)
    for range in [0..<0, 0..<1, 17..<18, 3..<900, 0..<5000, 4999..<5000] {
      var bytes: [UInt8] = []
      rows.write(range, into: &bytes)
      #expect(bytes == Array(expected[range].joined(separator: [UInt8(ascii: ",")])))
    }
    // Little more than the rows themselves.
    #expect(rows.capacity < rows.size + rows.size / 4 + (1 << 20) + 5000 * 16)
  }

  private static func wide(_ rows: Int) -> String {
    "SELECT x, '\(String(repeating: "w", count: 1000))' FROM UNNEST(sequence(1, \(rows))) AS t(x)"
  }

  @Test("A row that is larger than a page ends the query", arguments: [0, 1]) func wideRow(excess: Int) async throws {
    let engine = try Self.engine()
    // Each of ten columns takes 18 bytes beside its text, and the row 20 with its commas.
    let lengths = Array(repeating: 100_000, count: 9) + [100_000 - 10 * 18 - 20 + excess]
    let columns = lengths.map { "rpad('x', \($0), 'x')" }.joined(separator: ", ")
    #expect(
      await Self.outcome(engine, "SELECT \(columns)")
        == (excess == 0
          ? "answered" : "Query aborted as max page response size has been exceeded by the output result row"))
  }

  @Test("Results of one page are not kept for long") func keptResults() async throws {
    let store = try WriteRecordsTests.store()
    let engine = try QueryEngine(store: store, clock: .fixed(WriteRecordsTests.now))
    for number in 0..<100 {
      var input = Input([
        "QueryString": .string("SELECT '\(String(repeating: "x", count: 200_000))', \(number)"),
        "ClientToken": .string(RandomID.uuid()),
      ])
      let answer = try JSON(parsing: try await engine.answer(QueryRequest(&input)).body)
      #expect(answer["NextToken"] == nil)
    }
    #expect(engine.results.bytes <= QueryResults.repeatBytes + 200_100)
  }

  @Test("All results together stay within their memory: the oldest kept go first, and one that does not fit fails")
  func memory() async throws {
    let engine = try Self.engine(resultMemory: 12 << 20)
    var tokens: [(request: QueryRequest, token: String)] = []
    for number in 0..<8 {
      var request = QueryRequest(sql: Self.wide(3000) + " WHERE \(number) = \(number)")
      let answer = try JSON(parsing: try await engine.answer(request).body)
      let token = try #require(answer["NextToken"]?.string)
      request.token = token
      tokens.append((request, token))
      #expect(engine.results.memory.bytes <= 12 << 20)
      #expect(engine.results.bytes == engine.results.memory.bytes)
    }
    // About 4 MB each.
    let kept = tokens.map { token in (try? engine.known(token.request)) != nil }
    #expect(kept == [false, false, false, false, false, false, true, true])
    #expect(
      await Self.outcome(engine, Self.wide(10_000) + " UNION ALL " + Self.wide(5000))
        == "the results of all queries take more than 12 MB, which is what the local cloud has for them")
    // What failed has given everything back, and it took the place of those that were kept.
    #expect(engine.results.memory.bytes == engine.results.bytes && engine.results.bytes == 0)
    #expect(await Self.outcome(engine, Self.wide(3000)) == "answered")
  }
}
