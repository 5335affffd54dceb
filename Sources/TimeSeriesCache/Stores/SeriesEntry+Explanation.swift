import CacheSupport

extension SeriesEntry {
  /// Why a series that is registered may have no rows, in a sentence: since when it is registered, and how its last run went.
  ///
  /// - Parameter now: epoch milliseconds; a next run that has passed is not told as one to come.
  package func explanation(now: Int64) -> String {
    let since = registered.map { " since \(Self.time($0))" } ?? ""
    let run = kind == .source ? "fetch" : "write"
    return "'\(identifier)' is registered\(since), \(history(run, now: now))"
  }

  private func history(_ run: String, now: Int64) -> String {
    let next = status?.nextRun.flatMap { $0 > now ? "; the next one is at \(Self.time($0))" : nil } ?? ""
    guard let status, let last = status.lastRun else { return "and no \(run) of it is known yet" }
    if status.isFailing, let error = status.lastError {
      let success =
        status.lastSuccess.map { "the last one that succeeded was at \(Self.time($0))" } ?? "none has succeeded yet"
      return "and its last \(run) at \(Self.time(error.time)) failed: \(error.message) (\(success))\(next)"
    }
    let stored = status.stored == 0 ? "no row of it has been stored yet" : "none of its rows is in the stores any more"
    return "and its last \(run) at \(Self.time(last)) succeeded, but \(stored)\(next)"
  }

  private static func time(_ milliseconds: Int64) -> String { UTCTime(epochMilliseconds: milliseconds).iso8601Text }
}
