import Foundation

/// A TCP connection to a port on loopback, for requests that no HTTP client makes. Its calls block: run them with ``blocking(_:)``.
struct RawConnection: ~Copyable {
  private let descriptor: Int32

  struct Failure: Error { let code: Int32 }

  init(_ port: UInt16) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
    address.sin_port = port.bigEndian
    // Whoever waits longer waits for ever.
    var limit = timeval(tv_sec: 60, tv_usec: 0)
    unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    let isConnected = unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        unsafe connect(descriptor, address, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
    guard isConnected else { throw Failure(code: errno) }
  }

  deinit { close(descriptor) }

  func send(_ text: String) throws {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = unsafe bytes.withUnsafeBytes {
        unsafe Foundation.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { throw Failure(code: errno) }
      bytes = bytes.dropFirst(count)
    }
  }

  /// What comes until the other side closes its end.
  func rest() throws -> String {
    var text: [UInt8] = []
    while let more = try read() { text += more }
    return String(decoding: text, as: UTF8.self)
  }

  /// One whole answer of a connection that stays open.
  func answer() throws -> String {
    var text: [UInt8] = []
    while let more = try read() {
      text += more
      let words = String(decoding: text, as: UTF8.self)
      guard let end = words.range(of: "\r\n\r\n") else { continue }
      let length = words[..<end.lowerBound].split(separator: "\r\n").compactMap { line in
        line.lowercased().hasPrefix("content-length: ") ? Int(line.dropFirst(16)) : nil
      }
      if words[end.upperBound...].utf8.count >= length.first ?? 0 { return words }
    }
    return String(decoding: text, as: UTF8.self)
  }

  private func read() throws -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: 65_536)
    let count = unsafe recv(descriptor, &bytes, bytes.count, 0)
    // A reset is an end, too.
    if count < 0, errno == ECONNRESET { return nil }
    guard count >= 0 else { throw Failure(code: errno) }
    return count == 0 ? nil : Array(bytes[..<count])
  }
}

/// Runs a body that blocks on a thread of its own.
func blocking<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
  try await withCheckedThrowingContinuation { continuation in
    Thread { continuation.resume(with: Result { try body() }) }.start()
  }
}
