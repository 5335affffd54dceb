import CacheSupport
import TestSupport
import Testing

@testable import TimeSeriesCache

@Suite("What is packed into a chunk comes back bit for bit") struct ChunkCodecTests {
  static func row(
    _ time: Int64, nanoseconds: Int32 = 0, version: Int64 = 1, _ measures: [(String, MeasureValue)]
  ) -> ChunkRow {
    ChunkRow(
      sample: Sample(time: time, nanoseconds: nanoseconds, measures: measures.map { Measure($0.0, $0.1) }),
      version: version)
  }

  /// Rows of one measure, a second from each other.
  static func rows(_ values: [MeasureValue]) -> [ChunkRow] {
    values.enumerated().map { row(Int64($0) * 1000, [("v", $1)]) }
  }

  /// What a bin of all the rows has of each measure.
  static func tallies(_ rows: [ChunkRow]) -> [ByteText: MeasureTally] {
    var tallies: [ByteText: MeasureTally] = [:]
    // Rows of one millisecond are one sample, to a bin as to everybody who reads them.
    var samples: [Sample] = []
    for row in rows { samples.add(row.sample) }
    for sample in samples {
      for measure in sample.measures {
        tallies[ByteText(measure.name), default: MeasureTally()].add(measure.value, previous: nil)
      }
    }
    return tallies
  }

  /// A head's measures as texts that differ wherever these do.
  static func exact(_ tallies: [ByteText: MeasureTally]) -> [String] {
    tallies.map { name, tally in
      let sum = tally.sum.parts
      let values = [tally.minimum, tally.maximum, tally.first, tally.last].map { RandomRows.exact($0) }
      let decimals = sum.decimals.map { RandomRows.exact(.double($0)) } ?? "none"
      return "\(Array(name.text.utf8)) \(tally.count) \(tally.numbers) \(values) \(sum.whole) \(decimals) "
        + "\(sum.compensation.bitPattern) \(tally.increase == nil)"
    }.sorted()
  }

  /// The rows come back, the head says what they say, and packing again makes the same bytes.
  static func check(_ rows: [ChunkRow], _ comment: Comment? = nil) throws {
    let packed = ChunkCodec.pack(rows)
    #expect(RandomRows.exact(try ChunkCodec.unpack(packed)) == RandomRows.exact(rows), comment)
    let head = try ChunkCodec.unpackHead(packed.head)
    #expect(head.count == rows.count, comment)
    #expect(head.times?.from == rows.first?.sample.time && head.times?.to == rows.last?.sample.time, comment)
    #expect(exact(head.measures) == exact(tallies(rows)), comment)
    #expect(ChunkCodec.pack(try ChunkCodec.decode(packed)) == packed, comment)
  }

  @Test("Rows of every kind", arguments: 0..<8) func random(part: UInt64) throws {
    for seed in (part * 1000)..<(part * 1000 + 60) {
      var random = RandomRows(seed: seed)
      try Self.check(random.rows(upTo: seed % 10 == 0 ? 700 : 60), "seed \(seed)")
    }
  }

  static let columns: [[MeasureValue]] = [
    [], [.double(1)], [.bigint(.min)], [.varchar("")], [.boolean(true)], [.double(0), .double(-0.0)],
    [.double(-0.0)], [.double(.nan), .double(.signalingNaN), .double(Double(bitPattern: 0x7FF0_0000_0000_0001))],
    [.double(.infinity), .double(-.infinity)], [.double(.leastNonzeroMagnitude), .double(.greatestFiniteMagnitude)],
    RandomRows.extremes.map { .double($0) },
    // The largest whole numbers and decimals, and those that are one too large.
    [.double(0x1p51), .double(0x1p51 - 1), .double(-0x1p51), .double(0x1p53), .double(9e15)],
    [.double(0.1), .double(0.01), .double(1e-22), .double(1e-23)], [.double(1e22), .double(1.5)],
    [.double(0.30000000000000004), .double(0.3)],
    [.bigint(.min), .bigint(.max), .bigint(0), .bigint(.max), .bigint(.min), .bigint(-1)],
    [.bigint(.max), .bigint(.max), .bigint(.max)], [.bigint(1), .bigint(2), .bigint(3), .bigint(4)],
    // One measure of all types in turn.
    [.double(1), .bigint(1), .varchar("1"), .boolean(true), .double(2), .bigint(2), .varchar("2"), .boolean(false)],
    [.varchar("é"), .varchar("e\u{301}"), .varchar("é")], [.varchar(String(repeating: "🌡", count: 512))],
    Array(repeating: .boolean(false), count: 9), Array(repeating: .varchar("on"), count: 300),
    Array(repeating: .double(21.5), count: 1000), Array(repeating: .double(.pi), count: 1000),
    (0..<300).map { .varchar("text \($0)") }, (0..<300).map { .bigint($0 * $0 * $0) },
    // Numbers that a float has, and whose lower bytes are zero.
    (0..<100).map { .double(Double(Float($0) / 3)) }, (0..<100).map { .double(Double($0) / 3) },
  ]

  @Test("Columns that are special", arguments: columns) func column(values: [MeasureValue]) throws {
    try Self.check(Self.rows(values))
  }

  static let chunks: [[ChunkRow]] = [
    [row(.min, [("a", .bigint(1))]), row(.max, [("a", .bigint(2))])],
    [row(.min, version: .max, [("a", .bigint(1))]), row(.min + 1, version: .min, [("a", .bigint(1))]), row(.max, [])],
    [row(TimeExpression.bounds.lowerBound, [("a", .bool)]), row(TimeExpression.bounds.upperBound, [("a", .bool)])],
    // One instant of a millisecond after the other.
    [row(5, [("a", .bool)]), row(5, nanoseconds: 1, [("a", .bool)]), row(5, nanoseconds: 999_999, [("b", .bool)])],
    [row(0, [])], [row(0, []), row(1, [("a", .bool)])],
    // Two spellings of one letter, and names that are no names.
    [row(0, [("", .bool), ("\0", .bool), ("\"", .bool), ("a", .bool), ("e\u{301}", .bool), ("é", .bool)])],
    // Measures that come and go.
    (0..<100).map { row($0, version: $0 / 30, [("m\(10 + $0 / 10)", .bigint($0))]) },
    (0..<2000).map { row($0, $0 % 997 == 3 ? [("rare", .double(Double($0)))] : [("v", .double(Double($0 % 7)))]) },
    // Every row another version.
    (0..<50).map { row($0, version: $0 * $0 * ($0 % 2 == 0 ? 1 : -1), [("a", .bigint($0))]) },
    // Wide rows.
    (0..<20).map { time in row(time, (0..<200).map { ("measure \(1000 + $0)", .double(Double(time * $0) / 8)) }) },
  ]

  @Test("Chunks that are special", arguments: chunks) func chunk(rows: [ChunkRow]) throws { try Self.check(rows) }

  @Test("Rows in any order and twice are put in order; of one instant the highest version counts") func order() throws {
    let rows = [
      Self.row(2, version: 1, [("a", .bigint(1))]), Self.row(1, version: 5, [("a", .bigint(2))]),
      Self.row(2, version: 3, [("a", .bigint(3))]), Self.row(1, nanoseconds: 1, version: 1, [("a", .bigint(4))]),
      Self.row(2, version: 2, [("a", .bigint(5))]),
    ]
    #expect(try ChunkCodec.unpack(ChunkCodec.pack(rows)) == [rows[1], rows[3], rows[2]])
  }

  @Test("Of two values of one name in a row the first counts; measures are ordered by their names") func names() throws
  {
    let packed = ChunkCodec.pack([Self.row(1, [("b", .bigint(1)), ("a", .bool), ("b", .double(2))])])
    #expect(try ChunkCodec.unpack(packed) == [Self.row(1, [("a", .bool), ("b", .bigint(1))])])
  }

  @Test("A range has the samples that the rows have there", arguments: 0..<5) func ranges(seed: UInt64) throws {
    for seed in (seed * 10)..<(seed * 10 + 10) {
      var random = RandomRows(seed: seed)
      let rows = random.rows(upTo: 60)
      let chunk = try ChunkCodec.decode(ChunkCodec.pack(rows))
      let times = [.min, .max, 0] + rows.map(\.sample.time)
      for from in times {
        for to in [from, times[times.count / 2], .max] {
          guard let range = TimeRange(from: from, to: to) else { continue }
          let expected = rows.filter { from...to ~= $0.sample.time }
          let samples = chunk.block[chunk.block.rows(in: range)].samples.map { ChunkRow(sample: $0, version: 0) }
          #expect(
            RandomRows.exact(samples) == RandomRows.exact(expected.map { ChunkRow(sample: $0.sample, version: 0) }))
        }
      }
      #expect(chunk.block[-5..<0].count == 0 && chunk.block[rows.count..<(rows.count + 9)].count == 0)
    }
  }

  @Test("Heads one after the other are what their rows are") func heads() throws {
    var random = SplitMix(seed: 7)
    for decimals in [1.0, 10, 100] {
      let rows = (0..<3000).map { time in
        Self.row(
          time,
          [
            ("a", .double(Double(Int.random(in: -99_999...99_999, using: &random)) / decimals)),
            ("b", time % 3 == 0 ? .bigint(Int64.random(in: .min ... .max, using: &random)) : .varchar("\(time)")),
            ("c", .boolean(time % 7 == 0)),
          ])
      }
      var bin: [ByteText: MeasureTally] = [:]
      for start in stride(from: 0, to: rows.count, by: 288) {
        let packed = ChunkCodec.pack(Array(rows[start..<min(rows.count, start + 288)]))
        for (name, tally) in try ChunkCodec.unpackHead(packed.head).measures { bin[name, default: .init()].add(tally) }
      }
      let expected = Self.tallies(rows)
      for aggregate in [Aggregate.avg, .min, .max, .first, .last, .count, .sum] {
        for name in ["a", "b", "c"] as [ByteText] {
          #expect(
            bin[name]?.value(aggregate) == expected[name]?.value(aggregate), "\(aggregate) of \(name) by \(decimals)")
        }
      }
    }
  }
}

extension MeasureValue {
  static let bool = MeasureValue.boolean(true)
}
