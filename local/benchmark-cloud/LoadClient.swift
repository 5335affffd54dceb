import CacheSupport
import Foundation
import Glibc

/// What went wrong with a server under load.
struct LoadFailure: Error, CustomStringConvertible {
  let description: String
}

/// Sends requests that are bytes already, over connections that never rest, and looks at no more of an answer than its end: it costs next
/// to nothing itself.
struct LoadClient {
  let port: UInt16
  let connections: Int

  /// Sends every request once.
  ///
  /// - Returns: the bodies of the answers, in the order of the requests, where they are wanted.
  func send(_ requests: [[UInt8]], keepingBodies: Bool = false) throws(LoadFailure) -> [[UInt8]] {
    var bodies = keepingBodies ? [[UInt8]](repeating: [], count: requests.count) : []
    var open: [LoadConnection] = []
    var next = 0
    defer { for connection in open { connection.close() } }
    while next < min(connections, requests.count) {
      let connection = try LoadConnection(port: port)
      open.append(connection)
      try connection.send(requests[next], number: next)
      next += 1
    }
    var polled = open.map { pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0) }
    var left = requests.count
    while left > 0 {
      guard unsafe poll(&polled, nfds_t(polled.count), 60_000) > 0 else {
        throw LoadFailure(description: "no answer within a minute")
      }
      for (index, connection) in open.enumerated() where polled[index].revents != 0 {
        guard let body = try connection.receive() else { continue }
        if keepingBodies { bodies[connection.number] = body }
        left -= 1
        guard next < requests.count else {
          // Its server may close it: that is nobody's fault.
          polled[index].fd = -1
          continue
        }
        try connection.send(requests[next], number: next)
        next += 1
        polled[index].fd = connection.descriptor
      }
    }
    return bodies
  }
}

/// A connection that carries one request at a time.
final class LoadConnection {
  private let port: UInt16
  private(set) var descriptor: Int32
  /// Which request is under way.
  private(set) var number = 0
  private var buffer: [UInt8] = []
  private var closes = false

  init(port: UInt16) throws(LoadFailure) {
    self.port = port
    descriptor = try Self.connect(port)
  }

  func close() { Glibc.close(descriptor) }

  private static func connect(_ port: UInt16) throws(LoadFailure) -> Int32 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let status = unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard descriptor >= 0, status == 0 else { throw LoadFailure(description: "cannot connect to port \(port)") }
    var on: Int32 = 1
    _ = unsafe setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
    return descriptor
  }

  func send(_ request: [UInt8], number: Int) throws(LoadFailure) {
    self.number = number
    if closes {
      close()
      descriptor = try Self.connect(port)
      closes = false
    }
    var sent = 0
    while sent < request.count {
      let count = unsafe request.withUnsafeBytes { bytes in
        unsafe Glibc.send(
          descriptor, bytes.baseAddress.map { unsafe $0 + sent }, bytes.count - sent, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { throw LoadFailure(description: "the server closed a connection") }
      sent += count
    }
  }

  /// Reads what has come.
  ///
  /// - Returns: the answer's body once all of it is there.
  func receive() throws(LoadFailure) -> [UInt8]? {
    let start = buffer.count
    buffer.append(contentsOf: repeatElement(0, count: 65_536))
    let count = unsafe buffer.withUnsafeMutableBytes { bytes in
      unsafe recv(descriptor, bytes.baseAddress.map { unsafe $0 + start }, 65_536, 0)
    }
    guard count > 0 else { throw LoadFailure(description: "the server closed a connection before it had answered") }
    buffer.removeLast(65_536 - count)
    guard let head = Self.end(of: buffer) else { return nil }
    let lines = String(decoding: buffer[..<head], as: UTF8.self).split(whereSeparator: \.isNewline)
    let status = lines.first ?? ""
    var length = 0
    closes = status.hasPrefix("HTTP/1.0")
    for line in lines.dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces).lowercased() }
      if parts.first == "content-length" { length = parts.last.flatMap { Int($0) } ?? 0 }
      if parts.first == "connection" { closes = closes || parts.last == "close" }
    }
    guard buffer.count >= head + 4 + length else { return nil }
    let body = Array(buffer[(head + 4)...])
    guard status.contains(" 200 ") || status.hasSuffix(" 200") else {
      throw LoadFailure(description: "\(status): \(String(decoding: body.prefix(500), as: UTF8.self))")
    }
    buffer.removeAll(keepingCapacity: true)
    return body
  }

  /// Where the empty line after the headers is.
  private static func end(of bytes: [UInt8]) -> Int? {
    let mark = Array("\r\n\r\n".utf8)
    guard bytes.count >= mark.count else { return nil }
    return (0...(bytes.count - mark.count)).first { bytes[$0] == 13 && bytes[$0..<$0 + 4].elementsEqual(mark) }
  }
}
