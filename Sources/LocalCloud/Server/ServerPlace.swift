import Synchronization

/// Where the server is: known once it has its ports.
final class ServerPlace: Sendable {
  private let host: String
  let scheme: String
  private let port = Atomic<UInt16>(0)
  private let plainPort = Atomic<UInt16>(0)

  init(host: String, scheme: String) {
    self.host = host == "0.0.0.0" ? "127.0.0.1" : host
    self.scheme = scheme
  }

  /// - Parameter plain: the port of the routes that are plain HTTP, on loopback.
  func open(_ port: UInt16, plain: UInt16) {
    self.port.store(port, ordering: .releasing)
    plainPort.store(plain, ordering: .releasing)
  }

  var address: String { "\(scheme)://\(authority)" }

  /// `host:port`
  var authority: String { "\(host):\(portText)" }

  var portText: String { String(port.load(ordering: .acquiring)) }

  /// The addresses by which programs of this machine may name this cloud.
  var addresses: [String] {
    [host, "localhost"].map { "\(scheme)://\($0):\(port.load(ordering: .acquiring))" }
  }

  /// `host:port` of the routes that are plain HTTP.
  var plainAuthority: String {
    "127.0.0.1:\(plainPort.load(ordering: .acquiring))"
  }
}
