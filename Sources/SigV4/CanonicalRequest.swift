internal import CacheSupport

/// What of an HTTP request is signed, as it stands on the wire.
public struct SignableRequest: Sendable, Hashable {
  public var method: String
  /// The path as it is sent, percent-encoded.
  public var path: String
  /// The query as it is sent, without `?`.
  public var query: String
  /// Every header to sign, `Host` among them, in the order in which they are sent.
  public var headers: [Header]
  public var payloadHash: String

  public struct Header: Sendable, Hashable {
    public var name: String
    public var value: String
    public init(_ name: String, _ value: String) { (self.name, self.value) = (name, value) }
  }

  /// - Parameter body: hashed with SHA-256.
  public init(method: String, path: String, query: String = "", headers: [Header], body: [UInt8]) {
    self.init(
      method: method, path: path, query: query, headers: headers, payloadHash: Hex.encode(MessageDigest.sha256(body)))
  }

  public init(method: String, path: String, query: String, headers: [Header], payloadHash: String) {
    self.method = method
    self.path = path
    self.query = query
    self.headers = headers
    self.payloadHash = payloadHash
  }
}

/// Task 1 of AWS's signing process: the request in the one form that both sides derive.
///
/// See <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>.
struct CanonicalRequest {
  var text: String
  var signedHeaders: String

  /// - Parameter normalizesPath: false for S3 alone, whose keys may hold `//` and `..`.
  init(_ request: SignableRequest, query: [(name: String, value: String)], normalizesPath: Bool) {
    let headers = Self.headers(request.headers)
    signedHeaders = headers.map(\.name).joined(separator: ";")
    text = [
      request.method,
      Self.path(request.path, normalized: normalizesPath),
      Self.query(query),
      headers.map { $0.name + ":" + $0.value + "\n" }.joined(),
      signedHeaders,
      request.payloadHash,
    ].joined(separator: "\n")
  }

  /// Takes away empty, `.` and `..` segments, then encodes what is left, which was encoded for the wire already.
  static func path(_ path: String, normalized: Bool) -> String {
    guard normalized else { return PercentEncoding.encode(path, keeping: "/") }
    var segments: [Substring] = []
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    for part in parts {
      switch part {
      case "", ".": continue
      case "..": _ = segments.popLast()
      default: segments.append(part)
      }
    }
    let endsInFolder = parts.last.map { ["", ".", ".."].contains($0) } ?? true
    let joined = "/" + segments.joined(separator: "/")
    return PercentEncoding.encode(endsInFolder && joined != "/" ? joined + "/" : joined, keeping: "/")
  }

  static func query(_ items: [(name: String, value: String)]) -> String {
    items
      .map { (PercentEncoding.encode($0.name), PercentEncoding.encode($0.value)) }
      .sorted { $0 < $1 }
      .map { $0.0 + "=" + $0.1 }
      .joined(separator: "&")
  }

  /// Lower-cases names, folds runs of blanks, joins repeated names with commas in the order sent, sorts by name.
  static func headers(_ headers: [SignableRequest.Header]) -> [(name: String, value: String)] {
    var values: [String: [String]] = [:]
    for header in headers {
      let value = header.value.split(whereSeparator: \.isWhitespace).joined(separator: " ")
      values[header.name.lowercased(), default: []].append(value)
    }
    return values.map { ($0.key, $0.value.joined(separator: ",")) }.sorted { $0.0 < $1.0 }
  }
}
