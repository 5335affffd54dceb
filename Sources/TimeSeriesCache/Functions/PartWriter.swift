import CacheSupport

/// Writes what a source gives: to the identifier's own series, or to those that its rows make.
enum PartWriter {
  case one(FetchWriter)
  case several(RowSeriesWriter)

  /// True where neither store is asked any more.
  var isDown: Bool {
    switch self {
    case .one(let writer): writer.isDown
    case .several(let writer): writer.isDown
    }
  }

  mutating func write(_ parts: [SourcePages.Part]) async {
    switch self {
    case .one(var writer):
      for part in parts { await writer.write(part.samples) }
      self = .one(writer)
    case .several(var writer):
      await writer.write(
        parts.compactMap { part in part.series.map { SeriesSamples(series: $0, samples: part.samples) } })
      self = .several(writer)
    }
  }

  /// What became of all of it.
  var outcome: SampleWriter.Outcome {
    switch self {
    case .one(let writer): writer.outcome
    case .several(let writer): writer.outcome
    }
  }

  /// What became of each series that rows make.
  var series: [RowSeriesWriter.Written] {
    switch self {
    case .one: []
    case .several(let writer): writer.written
    }
  }

  /// Why the message must come again; nil where everything was taken, or some of it and the rest never will be.
  var failure: String? {
    switch self {
    case .one(let writer): Self.failure(of: writer.outcome)
    case .several(let writer):
      writer.written.lazy.compactMap { written in
        Self.failure(of: written.outcome).map { "series '\(written.series)': \($0)" }
      }.first
    }
  }

  private static func failure(of outcome: SampleWriter.Outcome) -> String? {
    if let failure = outcome.failure { return failure.description }
    guard outcome.isAllRejected else { return nil }
    let reason = outcome.history.rejected.reasons.first?.text ?? ""
    return "none of the \(outcome.history.rejected.count) records of the history was taken: \(reason)"
  }
}

/// Why an identifier is not fetched at all.
struct FetchRefusal: Error, CustomStringConvertible {
  let description: String
}
