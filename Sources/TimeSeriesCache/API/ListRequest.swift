import CacheSupport

/// What `GET /v1/series` asks for, checked.
struct ListRequest: Hashable {
  /// What the identifiers begin with; nil lists all.
  var prefix: String?
  var limit: Int
  /// The last one of the page before.
  var after: Identifier?

  static let defaultLimit: Int = 100
  static let maximumLimit: Int = 1000
  static let parameters: [ByteText] = ["cursor", "limit", "prefix"]

  init(_ query: QueryParameters) throws(APIError) {
    try query.require(only: Self.parameters)
    prefix = query["prefix"].flatMap { $0.isEmpty ? nil : $0 }
    if let prefix {
      // What is no identifier begins none.
      do throws(InvalidIdentifier) { _ = try Identifier(prefix) } catch {
        throw .badRequest("prefix: \(error.description)")
      }
    }
    limit = try query.integer("limit", default: Self.defaultLimit, in: 1...Self.maximumLimit)
    if let cursor = query["cursor"] {
      guard let identifier = try? Identifier(cursor) else {
        throw .badRequest("this API did not give that cursor: leave it out to start anew")
      }
      after = identifier
    }
  }
}

/// What `GET /v1/latest` asks for, checked.
struct LatestRequest: Hashable {
  /// In the order of the request; none appears twice.
  var identifiers: [Identifier]

  static let maximumIdentifiers: Int = 200
  static let parameters: [ByteText] = ["id", "ids"]

  /// `id` may be repeated and takes every identifier. In `ids` they stand with commas between, so that none of them may have one.
  init(_ query: QueryParameters) throws(APIError) {
    try query.require(only: Self.parameters)
    let given =
      query.all("id") + (query["ids"] ?? "").utf8.split(separator: UInt8(ascii: ",")).map { String(Substring($0)) }
    guard !given.isEmpty else {
      throw .badRequest("add id to the query, as often as you like, or ids with commas between those that have none")
    }
    guard given.count <= Self.maximumIdentifiers else {
      throw .badRequest("there are \(given.count) identifiers: ask for at most \(Self.maximumIdentifiers) at once")
    }
    identifiers = []
    var known: Set<Identifier> = []
    for text in given {
      let identifier = try Identifier(decoding: Array(text.utf8))
      if known.insert(identifier).inserted { identifiers.append(identifier) }
    }
  }
}

/// What `GET /v1/series/{identifier}/statistics` asks for, checked.
struct StatisticsRequest: Hashable {
  var range: TimeRange
  /// How many standard deviations from the mean make an outlier.
  var threshold: Double

  static let defaultThreshold: Double = 3
  static let maximumThreshold: Double = 1000
  static let parameters: [ByteText] = ["from", "threshold", "to"]

  init(_ query: QueryParameters, now: Int64) throws(APIError) {
    guard let range = try query.range(now: now) else { throw .badRequest("'from' is after 'to': exchange them") }
    self.range = range
    threshold = Self.defaultThreshold
    guard let text = query["threshold"] else { return }
    guard let value = DecimalNumber(Array(text.utf8).span)?.double, value > 0, value <= Self.maximumThreshold else {
      throw .badRequest("threshold is '\(text.prefix(40))': give a number above 0 and up to 1000")
    }
    threshold = value
  }
}
