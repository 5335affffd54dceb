import CacheSupport
import Testing

@Suite("Deque") struct DequeTests {
  @Test("It is an array that is taken from at its front") func asAnArray() {
    var random = SystemRandomNumberGenerator()
    for _ in 0..<200 {
      var deque = Deque<Int>()
      var array: [Int] = []
      for number in 0..<200 {
        switch Int.random(in: 0..<5, using: &random) {
        case 0, 1:
          deque.append(number)
          array.append(number)
        case 2, 3: #expect(deque.popFirst() == (array.isEmpty ? nil : array.removeFirst()))
        default:
          deque.filter { $0 % 7 != 0 }
          array.removeAll { $0 % 7 == 0 }
        }
        #expect(deque.count == array.count && deque.isEmpty == array.isEmpty && deque.first == array.first)
        #expect(Array(deque) == array)
      }
    }
  }

  private final class Held: Sendable {}

  @Test("What is taken out is let go") func letsGo() {
    var deque = Deque<Held>()
    for _ in 0..<10 { deque.append(Held()) }
    weak let taken = deque.popFirst()
    #expect(taken == nil && deque.count == 9)
  }
}
