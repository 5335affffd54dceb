import CacheSupport
package import LambdaRuntime

/// What became of one identifier.
package struct FetchReport: Sendable, Hashable {
  /// What a fetch is waiting for.
  package enum Phase: Sendable, Hashable {
    /// The identifier's item, its source's description and the key.
    case preparing
    /// A page of the source, from 1.
    case asking(page: Int)
    /// Both stores.
    case storing
    case done
  }

  package internal(set) var phase: Phase = .preparing
  /// When the fetch began, epoch milliseconds.
  package internal(set) var time: Int64 = 0
  /// What the identifiers' table says of it; nil where it is not registered.
  package internal(set) var entry: SeriesEntry?
  /// When it is fetched next, epoch milliseconds; nil where that is not known.
  package internal(set) var nextRun: Int64?
  /// What the stores took of each series that its rows make; empty where they are the identifier's own.
  package internal(set) var series: [RowSeriesWriter.Written] = []
  /// What the source gave; nil where it was not asked.
  package internal(set) var read: SourceTally?
  /// What the stores took.
  package internal(set) var written: SampleWriter.Outcome = SampleWriter.Outcome()
  /// Why the message must come again; nil where all is done.
  package internal(set) var failure: String?
  /// True where the source is to blame for a failure, or gave something that cannot be read.
  package internal(set) var isSourceError: Bool = false

  mutating func fail(_ reason: String, isSourceError: Bool = false) {
    failure = failure.map { "\($0); \(reason)" } ?? reason
    self.isSourceError = self.isSourceError || isSourceError
  }

  /// Ends a fetch that the function's deadline cut off.
  mutating func timeRanOut() {
    switch phase {
    case .preparing: fail("the time ran out before the source was asked")
    case .asking(let page): fail("the time ran out while the source was asked for page \(page)", isSourceError: true)
    case .storing: fail("the time ran out while samples were stored")
    case .done: break
    }
    phase = .done
  }

  /// What the fetch adds to the identifier's status.
  package var run: SeriesRun {
    let measures = (read?.measures ?? []).filter { $0.values > 0 }.map { ByteText($0.name) }
    return Self.run(
      written, measures: written.times == nil ? [] : Set(measures), failure: failure, time: time, nextRun: nextRun)
  }

  /// What it adds to the status of each series that its rows make.
  package var seriesRuns: [(identifier: Identifier, run: SeriesRun)] {
    series.map { series in
      let rejected = series.outcome.isAllRejected ? series.outcome.history.rejected.reasons.first?.text : nil
      let run = Self.run(
        series.outcome, measures: series.measures, failure: series.outcome.failure?.description ?? rejected, time: time,
        nextRun: nextRun)
      return (series.series.identifier, run)
    }
  }

  private static func run(
    _ written: SampleWriter.Outcome, measures: Set<ByteText>, failure: String?, time: Int64, nextRun: Int64?
  ) -> SeriesRun {
    SeriesRun(
      time: time, stored: written.history.stored + written.forecastItems, rejected: written.rejected.count,
      history: written.history.times, failure: failure, measures: measures, nextRun: nextRun)
  }

  /// Writes what went wrong, each kind of fault up to ten times.
  package func log(_ identifier: Identifier, _ logger: LambdaLogger) {
    let name = JSON.string(identifier.text)
    let faults = read?.faults ?? FirstFew()
    for fault in faults.elements {
      let message = fault.leavesPages ? "not all pages of the source were read" : "a row of the source cannot be read"
      logger.error(message, ["identifier": name, "error": .string(fault.description)])
    }
    if faults.count > faults.elements.count {
      logger.error(
        "more rows cannot be read",
        ["identifier": name, "rows": .integer(faults.count - faults.elements.count)])
    }
    if series.isEmpty { Self.log(written.rejected, of: identifier, logger) }
    let refused = series.filter { !$0.outcome.rejected.isEmpty }
    for series in refused.prefix(Self.seriesTold) {
      Self.log(series.outcome.rejected, of: series.series.identifier, logger)
    }
    if refused.count > Self.seriesTold {
      logger.error(
        "records of more series were rejected",
        ["identifier": name, "series": .integer(refused.count - Self.seriesTold)])
    }
    if failure == nil, let missing = read?.missingMeasures, !missing.isEmpty {
      logger.warn(
        "no row of the source has these measures",
        ["identifier": name, "measures": .array(missing.map { .string($0) })])
    }
    if let failure { logger.error("an identifier failed", ["identifier": name, "error": .string(failure)]) }
  }

  /// Of how many of a fetch's series the rejected records are logged; the others are counted.
  static let seriesTold: Int = 10

  private static func log(_ rejected: Rejections, of identifier: Identifier, _ logger: LambdaLogger) {
    let name = JSON.string(identifier.text)
    for rejection in rejected.first {
      logger.error(
        "a record was rejected",
        ["identifier": name, "time": .integer(rejection.time), "reason": .string(rejection.reason)])
    }
    if rejected.count > rejected.first.count {
      logger.error(
        "more records were rejected",
        [
          "identifier": name, "records": .integer(rejected.count),
          "reasons": .array(rejected.reasons.map { ["reason": .string($0.text), "records": .integer($0.count)] }),
        ])
    }
  }
}
