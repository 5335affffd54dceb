import CacheSupport
import Foundation

/// The bodies of the functions that queries have and SQLite has not.
enum QueryFunctions {
  struct Function: Sendable {
    var name: String
    var count: Int
    var canFail: Bool
    var body: @Sendable ([SQLValue]) throws(QueryFault) -> SQLValue
  }

  static let all: [Function] =
    conversions + mathematics + texts + expressions + times + lists + series + splits + dates + doubles

  /// A function that gives null where any of its arguments is null.
  static func strict(
    _ name: String, _ count: Int, canFail: Bool = false,
    _ body: @escaping @Sendable ([SQLValue]) throws(QueryFault) -> SQLValue
  ) -> Function {
    Function(name: name, count: count, canFail: canFail) { arguments throws(QueryFault) in
      arguments.contains(.null) ? .null : try body(arguments)
    }
  }

  /// From a whole number to a text.
  private static func shown(_ name: String, _ text: @escaping @Sendable (Int64) -> String) -> Function {
    strict(name, 1) { arguments in .text(text(arguments[0].integer ?? 0)) }
  }

  private static func number(_ name: String, _ body: @escaping @Sendable (Double) -> Double) -> Function {
    strict(name, 1) { arguments in .real(body(arguments[0].double ?? 0)) }
  }

  static func text(_ name: String, _ body: @escaping @Sendable (String) -> String) -> Function {
    strict(name, 1) { arguments in .text(body(arguments[0].text ?? "")) }
  }

  /// A text that is read as something.
  private static func read(
    _ name: String, _ type: String, _ body: @escaping @Sendable (String) -> SQLValue?
  ) -> Function {
    strict(name, 1, canFail: true) { arguments throws(QueryFault) in
      let text = arguments[0].text ?? ""
      guard let value = body(text) else { throw QueryFault(message: "Value cannot be cast to \(type): \(text)") }
      return value
    }
  }

  // MARK: Conversions

  private static func whole(_ name: String, _ type: String) -> Function {
    strict(name, 1, canFail: true) { arguments throws(QueryFault) in
      switch arguments[0] {
      case .integer(let number):
        guard type == "bigint" || Int32(exactly: number) != nil else {
          throw QueryFault(message: "Out of range for \(type): \(number)")
        }
        return .integer(number)
      case .real(let number): return .integer(try Numbers.integer(number, type))
      case .text(let text):
        let trimmed = text.trimmingCharacters(in: .whitespaces)
        guard let number = Int64(trimmed), type == "bigint" || Int32(exactly: number) != nil else {
          throw QueryFault(message: "Cannot cast '\(text)' to \(type.uppercased() == "INTEGER" ? "INT" : "BIGINT")")
        }
        return .integer(number)
      case .null, .blob: return .null
      }
    }
  }

  private static let conversions: [Function] = [
    shown("text", TimestreamType.timestamp),
    shown("iso8601") { TimestreamType.timestamp($0).replacing(" ", with: "T") },
    shown("date_text", TimestreamType.date), shown("time_text", TimestreamType.time),
    shown("interval_text", TimestreamType.interval), shown("months_text", TimestreamType.months),
    strict("double", 1) { arguments in .text(JavaDouble.text(arguments[0].double ?? 0)) },
    whole("to_integer", "integer"), whole("to_bigint", "bigint"),
    strict("to_double", 1, canFail: true) { arguments throws(QueryFault) in
      let text = (arguments[0].text ?? "").trimmingCharacters(in: .whitespaces)
      let words: [String: Double] = [
        "Infinity": .infinity, "+Infinity": .infinity, "-Infinity": -.infinity, "NaN": .nan,
      ]
      let isNumber = text.utf8.allSatisfy { (48...57).contains($0) || "+-.eE".utf8.contains($0) }
      guard let number = words[text] ?? (isNumber ? Double(text) : nil) else {
        throw QueryFault(message: "Cannot cast '\(arguments[0].text ?? "")' to DOUBLE")
      }
      return .real(number)
    },
    strict("to_boolean", 1, canFail: true) { arguments throws(QueryFault) in
      switch (arguments[0].text ?? "").lowercased() {
      case "true", "t", "1": return .integer(1)
      case "false", "f", "0": return .integer(0)
      default: throw QueryFault(message: "Cannot cast '\(arguments[0].text ?? "")' to BOOLEAN")
      }
    },
    read("to_timestamp", "timestamp") { text in TimestreamType.nanoseconds(text).map { .integer($0) } },
    read("to_date", "date") { text in TimestreamType.days(text).map { .integer($0) } },
    read("to_time", "time") { text in TimestreamType.timeOfDay(text).map { .integer($0) } },
    // The rows of a query that stands for a value.
    strict("single", 1) { arguments throws(QueryFault) in
      guard arguments[0].integer ?? 0 <= 1 else {
        throw QueryFault(message: "Scalar sub-query has returned multiple rows")
      }
      return .null
    },
    read("parse_duration", "interval") { text in
      let units: [String: Double] = [
        "ns": 1, "us": 1e3, "ms": 1e6, "s": 1e9, "m": 60e9, "h": 3600e9, "d": 86_400e9, "nanosecond": 1,
        "microsecond": 1e3, "millisecond": 1e6, "second": 1e9, "minute": 60e9, "hour": 3600e9, "day": 86_400e9,
      ]
      let digits = text.prefix { $0.isNumber || $0 == "." }
      let unit = text.dropFirst(digits.count).trimmingCharacters(in: .whitespaces)
      guard let factor = units[unit], let number = Double(digits), number * factor < 9e18 else { return nil }
      return .integer(Int64((number * factor).rounded()))
    },
  ]

  // MARK: Mathematics

  private static let mathematics: [Function] =
    [
      strict("floor", 2) { arguments in
        .integer(Numbers.floor(arguments[0].integer ?? 0, max(1, arguments[1].integer ?? 1)))
      },
      strict("divide", 2, canFail: true) { arguments throws(QueryFault) in
        try Numbers.divide(arguments[0], arguments[1])
      },
      strict("modulo", 2, canFail: true) { arguments throws(QueryFault) in
        try Numbers.modulo(arguments[0], arguments[1])
      },
      strict("sign", 1) { arguments in
        switch arguments[0] {
        case .integer(let number): .integer(number.signum())
        case let value: .real(value.double.map { $0 > 0 ? 1 : $0 < 0 ? -1 : $0 == 0 ? 0 : .nan } ?? 0)
        }
      },
      strict("round", 2) { arguments in
        .real(Numbers.round(arguments[0].double ?? 0, arguments[1].integer ?? 0))
      },
      strict("round_integer", 2) { arguments in
        .integer(Numbers.round(arguments[0].integer ?? 0, arguments[1].integer ?? 0))
      },
      strict("truncate", 2) { arguments in
        .real(Numbers.truncate(arguments[0].double ?? 0, arguments[1].integer ?? 0))
      },
      strict("power", 2) { arguments in .real(pow(arguments[0].double ?? 0, arguments[1].double ?? 0)) },
      strict("atan2", 2) { arguments in .real(atan2(arguments[0].double ?? 0, arguments[1].double ?? 0)) },
      strict("log", 2) { arguments in .real(log(arguments[1].double ?? 0) / log(arguments[0].double ?? 0)) },
      strict("width_bucket", 4, canFail: true) { arguments throws(QueryFault) in
        let (low, high) = (arguments[1].double ?? 0, arguments[2].double ?? 0)
        let (value, count) = (arguments[0].double ?? 0, arguments[3].integer ?? 0)
        guard count > 0, count < 1 << 40 else { throw QueryFault(message: "bucketCount must be greater than 0") }
        guard low != high else { throw QueryFault(message: "bounds cannot equal each other") }
        guard value.isFinite, low.isFinite, high.isFinite else {
          throw QueryFault(message: "operand and bounds of width_bucket must be finite")
        }
        let place = low < high ? (value - low) / (high - low) : (low - value) / (low - high)
        return .integer(place < 0 ? 0 : place >= 1 ? count + 1 : Int64(place * Double(count)) + 1)
      },
      strict("from_base", 2, canFail: true) { arguments throws(QueryFault) in
        let radix = arguments[1].integer ?? 0
        guard (2...36).contains(radix) else { throw QueryFault(message: "Radix must be between 2 and 36") }
        guard let number = Int64(arguments[0].text ?? "", radix: Int(radix)) else {
          throw QueryFault(message: "Not a valid base-\(radix) number: \(arguments[0].text ?? "")")
        }
        return .integer(number)
      },
      strict("to_base", 2, canFail: true) { arguments throws(QueryFault) in
        let radix = arguments[1].integer ?? 0
        guard (2...36).contains(radix) else { throw QueryFault(message: "Radix must be between 2 and 36") }
        return .text(String(arguments[0].integer ?? 0, radix: Int(radix)))
      },
      number("ceil_double") { $0.rounded(.up) }, number("floor_double") { $0.rounded(.down) },
      number("degrees") { $0 * 180 / .pi }, number("radians") { $0 * .pi / 180 }, number("cot") { 1 / tan($0) },
      number("acos") { acos($0) }, number("asin") { asin($0) }, number("atan") { atan($0) },
      number("cbrt") { cbrt($0) }, number("cos") { cos($0) }, number("cosh") { cosh($0) }, number("exp") { exp($0) },
      number("ln") { log($0) }, number("log2") { log2($0) }, number("log10") { log10($0) },
      number("sin") { sin($0) }, number("sinh") { sinh($0) }, number("sqrt") { $0.squareRoot() },
      number("tan") { tan($0) }, number("tanh") { tanh($0) },
    ]

  // MARK: Times

  private static let times: [Function] = [
    strict("part", 2) { arguments in
      CalendarMath.part(arguments[0].text ?? "", of: arguments[1].integer ?? 0).map { .integer($0) } ?? .null
    },
    strict("date_trunc", 2, canFail: true) { arguments throws(QueryFault) in
      .integer(try CalendarMath.truncate(arguments[1].integer ?? 0, arguments[0].text ?? ""))
    },
    strict("date_add", 3, canFail: true) { arguments throws(QueryFault) in
      .integer(
        try CalendarMath.add(arguments[1].integer ?? 0, arguments[0].text ?? "", to: arguments[2].integer ?? 0))
    },
    strict("date_diff", 3, canFail: true) { arguments throws(QueryFault) in
      .integer(
        try CalendarMath.difference(
          arguments[0].text ?? "", from: arguments[1].integer ?? 0, to: arguments[2].integer ?? 0))
    },
    strict("add_months", 2, canFail: true) { arguments throws(QueryFault) in
      .integer(try CalendarMath.addMonths(arguments[1].integer ?? 0, to: arguments[0].integer ?? 0))
    },
    strict("date_add_months", 2, canFail: true) { arguments throws(QueryFault) in
      let day = CalendarMath.day
      let (start, overflows) = (arguments[0].integer ?? 0).multipliedReportingOverflow(by: day)
      guard !overflows else { throw CalendarMath.overflow }
      return .integer(Numbers.floor(try CalendarMath.addMonths(arguments[1].integer ?? 0, to: start), day))
    },
    strict("add_days", 2, canFail: true) { arguments throws(QueryFault) in
      let (days, rest) = (arguments[1].integer ?? 0).quotientAndRemainder(dividingBy: CalendarMath.day)
      guard rest == 0 else {
        throw QueryFault(message: "Cannot add hour, minutes or seconds to a date")
      }
      let sum = (arguments[0].integer ?? 0) + days
      guard TimestreamType.dayRange.contains(sum) else { throw CalendarMath.overflow }
      return .integer(sum)
    },
    strict("last_day", 1, canFail: true) { arguments throws(QueryFault) in
      let time = UTCTime(epochNanoseconds: arguments[0].integer ?? 0)
      let day = Numbers.floor(arguments[0].integer ?? 0, CalendarMath.day)
      let last = day + Int64(UTCTime.days(inMonth: time.month, of: time.year) - time.day)
      guard TimestreamType.dayRange.contains(last) else { throw CalendarMath.overflow }
      return .integer(last)
    },
    strict("day", 1, canFail: true) { arguments throws(QueryFault) in
      let day = Numbers.floor(arguments[0].integer ?? 0, CalendarMath.day)
      guard TimestreamType.dayRange.contains(day) else { throw CalendarMath.overflow }
      return .integer(day)
    },
    // The start of the interval in which an instant lies.
    strict("bin", 2, canFail: true) { arguments throws(QueryFault) in
      guard let instant = arguments[0].integer else { throw CalendarMath.overflow }
      guard let length = arguments[1].integer, length > 0 else {
        throw QueryFault(message: "the second argument of bin must be a positive interval")
      }
      let (start, overflows) = Numbers.floor(instant, length).multipliedReportingOverflow(by: length)
      guard !overflows else { throw CalendarMath.overflow }
      return .integer(start)
    },
    strict("from_unixtime", 1, canFail: true) { arguments throws(QueryFault) in
      guard let nanoseconds = Int64(exactly: ((arguments[0].double ?? 0) * 1e9).rounded(.towardZero)) else {
        throw CalendarMath.overflow
      }
      return .integer(nanoseconds)
    },
    // An interval by a number.
    strict("scale", 2, canFail: true) { arguments throws(QueryFault) in
      if let factor = arguments[1].integer {
        let (product, overflows) = (arguments[0].integer ?? 0).multipliedReportingOverflow(by: factor)
        guard !overflows else { throw QueryFault(message: "interval overflow") }
        return .integer(product)
      }
      let product = ((arguments[0].double ?? 0) * (arguments[1].double ?? 0)).rounded(.towardZero)
      guard let length = Int64(exactly: product) else { throw QueryFault(message: "interval overflow") }
      return .integer(length)
    },
  ]
}
