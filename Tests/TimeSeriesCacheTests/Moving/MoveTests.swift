import CacheSupport
import Synchronization
import TestSupport
import Testing

@testable import TimeSeriesCache

/// Seconds of 2026-01-01, as a move that begins then has its version.
private let begun: Int64 = 1_767_225_600_000

private func series(_ name: String) throws -> Series { Series(try Identifier(name)) }

/// A store that has the type and the name of everything that may be hard to copy.
private func everything() throws -> VersionedHistory {
  let key = try #require(
    SeriesKey(measurement: "room,1", tags: [.init("place", "a b"), .init("é", "e\u{301}")]))
  let values: [Measure] = [
    Measure("e\u{301}", .varchar("e\u{301}")), Measure("flag", .boolean(false)),
    Measure("huge", .double(-.greatestFiniteMagnitude)),
    Measure("least", .bigint(.min)), Measure("tiny", .double(.leastNonzeroMagnitude)), Measure("é", .varchar("é")),
  ]
  var shared: [VersionedHistory.Instant: VersionedHistory.Row] = [:]
  for nanoseconds: Int32 in [0, 1, 500, 999_999] {
    shared[.init(time: 1000, nanoseconds: nanoseconds)] = .init(
      measures: [Measure("n", .bigint(Int64(nanoseconds)))], version: 1)
  }
  shared[.init(time: 2000)] = .init(measures: values, version: 1)
  return VersionedHistory([
    try series("a"): VersionedHistory.minutes(25, from: -120_000), try series("empty"): [:], try Series(key): shared,
    try series("z"): VersionedHistory.minutes(10),
  ])
}

private struct Setup {
  var options = HistoryMove.Options()
  let pauses = Recorder<Duration>()

  init(pageRows: Int = 10, seriesAtOnce: Int = 1, action: HistoryMove.Action = .copy) {
    options.pageRows = pageRows
    options.seriesAtOnce = seriesAtOnce
    options.action = action
  }

  func move(_ source: any HistoryStore, _ target: any HistoryStore) -> HistoryMove {
    HistoryMove(from: source, to: target, options, sleep: { [pauses] in pauses.append($0) })
  }

  static func state(at now: Int64 = begun, overwrites: Bool = false) throws -> MoveState {
    MoveState(
      task: "a test", range: try #require(TimeRange(from: -1_000_000_000, to: 10_000_000_000)),
      version: HistoryMove.version(now: now, overwrites: overwrites))
  }
}

@Suite(.timeLimit(.minutes(10))) struct MoveTests {
  @Test(
    "A move copies every series, instant and value, and a second one writes nothing", arguments: [1, 3], [1, 3, 100])
  func copies(seriesAtOnce: Int, pageRows: Int) async throws {
    let source = try everything()
    let target = VersionedHistory()
    let move = Setup(pageRows: pageRows, seriesAtOnce: seriesAtOnce).move(source, target)
    let first = try await move.run(try Setup.state())
    #expect(target.rows == source.rows)
    #expect(target.contents.values.joined().allSatisfy { $0.value.version == begun / 1000 })
    #expect(first.isGood)
    #expect(first.totals.series == 4 && first.totals.rows == 40 && first.totals.written == 40)
    #expect(first.totals.sourceBytes > 0)
    let writes = target.state.withLock { $0.writes }
    let second = try await move.run(try Setup.state(at: begun + 1000))
    #expect(second.totals.same == 40 && second.totals.written == 0 && second.totals.superseded == 0)
    #expect(target.state.withLock { $0.writes } == writes)
  }

  @Test(
    "What was fetched into the target stays, what was corrected in the source comes, an overwriting move replaces both")
  func versions() async throws {
    let name = try series("a")
    let source = VersionedHistory([name: VersionedHistory.minutes(5)])
    let target = VersionedHistory()
    let move = Setup().move(source, target)
    // A function has fetched the second row into the target, long before the move begins.
    target.set(60_000, -1, of: name, version: begun - 86_400_000)
    var report = try await move.run(try Setup.state())
    #expect(report.totals.written == 4 && report.totals.superseded == 1 && report.isGood)
    #expect(target.rows[name]?[.init(time: 60_000)] == [Measure("v", .double(-1))])
    // A correction in the source, after the copy.
    source.set(120_000, 7, of: name)
    report = try await move.run(try Setup.state(at: begun + 60_000))
    #expect(report.totals.written == 1 && report.totals.same == 3 && report.totals.superseded == 1)
    #expect(target.rows[name]?[.init(time: 120_000)] == [Measure("v", .double(7))])
    // A fetch into the target replaces a copy, whatever move comes after it.
    let fetched = await target.write(
      [Sample(time: 120_000, measures: [Measure("v", .double(8))])], of: name, version: begun - 1)
    #expect(fetched.stored == 1)
    report = try await move.run(try Setup.state(at: begun + 120_000))
    #expect(report.totals.written == 0 && report.totals.superseded == 2)
    report = try await move.run(try Setup.state(at: begun + 180_000, overwrites: true))
    #expect(report.totals.written == 2)
    #expect(target.rows == source.rows)
  }

  @Test("A move that is killed after any page ends as one that is not", arguments: [1, 3])
  func killed(seriesAtOnce: Int) async throws {
    struct Killed: Error {}
    let source = try everything()
    let setup = Setup(pageRows: 10, seriesAtOnce: seriesAtOnce)
    var kills = 0
    while true {
      let target = VersionedHistory()
      let saved = Mutex<String?>(nil)
      let left = Mutex(kills)
      // Killed once the page is in the target, before the state says so.
      let save: @Sendable (MoveState) throws -> Void = { state in
        let dies = left.withLock { left in
          left -= 1
          return left < 0
        }
        if dies { throw Killed() }
        saved.withLock { $0 = state.text }
      }
      let given = source.state.withLock { $0.given }
      var wasKilled = false
      do { _ = try await setup.move(source, target).run(try Setup.state(), save: save) } catch is Killed {
        wasKilled = true
      }
      let state = try saved.withLock { try $0.map { try MoveState(text: $0) } }
      let report = try await setup.move(source, target).run(try state ?? Setup.state(), save: { _ in })
      #expect(target.rows == source.rows)
      #expect(report.ending == .finished && report.failures.isEmpty)
      #expect(report.totals.series == 4 && report.totals.rows == 40)
      let read = source.state.withLock { $0.given } - given
      #expect(read <= 40 + 10 * seriesAtOnce, "a page of each series under way is repeated at the most")
      if !wasKilled { break }
      kills += 1
    }
    #expect(kills > 6)
  }

  @Test("A third page that fails leaves the other series alone, and is where the next run begins")
  func thirdPage() async throws {
    let (a, b) = (try series("a"), try series("b"))
    let contents: VersionedHistory.Contents = [
      a: VersionedHistory.minutes(45), b: VersionedHistory.minutes(25, from: 60_000),
    ]
    let broken = StoreError(.failed, "the third page cannot be read")
    let source = VersionedHistory(contents) { number, series throws(StoreError) in
      if number == 3, series == a { throw broken }
    }
    let target = VersionedHistory()
    let saved = Recorder<MoveState>()
    let setup = Setup()
    let first = try await setup.move(source, target).run(try Setup.state(), save: { saved.append($0) })
    #expect(first.ending == .finished && !first.isGood)
    #expect(first.failures.elements == [SeriesNote(series: a, note: broken)])
    #expect(first.totals.series == 1)
    #expect(target.rows[a]?.count == 20 && target.rows[b] == source.rows[b])
    #expect(setup.pauses.elements.isEmpty)
    let state = try #require(saved.elements.last)
    #expect(state.isListed && state.series == [a: .failed(through: 19 * 60_000)])
    let given = source.state.withLock { $0.given }
    let second = try await setup.move(source, target).run(
      try MoveState(text: state.text), save: { saved.append($0) })
    #expect(second.isGood && second.totals.series == 2 && second.totals.rows == 70)
    #expect(target.rows == source.rows)
    #expect(source.state.withLock { $0.given } - given == 25)
    #expect(saved.elements.last?.series == [:])
  }

  @Test("What may pass is tried again, and counted once")
  func passing() async throws {
    let a = try series("a")
    let source = VersionedHistory([a: VersionedHistory.minutes(20)]) { number, _ throws(StoreError) in
      if number == 1 || number == 2 { throw StoreError(.throttled, "slower") }
    }
    let target = VersionedHistory(duringWrite: { $0 <= 2 ? StoreError(.unavailable, "later") : nil })
    let setup = Setup()
    let report = try await setup.move(source, target).run(try Setup.state())
    #expect(report.isGood && report.totals.written == 20 && report.totals.superseded == 0)
    #expect(target.rows == source.rows)
    #expect(setup.pauses.elements == [1, 2, 1, 2].map { .seconds($0) })
  }

  @Test("A store that stays down ends the series after five pauses")
  func down() async throws {
    let source = VersionedHistory([try series("a"): VersionedHistory.minutes(1)]) { _, _ throws(StoreError) in
      throw StoreError(.unavailable, "down")
    }
    let setup = Setup()
    let report = try await setup.move(source, VersionedHistory()).run(try Setup.state())
    #expect(report.failures.count == 1 && report.totals.series == 0)
    #expect(setup.pauses.elements == HistoryMove.pauses)
  }

  @Test("Where a hundred series fail, the move ends and does not go through all the others")
  func tooMany() async throws {
    let names = try (0..<250).map { try series("s\(UTCTime.padded($0, 3))") }
    let isBroken = Mutex(true)
    let source = VersionedHistory(
      Dictionary(uniqueKeysWithValues: names.map { ($0, VersionedHistory.minutes(1)) })
    ) { _, _ throws(StoreError) in
      if isBroken.withLock({ $0 }) { throw StoreError(.failed, "broken") }
    }
    let target = VersionedHistory()
    let saved = Recorder<MoveState>()
    let move = Setup(seriesAtOnce: 4).move(source, target)
    let report = try await move.run(try Setup.state(), save: { saved.append($0) })
    #expect(report.ending == .tooManyFailed && !report.isGood)
    #expect(source.state.withLock { $0.reads } <= 104)
    isBroken.withLock { $0 = false }
    let state = try MoveState(text: try #require(saved.elements.last).text)
    let second = try await move.run(state, save: { saved.append($0) })
    #expect(second.isGood && second.totals.series == 250)
    #expect(target.rows == source.rows)
  }

  @Test("A move that is asked to end does so between two pages, and goes on from there")
  func stopped() async throws {
    let source = try everything()
    let target = VersionedHistory()
    let stop = MoveStop()
    let saved = Recorder<MoveState>()
    let move = Setup().move(source, target)
    let first = try await move.run(try Setup.state(), stop: stop) { state in
      saved.append(state)
      if saved.elements.count == 2 { stop.request() }
    }
    #expect(first.ending == .stopped && !first.isGood)
    #expect(first.totals.rows == 20 && target.state.withLock { $0.writes } == 2)
    let second = try await move.run(try MoveState(text: try #require(saved.elements.last).text), save: { _ in })
    #expect(second.isGood && second.totals.rows == 40)
    #expect(target.rows == source.rows)
  }

  @Test("What the source gets meanwhile is copied where the move has not been yet, and by the next move elsewhere")
  func changing() async throws {
    let a = try series("a")
    let box = Mutex<VersionedHistory?>(nil)
    let source = VersionedHistory([a: VersionedHistory.minutes(30)]) { number, _ in
      guard number == 2, let store = box.withLock({ $0 }) else { return }
      store.set(30_000, 1, of: a)
      store.set(25 * 60_000 + 1, 2, of: a)
      store.set(90 * 60_000, 3, of: a)
    }
    box.withLock { $0 = source }
    defer { box.withLock { $0 = nil } }
    let target = VersionedHistory()
    let move = Setup().move(source, target)
    let first = try await move.run(try Setup.state())
    #expect(first.isGood && first.totals.written == 32)
    #expect(target.rows[a]?[.init(time: 30_000)] == nil)
    let second = try await move.run(try Setup.state(at: begun + 1000))
    #expect(second.totals.written == 1 && second.totals.same == 32)
    #expect(target.rows == source.rows)
  }

  @Test("Rows that the target does not take are counted with their reasons, and the others are written")
  func rejected() async throws {
    let a = try series("a")
    let source = VersionedHistory([a: VersionedHistory.minutes(30)])
    let target = VersionedHistory(rejects: { $0.time < 15 * 60_000 ? "older than \($0.time) ms" : nil })
    let report = try await Setup().move(source, target).run(try Setup.state())
    #expect(!report.isGood && report.totals.rejected == 15 && report.totals.written == 15)
    let note = try #require(report.rejections.first)
    #expect(report.rejections.count == 1 && note.series == a && note.note.count == 15)
    #expect(note.note.reasons.map(\.text) == ["older than 0 ms"] && note.note.first.count == 10)
    let comparison = try await Setup(action: .verify).move(source, target).run(try Setup.state())
    #expect(comparison.differences.count == 15 && comparison.totals.same == 15)
  }

  @Test("Series that are named are moved, and no others; a resolver gives them their tags")
  func named() async throws {
    let source = try everything()
    let target = VersionedHistory()
    let written = try #require(source.contents.keys.first { $0.key != nil })
    var options = HistoryMove.Options()
    options.series = [Series(written.identifier), try series("absent"), try series("z"), try series("z")]
    let move = HistoryMove(
      from: source, to: target, options,
      resolve: { series async throws(StoreError) in series.identifier == written.identifier ? written : series },
      sleep: { _ in })
    let report = try await move.run(try Setup.state())
    #expect(report.isGood && report.totals.series == 3 && report.totals.rows == 15)
    #expect(target.rows == source.rows.filter { $0.key == written || $0.key.identifier.text == "z" })
  }

  @Test("Another list than the source's names the series, page by page") func listed() async throws {
    let source = try everything()
    let target = VersionedHistory()
    let pages: [String?: SeriesPage] = [
      nil: SeriesPage(series: [try series("a")], next: "2"), "2": SeriesPage(series: [], next: "3"),
      "3": SeriesPage(series: [try series("z"), try series("absent")]),
    ]
    let move = HistoryMove(
      from: source, to: target, list: { start, _ in pages[start] ?? SeriesPage(series: []) }, sleep: { _ in })
    let report = try await move.run(try Setup.state())
    #expect(report.isGood && report.totals.series == 3 && report.totals.rows == 35)
    #expect(target.rows == source.rows.filter { $0.key.key == nil })
  }

  @Test("Counting asks the target nothing")
  func counts() async throws {
    let target = VersionedHistory()
    let report = try await Setup(action: .count).move(try everything(), target).run(try Setup.state())
    #expect(report.isGood && report.totals.rows == 40 && report.totals.series == 4)
    #expect(target.state.withLock { $0.reads + $0.writes } == 0)
  }

  @Test(
    "Ten times the rows cost ten times the work, also where gaps are between them", arguments: [0, 1000] as [Int64])
  func cost(gapDays: Int64) async throws {
    func work(_ rows: Int) async throws -> (looked: Int, reads: Int) {
      let a = try series("a")
      var all: [VersionedHistory.Instant: VersionedHistory.Row] = [:]
      // Bursts of 250 rows.
      for burst in 0..<rows / 250 {
        let first = Int64(burst) * (250 * 60_000 + gapDays * 86_400_000)
        all.merge(VersionedHistory.minutes(250, from: first)) { one, _ in one }
      }
      let source = VersionedHistory([a: all])
      let target = VersionedHistory()
      var state = try Setup.state()
      state.range = try #require(TimeRange(from: 0, to: TimeExpression.bounds.upperBound))
      let report = try await Setup(pageRows: 100).move(source, target).run(state)
      #expect(report.totals.written == rows && target.rows == source.rows)
      let (one, two) = (source.state.withLock { $0 }, target.state.withLock { $0 })
      return (one.looked + two.looked, one.reads + two.reads)
    }
    let (less, more) = (try await work(2500), try await work(25_000))
    #expect(more.looked <= 12 * less.looked, "\(less) \(more)")
    #expect(more.reads <= 12 * less.reads, "\(less) \(more)")
  }
}
