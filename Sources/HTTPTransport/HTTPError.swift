/// Why a request has no answer. Its text names the host, never the query or a header, which may hold keys.
public struct HTTPError: Error, Sendable, Hashable, CustomStringConvertible {
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    private enum Kind: String {
      case invalidRequest, cannotConnect, connectionLost, timedOut, untrusted, tooLarge, cancelled
    }
    private let kind: Kind
    /// The URL or a header cannot be sent as it is.
    public static let invalidRequest: Code = Code(kind: .invalidRequest)
    /// No connection: an unknown host, a refused port.
    public static let cannotConnect: Code = Code(kind: .cannotConnect)
    /// The connection broke before the answer was whole.
    public static let connectionLost: Code = Code(kind: .connectionLost)
    public static let timedOut: Code = Code(kind: .timedOut)
    /// The server's certificate was not accepted.
    public static let untrusted: Code = Code(kind: .untrusted)
    /// The answer passed the request's limit.
    public static let tooLarge: Code = Code(kind: .tooLarge)
    /// The task that waited was cancelled.
    public static let cancelled: Code = Code(kind: .cancelled)

    public var description: String { kind.rawValue }
  }

  public var code: Code
  public var message: String

  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  public var description: String { message }
}
