import Foundation
import SQLiteStore

/// Casts: from each type to another by SQL, and within TRY or TRY_CAST to null where they fail.
enum Conversions {
  /// The SQL of a cast; nil where there is none between the types.
  static func sql(from type: TimestreamType, to target: TimestreamType) -> SQLTemplate? {
    switch (type, target) {
    case (let same, let target) where same == target: "$0"
    case (.unknown, _), (.integer, .bigint): "$0"
    case (.integer, .double), (.bigint, .double), (.boolean, .double): "CAST($0 AS REAL)"
    case (.integer, .varchar), (.bigint, .varchar): "CAST($0 AS TEXT)"
    case (.timestamp, .varchar): "\(timestampText)($0)"
    case (.double, .varchar): "\(doubleText)($0)"
    case (.boolean, .varchar): "CASE $0 WHEN 0 THEN 'false' WHEN 1 THEN 'true' END"
    case (.date, .varchar): "\(dateText)($0)"
    case (.time, .varchar): "\(timeText)($0)"
    case (.interval, .varchar): "\(intervalText)($0)"
    case (.intervalMonths, .varchar): "\(monthsText)($0)"
    case (.bigint, .integer), (.double, .integer), (.varchar, .integer): "\(toInteger)($0)"
    case (.double, .bigint), (.varchar, .bigint): "\(toBigint)($0)"
    case (.varchar, .double): "\(toDouble)($0)"
    case (.varchar, .boolean): "\(toBoolean)($0)"
    case (.boolean, .integer), (.boolean, .bigint): "$0"
    case (let type, .boolean) where type.isNumeric: "($0 <> 0)"
    case (.varchar, .timestamp): "\(toTimestamp)($0)"
    case (.varchar, .date): "\(toDate)($0)"
    case (.varchar, .time): "\(toTime)($0)"
    case (.timestamp, .date): "\(Dates.day)($0)"
    case (.timestamp, .time): "(($0 % 86400000000000 + 86400000000000) % 86400000000000)"
    case (.date, .timestamp): "($0 * 86400000000000)"
    default: nil
    }
  }

  private static let scalars: [TimestreamType] = [
    .varchar, .boolean, .integer, .bigint, .double, .timestamp, .date, .time, .interval, .intervalMonths,
  ]

  /// Every cast that there is.
  static let casts: [(from: TimestreamType, to: TimestreamType, sql: SQLTemplate)] = scalars.flatMap { type in
    scalars.compactMap { target in sql(from: type, to: target).map { (type, target, $0) } }
  }

  // MARK: To texts

  /// From a whole number to a text.
  private static func shown(_ name: String, _ text: @escaping @Sendable (Int64) -> String) -> NativeFunction {
    .strict(name, 1) { .text(text($0.integer(0))) }
  }

  static let dateText = shown("date_text", TimestreamType.date)
  private static let timestampText = shown("text", TimestreamType.timestamp)
  private static let timeText = shown("time_text", TimestreamType.time)
  private static let intervalText = shown("interval_text", TimestreamType.interval)
  private static let monthsText = shown("months_text", TimestreamType.months)
  private static let doubleText = NativeFunction.strict("double", 1) { .text(JavaDouble.text($0.double(0))) }

  // MARK: From texts

  /// A text that is read as something.
  static func read(
    _ name: String, _ type: String, _ body: @escaping @Sendable (String) -> Int64?
  ) -> NativeFunction {
    .failing(name, 1) { arguments throws(QueryFault) in
      guard let value = body(arguments.text(0)) else {
        throw QueryFault(message: "Value cannot be cast to \(type): \(arguments.text(0))")
      }
      return .integer(value)
    }
  }

  static let toTimestamp = read("to_timestamp", "timestamp", TimestreamType.nanoseconds)
  static let toDate = read("to_date", "date", TimestreamType.days)
  private static let toTime = read("to_time", "time", TimestreamType.timeOfDay)
  private static let toInteger = whole("to_integer", "integer", "INT")
  private static let toBigint = whole("to_bigint", "bigint", "BIGINT")

  private static func whole(_ name: String, _ type: String, _ word: String) -> NativeFunction {
    .failing(name, 1) { arguments throws(QueryFault) in
      switch arguments[0] {
      case .integer(let number):
        guard type == "bigint" || Int32(exactly: number) != nil else {
          throw QueryFault(message: "Out of range for \(type): \(number)")
        }
        return .integer(number)
      case .real(let number): return .integer(try Numbers.integer(number, type))
      case .text(let text):
        guard let number = Int64(text.trimmingCharacters(in: .whitespaces)),
          type == "bigint" || Int32(exactly: number) != nil
        else { throw QueryFault(message: "Cannot cast '\(text)' to \(word)") }
        return .integer(number)
      case .null, .blob: return .null
      }
    }
  }

  private static let toDouble = NativeFunction.failing("to_double", 1) { arguments throws(QueryFault) in
    let text = arguments.text(0).trimmingCharacters(in: .whitespaces)
    let words: [String: Double] = [
      "Infinity": .infinity, "+Infinity": .infinity, "-Infinity": -.infinity, "NaN": .nan,
    ]
    let isNumber = text.utf8.allSatisfy { (48...57).contains($0) || "+-.eE".utf8.contains($0) }
    guard let number = words[text] ?? (isNumber ? Double(text) : nil) else {
      throw QueryFault(message: "Cannot cast '\(arguments.text(0))' to DOUBLE")
    }
    return .real(number)
  }

  private static let toBoolean = NativeFunction.failing("to_boolean", 1) { arguments throws(QueryFault) in
    switch arguments.text(0).lowercased() {
    case "true", "t", "1": return .integer(1)
    case "false", "f", "0": return .integer(0)
    default: throw QueryFault(message: "Cannot cast '\(arguments.text(0))' to BOOLEAN")
    }
  }
}
