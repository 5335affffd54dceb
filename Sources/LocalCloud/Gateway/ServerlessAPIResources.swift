import CacheSupport

/// `AWS::Serverless::HttpApi`. Its routes are those of the functions' events.
struct ServerlessHTTPAPI: GatewayResource {
  static let type = "AWS::Serverless::HttpApi"
  static let kind = GatewayAPI.Kind.http

  /// The logical ID.
  var name: String
  var id: String
  var stage: GatewayStage
  var cors: CORSConfiguration?

  init(_ name: String, _ properties: inout ResourceProperties, at site: Stack.Site) throws(TemplateError) {
    self.name = properties.logicalID
    id = GatewayAPI.id(of: properties.logicalID, in: site.stackName)
    stage = GatewayStage(
      name: try properties.stageName("StageName", takesStandard: true) ?? GatewayStage.standardName)
    stage.variables = try properties.texts("StageVariables")
    try properties.routeSettings(&stage)
    cors = try properties.cors()
    properties.ignore(
      "Name", "Description", "AccessLogSettings", "Tags", "PropagateTags", "FailOnWarnings", "DisableExecuteApiEndpoint"
    )
  }

  func api(in stack: Stack) -> GatewayAPI {
    GatewayAPI(kind: .http, id: id, stages: [stage], routes: stack.eventRoutes(of: id), cors: cors)
  }

  func parts(of logicalID: String, in stack: Stack) -> [StackResource] {
    let id =
      stage.name == GatewayStage.standardName ? logicalID + "ApiGatewayDefaultStage" : stage.samID(of: logicalID)
    return [StackResource(logicalID: id, type: HTTPStageResource.type, physicalID: stage.name)]
  }

  static func attribute(_ name: String, _ names: ResourceNames) throws(TemplateError) -> String? {
    switch name {
    case "ApiEndpoint": try names.apiAddress
    case "ApiId": names.apiID
    case "Stage": try names.text("StageName") ?? GatewayStage.standardName
    default: nil
    }
  }
}

/// `AWS::Serverless::Api`. Its routes are those of the functions' events.
struct ServerlessRESTAPI: GatewayResource {
  static let type = "AWS::Serverless::Api"
  static let kind = GatewayAPI.Kind.rest

  /// The logical ID.
  var name: String
  var id: String
  var stage: GatewayStage
  var cors: PreflightHeaders?
  var binaryTypes: [MediaTypeRange] = []

  init(_ name: String, _ properties: inout ResourceProperties, at site: Stack.Site) throws(TemplateError) {
    self.name = properties.logicalID
    id = GatewayAPI.id(of: properties.logicalID, in: site.stackName)
    guard let stageName = try properties.stageName("StageName", takesStandard: false) else {
      throw properties.missing("StageName")
    }
    stage = GatewayStage(name: stageName)
    stage.variables = try properties.texts("Variables")
    try properties.methodSettings(&stage)
    binaryTypes = try properties.binaryTypes()
    cors = try properties.preflightHeaders()
    properties.ignore(
      "Name", "Description", "EndpointConfiguration", "AccessLogSetting", "Tags", "PropagateTags", "FailOnWarnings",
      "TracingEnabled", "OpenApiVersion", "AlwaysDeploy", "CacheClusterEnabled", "CacheClusterSize",
      "MinimumCompressionSize")
  }

  func api(in stack: Stack) -> GatewayAPI {
    let routes = stack.eventRoutes(of: id)
    return GatewayAPI(
      kind: .rest, id: id, stages: [stage], routes: routes + (cors?.routes(beside: routes) ?? []),
      binaryTypes: binaryTypes)
  }

  func parts(of logicalID: String, in stack: Stack) -> [StackResource] {
    // SAM puts a digest of the API's description behind it, which the routes make another one here, too.
    let routes = api(in: stack).routes.map(\.key).sorted().joined(separator: "\n")
    let deployment = "\(logicalID)Deployment\(GatewayStage.digest(of: routes))"
    return [
      StackResource(
        logicalID: deployment, type: RESTDeploymentResource.type,
        physicalID: GatewayAPI.id(of: deployment, in: stack.name)),
      StackResource(
        logicalID: stage.samID(of: logicalID), type: RESTStageResource.type, physicalID: stage.name),
    ]
  }

  static func attribute(_ name: String, _ names: ResourceNames) throws(TemplateError) -> String? {
    switch name {
    case "RestApiId": names.apiID
    case "Stage": try names.required("StageName")
    // Of the resource at "/".
    case "RootResourceId": GatewayAPI.id(of: "/", in: names.apiID)
    default: nil
    }
  }
}

extension GatewayStage {
  /// The logical ID that SAM gives the stage of an API.
  fileprivate func samID(of api: String) -> String {
    let isPlain = name.allSatisfy { $0.isLetter || $0.isNumber }
    return isPlain ? "\(api)\(name)Stage" : "\(api)Stage\(Self.digest(of: name))"
  }

  /// Ten hexadecimal digits, as SAM has them in logical IDs.
  fileprivate static func digest(of text: String) -> String {
    String(RandomID.uuid(of: Array(text.utf8)).filter { $0 != "-" }.prefix(10))
  }
}

/// SAM's `Cors` of a REST API: the gateway answers OPTIONS, and the functions' answers stay as they are.
///
/// See <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-api-corsconfiguration.html>.
struct PreflightHeaders: Sendable, Hashable {
  var origin: String
  var headers: String?
  var methods: String?
  var maxAge: String?
  var allowsCredentials = false

  /// A route for each path that has no OPTIONS of its own.
  func routes(beside routes: [APIRoute]) -> [APIRoute] {
    var methods: [String: Set<String>] = [:]
    for route in routes { methods[route.path, default: []].insert(route.method) }
    return methods.keys.sorted().filter { !(methods[$0]?.contains("OPTIONS") ?? false) }.map { path in
      var own = methods[path] ?? []
      if own.contains("ANY") { own = Set(APIRoute.methods.dropFirst()) }
      own.insert("OPTIONS")
      return APIRoute(
        method: "OPTIONS", path: path, integration: .preflight(lines(own.sorted().joined(separator: ","))),
        payload: "1.0", timeoutMilliseconds: APIGateway.restTimeLimit)
    }
  }

  private func lines(_ ownMethods: String) -> [HeaderLine] {
    var lines = [HeaderLine(name: "Access-Control-Allow-Origin", value: origin)]
    if let headers { lines.append(HeaderLine(name: "Access-Control-Allow-Headers", value: headers)) }
    lines.append(HeaderLine(name: "Access-Control-Allow-Methods", value: methods ?? ownMethods))
    if let maxAge { lines.append(HeaderLine(name: "Access-Control-Max-Age", value: maxAge)) }
    if allowsCredentials { lines.append(HeaderLine(name: "Access-Control-Allow-Credentials", value: "true")) }
    return lines
  }
}

extension ResourceProperties {
  /// SAM's `CorsConfiguration` of an HTTP API: a map, or true for every origin.
  fileprivate mutating func cors() throws(TemplateError) -> CORSConfiguration? {
    if !isMap("CorsConfiguration") {
      return try boolean("CorsConfiguration") == true ? CORSConfiguration(origins: ["*"]) : nil
    }
    guard var part = try part("CorsConfiguration") else { return nil }
    let cors = try CORSConfiguration(&part)
    try absorb(part)
    return cors
  }

  /// SAM's `Cors` of a REST API: a map, or the origin.
  fileprivate mutating func preflightHeaders() throws(TemplateError) -> PreflightHeaders? {
    if !isMap("Cors") { return try quoted("Cors").map { PreflightHeaders(origin: $0) } }
    guard var part = try part("Cors") else { return nil }
    let cors = PreflightHeaders(
      origin: try part.quoted("AllowOrigin") ?? "*", headers: try part.quoted("AllowHeaders"),
      methods: try part.quoted("AllowMethods"), maxAge: try part.quoted("MaxAge"),
      allowsCredentials: try part.boolean("AllowCredentials") ?? false)
    if cors.allowsCredentials, cors.origin == "*" {
      throw TemplateError("\(part.logicalID): AllowCredentials cannot be true where AllowOrigin is '*' or not set")
    }
    try absorb(part)
    return cors
  }

  /// A value that API Gateway wants in quotes of its own, such as `"'*'"`.
  private mutating func quoted(_ name: String) throws(TemplateError) -> String? {
    guard let text = try text(name) else { return nil }
    guard text.utf8.count >= 2, text.hasPrefix("'"), text.hasSuffix("'") else {
      throw TemplateError(
        "\(name) of \(logicalID) is \(text): API Gateway wants it in single quotes, such as \"'\(text)'\"")
    }
    return String(text.dropFirst().dropLast())
  }

  mutating func binaryTypes() throws(TemplateError) -> [MediaTypeRange] {
    var types: [MediaTypeRange] = []
    for text in try strings("BinaryMediaTypes") {
      guard let type = MediaTypeRange(text) else {
        throw TemplateError("BinaryMediaTypes of \(logicalID): '\(text)' is no media type")
      }
      types.append(type)
    }
    return types
  }

  /// A REST API's limits, by path and method: `/*` and `*` stand for all.
  mutating func methodSettings(_ stage: inout GatewayStage) throws(TemplateError) {
    for value in try list("MethodSettings") {
      var part = try ResourceProperties("\(logicalID).MethodSettings", value)
      let path = (try part.text("ResourcePath") ?? "/*").replacing("~1", with: "/")
      let method = (try part.text("HttpMethod") ?? "*").uppercased()
      let throttle = try part.throttle()
      part.ignore(
        "CacheDataEncrypted", "CacheTtlInSeconds", "CachingEnabled", "MetricsEnabled")
      try absorb(part)
      switch (path, method) {
      case ("/*", "*"): stage.throttle = throttle
      case (_, "*"), ("/*", _):
        throw TemplateError(
          "\(part.logicalID): settings are of all routes ('/*' and '*') or of one, not of '\(method) \(path)'")
      default: stage.routeThrottles["\(method) /" + path.drop { $0 == "/" }] = throttle
      }
    }
  }
}
