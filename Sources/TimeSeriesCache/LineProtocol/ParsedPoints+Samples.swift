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
    let bounds = pointBounds()
    let ranks = ranks()
    var order = pointOrder(bounds)
    var entries: [(rank: Int32, field: Int32)] = []
    return series.indices.map { place in
      let range = Int(bounds[place])..<Int(bounds[place + 1])
      sort(&order, range)
      var part = ParsedSeries(series: series[place], samples: [], lines: [])
      part.samples.reserveCapacity(range.count)
      part.lines.reserveCapacity(range.count)
      var start = range.lowerBound
      while start < range.upperBound {
        let first = points[Int(order[start])]
        var end = start
        entries.removeAll(keepingCapacity: true)
        while end < range.upperBound, case let point = points[Int(order[end])], point.time == first.time {
          for field in point.fields { entries.append((ranks[Int(fields[Int(field)].name)], field)) }
          end += 1
        }
        part.samples.append(sample(of: first.time, &entries))
        part.lines.append(first.line)
        start = end
      }
      return part
    }
  }

  /// Where the points of each series begin once they lie together, and the number of all.
  private func pointBounds() -> [Int32] {
    var bounds = [Int32](repeating: 0, count: series.count + 1)
    for point in points { bounds[Int(point.series) + 1] += 1 }
    for place in series.indices { bounds[place + 1] += bounds[place] }
    return bounds
  }

  /// The places of all points, those of one series together, in the order of the body.
  private func pointOrder(_ bounds: [Int32]) -> [Int32] {
    var next = bounds
    var order = [Int32](repeating: 0, count: points.count)
    for (place, point) in points.enumerated() {
      order[Int(next[Int(point.series)])] = Int32(truncatingIfNeeded: place)
      next[Int(point.series)] += 1
    }
    return order
  }

  /// Sorts a series' points by time, those of one time in the order of the body. Most bodies are in order already.
  private func sort(_ order: inout [Int32], _ range: Range<Int>) {
    let isSorted = range.dropFirst().allSatisfy { points[Int(order[$0 - 1])].time <= points[Int(order[$0])].time }
    guard !isSorted else { return }
    order[range].sort { (points[Int($0)].time, $0) < (points[Int($1)].time, $1) }
  }

  /// The place of each name in the order of their bytes.
  private func ranks() -> [Int32] {
    var ranks = [Int32](repeating: 0, count: names.count)
    for (rank, name) in names.indices.sorted(by: { names[$0] < names[$1] }).enumerated() {
      ranks[name] = Int32(truncatingIfNeeded: rank)
    }
    return ranks
  }

  private func sample(of time: Int64, _ entries: inout [(rank: Int32, field: Int32)]) -> Sample {
    let isSorted = zip(entries, entries.dropFirst()).allSatisfy { $0.rank < $1.rank }
    if !isSorted {
      // A later line's field has a higher place.
      entries.sort { ($0.rank, $0.field) < ($1.rank, $1.field) }
    }
    var measures: [Measure] = []
    measures.reserveCapacity(entries.count)
    for (place, entry) in entries.enumerated()
    where place + 1 == entries.count || entries[place + 1].rank != entry.rank {
      measures.append(measure(fields[Int(entry.field)]))
    }
    // Rounded down, also before 1970.
    let (milliseconds, rest) = time.quotientAndRemainder(dividingBy: 1_000_000)
    let isBefore = rest < 0
    return Sample(
      time: isBefore ? milliseconds - 1 : milliseconds,
      nanoseconds: Int32(truncatingIfNeeded: isBefore ? rest + 1_000_000 : rest), measures: measures)
  }
}
