package import CacheSupport

/// Who gives a series its samples.
package enum SeriesKind: String, Sendable, Hashable, CaseIterable {
  /// A source knows it: the queue function queues it, and the fetch function asks for it.
  case source
  /// Somebody writes it: nobody asks for it.
  case written
}

/// What one fetch or write did to one series.
package struct SeriesRun: Sendable, Hashable {
  /// When it began, epoch milliseconds.
  package var time: Int64
  /// Samples that both stores took.
  package var stored: Int
  /// Samples that will never be taken as they are.
  package var rejected: Int
  /// The earliest and the latest time of the history that was stored; nil where none was.
  package var history: TimeRange?
  /// Why it failed; nil where it did not.
  package var failure: String?
  /// The names of what was stored.
  package var measures: Set<ByteText>
  /// When the series is asked for again, epoch milliseconds; nil where that is not known.
  package var nextRun: Int64?

  /// A run at a time that did nothing, unless told otherwise.
  package init(
    time: Int64, stored: Int = 0, rejected: Int = 0, history: TimeRange? = nil, failure: String? = nil,
    measures: Set<ByteText> = [], nextRun: Int64? = nil
  ) {
    self.time = time
    self.stored = stored
    self.rejected = rejected
    self.history = history
    self.failure = failure
    self.measures = measures
    self.nextRun = nextRun
  }
}

/// How a series has fared, kept on its item in the identifiers' table.
///
/// Times are epoch milliseconds. Runs may be added in any order: what a late redelivery tells never replaces what a newer run
/// told, but its counts count. An item stays bounded: see ``measuresKept`` and ``messageBytes``.
package struct SeriesStatus: Sendable, Hashable {
  /// A run that failed.
  package struct Failure: Sendable, Hashable {
    package var time: Int64
    /// At most ``SeriesStatus/messageBytes`` bytes.
    package var message: String

    package init(time: Int64, message: String) {
      self.time = time
      self.message = message
    }
  }

  /// Counts the runs that were added: whoever writes a status names the one that it knew.
  package var revision: Int64 = 0
  /// The newest run's time.
  package var lastRun: Int64?
  /// The newest time of a run that did not fail.
  package var lastSuccess: Int64?
  /// The newest run that failed; the series has recovered where ``lastSuccess`` is later.
  package var lastError: Failure?
  /// Samples that were taken in all runs; one that is written again counts again.
  package var stored: Int64 = 0
  /// Samples that were refused in all runs.
  package var rejected: Int64 = 0
  /// From the earliest to the latest time of the history that was stored.
  package var history: TimeRange?
  /// When the series is asked for next, as the newest run had it.
  package var nextRun: Int64?
  /// The names of what was stored, ordered by their bytes, at most ``measuresKept``.
  package var measures: [ByteText] = []

  /// How many names of measures are kept: as many as a Timestream record has.
  package static let measuresKept: Int = 256
  /// The longest name of a measure that is kept, in bytes: Timestream's own bound.
  package static let measureBytes: Int = 256
  /// The most bytes of an error's text; a longer one is cut at a character and ends in `…`.
  package static let messageBytes: Int = 500

  /// The status of a series that has had no run.
  package init() {}

  /// True where the newest outcome that is known is a failure.
  package var isFailing: Bool {
    guard let lastError else { return false }
    return lastSuccess.map { lastError.time > $0 } ?? true
  }

  /// The status after one more run.
  package func adding(_ run: SeriesRun) -> Self {
    var status = self
    status.revision = Self.sum(revision, 1)
    if lastRun.map({ run.time >= $0 }) ?? true {
      status.lastRun = run.time
      status.nextRun = run.nextRun
    }
    if let failure = run.failure {
      if lastError.map({ run.time >= $0.time }) ?? true {
        status.lastError = Failure(time: run.time, message: Self.cut(failure))
      }
    } else {
      status.lastSuccess = max(lastSuccess ?? run.time, run.time)
    }
    status.stored = Self.sum(stored, Int64(clamping: run.stored))
    status.rejected = Self.sum(rejected, Int64(clamping: run.rejected))
    if let span = run.history { status.history = history?.widened(to: span) ?? span }
    status.add(run.measures)
    return status
  }

  private mutating func add(_ names: Set<ByteText>) {
    let known = Set(measures)
    let new = names.filter { $0.text.utf8.count <= Self.measureBytes && !known.contains($0) }.sorted()
    guard !new.isEmpty, measures.count < Self.measuresKept else { return }
    measures = (measures + new.prefix(Self.measuresKept - measures.count)).sorted()
  }

  /// The sum of two counts, of which a negative one is none; at most `Int64.max`.
  private static func sum(_ one: Int64, _ other: Int64) -> Int64 {
    let (sum, overflow) = max(0, one).addingReportingOverflow(max(0, other))
    return overflow ? .max : sum
  }

  private static func cut(_ text: String) -> String {
    guard text.utf8.count > messageBytes else { return text }
    let end = "…"
    var bytes = end.utf8.count
    return text.prefix { character in
      bytes += character.utf8.count
      return bytes <= messageBytes
    } + end
  }
}
