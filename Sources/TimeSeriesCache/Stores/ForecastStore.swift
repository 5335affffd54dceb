/// Where what is predicted is kept until it expires.
///
/// ``DynamoDBForecast`` is one; implement this to keep forecasts elsewhere.
public protocol ForecastStore: Sendable {
  /// Writes samples of one series; the newest fetch wins.
  ///
  /// - Parameters:
  ///   - samples: any number; no time appears twice.
  ///   - identifier: the series.
  ///   - fetchedAt: the fetch's epoch milliseconds.
  /// - Returns: how many were written; those of a newer fetch stay and are not counted.
  /// - Throws: ``StoreError`` where some could not be written; writing all of them again does no harm.
  func write(_ samples: [Sample], of identifier: Identifier, fetchedAt: Int64) async throws(StoreError) -> Int

  /// Why a sample can never be written, however often it is tried; nil where it can be.
  ///
  /// Whoever writes asks this first, and reports such samples as rejected: ``write(_:of:fetchedAt:)`` fails for them.
  func fault(of sample: Sample, of identifier: Identifier) -> String?

  /// The series' samples in a range that have not expired, oldest first.
  ///
  /// - Parameters:
  ///   - identifier: the series; an unknown one has no samples.
  ///   - range: inclusive.
  ///   - limit: the most items of a page, before expired ones are left out; a page may end earlier, and then has a next one.
  ///   - now: epoch milliseconds; what expires at or before it is left out.
  /// - Throws: ``StoreError`` where the store cannot be read.
  func page(
    of identifier: Identifier, in range: TimeRange, limit: Int, now: Int64
  ) async throws(StoreError) -> ForecastPage

  /// True where the series has any sample that has not expired.
  ///
  /// - Throws: ``StoreError`` where the store cannot be read.
  func hasAny(_ identifier: Identifier, now: Int64) async throws(StoreError) -> Bool
}

extension ForecastStore {
  /// No sample is known that can never be written.
  public func fault(of sample: Sample, of identifier: Identifier) -> String? { nil }
}

/// An answer of a ``ForecastStore``: a page of samples that have not expired.
public struct ForecastPage: Sendable, Hashable {
  /// Ascending by time. A page may be empty and have a next one.
  public var samples: [Sample]
  /// Where the next page starts, epoch milliseconds; nil at the range's end.
  public var next: Int64?
  /// An answer of a store.
  public init(samples: [Sample], next: Int64? = nil) {
    self.samples = samples
    self.next = next
  }
}
