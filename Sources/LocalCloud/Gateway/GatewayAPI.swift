import CacheSupport

/// An API of the stack: what its template's resources come to together.
struct GatewayAPI: Sendable, Hashable {
  /// The two kinds, which differ in how they choose a route, in their events, and in their errors.
  enum Kind: Sendable, Hashable {
    /// <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-rest-api.html>
    case rest
    /// <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api.html>
    case http
  }

  var kind: Kind
  /// What `Ref` is: ten lower-case letters and digits.
  var id: String
  var stages: [GatewayStage] = []
  var routes: [APIRoute] = []
  var cors: CORSConfiguration?
  /// A REST API's: bodies of these types come and go in Base64.
  var binaryTypes: [MediaTypeRange] = []

  /// The ID of an API, the same at every start.
  static func id(of logicalID: String, in stack: String) -> String {
    // FNV-1a.
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in "\(stack)/\(logicalID)".utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    let text = String(hash, radix: 36)
    return String((String(repeating: "0", count: max(0, 10 - text.count)) + text).suffix(10))
  }
}

/// A stage of an API.
struct GatewayStage: Sendable, Hashable {
  /// What the path begins with; `$default`, of HTTP APIs alone, stands in no path.
  var name: String
  var variables: [String: String] = [:]
  /// What each route has that has no limits of its own.
  var throttle: Throttle = Throttle()
  /// By the route's key.
  var routeThrottles: [String: Throttle] = [:]

  static let standardName: String = "$default"

  /// A stage is the first part of a path, beside the first parts of this cloud's own paths; twelve digits begin those of queues.
  static func isReserved(_ name: String) -> Bool {
    ["runtime", "_aws", "_local-cloud", "2015-03-31", "page", "sample"].contains(name)
      || name.utf8.count == 12 && name.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
  }

  func throttle(of route: APIRoute) -> Throttle {
    (routeThrottles[route.key] ?? Throttle()).filled(from: route.throttle).filled(from: throttle)
  }
}

/// How many requests a route takes.
struct Throttle: Sendable, Hashable {
  /// Requests per second.
  var rate: Double?
  /// Requests at once.
  var burst: Int?

  /// What an account has in all.
  static let account: (rate: Double, burst: Int) = (10_000, 5_000)

  func filled(from other: Throttle) -> Throttle { Throttle(rate: rate ?? other.rate, burst: burst ?? other.burst) }
}

/// A route of an API, and what answers there.
struct APIRoute: Sendable, Hashable {
  enum Integration: Sendable, Hashable {
    case function(String)
    /// The gateway itself: SAM's answer to a preflight request at a REST API.
    case preflight([HeaderLine])
  }

  /// `ANY` for every method; empty for the route `$default`.
  var method: String
  /// `/v1/{name}`, `/{proxy+}`, or `$default`.
  var path: String
  var integration: Integration
  /// `1.0` or `2.0`; a REST API's are 1.0.
  var payload: String
  var timeoutMilliseconds: Int
  var throttle: Throttle = Throttle()

  /// Such as `GET /v1/{name}`.
  var key: String { method.isEmpty ? path : "\(method) \(path)" }

  static let methods: [String] = ["ANY", "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
}

/// A header of a response.
struct HeaderLine: Sendable, Hashable {
  var name: String
  var value: String
}

/// A media type, or a range such as `image/*`.
struct MediaTypeRange: Sendable, Hashable {
  private let type: Substring
  private let subtype: Substring

  /// - Parameter text: as a template has it (SAM also takes `image~1png`), or as a header has it, with its parameters.
  init?(_ text: some StringProtocol) {
    let name = String(text.prefix { $0 != ";" }).filter { !$0.isWhitespace }.lowercased().replacing("~1", with: "/")
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty }) else { return nil }
    (type, subtype) = (parts[0], parts[1])
  }

  func takes(_ other: MediaTypeRange) -> Bool {
    (type == "*" || type == other.type) && (subtype == "*" || subtype == other.subtype)
  }
}
