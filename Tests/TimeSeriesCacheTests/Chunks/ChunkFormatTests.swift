import CacheSupport
import Compression
import Foundation
import TestSupport
import Testing

@testable import TimeSeriesCache

@Suite("What is no chunk is refused, and takes no more memory than it may") struct ChunkFormatTests {
  typealias Rows = ChunkCodecTests

  static let example = [
    Rows.row(1_767_225_600_000, version: 1_767_226_500_000, [("on", .boolean(true)), ("temperature", .double(21.5))]),
    Rows.row(1_767_225_900_000, version: 1_767_226_500_000, [("on", .boolean(false)), ("temperature", .double(21.6))]),
    Rows.row(1_767_226_200_000, version: 1_767_226_500_000, [("temperature", .double(21.4))]),
  ]

  @Test("The example of the documentation is what is packed") func documented() throws {
    let page = URL(filePath: #filePath).deletingLastPathComponent().appending(
      path: "../../../docs/history-format.md")
    let lines = try String(contentsOf: page, encoding: .utf8).split(separator: "## 7.")[1].split(separator: "\n")
    // Lines of bytes are indented; what they mean stands behind two blanks.
    let bytes = lines.filter { $0.hasPrefix("    ") }.flatMap { line in
      String(line.dropFirst(4)).components(separatedBy: "  ")[0].split(separator: " ").compactMap {
        UInt8($0, radix: 16)
      }
    }
    let packed = ChunkCodec.pack(Self.example)
    #expect(bytes == packed.head + packed.rows)
  }

  @Test("Bytes that end early are refused at every byte") func truncation() throws {
    var random = RandomRows(seed: 3)
    for rows in [Self.example, random.rows(upTo: 300), Rows.rows((0..<300).map { .double(Double($0 % 11)) })] {
      let packed = ChunkCodec.pack(rows)
      for count in packed.head.indices {
        #expect(throws: ChunkError.self) { try ChunkCodec.unpackHead(Array(packed.head[..<count])) }
      }
      for count in packed.rows.indices {
        #expect(throws: ChunkError.self) {
          try ChunkCodec.unpack(PackedChunk(head: packed.head, rows: Array(packed.rows[..<count])))
        }
      }
      #expect(throws: ChunkError.self) { try ChunkCodec.unpackHead(packed.head + [0]) }
      #expect(throws: ChunkError.self) {
        try ChunkCodec.unpack(PackedChunk(head: packed.head, rows: packed.rows + [0]))
      }
    }
  }

  /// A head of so many rows from 1970 on, a millisecond each, and so many measures.
  static func head(rows: UInt64, measures: Int = 0) -> [UInt8] {
    var head = ChunkWriter(bytes: [1])
    head.number(rows)
    head.bytes += [0]
    head.number(rows &- 1)
    head.count(measures)
    for measure in 0..<measures {
      head.text(String(10_000 + measure))
      // Bigints, all zero.
      head.bytes += [32, 2, 0, 0, 0, 0]
    }
    return head.bytes
  }

  /// Rows whose columns are as described.
  static func rows(_ description: [UInt8], data: [UInt8] = []) -> [UInt8] {
    var rows = ChunkWriter(bytes: [1])
    rows.count(description.count)
    return rows.bytes + description + data
  }

  /// Times a millisecond from each other, and one version.
  static let times: [UInt8] = [0, 2, 0, 2, 1, 0, 0]

  static let wrong: [(head: [UInt8], rows: [UInt8], reason: String)] = [
    ([], [], "the bytes end too early"), ([2], [], "the format 2 is not known"),
    ([0x81, 0xFF, 0xFF, 0xFF, 0x7F], [], "268435455 bytes are more than 16777216"),
    ([0x81, 0x80, 0x80, 0x80, 0x01], [], "2097152 bytes cannot come of 5"),
    ([1] + Array(repeating: 0xFF, count: 11), [], "a number has more than 64 bits"),
    (head(rows: 65_537), rows(times), "65537 rows are more than 65536"),
    ([1, 2, 0] + [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1, 0], [], "the times end before they begin"),
    ([1, 1, 0, 0, 0xFF, 0x7F], [], "16383 measures are more than 0"),
    ([1, 1, 0, 0, 1, 9, 1, 1, 1, 1], [], "9 bytes of a text are more than 5"),
    ([1, 1, 0, 0, 1, 1, 0xFF, 32, 2, 0, 0, 0, 0], [], "a text is not UTF-8"),
    ([1, 1, 0, 0, 2, 1, 97, 32, 2, 0, 0, 0, 0, 1, 97, 32, 2, 0, 0, 0, 0], [], "the measures are not in order"),
    ([1, 1, 0, 0, 1, 1, 97, 64, 0, 0, 0, 0], [], "64 are no flags of a measure"),
    ([1, 1, 0, 0, 1, 1, 97, 1, 0, 0, 0, 0], [], "a measure has no values"),
    ([1, 1, 0, 0, 1, 1, 97, 0, 6, 0, 0, 0], [], "a value is as one that is not there"),
    ([1, 1, 0, 0, 1, 1, 97, 0, 9, 0, 0, 0], [], "9 is no kind of value"),
    ([1, 0, 0, 0], [], "1 bytes are left over"), ([1, 0, 0], [1], "a chunk without rows has some"),
    (head(rows: 1), [], "the bytes end too early"), (head(rows: 1), rows([9]), "9 are no flags of rows"),
    (head(rows: 2), rows([0, 0, 0, 1, 0, 0]), "the times are not those of the head"),
    (head(rows: 3), rows([0, 5, 0, 1, 0, 0], data: [6, 1]), "the times are not in order"),
    (head(rows: 1), rows([0, 0, 0, 0]), "the rows have no version"),
    (head(rows: 2), rows([0, 2, 0, 2, 0, 0]), "2 is no encoding of 2 whole numbers"),
    (head(rows: 3), rows([0, 2, 0, 2, 2, 0, 0, 0, 6]), "the versions are not those of the rows"),
    (head(rows: 3), rows(times + [0]), "1 bytes are left over"),
    (head(rows: 3), rows(times, data: [0]), "1 bytes are left over"),
    (head(rows: 3, measures: 1), rows(times + [1 | 16, 0, 0, 2, 0, 0]), "a row has two values of a measure"),
    (head(rows: 3, measures: 1), rows(times + [1 | 4], data: [0]), "a column has no values"),
    (head(rows: 3, measures: 1), rows(times + [1 | 8, 2, 0, 0]), "the rows of a column are not in order"),
    (head(rows: 3, measures: 1), rows(times + [1 | 12]), "3 does not say which rows have a value"),
    (head(rows: 3, measures: 1), rows(times + [0, 34]), "34 is no encoding of doubles"),
    (head(rows: 3, measures: 1), rows(times + [0, 32, 0x18 | 0x80]), "152 is no range of a double's bytes"),
    (head(rows: 3, measures: 1), rows(times + [0, 33, 0, 0, 7]), "7 are too many bytes of a mantissa"),
    (
      head(rows: 3, measures: 1), rows(times + [0, 33, 0, 0xFF, 0x7F, 0], data: [0, 0]),
      "-8192 is no sign and exponent of a double"
    ),
    (head(rows: 3, measures: 1), rows(times + [2, 4]), "4 texts are more than 3"),
    (head(rows: 3, measures: 1), rows(times + [2, 1, 0, 0, 0, 2]), "a value is none of the texts"),
    (head(rows: 3, measures: 1), rows(times + [2, 1, 0, 1]), "the bytes end too early"),
    // Numbers that need no bytes at all: only their count can bound them.
    (
      head(rows: 65_536, measures: 9), rows(times + Array(repeating: [1, 0, 0], count: 9).joined()),
      "there are more than 524288 values"
    ),
  ]

  @Test("What is wrong is named", arguments: wrong) func reasons(head: [UInt8], rows: [UInt8], reason: String) throws {
    #expect(throws: ChunkError(reason)) { try ChunkCodec.unpack(PackedChunk(head: head, rows: rows)) }
  }

  @Test("A head of more measures than a chunk has values is refused, before it takes memory") func manyMeasures() {
    var head = ChunkWriter()
    for count in [1, 0, 0, ChunkLimits.values + 1] { head.count(count) }
    let bytes = [1] + head.bytes + [UInt8](repeating: 0, count: 6 * (ChunkLimits.values + 1))
    #expect(throws: ChunkError("524289 measures are more than 524288")) { try ChunkCodec.unpackHead(bytes) }
  }

  @Test("A chunk at the limits is read") func limits() throws {
    let rows = Self.rows(Self.times + [1, 0, 0])
    let packed = PackedChunk(head: Self.head(rows: 65_536, measures: 1), rows: rows)
    let chunk = try ChunkCodec.decode(packed)
    #expect(chunk.block.times == Array(0..<65_536) && chunk.block[65_535..<65_536].samples.map(\.time) == [65_535])
  }

  @Test("A bomb is left where its length passes what it said") func bomb() throws {
    let zeros = [UInt8](repeating: 0, count: 1 << 24)
    let bomb = try #require(try Deflate.compress(zeros))
    for count in [0, 1, 100, 1 << 23, (1 << 24) - 1] {
      var frame = ChunkWriter(bytes: [0x81])
      frame.count(count)
      #expect(throws: ChunkError.self) { try ChunkFrame.unpack(frame.bytes + bomb) }
    }
    // All of the rows that it claims to hold are none.
    var frame = ChunkWriter(bytes: [0x81])
    frame.count(1 << 24)
    #expect(throws: ChunkError.self) {
      try ChunkCodec.unpack(PackedChunk(head: Self.head(rows: 65_536), rows: frame.bytes + bomb))
    }
  }

  @Test("The writer's bound is below the reader's") func allowed() throws {
    let row = Rows.row(0, [("v", .double(1))])
    #expect(ChunkLimits.allow(Array(repeating: row, count: 65_536)))
    #expect(!ChunkLimits.allow(Array(repeating: row, count: 65_537)))
    let wide = Rows.row(0, (0..<200).map { ("measure \($0)", .double(1)) })
    #expect(ChunkLimits.allow(Array(repeating: wide, count: 2621)))
    #expect(!ChunkLimits.allow(Array(repeating: wide, count: 2622)))
    let text = Rows.row(0, [("v", .varchar(String(repeating: "x", count: 2048)))])
    #expect(ChunkLimits.allow(Array(repeating: text, count: 2000)))
    #expect(!ChunkLimits.allow(Array(repeating: text, count: 2100)))
    // As large as it may be, it is read.
    let rows = (0..<65_536).map { Rows.row(Int64($0), version: Int64($0 * 7), [("v", .bigint(Int64($0) << 20))]) }
    #expect(ChunkLimits.allow(rows))
    #expect(try ChunkCodec.decode(ChunkCodec.pack(rows)).count == 65_536)
  }

  @Test("Changed chunks are refused, or are chunks; nothing traps", arguments: 0..<4) func fuzz(part: UInt64) throws {
    var random = SplitMix(seed: part)
    var (taken, refused) = (0, 0)
    for number in 0..<40 {
      var rows = RandomRows(seed: part * 100 + UInt64(number))
      let packed = ChunkCodec.pack(rows.rows(upTo: 40))
      let head = [1] + (try ChunkFrame.unpack(packed.head))
      let contents = packed.rows.isEmpty ? [] : [1] + (try ChunkFrame.unpack(packed.rows))
      for round in 0..<40 {
        var changed = round % 2 == 0 ? packed : PackedChunk(head: head, rows: contents)
        if round % 4 == 3 { changed.head.mutate(&random) } else { changed.rows.mutate(&random) }
        do {
          let chunk = try ChunkCodec.decode(changed)
          // What was taken is a chunk like another.
          let again = ChunkCodec.pack(chunk)
          #expect(ChunkCodec.pack(try ChunkCodec.decode(again)) == again)
          #expect(chunk.block.samples.count == chunk.count)
          taken += 1
        } catch { refused += 1 }
      }
      for _ in 0..<40 {
        let bytes = (0..<Int.random(in: 0...60, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
        _ = try? ChunkCodec.unpack(PackedChunk(head: bytes, rows: bytes))
        _ = try? ChunkCodec.unpack(PackedChunk(head: packed.head, rows: [UInt8(bytes.count % 2)] + bytes))
      }
    }
    #expect(taken > 0 && refused > 500 && taken + refused == 1600)
  }
}

extension [UInt8] {
  /// Changes a byte, takes one out, puts one in, or cuts the rest off.
  fileprivate mutating func mutate(_ random: inout SplitMix) {
    guard !isEmpty else { return }
    let place = Int.random(in: 0..<count, using: &random)
    switch Int.random(in: 0..<5, using: &random) {
    case 0: self[place] ^= 1 << UInt8.random(in: 0...7, using: &random)
    case 1: self[place] = UInt8.random(in: 0...255, using: &random)
    case 2: remove(at: place)
    case 3: insert(UInt8.random(in: 0...255, using: &random), at: place)
    default: removeSubrange(place...)
    }
  }
}
