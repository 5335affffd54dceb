import CacheSupport
import Testing

@testable import TimeSeriesCache

/// A row at so many milliseconds before the suite's now.
func row(_ before: Int64, nanoseconds: Int32 = 0, _ values: KeyValuePairs<String, MeasureValue>) -> Sample {
  let measures = values.map { Measure($0, $1) }.sorted { ByteText($0.name) < ByteText($1.name) }
  return Sample(time: Home.now - before, nanoseconds: nanoseconds, measures: measures)
}

/// A row with one number.
func row(_ before: Int64, _ value: Double) -> Sample { row(before, ["v": .double(value)]) }

/// Rows every five minutes, the last one at the suite's now less five minutes, each with its number for value.
func everyFiveMinutes(_ count: Int) -> [Sample] {
  (0..<count).map { row(Int64(count - $0) * 300_000, Double($0)) }
}

extension HistoryStore {
  /// All rows, page by page.
  func all(
    _ series: Series, in range: TimeRange? = nil, pages limit: Int = 1000
  ) async throws -> [Sample] {
    var rest = range ?? TimeRange(from: -377_705_116_800_000, to: 253_402_300_799_999)
    var rows: [Sample] = []
    while let left = rest {
      let page = try await self.rows(of: series, in: left, limit: limit)
      try #require(page.samples.count <= limit)
      rows += page.samples
      try #require(!page.isCut || !page.samples.isEmpty, "a page that is cut has rows")
      rest = page.isCut ? left.after(page.samples.last?.time) : nil
    }
    return rows
  }

  /// Writes what is to be stored whole.
  func put(
    _ samples: [Sample], _ series: Series, version: Int64 = 1, sourceLocation: SourceLocation = #_sourceLocation
  ) async {
    let outcome = await write(samples, of: series, version: version)
    #expect(outcome.stored == samples.count, "\(outcome)", sourceLocation: sourceLocation)
    #expect(outcome.failure == nil, sourceLocation: sourceLocation)
  }
}

extension Series {
  static func source(_ name: String) throws -> Series { Series(try Identifier(name)) }
  static func written(_ key: String) throws -> Series { try Series(try #require(SeriesKey(key))) }
}

/// What became of samples, as numbers that can be compared.
struct Counts: Hashable, CustomStringConvertible {
  var stored = 0
  var superseded = 0
  var rejected = 0
  var failed = false

  var description: String { "\(stored) stored, \(superseded) superseded, \(rejected) rejected, failed: \(failed)" }
}

extension HistoryWrite {
  var counts: Counts {
    Counts(stored: stored, superseded: superseded, rejected: rejected.count, failed: failure != nil)
  }
}
