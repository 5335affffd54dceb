import AWSClients
import CacheSupport
import Testing

@testable import TimeSeriesCache

@Suite struct SeriesStatusTests {
  static let runs: [SeriesRun] = [
    SeriesRun(
      time: 1000, stored: 3, rejected: 1, history: TimeRange(from: 100, to: 900), measures: ["b", "a"], nextRun: 2000),
    SeriesRun(time: 2000, failure: "no answer", nextRun: 3000),
    SeriesRun(
      time: 3000, stored: 2, history: TimeRange(from: 50, to: 2900), measures: ["a", "e\u{301}", "é"], nextRun: 4000),
  ]

  @Test(
    "Runs in any order make one status: an older one replaces nothing of a newer one, but counts",
    arguments: [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]])
  func order(order: [Int]) {
    var expected = SeriesStatus()
    expected.revision = 3
    expected.lastRun = 3000
    expected.lastSuccess = 3000
    expected.lastError = .init(time: 2000, message: "no answer")
    expected.stored = 5
    expected.rejected = 1
    expected.history = TimeRange(from: 50, to: 2900)
    expected.nextRun = 4000
    expected.measures = ["a", "b", "e\u{301}", "é"]
    let status = order.reduce(SeriesStatus()) { $0.adding(Self.runs[$1]) }
    #expect(status == expected)
    #expect(!status.isFailing)
    #expect(SeriesStatus(status.map) == status)
  }

  @Test("A status fails from the failure on until a later run succeeds") func failing() {
    let failed = SeriesStatus().adding(Self.runs[1])
    #expect(failed.isFailing)
    #expect(failed.lastSuccess == nil)
    #expect(failed.adding(Self.runs[0]).isFailing)
    #expect(!failed.adding(Self.runs[2]).isFailing)
  }

  @Test("Totals stop at the largest number, and no count is negative") func totals() {
    var status = SeriesStatus()
    status.stored = .max - 1
    status.revision = .max
    let after = status.adding(SeriesRun(time: 1, stored: 5, rejected: -3))
    #expect(after.stored == .max)
    #expect(after.rejected == 0)
    #expect(after.revision == .max)
  }

  @Test("At most 256 names of measures are kept, those that are known before new ones, none longer than 256 bytes")
  func measures() {
    let first = SeriesStatus().adding(SeriesRun(time: 1, measures: Set((0..<200).map { ByteText("m\(1000 + $0)") })))
    let second = first.adding(
      SeriesRun(
        time: 2,
        measures: Set((0..<100).map { ByteText("a\(1000 + $0)") } + [ByteText(String(repeating: "x", count: 257))])))
    #expect(second.measures.count == 256)
    #expect(second.measures == second.measures.sorted())
    #expect(Set(second.measures).isSuperset(of: first.measures))
    #expect(second.measures.first == "a1000")
    #expect(second.measures.contains("a1055") && !second.measures.contains("a1056"))
  }

  @Test("An error's text is cut at a character, at 500 bytes", arguments: [499, 500, 501, 502, 900])
  func message(count: Int) throws {
    // Each character has 2 bytes, so that a cut at any byte could halve one.
    let text = String(repeating: "é", count: count / 2) + (count % 2 == 1 ? "x" : "")
    let message = try #require(SeriesStatus().adding(SeriesRun(time: 1, failure: text)).lastError?.message)
    #expect(message.utf8.count <= 500)
    #expect(count <= 500 ? message == text : message == String(repeating: "é", count: 248) + "…")
  }

  @Test("A map without a revision is no status of ours") func foreign() {
    #expect(SeriesStatus(["state": .s("good")]) == nil)
    #expect(SeriesEntry.hasForeignStatus(["status": .s("good")]))
    #expect(SeriesEntry.hasForeignStatus(["status": .m(["revision": .s("1")])]))
    #expect(!SeriesEntry.hasForeignStatus(["status": .m(["revision": .n("1")])]))
    #expect(!SeriesEntry.hasForeignStatus([:]))
  }

  static func status(_ runs: SeriesRun...) -> SeriesStatus { runs.reduce(SeriesStatus()) { $0.adding($1) } }

  static let explanations: [(SeriesEntry?, String)] = [
    (
      try? SeriesEntry(Identifier("x"), registered: 0),
      "'x' is registered since 1970-01-01T00:00:00Z, and no fetch of it is known yet"
    ),
    (
      try? SeriesEntry(
        Identifier("x"), registered: 0,
        status: status(SeriesRun(time: 60_000, failure: "source 's', answer: has status 500", nextRun: 360_000))),
      "'x' is registered since 1970-01-01T00:00:00Z, and its last fetch at 1970-01-01T00:01:00Z failed: source 's', answer: has status 500 (none has succeeded yet); the next one is at 1970-01-01T00:06:00Z"
    ),
    (
      try? SeriesEntry(
        Identifier("x"), status: status(SeriesRun(time: 60_000, stored: 1), SeriesRun(time: 120_000, failure: "no"))),
      "'x' is registered, and its last fetch at 1970-01-01T00:02:00Z failed: no (the last one that succeeded was at 1970-01-01T00:01:00Z)"
    ),
    (
      try? SeriesEntry(Identifier("x"), kind: .written, status: status(SeriesRun(time: 60_000, nextRun: 61_000))),
      "'x' is registered, and its last write at 1970-01-01T00:01:00Z succeeded, but no row of it has been stored yet"
    ),
    (
      try? SeriesEntry(Identifier("x"), status: status(SeriesRun(time: 60_000, stored: 5))),
      "'x' is registered, and its last fetch at 1970-01-01T00:01:00Z succeeded, but none of its rows is in the stores any more"
    ),
  ]

  @Test("A series without rows is explained", arguments: explanations.indices)
  func explanation(index: Int) throws {
    let (entry, text) = Self.explanations[index]
    #expect(try #require(entry).explanation(now: 200_000) == text)
  }
}
