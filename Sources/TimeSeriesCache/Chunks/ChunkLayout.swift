import CacheSupport

/// What is known of the items of one cell of a series: those that were read or written, and where there are none.
///
/// Which item holds a time is a path. It begins at the cell's first item, which covers all of the cell. Where an item was cut, and the time
/// lies in another part, the path goes on to that part's item. Because items are only ever cut, what a path has shown once stays true,
/// but that its end may have been cut again: whoever writes names the revision that was read.
struct ChunkLayout: Sendable {
  /// Where a time belongs.
  enum Place: Sendable, Hashable {
    /// The item that starts there holds it.
    ///
    /// - Parameter parents: those on the path to it, from the cell's first; nil where the path was not needed to find it.
    case item(Int64, parents: [Int64]?)
    /// No item does; one of this start and width may be made.
    case none(start: Int64, width: Int64, parents: [Int64])
    /// The item of a start is to be read first.
    case unread(Int64)
    /// The items that start at a time or before it are to be read first, until one covers it.
    case unreadBefore(Int64)
    /// The item of a start is of another width than the one that was cut says.
    case broken(Int64)
  }

  /// Where the cell starts, epoch milliseconds.
  let start: Int64
  /// Ascending by start; none of them has expired.
  private(set) var items: [ChunkItem] = []
  /// Items whose place on the path is needed.
  var needsPath: Set<Int64> = []
  /// Starts of which it is not known whether there is an item, or what it is like, although it was read.
  private var outdated: Set<Int64> = []
  private var absent: Set<Int64> = []
  /// Starts that were all read.
  private var seen: [ClosedRange<Int64>] = []

  init(start: Int64) { self.start = start }

  /// The first place in `items` whose start is not before a key.
  private func index(of key: Int64) -> Int {
    var (low, high) = (0, items.count)
    while low < high {
      let middle = (low + high) / 2
      if items[middle].start < key { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// The item of a start.
  func item(at key: Int64) -> ChunkItem? {
    let index = index(of: key)
    return index < items.count && items[index].start == key ? items[index] : nil
  }

  /// Takes note of an item; one that has expired is as good as deleted.
  ///
  /// - Parameter now: epoch milliseconds.
  mutating func insert(_ item: ChunkItem, now: Int64) {
    guard !item.isExpired(now) else { return remove(item.start) }
    outdated.remove(item.start)
    absent.remove(item.start)
    let index = index(of: item.start)
    if index < items.count, items[index].start == item.start {
      items[index] = item
    } else {
      items.insert(item, at: index)
    }
  }

  /// Takes note that there is no item of a start.
  mutating func remove(_ key: Int64) {
    outdated.remove(key)
    absent.insert(key)
    let index = index(of: key)
    if index < items.count, items[index].start == key { items.remove(at: index) }
  }

  /// The item of a start is to be read again.
  mutating func forget(_ key: Int64) { outdated.insert(key) }

  /// Every item that starts in a range is known now.
  mutating func see(_ range: ClosedRange<Int64>) { seen.append(range) }

  private func isAbsent(_ key: Int64) -> Bool {
    absent.contains(key) || seen.contains { $0.contains(key) }
  }

  /// Where a time of the cell belongs.
  func place(of time: Int64) -> Place {
    // Items do not overlap: the nearest one that starts before the time holds it, or none does.
    let next = index(of: time)
    let nearest = next < items.count && items[next].start == time ? next : next - 1
    if nearest >= 0, items[nearest].start <= time, time < items[nearest].end, !needsPath.contains(items[nearest].start)
    {
      let key = items[nearest].start
      return outdated.contains(key) ? .unread(key) : .item(key, parents: nil)
    }
    let place = path(to: time)
    // One question for a whole span, rather than one for each item of it.
    if case .unread(let key) = place, !outdated.contains(key), !seen.contains(where: { $0.contains(time) }) {
      return .unreadBefore(time)
    }
    return place
  }

  /// The path from the cell's first item; it ends, because each step is to a narrower width.
  private func path(to time: Int64) -> Place {
    var (key, width) = (start, ChunkTiers.cell)
    var parents: [Int64] = []
    while true {
      if outdated.contains(key) { return .unread(key) }
      guard let item = item(at: key) else {
        return isAbsent(key) ? .none(start: key, width: width, parents: parents) : .unread(key)
      }
      guard item.widths.first == width else { return .broken(key) }
      guard let next = item.widths.dropFirst().first(where: { ChunkTiers.start(of: time, $0) != key }) else {
        return .item(key, parents: parents)
      }
      parents.append(key)
      (key, width) = (ChunkTiers.start(of: time, next), next)
    }
  }
}
