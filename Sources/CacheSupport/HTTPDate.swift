/// `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 §5.6.7).
package enum HTTPDate {
  private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
  private static let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]

  package static func epochSeconds(_ text: String) -> Int64? {
    let parts = text.split(separator: " ")
    guard parts.count == 6, parts[5] == "GMT", let day = Int(parts[1]),
      let month = months.firstIndex(of: String(parts[2])), let year = Int(parts[3])
    else { return nil }
    let clock = parts[4].split(separator: ":").compactMap { Int($0) }
    guard clock.count == 3 else { return nil }
    return UTCTime(
      year: year, month: month + 1, day: day, hour: clock[0], minute: clock[1], second: clock[2])?.epochSeconds
  }

  package static func text(epochSeconds: Int64) -> String {
    func digits(_ value: Int, _ count: Int) -> String {
      let text = String(value)
      return String(repeating: "0", count: max(0, count - text.utf8.count)) + text
    }
    let time = UTCTime(epochSeconds: epochSeconds)
    // The first day of 1970 was a Thursday.
    let day = Int(((epochSeconds - ((epochSeconds % 86_400) + 86_400) % 86_400) / 86_400 + 4) % 7 + 7) % 7
    return "\(days[day]), \(digits(time.day, 2)) \(months[time.month - 1]) \(digits(time.year, 4)) "
      + "\(digits(time.hour, 2)):\(digits(time.minute, 2)):\(digits(time.second, 2)) GMT"
  }
}
