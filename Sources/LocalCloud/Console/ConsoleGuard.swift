import CacheSupport

/// Who may ask what is below `/_local-cloud`: programs of this machine, and the cloud's own page.
///
/// These requests have no signature. A page of another site can make a browser send requests here, so each needs a header that
/// such a page cannot send (the browser would ask first, and gets no leave), a `Host` that is this cloud's own (a name that was
/// pointed to loopback meanwhile is not), and no `Origin` but this cloud's. Where the cloud listens on another address than
/// loopback, all of them are refused, but the question which cloud this is.
struct ConsoleGuard: Sendable {
  /// The header that each request has, with any value.
  static let header: String = "X-Local-Cloud"

  let place: ServerPlace
  /// Whether the cloud listens on loopback alone.
  let isLoopback: Bool

  init(_ context: ModuleContext) { self.init(place: context.place, isLoopback: context.options.isLoopback) }

  init(place: ServerPlace, isLoopback: Bool) {
    self.place = place
    self.isLoopback = isLoopback
  }

  /// - Throws: 403 that says what is missing.
  func check(_ request: ServerRequest) throws(ServiceError) {
    guard isLoopback else {
      throw Self.refusal("the local cloud listens on more than loopback: this is for clouds that do not")
    }
    try checkSite(of: request)
  }

  /// The same, wherever the cloud listens.
  func checkSite(of request: ServerRequest) throws(ServiceError) {
    guard !(request[header: Self.header] ?? "").isEmpty else {
      throw Self.refusal("send the header \(Self.header): 1")
    }
    let own = place.addresses
    let hosts = request.headers.filter { ASCII.isSameName($0.name, "host") }.map(\.value)
    guard hosts.count == 1,
      own.contains(where: { $0.hasSameBytes(as: "\(place.scheme)://\(hosts[0].lowercased())") })
    else {
      throw Self.refusal("the header Host is not this cloud's: \(place.authority)")
    }
    if let origin = request[header: "origin"] {
      guard own.contains(where: { $0.hasSameBytes(as: origin.lowercased()) }) else {
        throw Self.refusal("another site may not ask this")
      }
    }
    let site = request[header: "sec-fetch-site"] ?? "none"
    guard ["none", "same-origin"].contains(site) else { throw Self.refusal("another site may not ask this") }
  }

  private static func refusal(_ message: String) -> ServiceError {
    ServiceError(status: 403, type: "Forbidden", message: message)
  }

  /// A route below `/_local-cloud` whose requests are looked at first. Its answers are for no other site and kept by no one.
  ///
  /// - Parameters:
  ///   - method: nil takes every method.
  ///   - path: what follows `/_local-cloud`.
  func route(
    _ method: String?, _ path: String, _ reply: @escaping @Sendable (RouteRequest) throws(ServiceError) -> JSON
  ) -> Route {
    Route(method, "/_local-cloud" + path, errors: .message) { request throws(ServiceError) in
      try check(request.http)
      return .now(Self.answer(try reply(request).bytes))
    }
  }

  /// The route that says which cloud this is, wherever it listens.
  func identity(_ id: String) -> Route {
    Route("GET", "/_local-cloud", errors: .message) { [place] request throws(ServiceError) in
      try checkSite(of: request.http)
      let json: JSON = ["id": .string(id), "address": .string(place.address)]
      return .now(Self.answer(json.bytes))
    }
  }

  /// The same for work that waits, such as for a write.
  func waiting(
    _ method: String, _ path: String,
    _ reply: @escaping @Sendable (RouteRequest) async throws(ServiceError) -> JSON
  ) -> Route {
    Route(method, "/_local-cloud" + path, errors: .message) { request throws(ServiceError) in
      try check(request.http)
      return .later {
        do throws(ServiceError) { return Self.answer(try await reply(request).bytes) } catch {
          return ErrorFormat.message.response(to: error)
        }
      }
    }
  }

  /// - Parameter json: bytes of a JSON text.
  static func answer(_ json: [UInt8]) -> ServerResponse {
    let headers = [
      ("Content-Type", "application/json"), ("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff"),
    ]
    return ServerResponse(status: 200, headers: headers, body: json)
  }
}
