import CacheSupport
import CommandLineSupport
import Foundation
import TimeSeriesCache

/// Feeds the decoder with changed chunks: whatever they are, it takes them or says what is wrong, in bounded time and memory.
struct Fuzz {
  private var random: SplitMix
  private let corpus: [PackedChunk]
  /// The bytes of the corpus before they were deflated.
  private let contents: [PackedChunk]
  private var (cases, taken, refused) = (0, 0, 0)
  private var longest = 0.0
  private var reasons: [String: Int] = [:]

  init(seed: UInt64) throws {
    random = SplitMix(seed: seed)
    corpus = Self.rows(&random).map { ChunkCodec.pack($0) }
    contents = try corpus.map {
      PackedChunk(head: try ChunkFrame.unpack($0.head), rows: $0.rows.isEmpty ? [] : try ChunkFrame.unpack($0.rows))
    }
  }

  /// - Returns: false where a chunk that was taken does not come back as it is.
  mutating func run(seconds: Double) -> Bool {
    let clock = ContinuousClock()
    let start = clock.now
    var isGood = true
    while clock.now - start < .seconds(seconds), isGood {
      for _ in 0..<1000 where isGood { isGood = one() }
    }
    var usage = rusage()
    unsafe getrusage(Int32(RUSAGE_SELF.rawValue), &usage)
    Output.line(
      """
      \(cases) cases in \(Int(seconds)) s: \(taken) taken, \(refused) refused for \(reasons.count) reasons; the longest took \
      \(Int(longest * 1000)) ms of the processor; the most memory was \(usage.ru_maxrss / 1024) MB
      """)
    for (reason, count) in reasons.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }) {
      Output.line("  \(count)  \(reason)")
    }
    return isGood
  }

  private mutating func one() -> Bool {
    let packed = candidate()
    cases += 1
    let start = processorTime()
    defer { longest = max(longest, processorTime() - start) }
    do {
      let chunk = try ChunkCodec.decode(packed)
      taken += 1
      let samples = chunk.block[0..<min(chunk.count, 1000)].samples
      let again = ChunkCodec.pack(chunk)
      guard samples.count == min(chunk.count, 1000), ChunkCodec.pack(try ChunkCodec.decode(again)) == again else {
        Output.line("a chunk is not what it was packed from: head \(packed.head), rows \(packed.rows)")
        return false
      }
    } catch {
      refused += 1
      // Without the numbers in it.
      reasons[String(error.description.filter { !$0.isNumber && $0 != "-" }), default: 0] += 1
    }
    return true
  }

  private mutating func candidate() -> PackedChunk {
    let place = Int.random(in: 0..<corpus.count, using: &random)
    switch Int.random(in: 0..<10, using: &random) {
    case 0: return PackedChunk(head: bytes(), rows: bytes())
    case 1: return PackedChunk(head: corpus[place].head, rows: [UInt8.random(in: 0...1, using: &random)] + bytes())
    case 2: return PackedChunk(head: changed(corpus[place].head), rows: changed(corpus[place].rows))
    case 3:
      let other = Int.random(in: 0..<corpus.count, using: &random)
      return PackedChunk(head: corpus[place].head, rows: corpus[other].rows)
    case 4, 5: return PackedChunk(head: corpus[place].head, rows: changed(corpus[place].rows))
    case 6: return PackedChunk(head: [1] + changed(contents[place].head), rows: corpus[place].rows)
    case 7: return PackedChunk(head: [1] + changed(contents[place].head), rows: [1] + changed(contents[place].rows))
    default: return PackedChunk(head: corpus[place].head, rows: [1] + changed(contents[place].rows))
    }
  }

  private mutating func bytes() -> [UInt8] {
    (0..<Int.random(in: 0..<200, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
  }

  /// Some bytes changed, taken out, put in, cut off, or repeated; more often at the start, where the lengths are.
  private mutating func changed(_ bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
      let most = Bool.random(using: &random) ? bytes.count : min(bytes.count, 64)
      let place = Int.random(in: 0..<most, using: &random)
      switch Int.random(in: 0..<8, using: &random) {
      case 0: bytes[place] ^= 1 << UInt8.random(in: 0...7, using: &random)
      case 1: bytes[place] = UInt8.random(in: 0...255, using: &random)
      case 2: bytes[place] = [0, 1, 0x7F, 0x80, 0xFF, 32, 33].randomElement(using: &random) ?? 0
      case 3: bytes.remove(at: place)
      case 4: bytes.insert(UInt8.random(in: 0...255, using: &random), at: place)
      case 5: bytes.removeSubrange(place...)
      case 6:
        bytes.insert(contentsOf: [UInt8](repeating: 0xFF, count: Int.random(in: 1...10, using: &random)), at: place)
      default: bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + 8)], at: place)
      }
    }
    return bytes
  }

  /// Chunks of all kinds: days of the benchmark, wide rows, few rows, every type, measures that come and go, repetition without end.
  static func rows(_ random: inout SplitMix) -> [[ChunkRow]] {
    var all: [[ChunkRow]] = [[], Array(DataSet.noise().days[0].prefix(40))]
    for set in [DataSet.sensors(), .prices()] {
      all += [set.days[0], Array(set.days[1].prefix(1)), Array(set.days[2].prefix(13))]
    }
    all.append(
      (0..<5).map { row in
        let measures = (0..<200).map { Measure("measure_\(1000 + $0)", .double(Double($0 * row) / 4)) }
        return ChunkRow(sample: Sample(time: Int64(row) * 1000, measures: measures), version: Int64(row))
      })
    for _ in 0..<20 {
      var time = Int64.random(in: -1_000_000_000_000...2_000_000_000_000, using: &random)
      all.append(
        (0..<Int.random(in: 1...80, using: &random)).map { row in
          time += Int64.random(in: 1...100_000, using: &random)
          let values: [MeasureValue] = [
            .double(Double.random(in: -1...1, using: &random)), .double(Double(row) / 10),
            .bigint(Int64(bitPattern: random.next())),
            .bigint(Int64(row)), .varchar("state \(row % 3)"), .varchar(""), .boolean(row % 2 == 0), .double(-0.0),
            .double(.nan),
          ]
          let measures = ["a", "b", "c", "é"].compactMap { name in
            Bool.random(using: &random) ? values.randomElement(using: &random).map { Measure(name, $0) } : nil
          }
          return ChunkRow(
            sample: Sample(time: time, nanoseconds: Int32.random(in: 0...1, using: &random), measures: measures),
            version: Int64(row / 10))
        })
    }
    all.append(
      (0..<20_000).map { row in
        ChunkRow(
          sample: Sample(time: Int64(row) * 1000, measures: [Measure("on", .boolean(true)), Measure("v", .double(7))]),
          version: 1)
      })
    return all
  }
}
