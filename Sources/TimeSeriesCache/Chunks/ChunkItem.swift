import AWSClients
import CacheSupport

/// A chunk as an item of a DynamoDB table: the rows of one series in one span of time.
///
/// | attribute | type | means |
/// |---|---|---|
/// | `series` | S | the series' identifier; the partition key |
/// | `start` | N | epoch milliseconds, a multiple of the first width; the sort key |
/// | `widths` | L of N | how often the item was cut: see ``widths`` |
/// | `revision` | N | counts the writes, from the epoch milliseconds of the first; a write names the one that it read |
/// | `head` | B | what the rows are like, readable without them: ``ChunkHead`` |
/// | `rows` | B | the rows; absent where there are none |
/// | `expiry` | N | epoch seconds from which DynamoDB may delete the item; absent where it is kept for ever |
struct ChunkItem: Sendable, Hashable {
  var start: Int64
  /// Milliseconds, each less than the one before and a divisor of it.
  ///
  /// The first is how long the item was when it was made: ``ChunkTiers/cell`` for the first of a cell, the last width of the parent
  /// at that time for the others. The last is how long it is now: it covers `start..<start + widths.last`. Each width but the first says
  /// that the item was cut: what it covered before is in items of that width from then on, which begin at its multiples. Widths are only
  /// ever added, so what was once read of them stays true, except that an item may have been cut again.
  var widths: [Int64]
  var revision: Int64
  var head: [UInt8]
  var rows: [UInt8]
  /// Epoch seconds; nil where the item is kept for ever.
  var expiry: Int64?
}

extension ChunkItem {
  /// What of start and widths no writer makes, such as in "its 'widths' do not divide each other".
  var problem: String? {
    guard let first = widths.first, first > 0 else { return "its 'widths' are no list of lengths" }
    for (wider, narrower) in zip(widths, widths.dropFirst())
    where narrower < 1 || narrower >= wider || wider % narrower != 0 {
      return "its 'widths' do not divide each other"
    }
    return start % first == 0 ? nil : "its 'start' is no multiple of its width"
  }

  /// Where what the item was made for ends, epoch milliseconds: nothing below it lies later.
  var firstEnd: Int64 { Self.end(start, widths.first ?? 1) }
  /// Where what the item covers ends, epoch milliseconds.
  var end: Int64 { Self.end(start, widths.last ?? 1) }
  /// The last millisecond that the item covers, where it has no ``problem``: the last of all where that is what it ends with.
  var last: Int64 { Self.end(start, (widths.last ?? 1) - 1) }

  private static func end(_ start: Int64, _ width: Int64) -> Int64 {
    let (end, overflows) = start.addingReportingOverflow(width)
    return overflows ? .max : end
  }
}
