import CacheSupport
import Testing
import TimeSeriesCache

@Suite("The key of a written series is its identifier")
struct SeriesKeyTests {
  static let texts: [(SeriesKey?, String)] = [
    (SeriesKey(measurement: "cpu"), "cpu"),
    (SeriesKey(measurement: "cpu", tags: [.init("host", "b"), .init("dc", "a")]), "cpu,dc=a,host=b"),
    (SeriesKey(measurement: "a b,c=d\\", tags: [.init("t, =", "v\\ ,=")]), #"a\ b\,c=d\\,t\,\ \==v\\\ \,\="#),
    (SeriesKey(measurement: "m", tags: [.init("é", "1"), .init("e\u{301}", "2")]), "m,e\u{301}=2,é=1"),
  ]

  @Test("Its text names measurement and tags, and is read back", arguments: texts)
  func roundTrip(_ key: SeriesKey?, _ text: String) throws {
    let key = try #require(key)
    #expect(ByteText(key.text) == ByteText(text))
    #expect(SeriesKey(text) == key)
    #expect(try Series(key).identifier == Identifier(text))
  }

  @Test(
    "A text that no key has is none",
    arguments: ["", ",a=b", "m,", "m,a", "m,a=", "m,=b", "m,b=1,a=2", "m,a=1,a=2", "m,a=b=c", "m\\", #"m\x"#, "m x"])
  func refused(_ text: String) { #expect(SeriesKey(text) == nil) }

  @Test("A name that is empty or appears twice is no key") func emptyNames() {
    #expect(SeriesKey(measurement: "") == nil)
    #expect(SeriesKey(measurement: "m", tags: [.init("", "b")]) == nil)
    #expect(SeriesKey(measurement: "m", tags: [.init("a", "")]) == nil)
    #expect(SeriesKey(measurement: "m", tags: [.init("a", "1"), .init("a", "2")]) == nil)
  }
}
