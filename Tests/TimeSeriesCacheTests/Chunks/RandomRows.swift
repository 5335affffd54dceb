import CacheSupport
import TestSupport

@testable import TimeSeriesCache

/// Rows that are made at random, of every kind that a chunk holds.
struct RandomRows {
  private var random: SplitMix
  /// What a column is like: a measure has one of these, or several.
  enum Kind: CaseIterable {
    case constant, steps, curve, decimals, walk, noise, bits, floats, extremes
    case counter, integers, allBits
    case booleans
    case states, texts
  }

  static let names = [
    "temperature", "power", "", " ", "a\0b", "é", "e\u{301}", "'; DROP TABLE x; --", "a,b=c d", "\"", "\u{FFFF}", "🌡",
    String(repeating: "long", count: 64), "A", "a",
  ]

  static let extremes: [Double] = [
    0, -0.0, .infinity, -.infinity, .nan, .signalingNaN, Double(bitPattern: 0x7FF8_0000_0000_BEEF),
    Double(bitPattern: 0xFFF0_0000_0000_0001), .leastNonzeroMagnitude, -.leastNonzeroMagnitude,
    .leastNormalMagnitude, .greatestFiniteMagnitude, -.greatestFiniteMagnitude, 0.1, 1e22, 1e23, 0x1p51, 0x1p52, 0x1p53,
    9_007_199_254_740_992, 0.30000000000000004, 123_456_789.125,
  ]

  private struct Column {
    var name: String
    var kinds: [Kind]
    /// The part of the rows that have a value.
    var density: Double
    var state: Double = 0
  }

  init(seed: UInt64) { random = SplitMix(seed: seed) }

  /// Up to a number of rows, ascending by instant.
  mutating func rows(upTo most: Int) -> [ChunkRow] {
    let count = Int.random(in: 0...most, using: &random)
    let instants = instants(count)
    let names = Self.names.shuffled(using: &random).prefix(Int.random(in: 1...5, using: &random))
    var columns = names.map { name -> Column in
      let kinds = (0..<Int.random(in: 1...3, using: &random)).map { _ in
        Kind.allCases.randomElement(using: &random) ?? .noise
      }
      let density: Double = [1, 1, 0.9, 0.5, 0.05].randomElement(using: &random) ?? 1
      return Column(name: name, kinds: kinds, density: density)
    }
    var version = Int64.random(in: -5...1_800_000_000_000, using: &random)
    columns.sort { ByteText($0.name) < ByteText($1.name) }
    return instants.indices.map { index in
      if Int.random(in: 0..<20, using: &random) == 0 { version = Int64.random(in: .min ... .max, using: &random) }
      var measures: [Measure] = []
      for place in columns.indices where Double.random(in: 0..<1, using: &random) < columns[place].density {
        let kind = columns[place].kinds.randomElement(using: &random) ?? .noise
        measures.append(Measure(columns[place].name, value(kind, row: index, &columns[place].state)))
      }
      return ChunkRow(
        sample: Sample(time: instants[index].0, nanoseconds: instants[index].1, measures: measures), version: version)
    }
  }

  private mutating func instants(_ count: Int) -> [(Int64, Int32)] {
    let kind = Int.random(in: 0..<5, using: &random)
    var instants: [(Int64, Int32)] = []
    var time = Int64.random(in: TimeExpression.bounds, using: &random)
    for _ in 0..<count {
      switch kind {
      case 0: time += 300_000
      case 1: time += Int64.random(in: 1...100_000, using: &random)
      case 2: time += 60_000 + Int64.random(in: -500...500, using: &random)
      case 3: time = Int64.random(in: .min ... .max, using: &random)
      default: time += Int64.random(in: 0...1, using: &random)
      }
      instants.append((time, kind > 2 ? Int32.random(in: 0..<1_000_000, using: &random) : 0))
    }
    instants.sort { $0 < $1 }
    return zip(instants.indices, instants).filter { $0 == 0 || instants[$0 - 1] != $1 }.map(\.1)
  }

  private mutating func value(_ kind: Kind, row: Int, _ state: inout Double) -> MeasureValue {
    switch kind {
    case .constant: return .double(21.5)
    case .steps:
      if Int.random(in: 0..<10, using: &random) == 0 { state = Double(Int.random(in: 0...3, using: &random)) }
      return .double(state)
    case .curve: return .double((Double(row % 288) * 3).rounded() / 10)
    case .decimals:
      return .double(Double(Int.random(in: -100_000...100_000, using: &random)) / 1000)
    case .walk:
      state += Double(Int.random(in: -50...50, using: &random))
      return .double(state / 100)
    case .noise: return .double(Double.random(in: -1...1, using: &random))
    case .bits: return .double(Double(bitPattern: random.next()))
    case .floats: return .double(Double(Float.random(in: -100...100, using: &random)))
    case .extremes: return .double(Self.extremes.randomElement(using: &random) ?? 0)
    case .counter: return .bigint(Int64(row) * 1000 + Int64.random(in: 0...10, using: &random))
    case .integers: return .bigint(Int64.random(in: -1000...1000, using: &random))
    case .allBits:
      return .bigint([.min, .max, 0, -1, Int64(bitPattern: random.next())].randomElement(using: &random) ?? 0)
    case .booleans: return .boolean(Bool.random(using: &random))
    case .states: return .varchar(["on", "off", "é", "e\u{301}", ""].randomElement(using: &random) ?? "")
    case .texts:
      return .varchar(
        String(
          (0..<Int.random(in: 0...40, using: &random)).map { _ in "añ€🌡\n\0".randomElement(using: &random) ?? "x" }))
    }
  }
}

extension RandomRows {
  /// A row as text that differs wherever the row does: doubles by their bits, texts by their bytes.
  static func exact(_ rows: [ChunkRow]) -> [String] {
    rows.map { row in
      let measures = row.sample.measures.map { "\(Array($0.name.utf8)): \(exact($0.value))" }
      return "\(row.sample.time) \(row.sample.nanoseconds) \(row.version) \(measures)"
    }
  }

  static func exact(_ value: MeasureValue?) -> String {
    switch value {
    case .double(let value): "double \(String(value.bitPattern, radix: 16))"
    case .bigint(let value): "bigint \(value)"
    case .varchar(let text): "varchar \(Array(text.utf8))"
    case .boolean(let value): "boolean \(value)"
    case nil: "nil"
    }
  }
}
