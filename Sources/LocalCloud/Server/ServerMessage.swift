import CacheSupport

/// A request as it came: path and query unescaped by nobody, for signatures cover them as they are.
public struct ServerRequest: Sendable {
  public var method: String
  public var path: String
  public var query: String
  public var headers: [(name: String, value: String)]
  public var body: [UInt8]

  public init(
    method: String, path: String, query: String = "", headers: [(name: String, value: String)] = [], body: [UInt8] = []
  ) {
    self.method = method
    self.path = path
    self.query = query
    self.headers = headers
    self.body = body
  }

  /// The path and the query of what comes after the method.
  ///
  /// By bytes: to Swift's `Character` a question mark with a combining mark after it is no question mark.
  static func parts(of uri: String) -> (path: String, query: String) {
    let path = uri.utf8.prefix { $0 != UInt8(ascii: "?") }
    return (String(Substring(path)), String(Substring(uri.utf8.dropFirst(path.count + 1))))
  }

  /// The first header of a name, in whatever case.
  public subscript(header name: String) -> String? {
    headers.first { ASCII.isSameName($0.name, name) }?.value
  }
}

public struct ServerResponse: Sendable {
  public var status: Int
  public var headers: [(name: String, value: String)]
  public var body: [UInt8]
  /// True for no response at all: the connection closes.
  var isDropped: Bool = false

  public init(status: Int, headers: [(name: String, value: String)] = [], body: [UInt8] = []) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  /// Closes the connection without a response.
  static let dropped: ServerResponse = {
    var response = ServerResponse(status: 0)
    response.isDropped = true
    return response
  }()

  public static func text(_ status: Int, _ text: String) -> ServerResponse {
    ServerResponse(status: status, headers: [("Content-Type", "text/plain; charset=utf-8")], body: Array(text.utf8))
  }
}

/// What a handler gives back: an answer, or work whose answer comes later while the connection rests.
public enum ServerReply: Sendable {
  case now(ServerResponse)
  /// The work is cancelled when the client goes or the server stops; it must then end soon.
  case later(@Sendable () async -> ServerResponse)
  /// The body is called at once, hands the request on to another thread, and must see to it that the responder is called.
  case soon(@Sendable (Responder) -> Void)

  /// Answers a request that rests.
  func pass(to respond: Responder) {
    switch self {
    case .now(let response): respond.now(response)
    case .later(let work): respond.later(work)
    case .soon(let start): start(respond)
    }
  }

  /// Answers a request that rests, once: the first call counts.
  public struct Responder: Sendable {
    let answer: @Sendable (ServerResponse) -> Void
    let work: @Sendable (@escaping @Sendable () async -> ServerResponse) -> Void

    public func now(_ response: ServerResponse) { answer(response) }

    /// Goes on with work as in ``ServerReply/later(_:)``.
    public func later(_ work: @escaping @Sendable () async -> ServerResponse) { self.work(work) }
  }
}
