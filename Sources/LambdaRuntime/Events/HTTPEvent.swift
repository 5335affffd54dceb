import CacheSupport

/// A request that came through API Gateway (REST, HTTP API) or a function URL.
///
/// See <https://docs.aws.amazon.com/lambda/latest/dg/services-apigateway.html> and
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>.
public struct HTTPEvent: Sendable, Hashable {
  public var method: String
  /// Decoded, without the stage.
  public var path: String
  /// Decoded; a name that came twice has its last value.
  public var query: [String: String]
  /// By lower-case name.
  public var headers: [String: String]
  /// Bytes of the body, as sent (Base64 counts as it stands).
  public var bodySize: Int

  public init(method: String, path: String, query: [String: String] = [:], headers: [String: String] = [:]) {
    self.method = method
    self.path = path
    self.query = query
    self.headers = headers.reduce(into: [:]) { $0[$1.key.lowercased()] = $1.value }
    bodySize = 0
  }

  /// - Throws: ``EventError`` for an event of another kind.
  public init(parsing event: [UInt8]) throws(EventError) {
    let json: JSON
    do throws(JSONError) { json = try JSON(parsing: event) } catch {
      throw EventError("the event is not JSON: \(error)")
    }
    if json["version"]?.string == "2.0", let http = json["requestContext"]?["http"] {
      self.init(
        method: http["method"]?.string ?? "GET", path: json["rawPath"]?.string ?? "/",
        query: Self.query(raw: json["rawQueryString"]?.string ?? ""), headers: Self.texts(json["headers"]))
      // HTTP APIs put the stage before the path; function URLs and the stage `$default` have none.
      if let stage = json["requestContext"]?["stage"]?.string, stage != "$default" {
        if path == "/" + stage {
          path = "/"
        } else if path.hasPrefix("/\(stage)/") {
          path.removeFirst(stage.utf8.count + 1)
        }
      }
      path = PercentEncoding.decode(path)
    } else if let method = json["httpMethod"]?.string {
      self.init(
        method: method, path: PercentEncoding.decode(json["path"]?.string ?? "/"),
        query: Self.texts(json["queryStringParameters"]),
        headers: Self.texts(json["headers"]))
    } else {
      throw EventError("the event is not from API Gateway or a function URL")
    }
    bodySize = json["body"]?.string?.utf8.count ?? 0
  }

  private static func texts(_ json: JSON?) -> [String: String] {
    (json?.object?.members ?? []).reduce(into: [:]) { $0[$1.name] = $1.value.string }
  }

  private static func query(raw: String) -> [String: String] {
    PercentEncoding.queryItems(raw, plusIsBlank: true).reduce(into: [:]) { $0[$1.name] = $1.value }
  }
}

/// The answer in the form that all three front doors take.
public struct HTTPEventResponse: Sendable, Hashable {
  public var status: Int
  public var headers: [String: String]
  /// UTF-8 text.
  public var body: [UInt8]

  public init(status: Int, headers: [String: String] = [:], body: [UInt8]) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  public var bytes: [UInt8] {
    var writer = JSONWriter(capacity: body.count + body.count / 2 + 512)
    writer.raw("{\"statusCode\":")
    writer.integer(status)
    writer.raw(",\"headers\":")
    writer.write(headers.sorted { $0.key < $1.key }.reduce(into: JSONObject()) { $0[$1.key] = .string($1.value) })
    writer.raw(",\"isBase64Encoded\":false,\"body\":")
    writer.string(body.span)
    writer.raw("}")
    return writer.bytes
  }
}
