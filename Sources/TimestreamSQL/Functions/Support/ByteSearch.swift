/// Looks for bytes among others in time that grows with both and not with their product: Knuth, Morris and Pratt's way.
struct ByteSearch {
  private let sought: [UInt8]
  /// For each place how much of what was found up to there is also its beginning.
  private let borders: [Int]

  init(_ sought: [UInt8]) {
    self.sought = sought
    var borders = Array(repeating: 0, count: sought.count)
    var length = 0
    for place in sought.indices.dropFirst() {
      while length > 0, sought[place] != sought[length] { length = borders[length - 1] }
      if sought[place] == sought[length] { length += 1 }
      borders[place] = length
    }
    self.borders = borders
  }

  /// Where they are first found from a place on; nil for none, and for no bytes.
  func first(in bytes: [UInt8], from start: Int) -> Int? {
    guard !sought.isEmpty else { return nil }
    var length = 0
    var place = start
    while place < bytes.count {
      while length > 0, bytes[place] != sought[length] { length = borders[length - 1] }
      if bytes[place] == sought[length] { length += 1 }
      place += 1
      if length == sought.count { return place - length }
    }
    return nil
  }
}
