/// The names of one map, to find those that come twice.
struct NameList {
  private var places: [Range<Int>] = []
  /// In use once looking through the places would take long.
  private var names: Set<[UInt8]> = []
  private static let few = 16

  var isEmpty: Bool { places.isEmpty }

  /// - Returns: false where the name is known.
  mutating func insert(_ place: Range<Int>, of bytes: [UInt8]) -> Bool {
    defer { places.append(place) }
    if places.count < Self.few {
      return !places.contains { $0.count == place.count && bytes[$0].elementsEqual(bytes[place]) }
    }
    if names.isEmpty { names = Set(places.map { Array(bytes[$0]) }) }
    return names.insert(Array(bytes[place])).inserted
  }
}
