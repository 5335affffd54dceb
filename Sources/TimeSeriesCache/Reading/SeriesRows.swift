/// The rows of a merged series, oldest first.
///
/// Each iteration reads the stores anew. One that throws a ``StoreError`` may be started again from the last row's time.
public struct SeriesRows: AsyncSequence, Sendable {
  /// A row of either store.
  public typealias Element = SeriesRow
  /// Why a page could not be read.
  public typealias Failure = StoreError

  let reader: SeriesReader
  let identifier: Identifier
  let range: TimeRange
  let pageSize: Int

  /// Starts at the first row.
  public func makeAsyncIterator() -> Iterator { Iterator(series: self) }

  /// Reads a page whenever the rows of the page before are used up.
  public struct Iterator: AsyncIteratorProtocol {
    let series: SeriesRows
    private var page: ArraySlice<SeriesRow> = []
    private var after: SeriesReader.Continuation?
    private var isLast = false

    init(series: SeriesRows) { self.series = series }

    /// The next row; nil at the end.
    ///
    /// - Throws: ``StoreError`` where a page cannot be read.
    public mutating func next() async throws(StoreError) -> SeriesRow? {
      try await next(isolation: nil)
    }

    /// The next row, asked for from an actor; nil at the end.
    ///
    /// - Throws: ``StoreError`` where a page cannot be read.
    public mutating func next(isolation: isolated (any Actor)?) async throws(StoreError) -> SeriesRow? {
      while page.isEmpty, !isLast {
        let read = try await series.reader.page(
          of: series.identifier, in: series.range, after: after, limit: series.pageSize)
        page = read.rows[...]
        after = read.next
        isLast = read.next == nil
      }
      return page.popFirst()
    }
  }
}
