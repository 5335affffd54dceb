import Synchronization

/// What one write may still spend on requests, whichever of its batches needs them.
final class RequestBudget: Sendable {
  private let left: Mutex<Int>

  init(_ requests: Int) { left = Mutex(requests) }

  /// - Returns: false where less is left.
  func spend(_ requests: Int) -> Bool {
    left.withLock { left in
      guard left >= requests else { return false }
      left -= requests
      return true
    }
  }
}
