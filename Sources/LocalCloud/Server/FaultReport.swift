import CacheSupport
import Synchronization

/// Reports a fault once, and again only after a success or when the message changes.
final class FaultReport: Sendable {
  private let last = Mutex<String?>(nil)
  private let tell: @Sendable (String) -> Void

  /// - Parameter tell: is told in a line.
  init(tell: @escaping @Sendable (String) -> Void = Notice.tell) { self.tell = tell }

  func failed(_ words: String) {
    let isNew = last.withLock { last in
      defer { last = words }
      return !(last?.hasSameBytes(as: words) ?? false)
    }
    if isNew { tell(words) }
  }

  /// - Parameter words: told where it had failed before; nil says nothing.
  func succeeded(_ words: @autoclosure () -> String? = nil) {
    if last.withLock({ $0.take() }) != nil, let words = words() { tell(words) }
  }
}
