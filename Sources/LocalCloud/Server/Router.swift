import CacheSupport

/// Chooses what answers a request: the route of a module that fits, else the front door.
struct Router: Sendable {
  /// The most specific first.
  private let routes: [Route]
  private let threads: RequestThreads
  private let handlerOfHost: @Sendable (String) -> (@Sendable (ServerRequest) -> ServerReply)?
  private let otherwise: @Sendable (ServerRequest) -> ServerReply

  /// - Parameters:
  ///   - handlerOfHost: what answers the requests of a host of its own, on one of the request threads.
  ///   - otherwise: answers what no route takes.
  init(
    _ routes: [Route], on threads: RequestThreads,
    handlerOfHost: @escaping @Sendable (String) -> (@Sendable (ServerRequest) -> ServerReply)? = { _ in nil },
    otherwise: @escaping @Sendable (ServerRequest) -> ServerReply
  ) {
    self.routes = routes.sorted { $0.pattern.weight.lexicographicallyPrecedes($1.pattern.weight) }
    self.threads = threads
    self.handlerOfHost = handlerOfHost
    self.otherwise = otherwise
  }

  func reply(to request: ServerRequest) -> ServerReply {
    if let host = request[header: "host"], let handler = handlerOfHost(host) {
      return .soon { respond in threads.run { handler(request).pass(to: respond) } }
    }
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
      try route.reply(request).pass(to: respond)
    } catch {
      respond.now(route.errors.response(to: error))
    }
  }
}
