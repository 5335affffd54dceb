/// Bytes of a chunk being written: numbers of one byte each seven bits, and texts.
struct ChunkWriter {
  var bytes: [UInt8] = []

  /// A number in little-endian groups of seven bits, each but the last with the highest bit set (LEB128).
  mutating func number(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  mutating func count(_ count: Int) { number(UInt64(count)) }

  /// A signed number: 0, -1, 1, -2 become 0, 1, 2, 3.
  mutating func signed(_ value: Int64) { number(value.zigzag) }

  /// As ``signed(_:)`` with 128 bits.
  mutating func wide(_ value: Int128) {
    var rest = UInt128(bitPattern: (value << 1) ^ (value >> 127))
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  /// Its length, and its UTF-8.
  mutating func text(_ text: String) {
    count(text.utf8.count)
    bytes.append(contentsOf: text.utf8)
  }

  /// Eight bytes, little-endian.
  mutating func bits(_ value: Double) {
    for shift in stride(from: 0, to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: value.bitPattern >> shift)) }
  }
}

/// Reads what ``ChunkWriter`` writes; no byte is taken that is not there.
struct ChunkReader {
  let bytes: [UInt8]
  private(set) var index: Int
  let end: Int

  init(_ bytes: [UInt8], in range: Range<Int>? = nil) {
    self.bytes = bytes
    index = range?.lowerBound ?? 0
    end = range?.upperBound ?? bytes.count
  }

  var isAtEnd: Bool { index == end }

  mutating func byte() throws(ChunkError) -> UInt8 {
    guard index < end else { throw .truncated }
    defer { index += 1 }
    return bytes[index]
  }

  mutating func number() throws(ChunkError) -> UInt64 {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 70, by: 7) {
      let byte = try byte()
      // Of the tenth byte one bit is left.
      if shift == 63, byte > 1 { break }
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
    }
    throw ChunkError("a number has more than 64 bits")
  }

  mutating func signed() throws(ChunkError) -> Int64 { Int64(zigzag: try number()) }

  mutating func wide() throws(ChunkError) -> Int128 {
    var value: UInt128 = 0
    for shift in stride(from: UInt128(0), to: 133, by: 7) {
      let byte = try byte()
      if shift == 126, byte > 3 { break }
      value |= UInt128(byte & 0x7F) << shift
      if byte < 0x80 { return Int128(bitPattern: value >> 1) ^ -Int128(value & 1) }
    }
    throw ChunkError("a number has more than 128 bits")
  }

  /// A count of something.
  ///
  /// - Parameters:
  ///   - limit: the most that is taken.
  ///   - name: what is counted, for the error.
  mutating func count(upTo limit: Int, _ name: String) throws(ChunkError) -> Int {
    let value = try number()
    guard value <= UInt64(limit) else { throw ChunkError("\(value) \(name) are more than \(limit)") }
    return Int(value)
  }

  /// The next bytes, as a range of ``bytes``.
  mutating func range(_ count: Int) throws(ChunkError) -> Range<Int> {
    guard count >= 0, count <= end - index else { throw .truncated }
    defer { index += count }
    return index..<(index + count)
  }

  mutating func text() throws(ChunkError) -> String {
    try text(try count(upTo: end - index, "bytes of a text"))
  }

  mutating func text(_ count: Int) throws(ChunkError) -> String {
    guard let text = String(validating: bytes[try range(count)], as: UTF8.self) else {
      throw ChunkError("a text is not UTF-8")
    }
    return text
  }

  mutating func bits() throws(ChunkError) -> Double {
    var value: UInt64 = 0
    for (place, byte) in bytes[try range(8)].enumerated() { value |= UInt64(byte) << UInt64(8 * place) }
    return Double(bitPattern: value)
  }

  /// - Throws: ``ChunkError`` where bytes are left.
  func finish() throws(ChunkError) {
    guard isAtEnd else { throw ChunkError("\(end - index) bytes are left over") }
  }
}

extension Int64 {
  /// 0, -1, 1, -2 as 0, 1, 2, 3.
  var zigzag: UInt64 { UInt64(bitPattern: (self << 1) ^ (self >> 63)) }

  /// 0, 1, 2, 3 as 0, -1, 1, -2.
  init(zigzag value: UInt64) { self = Int64(bitPattern: value >> 1) ^ -Int64(value & 1) }
}
