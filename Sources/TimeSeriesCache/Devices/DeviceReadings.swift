import CacheSupport

/// The readings of a message, which is one of them or an array, grouped to be written.
struct DeviceReadings: Sendable {
  /// A reading that cannot be written.
  struct Fault: Sendable, Hashable {
    /// Its index in the message.
    var index: Int
    var reason: String
  }

  /// No series appears twice; of two readings of one instant the later one counts, value by value.
  private(set) var points: [ParsedSeries] = []
  /// The readings that came together in each sample.
  private(set) var indices: [[[Int]]] = []
  private(set) var faults: [Fault] = []
  /// The readings as they came.
  let elements: [JSON]

  /// The most readings of a message.
  static let maximum: Int = 100_000

  /// - Throws: for what is neither a reading nor an array, and for too many of them.
  init(_ message: JSON, rule: DeviceRule, arrival: Int64) throws(UnreadableMessage) {
    elements = message.array ?? [message]
    guard elements.count <= Self.maximum else {
      throw UnreadableMessage(reason: "the message has \(elements.count) readings; \(Self.maximum) are the most")
    }
    var places: [SeriesKey: Int] = [:]
    var readings: [[(index: Int, sample: Sample)]] = []
    var keys: [SeriesKey] = []
    for (index, element) in elements.enumerated() {
      do throws(UnreadableMessage) {
        let reading = try rule.reading(element, arrival: arrival)
        let place = places[reading.key] ?? keys.count
        if place == keys.count {
          places[reading.key] = place
          keys.append(reading.key)
          readings.append([])
        }
        readings[place].append((index, reading.sample))
      } catch { faults.append(Fault(index: index, reason: error.reason)) }
    }
    for (key, readings) in zip(keys, readings) {
      var series = ParsedSeries(series: key, samples: [], lines: [])
      var indices: [[Int]] = []
      let order = readings.sorted {
        ($0.sample.time, $0.sample.nanoseconds, $0.index) < ($1.sample.time, $1.sample.nanoseconds, $1.index)
      }
      for (index, sample) in order {
        if let last = series.samples.indices.last, series.samples[last].time == sample.time,
          series.samples[last].nanoseconds == sample.nanoseconds
        {
          series.samples[last].measures.merge(sample.measures)
          indices[last].append(index)
        } else {
          series.samples.append(sample)
          series.lines.append(Int32(truncatingIfNeeded: index))
          indices.append([index])
        }
      }
      points.append(series)
      self.indices.append(indices)
    }
  }

  /// The faults, and what a store refused, in the order of the readings.
  func faults(with refused: [PointWriter.Refusal]) -> [Fault] {
    let more = refused.flatMap { refusal in
      indices[refusal.place.series][refusal.place.sample].map {
        Fault(index: $0, reason: RejectedLines.cut(refusal.reason))
      }
    }
    return (faults + more).sorted { $0.index < $1.index }
  }
}
