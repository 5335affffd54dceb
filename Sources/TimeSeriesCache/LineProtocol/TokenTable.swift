/// Tokens of a body that have been read, by their bytes: the next time, nothing of them has to be read again.
///
/// The hash has a seed of its own for each body, so that nobody can write tokens that all fall into one place.
struct TokenTable {
  /// A token that was read and is valid.
  struct Entry {
    fileprivate var hash: UInt64
    /// Where its bytes are in the body.
    var start: Int32
    var count: Int32
    /// What it is: a series, or a field's name.
    var value: Int32
    /// The name that came next the last time; -1 where none has.
    var next: Int32 = -1
  }

  private(set) var entries: [Entry] = []
  /// Places in `entries`, plus one; 0 is free. At least half of them are free, and their number is a power of two.
  private var slots: [Int32] = Array(repeating: 0, count: 64)
  /// How many entries were compared with a token.
  private(set) var probes: Int = 0
  private let seed: (UInt64, UInt64)

  /// - Parameter seed: random, unless a test repeats one.
  init(seed: (UInt64, UInt64) = (.random(in: .min ... .max), .random(in: .min ... .max))) { self.seed = seed }

  /// The place of a token's entry, or its hash to add it with.
  mutating func find(_ start: Int, count: Int, in bytes: Span<UInt8>) -> (entry: Int?, hash: UInt64) {
    let hash = hash(start, count: count, in: bytes)
    let mask = slots.count &- 1
    var slot = Int(truncatingIfNeeded: hash) & mask
    while slots[slot] != 0 {
      probes &+= 1
      let place = Int(slots[slot]) &- 1
      let entry = entries[place]
      if entry.hash == hash, Int(entry.count) == count, bytes.isSame(Int(entry.start), start, count: count) {
        return (place, hash)
      }
      slot = (slot &+ 1) & mask
    }
    return (nil, hash)
  }

  /// Adds a token that ``find(_:count:in:)`` has not found.
  mutating func add(_ start: Int, count: Int, hash: UInt64, value: Int32) -> Int {
    entries.append(
      Entry(
        hash: hash, start: Int32(truncatingIfNeeded: start), count: Int32(truncatingIfNeeded: count), value: value))
    if entries.count * 2 > slots.count {
      slots = Array(repeating: 0, count: slots.count * 4)
      for place in entries.indices { occupy(place) }
    } else {
      occupy(entries.count - 1)
    }
    return entries.count - 1
  }

  /// Remembers which name came after an entry's.
  mutating func setNext(_ next: Int, after entry: Int) { entries[entry].next = Int32(truncatingIfNeeded: next) }

  private mutating func occupy(_ place: Int) {
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: entries[place].hash) & mask
    while slots[slot] != 0 { slot = (slot + 1) & mask }
    slots[slot] = Int32(truncatingIfNeeded: place + 1)
  }

  /// Eight bytes at a time, each mixed in by a multiplication whose two halves are joined.
  private func hash(_ start: Int, count: Int, in bytes: Span<UInt8>) -> UInt64 {
    var hash = Self.mixed(seed.0 ^ UInt64(truncatingIfNeeded: count), seed.1)
    var index = start
    let end = start &+ count
    while index &+ 8 <= end {
      hash = Self.mixed(hash ^ bytes.word(index), seed.1)
      index &+= 8
    }
    var rest: UInt64 = 0
    while index < end {
      rest = rest &<< 8 | UInt64(bytes.byte(index))
      index &+= 1
    }
    return Self.mixed(hash ^ rest, seed.1)
  }

  @inline(__always) private static func mixed(_ one: UInt64, _ other: UInt64) -> UInt64 {
    let product = one.multipliedFullWidth(by: other | 1)
    return product.high ^ product.low
  }
}
