public import CacheSupport
import Synchronization

/// A clock that a test moves.
public final class ManualClock: Sendable {
  private let milliseconds: Mutex<Int64>

  public init(_ milliseconds: Int64) { self.milliseconds = Mutex(milliseconds) }

  public var clock: WallClock { WallClock { [self] in milliseconds.withLock { $0 } } }

  public var now: Int64 { milliseconds.withLock { $0 } }

  public func advance(_ milliseconds: Int64) { self.milliseconds.withLock { $0 += milliseconds } }
}

/// A list that tasks append to.
public final class Recorder<Element: Sendable>: Sendable {
  private let list = Mutex<[Element]>([])
  public init() {}
  public func append(_ element: Element) { list.withLock { $0.append(element) } }
  public var elements: [Element] { list.withLock { $0 } }
}
