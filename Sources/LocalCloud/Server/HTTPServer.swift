import CMicroHTTPD
import CacheSupport
import Glibc
import SQLiteStore
import Synchronization

/// An HTTP/1.1 server over libmicrohttpd: a small pool of threads that read and write, connections that rest while an
/// answer is awaited, and one thread that watches.
@safe public final class HTTPServer: Sendable {
  public struct Failure: Error, CustomStringConvertible {
    public let description: String
  }

  /// The port in use, also where 0 was asked for.
  public let port: UInt16
  public let host: String
  private let isTLS: Bool
  private let core: ServerCore
  private let watch: ServerWatch
  private let daemon: Daemon
  // The daemon reads them for as long as it runs.
  private let tlsTexts: [CText]
  private let hasHalted = Atomic<Bool>(false)

  /// Starts to serve.
  ///
  /// - Parameters:
  ///   - host: an IPv4 address of this machine.
  ///   - port: 0 takes a free one.
  ///   - tls: nil serves plain HTTP.
  ///   - handler: runs on one of the server's threads, which others wait for: what is more than a look at the request
  ///     belongs into ``ServerReply/soon(_:)`` or ``ServerReply/later(_:)``.
  /// - Throws: ``Failure``.
  public init(
    host: String = "127.0.0.1", port: UInt16 = 0, tls: TLS? = nil, limits: ServerLimits = ServerLimits(),
    handler: @escaping @Sendable (ServerRequest) -> ServerReply
  ) throws {
    self.host = host
    isTLS = tls != nil
    let listener = try ListeningSocket(host: host, port: port)
    self.port = listener.port
    watch = try ServerWatch(listener)
    core = ServerCore(limits, watch, handler)
    let key = tls.map { CText($0.key) }
    let certificate = tls.map { CText($0.certificate) }
    tlsTexts = [key, certificate].compactMap(\.self)
    // The daemon's threads use it until the daemon has stopped, which `deinit` waits for.
    let owner = unsafe Unmanaged.passUnretained(core).toOpaque()
    // The library divides its limit among its threads, and closes in silence what a thread has no room for: each has room for all.
    let room = UInt32(clamping: (limits.connections + limits.refusals) * Int(limits.threads))
    let bounds = cmhd_limits(
      threads: limits.threads, connections: room, idle_seconds: limits.idleSeconds, head: limits.head)
    let started = unsafe cmhd_start(
      bounds, key?.pointer, certificate?.pointer, beginExchange, continueExchange, endExchange, noteConnection, owner)
    guard let started = unsafe started else { throw Failure(description: "the HTTP server cannot be started") }
    daemon = unsafe Daemon(started)
    watch.start(pulse: limits.reading / 8) { [core, daemon] connection, address in
      guard core.connections.admit(connection) else { return ServerWatch.refuse(connection) }
      // What the library does not take it has closed.
      if !daemon.add(connection, address) { core.connections.closed(connection) }
    } onGone: { [core] name in
      core.resting.peerHasGone(name)
    } onPulse: { [core] in
      core.connections.closeOverdue()
    }
  }

  /// Whether a text is an IPv4 address.
  static func isAddress(_ host: String) -> Bool {
    var address = in_addr()
    return unsafe inet_pton(AF_INET, host, &address) == 1
  }

  /// How many connections are open.
  var connectionCount: Int { core.connections.count }

  public var address: String { "\(isTLS ? "https" : "http")://\(host):\(port)" }

  /// Closes the port, and ends every exchange, cancelling the work that is still under way; work that does not end soon
  /// is answered for with 503, as is what comes meanwhile.
  public func stop() async {
    watch.stop()
    _ = await within(core.limits.ending) { [core] in
      await core.resting.drain()
      await core.connections.answersAreSent()
    }
    halt()
  }

  /// Stops the daemon's threads, once. No connection rests then, which libmicrohttpd would end the process for.
  private func halt() {
    guard !hasHalted.exchange(true, ordering: .acquiringAndReleasing) else { return }
    watch.stop()
    core.resting.wakeAll()
    daemon.stop()
  }

  /// A server that nobody stopped ends with its owner: nobody's connection is left waiting, and the work is cancelled, but not waited for.
  deinit { halt() }
}

/// What the callbacks share.
final class ServerCore: Sendable {
  let limits: ServerLimits
  let handler: @Sendable (ServerRequest) -> ServerReply
  let connections: Connections
  let bodies: Allowance
  let resting: RestingExchanges

  init(_ limits: ServerLimits, _ watch: ServerWatch, _ handler: @escaping @Sendable (ServerRequest) -> ServerReply) {
    self.limits = limits
    self.handler = handler
    connections = Connections(limits)
    bodies = Allowance(limits.bodies)
    resting = RestingExchanges(watch)
  }
}

/// libmicrohttpd's server. Any thread may hand it connections, until it is stopped.
@safe private struct Daemon: @unchecked Sendable {
  private let pointer: OpaquePointer

  init(_ pointer: OpaquePointer) { unsafe self.pointer = unsafe pointer }

  func add(_ connection: Int32, _ address: sockaddr_in) -> Bool {
    var address = address
    return unsafe cmhd_add(pointer, connection, &address) != 0
  }

  func stop() { unsafe MHD_stop_daemon(pointer) }
}

/// A text for C that lives as long as this object.
@safe private final class CText: Sendable {
  // Written by nobody once it is made.
  nonisolated(unsafe) let pointer: UnsafeMutablePointer<CChar>

  init(_ text: String) {
    let bytes = text.utf8CString
    unsafe pointer = .allocate(capacity: bytes.count)
    _ = unsafe UnsafeMutableBufferPointer(start: pointer, count: bytes.count).update(fromContentsOf: bytes)
  }

  deinit { unsafe pointer.deallocate() }
}
