/// What somebody may have meant by a name that there is not.
enum NearestName {
  /// The name that takes the fewest changes of a letter, of either case.
  static func of(_ name: String, in names: [String]) -> String? {
    names.min { changes(name, $0) < changes(name, $1) }
  }

  /// How many letters are added, left out or replaced between two names (Levenshtein).
  private static func changes(_ one: String, _ other: String) -> Int {
    let other = Array(other.lowercased().utf8)
    var row = Array(0...other.count)
    for (index, letter) in one.lowercased().utf8.prefix(1000).enumerated() {
      var corner = row[0]
      row[0] = index + 1
      for place in other.indices {
        let replaced = corner + (letter == other[place] ? 0 : 1)
        corner = row[place + 1]
        row[place + 1] = min(replaced, corner + 1, row[place] + 1)
      }
    }
    return row[other.count]
  }
}
