import CacheSupport

/// The times that a table takes, and those that go into its memory store.
struct WriteWindow {
  /// Epoch milliseconds: the first that is taken, and the first that is not.
  private let from: Int64
  private let to: Int64
  /// Nanoseconds.
  private let memoryStart: Int64
  private let hasMagneticWrites: Bool

  /// How far into the future the service takes records: 15 minutes, in milliseconds.
  private static let futureAllowance: Int64 = 15 * 60_000
  /// The window is 40 minutes longer than the retention, of which 15 lie ahead.
  private static let pastAllowance: Int64 = 25 * 60_000

  /// - Parameter now: epoch milliseconds.
  init(of table: TimestreamStore.Table, now: Int64) {
    hasMagneticWrites = table.magneticWrites
    let magnetic = table.magneticWrites ? table.magneticDays * 86_400_000 : 0
    from = now - table.memoryHours * 3_600_000 - magnetic - Self.pastAllowance
    to = now + Self.futureAllowance
    memoryStart = (now - table.memoryHours * 3_600_000) * 1_000_000
  }

  /// Without magnetic writes the memory store takes all that is taken.
  func isInMemory(_ nanoseconds: Int64) -> Bool { !hasMagneticWrites || nanoseconds >= memoryStart }

  /// Why a time is not taken.
  func fault(_ nanoseconds: Int64) -> String? {
    let milliseconds = nanoseconds / 1_000_000
    guard milliseconds < from || milliseconds >= to else { return nil }
    let store = hasMagneticWrites ? "data ingestion window" : "memory store"
    return "The record timestamp is outside the time range [\(Self.text(from)), \(Self.text(to))) of the \(store)."
  }

  private static func text(_ milliseconds: Int64) -> String {
    let time = UTCTime(epochMilliseconds: milliseconds)
    return "\(time.dateText)T\(time.timeText).\(UTCTime.padded(time.nanosecond / 1_000_000, 3))Z"
  }
}
