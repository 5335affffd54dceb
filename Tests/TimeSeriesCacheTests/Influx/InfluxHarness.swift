import CacheSupport
import HTTPTransport
import TestSupport
import Testing

@testable import TimeSeriesCache

extension InfluxServer {
  /// The store at this server; `http` may stand between them.
  func history(_ http: (any HTTPClient)? = nil, retentionPolicy: String? = nil) throws -> InfluxHistory {
    try InfluxHistory(
      http: http ?? self.http, url: url, database: database, retentionPolicy: retentionPolicy,
      authorization: authorization == nil ? .none : InfluxAuthorization(.basic, token: Self.user),
      sleep: { _ throws(CancellationError) in })
  }
}

extension Series {
  static func source(_ text: String) throws -> Series { Series(try Identifier(text)) }

  static func tagged(_ measurement: String, _ tags: KeyValuePairs<String, String> = [:]) throws -> Series {
    let key = SeriesKey(
      measurement: ByteText(measurement), tags: tags.map { SeriesKey.Tag(ByteText($0.key), ByteText($0.value)) })
    return try Series(try #require(key))
  }
}

extension Sample {
  init(_ time: Int64, _ measures: KeyValuePairs<String, MeasureValue>, nanoseconds: Int32 = 0) {
    self.init(
      time: time, nanoseconds: nanoseconds,
      measures: measures.map { Measure($0.key, $0.value) }.sorted { ByteText($0.name) < ByteText($1.name) })
  }
}

extension TimeRange {
  static func all() throws -> TimeRange { try #require(TimeRange(from: .min, to: .max)) }
}

extension HistoryWrite {
  /// What became of samples of these times.
  init(stored: [Int64] = [], superseded: Int = 0, rejected: [(Int64, String)] = [], failure: StoreError? = nil) {
    self.init()
    for time in stored { addStored(time) }
    self.superseded = superseded
    for (time, reason) in rejected { self.rejected.add(.init(time: time, reason: reason)) }
    self.failure = failure
  }
}

extension InfluxHistory {
  func all(_ series: Series, limit: Int = 100_000) async throws -> [Sample] {
    try await rows(of: series, in: .all(), limit: limit).samples
  }
}
