import Foundation
import Synchronization

/// A result that another thread brings.
final class Awaited<Value: Sendable>: Sendable {
  private let result = Mutex<Result<Value, ServiceError>?>(nil)
  private let isThere = DispatchSemaphore(value: 0)

  /// Called once.
  func set(_ value: Result<Value, ServiceError>) {
    result.withLock { $0 = value }
    isThere.signal()
  }

  func wait() -> Result<Value, ServiceError> {
    while true {
      if let value = result.withLock({ $0 }) { return value }
      isThere.wait()
    }
  }
}
