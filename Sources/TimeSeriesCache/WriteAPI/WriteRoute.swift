/// What a path of InfluxDB's write API asks for.
enum WriteRoute: String, Hashable, CaseIterable {
  case writeV2 = "/api/v2/write"
  case writeV1 = "/write"
  case ping = "/ping"
  case health = "/health"

  /// Nil for a path that nothing serves; a slash at its end does no harm.
  init?(_ path: [UInt8]) {
    let path = path.count > 1 && path.last == UInt8(ascii: "/") ? path.dropLast() : path[...]
    guard let route = Self.allCases.first(where: { path.elementsEqual($0.rawValue.utf8) }) else { return nil }
    self = route
  }

  /// The methods of the route, as the header `Allow` has them.
  var methods: String {
    switch self {
    case .writeV2, .writeV1: "POST, OPTIONS"
    case .ping, .health: "GET, HEAD, OPTIONS"
    }
  }

  func allows(_ method: String) -> Bool {
    switch self {
    case .writeV2, .writeV1: method == "POST"
    case .ping, .health: method == "GET" || method == "HEAD"
    }
  }
}
