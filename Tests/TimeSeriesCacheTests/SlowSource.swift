import AWSClients
import CacheSupport
import HTTPTransport
import LocalCloud
import Synchronization
import TestSupport

/// A source on a port of its own whose answers a test holds back.
final class SlowSource: Sendable {
  private let server: HTTPServer
  var address: String { server.address }

  /// - Parameter hold: called before each answer with the request's number, from 0.
  init(_ hold: @escaping @Sendable (Int) async -> Void) throws {
    let counter = Counter()
    // Far enough from now on either side that nothing changes sides while a test runs.
    let now = WallClock.system.now
    server = try HTTPServer { _ in
      let number = counter.next()
      return .later {
        await hold(number)
        // 300 rows of the past and 60 of the future: several batches for either store.
        let past = (0..<300).map { now - 3_600_000 + Int64($0) * 1000 }
        let future = (0..<60).map { now + 3_600_000 + Int64($0) * 1000 }
        let rows = (past + future).map { #"{"t":\#($0),"a":1}"# }.joined(separator: ",")
        return ServerResponse(status: 200, body: Array(#"{"rows":[\#(rows)]}"#.utf8))
      }
    }
  }

  func stop() async { await server.stop() }

  private final class Counter: Sendable {
    private let value = Mutex(-1)
    func next() -> Int {
      value.withLock { value in
        value += 1
        return value
      }
    }
  }
}

extension TestCloud {
  /// Sets a parameter of the stack.
  func setParameter(_ name: String, _ value: String) throws {
    try cloud.setParameter(name, value)
  }
}
