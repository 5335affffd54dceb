import CacheSupport
import SQLiteStore
import TimestreamSQL

/// A query's rows, as they go onto the wire, kept while a client may page through them.
struct QueryResult: Sendable {
  /// 56 letters and digits, as the service's own.
  let id: String
  let digest: String
  let clientToken: String?
  /// ``QueryRequest/parameters``
  let parameters: String
  let createdAt: Int64
  let columns: [QueryColumn]
  private(set) var rows = ResultRows()
  private let share: ResultMemory.Share
  /// An estimate: what SQLite read for it.
  var bytesScanned = 0
  /// True for a SELECT, which is billed.
  let isMetered: Bool
  /// `QueryInsightsResponse`, where it was asked for.
  var insights: JSON?

  /// A page without MaxRows ends at about 1 MB.
  static let pageBytes: Int = 1_000_000
  /// Any SELECT is billed for as much, bytes.
  static let meteredMinimum: Int = 10_000_000

  init(
    _ request: QueryRequest, columns: [QueryColumn], isMetered: Bool, createdAt: Int64, share: ResultMemory.Share
  ) {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
    id = "AEDQ" + String((0..<52).map { _ in alphabet[Int.random(in: 0..<alphabet.count)] })
    digest = request.digest
    clientToken = request.clientToken
    parameters = request.parameters
    self.createdAt = createdAt
    self.columns = columns
    self.isMetered = isMetered
    self.share = share
  }

  /// The bytes that it takes.
  var bytes: Int { share.bytes }

  /// Appends a row as `{"Data": [...]}`.
  ///
  /// - Parameters:
  ///   - writer: writes each row anew; not the result's, which may be kept for an hour.
  ///   - take: finds room for more bytes.
  /// - Throws: where a value cannot be of its column's type, the row is larger than a page, or there is no room.
  mutating func add(
    _ values: [SQLValue], with writer: inout JSONWriter, take: (ResultMemory.Share, Int) throws(QueryError) -> Void
  ) throws(QueryError) {
    writer.truncate(to: 0)
    writer.raw("{\"Data\":[")
    for (index, value) in values.enumerated() {
      // Before it is written: a list is several times as long on the wire. What SQLite has of it may have escapes, of six bytes each.
      guard writer.bytes.count + value.byteCount / 6 <= Self.pageBytes else { throw Self.tooLarge }
      if index > 0 { writer.raw(",") }
      guard columns[index].type.write(value, into: &writer) else {
        // SQLite gives a real where a sum of integers passes 64 bits; the service calls it an error, too.
        throw .failed("\(columns[index].type.message) overflow in the column '\(columns[index].name)'")
      }
    }
    writer.raw("]}")
    guard writer.bytes.count <= Self.pageBytes else { throw Self.tooLarge }
    let growth = rows.growth(for: writer.bytes)
    if growth > 0 { try take(share, growth) }
    rows.append(writer.bytes)
  }

  private static let tooLarge = QueryError.failed(
    "Query aborted as max page response size has been exceeded by the output result row")

  // MARK: Pages

  /// The service's first page of a query with MaxRows has no rows, only a token.
  func firstPage(maximumRows: Int?) -> Answer { answer(rows: 0..<firstEnd(maximumRows)) }

  /// True where the first page is not all.
  func hasPages(maximumRows: Int?) -> Bool { firstEnd(maximumRows) < rows.count }

  private func firstEnd(_ maximumRows: Int?) -> Int { maximumRows != nil ? 0 : end(of: 0, nil) }

  func page(from offset: Int, maximumRows: Int?) -> Answer { answer(rows: offset..<end(of: offset, maximumRows)) }

  /// Where the page ends that starts at a row.
  func end(of offset: Int, _ maximumRows: Int?) -> Int {
    var end = offset
    var size = 0
    while end < rows.count, end - offset < maximumRows ?? .max,
      size + rows.size(of: end) <= Self.pageBytes || end == offset
    {
      size += rows.size(of: end)
      end += 1
    }
    return end
  }

  private func answer(rows range: Range<Int>) -> Answer {
    let isLast = range.upperBound == rows.count
    var answer: JSONObject = [
      "QueryId": .string(id),
      "ColumnInfo": .array(columns.map { ["Name": .string($0.name), "Type": $0.type.json] }),
      "QueryStatus": [
        "ProgressPercentage": .double(isLast ? 100 : Double(range.upperBound) / Double(rows.count) * 100),
        "CumulativeBytesScanned": .integer(isMetered ? bytesScanned : 0),
        "CumulativeBytesMetered": .integer(isMetered ? max(Self.meteredMinimum, bytesScanned) : 0),
      ],
    ]
    if !isLast { answer["NextToken"] = .string(QueryResults.token(id, digest, range.upperBound)) }
    answer["QueryInsightsResponse"] = insights
    // The rows are JSON already, and the most of it.
    var bytes = JSON.object(answer).bytes
    bytes.removeLast()
    bytes.append(contentsOf: Array(",\"Rows\":[".utf8))
    rows.write(range, into: &bytes)
    bytes.append(contentsOf: Array("]}".utf8))
    return Answer(bytes: bytes)
  }
}

extension SQLValue {
  /// The bytes of a text or blob; 0 of what has a fixed size.
  fileprivate var byteCount: Int {
    switch self {
    case .text(let text): text.utf8.count
    case .blob(let bytes): bytes.count
    default: 0
    }
  }
}
