public import CacheSupport

/// Queries of Amazon Timestream for LiveAnalytics; its endpoint is discovered, unless one is configured.
///
/// See <https://docs.aws.amazon.com/timestream/latest/developerguide/API_query_Query.html>. Every call throws ``AWSError``.
public struct TimestreamQueryClient: Sendable {
  private let client: AWSClient

  /// Calls Timestream with a client's credentials, region and retries.
  public init(_ client: AWSClient) { self.client = client }

  /// One page of a query's answer.
  public struct Page: Sendable, Hashable {
    /// The service's id of the query.
    public var queryID: String
    /// Name and type of each column.
    public var columns: [Column]
    /// Each with one cell per column.
    public var rows: [[Datum]]
    /// What the next page is asked for with; nil at the end. A page may be empty and have a next one.
    public var nextToken: String?
    /// What the query is billed for so far: bytes, at least 10,000,000.
    public var bytesMetered: Int64
  }

  /// A column of an answer.
  public struct Column: Sendable, Hashable {
    /// The name, as the query gives it.
    public var name: String
    /// The type of the column's cells.
    public var type: ColumnType
    /// A column put together by hand.
    package init(name: String, type: ColumnType) {
      self.name = name
      self.type = type
    }
  }

  /// The type of a column.
  ///
  /// See <https://docs.aws.amazon.com/timestream/latest/developerguide/API_query_Type.html>.
  public enum ColumnType: Sendable, Hashable {
    /// A scalar type, by Timestream's name: `DOUBLE`, `TIMESTAMP` …
    case scalar(String)
    /// The type of an array, row or time series, as it came.
    case other(JSON)
  }

  /// A cell.
  public enum Datum: Sendable, Hashable {
    /// A scalar value, which Timestream always sends as text.
    case scalar(String)
    /// Null.
    case null
    /// An array, row or time series, as it came.
    case other(JSON)

    /// The text of a scalar; nil for null and for every other kind.
    public var text: String? { if case .scalar(let text) = self { text } else { nil } }
  }

  /// Asks for one page.
  ///
  /// - Parameters:
  ///   - sql: the query, in Timestream's SQL.
  ///   - maximumRows: how many rows the page has at most, 1 to 1,000; nil cuts pages at about 1 MB.
  ///   - token: ``Page/nextToken`` of the page before; nil for the first page.
  ///   - clientToken: 32 to 128 characters; for some minutes the same token and query have the same answer. Nil takes a
  ///     new token.
  /// - Throws: ``AWSError``.
  public func query(
    _ sql: String, maximumRows: Int? = nil, token: String? = nil, clientToken: String? = nil
  ) async throws(AWSError) -> Page {
    let clientToken = clientToken ?? RandomID.uuid()
    return try Page(try await answer(sql, maximumRows: maximumRows, token: token, clientToken: clientToken))
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

  /// Every row of an answer, page after page, in one ``Page``.
  ///
  /// - Parameters:
  ///   - sql: the query, in Timestream's SQL.
  ///   - limit: the most rows that are held.
  /// - Throws: ``AWSError``; its code is ``AWSError/Code/unexpectedAnswer`` where there are more rows than `limit`.
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

  /// Hands each page of an answer to a body as it arrives, so that the whole answer need not be held.
  ///
  /// A page's ``Page/bytesMetered`` includes the pages before it.
  ///
  /// - Parameters:
  ///   - sql: the query, in Timestream's SQL.
  ///   - body: gets each page; where it throws, no further page is asked for.
  /// - Throws: ``AWSError``.
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
  ///
  /// - Parameter goesOn: asked after each page; false asks for no further one.
  package func forEachAnswer(
    _ sql: String, while goesOn: () -> Bool = { true }, _ body: (TimestreamAnswer) throws(AWSError) -> Void
  ) async throws(AWSError) {
    let clientToken = RandomID.uuid()
    var token: String?
    repeat {
      let answer = try await answer(sql, token: token, clientToken: clientToken)
      token = answer.nextToken
      try body(answer)
    } while token != nil && goesOn()
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
