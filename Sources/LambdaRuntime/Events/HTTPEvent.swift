import CacheSupport

/// A request that came through API Gateway (REST or HTTP API) or a function URL.
///
/// Each front door hands over the path in its own way, which this type evens out:
///
/// | front door | member | encoding | stage |
/// |---|---|---|---|
/// | REST API | `path` | as sent | left out |
/// | HTTP API, format 1.0 | `path` | as sent | in front, unless it is `$default` |
/// | HTTP API, format 2.0 | `rawPath` | decoded, whatever the name says | in front, unless it is `$default` |
/// | function URL | `rawPath` | as sent | there is none |
///
/// See <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html> and
/// <https://docs.aws.amazon.com/lambda/latest/dg/services-apigateway.html>; events that AWS delivered are in
/// <https://github.com/fastify/aws-lambda-fastify/issues/169> (2.0), <https://github.com/aws/aws-lambda-dotnet> (REST, 1.0,
/// 2.0) and <https://github.com/hotsock/voker> (REST, 2.0, function URL).
public struct HTTPEvent: Sendable, Hashable {
  /// A parameter of the query string, decoded. A client may send bytes that are not UTF-8.
  public struct QueryItem: Sendable, Hashable {
    /// The bytes before the first `=`.
    public var name: [UInt8]
    /// The bytes after the first `=`; empty where there is none.
    public var value: [UInt8]

    /// A parameter made by hand, of decoded bytes.
    public init(name: [UInt8], value: [UInt8]) {
      self.name = name
      self.value = value
    }
  }

  /// The request's method, such as `GET`.
  public var method: String
  /// Decoded once, without the stage. A client may send bytes that are not UTF-8.
  public var path: [UInt8]
  /// The stage's name where the client asked for that alone, such as `/prod`: links relative to `/` lead past it. Nil otherwise.
  public var bareStage: String?
  /// In the order of the request, where the event keeps it; a name that was sent twice is here twice.
  public var query: [QueryItem]
  /// By lower-case name; a header that was sent twice has both values, with a comma between (RFC 9110 §5.3).
  public var headers: [String: String]
  /// What the client sent, byte for byte: Base64 is decoded where the event says so. Empty where there is none.
  public var body: [UInt8]
  /// The length of the body in bytes.
  public var bodySize: Int { body.count }

  /// A request made by hand.
  ///
  /// - Parameters:
  ///   - method: such as `GET`; its case is kept.
  ///   - path: decoded, without the stage.
  ///   - query: decoded.
  ///   - headers: by name, in any case.
  ///   - body: as the client would send it.
  public init(
    method: String, path: String, query: [String: String] = [:], headers: [String: String] = [:], body: [UInt8] = []
  ) {
    self.method = method
    self.path = Array(path.utf8)
    self.query = query.sorted { $0.key < $1.key }.map {
      QueryItem(name: Array($0.key.utf8), value: Array($0.value.utf8))
    }
    self.headers = headers.reduce(into: [:]) { $0[$1.key.lowercasedASCII] = $1.value }
    self.body = body
  }

  /// Reads the event of any of the front doors.
  ///
  /// - Throws: ``EventError`` for an event of another kind, or one whose body is no Base64 although it says so: the front
  ///   doors encode the body themselves, so that no client can cause it.
  public init(parsing event: [UInt8]) throws(EventError) {
    let json: JSON
    do throws(JSONError) { json = try JSON(parsing: event) } catch {
      throw EventError("the event is not JSON: \(error)")
    }
    let context = json["requestContext"]
    if json["version"]?.string == "2.0", let http = context?["http"] {
      let raw = json["rawPath"]?.string ?? "/"
      method = http["method"]?.string ?? "GET"
      path = Self.isFunctionURL(context) ? PercentEncoding.decodeBytes(raw) : Array(raw.utf8)
      query = Self.query(raw: json["rawQueryString"]?.string ?? "")
      headers = Self.headers(nil, or: json["headers"])
    } else if let httpMethod = json["httpMethod"]?.string {
      method = httpMethod
      path = PercentEncoding.decodeBytes(json["path"]?.string ?? "/")
      query = Self.query(json["multiValueQueryStringParameters"], or: json["queryStringParameters"])
      headers = Self.headers(json["multiValueHeaders"], or: json["headers"])
    } else {
      throw EventError("the event is not from API Gateway or a function URL")
    }
    body = try Self.body(json)
    // Only the events of HTTP APIs and function URLs have a version.
    if json["version"] != nil, let stage = context?["stage"]?.string { removeStage(stage) }
  }

  private static func body(_ event: JSON) throws(EventError) -> [UInt8] {
    guard let text = event["body"]?.string else { return [] }
    guard event["isBase64Encoded"]?.bool == true else { return Array(text.utf8) }
    guard let bytes = Base64.decode(text.utf8Span.span) else {
      throw EventError("isBase64Encoded is true, but the body is not Base64 (RFC 4648 §4, with padding)")
    }
    return bytes
  }

  /// By its host, `<id>.lambda-url.<region>.on.aws`: its events otherwise look like those of an HTTP API.
  private static func isFunctionURL(_ context: JSON?) -> Bool {
    context?["domainName"]?.string?.split(separator: ".").dropFirst().first == "lambda-url"
  }

  private mutating func removeStage(_ stage: String) {
    let prefix = Array("/\(stage)".utf8)
    guard stage != "$default", path.starts(with: prefix) else { return }
    let rest = path.dropFirst(prefix.count)
    if rest.isEmpty {
      path = [UInt8(ascii: "/")]
      bareStage = stage
    } else if rest.first == UInt8(ascii: "/") {
      path = Array(rest)
    }
  }

  /// The texts of each name: from the member with all values or, where an event has none, from that with one each.
  private static func texts(_ all: JSON?, or single: JSON?) -> [(name: String, values: [String])] {
    let lists = all?.object?.members ?? []
    guard lists.isEmpty else { return lists.map { ($0.name, $0.value.array?.compactMap(\.string) ?? []) } }
    return (single?.object?.members ?? []).map { ($0.name, [$0.value].compactMap(\.string)) }
  }

  private static func headers(_ all: JSON?, or single: JSON?) -> [String: String] {
    texts(all, or: single).reduce(into: [:]) { headers, header in
      guard !header.values.isEmpty else { return }
      let name = header.name.lowercasedASCII
      headers[name] = ([headers[name]].compactMap(\.self) + header.values).joined(separator: ",")
    }
  }

  private static func query(_ all: JSON?, or single: JSON?) -> [QueryItem] {
    texts(all, or: single).flatMap { name, values in
      values.map { QueryItem(name: Array(name.utf8), value: Array($0.utf8)) }
    }
  }

  private static func query(raw: String) -> [QueryItem] {
    raw.utf8.split(separator: UInt8(ascii: "&")).map { item in
      let parts = item.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false).map {
        PercentEncoding.decodeBytes(Substring($0), plusIsBlank: true)
      }
      return QueryItem(name: parts[0], value: parts.count > 1 ? parts[1] : [])
    }
  }
}

extension String {
  /// Names of headers are ASCII (RFC 9110 §5.1); other letters stay as they are.
  fileprivate var lowercasedASCII: String {
    String(decoding: utf8.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 | 0x20 : $0 }, as: UTF8.self)
  }
}
