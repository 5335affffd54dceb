import CacheSupport

/// What `GET /v1/series/{identifier}` asks for, checked.
struct SeriesRequest: Hashable {
  var identifier: Identifier
  var range: TimeRange
  /// From the cursor: where the page starts.
  var after: SeriesReader.Continuation?
  var limit: Int
  /// Nil asks for all.
  var measures: Set<String>?
  var format: PageFormat

  static let defaultLimit: Int = 1000
  static let maximumLimit: Int = 10_000
  private static let parameters: Set<String> = ["from", "to", "limit", "cursor", "measures", "format"]

  init(identifier: String, query: [String: String], accept: String?, now: Int64) throws(APIError) {
    do throws(InvalidIdentifier) { self.identifier = try Identifier(identifier) } catch {
      throw .badRequest(error.description)
    }
    if let unknown = query.keys.sorted().first(where: { !Self.parameters.contains($0) }) {
      throw .badRequest("there is no parameter '\(unknown)': \(Self.parameters.sorted().joined(separator: ", ")) are")
    }
    if let cursor = query["cursor"] {
      guard let cursor = Cursor(cursor) else {
        throw .badRequest("the cursor is none that this API gave: leave it out to start anew")
      }
      range = cursor.range
      after = cursor.after
    } else {
      let from = try Self.instant("from", query, default: now - 86_400_000, now: now)
      let to = try Self.instant("to", query, default: now + 86_400_000, now: now)
      guard let range = TimeRange(from: from, to: to) else {
        throw .badRequest("'from' lies behind 'to': exchange them")
      }
      self.range = range
    }
    limit = Self.defaultLimit
    if let text = query["limit"] {
      guard let value = Int(text), (1...Self.maximumLimit).contains(value) else {
        throw .badRequest("limit is '\(text.prefix(40))': give a whole number from 1 to \(Self.maximumLimit)")
      }
      limit = value
    }
    if let text = query["measures"], !text.isEmpty {
      measures = Set(text.split(separator: ",").map { $0.trimmingBlanks })
    }
    format = try PageFormat(parameter: query["format"], accept: accept)
  }

  private static func instant(
    _ name: String, _ query: [String: String], default: Int64, now: Int64
  ) throws(APIError) -> Int64 {
    guard let text = query[name], !text.isEmpty else { return `default` }
    guard let time = TimeExpression.instant(text, now: now) else {
      throw .badRequest(
        "\(name) is '\(text.prefix(40))': give epoch milliseconds, ISO 8601 (2026-11-20T12:00Z), now, now-24h or now+2d"
      )
    }
    return time
  }
}

/// Where a next page starts: times alone, so that it never expires and needs no memory of the request.
///
/// Its text is `from.to.after.baseline`, epoch milliseconds; the baseline is `-` for a series without history. A cursor of
/// an earlier version has none: it is then asked for again.
struct Cursor: Hashable {
  var range: TimeRange
  var after: SeriesReader.Continuation

  var text: String {
    let times = "\(range.from).\(range.to).\(after.after)"
    return switch after.baseline {
    case .unknown: times
    case .none: times + ".-"
    case .time(let time): times + ".\(time)"
    }
  }

  init(range: TimeRange, after: SeriesReader.Continuation) {
    self.range = range
    self.after = after
  }

  init?(_ text: String) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    let times = parts.prefix(3).compactMap { Int64($0) }
    guard (3...4).contains(parts.count), times.count == 3, let range = TimeRange(from: times[0], to: times[1]),
      range.from <= times[2], times[2] <= range.to, TimeExpression.bounds.contains(range.from),
      TimeExpression.bounds.contains(range.to)
    else { return nil }
    self.init(range: range, after: SeriesReader.Continuation(after: times[2]))
    guard parts.count == 4 else { return }
    if parts[3] == "-" {
      after.baseline = .none
    } else {
      guard let baseline = Int64(parts[3]) else { return nil }
      after.baseline = .time(baseline)
    }
  }
}

extension Substring {
  /// Without the blanks at either end; those within belong to the name.
  fileprivate var trimmingBlanks: String {
    String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }
}
