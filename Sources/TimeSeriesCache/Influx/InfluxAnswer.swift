import CacheSupport

/// The answer of `/query`: known to be whole, its rows still the bytes that came.
///
/// With `chunked=true` a body is several JSON texts, and a series may be cut over several blocks.
struct InfluxAnswer: Sendable {
  /// Rows of one series, as an answer to one statement.
  struct Block: Sendable {
    /// The statement's number within the request.
    var statement: Int
    /// The measurement.
    var name: ByteText
    /// What `GROUP BY *` says of the series; the tags that it does not have are empty.
    var tags: [SeriesKey.Tag]
    var columns: [String]
    fileprivate var values: JSONReader.Position
  }

  private(set) var blocks: [Block] = []
  private let body: [UInt8]

  /// - Parameter statements: how many were asked; each of them is answered, the last one to its end. So a body that was cut, by a proxy that
  ///   closes a connection as if all had come, is not taken for rows that are not there.
  /// - Throws: ``StoreError`` where a statement failed, or the body is not what InfluxDB promises.
  init(_ body: [UInt8], statements: Int) throws(StoreError) {
    self.body = body
    var blocks: [Block] = []
    var refusal: String?
    var reading = Progress()
    do throws(JSONError) {
      var reader = JSONReader(body.span)
      // Each text is a line: within texts, lines' ends are escaped.
      let lines = body.split(separator: UInt8(ascii: "\n")).count { !$0.allSatisfy { $0 <= 0x20 } }
      for _ in 0..<lines {
        try reader.beginObject()
        while try reader.nextMember() {
          if reader.isNamed("results") {
            try reader.beginArray()
            while try reader.nextElement() { try Self.readResult(&reader, &blocks, &refusal, &reading) }
          } else if reader.isNamed("error") {
            refusal = try reader.string()
          } else {
            try reader.skip()
          }
        }
      }
      try reader.end()
    } catch { throw StoreError(.failed, "InfluxDB's answer cannot be read: \(error)", code: "UnexpectedAnswer") }
    if let refusal { throw InfluxConnection.error(statement: refusal) }
    guard reading.answered.count == statements, !reading.isPartial else {
      throw StoreError(
        .unavailable,
        "InfluxDB's answer ends early: \(reading.answered.count - (reading.isPartial ? 1 : 0)) of \(statements) statements are answered",
        code: "UnexpectedAnswer")
    }
    self.blocks = blocks
  }

  /// Which statements have an answer so far.
  private struct Progress {
    var answered: Set<Int> = []
    /// True where InfluxDB has said that the statement before goes on.
    var isPartial = false
  }

  @_lifetime(reader: copy reader)
  private static func readResult(
    _ reader: inout JSONReader, _ blocks: inout [Block], _ refusal: inout String?, _ progress: inout Progress
  ) throws(JSONError) {
    var statement = 0
    progress.isPartial = false
    let first = blocks.count
    try reader.beginObject()
    while try reader.nextMember() {
      if reader.isNamed("statement_id") {
        statement = Int(clamping: try reader.int64())
      } else if reader.isNamed("series") {
        try reader.beginArray()
        while try reader.nextElement() { try readSeries(&reader, &blocks) }
      } else if reader.isNamed("error") {
        refusal = try reader.string()
      } else if reader.isNamed("partial") {
        progress.isPartial = reader.bool(try reader.token()) ?? false
      } else {
        try reader.skip()
      }
    }
    progress.answered.insert(statement)
    for index in first..<blocks.count { blocks[index].statement = statement }
  }

  @_lifetime(reader: copy reader)
  private static func readSeries(_ reader: inout JSONReader, _ blocks: inout [Block]) throws(JSONError) {
    var block = Block(statement: 0, name: "", tags: [], columns: [], values: reader.position)
    var hasValues = false
    try reader.beginObject()
    while try reader.nextMember() {
      if reader.isNamed("name") {
        block.name = ByteText(try reader.string())
      } else if reader.isNamed("tags") {
        try reader.beginObject()
        while try reader.nextMember() {
          let name = ByteText(try reader.memberName())
          block.tags.append(SeriesKey.Tag(name, ByteText(try reader.string())))
        }
      } else if reader.isNamed("columns") {
        try reader.beginArray()
        while try reader.nextElement() { block.columns.append(try reader.string()) }
      } else if reader.isNamed("values") {
        block.values = reader.position
        hasValues = true
        try reader.skip()
      } else {
        try reader.skip()
      }
    }
    if hasValues { blocks.append(block) }
  }

  /// A block's rows, from the first.
  @_lifetime(borrow self)
  func rows(of block: Block) -> InfluxRows {
    var reader = JSONReader(body.span)
    reader.seek(to: block.values)
    return InfluxRows(reader, columns: block.columns.count)
  }
}

/// A walk over the rows of a block.
struct InfluxRows: ~Escapable {
  /// Reads the cells.
  private(set) var reader: JSONReader
  /// The cells of the row at hand, in the order of the columns.
  private(set) var cells: [JSONToken] = []
  private let columns: Int
  private var isBegun = false

  @_lifetime(copy reader)
  init(_ reader: consuming JSONReader, columns: Int) {
    self.reader = reader
    self.columns = columns
    cells.reserveCapacity(columns)
  }

  /// Goes to the next row.
  ///
  /// - Returns: false at the end.
  /// - Throws: ``StoreError`` for a row without one cell for each column.
  @_lifetime(self: copy self)
  mutating func next() throws(StoreError) -> Bool {
    do throws(JSONError) {
      if !isBegun { try reader.beginArray() }
      isBegun = true
      guard try reader.nextElement() else { return false }
      cells.removeAll(keepingCapacity: true)
      try reader.beginArray()
      while try reader.nextElement() { cells.append(try reader.token()) }
    } catch { throw StoreError(.failed, "InfluxDB's answer cannot be read: \(error)", code: "UnexpectedAnswer") }
    guard cells.count == columns else {
      throw StoreError(
        .failed, "InfluxDB's answer has a row of \(cells.count) cells under \(columns) columns",
        code: "UnexpectedAnswer")
    }
    return true
  }

  /// A whole number; nil for null and for anything else.
  func integer(_ column: Int) -> Int64? { reader.int64(cells[column]) }

  /// The row's time, nanoseconds: its first column.
  func time() throws(StoreError) -> Int64 {
    guard let time = integer(0) else {
      throw StoreError(.failed, "InfluxDB's answer has a row without a time", code: "UnexpectedAnswer")
    }
    return time
  }

  /// A text; nil for null and for anything else.
  func text(_ column: Int) throws(StoreError) -> String? {
    guard cells[column].kind == .string else { return nil }
    do throws(JSONError) { return try reader.text(cells[column]) } catch {
      throw StoreError(.failed, "InfluxDB's answer cannot be read: \(error)", code: "UnexpectedAnswer")
    }
  }

  /// True for a text of the same bytes.
  func isText(_ column: Int, _ text: ByteText) -> Bool {
    cells[column].kind == .string && reader.equals(cells[column], bytesOf: text)
  }

  /// A value of a field; nil for null, and for what no measure can be.
  func value(_ column: Int, _ type: InfluxType) throws(StoreError) -> MeasureValue? {
    let cell = cells[column]
    switch type {
    case .float: return cell.kind == .number ? reader.double(cell).flatMap { .finite($0) } : nil
    case .integer: return cell.kind == .number ? reader.int64(cell).map { .bigint($0) } : nil
    case .unsigned:
      guard cell.kind == .number else { return nil }
      return reader.int64(cell).map { .bigint($0) } ?? reader.double(cell).flatMap { .finite($0) }
    case .boolean: return reader.bool(cell).map { .boolean($0) }
    case .string: return try text(column).map { .varchar($0) }
    }
  }
}
