import CacheSupport

/// `AWS::ApiGatewayV2::Api` of HTTP.
struct HTTPAPIResource: GatewayResource {
  static let type = "AWS::ApiGatewayV2::Api"
  static let kind = GatewayAPI.Kind.http

  /// The logical ID.
  var name: String
  var id: String
  var cors: CORSConfiguration?
  /// What AWS calls quick create: a function behind one route, and the stage `$default`.
  var quickRoute: APIRoute?

  init(_ name: String, _ properties: inout ResourceProperties, at site: Stack.Site) throws(TemplateError) {
    self.name = properties.logicalID
    id = GatewayAPI.id(of: properties.logicalID, in: site.stackName)
    _ = try properties.choice("ProtocolType", ["HTTP"])
    if var part = try properties.part("CorsConfiguration") {
      cors = try CORSConfiguration(&part)
      try properties.absorb(part)
    }
    let key = try properties.text("RouteKey") ?? GatewayStage.standardName
    if let target = try properties.text("Target") {
      let function = try EventTarget.function(ofIntegration: target, properties.logicalID)
      quickRoute = try APIRoute(
        key: key, .function(function), payload: "2.0", timeoutMilliseconds: APIGateway.httpTimeLimit,
        properties.logicalID)
    }
    properties.ignore(
      "Name", "Description", "Version", "Tags", "DisableExecuteApiEndpoint", "DisableSchemaValidation",
      "FailOnWarnings",
      "CredentialsArn", "IpAddressType")
  }

  func api(in stack: Stack) -> GatewayAPI {
    let integrations = stack.all(HTTPIntegrationResource.self)
    let routes = stack.all(HTTPRouteResource.self).filter { $0.api == id }.compactMap { route in
      integrations.first { $0.api == id && $0.id == route.integration }.flatMap { integration in
        try? APIRoute(
          key: route.key, .function(integration.function), payload: integration.payload,
          timeoutMilliseconds: integration.timeoutMilliseconds, route.name)
      }
    }
    let stages = stack.all(HTTPStageResource.self).filter { $0.api == id }.map(\.stage)
    let quickStage = quickRoute == nil ? [] : [GatewayStage(name: GatewayStage.standardName)]
    return GatewayAPI(
      kind: .http, id: id, stages: stages + quickStage.filter { quick in !stages.contains { $0.name == quick.name } },
      routes: routes + (quickRoute.map { [$0] } ?? []), cors: cors)
  }

  static func attribute(_ name: String, _ names: ResourceNames) throws(TemplateError) -> String? {
    switch name {
    case "ApiEndpoint": try names.apiAddress
    case "ApiId": names.apiID
    default: nil
    }
  }
}

/// `AWS::ApiGatewayV2::Stage`.
struct HTTPStageResource: GatewayPart {
  static let type = "AWS::ApiGatewayV2::Stage"
  static let noun = "API stage"
  static let kind = GatewayAPI.Kind.http

  var name: String
  var api: String
  var stage: GatewayStage

  init(_ name: String, _ properties: inout ResourceProperties, at site: Stack.Site) throws(TemplateError) {
    self.name = properties.logicalID
    api = try properties.required("ApiId")
    guard let stageName = try properties.stageName("StageName", takesStandard: true) else {
      throw properties.missing("StageName")
    }
    stage = GatewayStage(name: stageName)
    stage.variables = try properties.texts("StageVariables")
    try properties.routeSettings(&stage)
    properties.ignore("AutoDeploy", "DeploymentId", "Description", "AccessLogSettings", "Tags")
  }

  static func reference(_ names: ResourceNames) throws(TemplateError) -> String { try names.required("StageName") }
}

/// `AWS::ApiGatewayV2::Integration` with a function.
struct HTTPIntegrationResource: GatewayPart {
  static let type = "AWS::ApiGatewayV2::Integration"
  static let noun = "API integration"
  static let kind = GatewayAPI.Kind.http

  var name: String
  var id: String
  var api: String
  var function: String
  var payload: String
  var timeoutMilliseconds: Int

  init(_ name: String, _ properties: inout ResourceProperties, at site: Stack.Site) throws(TemplateError) {
    self.name = properties.logicalID
    id = GatewayAPI.id(of: properties.logicalID, in: site.stackName)
    api = try properties.required("ApiId")
    _ = try properties.choice("IntegrationType", ["AWS_PROXY"])
    _ = try properties.choice("ConnectionType", ["INTERNET"])
    function = try EventTarget.function(ofIntegration: properties.required("IntegrationUri"), properties.logicalID)
    payload = try properties.choice("PayloadFormatVersion", ["1.0", "2.0"]) ?? "1.0"
    timeoutMilliseconds =
      try properties.integer("TimeoutInMillis", in: 50...APIGateway.httpTimeLimit) ?? APIGateway.httpTimeLimit
    properties.ignore("IntegrationMethod", "Description", "CredentialsArn", "PassthroughBehavior")
  }
}

/// `AWS::ApiGatewayV2::Route`.
struct HTTPRouteResource: GatewayPart {
  static let type = "AWS::ApiGatewayV2::Route"
  static let noun = "API route"
  static let kind = GatewayAPI.Kind.http

  var name: String
  var api: String
  var key: String
  /// The integration's ID.
  var integration: String

  init(_ name: String, _ properties: inout ResourceProperties, at site: Stack.Site) throws(TemplateError) {
    self.name = properties.logicalID
    api = try properties.required("ApiId")
    key = try properties.required("RouteKey")
    _ = try APIRoute(key: key, .function(""), payload: "2.0", timeoutMilliseconds: 0, properties.logicalID)
    let target = try properties.required("Target")
    guard target.hasPrefix("integrations/") else {
      throw TemplateError("Target of \(properties.logicalID) is '\(target)': give integrations/ID")
    }
    integration = String(target.dropFirst("integrations/".count))
    _ = try properties.choice("AuthorizationType", ["NONE"])
    if try properties.boolean("ApiKeyRequired") == true {
      throw TemplateError("\(properties.logicalID): the local cloud does not emulate ApiKeyRequired")
    }
    properties.ignore("OperationName")
  }

  func check(in stack: Stack) throws(TemplateError) {
    try stack.check(api: api, .http, of: name)
    guard stack.all(HTTPIntegrationResource.self).contains(where: { $0.api == api && $0.id == integration }) else {
      throw TemplateError("\(name): its API has no integration '\(integration)'")
    }
  }
}

extension APIRoute {
  /// A route by its key, `METHOD /path` or `$default`.
  init(
    key: String, _ integration: Integration, payload: String, timeoutMilliseconds: Int, _ place: String
  ) throws(TemplateError) {
    if key == GatewayStage.standardName {
      self.init(
        method: "", path: key, integration: integration, payload: payload, timeoutMilliseconds: timeoutMilliseconds)
      return
    }
    let parts = key.split(separator: " ", maxSplits: 1).map(String.init)
    guard parts.count == 2, Self.isRoute(parts[0], parts[1]) else {
      throw TemplateError("\(place): '\(key)' is no route")
    }
    self.init(
      method: parts[0], path: parts[1], integration: integration, payload: payload,
      timeoutMilliseconds: timeoutMilliseconds)
  }

  static func isRoute(_ method: String, _ path: String) -> Bool {
    path.hasPrefix("/") && RoutePattern(path).isUsable && methods.contains(method)
  }
}

extension EventTarget {
  /// The function of an integration: its ARN, or the address by which API Gateway invokes it,
  /// `arn:aws:apigateway:REGION:lambda:path/2015-03-31/functions/ARN/invocations`.
  static func function(ofIntegration text: String, _ place: String) throws(TemplateError) -> String {
    var arn = text[...]
    if let start = text.firstRange(of: ":lambda:path/2015-03-31/functions/"), text.hasSuffix("/invocations") {
      arn = text[start.upperBound...].dropLast("/invocations".count)
    }
    guard case .function(let name) = try EventTarget(arn: String(arn), place) else {
      throw TemplateError("\(place): '\(text)' is no function")
    }
    return name
  }
}
