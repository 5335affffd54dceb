import CacheSupport

/// `AWS::ApiGateway::RestApi`.
struct RESTAPIResource: GatewayResource {
  static let type = "AWS::ApiGateway::RestApi"
  static let kind = GatewayAPI.Kind.rest

  /// The logical ID.
  var name: String
  var id: String
  var binaryTypes: [MediaTypeRange] = []

  init(_ name: String, _ properties: inout ResourceProperties, at site: Stack.Site) throws(TemplateError) {
    self.name = properties.logicalID
    id = GatewayAPI.id(of: properties.logicalID, in: site.stackName)
    binaryTypes = try properties.binaryTypes()
    properties.ignore(
      "Name", "Description", "EndpointConfiguration", "DisableExecuteApiEndpoint", "FailOnWarnings",
      "MinimumCompressionSize", "Tags", "ApiKeySourceType")
  }

  /// Its paths by the IDs of its resources, from the root down.
  private func paths(in stack: Stack) -> [String: String] {
    let root = GatewayAPI.id(of: "/", in: id)
    let children = Dictionary(grouping: stack.all(RESTPathResource.self).filter { $0.api == id }, by: \.parent)
    var paths = [root: ""]
    var next = [root]
    while let parent = next.popLast() {
      for child in children[parent] ?? [] {
        paths[child.id] = "\(paths[parent] ?? "")/\(child.part)"
        next.append(child.id)
      }
    }
    return paths
  }

  func check(in stack: Stack) throws(TemplateError) {
    let paths = paths(in: stack)
    for resource in stack.all(RESTPathResource.self) where resource.api == id && paths[resource.id] == nil {
      throw TemplateError("\(resource.name): \(name) has no resource '\(resource.parent)' below its root")
    }
    for method in stack.all(RESTMethodResource.self) where method.api == id && paths[method.resource] == nil {
      throw TemplateError("\(method.name): \(name) has no resource '\(method.resource)' below its root")
    }
    for path in paths.values where !RoutePattern(path).isUsable {
      throw TemplateError("\(name): '\(path)' goes on after a part that takes the rest")
    }
    try checkAPI(in: stack)
  }

  func api(in stack: Stack) -> GatewayAPI {
    let paths = paths(in: stack)
    let routes = stack.all(RESTMethodResource.self).filter { $0.api == id }.compactMap { method in
      paths[method.resource].map { path in
        APIRoute(
          method: method.method, path: path.isEmpty ? "/" : path, integration: .function(method.function),
          payload: "1.0", timeoutMilliseconds: method.timeoutMilliseconds)
      }
    }
    let deployed = stack.all(RESTDeploymentResource.self).filter { $0.api == id }.compactMap(\.stage)
    return GatewayAPI(
      kind: .rest, id: id, stages: stack.all(RESTStageResource.self).filter { $0.api == id }.map(\.stage) + deployed,
      routes: routes, binaryTypes: binaryTypes)
  }

  static func attribute(_ name: String, _ names: ResourceNames) throws(TemplateError) -> String? {
    switch name {
    case "RestApiId": names.apiID
    case "RootResourceId": GatewayAPI.id(of: "/", in: names.apiID)
    default: nil
    }
  }
}

/// `AWS::ApiGateway::Resource`: a part of a path.
struct RESTPathResource: GatewayPart {
  static let type = "AWS::ApiGateway::Resource"
  static let noun = "API resource"
  static let kind = GatewayAPI.Kind.rest

  var name: String
  var id: String
  var api: String
  var parent: String
  var part: String

  init(_ name: String, _ properties: inout ResourceProperties, at site: Stack.Site) throws(TemplateError) {
    self.name = properties.logicalID
    id = GatewayAPI.id(of: properties.logicalID, in: site.stackName)
    api = try properties.required("RestApiId")
    parent = try properties.required("ParentId")
    part = try properties.required("PathPart")
    guard !part.isEmpty, !part.contains("/") else {
      throw TemplateError("PathPart of \(properties.logicalID) is '\(part)': give one part of a path")
    }
  }

  static func attribute(_ name: String, _ names: ResourceNames) throws(TemplateError) -> String? {
    name == "ResourceId" ? names.apiID : nil
  }
}

/// `AWS::ApiGateway::Method` with a function.
struct RESTMethodResource: GatewayPart {
  static let type = "AWS::ApiGateway::Method"
  static let noun = "API method"
  static let kind = GatewayAPI.Kind.rest

  var name: String
  var api: String
  var resource: String
  var method: String
  var function: String
  var timeoutMilliseconds: Int

  init(_ name: String, _ properties: inout ResourceProperties, at site: Stack.Site) throws(TemplateError) {
    self.name = properties.logicalID
    api = try properties.required("RestApiId")
    resource = try properties.required("ResourceId")
    guard let method = try properties.choice("HttpMethod", APIRoute.methods) else {
      throw properties.missing("HttpMethod")
    }
    self.method = method
    _ = try properties.choice("AuthorizationType", ["NONE"])
    if try properties.boolean("ApiKeyRequired") == true {
      throw TemplateError("\(properties.logicalID): the local cloud does not emulate ApiKeyRequired")
    }
    guard var part = try properties.part("Integration") else { throw properties.missing("Integration") }
    guard try part.choice("Type", ["AWS_PROXY"]) != nil else { throw part.missing("Type") }
    // A function is invoked by POST, whatever the method is.
    guard try part.choice("IntegrationHttpMethod", ["POST"]) != nil else { throw part.missing("IntegrationHttpMethod") }
    function = try EventTarget.function(ofIntegration: part.required("Uri"), part.logicalID)
    timeoutMilliseconds =
      try part.integer("TimeoutInMillis", in: 50...APIGateway.restTimeLimit) ?? APIGateway.restTimeLimit
    part.ignore(
      "Credentials", "PassthroughBehavior", "ContentHandling", "CacheKeyParameters", "CacheNamespace",
      "IntegrationResponses", "RequestParameters", "RequestTemplates")
    try properties.absorb(part)
    properties.ignore("MethodResponses", "OperationName", "RequestParameters")
  }
}

/// `AWS::ApiGateway::Deployment`: what makes a stage, where it names one.
struct RESTDeploymentResource: GatewayPart {
  static let type = "AWS::ApiGateway::Deployment"
  static let noun = "API deployment"
  static let kind = GatewayAPI.Kind.rest

  var name: String
  var api: String
  var stage: GatewayStage?

  init(_ name: String, _ properties: inout ResourceProperties, at site: Stack.Site) throws(TemplateError) {
    self.name = properties.logicalID
    api = try properties.required("RestApiId")
    stage = try properties.stageName("StageName", takesStandard: false).map { GatewayStage(name: $0) }
    properties.ignore("Description")
  }
}

/// `AWS::ApiGateway::Stage`.
struct RESTStageResource: GatewayPart {
  static let type = "AWS::ApiGateway::Stage"
  static let noun = "API stage"
  static let kind = GatewayAPI.Kind.rest

  var name: String
  var api: String
  var stage: GatewayStage

  init(_ name: String, _ properties: inout ResourceProperties, at site: Stack.Site) throws(TemplateError) {
    self.name = properties.logicalID
    api = try properties.required("RestApiId")
    guard let stageName = try properties.stageName("StageName", takesStandard: false) else {
      throw properties.missing("StageName")
    }
    stage = GatewayStage(name: stageName)
    stage.variables = try properties.texts("Variables")
    try properties.methodSettings(&stage)
    properties.ignore(
      "DeploymentId", "Description", "AccessLogSetting", "TracingEnabled", "Tags", "CacheClusterEnabled",
      "CacheClusterSize", "DocumentationVersion")
  }

  static func reference(_ names: ResourceNames) throws(TemplateError) -> String { try names.required("StageName") }
}
