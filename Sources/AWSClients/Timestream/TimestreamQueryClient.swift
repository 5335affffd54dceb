public import CacheSupport

/// Amazon Timestream's queries; its endpoint is discovered, unless one is configured.
///
/// See <https://docs.aws.amazon.com/timestream/latest/developerguide/API_query_Query.html>.
public struct TimestreamQueryClient: Sendable {
  private let client: AWSClient

  public init(_ client: AWSClient) { self.client = client }

  /// One page of a query's answer.
  public struct Page: Sendable, Hashable {
    public var queryID: String
    public var columns: [Column]
    public var rows: [[Datum]]
    /// A page without rows and with a token is not the end: only an absent token is.
    public var nextToken: String?
    /// What the query costs: bytes, 10,000,000 at least.
    public var bytesMetered: Int64
  }

  public struct Column: Sendable, Hashable {
    public var name: String
    public var type: ColumnType
    public init(name: String, type: ColumnType) {
      self.name = name
      self.type = type
    }
  }

  /// A scalar type by Timestream's name, or the type of an array, row or time series, as it came.
  public enum ColumnType: Sendable, Hashable {
    case scalar(String)
    case other(JSON)
  }

  /// A cell: every scalar comes as text.
  public enum Datum: Sendable, Hashable {
    case scalar(String)
    case null
    /// An array, row or time series, as it came.
    case other(JSON)

    public var text: String? { if case .scalar(let text) = self { text } else { nil } }
  }

  /// Asks for one page.
  ///
  /// - Parameters:
  ///   - maximumRows: 1 to 1000 rows a page; nil cuts pages at about 1 MB.
  ///   - token: the page before's `nextToken`.
  ///   - clientToken: 32 to 128 characters; the same token and query give the same answer for some minutes.
  public func query(
    _ sql: String, maximumRows: Int? = nil, token: String? = nil, clientToken: String = RandomID.uuid()
  ) async throws(AWSError) -> Page {
    try Page(try await answer(sql, maximumRows: maximumRows, token: token, clientToken: clientToken))
  }

  private func answer(
    _ sql: String, maximumRows: Int? = nil, token: String?, clientToken: String
  ) async throws(AWSError) -> TimestreamAnswer {
    var input: JSONObject = ["QueryString": .string(sql), "ClientToken": .string(clientToken)]
    input["MaxRows"] = maximumRows.map { .integer($0) }
    input["NextToken"] = token.map { .string($0) }
    // The service itself gives up after 60 seconds.
    return try await client.call(
      .timestreamQuery, "Query", JSON.object(input).bytes, timeout: .seconds(65)
    ) { body throws(AWSError) in try TimestreamAnswer(body) }
  }

  /// Every row of an answer, page after page.
  ///
  /// - Throws: ``AWSError`` with `UnexpectedAnswer` past `limit` rows.
  public func rows(_ sql: String, limit: Int = 100_000) async throws(AWSError) -> Page {
    var whole: Page?
    try await forEachPage(sql) { page throws(AWSError) in
      var all = whole?.rows ?? []
      all += page.rows
      whole = page
      whole?.rows = all
      guard all.count <= limit else {
        throw AWSError(
          .unexpectedAnswer, "the query has more than \(limit) rows", operation: "Timestream_20181101.Query")
      }
    }
    return whole ?? Page(queryID: "", columns: [], rows: [], nextToken: nil, bytesMetered: 0)
  }

  /// Hands each page of an answer to a body as it arrives, so that the whole need not be held.
  ///
  /// A page's `bytesMetered` counts the pages before it too.
  public func forEachPage(_ sql: String, _ body: (Page) throws(AWSError) -> Void) async throws(AWSError) {
    var metered: Int64 = 0
    try await forEachAnswer(sql) { answer throws(AWSError) in
      var page = try Page(answer)
      metered = max(metered, page.bytesMetered)
      page.bytesMetered = metered
      try body(page)
    }
  }

  /// The same with rows that are still bytes.
  package func forEachAnswer(
    _ sql: String, _ body: (TimestreamAnswer) throws(AWSError) -> Void
  ) async throws(AWSError) {
    let clientToken = RandomID.uuid()
    var token: String?
    repeat {
      let answer = try await answer(sql, token: token, clientToken: clientToken)
      token = answer.nextToken
      try body(answer)
    } while token != nil
  }
}

extension TimestreamQueryClient.Page {
  init(_ answer: TimestreamAnswer) throws(AWSError) {
    self.init(
      queryID: answer.queryID, columns: answer.columns, rows: [], nextToken: answer.nextToken,
      bytesMetered: answer.bytesMetered)
    var walk = answer.rows
    while try walk.nextRow() {
      var row: [TimestreamQueryClient.Datum] = []
      row.reserveCapacity(columns.count)
      while let cell = try walk.nextCell() { row.append(try walk.datum(cell)) }
      rows.append(row)
    }
  }
}

extension TimestreamRows {
  fileprivate func datum(_ cell: Cell) throws(AWSError) -> TimestreamQueryClient.Datum {
    do throws(JSONError) {
      switch cell {
      case .null: return .null
      case .scalar(let token): return .scalar(try reader.text(token))
      case .other(let start):
        var reader = reader
        reader.seek(to: start)
        return .other(try reader.value())
      }
    } catch { throw .notJSON(error, operation: TimestreamAnswer.operation) }
  }
}
