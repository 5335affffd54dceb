import CacheSupport
import Testing

@testable import TimeSeriesCache

@Suite struct MoveStateTests {
  private func state() throws -> MoveState {
    var state = MoveState(
      task: "from \"here\" to é", range: try #require(TimeRange(from: -5, to: .max)), version: 1_767_225_600)
    let key = try #require(SeriesKey(measurement: "m,1", tags: [.init("a=", "b c")]))
    state.page = "ab\u{1}c"
    state.series = [
      Series(try Identifier("a")): .done, Series(try Identifier("e\u{301}")): .underWay(through: -7),
      Series(try Identifier("é")): .failed(through: nil), try Series(key): .failed(through: .max),
      Series(try Identifier(key.text)): .done,
    ]
    state.totals.series = 1
    state.totals.rows = 2
    state.totals.written = 3
    state.totals.same = 4
    state.totals.superseded = 5
    state.totals.rejected = 6
    state.totals.differing = 7
    state.totals.sourceBytes = 8
    state.totals.targetBytes = .max
    return state
  }

  @Test("A state is read as it was written") func roundTrip() throws {
    var state = try state()
    #expect(try MoveState(text: state.text) == state)
    state.page = nil
    state.isListed = true
    state.series = [:]
    #expect(try MoveState(text: state.text) == state)
  }

  @Test("Anything else is no state") func unreadable() throws {
    let text = try state().text
    let others = [
      "", "[]", "{}", String(text.dropLast(5)), text.replacing("\"format\":1", with: "\"format\":2"),
      text.replacing("\"from\":-5", with: "\"from\":\"x\""), text.replacing("\"done\"", with: "\"gone\""),
      text.replacing("\"identifier\":\"a\"", with: "\"identifier\":\"\""),
      text.replacing("\"through\":-7", with: "\"through\":null"),
    ]
    for other in others { #expect(throws: MoveState.Unreadable.self, "\(other)") { try MoveState(text: other) } }
  }

  @Test("Copies have lower versions than any fetch, and higher ones than copies of earlier moves") func versions() {
    let now: Int64 = 1_767_225_600_000
    #expect(HistoryMove.version(now: now, overwrites: false) == 1_767_225_600)
    #expect(HistoryMove.version(now: now, overwrites: true) == now)
    #expect(HistoryMove.version(now: 0, overwrites: false) == 1)
  }

  @Test(
    "A page ends with a whole millisecond",
    arguments: [
      ([], 2, 0), ([1], 2, 1), ([1, 2, 3], 2, 2), ([1, 2, 2, 3], 2, 1), ([1, 2, 2, 3], 3, 3), ([1, 1, 1, 2], 2, 3),
      ([1, 1, 1], 2, 3),
      ([1, 2, 2], 3, 3), ([1, 1], 1, 2),
    ] as [([Int64], Int, Int)])
  func wholeMilliseconds(times: [Int64], limit: Int, count: Int) {
    let samples = times.enumerated().map { Sample(time: $1, nanoseconds: Int32($0), measures: []) }
    #expect(samples.wholeMilliseconds(limit).count == count)
  }
}
