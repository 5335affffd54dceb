import CacheSupport

/// A path that a module answers by itself, whatever the protocol.
struct Route: Sendable {
  /// nil takes every method; GET takes HEAD, too.
  var method: String?
  var pattern: RoutePattern
  /// How its errors are written.
  var errors: ErrorFormat
  /// True for what is plain HTTP also on AWS: it has a port of its own.
  var isPlain: Bool
  /// The name of the operation, where it has one.
  var operation: String?
  /// Runs on one of the request threads.
  var reply: @Sendable (RouteRequest) throws(ServiceError) -> ServerReply

  init(
    _ method: String?, _ path: String, errors: ErrorFormat, isPlain: Bool = false, operation: String? = nil,
    _ reply: @escaping @Sendable (RouteRequest) throws(ServiceError) -> ServerReply
  ) {
    self.method = method
    pattern = RoutePattern(path)
    self.errors = errors
    self.isPlain = isPlain
    self.operation = operation
    self.reply = reply
  }

  func takes(_ method: String) -> Bool {
    self.method == nil || self.method == method || self.method == "GET" && method == "HEAD"
  }
}

/// A request that fits a route.
struct RouteRequest: Sendable {
  var http: ServerRequest
  /// What stands in the path where the pattern has names, decoded.
  var parameters: [(name: String, value: String)] = []

  /// The parameter of a name that the route's pattern has.
  subscript(name: String) -> String { parameters.first { $0.name == name }?.value ?? "" }
}
