/// Samples of one series of a body, each with the line that it came from.
package struct ParsedSeries: Sendable, Hashable {
  /// Whose samples they are.
  package var series: SeriesKey
  /// Ascending by time in nanoseconds; no instant appears twice.
  package var samples: [Sample]
  /// The line of each sample: where several lines gave one, the first of them.
  package var lines: [Int32]
}

extension ParsedPoints {
  /// The samples of each series, in the order of ``series``.
  ///
  /// Points of one series and one instant become one sample; of two values of one name, the later in the body counts.
  package func samples() -> [ParsedSeries] {
    var grouping = SampleGrouping(self)
    return series.indices.map { grouping.samples(of: $0) }
  }
}

/// Brings the points of each series together, by time.
struct SampleGrouping {
  private let parsed: ParsedPoints
  /// Where the points of each series begin in `order`, and the number of all.
  private var bounds: [Int]
  /// The places of all points, those of one series together, in the order of the body.
  private var order: [Int32]
  /// The place of each field's name in the order of their bytes.
  private var ranks: [Int32]
  /// The fields of the sample at hand.
  private var entries: [(rank: Int32, field: Int32)] = []
  /// How many pairs of points or fields were compared: a test counts them.
  private(set) var comparisons: Int = 0

  init(_ parsed: ParsedPoints) {
    self.parsed = parsed
    bounds = Array(repeating: 0, count: parsed.series.count + 1)
    for point in parsed.points { bounds[Int(point.series) + 1] += 1 }
    for place in parsed.series.indices { bounds[place + 1] += bounds[place] }
    var next = bounds
    order = Array(repeating: 0, count: parsed.points.count)
    for (place, point) in parsed.points.enumerated() {
      order[next[Int(point.series)]] = Int32(truncatingIfNeeded: place)
      next[Int(point.series)] += 1
    }
    ranks = Array(repeating: 0, count: parsed.names.count)
    let names = parsed.names.indices.sorted { parsed.names[$0] < parsed.names[$1] }
    for (rank, name) in names.enumerated() { ranks[name] = Int32(truncatingIfNeeded: rank) }
  }

  /// The samples of a series, by its place.
  mutating func samples(of place: Int) -> ParsedSeries {
    let range = bounds[place]..<bounds[place + 1]
    sort(range)
    var part = ParsedSeries(series: parsed.series[place], samples: [], lines: [])
    part.samples.reserveCapacity(range.count)
    part.lines.reserveCapacity(range.count)
    var index = range.lowerBound
    while index < range.upperBound {
      let first = parsed.points[Int(order[index])]
      entries.removeAll(keepingCapacity: true)
      while index < range.upperBound, case let point = parsed.points[Int(order[index])], point.time == first.time {
        for field in point.fields { entries.append((ranks[Int(parsed.fields[Int(field)].name)], field)) }
        index += 1
      }
      part.samples.append(sample(at: first.time))
      part.lines.append(first.line)
    }
    return part
  }

  /// Sorts a series' points by time, those of one time in the order of the body. Most bodies are in order already.
  private mutating func sort(_ range: Range<Int>) {
    let points = parsed.points
    func precedes(_ one: Int32, _ other: Int32) -> Bool {
      comparisons += 1
      return (points[Int(one)].time, one) < (points[Int(other)].time, other)
    }
    guard !range.dropFirst().allSatisfy({ precedes(order[$0 - 1], order[$0]) }) else { return }
    var part = Array(order[range])
    part.sort(by: precedes)
    order.replaceSubrange(range, with: part)
  }

  /// The sample of the fields at hand.
  private mutating func sample(at time: Int64) -> Sample {
    // A later line's field has a higher place, so that it comes after those before it of the same name.
    func precedes(_ one: (rank: Int32, field: Int32), _ other: (rank: Int32, field: Int32)) -> Bool {
      comparisons += 1
      return (one.rank, one.field) < (other.rank, other.field)
    }
    if !zip(entries, entries.dropFirst()).allSatisfy(precedes) {
      var sorted = entries
      sorted.sort(by: precedes)
      entries = sorted
    }
    var measures: [Measure] = []
    measures.reserveCapacity(entries.count)
    for (place, entry) in entries.enumerated()
    where place + 1 == entries.count || entries[place + 1].rank != entry.rank {
      measures.append(parsed.measure(parsed.fields[Int(entry.field)]))
    }
    // Rounded down, also before 1970.
    let (milliseconds, rest) = time.quotientAndRemainder(dividingBy: 1_000_000)
    return Sample(
      time: rest < 0 ? milliseconds - 1 : milliseconds,
      nanoseconds: Int32(truncatingIfNeeded: rest < 0 ? rest + 1_000_000 : rest), measures: measures)
  }
}
