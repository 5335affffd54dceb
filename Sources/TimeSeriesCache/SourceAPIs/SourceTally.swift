/// What was read of a source's answer, or of one page of it.
package struct SourceTally: Sendable, Hashable {
  /// How often a measure's place was there.
  package struct Presence: Sendable, Hashable {
    package let measure: String
    /// Rows with a value.
    package internal(set) var values: Int = 0
    /// Rows with null or an empty text, which mean that there is no value.
    package internal(set) var blanks: Int = 0
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

  init(_ source: SourceDescription) { measures = source.measures.map { Presence(measure: $0.name) } }

  /// Measures that no row has, neither with a value nor without: most likely their places are mistyped.
  package var missingMeasures: [String] {
    rows == 0 ? [] : measures.filter { $0.values + $0.blanks == 0 }.map(\.measure)
  }

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
      measures[index].values += page.measures[index].values
      measures[index].blanks += page.measures[index].blanks
    }
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
