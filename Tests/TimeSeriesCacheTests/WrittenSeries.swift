import AWSClients
import CacheSupport
import Synchronization
import TestSupport
import Testing

@testable import TimeSeriesCache

/// Seconds that something slept, without sleeping.
final class SleepBook: Sendable {
  private let slept = Mutex<[Duration]>([])
  var durations: [Duration] { slept.withLock { $0 } }
  var sleep: @Sendable (Duration) async throws(CancellationError) -> Void {
    { [self] duration async throws(CancellationError) in slept.withLock { $0.append(duration) } }
  }
}

extension Series {
  /// A written series, by its line-protocol key.
  static func written(_ key: String) throws -> Series { try Series(try #require(SeriesKey(key))) }
}

extension TestCloud {
  /// The stack's forecasts, in its layout.
  func forecast(now: Int64? = nil) throws -> any ForecastStore {
    try ForecastLayout(environment: environment).store(
      environment: environment, client: client, clock: now.map { .fixed($0) } ?? .system)
  }

  /// The history with a mapping, which waits for nothing.
  func history(
    now: Int64, _ variables: [String: String] = [:], sleeps: SleepBook = SleepBook()
  ) throws -> TimestreamHistory {
    let environment = environment.merging(variables)
    return TimestreamHistory(
      client, database: try environment.require("TS_DB_NAME", ""), table: try environment.require("TS_TABLE_NAME", ""),
      mapping: try TimestreamMapping(environment: environment), clock: .fixed(now), sleep: sleeps.sleep)
  }
}
