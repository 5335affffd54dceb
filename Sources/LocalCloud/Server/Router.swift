import CacheSupport

/// Chooses what answers a request: the route of a module that fits, else the front door.
struct Router: Sendable {
  /// The most specific first.
  private let routes: [Route]
  private let threads: RequestThreads
  private let otherwise: @Sendable (ServerRequest) -> ServerReply

  /// - Parameter otherwise: answers what no route takes.
  init(
    _ routes: [Route], on threads: RequestThreads, otherwise: @escaping @Sendable (ServerRequest) -> ServerReply
  ) {
    self.routes = routes.sorted { $0.pattern.weight.lexicographicallyPrecedes($1.pattern.weight) }
    self.threads = threads
    self.otherwise = otherwise
  }

  func reply(to request: ServerRequest) -> ServerReply {
    // The front door's path, on which most requests come.
    if request.method == "POST", request.path == "/" { return otherwise(request) }
    let path = RoutePattern.parts(of: request.path)
    for route in routes where route.takes(request.method) {
      guard let found = route.pattern.match(path) else { continue }
      let parameters = found.map { (name: $0.name, value: PercentEncoding.decode($0.value)) }
      return .soon { respond in
        threads.run { Self.serve(RouteRequest(http: request, parameters: parameters), route, respond) }
      }
    }
    return otherwise(request)
  }

  private static func serve(_ request: RouteRequest, _ route: Route, _ respond: ServerReply.Responder) {
    do throws(ServiceError) {
      switch try route.reply(request) {
      case .now(let response): respond.now(response)
      case .later(let work): respond.later(work)
      case .soon(let start): start(respond)
      }
    } catch {
      respond.now(route.errors.response(to: error))
    }
  }
}
