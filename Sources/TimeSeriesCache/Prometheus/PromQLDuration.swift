/// A length of time as Prometheus writes it: `5m`, `1h30m`, `1y2w3d4h5m6s7ms`.
///
/// See <https://prometheus.io/docs/prometheus/latest/querying/basics/#float-literals-and-time-durations>.
enum PromQLDuration {
  /// 100 years in milliseconds: the longest that is taken.
  static let maximum: Int64 = 3_155_760_000_000

  private static let units: [(name: String, milliseconds: Int64)] = [
    ("y", 31_536_000_000), ("w", 604_800_000), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000),
    ("ms", 1),
  ]

  /// Milliseconds; nil for anything else, for units that are not ordered from long to short, and past ``maximum``.
  static func milliseconds(_ text: some StringProtocol) -> Int64? {
    let bytes = Array(text.utf8)
    if bytes == [UInt8(ascii: "0")] { return 0 }
    var total: Int64 = 0
    var index = 0
    var unit = 0
    guard !bytes.isEmpty else { return nil }
    while index < bytes.count {
      let digits = bytes[index...].prefix { $0.isASCIIDigit }
      let name = bytes[(index + digits.count)...].prefix { !$0.isASCIIDigit }
      guard !digits.isEmpty, let count = Int64(String(decoding: digits, as: UTF8.self)),
        let place = units[unit...].firstIndex(where: { $0.name.utf8.elementsEqual(name) }),
        count <= maximum / units[place].milliseconds
      else { return nil }
      total += count * units[place].milliseconds
      unit = place + 1
      index += digits.count + name.count
    }
    return total <= maximum ? total : nil
  }

  /// The shortest text of a length of time, such as `1h30m`.
  static func text(_ milliseconds: Int64) -> String {
    guard milliseconds != 0 else { return "0s" }
    var rest = milliseconds.magnitude
    var text = milliseconds < 0 ? "-" : ""
    for unit in units where rest >= UInt64(unit.milliseconds) {
      text += "\(rest / UInt64(unit.milliseconds))\(unit.name)"
      rest %= UInt64(unit.milliseconds)
    }
    return text
  }
}

extension UInt8 {
  var isASCIIDigit: Bool { self >= UInt8(ascii: "0") && self <= UInt8(ascii: "9") }
  var isASCIILetter: Bool { (self | 0x20) >= UInt8(ascii: "a") && (self | 0x20) <= UInt8(ascii: "z") }
}
