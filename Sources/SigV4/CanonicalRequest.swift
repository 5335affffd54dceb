internal import CacheSupport

/// The parts of an HTTP request that are signed, as they are sent.
public struct SignableRequest: Sendable, Hashable {
  /// Such as `POST`.
  public var method: String
  /// The path as it is sent, percent-encoded.
  public var path: String
  /// The query as it is sent, without `?`.
  public var query: String
  /// Every header to sign, `Host` among them, in the order in which they are sent.
  public var headers: [Header]
  /// SHA-256 of the body in hexadecimal digits, or a word that a service allows instead, such as `UNSIGNED-PAYLOAD`.
  public var payloadHash: String

  /// One header line.
  public struct Header: Sendable, Hashable {
    /// In either case.
    public var name: String
    /// As it is sent.
    public var value: String
    /// A line of a name and its value.
    public init(_ name: String, _ value: String) { (self.name, self.value) = (name, value) }
  }

  /// A request whose body is at hand.
  ///
  /// - Parameters:
  ///   - method: such as `POST`; its case is kept.
  ///   - path: as it is sent, percent-encoded.
  ///   - query: as it is sent, without `?`; empty where there is none.
  ///   - headers: all those to sign, `Host` among them.
  ///   - body: hashed with SHA-256, not kept.
  public init(method: String, path: String, query: String = "", headers: [Header], body: [UInt8]) {
    self.init(
      method: method, path: path, query: query, headers: headers, payloadHash: Hex.encode(MessageDigest.sha256(body)))
  }

  /// A request whose body is hashed already, or not signed.
  ///
  /// - Parameters:
  ///   - method: such as `POST`; its case is kept.
  ///   - path: as it is sent, percent-encoded.
  ///   - query: as it is sent, without `?`; empty where there is none.
  ///   - headers: all those to sign, `Host` among them.
  ///   - payloadHash: taken as it is: SHA-256 in hexadecimal digits, or a word such as `UNSIGNED-PAYLOAD`.
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
  private(set) var bytes: [UInt8] = []
  let signedHeaders: String

  var text: String { String(decoding: bytes, as: UTF8.self) }

  /// - Parameter normalizesPath: false for S3 alone, whose keys may hold `//` and `..`.
  init(_ request: SignableRequest, query: [(name: String, value: String)], normalizesPath: Bool) {
    let headers = Self.sorted(request.headers)
    signedHeaders = Self.names(headers)
    bytes.reserveCapacity(1024)
    func line(_ text: String) {
      bytes += text.utf8
      bytes.append(UInt8(ascii: "\n"))
    }
    line(request.method)
    line(Self.path(request.path, normalized: normalizesPath))
    line(query.isEmpty ? "" : Self.query(query))
    for (index, header) in headers.enumerated() {
      if index > 0, ASCII.isSameName(header.name, headers[index - 1].name) {
        bytes[bytes.count - 1] = UInt8(ascii: ",")
      } else {
        for byte in header.name.utf8 { bytes.append(ASCII.lowercased(byte)) }
        bytes.append(UInt8(ascii: ":"))
      }
      Self.append(folding: header.value, to: &bytes)
      bytes.append(UInt8(ascii: "\n"))
    }
    line("")
    line(signedHeaders)
    bytes += request.payloadHash.utf8
  }

  /// Takes away empty, `.` and `..` segments, then encodes what is left, which was encoded for the wire already.
  static func path(_ path: String, normalized: Bool) -> String {
    if path == "/" { return path }
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

  /// The names to sign: lower case, sorted, each once, with semicolons between them.
  static func signedHeaders(_ headers: [SignableRequest.Header]) -> String { names(sorted(headers)) }

  private static func names(_ sorted: [SignableRequest.Header]) -> String {
    var names: [UInt8] = []
    for (index, header) in sorted.enumerated() {
      if index > 0, ASCII.isSameName(header.name, sorted[index - 1].name) { continue }
      if index > 0 { names.append(UInt8(ascii: ";")) }
      for byte in header.name.utf8 { names.append(ASCII.lowercased(byte)) }
    }
    return String(decoding: names, as: UTF8.self)
  }

  /// By lower-case name; those of the same name stay in the order sent.
  private static func sorted(_ headers: [SignableRequest.Header]) -> [SignableRequest.Header] {
    // The standard library's sort is stable.
    headers.sorted { one, other in
      one.name.utf8.lexicographicallyPrecedes(other.name.utf8) { ASCII.lowercased($0) < ASCII.lowercased($1) }
    }
  }

  /// Takes away the blanks around a value and makes one space of each run of blanks in it.
  private static func append(folding value: String, to bytes: inout [UInt8]) {
    var pendsBlank = false
    let start = bytes.count
    for byte in value.utf8 {
      if ASCII.isBlank(byte) {
        pendsBlank = bytes.count > start
      } else {
        if pendsBlank { bytes.append(UInt8(ascii: " ")) }
        pendsBlank = false
        bytes.append(byte)
      }
    }
  }
}
