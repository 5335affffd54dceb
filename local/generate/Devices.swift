import CacheSupport
import Glibc

/// The reference's devices: `sensor-001` on, over five places, with the values that machines of a factory have.
struct Devices {
  struct Reading: Hashable {
    var device: String
    var location: String
    /// In the order in which they are sent.
    var measures: [(name: String, value: Double)]

    static func == (one: Self, other: Self) -> Bool {
      one.device == other.device && one.location == other.location
        && one.measures.elementsEqual(other.measures) { $0 == $1 }
    }
    func hash(into hasher: inout Hasher) { hasher.combine(device) }
  }

  private static let locations = [
    "factory-floor-1", "factory-floor-1", "factory-floor-2", "warehouse-1", "warehouse-2",
  ]

  let count: Int
  private let seed: UInt64
  private var random: SplitMix

  init(count: Int, seed: UInt64) {
    self.count = count
    self.seed = seed
    random = SplitMix(seed: seed)
  }

  /// What all devices read at once; the same seed gives the same readings, round by round.
  mutating func round() -> [Reading] {
    (0..<count).map { index in
      reading(
        index, temperature: .random(in: 17...30, using: &random), humidity: .random(in: 40...70, using: &random),
        pressure: .random(in: 963.25...1063.25, using: &random), vibration: .random(in: 0.01...0.1, using: &random))
    }
  }

  /// What all devices read at an instant: warmest at 15:00 UTC, with a little noise, and each device a little apart from the others.
  ///
  /// The same seed gives the same readings at the same instant, whichever round it is.
  ///
  /// - Parameter time: epoch milliseconds.
  func readings(at time: Int64) -> [Reading] {
    let turn = Double(time % 86_400_000) / 86_400_000 * 2 * .pi
    let (day, halfDay) = (sin(turn - 0.75 * .pi), sin(2 * turn))
    return (0..<count).map { index in
      var seeds = SplitMix(seed: seed &+ UInt64(index))
      let start = seeds.next()
      var own = SplitMix(seed: start)
      var noise = SplitMix(seed: start ^ UInt64(bitPattern: time))
      func value(_ mean: Double, _ apart: Double, _ trembling: Double) -> Double {
        mean + apart * .random(in: -1...1, using: &own) + trembling * .random(in: -1...1, using: &noise)
      }
      return reading(
        index, temperature: value(23.5 + 4 * day, 1.5, 0.1), humidity: value(55 - 10 * day, 3, 0.3),
        pressure: value(1013.25 + 3 * halfDay, 2, 0.1), vibration: value(0.04 + 0.015 * day, 0.01, 0.001))
    }
  }

  private func reading(
    _ index: Int, temperature: Double, humidity: Double, pressure: Double, vibration: Double
  ) -> Reading {
    Reading(
      device: "sensor-" + UTCTime.padded(index + 1, 3), location: Self.locations[index % Self.locations.count],
      measures: [
        ("temperature", Self.rounded(temperature, to: 100)), ("humidity", Self.rounded(humidity, to: 100)),
        ("pressure", Self.rounded(pressure, to: 100)), ("vibration", Self.rounded(vibration, to: 10_000)),
      ])
  }

  /// - Parameter parts: how many steps there are between two whole numbers.
  private static func rounded(_ value: Double, to parts: Double) -> Double { (value * parts).rounded() / parts }
}
