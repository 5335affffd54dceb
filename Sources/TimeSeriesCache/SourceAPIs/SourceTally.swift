/// What was read of a source's answer, or of one page of it.
package struct SourceTally: Sendable, Hashable {
  /// How often a place of the description was there.
  package struct Presence: Sendable, Hashable {
    /// The measure; of the time, its place.
    package let name: String
    /// Rows with a value that was read.
    package internal(set) var values: Int = 0
    /// Rows with a value that was not read, because something else in the row cannot be.
    package private(set) var lost: Int = 0
    /// Rows with null or an empty text, which mean that there is no value.
    package internal(set) var blanks: Int = 0
    /// Rows with something there that cannot be read as what it should be.
    package private(set) var unreadable: Int = 0
    /// Why the first of them cannot; nil where there is none.
    package private(set) var reason: String?

    init(_ name: String) { self.name = name }

    /// False where no row has the place: most likely it is mistyped.
    package var isFound: Bool { values + lost + blanks + unreadable > 0 }

    mutating func loseValue() {
      values -= 1
      lost += 1
    }

    mutating func addUnreadable(_ reason: @autoclosure () -> String) {
      if unreadable == 0 { self.reason = reason() }
      unreadable += 1
    }

    mutating func add(_ page: Self) {
      values += page.values
      lost += page.lost
      blanks += page.blanks
      unreadable += page.unreadable
      reason = reason ?? page.reason
    }
  }

  /// Rows of the answer, whether or not they became samples.
  package internal(set) var rows: Int = 0
  /// Rows with a time and a value.
  package internal(set) var samples: Int = 0
  /// The earliest and the latest sample's time.
  package internal(set) var times: TimeRange?
  /// Rows that could not be read, and pages that were not.
  package internal(set) var faults: FirstFew<SourceError> = FirstFew()
  /// One for each measure of the description, in its order.
  package internal(set) var measures: [Presence]
  /// The rows' time; nil where they take the fetch's.
  package internal(set) var time: Presence?

  init(_ source: SourceDescription) {
    measures = source.measures.map { Presence($0.name) }
    time = source.time.map { Presence($0.description) }
  }

  /// Measures that no row has, neither with a value nor without: most likely their places are mistyped.
  package var missingMeasures: [String] { rows == 0 ? [] : measures.filter { !$0.isFound }.map(\.name) }

  /// The time's place, where rows lack a time that can be read.
  package var lackingTime: Presence? { time.flatMap { $0.values < rows ? $0 : nil } }

  /// Notes that pages were left unread, before all faults of rows, of which only the first ones are kept.
  mutating func leaveUnread(_ fault: SourceError) {
    var fault = fault
    fault.leavesPages = true
    var all: FirstFew<SourceError> = FirstFew()
    all.add(fault)
    all.add(faults)
    faults = all
  }

  mutating func add(_ time: Int64) {
    samples += 1
    times = times.map { $0.widened(to: time) } ?? TimeRange(from: time, to: time)
  }

  /// Adds what another page of the same source holds; its faults are placed first.
  mutating func add(_ page: Self, _ placed: (SourceError) -> SourceError) {
    rows += page.rows
    samples += page.samples
    if let other = page.times { times = times?.widened(to: other) ?? other }
    faults.add(page.faults.map(placed))
    for index in measures.indices where page.measures.indices.contains(index) {
      measures[index].add(page.measures[index])
    }
    if let other = page.time { time?.add(other) }
  }
}

extension TimeRange {
  func widened(to time: Int64) -> TimeRange {
    var range = self
    range.from = min(from, time)
    range.to = max(to, time)
    return range
  }

  func widened(to other: TimeRange) -> TimeRange { widened(to: other.from).widened(to: other.to) }
}
