import CacheSupport

/// What `GET /v1/series/{identifier}` asks for, checked.
struct SeriesRequest: Hashable {
  /// Rows of bins in the place of the series' own.
  struct Bins: Hashable {
    /// Milliseconds.
    var width: Int64
    /// At least one, in the order that they were asked for.
    var aggregates: [Aggregate]
  }

  var identifier: Identifier
  var range: TimeRange
  /// From the cursor: where the page starts.
  var after: SeriesReader.Continuation?
  var limit: Int
  /// Nil asks for all. Names compare by bytes, as both stores compare them.
  var measures: Set<ByteText>?
  var condition: MeasureCondition?
  var bins: Bins?
  var format: PageFormat
  var shape: PageShape

  static let defaultLimit: Int = 1000
  /// So many rows of two numbers fill an answer's 5 MB of JSON.
  static let maximumLimit: Int = 50_000
  /// A bin takes many times the memory of a row.
  static let maximumBins: Int = 10_000
  /// Milliseconds: a second to 366 days.
  static let binWidths: ClosedRange<Int64> = 1000...31_622_400_000
  static let parameters: [ByteText] = [
    "aggregate", "bin", "cursor", "format", "from", "limit", "measures", "shape", "to", "where",
  ]

  init(identifier: Identifier, query: QueryParameters, accept: String?, now: Int64) throws(APIError) {
    self.identifier = identifier
    // Beside a cursor the bounds do not count, but a bad one is a mistake all the same.
    let given = try query.range(now: now, isNeeded: query["cursor"] == nil)
    if let text = query["cursor"] {
      guard let cursor = Cursor(text) else {
        throw .badRequest("this API did not give that cursor: leave it out to start anew")
      }
      range = cursor.range
      after = cursor.after
    } else {
      guard let given else { throw .badRequest("'from' is after 'to': exchange them") }
      range = given
    }
    limit = try query.integer("limit", default: Self.defaultLimit, in: 1...Self.maximumLimit)
    measures = try query.names("measures").map { Set($0.map { ByteText($0) }) }
    if let text = query["where"], !text.isEmpty { condition = try MeasureCondition(parameter: text) }
    bins = try Self.bins(query)
    guard bins == nil || condition == nil else {
      throw .badRequest("'where' chooses rows, and 'bin' makes new ones of them: give one or the other")
    }
    format = try PageFormat(parameter: query["format"], accept: accept)
    shape = try PageShape(parameter: query["shape"], format)
  }

  private static func bins(_ query: QueryParameters) throws(APIError) -> Bins? {
    let names = try query.names("aggregate")
    guard let text = query["bin"], !text.isEmpty else {
      guard names == nil else { throw .badRequest("'aggregate' needs the width of the bins: add bin, such as bin=10m") }
      return nil
    }
    guard let width = TimeExpression.duration(text), binWidths.contains(width) else {
      throw .badRequest(
        "bin is '\(text.prefix(40))': give a length of time from 1s to 366d, such as 10m (s, m, h, d, w)")
    }
    guard let names else { return Bins(width: width, aggregates: [.avg]) }
    var aggregates: [Aggregate] = []
    for name in names {
      guard let aggregate = Aggregate(rawValue: name) else {
        throw .badRequest(
          "aggregate has '\(name.prefix(40))': give \(Aggregate.allCases.map(\.rawValue).joined(separator: ", "))")
      }
      guard !aggregates.contains(aggregate) else { throw .badRequest("aggregate has '\(name)' twice: give it once") }
      aggregates.append(aggregate)
    }
    return Bins(width: width, aggregates: aggregates)
  }

  /// Refuses names that no row of the range has: most likely they are mistyped.
  ///
  /// Only where the page holds the whole range is that known: a measure may first appear on a later page, and whoever is
  /// paging already goes on. A range without rows tells nothing of the series' measures, nor do rows that were chosen by a condition
  /// or made of the measures asked for.
  ///
  /// - Parameter page: as it was read, with all measures.
  /// - Throws: 400 with the measures that the rows have.
  func checkMeasures(of page: SeriesReader.Page) throws(APIError) {
    guard let measures, condition == nil, bins == nil, after == nil, page.next == nil, !page.isEmpty else {
      return
    }
    var missing = measures
    var found: Set<ByteText> = []
    for part in page.parts {
      for measure in part.block.measures {
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

extension APIError {
  /// A bound that no request needs.
  static func outOfBounds(_ name: ByteText, _ text: String) -> APIError {
    let bounds = TimeExpression.bounds
    return .badRequest(
      "\(name) is '\(text.prefix(40))': it must be from \(bounds.lowerBound) to \(bounds.upperBound) milliseconds, the years -9999 to 9999"
    )
  }
}
