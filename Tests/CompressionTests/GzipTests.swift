import Compression
import Testing

@Suite struct GzipTests {
  /// `printf hello | gzip -n`.
  static let hello: [UInt8] = [
    0x1F, 0x8B, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x03, 0xCB, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00, 0x86, 0xA6,
    0x10,
    0x36, 0x05, 0x00, 0x00, 0x00,
  ]
  /// The same with a name, a comment, an extra field and a checksum of the header.
  static let decorated: [UInt8] =
    [0x1F, 0x8B, 0x08, 0x1E, 0x01, 0x02, 0x03, 0x04, 0x00, 0x03, 0x02, 0x00, 0xAA, 0xBB] + Array("n\0c\0".utf8)
    + [0x94, 0x8D] + hello[10...]

  /// Bytes of which no two runs are alike, by xorshift.
  static func noise(_ count: Int) -> [UInt8] {
    var state: UInt64 = 88_172_645_463_325_252
    return (0..<count).map { _ in
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return UInt8(truncatingIfNeeded: state >> 32)
    }
  }

  @Test("What gzip packed is unpacked") func unpack() throws {
    #expect(try Gzip.decompress(Self.hello, limit: 5) == Array("hello".utf8))
  }

  @Test(
    "What was packed comes back, whatever its length and kind",
    arguments: [0, 1, 2, 100, 65_535, 65_536, 65_537, 131_072, 1_000_001]) func roundTrip(count: Int) throws
  {
    for bytes in [Self.noise(count), [UInt8](repeating: 7, count: count)] {
      let packed = try Gzip.compress(bytes)
      #expect(packed == (try Gzip.compress(bytes)))
      #expect(try Gzip.decompress(packed, limit: count) == bytes)
      if count > 0 {
        #expect(throws: GzipError.tooLarge(limit: count - 1)) { try Gzip.decompress(packed, limit: count - 1) }
      }
    }
  }

  @Test("Repetition is packed") func ratio() throws {
    #expect(try Gzip.compress([UInt8](repeating: 7, count: 1_000_000)).count < 1_200)
  }

  @Test("Members one after the other are one text, empty ones among them") func members() throws {
    let empty = try Gzip.compress([])
    let packed = empty + Self.hello + empty + empty + (try Gzip.compress(Array(" world".utf8))) + empty
    #expect(try Gzip.decompress(packed, limit: 11) == Array("hello world".utf8))
    #expect(throws: GzipError.tooLarge(limit: 10)) { try Gzip.decompress(packed, limit: 10) }
    #expect(try Gzip.decompress(empty, limit: 0) == [])
    let many = (0..<10_000).reduce(into: [UInt8]()) { packed, _ in packed += empty }
    #expect(try Gzip.decompress(many + Self.hello, limit: 5) == Array("hello".utf8))
  }

  @Test("A bomb is left at the limit, in whichever member it is") func bomb() throws {
    let bomb = try Gzip.compress([UInt8](repeating: 0, count: 1 << 26))
    #expect(bomb.count < 70_000)
    for packed in [bomb, Self.hello + bomb, bomb + Self.hello, bomb + bomb] {
      #expect(throws: GzipError.tooLarge(limit: 1 << 20)) { try Gzip.decompress(packed, limit: 1 << 20) }
    }
    // The end of the bomb is never looked at.
    #expect(throws: GzipError.tooLarge(limit: 1 << 20)) {
      try Gzip.decompress(Array(bomb[..<(bomb.count / 2)]), limit: 1 << 20)
    }
  }

  @Test("Data that ends early is told from data that is wrong, at every byte") func truncation() throws {
    let two = Self.hello + (try Gzip.compress(Self.noise(300)))
    for packed in [Self.hello, two] {
      for count in 0..<packed.count where count != Self.hello.count {
        #expect(throws: GzipError.truncated, "\(count) bytes") {
          try Gzip.decompress(Array(packed[..<count]), limit: 1_000)
        }
      }
    }
  }

  @Test("No flipped bit passes: it is found, or it is in a place that says nothing of the contents")
  func flips() throws {
    for bit in 0..<(Self.hello.count * 8) {
      var packed = Self.hello
      packed[bit / 8] ^= 1 << (bit % 8)
      switch bit / 8 {
      case 0, 1: #expect(throws: GzipError.notGzip) { try Gzip.decompress(packed, limit: 100) }
      // The time, how well it was packed, on which system; and that it is text.
      case 4..<10: #expect(try Gzip.decompress(packed, limit: 100) == Array("hello".utf8))
      // What fills the last byte of the blocks.
      case 16 where bit % 8 >= 2: #expect(try Gzip.decompress(packed, limit: 100) == Array("hello".utf8))
      case 3 where bit % 8 == 0: #expect(try Gzip.decompress(packed, limit: 100) == Array("hello".utf8))
      default: #expect(throws: GzipError.self, "bit \(bit)") { try Gzip.decompress(packed, limit: 100) }
      }
    }
    var wrongSum = Self.hello
    wrongSum[17] ^= 1
    #expect(throws: GzipError.corrupt("incorrect data check")) { try Gzip.decompress(wrongSum, limit: 100) }
    var wrongLength = Self.hello
    wrongLength[21] ^= 1
    #expect(throws: GzipError.corrupt("incorrect length check")) { try Gzip.decompress(wrongLength, limit: 100) }
  }

  @Test(
    "What follows the last member is an error",
    arguments: [[0], [0x1F, 0x00], [0x0A], Array("hello".utf8)] as [[UInt8]])
  func trailing(bytes: [UInt8]) {
    #expect(throws: GzipError.trailingBytes) { try Gzip.decompress(Self.hello + bytes, limit: 100) }
  }

  @Test(
    "Another format is refused",
    arguments: [[0x78, 0x9C, 0x03, 0x00, 0x00, 0x00, 0x00, 0x01], Array("hello".utf8), [0x1F, 0x8C]] as [[UInt8]])
  func otherFormat(bytes: [UInt8]) {
    #expect(throws: GzipError.notGzip) { try Gzip.decompress(bytes, limit: 100) }
  }

  @Test("A header with everything that the format has is read, its checksum too") func header() throws {
    #expect(try Gzip.decompress(Self.decorated, limit: 5) == Array("hello".utf8))
    var wrong = Self.decorated
    wrong[14] ^= 1
    #expect(throws: GzipError.corrupt("header crc mismatch")) { try Gzip.decompress(wrong, limit: 5) }
  }
}
