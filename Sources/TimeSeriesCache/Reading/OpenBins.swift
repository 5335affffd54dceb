import CacheSupport

/// The bins of a page while history and forecasts are added to them, oldest first.
struct OpenBins {
  private let binning: Binning
  private let limit: Int
  /// Of each measure the latest value so far.
  private var previous: [ByteText: MeasureValue]
  private var bins: [(bin: HistoryBin, origin: SeriesRow.Origin)] = []
  /// True where a row was not added, because its bin would be one too many.
  private(set) var isFull = false

  /// - Parameter before: the latest value of each measure before the page; empty where no increase is wanted.
  init(_ binning: Binning, limit: Int, before: [ByteText: MeasureValue]) {
    self.binning = binning
    self.limit = limit
    previous = before
  }

  var increases: Bool { binning.aggregates.contains(.increase) }
  /// The latest number of each measure so far; nil where no increase is wanted.
  var latest: [ByteText: MeasureValue]? { increases ? previous.filter { $0.value.number != nil } : nil }
  /// The start of the last bin.
  var last: Int64? { bins.last?.bin.start }

  /// Adds bins of the history, whose increases within the range are known.
  mutating func add(_ history: [HistoryBin]) {
    var met: Set<ByteText> = []
    for var bin in history {
      if increases {
        for (name, tally) in bin.measures {
          if met.insert(name).inserted, let before = previous[name], let first = tally.first {
            bin.measures[name]?.addIncrease(from: before, to: first)
          }
          previous[name] = tally.last
        }
      }
      bins.append((bin, .history))
    }
  }

  /// Adds a forecast, which is later than all before.
  ///
  /// - Returns: false where its bin would be one too many.
  mutating func add(_ forecast: Sample) -> Bool {
    let measures = binning.counted(forecast)
    guard !measures.isEmpty else { return true }
    let start = binning.start(of: forecast.time)
    if last != start {
      isFull = bins.count >= limit
      if isFull { return false }
      bins.append((HistoryBin(start: start, newest: forecast.time), .forecast))
    }
    let place = bins.count - 1
    bins[place].origin = .forecast
    bins[place].bin.newest = forecast.time
    for measure in measures {
      let name = ByteText(measure.name)
      bins[place].bin.measures[name, default: MeasureTally()].add(
        measure.value, previous: increases ? previous[name] : nil)
      previous[name] = measure.value
    }
    return true
  }

  /// Takes note of a forecast before the page.
  mutating func skip(_ forecast: Sample) -> Bool {
    for measure in binning.counted(forecast) { previous[ByteText(measure.name)] = measure.value }
    return true
  }

  /// A row for each bin in which any of the aggregates applies.
  func rows(_ aggregates: [Aggregate]) -> [SeriesRow] {
    let aggregates = Aggregate.allCases.filter { aggregates.contains($0) }
    return bins.compactMap { bin, origin in
      var measures: [Measure] = []
      for (name, tally) in bin.measures {
        for aggregate in aggregates {
          guard let value = tally.value(aggregate) else { continue }
          measures.append(Measure(aggregates.count == 1 ? name.text : "\(name)_\(aggregate.rawValue)", value))
        }
      }
      measures.sort { ByteText($0.name) < ByteText($1.name) }
      return measures.isEmpty ? nil : SeriesRow(Sample(time: bin.start, measures: measures), origin: origin)
    }
  }
}
