import CacheSupport
import TestSupport
import Testing

@testable import TimeSeriesCache

@Suite("Rows in columns are the rows") struct SeriesBlockTests {
  /// Samples in order, a few of them within one millisecond.
  static func samples(_ seed: UInt64) -> [Sample] {
    var random = RandomRows(seed: seed)
    return random.rows(upTo: 40).map(\.sample)
  }

  static func exact(_ samples: [Sample]) -> [String] {
    RandomRows.exact(samples.map { ChunkRow(sample: $0, version: 0) })
  }

  @Test("They come back, and so does every part of them", arguments: 0..<6 as Range<UInt64>)
  func parts(seed: UInt64) {
    for seed in (seed * 20)..<(seed * 20 + 20) {
      let samples = Self.samples(seed)
      let block = SeriesBlock(samples)
      #expect(Self.exact(block.samples) == Self.exact(samples), "seed \(seed)")
      for first in 0...samples.count {
        for last in [first, (first + samples.count) / 2, samples.count] where last >= first {
          let part = block[first..<last]
          #expect(Self.exact(part.samples) == Self.exact(Array(samples[first..<last])), "seed \(seed)")
          #expect(part.measures.allSatisfy { $0.columns.allSatisfy { $0.values.count > 0 } })
        }
      }
    }
  }

  @Test("Some of the measures: rows without any of them are left out", arguments: 0..<6 as Range<UInt64>)
  func measures(seed: UInt64) {
    for seed in (seed * 20)..<(seed * 20 + 20) {
      let samples = Self.samples(seed)
      let names = Set(samples.flatMap(\.measures).map { ByteText($0.name) }).sorted()
      for wanted in [Set(names), Set(names.prefix(1)), Set(names.suffix(2)), ["none"]] {
        let expected = samples.compactMap { sample -> Sample? in
          var sample = sample
          sample.measures.removeAll { !wanted.contains(ByteText($0.name)) }
          return sample.measures.isEmpty ? nil : sample
        }
        #expect(Self.exact(SeriesBlock(samples).with(wanted).samples) == Self.exact(expected), "seed \(seed)")
      }
    }
  }

  @Test("As they are served: one row a millisecond, none without a value", arguments: 0..<6 as Range<UInt64>)
  func merged(seed: UInt64) {
    for seed in (seed * 20)..<(seed * 20 + 20) {
      var samples = Self.samples(seed)
      samples.append(Sample(time: (samples.last?.time ?? 0) &+ 1, measures: []))
      guard samples.count < 2 || samples[samples.count - 2].time < samples[samples.count - 1].time else { continue }
      var expected: [Sample] = []
      for sample in samples { expected.add(sample) }
      #expect(Self.exact(SeriesBlock(samples).merged.samples) == Self.exact(expected), "seed \(seed)")
    }
  }

  @Test("Answers are equal by their rows, however they are divided") func equality() {
    let samples = (0..<10).map { Sample(time: $0, measures: [Measure("a", .bigint($0))]) }
    var divided = HistoryRows(samples: Array(samples[..<4]), bytesMetered: 7)
    divided.add(SeriesBlock(samples[4...]))
    let whole = HistoryRows(samples: samples, bytesMetered: 7)
    #expect(divided == whole && divided.hashValue == whole.hashValue)
    divided.add(SeriesBlock([Sample(time: 10, measures: [])]))
    #expect(divided != whole)
  }
}
