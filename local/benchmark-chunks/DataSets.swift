import CacheSupport
import Foundation
import TimeSeriesCache

extension SplitMix {
  /// A normal deviate (Box and Muller 1958).
  mutating func normal(_ deviation: Double) -> Double {
    let (one, other) = (
      Double.random(in: .leastNonzeroMagnitude..<1, using: &self), Double.random(in: 0..<1, using: &self)
    )
    return deviation * (-2 * log(one)).squareRoot() * cos(2 * .pi * other)
  }
}

/// Days of 288 rows, one every five minutes, with two doubles each.
struct DataSet {
  var name: String
  var days: [[ChunkRow]]
  /// Bytes that the head and the rows of a day are to have at most.
  var target: Int

  static let days = 200

  /// A sensor outdoors and a solar inverter: temperature in tenths of a degree, power in watts.
  ///
  /// The temperature is a curve of the day, 10 to 14 degrees high and low by 4 to 8, and weather that moves by 0.03 degrees a step, read with
  /// an error of 0.05 degrees. The power is nought at night, from six to six a sine of 2 to 4 kW, read with an error of 10 watts.
  static func sensors() -> DataSet {
    var random = SplitMix(seed: 1)
    var weather = 0.0
    return DataSet(
      name: "temperature, power",
      days: days { day, step in
        weather += random.normal(0.03)
        let hour = Double(step) / 12
        let height = 12 + 2 * sin(Double(day) / 9)
        let temperature =
          height + (6 + 2 * sin(Double(day) / 5)) * sin((hour - 9) / 12 * .pi) + weather + random.normal(0.05)
        let peak = 3000 + 1000 * sin(Double(day) / 7)
        let power = peak * sin((hour - 6) / 12 * .pi)
        return (
          tenth(temperature, 10), power > 0 ? max(0, (power + random.normal(10)).rounded()) : 0
        )
      }, names: ("temperature", "power"), target: 400)
  }

  /// Two shares in cents, from 180 and from 40: random walks, each of which moves by two hundredths a day.
  static func prices() -> DataSet {
    var random = SplitMix(seed: 2)
    var (one, other) = (180.0, 40.0)
    return DataSet(
      name: "prices",
      days: days { _, _ in
        one *= 1 + random.normal(0.02 / 288.0.squareRoot())
        other *= 1 + random.normal(0.02 / 288.0.squareRoot())
        return (tenth(one, 100), tenth(other, 100))
      }, names: ("one", "other"), target: 520)
  }

  /// Two numbers from 0 to 1 of which every bit is chance.
  static func noise() -> DataSet {
    var random = SplitMix(seed: 3)
    return DataSet(
      name: "noise", days: days { _, _ in (.random(in: 0..<1, using: &random), .random(in: 0..<1, using: &random)) },
      names: ("a", "b"), target: 4000)
  }

  private init(name: String, days: [[(Double, Double)]], names: (String, String), target: Int) {
    self.name = name
    self.target = target
    let isInOrder = names.0 < names.1
    self.days = days.enumerated().map { day, values in
      let start = 1_767_225_600_000 + Int64(day) * 86_400_000
      return values.enumerated().map { step, values in
        let measures = [Measure(names.0, .double(values.0)), Measure(names.1, .double(values.1))]
        return ChunkRow(
          sample: Sample(
            time: start + Int64(step) * 300_000, measures: isInOrder ? measures : measures.reversed()),
          // A day is fetched when it is over.
          version: start + 86_400_000 + 4_711)
      }
    }
  }

  private static func days(_ values: (Int, Int) -> (Double, Double)) -> [[(Double, Double)]] {
    (0..<days).map { day in (0..<288).map { values(day, $0) } }
  }

  private static func tenth(_ value: Double, _ places: Double) -> Double { (value * places).rounded() / places }

  /// The rows as they are in memory, column by column: 24 bytes each.
  static func raw(_ rows: [ChunkRow]) -> [UInt8] {
    var columns = [[UInt8]](repeating: [], count: 3)
    for row in rows {
      func add(_ bits: UInt64, _ column: Int) {
        for shift in stride(from: 0, to: 64, by: 8) { columns[column].append(UInt8(truncatingIfNeeded: bits >> shift)) }
      }
      add(UInt64(bitPattern: row.sample.time), 0)
      for (place, measure) in row.sample.measures.enumerated() {
        if case .double(let value) = measure.value { add(value.bitPattern, place + 1) }
      }
    }
    return Array(columns.joined())
  }
}
