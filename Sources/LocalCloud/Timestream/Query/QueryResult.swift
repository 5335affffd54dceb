import CacheSupport

/// A query's rows, as they go onto the wire, kept while a client may page through them.
struct QueryResult: Sendable {
  struct Column: Sendable {
    var name: String
    var type: TimestreamType
  }

  /// 56 letters and digits, as the service's own.
  let id: String
  let digest: String
  let clientToken: String?
  /// ``QueryRequest/parameters``
  let parameters: String
  let createdAt: Int64
  var columns: [Column] = []
  private(set) var rows: [[UInt8]] = []
  private(set) var bytes = 0
  /// An estimate: what SQLite read for it.
  var bytesScanned = 0
  /// True for a SELECT, which is billed.
  var isMetered = false
  /// `QueryInsightsResponse`, where it was asked for.
  var insights: JSON?

  init(_ request: QueryRequest, createdAt: Int64) {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
    id = "AEDQ" + String((0..<52).map { _ in alphabet[Int.random(in: 0..<alphabet.count)] })
    digest = request.digest
    clientToken = request.clientToken
    parameters = request.parameters
    self.createdAt = createdAt
  }

  /// Appends a row as `{"Data": [...]}`.
  ///
  /// - Throws: where a value cannot be of its column's type, or the row is larger than a page.
  mutating func add(_ values: [SQLValue]) throws(QueryError) {
    var writer = JSONWriter(capacity: values.count * 40 + 16)
    writer.raw("{\"Data\":[")
    for (index, value) in values.enumerated() {
      if index > 0 { writer.raw(",") }
      guard columns[index].type.write(value, into: &writer) else {
        // SQLite gives a real where a sum of integers passes 64 bits; the service calls it an error, too.
        throw QueryError("\(columns[index].type.message) overflow in the column '\(columns[index].name)'", at: nil)
      }
    }
    writer.raw("]}")
    guard writer.bytes.count <= QueryEngine.pageBytes else {
      throw QueryError(
        "Query aborted as max page response size has been exceeded by the output result row", at: nil)
    }
    bytes += writer.bytes.count
    rows.append(writer.bytes)
  }

  /// The service's first page of a query with MaxRows has no rows, only a token.
  func firstPage(maximumRows: Int?) -> JSON {
    maximumRows != nil && !rows.isEmpty ? answer(rows: 0..<0, isLast: false) : page(from: 0, maximumRows: maximumRows)
  }

  func page(from offset: Int, maximumRows: Int?) -> JSON {
    let end = self.end(of: offset, maximumRows)
    return answer(rows: offset..<end, isLast: end == rows.count)
  }

  /// Where the page ends that starts at a row.
  func end(of offset: Int, _ maximumRows: Int?) -> Int {
    var end = offset
    var size = 0
    while end < rows.count, end - offset < maximumRows ?? .max,
      size + rows[end].count <= QueryEngine.pageBytes || end == offset
    {
      size += rows[end].count
      end += 1
    }
    return end
  }

  private func answer(rows range: Range<Int>, isLast: Bool) -> JSON {
    var answer: JSONObject = [
      "QueryId": .string(id),
      "ColumnInfo": .array(columns.map { ["Name": .string($0.name), "Type": $0.type.json] }),
      // The rows are JSON already: they pass through as the text of a number would.
      "Rows": .number("[" + rows[range].map { String(decoding: $0, as: UTF8.self) }.joined(separator: ",") + "]"),
      "QueryStatus": [
        "ProgressPercentage": .double(
          rows.isEmpty || isLast ? 100 : Double(range.upperBound) / Double(rows.count) * 100),
        "CumulativeBytesScanned": .integer(isMetered ? bytesScanned : 0),
        "CumulativeBytesMetered": .integer(isMetered ? max(QueryEngine.meteredMinimum, bytesScanned) : 0),
      ],
    ]
    if !isLast { answer["NextToken"] = .string(QueryResults.token(id, digest, range.upperBound)) }
    answer["QueryInsightsResponse"] = insights
    return .object(answer)
  }
}
