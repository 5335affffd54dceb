import CacheSupport
import Testing

@testable import TimeSeriesCache

@Suite("Points become samples of their series")
struct LineProtocolSamplesTests {
  static func series(_ text: String) throws -> SeriesKey { try #require(SeriesKey(text)) }

  static func samples(_ body: String) throws -> [ParsedSeries] {
    try LineProtocol.parse(Array(body.utf8), now: 0).samples()
  }

  @Test("Each series has its samples by time, each with its line") func groups() throws {
    let body = """
      b,t=1 f=1 3000000
      a f=2 1000000
      b,t=1 f=3 1000000
      # a comment
      b,t=2 f=4 1000000
      b,t=1 f="x" 2000000
      """
    func sample(_ time: Int64, _ value: MeasureValue) -> Sample { Sample(time: time, measures: [Measure("f", value)]) }
    #expect(
      try Self.samples(body) == [
        ParsedSeries(
          series: Self.series("b,t=1"),
          samples: [sample(1, .double(3)), sample(2, .varchar("x")), sample(3, .double(1))],
          lines: [3, 6, 1]),
        ParsedSeries(series: Self.series("a"), samples: [sample(1, .double(2))], lines: [2]),
        ParsedSeries(series: Self.series("b,t=2"), samples: [sample(1, .double(4))], lines: [5]),
      ])
  }

  @Test("Fields of one series and instant are one sample, the later value counts, and its line is the first of them")
  func merges() throws {
    let body =
      "m,t=1,u=2 z=1,b=1i,b=2i 5\nm,t=1,u=2 other=t 4\nm,u=2,t=1 a=\"x\",z=3 5\nm,t=1,u=2 é=1,e\u{301}=2,z=2i 5"
    #expect(
      try Self.samples(body) == [
        ParsedSeries(
          series: Self.series("m,t=1,u=2"),
          samples: [
            Sample(time: 0, nanoseconds: 4, measures: [Measure("other", .boolean(true))]),
            Sample(
              time: 0, nanoseconds: 5,
              measures: [
                Measure("a", .varchar("x")), Measure("b", .bigint(2)), Measure("e\u{301}", .double(2)),
                Measure("z", .bigint(2)), Measure("é", .double(1)),
              ]),
          ], lines: [2, 1])
      ])
  }

  static let times: [(Int64, Int64, Int32)] = [
    (0, 0, 0), (1, 0, 1), (999_999, 0, 999_999), (1_000_000, 1, 0), (-1, -1, 999_999), (-1_000_000, -1, 0),
    (-1_000_001, -2, 999_999), (.max, 9_223_372_036_854, 775_807), (.min, -9_223_372_036_855, 224_192),
  ]

  @Test("A time is milliseconds and what is finer, also before 1970", arguments: times)
  func time(_ nanoseconds: Int64, _ milliseconds: Int64, _ rest: Int32) throws {
    let part = try #require(try Self.samples("m f=1 \(nanoseconds)").first)
    #expect(part.samples == [Sample(time: milliseconds, nanoseconds: rest, measures: [Measure("f", .double(1))])])
  }

  @Test("No points are no samples") func none() throws { #expect(try Self.samples("# none\n").isEmpty) }

  @Test("Ten times as many points cost little more than ten times the comparisons, in any order")
  func cost() throws {
    func comparisons(_ count: Int, _ time: (Int) -> Int) throws -> Int {
      let body = (0..<count).map { "m f=\($0),g=1 \(time($0))" }.joined(separator: "\n")
      let points = try LineProtocol.parse(Array(body.utf8), now: 0)
      var grouping = SampleGrouping(points)
      #expect(grouping.samples(of: 0).samples.count == Set((0..<count).map(time)).count)
      return grouping.comparisons
    }
    // Backwards, all at one instant, and mixed.
    for time in [{ -$0 }, { _ in 5 }, { $0 * 7919 % 100_003 }] as [(Int) -> Int] {
      let few = try comparisons(300, time)
      // Sorting takes up to 17 times as many; each with each would be 100 times.
      #expect(try comparisons(3000, time) < few * 25)
    }
  }
}
