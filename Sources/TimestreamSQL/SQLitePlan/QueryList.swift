import SQLiteStore

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

  /// Appends a text by its bytes.
  ///
  /// - Throws: where the list becomes too large, or the query is over.
  mutating func append(text: ArraySlice<UInt8>, _ execution: Execution) throws(QueryFault) {
    try execution.spend(1 + text.count / 64)
    append(.text, text)
    guard bytes.count <= NativeFunction.sizeLimit else { throw NativeFunction.tooLarge }
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

  /// The place behind the item that starts at a place; nil at the end.
  static func end(of bytes: [UInt8], at place: Int) -> Int? {
    guard bytes.indices.contains(place), let kind = Kind(rawValue: bytes[place]) else { return nil }
    let end: Int
    switch kind {
    case .null: end = place + 1
    case .integer, .real: end = place + 9
    case .text, .list:
      guard let count = read(bytes, at: place + 1, as: UInt32.self) else { return nil }
      end = place + 5 + Int(count)
    }
    return end <= bytes.count ? end : nil
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

  /// How many items a list has.
  var itemCount: Int {
    guard case .blob(let bytes) = self else { return 0 }
    var (count, place) = (0, 0)
    while let end = QueryList.end(of: bytes, at: place) { (count, place) = (count + 1, end) }
    return count
  }

  /// The item at an index from 0; nil where there is none.
  func item(_ index: Int64) -> SQLValue? {
    guard case .blob(let bytes) = self, index >= 0 else { return nil }
    var (left, place) = (index, 0)
    while left > 0 {
      guard let end = QueryList.end(of: bytes, at: place) else { return nil }
      (left, place) = (left - 1, end)
    }
    return QueryList.item(of: bytes, at: place)?.value
  }
}
