/// The rows of a merged series, oldest first.
///
/// Each iteration reads the stores anew. One that throws a ``StoreError`` may be started again from the last row's time.
public struct SeriesRows: AsyncSequence, Sendable {
  /// A row of either store.
  public typealias Element = SeriesRow
  /// Why a page could not be read.
  public typealias Failure = StoreError

  let reader: SeriesReader
  let series: Series
  let range: TimeRange
  let pageSize: Int

  /// Starts at the first row.
  public func makeAsyncIterator() -> Iterator { Iterator(rows: self) }

  /// Reads a page whenever the rows of the page before are used up.
  public struct Iterator: AsyncIteratorProtocol {
    let rows: SeriesRows
    private var page: ArraySlice<SeriesRow> = []
    private var after: SeriesReader.Continuation?
    private var isLast = false

    init(rows: SeriesRows) { self.rows = rows }

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
        let read = try await rows.reader.page(of: rows.series, in: rows.range, after: after, limit: rows.pageSize)
        page = read.rows[...]
        after = read.next
        isLast = read.next == nil
      }
      return page.popFirst()
    }
  }
}
