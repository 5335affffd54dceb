import CacheSupport

/// A value as Timestream's SQL writes it: the only way a value gets into a query.
public enum TimestreamLiteral: Sendable, Hashable {
  /// A text, of whatever letters.
  case text(String)
  /// A whole number of 64 bits.
  case integer(Int64)
  /// A number with a binary point; NaN and infinities too.
  case double(Double)
  /// True or false.
  case boolean(Bool)
  /// An instant: epoch milliseconds.
  case time(Int64)
  /// A length of time: milliseconds.
  case duration(Int64)

  /// The literal's text: it is one operand wherever it stands, and ends no text or comment that is around it.
  public var sql: String {
    switch self {
    case .text(let text): return Quoting.doubled(text, quote: "'")
    case .integer(let value):
      // The least number has no positive one that could be written after a minus.
      if value == .min { return "(-9223372036854775807 - 1)" }
      return value < 0 ? "(\(value))" : String(value)
    case .double(let value):
      guard value.isFinite else { return value.isNaN ? "nan()" : value < 0 ? "(-infinity())" : "infinity()" }
      let text = JSONWriter.text(of: value).uppercased()
      let number = text.utf8.contains(UInt8(ascii: "E")) ? text : text + "E0"
      return value.sign == .minus ? "(\(number))" : number
    case .boolean(let value): return value ? "true" : "false"
    case .time(let milliseconds): return "from_milliseconds(\(Self.integer(milliseconds).sql))"
    case .duration(let milliseconds):
      return milliseconds < 0 ? "(0ms - \(milliseconds.magnitude)ms)" : "\(milliseconds)ms"
    }
  }

  init(_ value: MeasureValue) {
    self =
      switch value {
      case .double(let value): .double(value)
      case .bigint(let value): .integer(value)
      case .varchar(let value): .text(value)
      case .boolean(let value): .boolean(value)
      }
  }
}
