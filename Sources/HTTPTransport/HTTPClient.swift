/// One HTTP exchange, however it is carried; the seam at which tests put a fake.
public protocol HTTPClient: Sendable {
  /// Sends a request and collects its whole answer, whatever the status.
  ///
  /// - Throws: ``HTTPError`` when there is no answer: no connection, no trust, too late, too large, cancelled. A status
  ///   of 400 or 500 is an answer, not an error.
  func send(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse
}

/// A request, complete: its URL is sent as it is.
public struct HTTPRequest: Sendable {
  /// Such as `GET`; sent as it is.
  public var method: String
  /// An absolute `http` or `https` URL, percent-encoded.
  public var url: String
  /// Beside those that libcurl adds: `Host`, `Accept` and `Content-Length`.
  public var headers: HTTPHeaders
  /// Sent whole; empty sends none.
  public var body: [UInt8]
  /// From start to last byte; nil waits without limit.
  public var timeout: Duration?
  /// The largest answer that is accepted, in bytes after decompression.
  public var responseLimit: Int
  /// True offers the compressions that libcurl knows and undoes them.
  public var acceptsCompression: Bool
  /// True goes straight to the host, whatever proxy the environment names: for addresses of this machine.
  public var bypassesProxy: Bool

  /// 16 MiB: the largest answer that any of AWS's services used here gives.
  public static let defaultResponseLimit: Int = 16 << 20

  /// A GET without a body, unless said otherwise.
  public init(
    method: String = "GET", url: String, headers: HTTPHeaders = [:], body: [UInt8] = [],
    timeout: Duration? = .seconds(30), responseLimit: Int = defaultResponseLimit, acceptsCompression: Bool = false,
    bypassesProxy: Bool = false
  ) {
    self.method = method
    self.url = url
    self.headers = headers
    self.body = body
    self.timeout = timeout
    self.responseLimit = responseLimit
    self.acceptsCompression = acceptsCompression
    self.bypassesProxy = bypassesProxy
  }
}

/// An answer, complete.
public struct HTTPResponse: Sendable, Hashable {
  /// From 100 to 599.
  public var status: Int
  /// In the order received; names are as the server wrote them.
  public var headers: HTTPHeaders
  /// After decompression where the request offered it; empty where there is none.
  public var body: [UInt8]

  /// An answer of a test's own.
  public init(status: Int, headers: HTTPHeaders = [:], body: [UInt8] = []) {
    self.status = status
    self.headers = headers
    self.body = body
  }
}
