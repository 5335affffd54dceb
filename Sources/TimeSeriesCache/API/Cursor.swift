import CacheSupport

/// Where a next page starts: all that the pages before learnt, so that it never expires and needs no memory of the request.
///
/// Its text is `from.to.after.baseline`, epoch milliseconds; the baseline is `-` for a series without history. A cursor of
/// an earlier version has none: it is then asked for again. For bins with `increase` a fifth part has the latest number of each measure,
/// a JSON object in hexadecimal digits; where they are too many it is left out, and they are asked for again.
struct Cursor: Hashable {
  var range: TimeRange
  var after: SeriesReader.Continuation

  /// The most bytes of that object: a cursor has to fit into a URL.
  static let maximumLatest: Int = 1000

  var text: String {
    let times = "\(range.from).\(range.to).\(after.after)"
    return switch after.baseline {
    case .unknown: times
    case .none: times + ".-" + latestText
    case .time(let time): times + ".\(time)" + latestText
    }
  }

  private var latestText: String {
    guard let latest = after.latest, latest.reduce(0, { $0 + $1.key.text.utf8.count }) <= Self.maximumLatest else {
      return ""
    }
    var object = JSONObject()
    for (name, value) in latest.sorted(by: { $0.key < $1.key }) { object[name.text] = value.json }
    let bytes = JSON.object(object).bytes
    return bytes.count <= Self.maximumLatest ? "." + Hex.encode(bytes) : ""
  }

  init(range: TimeRange, after: SeriesReader.Continuation) {
    self.range = range
    self.after = after
    // The first bin may start before the range: it is the bin of the range's first time, too.
    self.after.after = max(after.after, range.from)
  }

  /// Nil for a text that no answer had.
  init?(_ text: String) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    let times = parts.prefix(3).compactMap { Int64($0) }
    guard (3...5).contains(parts.count), times.count == 3, let range = TimeRange(from: times[0], to: times[1]),
      range.from <= times[2], times[2] <= range.to, TimeExpression.bounds.contains(range.from),
      TimeExpression.bounds.contains(range.to)
    else { return nil }
    self.init(range: range, after: SeriesReader.Continuation(after: times[2]))
    guard parts.count > 3 else { return }
    if parts[3] == "-" {
      after.baseline = .none
    } else {
      guard let baseline = Int64(parts[3]), TimeExpression.bounds.contains(baseline) else { return nil }
      after.baseline = .time(baseline)
    }
    guard parts.count > 4 else { return }
    guard let latest = Self.latest(parts[4]) else { return nil }
    after.latest = latest
  }

  private static func latest(_ text: Substring) -> [ByteText: MeasureValue]? {
    let digits = Array(text.utf8)
    guard digits.count % 2 == 0, digits.count <= maximumLatest * 2 else { return nil }
    var bytes: [UInt8] = []
    for place in stride(from: 0, to: digits.count, by: 2) {
      guard let high = Hex.value(of: digits[place]), let low = Hex.value(of: digits[place + 1]) else { return nil }
      bytes.append(high << 4 | low)
    }
    guard let members = (try? JSON(parsing: bytes))?.object?.members else { return nil }
    var latest: [ByteText: MeasureValue] = [:]
    for (name, value) in members {
      guard let number = value.int64.map({ .bigint($0) }) ?? value.double.flatMap({ MeasureValue.finite($0) }) else {
        return nil
      }
      latest[ByteText(name)] = number
    }
    return latest
  }
}
