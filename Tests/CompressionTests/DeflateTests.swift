import Testing

@testable import Compression

@Suite("Raw deflate") struct DeflateTests {
  @Test("What was packed comes back, whatever its parts", arguments: [2, 100, 4096, 4097, 70_000, 1_000_001])
  func roundTrip(count: Int) throws {
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 % 251 % 17) }
    for ends in [[], [1], [0, count], [count / 2, count / 2, count - 1], [count / 3, count / 2], [-1, count + 5]] {
      let parts = ends.enumerated().map { Deflate.Part(end: $1, [.any, .shuffled, .noise][$0 % 3]) }
      guard let packed = try Deflate.compress(bytes, parts: parts) else {
        #expect(count <= 100, "\(ends)")
        continue
      }
      #expect(packed.count < count)
      #expect(try Deflate.decompress(packed.span, count: count) == bytes)
      for wrong in [0, count - 1, count + 1, 2 * count] {
        #expect(throws: DeflateError.wrongLength(expected: wrong)) {
          try Deflate.decompress(packed.span, count: wrong)
        }
      }
      #expect(throws: DeflateError.trailingBytes) { try Deflate.decompress((packed + [0]).span, count: count) }
    }
  }

  @Test("What does not become shorter is not packed") func noise() throws {
    for count in [0, 1, 2, 100, 5000, 70_000] { #expect(try Deflate.compress(GzipTests.noise(count)) == nil) }
  }

  @Test("A part that is noise does not stretch the parts around it") func parts() throws {
    let noise = GzipTests.noise(3000)
    let zeros = [UInt8](repeating: 0, count: 3000)
    let packed = try #require(
      try Deflate.compress(zeros + noise + zeros, parts: [.init(end: 3000), .init(end: 6000, .noise)]))
    #expect(packed.count < 3070)
    #expect(try Deflate.decompress(packed.span, count: 9000) == zeros + noise + zeros)
  }

  @Test("Data that ends early is told from data that is wrong") func truncation() throws {
    let bytes = (0..<1000).map { UInt8($0 % 7) }
    let packed = try #require(try Deflate.compress(bytes))
    for count in packed.indices {
      #expect(throws: DeflateError.truncated) { try Deflate.decompress(packed.span.extracting(..<count), count: 1000) }
    }
    #expect(throws: DeflateError.corrupt("invalid block type")) { try Deflate.decompress([7, 0].span, count: 5) }
  }
}
