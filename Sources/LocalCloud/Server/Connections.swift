import Glibc
import Synchronization

/// The open connections of a server: how many there are, and what each of them does.
final class Connections: Sendable {
  private enum State {
    /// It has no request, or nothing but the beginning of its first line.
    case idle(since: ContinuousClock.Instant)
    /// A request comes.
    case reading(since: ContinuousClock.Instant)
    /// A request is worked on, or its answer is sent.
    case answering
    /// It has to close.
    case closing
  }
  private struct Connection {
    var state: State
    /// One too many: its request is refused.
    var isExcess: Bool
    /// Waits until its answer is sent.
    var sent: CheckedContinuation<Void, Never>?

    var isAnswering: Bool { if case .answering = state { true } else { false } }
  }
  private let limits: ServerLimits
  /// By descriptor. libmicrohttpd closes one after ``closed(_:)``, so that under the lock each is what it was opened as.
  private let open = Mutex<[Int32: Connection]>([:])

  init(_ limits: ServerLimits) { self.limits = limits }

  /// Takes in a new connection, where needed in place of one that has been idle for long.
  ///
  /// - Returns: false where there are too many even to refuse: then it is not taken in.
  func admit(_ descriptor: Int32) -> Bool {
    let now = ContinuousClock.now
    return open.withLock { open in
      var isExcess = open.count >= limits.connections
      while isExcess, let oldest = Self.longestIdle(in: open, before: now - limits.patience) {
        if Self.hasInput(oldest) {
          open[oldest]?.state = .reading(since: now)
        } else {
          Self.close(oldest, in: &open)
          isExcess = false
        }
      }
      guard open.count < limits.connections + limits.refusals else { return false }
      open[descriptor] = Connection(state: .idle(since: now), isExcess: isExcess)
      return true
    }
  }

  /// Whether something has come that the library has not read yet.
  private static func hasInput(_ descriptor: Int32) -> Bool {
    var byte: UInt8 = 0
    return unsafe recv(descriptor, &byte, 1, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT)) > 0
  }

  /// The library's thread sees the end and closes the descriptor.
  private static func close(_ descriptor: Int32, in open: inout [Int32: Connection]) {
    open[descriptor]?.state = .closing
    shutdown(descriptor, Int32(SHUT_RDWR))
  }

  /// Closes those whose request has been coming for longer than it may. One that sends nothing at all the library closes, earlier.
  func closeOverdue() {
    let limit = ContinuousClock.now - limits.reading
    open.withLock { open in
      for (descriptor, connection) in open {
        switch connection.state {
        case .idle(let since) where since < limit, .reading(let since) where since < limit:
          Self.close(descriptor, in: &open)
        default: break
        }
      }
    }
  }

  /// How many are open.
  var count: Int { open.withLock { $0.count } }

  private static func longestIdle(
    in open: [Int32: Connection], before limit: ContinuousClock.Instant
  ) -> Int32? {
    var found: (descriptor: Int32, since: ContinuousClock.Instant)?
    for (descriptor, connection) in open {
      guard case .idle(let since) = connection.state, since <= limit, found.map({ since < $0.since }) ?? true else {
        continue
      }
      found = (descriptor, since)
    }
    return found?.descriptor
  }

  /// A request begins.
  ///
  /// - Returns: true where it is to be refused.
  func begun(_ descriptor: Int32) -> Bool {
    let now = ContinuousClock.now
    return open.withLock { open in
      open[descriptor]?.state = .reading(since: now)
      return open[descriptor]?.isExcess ?? false
    }
  }

  /// A request is read as far as it will be.
  func handedOn(_ descriptor: Int32) { open.withLock { $0[descriptor]?.state = .answering } }

  /// A request has its answer: the next may come.
  func ended(_ descriptor: Int32) {
    let now = ContinuousClock.now
    let sent = open.withLock { open in
      open[descriptor]?.state = .idle(since: now)
      return open[descriptor]?.sent.take()
    }
    sent?.resume()
  }

  func closed(_ descriptor: Int32) { open.withLock { $0.removeValue(forKey: descriptor) }?.sent?.resume() }

  /// Waits until each answer that is under way now is sent, or its connection closed.
  func answersAreSent() async {
    let answering = open.withLock { $0.filter { $0.value.isAnswering }.map(\.key) }
    for descriptor in answering {
      await withCheckedContinuation { continuation in
        let waits = open.withLock { open in
          guard let connection = open[descriptor], connection.isAnswering, connection.sent == nil else { return false }
          open[descriptor]?.sent = continuation
          return true
        }
        if !waits { continuation.resume() }
      }
    }
  }
}
