/// What an HTTP server keeps within bounds.
public struct ServerLimits: Sendable {
  /// Bytes of a request's line and headers; libmicrohttpd refuses more by itself, with 414 or 431. Each header and each cookie takes 64
  /// bytes more; what the query has does not, however many parameters it is.
  public var head: Int = 64 << 10
  /// Bytes of a body. A larger one gets 413: at once, where its length is told, else when it has come.
  public var body: Int = 17 << 20
  /// Bytes of all bodies that are held at a time. What goes beyond gets 503.
  public var bodies: Int = 256 << 20
  /// Connections that are served at a time.
  public var connections: Int = 4096
  /// Connections beyond those whose request is answered with 503. Still more are closed with the same words, unread.
  public var refusals: Int = 512
  /// Where all connections are taken, the one that has been without a request for longest gives way, after this time.
  public var patience: Duration = .milliseconds(100)
  /// Seconds without a byte after which a connection is closed, unless it waits for its answer.
  public var idleSeconds: UInt32 = 60
  /// How long a request may take to come whole; then its connection is closed.
  public var reading: Duration = .seconds(120)
  /// How long a server that ends waits for the work that it has cancelled.
  public var ending: Duration = .seconds(5)

  /// Threads that read requests and write answers.
  public var threads: UInt32 = 4

  public init() {}

  /// As many connections as descriptors are left for, once functions, queries and storage have theirs.
  ///
  /// - Parameter descriptors: what the process may open.
  public init(descriptors: Int) {
    let left = max(12, descriptors - Self.others(descriptors))
    refusals = min(refusals, left / 6)
    connections = min(connections, left - left / 6)
  }

  /// What the functions' own port takes of their part: it is theirs whatever clients do.
  static func functions(descriptors: Int) -> ServerLimits {
    var limits = ServerLimits()
    limits.connections = others(descriptors) / 4
    limits.refusals = 4
    limits.threads = 1
    // Half of it is read at a time, and functions' answers have megabytes.
    limits.head = 512 << 10
    return limits
  }

  /// The descriptors of functions, queries and storage.
  private static func others(_ descriptors: Int) -> Int { max(80, min(2048, descriptors / 4)) }
}
