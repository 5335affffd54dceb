public import CacheSupport

/// The answer to a request, in the form that all front doors take.
public struct HTTPEventResponse: Sendable, Hashable {
  /// The HTTP status.
  public var status: Int
  /// By name, in any case.
  public var headers: [String: String]
  /// The body, in the form in which it was made.
  public var content: Content

  /// A body.
  public enum Content: Sendable, Hashable {
    /// UTF-8.
    case text([UInt8])
    /// A text that is quoted already: a long one goes into the answer as it is.
    case quoted(QuotedText)
    /// Not text, such as a compressed body: it travels as Base64, a third longer, and the front door decodes it.
    case binary([UInt8])

    /// The bytes that are held.
    public var bytes: [UInt8] {
      switch self {
      case .text(let bytes), .binary(let bytes): bytes
      case .quoted(let text): text.bytes
      }
    }

    /// How many bytes of Lambda's answer the body takes, without the quotes.
    package var travellingBytes: Int {
      switch self {
      case .text(let bytes): bytes.count + JSONWriter.escapes(in: bytes.span)
      case .quoted(let text): text.bytes.count
      case .binary(let bytes): (bytes.count + 2) / 3 * 4
      }
    }
  }

  /// An answer.
  ///
  /// - Parameters:
  ///   - status: the HTTP status.
  ///   - headers: by name, in any case.
  ///   - body: UTF-8 text, unless `isBinary`.
  ///   - isBinary: true for a body that is not text.
  public init(status: Int, headers: [String: String] = [:], body: [UInt8], isBinary: Bool = false) {
    self.init(status: status, headers: headers, content: isBinary ? .binary(body) : .text(body))
  }

  /// An answer.
  ///
  /// - Parameters:
  ///   - status: the HTTP status.
  ///   - headers: by name, in any case.
  ///   - content: the body.
  public init(status: Int, headers: [String: String] = [:], content: Content) {
    self.status = status
    self.headers = headers
    self.content = content
  }

  /// The body's bytes as the client gets them.
  public var body: [UInt8] {
    switch content {
    case .text(let bytes), .binary(let bytes): bytes
    case .quoted(let text): text.text
    }
  }

  /// True for a body that is not text.
  public var isBinary: Bool { if case .binary = content { true } else { false } }

  /// The answer as JSON, to be returned from ``LambdaHandler/handle(_:_:)``.
  public var bytes: [UInt8] {
    let held = content.bytes.count
    var writer = JSONWriter(capacity: (isQuoted ? held : held + held / 2) + 1024)
    writer.raw("{\"statusCode\":")
    writer.integer(status)
    writer.raw(",\"headers\":")
    writer.write(headers.sorted { $0.key < $1.key }.reduce(into: JSONObject()) { $0[$1.key] = .string($1.value) })
    writer.raw(",\"isBase64Encoded\":")
    writer.raw(isBinary ? "true" : "false")
    writer.raw(",\"body\":")
    switch content {
    case .text(let bytes): writer.string(bytes.span)
    case .quoted(let text): writer.string(text)
    case .binary(let bytes): writer.base64(bytes.span)
    }
    writer.raw("}")
    return writer.bytes
  }

  private var isQuoted: Bool { if case .quoted = content { true } else { false } }
}
