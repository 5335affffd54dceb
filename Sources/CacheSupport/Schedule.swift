/// When a rule fires: EventBridge's `rate(…)` or `cron(…)`, in UTC.
///
/// See <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html>, with all of cron's special signs:
/// `*`, `?`, `,`, `-` and `/`; of days `L` (the month's last) and `15W` (the working day nearest to the 15th), of weekdays `6L` (the month's
/// last Friday) and `6#3` (its third).
public struct Schedule: Sendable, Hashable {
  private enum Kind: Hashable {
    /// Milliseconds.
    case rate(Int64)
    case cron(minutes: Set<Int>, hours: Set<Int>, day: Day, months: Set<Int>, years: Set<Int>)
  }
  /// Which days of a month; weekdays count from 1, Sunday.
  private enum Day: Hashable {
    case days(Set<Int>)
    case last
    case workingDay(nearest: Int)
    case weekdays(Set<Int>)
    case lastWeekday(Int)
    case weekday(Int, number: Int)

    func holds(_ date: UTCTime) -> Bool {
      let length = UTCTime.days(inMonth: date.month, of: date.year)
      let weekday = date.dayOfWeek % 7 + 1
      switch self {
      case .days(let days): return days.contains(date.day)
      case .last: return date.day == length
      case .weekdays(let weekdays): return weekdays.contains(weekday)
      case .lastWeekday(let wanted): return weekday == wanted && date.day + 7 > length
      case .weekday(let wanted, let number): return weekday == wanted && (date.day - 1) / 7 + 1 == number
      case .workingDay(let nearest):
        guard nearest <= length else { return false }
        // The weekday of the day that is wanted, from 0, Sunday.
        let wanted = ((weekday - 1 + nearest - date.day) % 7 + 7) % 7
        switch wanted {
        // It stays in its month.
        case 0: return date.day == (nearest == length ? nearest - 2 : nearest + 1)
        case 6: return date.day == (nearest == 1 ? 3 : nearest - 1)
        default: return date.day == nearest
        }
      }
    }
  }

  private let kind: Kind
  /// As it was given.
  public let text: String

  /// The largest number of a rate.
  private static let longestRate: Int64 = 1_000_000

  /// What is wrong with a text, which it quotes.
  public struct Failure: Error, Hashable, CustomStringConvertible { public let description: String }

  /// Reads `rate(…)` or `cron(…)`.
  ///
  /// - Throws: ``Failure`` where the text is neither, or a field of it holds what its unit does not have.
  public init(_ text: String) throws(Failure) {
    self.text = text
    let inner = text.drop { $0 != "(" }.dropFirst().dropLast().split(separator: " ").map(String.init)
    guard text.hasSuffix(")") else { throw Failure(description: "'\(text)' does not end in ')'") }
    if text.hasPrefix("rate("), inner.count == 2, let count = Int64(inner[0]), (1...Self.longestRate).contains(count) {
      let units: [String: Int64] = ["minute": 60_000, "hour": 3_600_000, "day": 86_400_000]
      let unit = inner[1].hasSuffix("s") ? String(inner[1].dropLast()) : inner[1]
      guard let length = units[unit], (count == 1) == (unit == inner[1]) else {
        throw Failure(description: "'\(text)': give rate(1 minute), rate(5 minutes), and so on")
      }
      kind = .rate(count * length)
    } else if text.hasPrefix("cron("), inner.count == 6 {
      let names = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
      let days = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
      guard (inner[2] == "?") != (inner[4] == "?") else {
        throw Failure(description: "'\(text)': one of day of month and day of week must be '?'")
      }
      kind = .cron(
        minutes: try Self.field(inner[0], 0...59, text), hours: try Self.field(inner[1], 0...23, text),
        day: inner[2] == "?" ? try Self.weekday(inner[4], days, text) : try Self.day(inner[2], text),
        months: try Self.field(inner[3], 1...12, text, names: names, first: 1),
        years: try Self.field(inner[5], 1970...2199, text))
    } else {
      throw Failure(description: "'\(text)' is neither rate(value unit) nor cron(minutes hours day month weekday year)")
    }
  }

  private static func day(_ field: String, _ text: String) throws(Failure) -> Day {
    if field == "L" { return .last }
    guard field.hasSuffix("W") else { return .days(try self.field(field, 1...31, text)) }
    guard let day = Int(field.dropLast()), (1...31).contains(day) else {
      throw Failure(description: "'\(text)': '\(field)' is no day of a month")
    }
    return .workingDay(nearest: day)
  }

  private static func weekday(_ field: String, _ names: [String], _ text: String) throws(Failure) -> Day {
    func number(_ part: Substring) throws(Failure) -> Int {
      guard let day = try self.field(String(part), 1...7, text, names: names, first: 1).first else {
        throw Failure(description: "'\(text)': '\(part)' is no day of a week")
      }
      return day
    }
    // By itself it is the week's last.
    if field == "L" { return .weekdays([7]) }
    if field.hasSuffix("L"), field.count <= 4 { return .lastWeekday(try number(field.dropLast())) }
    let parts = field.split(separator: "#", omittingEmptySubsequences: false)
    guard parts.count > 1 else { return .weekdays(try self.field(field, 1...7, text, names: names, first: 1)) }
    guard parts.count == 2, let count = Int(parts[1]), (1...5).contains(count) else {
      throw Failure(description: "'\(text)': '\(field)' is no day of a month's week")
    }
    return .weekday(try number(parts[0]), number: count)
  }

  private static func field(
    _ field: String, _ range: ClosedRange<Int>, _ text: String, names: [String] = [], first: Int = 0
  ) throws(Failure) -> Set<Int> {
    func number(_ part: Substring) throws(Failure) -> Int {
      let value = Int(part) ?? names.firstIndex(of: part.uppercased()).map { $0 + first }
      guard let value, range.contains(value) else {
        throw Failure(description: "'\(text)': '\(part)' is not from \(range.lowerBound) to \(range.upperBound)")
      }
      return value
    }
    var values: Set<Int> = []
    for part in field.split(separator: ",", omittingEmptySubsequences: false) {
      let pieces = part.split(separator: "/", omittingEmptySubsequences: false)
      var bounds = range
      if pieces[0] != "*" {
        let ends = pieces[0].split(separator: "-", omittingEmptySubsequences: false)
        let low = try number(ends[0])
        let high = ends.count > 1 ? try number(ends[1]) : pieces.count > 1 ? range.upperBound : low
        guard low <= high else { throw Failure(description: "'\(text)': '\(part)' runs backwards") }
        bounds = low...high
      }
      let step = pieces.count > 1 ? Int(pieces[1]) ?? 0 : 1
      guard step > 0 else { throw Failure(description: "'\(text)': '\(part)' has no step") }
      values.formUnion(stride(from: bounds.lowerBound, through: bounds.upperBound, by: step))
    }
    return values
  }

  /// The first time after an instant, of a schedule that has a time at `start`. All are epoch milliseconds; nil where there is none within
  /// the years given.
  public func next(after instant: Int64, from start: Int64) -> Int64? {
    guard case .rate(let length) = kind else { return next(after: instant) }
    return start + (max(0, instant - start) / length + 1) * length
  }

  /// The first time after an instant, epoch milliseconds; nil where there is none within the years given.
  public func next(after instant: Int64) -> Int64? {
    switch kind {
    case .rate(let length): return instant + length
    case .cron(let minutes, let hours, let dayRule, let months, let years):
      var day = UTCTime(epochMilliseconds: instant).epochSeconds / 86_400
      let hourList = hours.sorted()
      let minuteList = minutes.sorted()
      // Thirty years hold every date and weekday that can fall together.
      for _ in 0..<(366 * 30) {
        let date = UTCTime(epochSeconds: day * 86_400)
        if !years.contains(where: { $0 >= date.year }) { return nil }
        if years.contains(date.year), months.contains(date.month), dayRule.holds(date) {
          for hour in hourList {
            for minute in minuteList {
              let time = (day * 86_400 + Int64(hour * 3600 + minute * 60)) * 1000
              if time > instant { return time }
            }
          }
        }
        day += 1
      }
      return nil
    }
  }
}
