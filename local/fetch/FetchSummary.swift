import CacheSupport
import TimeSeriesCache

/// What a fetch stored, in words.
enum FetchSummary {
  /// True where all that the source gave was read and stored.
  static func isGood(_ report: FetchReport) -> Bool {
    report.failure == nil && report.written.history.rejected.isEmpty && report.read?.faults.isEmpty ?? true
  }

  /// How many of the series that rows make are told one by one.
  static let seriesTold: Int = 20

  static func text(of report: FetchReport, _ identifier: Identifier) -> String {
    let written = report.written
    let stored = written.history.stored + written.forecastItems
    let range = stored == 0 ? "" : written.times.map { ", \(time($0.from)) to \(time($0.to))" } ?? ""
    var lines = [
      "\(identifier): \(count(stored, "row")) stored\(range): \(written.history.stored) of history, \(written.forecastItems) of forecast"
    ]
    if let read = report.read, read.rows != read.samples {
      lines.append("  \(count(read.rows, "row")) read, \(read.samples) of them with a time and a value")
    }
    if written.history.superseded > 0 {
      lines.append("  \(count(written.history.superseded, "row")) left as a newer fetch wrote them")
    }
    lines += faults(report.read?.faults ?? FirstFew()) + rejections(written.history.rejected)
    for series in report.series.prefix(seriesTold) {
      let outcome = series.outcome
      lines.append("  \(series.series): \(count(outcome.history.stored + outcome.forecastItems, "row")) stored")
    }
    if report.series.count > seriesTold { lines.append("  \(report.series.count - seriesTold) more series") }
    if let missing = report.read?.missingMeasures, !missing.isEmpty {
      lines.append("  no row has: \(missing.joined(separator: ", "))")
    }
    let told = report.read?.faults.elements.map(\.description) ?? []
    if let failure = report.failure, !told.contains(failure) { lines.append("  failed: \(failure)") }
    return lines.joined(separator: "\n")
  }

  static func faults(_ faults: FirstFew<SourceError>) -> [String] {
    guard !faults.isEmpty else { return [] }
    let more = faults.count > faults.elements.count ? ", of which the first \(faults.elements.count)" : ""
    return ["  \(faults.count) not read\(more):"] + faults.elements.map { "    \($0)" }
  }

  private static func rejections(_ rejected: Rejections) -> [String] {
    guard !rejected.isEmpty else { return [] }
    let times = rejected.first.map { time($0.time) }.joined(separator: ", ")
    let more = rejected.count > rejected.first.count ? " …" : ""
    return ["  \(count(rejected.count, "row")) rejected: \(times)\(more)"]
      + rejected.reasons.map { "    \(count($0.count, "time")): \($0.text)" }
  }

  /// `1 row`, `2 rows`.
  static func count(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }

  static func time(_ milliseconds: Int64) -> String { UTCTime(epochMilliseconds: milliseconds).iso8601Text }
}
