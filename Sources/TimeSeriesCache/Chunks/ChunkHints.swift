import CacheSupport
import Synchronization

/// What this process has seen of the series' chunks: where to begin a question, and how many items to ask for.
///
/// It saves questions and never decides what is true: whatever it says, a read is complete.
final class ChunkHints: Sendable {
  /// What the chunks of one series were like when they were last read or written.
  struct Hint: Sendable, Hashable {
    /// How long one was, milliseconds.
    var width: Int64
    /// How many rows one had; at least 1.
    var rows: Int
  }

  /// Series that are remembered: those of a fetch or a request, and then some.
  static let capacity: Int = 4096

  private let known: Mutex<RecentMap<Identifier, Hint>> = Mutex(RecentMap(capacity: capacity))

  /// Takes note of an item that was written: what was just written is soon read.
  func note(_ item: ChunkItem, of series: Identifier) {
    guard let width = item.widths.last else { return }
    known.withLock { $0[series] = Hint(width: width, rows: $0[series]?.rows ?? ChunkReading.rowsExpected) }
  }

  subscript(series: Identifier) -> Hint? {
    get { known.withLock { $0[series] } }
    set { known.withLock { $0[series] = newValue } }
  }
}
