/// What is predicted of one series, one sample for each millisecond: forecasts keep no finer times.
struct ForecastPart: Sendable {
  let series: Series
  /// The series' index among those that are written.
  let index: Int
  private(set) var samples: [Sample] = []
  /// The indices of the samples that came together in each.
  private(set) var places: [[Int]] = []
  /// Samples that the store will never take, and why.
  private(set) var refused: [(place: Int, reason: String)] = []

  /// - Parameters:
  ///   - samples: ascending by time and nanoseconds: of two values of one millisecond the later counts.
  ///   - fault: why the store will never take a sample; nil where it will.
  init(_ series: Series, _ index: Int, _ samples: ArraySlice<Sample>, fault: (Sample) -> String?) {
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
    refuse(fault)
  }

  private mutating func refuse(_ fault: (Sample) -> String?) {
    let faults = samples.indices.compactMap { index in fault(samples[index]).map { (index, $0) } }
    for (index, reason) in faults.reversed() {
      for place in places[index] { refused.append((place, reason)) }
      samples.remove(at: index)
      places.remove(at: index)
    }
  }
}
