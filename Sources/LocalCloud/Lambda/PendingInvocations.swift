import CacheSupport

/// Invocations of a function that wait for a process, the oldest first, within bounds.
struct PendingInvocations: Sendable {
  private var waiting = Deque<Invocation>()
  private var bytes = 0

  static let countLimit: Int = 1000
  /// Of all payloads.
  static let byteLimit: Int = 64 << 20

  var count: Int { waiting.count }

  var all: [Invocation] { Array(waiting) }

  /// - Returns: false where no more may wait.
  mutating func append(_ invocation: Invocation) -> Bool {
    guard count < Self.countLimit, bytes + invocation.payload.count <= Self.byteLimit else { return false }
    waiting.append(invocation)
    bytes += invocation.payload.count
    return true
  }

  mutating func popFirst() -> Invocation? {
    let first = waiting.popFirst()
    bytes -= first?.payload.count ?? 0
    return first
  }
}
