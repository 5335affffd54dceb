import CacheSupport
import Testing

@Suite struct RandomIDTests {
  @Test("Identifiers are UUIDs of version 4, each another one") func uuid() throws {
    var seen: Set<String> = []
    var digits = [Set<Character>](repeating: [], count: 36)
    for _ in 0..<500 {
      let uuid = RandomID.uuid()
      #expect(try #/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/#.wholeMatch(in: uuid) != nil)
      seen.insert(uuid)
      for (place, digit) in uuid.enumerated() { digits[place].insert(digit) }
    }
    #expect(seen.count == 500)
    // Every digit but the version's and the variant's takes every value.
    for place in digits.indices where ![8, 13, 14, 18, 19, 23].contains(place) { #expect(digits[place].count == 16) }
  }
}
