/// What is predicted of one series, one sample for each millisecond: forecasts keep no finer times.
struct ForecastPart: Sendable {
  let series: Series
  /// The series' index among those that are written.
  let index: Int
  private(set) var samples: [Sample] = []
  /// The indices of the samples that came together in each.
  private(set) var places: [[Int]] = []
  /// Samples that are too large for an item, and why.
  private(set) var refused: [(place: Int, reason: String)] = []

  /// - Parameter samples: ascending by time and nanoseconds: of two values of one millisecond the later counts.
  init(_ series: Series, _ index: Int, _ samples: ArraySlice<Sample>) {
    self.series = series
    self.index = index
    for place in samples.indices {
      var sample = samples[place]
      sample.nanoseconds = 0
      if let last = self.samples.indices.last, self.samples[last].time == sample.time {
        self.samples[last].measures.merge(sample.measures)
        places[last].append(place)
      } else {
        self.samples.append(sample)
        places.append([place])
      }
    }
    refuseLarge()
  }

  private mutating func refuseLarge() {
    let large = samples.indices.filter { Self.bytes(of: samples[$0]) > PointWriter.maximumForecastBytes }
    for index in large.reversed() {
      let reason =
        "a forecast of \(Self.bytes(of: samples[index])) bytes is too large: \(PointWriter.maximumForecastBytes) are the most"
      for place in places[index] { refused.append((place, reason)) }
      samples.remove(at: index)
      places.remove(at: index)
    }
  }

  /// What the item takes, a little more rather than less.
  private static func bytes(of sample: Sample) -> Int {
    sample.measures.reduce(Identifier.maximumBytes + 200) { sum, measure in
      let value = if case .varchar(let text) = measure.value { text.utf8.count } else { 40 }
      return sum + measure.name.utf8.count + value + 8
    }
  }
}
