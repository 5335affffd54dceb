import CacheSupport

/// What an HTTP API lets pages of other origins do.
///
/// See <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html>: the gateway answers preflight
/// requests by itself, and its headers take the place of the function's.
struct CORSConfiguration: Sendable, Hashable {
  /// `*`, `https://*`, `http://*`, or whole origins.
  var origins: [String] = []
  var methods: [String] = []
  var headers: [String] = []
  var exposedHeaders: [String] = []
  /// Seconds.
  var maxAge: Int?
  var allowsCredentials = false

  /// The answer to a preflight request; nil for any other request.
  func preflight(_ request: ServerRequest) -> ServerResponse? {
    guard request.method == "OPTIONS", let method = request[header: "access-control-request-method"],
      request[header: "origin"] != nil
    else { return nil }
    var response = ServerResponse(status: 204)
    guard let origin = allowed(request), methods.contains("*") || methods.contains(method) else { return response }
    response.headers.append(("access-control-allow-origin", origin))
    if !methods.isEmpty { response.headers.append(("access-control-allow-methods", methods.joined(separator: ","))) }
    if !headers.isEmpty { response.headers.append(("access-control-allow-headers", headers.joined(separator: ","))) }
    if let maxAge { response.headers.append(("access-control-max-age", String(maxAge))) }
    if allowsCredentials { response.headers.append(("access-control-allow-credentials", "true")) }
    return response
  }

  /// Puts its headers in place of those that the function gave.
  func apply(to response: inout ServerResponse, of request: ServerRequest) {
    response.headers.removeAll { $0.name.lowercased().hasPrefix("access-control-") }
    guard let origin = allowed(request) else { return }
    response.headers.append(("access-control-allow-origin", origin))
    if origin != "*" { response.headers.append(("vary", "origin")) }
    if !exposedHeaders.isEmpty {
      response.headers.append(("access-control-expose-headers", exposedHeaders.joined(separator: ",")))
    }
    if allowsCredentials { response.headers.append(("access-control-allow-credentials", "true")) }
  }

  /// What the answer says of the request's origin; nil where it may not ask.
  private func allowed(_ request: ServerRequest) -> String? {
    guard let origin = request[header: "origin"] else { return nil }
    if origins.contains("*") { return "*" }
    return origins.contains { $0.hasSuffix("//*") ? origin.hasPrefix($0.dropLast()) : $0 == origin } ? origin : nil
  }
}

extension CORSConfiguration {
  /// Reads `CorsConfiguration`, of SAM and of CloudFormation.
  init(_ part: inout ResourceProperties) throws(TemplateError) {
    origins = try part.strings("AllowOrigins")
    methods = try part.strings("AllowMethods").map { $0.uppercased() }
    headers = try part.strings("AllowHeaders")
    exposedHeaders = try part.strings("ExposeHeaders")
    maxAge = try part.integer("MaxAge", in: -1...86_400)
    allowsCredentials = try part.boolean("AllowCredentials") ?? false
    if allowsCredentials, origins.contains("*") {
      throw TemplateError("\(part.logicalID): AllowCredentials cannot be true where AllowOrigins has '*'")
    }
  }
}

extension ResourceProperties {
  /// A list of texts.
  mutating func strings(_ name: String) throws(TemplateError) -> [String] {
    var texts: [String] = []
    for value in try list(name) {
      guard let text = value.text else {
        throw TemplateError("\(name) of \(logicalID) has texts, not \(value.kindName)", line: value.line)
      }
      texts.append(text)
    }
    return texts
  }
}
