import CMicroHTTPD
import Foundation
import Synchronization

/// An HTTP/1.1 server over libmicrohttpd: a small pool of threads, connections that rest while an answer is awaited.
@safe public final class HTTPServer: Sendable {
  public struct Failure: Error, CustomStringConvertible {
    public let description: String
  }

  /// The port in use, also where 0 was asked for.
  public let port: UInt16
  public let host: String
  private let context: ServerContext
  private let isTLS: Bool
  private nonisolated(unsafe) let daemon: OpaquePointer
  // The daemon reads them for as long as it runs.
  private let tlsTexts: [CText]
  private let hasHalted = Atomic<Bool>(false)

  /// Starts to serve.
  ///
  /// - Parameters:
  ///   - host: an IPv4 address of this machine.
  ///   - port: 0 takes a free one.
  ///   - tls: nil serves plain HTTP.
  ///   - bodyLimit: larger requests get 413.
  ///   - handler: runs on one of the server's threads; what takes long belongs into ``ServerReply/later(_:)``.
  public init(
    host: String = "127.0.0.1", port: UInt16 = 0, tls: TLS? = nil, bodyLimit: Int = 17 << 20,
    handler: @escaping @Sendable (ServerRequest) -> ServerReply
  ) throws {
    self.host = host
    context = ServerContext(bodyLimit: bodyLimit, handler: handler)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    guard unsafe inet_pton(AF_INET, host, &address.sin_addr) == 1 else {
      throw Failure(description: "'\(host)' is no IPv4 address")
    }
    isTLS = tls != nil
    let key = tls.map { CText($0.key) }
    let certificate = tls.map { CText($0.certificate) }
    tlsTexts = [key, certificate].compactMap(\.self)
    // The daemon's threads use it until the daemon has stopped, which `deinit` waits for.
    let owner = unsafe Unmanaged.passUnretained(context).toOpaque()
    let daemon = unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        unsafe cmhd_start(
          address, port, 4, key?.pointer, certificate?.pointer, beginExchange, owner, continueExchange, owner,
          endExchange, owner)
      }
    }
    guard let daemon = unsafe daemon else {
      throw Failure(description: "cannot listen on \(host):\(port): the port is taken, or may not be used")
    }
    unsafe self.daemon = unsafe daemon
    self.port = unsafe cmhd_port(daemon)
  }

  /// Whether a text is an IPv4 address.
  static func isAddress(_ host: String) -> Bool {
    var address = in_addr()
    return unsafe inet_pton(AF_INET, host, &address) == 1
  }

  public var address: String { "\(isTLS ? "https" : "http")://\(host):\(port)" }

  /// Ends every exchange, cancelling the work that is still under way, and closes the port. What comes meanwhile gets 503.
  public func stop() async {
    await context.drain()
    halt()
  }

  /// Stops the daemon's threads, once. No connection rests then, which libmicrohttpd would end the process for.
  private func halt() {
    guard hasHalted.exchange(true, ordering: .acquiringAndReleasing) == false else { return }
    context.wakeAll()
    unsafe MHD_stop_daemon(daemon)
  }

  /// A server that nobody stopped ends with its owner: nobody's connection is left waiting, and the work is cancelled, but not waited for.
  deinit { halt() }
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

/// What the callbacks share.
private final class ServerContext: Sendable {
  let bodyLimit: Int
  let handler: @Sendable (ServerRequest) -> ServerReply
  /// An exchange whose connection rests while its answer is worked out.
  private struct Resting {
    let exchange: Exchange
    let connection: RestingConnection
    var task: Task<Void, Never>?
  }
  private struct State {
    var resting: [Int: Resting] = [:]
    var lastID = 0
    var isStopping = false
  }
  private let state = Mutex(State())

  init(bodyLimit: Int, handler: @escaping @Sendable (ServerRequest) -> ServerReply) {
    self.bodyLimit = bodyLimit
    self.handler = handler
  }

  /// Rests the connection, runs the work, and wakes the connection with the answer.
  ///
  /// - Returns: false where the server is stopping: then nothing rests.
  func run(
    _ exchange: Exchange, _ connection: RestingConnection, _ work: @escaping @Sendable () async -> ServerResponse
  ) -> Bool {
    state.withLock { state in
      // Under the same lock as the drain's beginning: what rests is waited for.
      guard !state.isStopping else { return false }
      connection.suspend()
      state.lastID += 1
      let id = state.lastID
      state.resting[id] = Resting(exchange: exchange, connection: connection)
      state.resting[id]?.task = Task {
        // A peer that has gone wants no answer: the work is told, so that it takes nothing with it.
        let worker = Task { await work() }
        let watch = Task {
          while !Task.isCancelled {
            do { try await Task.sleep(for: .milliseconds(200)) } catch { return }
            if self.peerHasGone(id) { return worker.cancel() }
          }
        }
        let response = await withTaskCancellationHandler {
          await worker.value
        } onCancel: {
          worker.cancel()
        }
        watch.cancel()
        await watch.value
        self.wake(id, with: response)
      }
      return true
    }
  }

  /// Wakes a connection that still rests: it is in the list for as long as its pointer may be used.
  private func wake(_ id: Int, with response: ServerResponse) {
    state.withLock { state in
      guard let resting = state.resting.removeValue(forKey: id) else { return }
      resting.exchange.answer(response)
      resting.connection.resume()
    }
  }

  private func peerHasGone(_ id: Int) -> Bool { state.withLock { $0.resting[id]?.connection.peerHasGone ?? true } }

  /// Ends the work that is under way, and waits until its connections are woken. From now on nothing rests.
  func drain() async {
    for task in cancelAll() { await task.value }
  }

  /// Wakes every connection without waiting for its work. From now on nothing rests.
  func wakeAll() {
    _ = cancelAll()
    for id in state.withLock({ Array($0.resting.keys) }) { wake(id, with: .isStopping) }
  }

  private func cancelAll() -> [Task<Void, Never>] {
    let tasks = state.withLock { state in
      state.isStopping = true
      return state.resting.values.compactMap(\.task)
    }
    for task in tasks { task.cancel() }
    return tasks
  }
}

/// One request and its answer. The server's thread and the work's task take turns, which the mutex proves.
private final class Exchange: Sendable {
  struct State {
    var uri: String
    var body: [UInt8] = []
    var isTooLarge = false
    var hasStarted = false
    var response: ServerResponse?
  }
  let state: Mutex<State>

  init(uri: String) { state = Mutex(State(uri: uri)) }

  func answer(_ response: ServerResponse) { state.withLock { $0.response = response } }
}

/// A suspended connection. libmicrohttpd keeps it alive until it is resumed, and may be told to from any thread, so the
/// pointer may travel to the task that resumes it, once.
@safe private struct RestingConnection: @unchecked Sendable {
  let pointer: OpaquePointer
  func suspend() { unsafe MHD_suspend_connection(pointer) }
  func resume() { unsafe MHD_resume_connection(pointer) }

  /// True where the other side has closed its end.
  var peerHasGone: Bool { unsafe cmhd_peer_has_gone(pointer) != 0 }
}

private func beginExchange(
  _ context: UnsafeMutableRawPointer?, _ uri: UnsafePointer<CChar>?, _ connection: OpaquePointer?
) -> UnsafeMutableRawPointer? {
  let text = unsafe uri.map { unsafe String(cString: $0) } ?? "/"
  return unsafe Unmanaged.passRetained(Exchange(uri: text)).toOpaque()
}

private func continueExchange(
  _ context: UnsafeMutableRawPointer?, _ connection: OpaquePointer?, _ url: UnsafePointer<CChar>?,
  _ method: UnsafePointer<CChar>?, _ version: UnsafePointer<CChar>?, _ data: UnsafePointer<CChar>?,
  _ size: UnsafeMutablePointer<Int>?, _ slot: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> MHD_Result {
  guard let context = unsafe context, let connection = unsafe connection, let size = unsafe size,
    let slot = unsafe slot, let pointer = unsafe slot.pointee, let method = unsafe method
  else { return cmhd_no }
  let server = unsafe Unmanaged<ServerContext>.fromOpaque(context).takeUnretainedValue()
  let exchange = unsafe Unmanaged<Exchange>.fromOpaque(pointer).takeUnretainedValue()

  let isFirst = exchange.state.withLock { state in
    defer { state.hasStarted = true }
    return !state.hasStarted
  }
  if isFirst { return cmhd_yes }
  if unsafe size.pointee > 0 {
    let chunk = unsafe UnsafeRawBufferPointer(start: data, count: size.pointee)
    exchange.state.withLock { state in
      if state.isTooLarge || state.body.count + chunk.count > server.bodyLimit {
        state.isTooLarge = true
        state.body = []
      } else {
        unsafe state.body.append(contentsOf: chunk)
      }
    }
    unsafe size.pointee = 0
    return cmhd_yes
  }
  let (response, uri, body, isTooLarge) = exchange.state.withLock { state in
    defer { state.body = [] }
    return (state.response, state.uri, state.body, state.isTooLarge)
  }
  let isHead = unsafe strcmp(method, "HEAD") == 0
  if let response { return unsafe send(response, connection, isHead: isHead) }
  if isTooLarge { return unsafe send(.text(413, "the request is larger than \(server.bodyLimit) bytes\n"), connection) }

  let (path, query) = ServerRequest.parts(of: uri)
  let request = unsafe ServerRequest(
    method: String(cString: method), path: path, query: query,
    headers: headers(of: connection), body: body)
  switch server.handler(request) {
  case .now(let response): return unsafe send(response, connection, isHead: isHead)
  case .later(let work):
    if server.run(exchange, unsafe RestingConnection(pointer: connection), work) { return cmhd_yes }
    return unsafe send(.isStopping, connection)
  }
}

extension ServerResponse {
  fileprivate static var isStopping: ServerResponse { .text(503, "the local cloud is stopping\n") }
}

private func endExchange(
  _ context: UnsafeMutableRawPointer?, _ connection: OpaquePointer?,
  _ slot: UnsafeMutablePointer<UnsafeMutableRawPointer?>?,
  _ code: MHD_RequestTerminationCode
) {
  guard let slot = unsafe slot, let pointer = unsafe slot.pointee else { return }
  unsafe Unmanaged<Exchange>.fromOpaque(pointer).release()
  unsafe slot.pointee = nil
}

private func headers(of connection: OpaquePointer) -> [(name: String, value: String)] {
  var headers: [(name: String, value: String)] = []
  unsafe withUnsafeMutablePointer(to: &headers) { list in
    _ = unsafe MHD_get_connection_values(
      connection, cmhd_header_kind,
      { list, _, name, value in
        guard let list = unsafe list, let name = unsafe name else { return cmhd_no }
        let headers = unsafe list.assumingMemoryBound(to: [(name: String, value: String)].self)
        unsafe headers.pointee.append((String(cString: name), value.map { unsafe String(cString: $0) } ?? ""))
        return cmhd_yes
      }, list)
  }
  return headers
}

/// - Parameter isHead: whether only the length of a body is sent: the one that the answer's own header tells, where it has one.
private func send(_ answer: ServerResponse, _ connection: OpaquePointer, isHead: Bool = false) -> MHD_Result {
  let told = answer.headers.first { $0.name.lowercased() == "content-length" }.flatMap { UInt64($0.value) }
  let response =
    if isHead, let told {
      // The library counts bytes for itself; of a HEAD's it asks for none.
      unsafe MHD_create_response_from_callback(told, 1, { _, _, _, _ in -1 }, nil, nil)
    } else {
      unsafe answer.body.withUnsafeBytes { bytes in
        unsafe MHD_create_response_from_buffer(
          bytes.count, UnsafeMutableRawPointer(mutating: bytes.baseAddress), cmhd_must_copy)
      }
    }
  guard let response = unsafe response else { return cmhd_no }
  defer { unsafe MHD_destroy_response(response) }
  for header in answer.headers { _ = unsafe MHD_add_response_header(response, header.name, header.value) }
  return unsafe MHD_queue_response(connection, UInt32(clamping: answer.status), response)
}
