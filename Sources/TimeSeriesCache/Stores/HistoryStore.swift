public import CacheSupport

/// Where what has happened is kept.
///
/// ``TimestreamHistory``, ``ChunkHistory`` and ``InfluxHistory`` are such stores; implement this to keep history elsewhere. Three methods are
/// enough: the others have implementations that ask these three, and are there for stores that can do the same with less.
///
/// What a history is, whoever keeps it:
///
/// - A row is the measures of one series at one instant, which is a time and its nanoseconds. It is written with a version.
/// - A row of a higher version replaces the one of its instant as a whole: measures that only the older one has are gone. A row of a lower
///   version changes nothing, and counts as superseded; so does one of the same version and other measures. The same row with the same version
///   once more changes nothing either: as with a write that is repeated because its answer was lost, it counts as stored or as superseded.
///   So the order in which writes arrive does not matter, nor how often.
/// - What is acknowledged, because ``HistoryWrite/stored`` counts it, is kept. Where a service reads with eventual consistency, as Timestream
///   and DynamoDB do, a question may be a moment behind. What a store will never take as it is, it rejects row by row, with time and
///   reason, and takes the other rows.
/// - Reading gives rows oldest first, one for each millisecond: of several within one the later instant's value of each measure counts. A
///   range is read page by page, each from the millisecond after the last of the page before; rows that are written meanwhile are in the pages
///   that are yet to come, and never make a row appear twice or be missed that was there before.
/// - Values come back as they were written: doubles bit for bit, whole numbers with all 64 bits, texts byte for byte.
/// - A series is found by exactly its name: no part of one is read as a pattern or as a language.
///
/// Not every store can do all of this: `docs/history-stores.md` has what each cannot, and the tests hold both to it.
public protocol HistoryStore: Sendable {
  /// Writes samples of one series; a sample of a higher version replaces one of the same instant.
  ///
  /// - Parameters:
  ///   - samples: any number; no instant, which is a time and its nanoseconds, appears twice.
  ///   - series: whose samples they are.
  ///   - version: the fetch's epoch milliseconds, or a little more for what repeats an instant within one fetch.
  /// - Returns: what became of each sample, also where some of them could not be written.
  func write(_ samples: [Sample], of series: Series, version: Int64) async -> HistoryWrite

  /// Writes samples of several series.
  ///
  /// By itself it writes one series after the other.
  ///
  /// - Parameters:
  ///   - parts: a series may have several; no instant of it appears twice.
  ///   - version: as of ``write(_:of:version:)``.
  /// - Returns: what became of each part, in the order of the parts.
  func write(_ parts: [SeriesSamples], version: Int64) async -> [HistoryWrite]

  /// The series' samples in a range, oldest first, one for each millisecond.
  ///
  /// - Parameters:
  ///   - series: an unknown one has no samples.
  ///   - range: inclusive.
  ///   - limit: the most samples, 1 to 100,000. An answer may end earlier, where its rows would fill the memory; it then says that it is
  ///     cut, and has one row at least.
  /// - Throws: ``StoreError`` where the store cannot be read.
  func rows(of series: Series, in range: TimeRange, limit: Int) async throws(StoreError) -> HistoryRows

  /// The newest time in a range, or of the whole series where the range is nil.
  ///
  /// - Throws: ``StoreError`` where the store cannot be read.
  func newest(of series: Series, in range: TimeRange?) async throws(StoreError) -> NewestHistory

  /// The samples that meet a condition, oldest first, one for each millisecond; each has all of its measures.
  ///
  /// By itself it reads all rows of the range, up to the last that is wanted.
  ///
  /// - Throws: ``StoreError`` where the store cannot be read.
  func rows(
    of series: Series, in range: TimeRange, limit: Int, where condition: MeasureCondition
  ) async throws(StoreError) -> HistoryRows

  /// The bins of a range in which a measure that counts has a value, oldest first.
  ///
  /// A tally's ``MeasureTally/increase`` starts with the second value in the range. By itself it reads all rows of the range, up to the last
  /// bin that is wanted.
  ///
  /// - Parameters:
  ///   - series: an unknown one has no bins.
  ///   - range: inclusive; rows outside do not count, also where their bin has others.
  ///   - binning: how the range is cut, and what is wanted.
  ///   - limit: the most bins, 1 to 100,000.
  /// - Throws: ``StoreError`` where the store cannot be read.
  func bins(
    of series: Series, in range: TimeRange, by binning: Binning, limit: Int
  ) async throws(StoreError) -> HistoryBins

  /// The latest value of each measure before a time.
  ///
  /// By itself it reads all rows before it.
  ///
  /// - Parameters:
  ///   - series: an unknown one has no values.
  ///   - time: epoch milliseconds; values at this time do not count.
  ///   - measures: which ones; nil for every measure.
  /// - Throws: ``StoreError`` where the store cannot be read.
  func lastValues(
    of series: Series, before time: Int64, measures: Set<ByteText>?
  ) async throws(StoreError) -> HistoryValues

  /// The newest row of each of many series; those without any are left out.
  ///
  /// By itself it asks two questions for each series.
  ///
  /// - Throws: ``StoreError`` where the store cannot be read.
  func latest(of series: [Series]) async throws(StoreError) -> LatestHistory

  /// Count, bounds, mean and spread of each measure in a range.
  ///
  /// By itself it reads all rows of the range.
  ///
  /// - Throws: ``StoreError`` where the store cannot be read.
  func moments(of series: Series, in range: TimeRange) async throws(StoreError) -> HistoryMoments

  /// The rows in which a measure is outside its bound, oldest first, with the measures alone that are.
  ///
  /// By itself it reads all rows of the range, up to the last that is wanted.
  ///
  /// - Throws: ``StoreError`` where the store cannot be read.
  func outliers(
    of series: Series, in range: TimeRange, beyond bounds: [ByteText: OutlierBound], limit: Int
  ) async throws(StoreError) -> HistoryRows

  /// The series that the store has rows of, in an order of its own, each of them once: by their identifiers, and with their keys where the
  /// store keeps written series apart from those that sources know.
  ///
  /// By itself it fails: whoever needs the list, as `local-move` does, says which store cannot give it.
  ///
  /// - Parameters:
  ///   - start: ``SeriesPage/next`` of the page before; nil for the first page.
  ///   - limit: the most series, 1 to 1000.
  /// - Throws: ``StoreError`` where the store cannot be read.
  func series(after start: String?, limit: Int) async throws(StoreError) -> SeriesPage
}
