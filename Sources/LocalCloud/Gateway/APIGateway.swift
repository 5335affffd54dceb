import CacheSupport
import Foundation
import Synchronization

/// API Gateway: requests of the stack's REST and HTTP APIs go to the function of the route that fits, and its answer is the
/// response.
///
/// See <https://docs.aws.amazon.com/apigateway/latest/developerguide/welcome.html>.
final class APIGateway: ServiceModule {
  static let resourceTypes: [any TemplateResource.Type] = [
    ServerlessRESTAPI.self, ServerlessHTTPAPI.self, RESTAPIResource.self, RESTPathResource.self,
    RESTMethodResource.self,
    RESTDeploymentResource.self, RESTStageResource.self, HTTPAPIResource.self, HTTPIntegrationResource.self,
    HTTPRouteResource.self, HTTPStageResource.self,
  ]

  /// An API that stands.
  private struct Deployed {
    var api: GatewayAPI
    var routes: RouteTable
  }
  private struct State {
    /// By their IDs.
    var apis: [String: Deployed] = [:]
    /// The ID of the API that alone has a stage of a name.
    var stages: [String: String] = [:]
    /// The scheme and the port of this cloud.
    var door: (scheme: String, port: String) = ("http", "")
  }
  private let state = Mutex(State())
  private let buckets = TokenBuckets()
  private let sandboxes: Sandboxes
  private let account: Account
  private let clock: WallClock
  private let faults: Faults
  private let place: ServerPlace
  /// Whether the cloud listens on loopback alone.
  private let isLoopback: Bool

  /// API Gateway takes 10 MB.
  static let bodyLimit: Int = 10 << 20
  /// How long a function may take, milliseconds: of a REST API, and of an HTTP API.
  static let restTimeLimit: Int = 29_000
  static let httpTimeLimit: Int = 30_000

  init(_ context: ModuleContext) throws {
    sandboxes = try context.module(LambdaService.self).sandboxes
    account = context.account
    clock = context.clock
    faults = context.faults
    place = context.place
    isLoopback = context.options.host.utf8.starts(with: "127.".utf8)
  }

  func standUp(_ stack: Stack, _ memory: inout StackState) {
    var new = State()
    let parts = stack.site.address.split(separator: ":")
    if parts.count == 3 { new.door = (String(parts[0]), String(parts[2])) }
    for api in stack.apis { new.apis[api.id] = Deployed(api: api, routes: RouteTable(api)) }
    let named = stack.apis.flatMap { api in api.stages.map { (stage: $0.name, id: api.id) } }
    for (name, owners) in Dictionary(grouping: named, by: \.stage)
    where owners.count == 1 && name != GatewayStage.standardName { new.stages[name] = owners[0].id }
    state.withLock { [new] in $0 = new }
  }

  var routedOperations: (service: String, names: [String])? { (FaultTargets.gateway, ["Invoke"]) }

  var routes: [Route] {
    let (isEmpty, stages) = state.withLock { ($0.apis.isEmpty, $0.stages) }
    if isEmpty { return [] }
    var routes: [Route] = []
    func add(_ path: String, _ reply: @escaping @Sendable (RouteRequest) -> ServerReply) {
      for path in [path, path + "/{proxy+}"] {
        routes.append(Route(nil, path, errors: .message) { request throws(ServiceError) in reply(request) })
      }
    }
    for (stage, id) in stages.sorted(by: { $0.key < $1.key }) { add("/" + stage) { self.reply(to: $0.http, id) } }
    add(GatewayAddress.prefix + "{api}") { self.reply(below: $0["api"], $0.http) }
    return routes
  }

  /// A path below an API's own.
  private func reply(below id: String, _ request: ServerRequest) -> ServerReply {
    var request = request
    // What follows the third part, however the parts are written and parted.
    var rest = request.path.utf8[...]
    for _ in 0..<3 {
      rest = rest.drop { $0 == UInt8(ascii: "/") }.drop { $0 != UInt8(ascii: "/") }
    }
    request.path = rest.isEmpty ? "/" : String(Substring(rest))
    return reply(to: request, id)
  }

  func handler(ofHost host: String) -> (@Sendable (ServerRequest) -> ServerReply)? {
    guard let id = GatewayAddress.id(inHost: host) else { return nil }
    return { request in self.reply(to: request, id) }
  }

  /// Where there is one API, it answers, be it that the path lacks the stage.
  func reply(toStray request: ServerRequest) -> ServerReply? {
    let only = state.withLock { $0.apis.count == 1 ? $0.apis.keys.first : nil }
    return only.map { reply(to: request, $0) }
  }

  // MARK: Requests

  /// - Parameter request: with the path that the API's own host has.
  private func reply(to request: ServerRequest, _ id: String?) -> ServerReply {
    if isLoopback, let host = request[header: "host"],
      !GatewayAddress.isSafe(host: host, own: place.authority, region: account.region)
    {
      return .now(GatewayFailure.foreignHost(place.authority).response)
    }
    let (found, door) = state.withLock { state in (id.flatMap { state.apis[$0] }, state.door) }
    guard let found else { return .now(GatewayFailure.forbidden.response) }
    let api = found.api
    let ids = GatewayRequestIDs(now: clock.now, trace: request[header: "x-amzn-trace-id"])
    let finish = { @Sendable (response: ServerResponse) in
      var response = response
      api.cors?.apply(to: &response, of: request)
      response.headers += ids.headers(of: api.kind)
      return response
    }
    if var preflight = api.cors?.preflight(request), api.stage(of: request.path) != nil {
      preflight.headers += ids.headers(of: api.kind)
      return .now(preflight)
    }
    let route: APIRoute
    let payload: [UInt8]
    do throws(GatewayFailure) {
      (route, payload) = try event(of: request, found, ids, door)
    } catch { return .now(finish(error.response)) }
    switch route.integration {
    case .preflight(let lines):
      let headers = [("Content-Type", "application/json")] + lines.map { ($0.name, $0.value) }
      return .now(finish(ServerResponse(status: 200, headers: headers, body: Array("{}\n".utf8))))
    case .function(let function):
      let format = GatewayResponse.Format(api, isVersion2: route.payload == "2.0", accept: request[header: "accept"])
      let work = { @Sendable [sandboxes] () -> ServerReply in
        .later {
          let limit: Duration = .milliseconds(route.timeoutMilliseconds)
          let response =
            switch await sandboxes.invoke(function, payload, within: limit) {
            case .finished(let result): GatewayResponse.response(to: result, format)
            case .throttled: GatewayFailure.throttledFunction(api.kind).response
            case .stopped: GatewayFailure.stopped.response
            case nil: GatewayFailure.timeout(api.kind).response
            }
          return finish(response)
        }
      }
      do throws(ServiceError) {
        return try faults.reply(FaultTargets.gateway, "Invoke", resource: function, errors: .message, work)
      } catch {
        return .now(finish(ErrorFormat.message.response(to: error)))
      }
    }
  }

  /// The route of a request, and what its function is given.
  private func event(
    of request: ServerRequest, _ found: Deployed, _ ids: GatewayRequestIDs, _ door: (scheme: String, port: String)
  ) throws(GatewayFailure) -> (APIRoute, [UInt8]) {
    let api = found.api
    guard request.body.count <= Self.bodyLimit else { throw .tooLarge(api.kind) }
    guard let stage = api.stage(of: request.path) else { throw api.kind == .rest ? .forbidden : .notFound }
    guard let match = found.routes.match(request.method, GatewayEvent.path(request.path, below: stage)) else {
      throw api.kind == .rest ? .missingToken : .notFound
    }
    let now = clock.now
    let key = TokenBuckets.Key(api: api.id, stage: stage.name, route: match.route.key)
    guard buckets.take(key, stage.throttle(of: match.route), now: now) else { throw .tooMany(api.kind) }
    if case .preflight = match.route.integration { return (match.route, []) }
    let event = GatewayEvent(
      request: request, api: api, stage: stage, match: match, ids: ids, account: account, now: now, door: door)
    let payload = event.payload.bytes
    // Base64 makes a body a third larger, so that 10 MB are never reached.
    guard payload.count <= InvokeAPI.payloadLimit else { throw .tooLargeEvent(api.kind) }
    return (match.route, payload)
  }
}

extension GatewayAPI {
  /// The stage that a path begins with, else `$default`.
  fileprivate func stage(of path: String) -> GatewayStage? {
    let first = ByteText(Substring(path.utf8.dropFirst().prefix { $0 != UInt8(ascii: "/") }))
    return stages.first { $0.name != GatewayStage.standardName && ByteText($0.name) == first }
      ?? stages.first { $0.name == GatewayStage.standardName }
  }
}

extension GatewayRequestIDs {
  /// What the answer says of them.
  fileprivate func headers(of kind: GatewayAPI.Kind) -> [(name: String, value: String)] {
    switch kind {
    case .rest: [("x-amzn-RequestId", request), ("x-amz-apigw-id", extended), ("X-Amzn-Trace-Id", trace)]
    case .http: [("apigw-requestid", extended)]
    }
  }
}
