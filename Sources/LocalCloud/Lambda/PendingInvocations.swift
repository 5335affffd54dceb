/// Invocations of a function that wait for a process, the oldest first, within bounds.
struct PendingInvocations: Sendable {
  private var waiting: [Sandboxes.Invocation] = []
  /// Where the oldest stands; what is before it has been taken.
  private var head = 0
  private var bytes = 0

  static let countLimit: Int = 1000
  /// Of all payloads.
  static let byteLimit: Int = 64 << 20

  var count: Int { waiting.count - head }

  var all: [Sandboxes.Invocation] { Array(waiting[head...]) }

  /// - Returns: false where no more may wait.
  mutating func append(_ invocation: Sandboxes.Invocation) -> Bool {
    guard count < Self.countLimit, bytes + invocation.payload.count <= Self.byteLimit else { return false }
    waiting.append(invocation)
    bytes += invocation.payload.count
    return true
  }

  mutating func popFirst() -> Sandboxes.Invocation? {
    guard head < waiting.count else { return nil }
    let first = waiting[head]
    head += 1
    bytes -= first.payload.count
    // What has been taken goes once it is the larger part.
    if head > waiting.count / 2 {
      waiting.removeFirst(head)
      head = 0
    }
    return first
  }
}
