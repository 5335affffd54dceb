import CacheSupport
import Foundation
import TestSupport
import Testing
import TimestreamSQL

@testable import LocalCloud

/// How queries run: on threads of their own, for as long as somebody waits, in memory that is bounded.
@Suite struct QueryExecutionTests {
  static func engine(resultMemory: Int = QueryEngine.resultMemory) throws -> QueryEngine {
    let clock = WallClock.fixed(QueryTests.epoch)
    let store = TimestreamStore(
      storage: try Storage(folder: nil, schemas: LocalCloud.schemas), account: Account(), clock: clock)
    // However slow the machine is.
    return try QueryEngine(store: store, clock: clock, resultMemory: resultMemory, timeLimit: .seconds(3600))
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

  @Test("Queries whose clients have gone end, those that wait too, and the next one runs", .timeLimit(.minutes(5)))
  func gone() async throws {
    let engine = try Self.engine()
    let tasks = (0..<QueryThreads.limit).map { number in
      Task { await Self.outcome(engine, Self.endless + " WHERE \(number) = \(number)") }
    }
    // All have a place once one more has none.
    while await Self.outcome(engine, "SELECT 1") == "answered" { await Task.yield() }
    #expect(await Self.outcome(engine, "SELECT 1") == "More than 64 queries run at the moment.")
    for task in tasks { task.cancel() }
    for task in tasks { #expect(await task.value == "the query was cancelled") }
    #expect(await Self.outcome(engine, "SELECT 1") == "answered")
  }

  @Test("stop() ends what runs and what waits, and nothing runs after it", .timeLimit(.minutes(5)))
  func stop() async throws {
    let engine = try Self.engine()
    let tasks = (0..<20).map { _ in Task { await Self.outcome(engine, Self.endless) } }
    await Task.yield()
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
