import CacheSupport
import TimeSeriesCache

/// What a move did, in words.
enum MoveSummary {
  static func text(of report: MoveReport, _ action: HistoryMove.Action, _ stores: MoveStores) -> String {
    let totals = report.totals
    var lines: [String] = []
    switch action {
    case .copy:
      lines.append(
        "\(count(totals.series, "series", "series")), \(count(totals.rows, "row")) read: \(totals.written) written, \(totals.same) there already, \(totals.superseded) superseded, \(totals.rejected) rejected"
      )
    case .verify:
      lines.append(
        "\(count(totals.series, "series", "series")), \(count(totals.rows, "row")) compared: \(totals.same) the same, \(totals.differing) different"
      )
    case .count: lines.append("\(count(totals.series, "series", "series")), \(count(totals.rows, "row"))")
    }
    let billed = stores.billed(totals)
    if billed > 0 { lines.append("  Timestream metered \(bill(billed))") }
    let capacity = stores.capacity
    if capacity.read + capacity.write > 0 {
      lines.append(
        "  DynamoDB counted \(decimal(capacity.write, 1)) write units and \(decimal(capacity.read, 1)) read units in this run"
      )
    }
    lines += list(report.differences, "different") { "\($0)" }
    for rejected in report.rejections {
      lines.append("  \(rejected.series): \(count(rejected.note.count, "row")) rejected")
      for reason in rejected.note.reasons { lines.append("    \(count(reason.count, "time")): \(reason.text)") }
      lines += rejected.note.first.prefix(3).map {
        "    \(UTCTime(epochMilliseconds: $0.time).iso8601Text): \($0.reason)"
      }
    }
    lines += list(report.failures, "failed") { "\($0.series): \($0.note)" }
    return lines.joined(separator: "\n")
  }

  private static func list<Element>(
    _ few: FirstFew<Element>, _ what: String, _ text: (Element) -> String
  ) -> [String] {
    guard !few.isEmpty else { return [] }
    let more = few.count > few.elements.count ? ", of which the first \(few.elements.count)" : ""
    return ["  \(few.count) \(what)\(more):"] + few.elements.map { "    \(text($0))" }
  }

  /// Bytes that Timestream bills, and what they cost in us-east-1: 0.01 USD per GB (price list of 2026-08-31).
  static func bill(_ bytes: Int64) -> String {
    "\(decimal(Double(bytes) / 1e6, 1)) MB: \(decimal(Double(bytes) / 1e9 * 0.01, 4)) USD at 0.01 USD per GB"
  }

  /// A number that is not negative with so many digits after the point.
  private static func decimal(_ value: Double, _ digits: Int) -> String {
    let scale = (0..<digits).reduce(1.0) { scale, _ in scale * 10 }
    guard let scaled = Int(exactly: (value * scale).rounded()) else { return "\(value)" }
    let text = String(scaled)
    let padded = String(repeating: "0", count: max(0, digits + 1 - text.count)) + text
    return padded.dropLast(digits) + "." + padded.suffix(digits)
  }

  static func count(_ count: Int, _ noun: String, _ plural: String? = nil) -> String {
    "\(count) \(count == 1 ? noun : plural ?? noun + "s")"
  }
}
