import CacheSupport

/// A record of WriteRecords with the common attributes merged in, checked as far as it can be without the table.
struct IncomingRecord {
  struct Value {
    var column: String
    var kind: TimestreamStore.Column.Kind
    var type: TimestreamType
    var value: SQLValue

    /// The bytes that count for a record's limit, as Timestream meters them: 1 of a boolean, 8 of a number or a time.
    var size: Int {
      switch type {
      case .varchar: value.text?.utf8.count ?? 0
      case .boolean: 1
      default: 8
      }
    }
  }

  /// By name, in order.
  var dimensions: [(name: String, value: String)]
  var measureName: String
  var values: [Value]
  /// Nanoseconds since 1970.
  var time: Int64
  var version: Int64

  /// Dimensions and measure name as one text: what tells series apart.
  var seriesKey: String {
    JSON.array([.string(measureName)] + dimensions.flatMap { [.string($0.name), .string($0.value)] }).text
  }

  func isOfSeries(_ other: IncomingRecord) -> Bool {
    measureName.isExactly(other.measureName) && dimensions.count == other.dimensions.count
      && zip(dimensions, other.dimensions).allSatisfy { $0.name.isExactly($1.name) && $0.value.isExactly($1.value) }
  }

  private static let types = ["DOUBLE", "BIGINT", "VARCHAR", "BOOLEAN", "TIMESTAMP", "MULTI"]
  private static let units: [String: Int64] = [
    "SECONDS": 1_000_000_000, "MILLISECONDS": 1_000_000, "MICROSECONDS": 1000, "NANOSECONDS": 1,
  ]

  /// The members of a record, or of the common attributes, as they stand in the request.
  struct Parts {
    var dimensions: [(name: String, value: String)]
    var measureName: String?
    var measureValue: String?
    var measureType: String?
    var measureValues: [(name: String, value: String, type: String)]?
    var time: String?
    var unit: String?
    var version: Int64?

    init(_ input: inout Input) throws(ServiceError) {
      var dimensions: [(name: String, value: String)] = []
      for var dimension in try input.structures(try input.array("Dimensions") ?? [], of: "dimensions") {
        let name = try dimension.string("Name", required: true, length: 1...256) ?? ""
        let value = try dimension.string("Value", required: true) ?? ""
        _ = try dimension.string("DimensionValueType", values: ["VARCHAR"])
        input.absorb(dimension)
        dimensions.append((name, value))
      }
      if dimensions.count > 128 {
        input.violate("Dimensions", "[\(dimensions.count) elements]", "have length less than or equal to 128")
      }
      self.dimensions = dimensions
      measureName = try input.string("MeasureName", length: 1...256)
      measureValue = try input.string("MeasureValue", length: 1...2048)
      measureType = try input.string("MeasureValueType", values: types)
      measureValues = nil
      if let elements = try input.array("MeasureValues") {
        var values: [(name: String, value: String, type: String)] = []
        for var element in try input.structures(elements, of: "measureValues") {
          let name = try element.string("Name", required: true, length: 1...256) ?? ""
          let value = try element.string("Value", required: true, length: 1...2048) ?? ""
          let type = try element.string("Type", required: true, values: types) ?? ""
          input.absorb(element)
          values.append((name, value, type))
        }
        measureValues = values
      }
      time = try input.string("Time", length: 1...256)
      unit = try input.string("TimeUnit", values: ["MILLISECONDS", "SECONDS", "MICROSECONDS", "NANOSECONDS"])
      version = try input.integer("Version")
    }
  }

  /// - Throws: a ValidationException, which refuses the whole request.
  init(_ own: Parts, common: Parts?) throws(ServiceError) {
    for dimension in common?.dimensions ?? []
    where own.dimensions.contains(where: { $0.name.isExactly(dimension.name) }) {
      throw Self.invalid("Dimension \(dimension.name) is in both the record and the common attributes.")
    }
    dimensions = (own.dimensions + (common?.dimensions ?? [])).sorted {
      $0.name.utf8.lexicographicallyPrecedes($1.name.utf8)
    }
    for (one, next) in zip(dimensions, dimensions.dropFirst()) where one.name.isExactly(next.name) {
      throw Self.invalid("Duplicate dimension names.")
    }
    guard !dimensions.isEmpty else { throw Self.invalid("At least one dimension is required for a record.") }
    guard let measureName = own.measureName ?? common?.measureName else {
      throw Self.invalid("Measure name is required.")
    }
    self.measureName = measureName
    version = own.version ?? common?.version ?? 1
    guard version >= 1 else { throw Self.invalid("Version must be 1 or greater.") }

    guard let text = own.time ?? common?.time, let count = Int64(text) else {
      throw Self.invalid("Invalid time for record.")
    }
    let (nanoseconds, overflows) = count.multipliedReportingOverflow(
      by: Self.units[own.unit ?? common?.unit ?? "MILLISECONDS"] ?? 1)
    guard !overflows, nanoseconds >= 0 else { throw Self.invalid("Invalid time for record.") }
    time = nanoseconds

    let type = own.measureType ?? common?.measureType ?? "DOUBLE"
    values = []
    if type == "MULTI" {
      guard let multiple = own.measureValues ?? common?.measureValues, !multiple.isEmpty else {
        throw Self.invalid("A record of type MULTI needs MeasureValues.")
      }
      guard own.measureValue == nil else { throw Self.invalid("A record of type MULTI takes no MeasureValue.") }
      guard multiple.count <= 256 else { throw Self.invalid("A multi-measure record has at most 256 measures.") }
      guard Set(multiple.map { SQLValue.text($0.name) }).count == multiple.count else {
        throw Self.invalid("Duplicate measure names.")
      }
      for measure in multiple {
        guard let read = TimestreamType(name: measure.type.lowercased()) else {
          throw Self.invalid("\(measure.type) is an invalid measure value type")
        }
        values.append(
          Value(column: measure.name, kind: .multi, type: read, value: try Self.value(measure.value, read)))
      }
    } else {
      guard own.measureValues == nil else { throw Self.invalid("MeasureValues needs the MeasureValueType MULTI.") }
      guard type != "TIMESTAMP", let read = TimestreamType(name: type.lowercased()) else {
        throw Self.invalid("\(type) is an invalid measure value type")
      }
      guard let text = own.measureValue ?? common?.measureValue else {
        throw Self.invalid("Measure value is required.")
      }
      values.append(
        Value(column: "measure_value::\(read.name)", kind: .measure, type: read, value: try Self.value(text, read)))
    }
  }

  private static func value(_ text: String, _ type: TimestreamType) throws(ServiceError) -> SQLValue {
    let read: SQLValue?
    switch type {
    case .double:
      // The service takes no NaN, no infinity and no negative zero.
      let number = text.utf8.contains(UInt8(ascii: "x")) || text.utf8.contains(UInt8(ascii: "X")) ? nil : Double(text)
      read = number.flatMap { $0.isFinite && !($0 == 0 && $0.sign == .minus) ? .real($0) : nil }
    case .bigint: read = Int64(text).map { .integer($0) }
    case .boolean: read = ["true": true, "false": false][text.lowercased()].map { .integer($0 ? 1 : 0) }
    case .timestamp: read = Int64(text).flatMap { $0.multipliedReportingOverflow(by: 1_000_000) }.map { .integer($0) }
    default: read = .text(text)
    }
    guard let read else {
      throw invalid("'\(text.prefix(60))' is not a valid value of the type \(type.name.uppercased()).")
    }
    return read
  }

  static func invalid(_ message: String) -> ServiceError { .timestream("ValidationException", message) }

  /// What refuses this record alone: sizes, names that are reserved or too long.
  var fault: String? {
    for dimension in dimensions {
      if let fault = Self.nameFault(dimension.name) { return fault }
      if dimension.value.isEmpty { return "The value of the dimension '\(dimension.name)' is empty." }
      if dimension.name.isExactly(measureName) {
        return "'\(measureName)' is the name of both a dimension and a measure."
      }
    }
    if dimensions.reduce(0, { $0 + $1.name.utf8.count + $1.value.utf8.count }) > 2048 {
      return "The names and values of the dimensions are longer than 2048 bytes together."
    }
    if measureName.utf8.count > 256 { return "The measure name is longer than 256 bytes." }
    if values.reduce(0, { $0 + $1.size }) > 2048 { return "The measure values are longer than 2048 bytes together." }
    for value in values where value.kind == .multi {
      if let reserved = Self.reserved(value.column) { return reserved }
      if dimensions.contains(where: { $0.name.isExactly(value.column) }) {
        return "'\(value.column)' is the name of both a dimension and a measure."
      }
      if value.column.utf8.count > 256 {
        return "The measure name '\(value.column.prefix(40))…' is longer than 256 bytes."
      }
    }
    return nil
  }

  /// Why a name cannot be a dimension's.
  static func nameFault(_ name: String) -> String? {
    name.utf8.count > 60 ? "The dimension name '\(name)' is longer than 60 bytes." : reserved(name)
  }

  private static func reserved(_ name: String) -> String? {
    if name.utf8.contains(UInt8(ascii: ":")) { return "The name '\(name)' contains a colon." }
    let isReserved = name == "time" || ["ts_", "measure_name", "measure_value"].contains { name.hasPrefix($0) }
    return isReserved ? "The name '\(name)' is reserved." : nil
  }
}

extension Int64 {
  fileprivate func multipliedReportingOverflow(by factor: Int64) -> Int64? {
    let (product, overflows): (Int64, Bool) = multipliedReportingOverflow(by: factor)
    return overflows ? nil : product
  }
}

extension String {
  /// The same bytes. Swift's own comparison takes letters as equal that are composed in different ways.
  func isExactly(_ other: String) -> Bool { utf8.elementsEqual(other.utf8) }
}
