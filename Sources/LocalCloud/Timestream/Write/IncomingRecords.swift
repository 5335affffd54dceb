import CacheSupport
import SQLiteStore
import TimestreamSQL

/// The records of a request with the common attributes merged in, checked as far as it can be without the table.
///
/// Most requests have one series and one list of columns; what is worked out for those is worked out once.
struct IncomingRecords: Sendable {
  let database: String
  let table: String
  private(set) var records: [Record] = []
  private(set) var series: [IncomingSeries] = []
  private(set) var layouts: [RecordLayout] = []
  /// The values of all records.
  private(set) var values: [SQLValue] = []

  struct Record: Sendable {
    /// Places in ``IncomingRecords/series``, ``IncomingRecords/layouts`` and ``IncomingRecords/values``.
    var series: Int
    var layout: Int
    var values: Range<Int>
    /// Nanoseconds since 1970.
    var time: Int64
    var version: Int64
    /// The bytes of the values, as Timestream meters them.
    var size: Int
  }

  private var seriesByKey: [[UInt8]: Int] = [:]
  /// The record that the last one of ``series`` was made for: the next is nearly always like it.
  private var lastParts: WriteRecordsRequest.Parts?
  private var lastSeries = 0

  /// - Throws: ValidationException, which refuses the whole request.
  init(_ request: WriteRecordsRequest) throws(ServiceError) {
    (database, table) = (request.database, request.table)
    records.reserveCapacity(request.records.count)
    let texts = JSONReader(request.body.span)
    for parts in request.records { try add(parts, request, texts) }
  }

  private mutating func add(
    _ parts: WriteRecordsRequest.Parts, _ request: WriteRecordsRequest, _ texts: borrowing JSONReader
  ) throws(ServiceError) {
    let common = request.common
    let series = try series(of: parts, request, texts)
    let version = parts.version ?? common?.version ?? 1
    guard version >= 1 else { throw Self.invalid("Version must be 1 or greater.") }
    guard let time = (parts.time ?? common?.time).flatMap({ texts.decimal($0) }) else {
      throw Self.invalid("Invalid time for record.")
    }
    let unit = parts.unit ?? common?.unit ?? .milliseconds
    let (nanoseconds, overflows) = time.multipliedReportingOverflow(by: unit.inNanoseconds)
    guard !overflows, nanoseconds >= 0 else { throw Self.invalid("Invalid time for record.") }
    let start = values.count
    let (layout, size) = try layout(of: parts, request, texts)
    records.append(
      Record(
        series: series, layout: layout, values: start..<values.count, time: nanoseconds, version: version, size: size))
  }

  // MARK: Series

  private mutating func series(
    of parts: WriteRecordsRequest.Parts, _ request: WriteRecordsRequest, _ texts: borrowing JSONReader
  ) throws(ServiceError) -> Int {
    if let last = lastParts, Self.isSameSeries(parts, last, request, texts) { return lastSeries }
    let found = try IncomingSeries(parts, of: request, texts)
    let index = seriesByKey[found.key] ?? series.count
    if index == series.count {
      seriesByKey[found.key] = index
      series.append(found)
    }
    (lastParts, lastSeries) = (parts, index)
    return index
  }

  private static func isSameSeries(
    _ one: WriteRecordsRequest.Parts, _ other: WriteRecordsRequest.Parts, _ request: WriteRecordsRequest,
    _ texts: borrowing JSONReader
  ) -> Bool {
    guard one.dimensions.count == other.dimensions.count else { return false }
    switch (one.measureName, other.measureName) {
    case (nil, nil): break
    case (let one?, let other?): guard texts.isSame(one, other) else { return false }
    default: return false
    }
    for (one, other) in zip(request.dimensions[one.dimensions], request.dimensions[other.dimensions]) {
      guard texts.isSame(one.name, other.name), texts.isSame(one.value, other.value) else { return false }
    }
    return true
  }

  // MARK: Values

  /// Reads the values of a record.
  private mutating func layout(
    of parts: WriteRecordsRequest.Parts, _ request: WriteRecordsRequest, _ texts: borrowing JSONReader
  ) throws(ServiceError) -> (index: Int, size: Int) {
    let common = request.common
    let type = parts.measureType ?? common?.measureType ?? .double
    guard type == .multi else {
      guard parts.measureValues == nil else { throw Self.invalid("MeasureValues needs the MeasureValueType MULTI.") }
      guard let scalar = type.scalar, type != .timestamp else {
        throw Self.invalid("TIMESTAMP is an invalid measure value type")
      }
      guard let token = parts.measureValue ?? common?.measureValue else {
        throw Self.invalid("Measure value is required.")
      }
      let size = try append(token, scalar, texts)
      if layouts.last?.single != scalar { layouts.append(RecordLayout(single: scalar)) }
      return (layouts.count - 1, size)
    }
    guard let range = parts.measureValues ?? common?.measureValues, !range.isEmpty else {
      throw Self.invalid("A record of type MULTI needs MeasureValues.")
    }
    guard parts.measureValue == nil else { throw Self.invalid("A record of type MULTI takes no MeasureValue.") }
    guard range.count <= 256 else { throw Self.invalid("A multi-measure record has at most 256 measures.") }
    let measures = request.measures[range]
    if !(layouts.last?.fits(measures, texts) ?? false) { layouts.append(try RecordLayout(measures, texts)) }
    var size = 0
    for measure in measures {
      guard let scalar = measure.type.scalar else { throw Self.invalid("MULTI is an invalid measure value type") }
      size += try append(measure.value, scalar, texts)
    }
    return (layouts.count - 1, size)
  }

  /// - Returns: the bytes that the value counts for: 1 of a boolean, 8 of a number or a time.
  private mutating func append(
    _ token: JSONToken, _ type: TimestreamType, _ texts: borrowing JSONReader
  ) throws(ServiceError) -> Int {
    let value: SQLValue?
    switch type {
    case .double: value = texts.finiteDouble(token).map { .real($0) }
    case .bigint: value = texts.decimal(token).map { .integer($0) }
    case .timestamp:
      value = texts.decimal(token).flatMap { time in
        let (nanoseconds, overflows) = time.multipliedReportingOverflow(by: 1_000_000)
        return overflows ? nil : .integer(nanoseconds)
      }
    case .boolean:
      value = ["true": true, "false": false][texts.content(token).lowercased()].map { .integer($0 ? 1 : 0) }
    default: value = .text(texts.content(token))
    }
    guard let value else {
      throw Self.invalid(
        "'\(texts.content(token).prefix(60))' is not a valid value of the type \(type.name.uppercased()).")
    }
    values.append(value)
    switch value {
    case .text(let text): return text.utf8.count
    default: return type == .boolean ? 1 : 8
    }
  }

  static func invalid(_ message: String) -> ServiceError { .timestream("ValidationException", message) }
}

extension WriteRecordsRequest.MeasureType {
  /// The type of one value; nil for what has several.
  var scalar: TimestreamType? {
    switch self {
    case .double: .double
    case .bigint: .bigint
    case .varchar: .varchar
    case .boolean: .boolean
    case .timestamp: .timestamp
    case .multi: nil
    }
  }
}

/// What the tokens of a request say. They were read from the same bytes, so none can be broken.
extension JSONReader {
  /// A text's content.
  func content(_ token: JSONToken) -> String { (try? text(token)) ?? "" }

  /// True where two texts are the same bytes in the request; false where one has escapes.
  func isSame(_ one: JSONToken, _ other: JSONToken) -> Bool {
    guard let one = plainBytes(one), let other = plainBytes(other), one.count == other.count else { return false }
    for index in one.indices where one[index] != other[index] { return false }
    return true
  }

  /// A text of digits, with a sign or without, as an integer.
  func decimal(_ token: JSONToken) -> Int64? {
    // 18 digits always fit.
    guard let bytes = plainBytes(token), (1...18).contains(bytes.count) else { return Int64(content(token)) }
    var value: Int64 = 0
    for index in bytes.indices {
      let digit = bytes[index] &- UInt8(ascii: "0")
      guard digit < 10 else { return Int64(content(token)) }
      value = value * 10 + Int64(digit)
    }
    return value
  }

  /// A text as a number. The service takes no NaN, no infinity and no negative zero.
  func finiteDouble(_ token: JSONToken) -> Double? {
    guard let number = double(token) ?? unusualDouble(token), number.isFinite, !(number == 0 && number.sign == .minus)
    else { return nil }
    return number
  }

  /// A number that JSON would write in another way, such as `+1` or `.5`.
  private func unusualDouble(_ token: JSONToken) -> Double? {
    let text = content(token)
    return text.utf8.contains { $0 | 0x20 == UInt8(ascii: "x") } ? nil : Double(text)
  }
}
