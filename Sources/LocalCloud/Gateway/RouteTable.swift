import CacheSupport

/// The routes of an API, in the order in which its kind looks at them.
struct RouteTable: Sendable {
  struct Match: Sendable {
    var route: APIRoute
    var parameters: [(name: String, value: String)]
  }
  private struct Entry {
    var pattern: RoutePattern
    var routes: [APIRoute]
  }
  private let kind: GatewayAPI.Kind
  /// The most specific path first; those that name their method before `ANY`.
  private let entries: [Entry]
  private let standard: APIRoute?

  init(_ api: GatewayAPI) {
    kind = api.kind
    standard = api.routes.first { $0.path == GatewayStage.standardName }
    var entries: [RoutePattern: Entry] = [:]
    for route in api.routes where route.path != GatewayStage.standardName {
      let pattern = RoutePattern(route.path)
      entries[pattern, default: Entry(pattern: pattern, routes: [])].routes.append(route)
    }
    self.entries = entries.values.map { entry in
      Entry(
        pattern: entry.pattern,
        routes: entry.routes.filter { $0.method != "ANY" } + entry.routes.filter { $0.method == "ANY" })
    }.sorted {
      let (first, second) = (Self.order($0.pattern, api.kind), Self.order($1.pattern, api.kind))
      // Paths that differ in the names of their variables alone: the same one comes first at every start.
      return first == second
        ? ByteText($0.pattern.text) < ByteText($1.pattern.text) : first.lexicographicallyPrecedes(second)
    }
  }

  /// An HTTP API looks at whole matches before those that take the rest of a path.
  private static func order(_ pattern: RoutePattern, _ kind: GatewayAPI.Kind) -> [Int] {
    (kind == .http ? [pattern.takesRest ? 1 : 0] : []) + pattern.weight
  }

  /// Finds the route of a request.
  ///
  /// An HTTP API reads the path decoded, and takes the next route where one has another method. A REST API reads it as it was
  /// sent, without a slash at its end, and chooses the resource before the method.
  ///
  /// - Parameter path: without the stage, as it was sent.
  func match(_ method: String, _ path: String) -> Match? {
    let parts = kind == .rest ? RoutePattern.parts(of: path) : Self.httpParts(of: PercentEncoding.decode(path))
    for entry in entries {
      guard let parameters = entry.pattern.match(parts) else { continue }
      if let route = entry.routes.first(where: { $0.method == method || $0.method == "ANY" }) {
        return Match(route: route, parameters: parameters)
      }
      if kind == .rest { return nil }
    }
    return standard.map { Match(route: $0, parameters: []) }
  }

  /// The slash at the end counts: `/a/` is no `/a`, but `/a/{proxy+}` with nothing in it.
  private static func httpParts(of path: String) -> [String] {
    let parts = RoutePattern.parts(of: path)
    return !parts.isEmpty && path.utf8.last == UInt8(ascii: "/") ? parts + [""] : parts
  }
}
