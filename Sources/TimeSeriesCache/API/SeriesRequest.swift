import CacheSupport

/// What `GET /v1/series/{identifier}` asks for, checked.
struct SeriesRequest: Hashable {
  var identifier: Identifier
  var range: TimeRange
  /// From the cursor: where the page starts.
  var after: SeriesReader.Continuation?
  var limit: Int
  /// Nil asks for all. Names compare by bytes, as both stores compare them.
  var measures: Set<ByteText>?
  var format: PageFormat

  static let defaultLimit: Int = 1000
  static let maximumLimit: Int = 10_000
  private static let parameters: [ByteText] = ["cursor", "format", "from", "limit", "measures", "to"]

  init(identifier: Identifier, query: QueryParameters, accept: String?, now: Int64) throws(APIError) {
    self.identifier = identifier
    try query.require(only: Self.parameters)
    // Beside a cursor the bounds do not count, but a bad one is a mistake all the same.
    let from = try query.instant("from", now: now) ?? now - 86_400_000
    let to = try query.instant("to", now: now) ?? now + 86_400_000
    if let text = query["cursor"] {
      guard let cursor = Cursor(text) else {
        throw .badRequest("this API did not give that cursor: leave it out to start anew")
      }
      range = cursor.range
      after = cursor.after
    } else {
      guard let range = TimeRange(from: from, to: to) else {
        let isGiven = query["from"] != nil && query["to"] != nil
        throw .badRequest(
          isGiven
            ? "'from' is after 'to': exchange them"
            : "'from' is after 'to': give both, else 'from' is a day ago and 'to' is in a day")
      }
      self.range = range
    }
    limit = Self.defaultLimit
    if let text = query["limit"] {
      guard text.utf8.first != UInt8(ascii: "+"), let value = Int(text), (1...Self.maximumLimit).contains(value) else {
        throw .badRequest("limit is '\(text.prefix(40))': give a whole number from 1 to \(Self.maximumLimit)")
      }
      limit = value
    }
    if let text = query["measures"], !text.isEmpty { measures = try Self.names(text) }
    format = try PageFormat(parameter: query["format"], accept: accept)
  }

  /// Names with commas between; blanks around a name are not part of it, those within it are.
  private static func names(_ list: String) throws(APIError) -> Set<ByteText> {
    let names = list.utf8.split(separator: UInt8(ascii: ",")).map { ByteText(Substring($0).trimmed) }
    let given = Set(names.filter { !$0.text.isEmpty })
    guard !given.isEmpty else {
      throw .badRequest("measures is '\(list.prefix(40))': give names with commas between, or leave it out for all")
    }
    return given
  }

  /// Refuses names that no row of the range has: most likely they are mistyped.
  ///
  /// Only where the page holds the whole range is that known: a measure may first appear on a later page, and whoever is
  /// paging already goes on. A range without rows tells nothing of the series' measures.
  ///
  /// - Parameter page: as it was read, with all measures.
  /// - Throws: 400 with the measures that the rows have.
  func checkMeasures(of page: SeriesReader.Page) throws(APIError) {
    guard let measures, after == nil, page.next == nil, !page.rows.isEmpty else { return }
    var missing = measures
    var found: Set<ByteText> = []
    for row in page.rows {
      for measure in row.measures {
        let name = ByteText(measure.name)
        missing.remove(name)
        if missing.isEmpty { return }
        found.insert(name)
      }
    }
    let more = found.count - Self.listedMeasures
    throw .badRequest(
      "no row of the range has \(Self.list(missing, " or ")): the rows have \(Self.list(found, ", "))\(more > 0 ? " and \(more) more" : "")"
    )
  }

  private static func list(_ names: Set<ByteText>, _ separator: String) -> String {
    names.sorted().prefix(listedMeasures).map { "'\($0.text)'" }.joined(separator: separator)
  }

  /// Names in an error, at most.
  private static let listedMeasures: Int = 50
}

extension QueryParameters {
  /// A bound as epoch milliseconds; nil where it is not given, or empty.
  ///
  /// - Throws: 400 that names the bound, and its limits where it is outside them.
  func instant(_ name: ByteText, now: Int64) throws(APIError) -> Int64? {
    guard let text = self[name], !text.isEmpty else { return nil }
    do throws(TimeExpression.Failure) { return try TimeExpression.instant(text, now: now) } catch {
      switch error {
      case .unreadable:
        throw .badRequest(
          "\(name) is '\(text.prefix(40))': give epoch milliseconds, ISO 8601 (2026-11-20T12:00Z), now, now-24h or now+2d (at most 100 years)"
        )
      case .outOfBounds: throw .outOfBounds(name, text)
      }
    }
  }
}

extension APIError {
  /// A bound that no request needs.
  static func outOfBounds(_ name: ByteText, _ text: String) -> APIError {
    let bounds = TimeExpression.bounds
    return .badRequest(
      "\(name) is '\(text.prefix(40))': it must be from \(bounds.lowerBound) to \(bounds.upperBound) milliseconds, the years -9999 to 9999"
    )
  }
}
