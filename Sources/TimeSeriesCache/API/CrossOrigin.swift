import CacheSupport
import LambdaRuntime

/// Which pages of other origins a browser lets read the answers (CORS, <https://fetch.spec.whatwg.org/#http-cors-protocol>).
///
/// Nothing is said to browsers where no origin is allowed. Credentials of the browser (cookies) are never asked for: the key is a
/// header that the page sets.
struct CrossOrigin: Sendable, Hashable {
  /// Empty where none is allowed.
  private let origins: Set<ByteText>
  private let isAny: Bool

  /// The most origins.
  static let maximumOrigins: Int = 100

  /// What a page may read beside the headers that it always may.
  static let exposed: String = "Allow, ETag, Retry-After, X-Baseline, X-Next-Cursor"
  /// What a page may send.
  static let accepted: String =
    "Accept, Authorization, Content-Type, If-None-Match, X-Api-Key, X-Security-Token"
  /// Seconds for which a browser need not ask again.
  static let preflightSeconds: Int = 600

  static let none: CrossOrigin = CrossOrigin(origins: [], isAny: false)

  private init(origins: Set<ByteText>, isAny: Bool) {
    self.origins = origins
    self.isAny = isAny
  }

  /// Reads `CORS_ORIGINS`: origins with commas between, or `*` for all.
  ///
  /// - Throws: `EnvironmentError` for what is no origin; a browser would never send it.
  init(_ text: String?) throws(EnvironmentError) {
    let parts = (text ?? "").split(separator: ",").map(\.trimmed).filter { !$0.isEmpty }
    isAny = parts.contains("*")
    origins = isAny ? [] : Set(parts.map { ByteText($0) })
    guard !isAny || parts.count == 1 else {
      throw EnvironmentError(
        description: "the environment variable CORS_ORIGINS has '*' beside others: give one or the other")
    }
    guard parts.count <= Self.maximumOrigins else {
      throw EnvironmentError(
        description:
          "the environment variable CORS_ORIGINS has \(parts.count) origins: \(Self.maximumOrigins) are the most")
    }
    for origin in origins where !Self.isOrigin(origin.text) {
      throw EnvironmentError(
        description:
          "the environment variable CORS_ORIGINS has '\(origin)': give origins as browsers send them, such as https://grafana.example.com or http://localhost:3000, in lower case, without a path"
      )
    }
  }

  /// `scheme://host` or `scheme://host:port`, as a browser writes it (RFC 6454 §6.2).
  private static func isOrigin(_ text: String) -> Bool {
    for scheme in ["http://", "https://"] where text.hasPrefix(scheme) {
      let rest = text.utf8.dropFirst(scheme.utf8.count)
      return !rest.isEmpty
        && rest.allSatisfy { byte in
          (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || ".-:[]".utf8.contains(byte)
        }
    }
    return false
  }

  /// Adds what a browser needs to let the page read the answer.
  func add(to response: inout HTTPEventResponse, for event: HTTPEvent) {
    guard isAny || !origins.isEmpty else { return }
    if !isAny {
      response.headers["Vary"] = [response.headers["Vary"], "Origin"].compactMap(\.self).joined(separator: ", ")
    }
    guard let origin = event.headers["origin"], isAny || origins.contains(ByteText(origin)) else { return }
    response.headers["Access-Control-Allow-Origin"] = isAny ? "*" : origin
    guard event.method == "OPTIONS", event.headers["access-control-request-method"] != nil else {
      response.headers["Access-Control-Expose-Headers"] = Self.exposed
      return
    }
    response.headers["Access-Control-Allow-Methods"] = response.headers["Allow"]
    response.headers["Access-Control-Allow-Headers"] = Self.accepted
    response.headers["Access-Control-Max-Age"] = "\(Self.preflightSeconds)"
  }
}
