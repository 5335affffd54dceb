import CacheSupport

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
  private var random: SplitMix64

  init(count: Int, seed: UInt64) {
    self.count = count
    random = SplitMix64(state: seed)
  }

  /// What all devices read at once; the same seed gives the same readings, round by round.
  mutating func round() -> [Reading] {
    (0..<count).map { index in
      Reading(
        device: "sensor-" + UTCTime.padded(index + 1, 3), location: Self.locations[index % Self.locations.count],
        measures: [
          ("temperature", value(17, 30, decimals: 2)), ("humidity", value(40, 70, decimals: 2)),
          ("pressure", value(963.25, 1063.25, decimals: 2)), ("vibration", value(0.01, 0.1, decimals: 4)),
        ])
    }
  }

  private mutating func value(_ least: Double, _ greatest: Double, decimals: Int) -> Double {
    let scale = decimals == 2 ? 100.0 : 10_000.0
    return (Double.random(in: least...greatest, using: &random) * scale).rounded() / scale
  }
}

/// A small generator that gives the same numbers for the same seed.
///
/// See <https://doi.org/10.1145/2660193.2660195>, "Fast splittable pseudorandom number generators".
struct SplitMix64: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }
}
