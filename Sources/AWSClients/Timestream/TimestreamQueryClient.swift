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
    var input: JSONObject = ["QueryString": .string(sql), "ClientToken": .string(clientToken)]
    input["MaxRows"] = maximumRows.map { .integer($0) }
    input["NextToken"] = token.map { .string($0) }
    // The service itself gives up after 60 seconds.
    let body = try await client.callRaw(.timestreamQuery, "Query", JSON.object(input).bytes, timeout: .seconds(65))
    return try Self.page(body)
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
  public func forEachPage(
    _ sql: String, _ body: (Page) throws(AWSError) -> Void
  ) async throws(AWSError) {
    let clientToken = RandomID.uuid()
    var token: String?
    var metered: Int64 = 0
    repeat {
      var page = try await query(sql, token: token, clientToken: clientToken)
      metered = max(metered, page.bytesMetered)
      page.bytesMetered = metered
      token = page.nextToken
      try body(page)
    } while token != nil
  }

  /// The one place where the answer that carries rows is read.
  static func page(_ body: [UInt8]) throws(AWSError) -> Page {
    let operation = "Timestream_20181101.Query"
    let answer = try AWSClient.parse(body, operation)
    let columns = try answer.required("ColumnInfo", operation, \.array).map { column in
      Column(
        name: column["Name"]?.string ?? "",
        type: column["Type"]?["ScalarType"]?.string.map { .scalar($0) } ?? .other(column["Type"] ?? .null))
    }
    let rows = try answer.required("Rows", operation, \.array).map { row throws(AWSError) in
      let cells = try row.required("Data", operation, \.array)
      guard cells.count == columns.count else {
        throw AWSError(
          .unexpectedAnswer, "a row has \(cells.count) cells for \(columns.count) columns", operation: operation)
      }
      return cells.map { cell -> Datum in
        if let text = cell["ScalarValue"]?.string { return .scalar(text) }
        return cell["NullValue"]?.bool == true ? .null : .other(cell)
      }
    }
    return Page(
      queryID: answer["QueryId"]?.string ?? "", columns: columns, rows: rows, nextToken: answer["NextToken"]?.string,
      bytesMetered: answer["QueryStatus"]?["CumulativeBytesMetered"]?.int64 ?? 0)
  }
}
