import CacheSupport

/// Lines that no store will ever take, and why.
struct RejectedLines: Sendable, Hashable {
  /// A point of a body.
  struct Line: Sendable, Hashable {
    /// Where it starts, 1 for the body's first line.
    var number: Int32
    /// At most ``RejectedLines/reasonBytes`` bytes.
    var reason: String
  }

  /// In the order of the body.
  private(set) var lines: [Line] = []

  /// The most bytes of a reason: a store's own words may be long.
  static let reasonBytes: Int = 300
  /// The first ones, of which an answer tells the reason: 10.
  static let linesTold: Int = FirstFew<Line>.limit

  var isEmpty: Bool { lines.isEmpty }

  init() {}

  /// All points of the samples that were refused: several lines may have given one of them.
  init(_ refused: [PointWriter.Refusal], of points: ParsedPoints, _ series: [ParsedSeries]) {
    guard !refused.isEmpty else { return }
    struct Instant: Hashable {
      var series: Int32
      var time: Int64
    }
    var reasons: [Instant: String] = [:]
    for refusal in refused {
      let sample = series[refusal.place.series].samples[refusal.place.sample]
      // A point's time is such a number, so that this one fits as well.
      let time = sample.time &* 1_000_000 &+ Int64(sample.nanoseconds)
      reasons[Instant(series: Int32(truncatingIfNeeded: refusal.place.series), time: time)] = Self.cut(refusal.reason)
    }
    for point in points.points {
      guard let reason = reasons[Instant(series: point.series, time: point.time)] else { continue }
      lines.append(Line(number: point.line, reason: reason))
    }
  }

  /// `line 3: …; line 7: …; and 5 more; dropped=7`
  var description: String {
    var parts = lines.prefix(Self.linesTold).map { "line \($0.number): \($0.reason)" }
    if lines.count > Self.linesTold { parts.append("and \(lines.count - Self.linesTold) more") }
    return "\(parts.joined(separator: "; ")); dropped=\(lines.count)"
  }

  /// Each reason once, the first ``linesTold`` of them.
  var reasons: [String] { Self.distinct(lines.map(\.reason)) }

  static func distinct(_ reasons: [String]) -> [String] {
    var seen: Set<ByteText> = []
    return Array(reasons.filter { seen.count < linesTold && seen.insert(ByteText($0)).inserted })
  }

  static func cut(_ reason: String) -> String {
    guard reason.utf8.count > reasonBytes else { return reason }
    var bytes = 3
    return reason.prefix {
      bytes += $0.utf8.count
      return bytes <= reasonBytes
    } + "…"
  }
}
