/// A function that no signature describes: its value is the query's, or its type follows from all of its arguments'. The binder makes it.
enum SpecialFunction: String, CaseIterable {
  case now
  case currentTimestamp = "current_timestamp"
  case localTimestamp = "localtimestamp"
  case currentDate = "current_date"
  case currentTime = "current_time"
  case localTime = "localtime"
  case currentTimezone = "current_timezone"
  case ago, coalesce, nullif, greatest, least, typeof
  case either = "if"
  case attempt = "try"
  case arrayJoin = "array_join"

  /// How many arguments it takes.
  var arguments: ClosedRange<Int> {
    switch self {
    case .now, .currentTimestamp, .localTimestamp, .currentDate, .currentTime, .localTime, .currentTimezone: 0...0
    case .ago, .typeof, .attempt: 1...1
    case .nullif: 2...2
    case .either, .arrayJoin: 2...3
    case .coalesce: 2...Int.max
    case .greatest, .least: 1...Int.max
    }
  }
}
