/// A value with parts — an array, a row, a time series — as the bytes that SQLite keeps.
///
/// The items stand one after the other, each a byte for its kind and then its value: nothing for null, eight bytes (little-endian)
/// for numbers, a length of four bytes and the bytes for a text or for a list within. So equal lists are equal bytes, which SQLite
/// compares and groups by itself. A double in a list may be NaN, which SQLite's own values cannot be.
struct QueryList {
  private(set) var bytes: [UInt8] = []

  private enum Kind: UInt8 { case null, integer, real, text, list }

  mutating func append(_ value: SQLValue) {
    switch value {
    case .null: bytes.append(Kind.null.rawValue)
    case .integer(let number): append(.integer, UInt64(bitPattern: number))
    // There is one zero: a list with the other is equal to it.
    case .real(let number): append(.real, (number == 0 ? 0 : number).bitPattern)
    case .text(let text): append(.text, text.utf8)
    case .blob(let list): append(.list, list)
    }
  }

  private mutating func append(_ kind: Kind, _ bits: UInt64) {
    bytes.append(kind.rawValue)
    unsafe withUnsafeBytes(of: bits.littleEndian) { unsafe bytes.append(contentsOf: $0) }
  }

  private mutating func append(_ kind: Kind, _ content: some Collection<UInt8>) {
    bytes.append(kind.rawValue)
    unsafe withUnsafeBytes(of: UInt32(content.count).littleEndian) { unsafe bytes.append(contentsOf: $0) }
    bytes.append(contentsOf: content)
  }

  /// The item that starts at a place, and the place behind it; nil at the end.
  static func item(of bytes: [UInt8], at place: Int) -> (value: SQLValue, end: Int)? {
    guard bytes.indices.contains(place), let kind = Kind(rawValue: bytes[place]) else { return nil }
    switch kind {
    case .null: return (.null, place + 1)
    case .integer:
      return read(bytes, at: place + 1, as: UInt64.self).map { (.integer(Int64(bitPattern: $0)), place + 9) }
    case .real: return read(bytes, at: place + 1, as: UInt64.self).map { (.real(Double(bitPattern: $0)), place + 9) }
    case .text, .list:
      guard let count = read(bytes, at: place + 1, as: UInt32.self) else { return nil }
      let end = place + 5 + Int(count)
      guard end <= bytes.count else { return nil }
      let content = bytes[(place + 5)..<end]
      return (kind == .text ? .text(String(decoding: content, as: UTF8.self)) : .blob(Array(content)), end)
    }
  }

  private static func read<Number: FixedWidthInteger>(_ bytes: [UInt8], at place: Int, as: Number.Type) -> Number? {
    guard place + MemoryLayout<Number>.size <= bytes.count else { return nil }
    return unsafe Number(
      littleEndian: bytes.withUnsafeBytes { unsafe $0.loadUnaligned(fromByteOffset: place, as: Number.self) })
  }
}

extension SQLValue {
  static func list(_ items: some Sequence<SQLValue>) -> SQLValue {
    var list = QueryList()
    for item in items { list.append(item) }
    return .blob(list.bytes)
  }

  static func point(_ time: Int64, _ value: SQLValue) -> SQLValue { .list([.integer(time), value]) }

  /// The items of a list; none for what is no list.
  var items: [SQLValue] {
    guard case .blob(let bytes) = self else { return [] }
    var items: [SQLValue] = []
    var place = 0
    while let found = QueryList.item(of: bytes, at: place) {
      items.append(found.value)
      place = found.end
    }
    return items
  }
}
