import Synchronization

/// Something that is there from some time on.
final class Gate<Value: Sendable>: Sendable {
  private let opened = Mutex<Value?>(nil)

  func open(_ value: Value) { opened.withLock { $0 = value } }

  var value: Value? { opened.withLock { $0 } }
}
