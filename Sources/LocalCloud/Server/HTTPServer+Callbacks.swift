import CMicroHTTPD
import Glibc

// What libmicrohttpd calls, on its own threads. Each is given the core of the server, which outlives the daemon.

/// A request's line is read.
func beginExchange(
  _ context: UnsafeMutableRawPointer?, _ uri: UnsafePointer<CChar>?, _ connection: OpaquePointer?
) -> UnsafeMutableRawPointer? {
  guard let core = unsafe core(context), let connection = unsafe connection else { return nil }
  let text = unsafe uri.map { unsafe String(cString: $0) } ?? "/"
  unsafe cmhd_drop_arguments(uri)
  let isExcess = core.connections.begun(unsafe cmhd_descriptor(connection))
  let exchange = Exchange(uri: text, isExcess: isExcess, limits: core.limits, bodies: core.bodies)
  return unsafe Unmanaged.passRetained(exchange).toOpaque()
}

/// The headers are read, or more of the body, or all of it; or the connection was resumed.
func continueExchange(
  _ context: UnsafeMutableRawPointer?, _ connection: OpaquePointer?, _ url: UnsafePointer<CChar>?,
  _ method: UnsafePointer<CChar>?, _ version: UnsafePointer<CChar>?, _ data: UnsafePointer<CChar>?,
  _ size: UnsafeMutablePointer<Int>?, _ slot: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> MHD_Result {
  guard let core = unsafe core(context), let connection = unsafe connection, let size = unsafe size,
    let pointer = unsafe slot?.pointee, let method = unsafe method
  else { return cmhd_no }
  let exchange = unsafe Unmanaged<Exchange>.fromOpaque(pointer).takeUnretainedValue()
  let chunk = unsafe UnsafeRawBufferPointer(start: data, count: data == nil ? 0 : size.pointee)
  let step = unsafe exchange.advance(chunk.bindMemory(to: UInt8.self).span) {
    unsafe (String(cString: method), headers(of: connection))
  }
  unsafe size.pointee = 0
  if case .readOn = step {} else { core.connections.handedOn(unsafe cmhd_descriptor(connection)) }
  let isHead = unsafe strcmp(method, "HEAD") == 0
  switch step {
  case .readOn: return cmhd_yes
  case .send(let response): return unsafe response.send(to: connection, isHead: isHead)
  case .sendAndClose(var response):
    response.headers.append(("Connection", "close"))
    return unsafe response.send(to: connection, isHead: isHead)
  case .handOn(let request):
    let start: (ServerReply.Responder) -> Void
    switch core.handler(request) {
    case .now(let response): return unsafe response.send(to: connection, isHead: isHead)
    case .later(let work): start = { $0.later(work) }
    case .soon(let body): start = body
    }
    let isResting = core.resting.rest(exchange, unsafe RestingConnection(connection), start)
    return isResting ? cmhd_yes : unsafe ServerResponse.isStopping.send(to: connection, isHead: isHead)
  }
}

/// An answer is sent, or its connection broke.
func endExchange(
  _ context: UnsafeMutableRawPointer?, _ connection: OpaquePointer?,
  _ slot: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, _ code: MHD_RequestTerminationCode
) {
  if let core = unsafe core(context), let connection = unsafe connection {
    core.connections.ended(unsafe cmhd_descriptor(connection))
  }
  guard let slot = unsafe slot, let pointer = unsafe slot.pointee else { return }
  unsafe Unmanaged<Exchange>.fromOpaque(pointer).release()
  unsafe slot.pointee = nil
}

/// A connection is taken over, or about to be closed.
func noteConnection(
  _ context: UnsafeMutableRawPointer?, _ connection: OpaquePointer?,
  _ own: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, _ code: MHD_ConnectionNotificationCode
) {
  guard code == cmhd_connection_closed, let core = unsafe core(context), let connection = unsafe connection else {
    return
  }
  core.connections.closed(unsafe cmhd_descriptor(connection))
}

private func core(_ context: UnsafeMutableRawPointer?) -> ServerCore? {
  unsafe context.map { unsafe Unmanaged<ServerCore>.fromOpaque($0).takeUnretainedValue() }
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
