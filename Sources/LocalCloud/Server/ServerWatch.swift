import CMicroHTTPD
import Foundation
import Synchronization

/// The one thread that watches a server's sockets: the port, for new connections, and the connections whose answer is
/// awaited, for peers that go.
final class ServerWatch: Sendable {
  private let listener: Mutex<ListeningSocket?>
  private let port: Int32
  private let epoll: Int32
  /// Given away for a moment where there is no descriptor left, so that one can be taken for saying so.
  private let spare: Atomic<Int32>
  private let isStopped = Atomic(false)
  private let hasEnded = DispatchSemaphore(value: 0)
  /// The port's name among the watched; exchanges count from 1.
  private static let portName: UInt64 = 0

  init(_ listener: consuming ListeningSocket) throws(HTTPServer.Failure) {
    port = listener.descriptor
    epoll = cmhd_watch()
    spare = Atomic(unsafe open("/dev/null", O_RDONLY | O_CLOEXEC))
    self.listener = Mutex(listener)
    guard epoll >= 0, cmhd_watch_input(epoll, port, Self.portName) == 0 else {
      throw HTTPServer.Failure(description: "cannot watch the port: \(unsafe String(cString: strerror(errno)))")
    }
  }

  deinit {
    close(epoll)
    close(spare.load(ordering: .relaxed))
  }

  /// - Parameters:
  ///   - pulse: how often `onPulse` is called at least.
  ///   - onConnection: is given a connection that is its own from then on.
  ///   - onGone: is given the name of an exchange whose peer has closed its end.
  func start(
    pulse: Duration, onConnection: @escaping @Sendable (Int32, sockaddr_in) -> Void,
    onGone: @escaping @Sendable (UInt64) -> Void, onPulse: @escaping @Sendable () -> Void
  ) {
    let (seconds, rest) = pulse.components
    let wait = Int32(clamping: max(1, min(seconds, 1_000_000) * 1000 + rest / 1_000_000_000_000_000))
    let thread = Thread { [self] in
      var names = [UInt64](repeating: 0, count: 64)
      var lastPulse = ContinuousClock.now
      while !isStopped.load(ordering: .acquiring) {
        let count = unsafe cmhd_watched(epoll, &names, Int32(names.count), wait)
        for name in names.prefix(Int(max(0, count))) {
          if name == Self.portName { accept(onConnection) } else { onGone(name) }
        }
        if lastPulse.duration(to: .now) >= pulse {
          lastPulse = .now
          onPulse()
        }
      }
      hasEnded.signal()
    }
    thread.name = "http watch"
    thread.start()
  }

  /// Takes what has come to the port.
  private func accept(_ onConnection: (Int32, sockaddr_in) -> Void) {
    while !isStopped.load(ordering: .acquiring) {
      var address = sockaddr_in()
      let connection = unsafe cmhd_accept(port, &address)
      if connection >= 0 {
        onConnection(connection, address)
        continue
      }
      switch errno {
      case EINTR, ECONNABORTED: continue
      case EMFILE, ENFILE, ENOBUFS, ENOMEM:
        if refuseWithSpare() { continue }
        // Whoever waits goes on waiting, and the port is looked at again.
        _ = poll(nil, 0, 50)
        return
      default: return
      }
    }
  }

  /// Where no descriptor is left: frees one for as long as it takes to say so to the next who waits.
  ///
  /// - Returns: false where not even that could be done.
  private func refuseWithSpare() -> Bool {
    close(spare.load(ordering: .relaxed))
    var address = sockaddr_in()
    let connection = unsafe cmhd_accept(port, &address)
    if connection >= 0 { Self.refuse(connection) }
    spare.store(unsafe open("/dev/null", O_RDONLY | O_CLOEXEC), ordering: .relaxed)
    return connection >= 0
  }

  /// Closes a connection with 503, unread.
  static func refuse(_ connection: Int32) {
    let words = ServerResponse.tooManyConnections.body
    let text =
      "HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: \(words.count)\r\nRetry-After: 1\r\nConnection: close\r\n\r\n"
    let bytes = Array(text.utf8) + words
    _ = unsafe send(connection, bytes, bytes.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
    close(connection)
  }

  /// Tells by its name when the peer of a connection goes. The descriptor must be open until ``forget(_:)``.
  func watch(_ descriptor: Int32, name: UInt64) { _ = cmhd_watch_peer(epoll, descriptor, name) }

  func forget(_ descriptor: Int32) { cmhd_unwatch(epoll, descriptor) }

  /// Closes the port, and ends the thread. The first call counts.
  func stop() {
    guard !isStopped.exchange(true, ordering: .acquiringAndReleasing) else { return }
    // Wakes the thread: the port has something to tell.
    shutdown(port, Int32(SHUT_RDWR))
    hasEnded.wait()
    listener.withLock { $0 = nil }
  }
}
