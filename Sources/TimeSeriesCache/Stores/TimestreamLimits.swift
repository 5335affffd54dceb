import CacheSupport

/// What Timestream takes of a record, checked before it is sent: a request with one record at fault is refused as a whole, or by a
/// reason that names no field.
///
/// See <https://docs.aws.amazon.com/timestream/latest/developerguide/ts-limits.html>.
enum TimestreamLimits {
  /// Dimensions of a record.
  static let dimensions: Int = 128
  /// Bytes of a dimension's name.
  static let dimensionNameBytes: Int = 60
  /// Bytes of the names and values of a record's dimensions together.
  static let dimensionBytes: Int = 2048
  /// Bytes of a measure's name, of a measure name and of a table's name.
  static let nameBytes: Int = 256
  /// The least bytes of the name of a table or database.
  static let leastResourceNameBytes: Int = 3
  /// Measures of a record.
  static let measures: Int = 256
  /// Bytes of a record's values together: 8 of a number, 1 of a boolean.
  static let valueBytes: Int = 2048
  /// Times of records, epoch milliseconds: nanoseconds in 64 bits, from 1970.
  static let times: Range<Int64> = 0..<9_223_372_036_854
  /// Columns of a table: dimensions, measures, and what every table has.
  static let columns: Int = 2000
  /// Tags of a table or database.
  static let resourceTags: Int = 200

  /// Why a name cannot be a table's or database's.
  static func resourceNameFault(_ name: String) -> String? {
    let isPlain = name.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-"):
        true
      default: false
      }
    }
    guard isPlain, (leastResourceNameBytes...nameBytes).contains(name.utf8.count) else {
      return
        "a table or database of Timestream takes a name of \(leastResourceNameBytes) to \(nameBytes) letters without marks, digits, '_', '.' and '-'"
    }
    return nil
  }

  /// Why a name cannot be a dimension's.
  static func dimensionFault(_ name: String) -> String? {
    if name.utf8.count > dimensionNameBytes {
      return "it has \(name.utf8.count) bytes; \(dimensionNameBytes) are the most of a dimension's name"
    }
    return reservedFault(name)
  }

  /// Why a name cannot be a column's.
  private static func reservedFault(_ name: String) -> String? {
    if name.utf8.contains(UInt8(ascii: ":")) { return "Timestream takes no colon in a name" }
    let isReserved =
      name.hasSameBytes(as: "time")
      || ["ts_", "measure_name", "measure_value"].contains { name.utf8.starts(with: $0.utf8) }
    return isReserved ? "Timestream keeps the name for itself" : nil
  }

  /// Why no sample of a series can be stored; nil where they can.
  static func fault(of key: SeriesKey, _ mapping: TimestreamMapping) -> String? {
    let measurement = shown(key.measurement.text)
    if case .multiple = mapping.tables, let fault = resourceNameFault(key.measurement.text) {
      return "the measurement \(measurement) cannot be a table's name: \(fault)"
    }
    let measureName = mapping.measureName(of: key)
    if measureName.utf8.count > nameBytes {
      return
        "the measurement \(measurement) has \(measureName.utf8.count) bytes; \(nameBytes) are the most of a measure name"
    }
    guard key.tags.count <= dimensions else {
      return "the series has \(key.tags.count) tags; a record of Timestream takes \(dimensions) dimensions"
    }
    for tag in key.tags {
      if let fault = dimensionFault(tag.name.text) { return "the tag \(shown(tag.name.text)) is refused: \(fault)" }
      if tag.name.text.hasSameBytes(as: measureName) {
        return "'\(measureName)' is the name of both a tag and a measure"
      }
    }
    let tags = TimestreamMapping.dimensions(of: key)
    let bytes = tags.reduce(0) { $0 + $1.name.text.utf8.count + $1.value.text.utf8.count }
    if bytes > dimensionBytes {
      return "the names and values of the tags have \(bytes) bytes together; \(dimensionBytes) are the most"
    }
    if key.tags.count == 1, let tag = key.tags.first, let bare = SeriesKey(measurement: key.measurement),
      tag == TimestreamMapping.dimensions(of: bare).first
    {
      return "the tag \(shown(tag.name.text)) has the value by which the series without tags is kept"
    }
    return nil
  }

  /// Why a sample cannot be stored; nil where it can.
  ///
  /// - Parameter known: the names that were found right in the sample before, in the same places.
  static func fault(of sample: Sample, _ key: SeriesKey, known: inout [String]) -> String? {
    if !times.contains(sample.time) { return "the time is not between 1970 and 2262; Timestream takes no other" }
    guard (1...measures).contains(sample.measures.count) else {
      return "the point has \(sample.measures.count) fields; a record of Timestream takes 1 to \(measures) measures"
    }
    var bytes = 0
    for (place, measure) in sample.measures.enumerated() {
      let isKnown = place < known.count && known[place].hasSameBytes(as: measure.name)
      if !isKnown, let fault = nameFault(measure.name, key) { return fault }
      switch measure.value {
      case .double, .bigint: bytes += 8
      case .boolean: bytes += 1
      case .varchar(let text):
        if text.isEmpty {
          return "the field \(shown(measure.name)) is an empty text; Timestream takes 1 to \(valueBytes) bytes"
        }
        bytes += text.utf8.count
        if text.utf8.count > valueBytes {
          return
            "the field \(shown(measure.name)) has a text of \(text.utf8.count) bytes; Timestream takes 1 to \(valueBytes)"
        }
      }
    }
    known = sample.measures.map(\.name)
    if bytes > valueBytes {
      return "the fields have \(bytes) bytes together; the values of a record have at most \(valueBytes)"
    }
    return nil
  }

  private static func nameFault(_ name: String, _ key: SeriesKey) -> String? {
    if name.isEmpty { return "a field has an empty name" }
    if name.utf8.count > nameBytes {
      return "the field \(shown(name)) has a name of \(name.utf8.count) bytes; \(nameBytes) are the most"
    }
    if let fault = reservedFault(name) { return "the field \(shown(name)) is refused: \(fault)" }
    if TimestreamMapping.dimensions(of: key).contains(where: { $0.name.text.hasSameBytes(as: name) }) {
      return "\(shown(name)) is the name of both a tag and a field; Timestream has one column for both"
    }
    return nil
  }

  /// The beginning of a name.
  private static func shown(_ name: String) -> String {
    name.unicodeScalars.count > 60
      ? "'\(String(String.UnicodeScalarView(name.unicodeScalars.prefix(60))))…'" : "'\(name)'"
  }
}
