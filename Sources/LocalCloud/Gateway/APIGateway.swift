import CacheSupport
import Foundation
import Synchronization

/// API Gateway's HTTP API: `/{stage}/…` goes to the function of the route that fits, and its answer is the response.
///
/// See <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api.html>.
final class APIGateway: ServiceModule {
  static let resourceTypes: [any TemplateResource.Type] = [APIResource.self]

  /// What the stack has of it.
  private struct API {
    var stage: String
    /// The most specific first.
    var routes: [(pattern: RoutePattern, route: APIRoute)]
  }
  private let api = Mutex<API?>(nil)
  private let sandboxes: Sandboxes
  private let account: Account
  private let clock: WallClock

  /// API Gateway takes 10 MB.
  static let bodyLimit: Int = 10 << 20

  init(_ context: ModuleContext) throws {
    sandboxes = try context.module(LambdaService.self).sandboxes
    account = context.account
    clock = context.clock
  }

  func standUp(_ stack: Stack, _ state: inout StackState) {
    guard let resource = stack.all(APIResource.self).first else { return }
    let routes = stack.routes.map { (pattern: RoutePattern($0.path), route: $0) }.sorted { one, other in
      let (mine, others) = (one.pattern.weight, other.pattern.weight)
      // The more specific route first; of two alike, the one that names its method.
      return mine == others
        ? one.route.method != "ANY" && other.route.method == "ANY" : mine.lexicographicallyPrecedes(others)
    }
    api.withLock { $0 = API(stage: resource.stage, routes: routes) }
  }

  var routes: [Route] {
    guard let stage = api.withLock({ $0?.stage }) else { return [] }
    return ["/\(stage)", "/\(stage)/{proxy+}"].map { path in
      Route(nil, path, errors: .message) { request throws(ServiceError) in try self.reply(to: request.http) }
    }
  }

  private func reply(to request: ServerRequest) throws(ServiceError) -> ServerReply {
    guard request.body.count <= Self.bodyLimit else { throw .tooLarge }
    guard let api = api.withLock({ $0 }), request.path.hasPrefix("/\(api.stage)") else { throw .noRoute }
    let path = PercentEncoding.decode(String(Substring(request.path.utf8.dropFirst(api.stage.utf8.count + 1))))
    for (pattern, route) in api.routes where route.method == "ANY" || route.method == request.method {
      guard let parameters = pattern.match(path) else { continue }
      let event = GatewayEvent(
        request: request, stage: api.stage, routeKey: "\(route.method) \(route.path)", parameters: parameters,
        account: account, now: clock.now)
      let payload = (route.payload == "1.0" ? event.version1 : event.version2).bytes
      // Base64 makes a body a third larger, so that 10 MB are never reached.
      guard payload.count <= InvokeAPI.payloadLimit else { throw .tooLarge }
      return .later { [sandboxes] in
        let limit: Duration = .milliseconds(route.timeoutMilliseconds)
        guard case .finished(let result)? = await sandboxes.invoke(route.function, payload, within: limit) else {
          return ErrorFormat.message.response(to: .gateway(503, "Service Unavailable"))
        }
        return GatewayResponse.response(to: result, infers: route.payload == "2.0")
      }
    }
    throw .noRoute
  }
}

extension ServiceError {
  fileprivate static func gateway(_ status: Int, _ message: String) -> ServiceError {
    ServiceError(status: status, type: "", message: message)
  }

  fileprivate static let tooLarge = gateway(413, "Request Entity Too Large")
  fileprivate static let noRoute = gateway(404, "Not Found")
}
