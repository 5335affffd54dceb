import Foundation

@testable import LocalCloud

/// Holds a storage's writer up, until it is released.
final class HeldWriter: Sendable {
  private let mayGo = DispatchSemaphore(value: 0)

  /// Returns once the writer is held.
  init(_ storage: Storage) {
    let isHeld = DispatchSemaphore(value: 0)
    storage.write { [mayGo] _ throws(ServiceError) in
      isHeld.signal()
      mayGo.wait()
    } then: { (_: Result<Void, ServiceError>) in
    }
    isHeld.wait()
  }

  func release() { mayGo.signal() }
}
