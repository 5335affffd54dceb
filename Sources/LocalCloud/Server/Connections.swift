import Glibc
import Synchronization

/// The open connections of a server: how many there are, and which of them wait for a request.
final class Connections: Sendable {
  private struct Connection {
    /// Since when it has had no request; nil while it has one, and once it has to close.
    var idleSince: ContinuousClock.Instant?
    /// One too many: its request is refused.
    var isExcess: Bool
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
      if isExcess, let oldest = Self.longestIdle(in: open, before: now - limits.patience) {
        open[oldest]?.idleSince = nil
        // The library's thread sees the end and closes it.
        shutdown(oldest, Int32(SHUT_RDWR))
        isExcess = false
      }
      guard open.count < limits.connections + limits.refusals else { return false }
      open[descriptor] = Connection(idleSince: now, isExcess: isExcess)
      return true
    }
  }

  private static func longestIdle(
    in open: [Int32: Connection], before limit: ContinuousClock.Instant
  ) -> Int32? {
    var found: (descriptor: Int32, since: ContinuousClock.Instant)?
    for (descriptor, connection) in open {
      guard let since = connection.idleSince, since <= limit, found.map({ since < $0.since }) ?? true else { continue }
      found = (descriptor, since)
    }
    return found?.descriptor
  }

  /// A request begins.
  ///
  /// - Returns: true where it is to be refused.
  func begun(_ descriptor: Int32) -> Bool {
    open.withLock { open in
      open[descriptor]?.idleSince = nil
      return open[descriptor]?.isExcess ?? false
    }
  }

  /// A request has its answer: the next may come.
  func ended(_ descriptor: Int32) {
    let now = ContinuousClock.now
    open.withLock { $0[descriptor]?.idleSince = now }
  }

  func closed(_ descriptor: Int32) { open.withLock { _ = $0.removeValue(forKey: descriptor) } }
}
