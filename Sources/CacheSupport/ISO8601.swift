/// A time read from ISO 8601 text (the extended forms of RFC 3339, and AWS's basic form).
package struct ISO8601Time: Sendable, Hashable {
  /// The instant, were the text's own clock UTC.
  package var time: UTCTime
  /// Seconds east of UTC, or nil where the text names no zone.
  package var offsetSeconds: Int?

  /// Epoch milliseconds; a text without a zone is taken as `defaultOffsetSeconds` east of UTC.
  package func epochMilliseconds(defaultOffsetSeconds: Int = 0) -> Int64 {
    time.epochMilliseconds - Int64(offsetSeconds ?? defaultOffsetSeconds) * 1000
  }

  /// Reads `2020-05-24`, `2020-05-24T20:30`, `2020-05-24T20:30:15.123456789`, each with or without `Z`, `+02:00`, `+0200`
  /// or `+02`; a space may replace the `T`. `20150830T123600Z` is read too.
  package init?(_ text: some StringProtocol) {
    let text = String(text)
    self.init(text.utf8Span.span)
  }

  /// Reads the same forms from UTF-8 bytes, without a copy of them.
  package init?(_ bytes: Span<UInt8>) {
    var scanner = Scanner(bytes)
    guard let year = scanner.digits(4) else { return nil }
    let extended = scanner.take("-")
    guard let month = scanner.digits(2), !extended || scanner.take("-"), let day = scanner.digits(2) else { return nil }
    var (hour, minute, second, nanosecond) = (0, 0, 0, 0)
    if !scanner.atEnd {
      guard scanner.take("T") || scanner.take("t") || scanner.take(" "), let hours = scanner.digits(2),
        !extended || scanner.take(":"), let minutes = scanner.digits(2)
      else { return nil }
      (hour, minute) = (hours, minutes)
      if extended ? scanner.take(":") : scanner.nextIsDigit {
        guard let seconds = scanner.digits(2) else { return nil }
        second = seconds
        if scanner.take(".") || scanner.take(",") {
          guard let fraction = scanner.fraction() else { return nil }
          nanosecond = fraction
        }
      }
    }
    guard
      let time = UTCTime(
        year: year, month: month, day: day, hour: hour, minute: minute, second: second, nanosecond: nanosecond),
      let offset = scanner.zone(), scanner.atEnd
    else { return nil }
    self.time = time
    offsetSeconds = offset.seconds
  }

  private struct Scanner: ~Escapable {
    private let bytes: Span<UInt8>
    private var index = 0

    @_lifetime(copy bytes)
    init(_ bytes: Span<UInt8>) { self.bytes = bytes }

    var atEnd: Bool { index == bytes.count }
    var nextIsDigit: Bool { index < bytes.count && Self.isDigit(bytes[index]) }

    static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

    @_lifetime(self: copy self)
    mutating func take(_ character: Unicode.Scalar) -> Bool {
      guard index < bytes.count, bytes[index] == UInt8(ascii: character) else { return false }
      index += 1
      return true
    }

    @_lifetime(self: copy self)
    mutating func digits(_ count: Int) -> Int? {
      guard bytes.count - index >= count else { return nil }
      var value = 0
      for offset in 0..<count {
        let byte = bytes[index + offset]
        guard Self.isDigit(byte) else { return nil }
        value = value * 10 + Int(byte - UInt8(ascii: "0"))
      }
      index += count
      return value
    }

    /// Digits after the point as nanoseconds; what is finer is cut off.
    @_lifetime(self: copy self)
    mutating func fraction() -> Int? {
      guard nextIsDigit else { return nil }
      var value = 0
      var count = 0
      while nextIsDigit {
        if count < 9 { value = value * 10 + Int(bytes[index] - UInt8(ascii: "0")) }
        count += 1
        index += 1
      }
      for _ in min(count, 9)..<9 { value *= 10 }
      return value
    }

    @_lifetime(self: copy self)
    mutating func zone() -> (seconds: Int?, Void)? {
      if atEnd { return (nil, ()) }
      if take("Z") || take("z") { return (0, ()) }
      let negative = take("-")
      guard negative || take("+"), let hours = digits(2) else { return nil }
      var minutes = 0
      if !atEnd {
        _ = take(":")
        guard let read = digits(2) else { return nil }
        minutes = read
      }
      guard hours < 24, minutes < 60 else { return nil }
      return ((negative ? -1 : 1) * (hours * 3600 + minutes * 60), ())
    }
  }
}
