public import CacheSupport
public import SQLiteStore

/// A type of Timestream's SQL.
public indirect enum TimestreamType: Sendable, Hashable {
  case varchar, boolean, integer, bigint, double, timestamp, date, time
  /// That of `NULL`.
  case unknown
  /// Nanoseconds.
  case interval
  /// Months.
  case intervalMonths
  /// Any number of one type.
  case array(TimestreamType)
  /// Fields, each of its type.
  case row([Member])
  /// Points in the order of time; each is a row of `time` and `value`.
  case timeseries(TimestreamType)

  /// A field of a row; not all have names.
  public struct Member: Sendable, Hashable {
    /// The name, where it has one.
    public var name: String?
    /// The type.
    public var type: TimestreamType

    /// A field.
    public init(name: String?, type: TimestreamType) {
      self.name = name
      self.type = type
    }

    /// Names are equal where their bytes are.
    public static func == (one: Member, other: Member) -> Bool {
      one.name.map(ByteText.init) == other.name.map(ByteText.init) && one.type == other.type
    }

    /// Hashes the name's bytes and the type.
    public func hash(into hasher: inout Hasher) {
      hasher.combine(name.map(ByteText.init))
      hasher.combine(type)
    }
  }

  private static let scalars: [String: TimestreamType] = [
    "varchar": .varchar, "boolean": .boolean, "integer": .integer, "bigint": .bigint, "double": .double,
    "timestamp": .timestamp, "date": .date, "time": .time, "unknown": .unknown, "interval_day_to_second": .interval,
    "interval_year_to_month": .intervalMonths,
  ]

  /// A scalar type by its name in lower case; nil where there is none such.
  public init?(name: String) {
    guard let type = Self.scalars[name] else { return nil }
    self = type
  }

  /// What a time series is made of.
  static func point(_ value: TimestreamType) -> TimestreamType {
    .row([.init(name: "time", type: .timestamp), .init(name: "value", type: value)])
  }

  /// The name in lower case.
  public var name: String {
    switch self {
    case .varchar: "varchar"
    case .boolean: "boolean"
    case .integer: "integer"
    case .bigint: "bigint"
    case .double: "double"
    case .timestamp: "timestamp"
    case .date: "date"
    case .time: "time"
    case .unknown: "unknown"
    case .interval: "interval_day_to_second"
    case .intervalMonths: "interval_year_to_month"
    case .array(let element): "array(\(element.name))"
    case .timeseries(let value): "timeseries(\(value.name))"
    case .row(let members):
      "row(\(members.map { ($0.name.map { $0 + " " } ?? "") + $0.type.name }.joined(separator: ", ")))"
    }
  }

  /// The name in messages.
  public var message: String { name.replacing("_", with: " ") }

  /// The type as `ColumnInfo` has it.
  public var json: JSON {
    switch self {
    case .array(let element): ["ArrayColumnInfo": ["Type": element.json]]
    case .timeseries(let value): ["TimeSeriesMeasureValueColumnInfo": ["Type": value.json]]
    case .row(let members):
      [
        "RowColumnInfo": .array(
          members.map { member in
            var info: JSONObject = [:]
            info["Name"] = member.name.map { .string($0) }
            info["Type"] = member.type.json
            return .object(info)
          })
      ]
    default: ["ScalarType": .string(name.uppercased())]
    }
  }

  var isNumeric: Bool { [.integer, .bigint, .double].contains(self) }

  /// True for arrays, rows and time series.
  var isList: Bool {
    switch self {
    case .array, .row, .timeseries: true
    default: false
    }
  }

  /// The type of the items, where all have the same.
  var element: TimestreamType? {
    switch self {
    case .array(let element): element
    case .timeseries(let value): .point(value)
    default: nil
    }
  }

  /// The type to which both coerce without a cast; nil where there is none.
  static func common(_ one: TimestreamType, _ other: TimestreamType) -> TimestreamType? {
    if one == other { return one }
    switch (one, other) {
    case (.unknown, _): return other
    case (_, .unknown): return one
    case (.date, .timestamp), (.timestamp, .date): return .timestamp
    case (.array(let one), .array(let other)): return common(one, other).map { .array($0) }
    case (.timeseries(let one), .timeseries(let other)): return common(one, other).map { .timeseries($0) }
    case (.array(let element), .timeseries(let value)), (.timeseries(let value), .array(let element)):
      return common(element, .point(value)).map { .array($0) }
    case (.row(let ones), .row(let others)) where ones.count == others.count:
      var members: [Member] = []
      for (one, other) in zip(ones, others) {
        guard let type = common(one.type, other.type) else { return nil }
        let isSameName = one.name.map(ByteText.init) == other.name.map(ByteText.init)
        members.append(.init(name: isSameName ? one.name : nil, type: type))
      }
      return .row(members)
    default:
      guard one.isNumeric, other.isNumeric else { return nil }
      return one == .double || other == .double ? .double : .bigint
    }
  }

  /// Writes a value of a plan's row as a `Datum`.
  ///
  /// - Returns: false where the value cannot be of this type; then nothing useful was written.
  public func write(_ value: SQLValue, into writer: inout JSONWriter) -> Bool {
    if value == .null {
      writer.raw("{\"NullValue\":true}")
      return true
    }
    switch self {
    case .array(let element):
      return Self.write("{\"ArrayValue\":[", value.items, into: &writer) { _ in element }
    case .row(let members):
      let isWritten = Self.write("{\"RowValue\":{\"Data\":[", value.items, into: &writer) { members[$0].type }
      writer.raw("}")
      return isWritten
    case .timeseries(let type):
      writer.raw("{\"TimeSeriesValue\":[")
      for (index, point) in value.items.enumerated() {
        if index > 0 { writer.raw(",") }
        let parts = point.items
        guard parts.count == 2, let time = TimestreamType.timestamp.text(parts[0]) else { return false }
        writer.raw("{\"Time\":")
        writer.string(time)
        writer.raw(",\"Value\":")
        guard type.write(parts[1], into: &writer) else { return false }
        writer.raw("}")
      }
      writer.raw("]}")
      return true
    default:
      guard let text = text(value) else { return false }
      writer.raw("{\"ScalarValue\":")
      writer.string(text)
      writer.raw("}")
      return true
    }
  }

  private static func write(
    _ start: StaticString, _ items: [SQLValue], into writer: inout JSONWriter, type: (Int) -> TimestreamType
  ) -> Bool {
    writer.raw(start)
    for (index, item) in items.enumerated() {
      if index > 0 { writer.raw(",") }
      guard type(index).write(item, into: &writer) else { return false }
    }
    writer.raw("]}")
    return true
  }

  /// A scalar of SQLite as text, as the service writes it; nil where the value cannot be of this type.
  public func text(_ value: SQLValue) -> String? {
    switch (self, value) {
    case (.boolean, .integer(let flag)): flag != 0 ? "true" : "false"
    case (.integer, .integer(let number)): Int32(exactly: number).map { String($0) }
    case (.bigint, .integer(let number)): String(number)
    case (.double, .real(let number)): JavaDouble.text(number)
    case (.double, .integer(let number)): JavaDouble.text(Double(number))
    case (.double, .blob(NotANumber.blob)): JavaDouble.text(.nan)
    case (.timestamp, .integer(let nanoseconds)): Self.timestamp(nanoseconds)
    case (.interval, .integer(let nanoseconds)): Self.interval(nanoseconds)
    case (.intervalMonths, .integer(let months)): Self.months(months)
    case (.date, .integer(let days)): Self.date(days)
    case (.time, .integer(let nanoseconds)): Self.time(nanoseconds)
    case (.varchar, .text(let text)): text
    default: nil
    }
  }
}
