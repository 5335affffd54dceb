package import CacheSupport

/// One page of a query's answer: known to be whole, its rows still the bytes that came.
///
/// See <https://docs.aws.amazon.com/timestream/latest/developerguide/API_query_Query.html>.
package struct TimestreamAnswer: Sendable {
  package private(set) var queryID: String = ""
  package private(set) var columns: [TimestreamQueryClient.Column] = []
  /// A page without rows and with a token is not the end: only an absent token is.
  package private(set) var nextToken: String?
  /// What the query costs: bytes, 10,000,000 at least.
  package private(set) var bytesMetered: Int64 = 0
  private let body: [UInt8]
  private var start: JSONReader.Position

  static let operation: String = "Timestream_20181101.Query"

  /// - Throws: ``AWSError`` with `UnexpectedAnswer` for what is no JSON, or lacks `Rows` or `ColumnInfo`.
  package init(_ body: [UInt8]) throws(AWSError) {
    self.body = body
    var reader = JSONReader(body.span)
    start = reader.position
    var hasRows = false
    var hasColumns = false
    do throws(JSONError) {
      try reader.beginObject()
      while try reader.nextMember() {
        if reader.isNamed("Rows") {
          start = reader.position
          hasRows = try reader.peek() == .array
          try reader.postpone()
        } else if reader.isNamed("ColumnInfo") {
          guard let columns = try reader.value().array else { continue }
          self.columns = columns.map { TimestreamQueryClient.Column(json: $0) }
          hasColumns = true
        } else if reader.isNamed("QueryId") {
          queryID = try reader.value().string ?? ""
        } else if reader.isNamed("NextToken") {
          nextToken = try reader.value().string
        } else if reader.isNamed("QueryStatus") {
          bytesMetered = try reader.value()["CumulativeBytesMetered"]?.int64 ?? 0
        } else {
          try reader.skip()
        }
      }
      try reader.end()
    } catch { throw .notJSON(error, operation: Self.operation) }
    guard hasRows, hasColumns else {
      throw AWSError(
        .unexpectedAnswer, "the answer lacks '\(hasRows ? "ColumnInfo" : "Rows")', or it is of another kind",
        operation: Self.operation)
    }
  }

  /// The page's rows, from the first.
  package var rows: TimestreamRows {
    @_lifetime(borrow self)
    get {
      var reader = JSONReader(body.span)
      reader.seek(to: start)
      return TimestreamRows(reader, columns: columns.count)
    }
  }
}

/// A walk over the rows of a page, cell by cell, in the order of its columns.
package struct TimestreamRows: ~Escapable {
  /// Reads the texts of cells.
  package private(set) var reader: JSONReader
  private let columns: Int
  private var cells = 0
  private var isBegun = false

  package enum Cell {
    case null
    /// Every scalar comes as text.
    case scalar(JSONToken)
    /// An array, row or time series: the reader is left after it.
    case other(JSONReader.Position)
  }

  @_lifetime(copy reader)
  init(_ reader: consuming JSONReader, columns: Int) {
    self.reader = reader
    self.columns = columns
  }

  /// Goes to the next row; its cells follow.
  ///
  /// - Returns: false at the end.
  @_lifetime(self: copy self)
  package mutating func nextRow() throws(AWSError) -> Bool {
    do throws(JSONError) {
      if !isBegun { try reader.beginArray() }
      isBegun = true
      guard try reader.nextElement() else { return false }
      cells = 0
      try reader.beginObject()
      while try reader.nextMember() {
        if reader.isNamed("Data") {
          try reader.beginArray()
          return true
        }
        try reader.skip()
      }
    } catch { throw .notJSON(error, operation: TimestreamAnswer.operation) }
    throw AWSError(.unexpectedAnswer, "a row lacks 'Data'", operation: TimestreamAnswer.operation)
  }

  /// Reads the row's next cell; nil after its last.
  ///
  /// - Throws: ``AWSError`` for a row of more or fewer cells than there are columns.
  @_lifetime(self: copy self)
  package mutating func nextCell() throws(AWSError) -> Cell? {
    do throws(JSONError) {
      guard try reader.nextElement() else {
        while try reader.nextMember() { try reader.skip() }
        try checkCells(cells == columns)
        return nil
      }
      cells += 1
      try checkCells(cells <= columns)
      let start = reader.position
      if reader.take("{\"ScalarValue\":") {
        let token = try reader.token()
        if token.kind == .string, reader.take("}") { return .scalar(token) }
        reader.seek(to: start)
      }
      var cell = Cell.other(start)
      try reader.beginObject()
      while try reader.nextMember() {
        if reader.isNamed("ScalarValue") {
          cell = .scalar(try reader.token())
        } else if reader.isNamed("NullValue") {
          cell = .null
          try reader.skip()
        } else {
          try reader.skip()
        }
      }
      return cell
    } catch { throw .notJSON(error, operation: TimestreamAnswer.operation) }
  }

  private func checkCells(_ isRight: Bool) throws(JSONError) {
    if !isRight { throw JSONError("a row does not have one cell for each of \(columns) columns", at: reader.position) }
  }
}

extension TimestreamQueryClient.Column {
  fileprivate init(json: JSON) {
    self.init(
      name: json["Name"]?.string ?? "",
      type: json["Type"]?["ScalarType"]?.string.map { .scalar($0) } ?? .other(json["Type"] ?? .null))
  }
}
