import CacheSupport
import TestSupport
import Testing

@testable import TimeSeriesCache

@Suite struct FetchOrderTests {
  static func entry(_ id: String, _ count: Int, _ identifiers: [String]) throws -> FetchOrder.Entry {
    FetchOrder.Entry(messageID: id, receiveCount: count, identifiers: try identifiers.map { try Identifier($0) })
  }

  @Test("Messages that came more often go first, each one's first identifier before anyone's second, each once")
  func order() throws {
    let order = FetchOrder.identifiers([
      try Self.entry("b", 1, ["b1", "b2"]), try Self.entry("a", 1, ["a1"]), try Self.entry("z", 4, ["z1", "z2", "b1"]),
      try Self.entry("y", 2, ["y1", "y2"]), try Self.entry("none", 5, []),
    ])
    // On the fourth receive of three identifiers the first one is first again, on the second of two the second one.
    #expect(order.map(\.text) == ["z1", "y2", "a1", "b1", "z2", "y1", "b2"])
  }

  @Test(
    "Ten messages that stay together are all started by their fifth receive, though a run starts but a few",
    arguments: [(2, 5), (4, 4), (8, 2), (10, 1)], [1, 2, 50])
  func together(run: (started: Int, receives: Int), perMessage: Int) throws {
    let messages = (0..<10).map { message in
      (id: "m\(message)", identifiers: (0..<perMessage).map { "m\(message).\($0)" })
    }
    var started: Set<String> = []
    for receive in 1...run.receives {
      let order = FetchOrder.identifiers(try messages.map { try Self.entry($0.id, receive, $0.identifiers) })
      #expect(Set(order).count == 10 * perMessage)
      for identifier in order.prefix(run.started) { started.insert(String(identifier.text.prefix(2))) }
    }
    #expect(started.count == 10)
  }

  @Test(
    "A message's identifiers are all started by its fifth receive, though a run starts but a fifth of them",
    arguments: [(50, 20), (50, 10), (6, 2), (5, 1), (3, 1)])
  func oneMessage(identifiers: Int, started: Int) throws {
    let texts = (0..<identifiers).map { "i\($0)" }
    var tried: Set<String> = []
    for receive in 1...5 {
      let order = FetchOrder.identifiers([try Self.entry("m", receive, texts)])
      #expect(order.count == identifiers)
      tried.formUnion(order.prefix(started).map(\.text))
    }
    #expect(tried == Set(texts))
  }

  @Test("Batches that SQS puts together anew each time start every message by its fifth receive")
  func mixed() throws {
    // A queue of 200 messages, taken ten at a time in an order that changes; eight of each batch are started, and all fail.
    var generator = SplitMix(seed: 1)
    var counts = Dictionary(uniqueKeysWithValues: (0..<200).map { ("m\($0)", 0) })
    var firstStart: [String: Int] = [:]
    for _ in 1...5 {
      let queue = counts.keys.sorted().shuffled(using: &generator)
      for start in stride(from: 0, to: queue.count, by: 10) {
        let batch = queue[start..<start + 10]
        for id in batch { counts[id, default: 0] += 1 }
        let order = FetchOrder.identifiers(try batch.map { try Self.entry($0, counts[$0] ?? 0, [$0]) })
        for identifier in order.prefix(8) where firstStart[identifier.text] == nil {
          firstStart[identifier.text] = counts[identifier.text]
        }
      }
    }
    #expect(firstStart.count == 200)
  }

  @Test("A message on its last receive comes before all that have another one") func lastChance() throws {
    let others = try (0..<9).map { try Self.entry("a\($0)", 4, ["a\($0)"]) }
    let order = FetchOrder.identifiers(others + [try Self.entry("z", 5, ["z"])])
    #expect(order.first?.text == "z")
  }
}
