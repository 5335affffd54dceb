import CacheSupport
import SQLiteStore

/// Formats of dates, as `date_format` and `date_parse` (MySQL's) and `format_datetime` and `parse_datetime` (Joda's) have them.
///
/// See <https://trino.io/docs/current/functions/datetime.html#mysql-date-functions> and
/// <https://www.joda.org/joda-time/apidocs/org/joda/time/format/DateTimeFormat.html>; all times are UTC.
struct DateFormat {
  private enum Field {
    case year, yearOfCentury, month, day, hour, halfDayHour, minute, second, fraction, halfDay
    case dayOfYear, weekday, week, weekYear, monthName, weekdayName, offset, zone
  }
  private enum Element {
    case literal(String)
    /// With at least as many digits; of a name, more than three take the whole.
    case field(Field, Int)
  }
  private var elements: [Element] = []

  private static let days = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
  private static let months = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
  ]
  private static let zones: [String: Int64] = [
    "UTC": 0, "GMT": 0, "Z": 0, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7,
  ]

  // MARK: Reading formats

  private static let mysqlFields: [Character: [Element]] = [
    "a": [.field(.weekdayName, 3)], "b": [.field(.monthName, 3)], "c": [.field(.month, 1)], "d": [.field(.day, 2)],
    "e": [.field(.day, 1)], "f": [.field(.fraction, 6)], "H": [.field(.hour, 2)], "h": [.field(.halfDayHour, 2)],
    "I": [.field(.halfDayHour, 2)], "i": [.field(.minute, 2)], "j": [.field(.dayOfYear, 3)], "k": [.field(.hour, 1)],
    "l": [.field(.halfDayHour, 1)], "M": [.field(.monthName, 4)], "m": [.field(.month, 2)], "p": [.field(.halfDay, 1)],
    "r": [
      .field(.halfDayHour, 2), .literal(":"), .field(.minute, 2), .literal(":"), .field(.second, 2), .literal(" "),
      .field(.halfDay, 1),
    ],
    "S": [.field(.second, 2)], "s": [.field(.second, 2)],
    "T": [.field(.hour, 2), .literal(":"), .field(.minute, 2), .literal(":"), .field(.second, 2)],
    "v": [.field(.week, 2)], "W": [.field(.weekdayName, 4)], "x": [.field(.weekYear, 4)], "Y": [.field(.year, 4)],
    "y": [.field(.yearOfCentury, 2)],
  ]

  init(mysql format: String) throws(QueryFault) {
    var signs = format.makeIterator()
    while let sign = signs.next() {
      guard sign == "%", let kind = signs.next() else {
        elements.append(.literal(String(sign)))
        continue
      }
      guard !"DUuVwX".contains(kind) else {
        throw QueryFault(message: "%\(kind) not currently supported in date format string")
      }
      elements += Self.mysqlFields[kind] ?? [.literal(String(kind))]
    }
  }

  private static let jodaFields: [Character: Field] = [
    "y": .year, "Y": .year, "u": .year, "x": .weekYear, "w": .week, "e": .weekday, "E": .weekdayName, "D": .dayOfYear,
    "M": .month, "L": .month, "d": .day, "a": .halfDay, "h": .halfDayHour, "H": .hour, "m": .minute, "s": .second,
    "S": .fraction, "Z": .offset, "z": .zone,
  ]

  init(joda format: String) throws(QueryFault) {
    var rest = format[...]
    while let sign = rest.first {
      if sign == "'" {
        rest.removeFirst()
        // Two quotes are one, within a text and outside.
        if rest.first == "'" {
          elements.append(.literal("'"))
          rest.removeFirst()
          continue
        }
        while true {
          guard let end = rest.firstIndex(of: "'") else { throw QueryFault(message: "Invalid format: \(format)") }
          elements.append(.literal(String(rest[..<end])))
          rest = rest[rest.index(after: end)...]
          guard rest.first == "'" else { break }
          elements.append(.literal("'"))
          rest.removeFirst()
        }
        continue
      }
      let count = rest.prefix { $0 == sign }.count
      rest = rest.dropFirst(count)
      guard sign.isASCII, sign.isLetter else {
        elements.append(.literal(String(repeating: sign, count: count)))
        continue
      }
      guard let field = Self.jodaFields[sign] else {
        throw QueryFault(message: "Illegal pattern component: \(String(repeating: sign, count: count))")
      }
      switch field {
      case .year where count == 2: elements.append(.field(.yearOfCentury, 2))
      case .month where count > 2: elements.append(.field(.monthName, count))
      default: elements.append(.field(field, count))
      }
    }
  }

  // MARK: Writing

  /// The text of an instant.
  ///
  /// - Throws: where it is too large, or the query is over.
  func text(_ instant: Int64, _ execution: Execution) throws(QueryFault) -> String {
    var text = ""
    for element in elements {
      switch element {
      case .literal(let literal): text += literal
      case .field(let field, let count):
        guard count <= NativeFunction.sizeLimit - text.utf8.count else { throw NativeFunction.tooLarge }
        text += Self.text(field, count, instant)
      }
      try execution.spend(1)
    }
    return text
  }

  /// Counts what reading a format takes: a large one becomes as many elements.
  static func prepare(_ format: String, _ execution: Execution) throws(QueryFault) {
    try execution.spend(format.utf8.count)
    try execution.need(64 * format.utf8.count)
  }

  private static func text(_ field: Field, _ count: Int, _ instant: Int64) -> String {
    let time = UTCTime(epochNanoseconds: instant)
    func number(_ value: Int) -> String { UTCTime.padded(value, count) }
    func part(_ name: String) -> Int { Int(CalendarMath.part(name, of: instant) ?? 0) }
    func name(_ names: [String], _ place: Int) -> String {
      count > 3 ? names[place - 1] : String(names[place - 1].prefix(3))
    }
    switch field {
    case .year: return number(time.year)
    case .yearOfCentury: return number(time.year % 100)
    case .month: return number(time.month)
    case .day: return number(time.day)
    case .hour: return number(time.hour)
    case .halfDayHour: return number(time.hour % 12 == 0 ? 12 : time.hour % 12)
    case .minute: return number(time.minute)
    case .second: return number(time.second)
    case .fraction:
      return UTCTime.padded(time.nanosecond, 9).padding(to: count)
    case .halfDay: return time.hour < 12 ? "AM" : "PM"
    case .dayOfYear: return number(part("doy"))
    case .weekday: return number(part("dow"))
    case .week: return number(part("week"))
    case .weekYear: return number(part("yow"))
    case .monthName: return name(months, time.month)
    case .weekdayName: return name(days, part("dow"))
    case .offset: return count == 1 ? "+0000" : count == 2 ? "+00:00" : "UTC"
    case .zone: return count > 3 ? "Coordinated Universal Time" : "UTC"
    }
  }

  // MARK: Reading

  /// The instant of a text, nanoseconds.
  ///
  /// - Throws: where the text does not fit the format, or names no time that there is.
  func instant(_ text: String, _ execution: Execution) throws(QueryFault) -> Int64 {
    var reader = Reader(rest: text[...])
    for element in elements {
      try execution.spend(1)
      let isRead =
        switch element {
        case .literal(let literal): reader.take(literal)
        case .field(let field, let count): reader.read(field, count)
        }
      guard isRead else {
        throw QueryFault(message: "Invalid format: \"\(text)\" is malformed at \"\(reader.rest)\"")
      }
    }
    guard reader.rest.isEmpty else {
      throw QueryFault(message: "Invalid format: \"\(text)\" is malformed at \"\(reader.rest)\"")
    }
    guard let instant = try reader.instant() else { throw QueryFault(message: "Invalid format: \"\(text)\"") }
    return instant
  }

  /// What is known of a time while its text is read.
  private struct Reader {
    var rest: Substring
    private var time = UTCTime(epochSeconds: 0)
    private var isAfternoon: Bool?
    private var dayOfYear: Int?
    /// Hours east of Greenwich, in minutes.
    private var offset: Int64 = 0

    init(rest: Substring) { self.rest = rest }

    mutating func take(_ literal: String) -> Bool {
      guard rest.hasPrefix(literal) else { return false }
      rest = rest.dropFirst(literal.count)
      return true
    }

    private mutating func number(_ digits: Int) -> Int? {
      let found = rest.prefix(digits).prefix { $0.isASCII && $0.isNumber }
      rest = rest.dropFirst(found.count)
      return Int(found)
    }

    private mutating func place(in names: [String]) -> Int? {
      for (index, name) in names.enumerated() {
        for form in [name, String(name.prefix(3))] where rest.prefix(form.count).lowercased() == form.lowercased() {
          rest = rest.dropFirst(form.count)
          return index + 1
        }
      }
      return nil
    }

    mutating func read(_ field: Field, _ count: Int) -> Bool {
      switch field {
      case .year: return set(\.year, number(max(4, count)))
      // 70 to 99 are the last century's.
      case .yearOfCentury: return set(\.year, number(2).map { $0 < 70 ? 2000 + $0 : 1900 + $0 })
      case .month: return set(\.month, number(2))
      case .monthName: return set(\.month, place(in: months))
      case .day: return set(\.day, number(2))
      case .hour: return set(\.hour, number(2))
      case .halfDayHour: return set(\.hour, number(2).flatMap { (1...12).contains($0) ? $0 % 12 : nil })
      case .minute: return set(\.minute, number(2))
      case .second: return set(\.second, number(2))
      case .fraction:
        let digits = rest.prefix(9).prefix { $0.isASCII && $0.isNumber }
        rest = rest.dropFirst(digits.count)
        return set(\.nanosecond, digits.isEmpty ? nil : Int(String(digits).padding(to: 9)))
      case .halfDay:
        let word = rest.prefix(2).uppercased()
        guard word == "AM" || word == "PM" else { return false }
        rest = rest.dropFirst(2)
        isAfternoon = word == "PM"
        return true
      case .dayOfYear:
        dayOfYear = number(3)
        return dayOfYear != nil
      case .weekdayName: return place(in: days) != nil
      case .weekday, .week, .weekYear: return false
      case .offset, .zone: return readZone()
      }
    }

    private mutating func set(_ part: WritableKeyPath<UTCTime, Int>, _ value: Int?) -> Bool {
      guard let value else { return false }
      time[keyPath: part] = value
      return true
    }

    private mutating func readZone() -> Bool {
      if let sign = rest.first, sign == "+" || sign == "-" {
        rest.removeFirst()
        guard let hours = number(2) else { return false }
        _ = take(":")
        let minutes = number(2) ?? 0
        offset = Int64(hours * 60 + minutes) * (sign == "-" ? -1 : 1)
        return hours < 24 && minutes < 60
      }
      let name = rest.prefix { $0.isLetter }
      guard let hours = zones[name.uppercased()] else { return false }
      rest = rest.dropFirst(name.count)
      offset = hours * 60
      return true
    }

    /// Nil where there is no such time.
    func instant() throws(QueryFault) -> Int64? {
      var time = time
      if let isAfternoon { time.hour = time.hour % 12 + (isAfternoon ? 12 : 0) }
      guard (1...9999).contains(time.year), (1...12).contains(time.month), time.day >= 1,
        time.day <= UTCTime.days(inMonth: time.month, of: time.year), time.hour < 24, time.minute < 60, time.second < 60
      else { return nil }
      if let dayOfYear {
        guard (1...366).contains(dayOfYear) else { return nil }
        (time.month, time.day) = (1, 1)
        let start = time.epochSeconds + Int64(dayOfYear - 1) * 86_400
        let found = UTCTime(epochSeconds: start)
        // The last day of a leap year is none of another.
        guard found.year == time.year else { return nil }
        (time.month, time.day) = (found.month, found.day)
      }
      let seconds = time.epochSeconds - offset * 60
      let (product, overflows) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
      let (sum, overflowsToo) = product.addingReportingOverflow(Int64(time.nanosecond))
      guard !overflows, !overflowsToo else { throw CalendarMath.overflow }
      return sum
    }
  }
}

extension String {
  /// The first characters, or with zeros behind as many.
  fileprivate func padding(to count: Int) -> String {
    String(prefix(count)) + String(repeating: "0", count: max(0, count - self.count))
  }
}
