import CacheSupport

/// The answer to a request, in the form that all front doors take.
public struct HTTPEventResponse: Sendable, Hashable {
  /// The HTTP status.
  public var status: Int
  /// By name, in any case.
  public var headers: [String: String]
  /// UTF-8 text, unless ``isBinary`` says otherwise.
  public var body: [UInt8]
  /// True for a body that is not text, such as a compressed one: it travels as Base64, a third longer, and the front door
  /// decodes it.
  public var isBinary: Bool

  /// An answer.
  ///
  /// - Parameters:
  ///   - status: the HTTP status.
  ///   - headers: by name, in any case.
  ///   - body: UTF-8 text, unless `isBinary`.
  ///   - isBinary: true for a body that is not text.
  public init(status: Int, headers: [String: String] = [:], body: [UInt8], isBinary: Bool = false) {
    self.status = status
    self.headers = headers
    self.body = body
    self.isBinary = isBinary
  }

  /// The answer as JSON, to be returned from ``LambdaHandler/handle(_:_:)``.
  public var bytes: [UInt8] {
    var writer = JSONWriter(capacity: body.count + body.count / 2 + 512)
    writer.raw("{\"statusCode\":")
    writer.integer(status)
    writer.raw(",\"headers\":")
    writer.write(headers.sorted { $0.key < $1.key }.reduce(into: JSONObject()) { $0[$1.key] = .string($1.value) })
    if isBinary {
      writer.raw(",\"isBase64Encoded\":true,\"body\":")
      writer.base64(body.span)
    } else {
      writer.raw(",\"isBase64Encoded\":false,\"body\":")
      writer.string(body.span)
    }
    writer.raw("}")
    return writer.bytes
  }
}
