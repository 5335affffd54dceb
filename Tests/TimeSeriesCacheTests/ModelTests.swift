import AWSClients
import CacheSupport
import Testing

@testable import TimeSeriesCache

@Suite struct ModelTests {
  static let instants: [(String, Int64?)] = [
    ("0", 0), ("-5", -5), ("1590352200000", 1_590_352_200_000), ("2020-05-24T20:30Z", 1_590_352_200_000),
    ("2020-05-24T22:30+02:00", 1_590_352_200_000), ("2020-05-24T22:30 02:00", 1_590_352_200_000),
    ("2020-05-24", 1_590_278_400_000),
    ("now", 1000), ("now-24h", 1000 - 86_400_000), ("now+2d", 1000 + 172_800_000), ("now 30s", 31_000),
    ("now-1w", 1000 - 604_800_000),
    ("now-", nil), ("now+h", nil), ("now-5y", nil), ("now*2h", nil), ("yesterday", nil), ("", nil),
    ("99999999999999999999", nil),
    ("999999999999999999", nil), ("now-99999999999999d", nil), ("now--5h", nil),
  ]

  @Test("Times are read as people write them", arguments: instants)
  func instant(text: String, expected: Int64?) { #expect((try? TimeExpression.instant(text, now: 1000)) == expected) }

  @Test(
    "A time outside the bounds is told from one that cannot be read",
    arguments: [
      ("253402300799999", nil), ("253402300800000", .outOfBounds), ("-377705116800001", .outOfBounds),
      ("99999999999999999999", .outOfBounds), ("-99999999999999999999", .outOfBounds),
      ("9999-12-31T23:59:59-01:00", .outOfBounds), ("--1", .unreadable), ("+", .unreadable), ("1e3", .unreadable),
    ] as [(String, TimeExpression.Failure?)])
  func bounds(text: String, failure: TimeExpression.Failure?) {
    var found: TimeExpression.Failure?
    do throws(TimeExpression.Failure) { _ = try TimeExpression.instant(text, now: 0) } catch { found = error }
    #expect(found == failure)
  }

  @Test(
    "Identifiers have bounds",
    arguments: [("a", true), ("x' OR '1'='1", true), ("51.48,0", true), ("", false), ("a\nb", false)])
  func identifiers(text: String, isGood: Bool) { #expect(((try? Identifier(text)) != nil) == isGood) }

  @Test("An identifier that is refused is quoted, with what cannot be seen written out")
  func refusedIdentifier() {
    let long = "a\u{7F}b\n" + String(repeating: "c", count: 50)
    #expect(
      throws: InvalidIdentifier(
        description:
          "the identifier 'a\\u{7F}b\\u{A}\(String(repeating: "c", count: 36))…' holds a control character, or one that SQS refuses"
      )
    ) { try Identifier(long) }
  }

  @Test("The longest identifier is 2,000 bytes") func longest() {
    #expect((try? Identifier(String(repeating: "é", count: 1000))) != nil)
    #expect((try? Identifier(String(repeating: "é", count: 1000) + "a")) == nil)
  }

  @Test("What lies before now is history, all else forecast") func split() {
    let samples = [Sample(time: 9, measures: []), Sample(time: 10, measures: []), Sample(time: 11, measures: [])]
    let (past, future) = SampleWriter.split(samples, now: 10)
    #expect(past.map(\.time) == [9])
    #expect(future.map(\.time) == [10, 11])
  }

  static let expiries: [(time: Int64, fetched: Int64, key: String, expiry: Int64)] = [
    (5_000_000, 5_000_000, "5000", 604_800 + 5000), (9_000_500, 5_000_000, "9000.500", 604_800 + 9000),
  ]

  @Test("A forecast expires seven days after the later of fetch and its own time", arguments: expiries)
  func expiry(time: Int64, fetched: Int64, key: String, expiry: Int64) throws {
    let sample = Sample(time: time, measures: [Measure("v", .double(1.5)), Measure("n", .bigint(7))])
    var writer = JSONWriter()
    writer.forecastItem(sample, of: try Identifier("a"), fetchedAt: fetched)
    let item = try #require(Item(item: try JSON(parsing: writer.bytes)))
    #expect(item["expiry"] == .n(expiry))
    #expect(item["time"] == .n(key))
    #expect(item["values"] == .m(["v": .n("1.5"), "n": .m(["bigint": .n("7")])]))
  }

  @Test("A placeholder does not count as a key", arguments: ["", " ", "No-Key-Provided", "changeme", "-"])
  func placeholders(key: String) { #expect(PlaceholderKey.isPlaceholder(key)) }
}
