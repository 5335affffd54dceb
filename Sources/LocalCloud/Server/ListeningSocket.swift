import CMicroHTTPD
import Glibc

/// A port that connections come to.
struct ListeningSocket: ~Copyable {
  let descriptor: Int32
  /// The port in use, also where 0 was asked for.
  let port: UInt16

  /// - Parameters:
  ///   - host: an IPv4 address of this machine.
  ///   - port: 0 takes a free one.
  init(host: String, port: UInt16) throws(HTTPServer.Failure) {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    guard unsafe inet_pton(AF_INET, host, &address.sin_addr) == 1 else {
      throw HTTPServer.Failure(description: "'\(host)' is no IPv4 address")
    }
    let flags = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
    let descriptor = socket(AF_INET, flags, 0)
    guard descriptor >= 0 else { throw Self.failure(host, port, errno) }
    // A cloud that starts again must not wait for the connections of the one before.
    var isOn: Int32 = 1
    unsafe setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &isOn, socklen_t(MemoryLayout<Int32>.size))
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isOpen = unsafe withUnsafeMutablePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        unsafe bind(descriptor, address, length) == 0 && listen(descriptor, SOMAXCONN) == 0
          && getsockname(descriptor, address, &length) == 0
      }
    }
    guard isOpen else {
      let code = errno
      close(descriptor)
      throw Self.failure(host, port, code)
    }
    self.descriptor = descriptor
    self.port = UInt16(bigEndian: address.sin_port)
  }

  deinit { close(descriptor) }

  private static func failure(_ host: String, _ port: UInt16, _ code: Int32) -> HTTPServer.Failure {
    let place = "cannot listen on \(host):\(port)"
    let words =
      switch code {
      case EADDRINUSE: "another program has the port: end it, or choose another port"
      case EACCES, EPERM: "this user may not take the port: choose one above 1023"
      case EADDRNOTAVAIL: "this machine does not have the address"
      default: unsafe String(cString: strerror(code))
      }
    return HTTPServer.Failure(description: "\(place): \(words)")
  }
}
