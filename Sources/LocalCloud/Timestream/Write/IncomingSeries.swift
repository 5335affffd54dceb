import CacheSupport

/// A series of a request: the dimensions and the measure name of a record, with the common attributes merged in.
struct IncomingSeries: Sendable {
  /// By name, in order.
  let dimensions: [(name: ByteText, value: String)]
  let measureName: String
  /// Dimensions and measure name as one JSON text: what tells series apart, and how they are stored.
  let key: [UInt8]
  /// Why its records are rejected whatever the table: sizes, names that are reserved or too long.
  let fault: String?

  /// - Throws: ValidationException, which refuses the whole request.
  init(
    _ parts: WriteRecordsRequest.Parts, of request: WriteRecordsRequest, _ texts: borrowing JSONReader
  ) throws(ServiceError) {
    var dimensions: [(name: ByteText, value: String)] = []
    for dimension in request.dimensions[parts.dimensions] {
      dimensions.append((ByteText(texts.content(dimension.name)), texts.content(dimension.value)))
    }
    let own = Set(dimensions.map(\.name))
    for dimension in request.common.map({ request.dimensions[$0.dimensions] }) ?? [] {
      let name = ByteText(texts.content(dimension.name))
      guard !own.contains(name) else {
        throw IncomingRecords.invalid("Dimension \(name) is in both the record and the common attributes.")
      }
      dimensions.append((name, texts.content(dimension.value)))
    }
    dimensions.sort { $0.name < $1.name }
    for (one, next) in zip(dimensions, dimensions.dropFirst()) where one.name == next.name {
      throw IncomingRecords.invalid("Duplicate dimension names.")
    }
    guard !dimensions.isEmpty else {
      throw IncomingRecords.invalid("At least one dimension is required for a record.")
    }
    guard let name = parts.measureName ?? request.common?.measureName else {
      throw IncomingRecords.invalid("Measure name is required.")
    }
    self.dimensions = dimensions
    measureName = texts.content(name)
    key = Self.key(measureName, dimensions)
    fault = Self.fault(measureName, dimensions)
  }

  private static func key(_ measureName: String, _ dimensions: [(name: ByteText, value: String)]) -> [UInt8] {
    var writer = JSONWriter(capacity: 64)
    writer.raw("[")
    writer.string(measureName)
    for dimension in dimensions {
      writer.raw(",")
      writer.string(dimension.name.text)
      writer.raw(",")
      writer.string(dimension.value)
    }
    writer.raw("]")
    return writer.bytes
  }

  private static func fault(_ measureName: String, _ dimensions: [(name: ByteText, value: String)]) -> String? {
    for dimension in dimensions {
      if let fault = nameFault(dimension.name.text) { return fault }
      if dimension.value.isEmpty { return "The value of the dimension '\(dimension.name)' is empty." }
      if dimension.name == ByteText(measureName) {
        return "'\(measureName)' is the name of both a dimension and a measure."
      }
    }
    if dimensions.reduce(0, { $0 + $1.name.text.utf8.count + $1.value.utf8.count }) > 2048 {
      return "The names and values of the dimensions are longer than 2048 bytes together."
    }
    return measureName.utf8.count > 256 ? "The measure name is longer than 256 bytes." : nil
  }

  /// Why a name cannot be a dimension's.
  static func nameFault(_ name: String) -> String? {
    name.utf8.count > 60 ? "The dimension name '\(name)' is longer than 60 bytes." : reservation(of: name)
  }

  /// Why a name can be no column's.
  static func reservation(of name: String) -> String? {
    if name.utf8.contains(UInt8(ascii: ":")) { return "The name '\(name)' contains a colon." }
    let isReserved =
      ByteText(name) == "time"
      || ["ts_", "measure_name", "measure_value"].contains { name.utf8.starts(with: $0.utf8) }
    return isReserved ? "The name '\(name)' is reserved." : nil
  }
}
