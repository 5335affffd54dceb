/// Why a request has no answer. Its text names the host, never the query or a header, which may hold keys.
public struct HTTPError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The kind of failure; an open set.
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
    /// The answer was not whole within the request's limit of time.
    public static let timedOut: Code = Code(kind: .timedOut)
    /// The server's certificate was not accepted.
    public static let untrusted: Code = Code(kind: .untrusted)
    /// The answer passed the request's limit.
    public static let tooLarge: Code = Code(kind: .tooLarge)
    /// The task that waited was cancelled.
    public static let cancelled: Code = Code(kind: .cancelled)

    /// The code's name, such as `timedOut`.
    public var description: String { kind.rawValue }
  }

  /// What kind of failure it was.
  public var code: Code
  /// What happened with which host, and what to do where something can be done.
  public var message: String
  /// The headers of an answer that is too large; empty for every other failure.
  public var headers: HTTPHeaders = [:]

  /// An error of a request.
  ///
  /// - Parameters:
  ///   - code: the kind of failure.
  ///   - message: a whole sentence without its full stop; it names the host, never the query or a header.
  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  /// The message.
  public var description: String { message }
}
