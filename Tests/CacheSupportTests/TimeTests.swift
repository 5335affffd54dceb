import CacheSupport
import Foundation
import Testing

@Suite struct TimeTests {
  static let texts: [(String, Int64?)] = [
    ("1970-01-01", 0), ("2020-05-24T20:30Z", 1_590_352_200_000), ("2020-05-24T20:30:00.000Z", 1_590_352_200_000),
    ("2020-05-24 20:30:15.123456789", 1_590_352_215_123), ("2020-05-24T22:30+02:00", 1_590_352_200_000),
    ("2020-05-24T16:00-0430", 1_590_352_200_000), ("2020-05-24T21:30+01", 1_590_352_200_000),
    ("20150830T123600Z", 1_440_938_160_000), ("1969-12-31T23:59:59.999Z", -1), ("2024-02-29", 1_709_164_800_000),
    ("2023-02-29", nil), ("2020-13-01", nil), ("2020-05-24T24:00", nil), ("2020-05-24T20", nil), ("", nil),
    ("2020-5-24", nil), ("2020-05-24T20:30:00.Z", nil), ("2020-05-24T20:30Zx", nil), ("now", nil),
    ("2020-05-24T20:30+25:00", nil),
  ]

  @Test("ISO 8601 texts become epoch milliseconds", arguments: texts)
  func parses(text: String, milliseconds: Int64?) {
    #expect(ISO8601Time(text)?.epochMilliseconds() == milliseconds)
  }

  @Test("A text without a zone takes the given offset")
  func offset() {
    #expect(ISO8601Time("2023-04-25T00:00")?.epochMilliseconds(defaultOffsetSeconds: 10_800) == 1_682_370_000_000)
  }

  @Test("Every day of eight centuries agrees with Foundation's calendar")
  func calendar() throws {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = try #require(TimeZone(secondsFromGMT: 0))
    // A stride that meets every weekday, month and leap year without walking every single day through Foundation.
    for day in stride(from: -141_000 as Int64, to: 151_000, by: 37) {
      let time = UTCTime(epochSeconds: day * 86_400 + 45_296)
      let parts = calendar.dateComponents(
        [.year, .month, .day, .hour, .minute, .second, .weekday],
        from: Date(timeIntervalSince1970: Double(day * 86_400 + 45_296)))
      let expected: [Int?] = [parts.year, parts.month, parts.day]
      #expect(expected == [time.year, time.month, time.day])
      #expect(time.timeText == "12:34:56")
      #expect(time.dayOfWeek % 7 + 1 == parts.weekday)
      #expect(time.epochSeconds == day * 86_400 + 45_296)
    }
  }

  @Test("Texts are written")
  func writes() {
    let time = UTCTime(epochMilliseconds: 1_590_352_200_007)
    #expect(time.iso8601Text == "2020-05-24T20:30:00.007Z")
    #expect(time.basicText == "20200524T203000Z")
    #expect(UTCTime(epochSeconds: 0).iso8601Text == "1970-01-01T00:00:00Z")
  }
}
