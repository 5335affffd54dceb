import LambdaRuntime

/// The order in which a batch's identifiers are started, so that no message can reach the dead-letter queue untried.
///
/// A message that was not started because the deadline came counts as received, as any other does: SQS has no way to take a
/// receive back. So messages take turns:
///
/// 1. Messages that were received more often come first: before one on its last receive there are only others on theirs.
/// 2. Messages that were received equally often begin a fifth further on with each receive, so that a batch which stays
///    together has started all of its messages by the fifth receive, even where each run starts but a fifth of them.
/// 3. Each message's first identifier comes before any message's second. Which of them is first moves on by a fifth as well,
///    so that one message of fifty has started all of them by the fifth receive where each run starts ten.
///
/// Where a batch has no more messages than `IDENTIFIERS_AT_ONCE` (8 and 8 in the template), each message is started at
/// each of its receives, whatever the sources do: as many identifiers as may run at once are started at once.
enum FetchOrder {
  /// Receives after which the template's queue gives a message up.
  static let receives: Int = 5

  /// A message and what it asks for.
  struct Entry: Sendable, Hashable {
    var messageID: String
    var receiveCount: Int
    var identifiers: [Identifier]
  }

  /// Every identifier of a batch once, in the order in which to start them.
  static func identifiers(_ entries: [Entry]) -> [Identifier] {
    let groups = Dictionary(grouping: entries, by: \.receiveCount).sorted { $0.key > $1.key }
    let messages = groups.flatMap { count, group in
      let sorted = group.sorted { $0.messageID.utf8.lexicographicallyPrecedes($1.messageID.utf8) }
      return turned(sorted, receive: count).map { turned($0.identifiers, receive: count) }
    }
    var order: [Identifier] = []
    var seen: Set<Identifier> = []
    for place in 0..<(messages.map(\.count).max() ?? 0) {
      for message in messages where place < message.count && seen.insert(message[place]).inserted {
        order.append(message[place])
      }
    }
    return order
  }

  /// The elements from a fifth further on with each receive, then those before them.
  private static func turned<Element>(_ elements: [Element], receive: Int) -> [Element] {
    guard !elements.isEmpty else { return [] }
    let count = (receive &- 1) &* ((elements.count + receives - 1) / receives)
    let start = (count % elements.count + elements.count) % elements.count
    return Array(elements[start...] + elements[..<start])
  }
}
