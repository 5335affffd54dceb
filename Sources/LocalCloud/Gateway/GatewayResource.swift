import CacheSupport

/// A resource that is a part of an API, which it names.
protocol GatewayPart: TemplateResource {
  static var kind: GatewayAPI.Kind { get }
  /// The API's ID.
  var api: String { get }
}

extension GatewayPart {
  static var nameProperty: String? { nil }
  static var keepsData: Bool { false }

  func check(in stack: Stack) throws(TemplateError) { try stack.check(api: api, Self.kind, of: name) }
  static func reference(_ names: ResourceNames) throws(TemplateError) -> String { names.apiID }
  // The API's lines tell of its parts.
  static func plan(of resources: [Self], in stack: Stack) -> [PlanLine] { [] }
}

/// A resource that makes an API, alone or with others that name it.
protocol GatewayResource: TemplateResource {
  static var kind: GatewayAPI.Kind { get }
  var id: String { get }
  /// The API as the whole stack has it.
  func api(in stack: Stack) -> GatewayAPI
}

extension GatewayResource {
  static var nameProperty: String? { nil }
  static var noun: String { "API" }
  static var keepsData: Bool { false }

  static func reference(_ names: ResourceNames) throws(TemplateError) -> String { names.apiID }
  func check(in stack: Stack) throws(TemplateError) { try checkAPI(in: stack) }

  /// - Throws: ``TemplateError`` for what AWS refuses when it deploys the API.
  func checkAPI(in stack: Stack) throws(TemplateError) {
    let api = api(in: stack)
    var seen: Set<String> = []
    for route in api.routes where !seen.insert(route.key).inserted {
      throw TemplateError("two routes of \(name) have the name '\(route.key)'")
    }
    if api.kind == .rest { try checkSiblings(api) }
    seen = []
    for stage in api.stages {
      guard seen.insert(stage.name).inserted else { throw TemplateError("two stages of \(name) are '\(stage.name)'") }
      for key in stage.routeThrottles.keys.sorted() where !api.routes.contains(where: { $0.key == key }) {
        throw TemplateError("the stage \(stage.name) of \(name) has settings of the route '\(key)', which is not there")
      }
    }
    for route in api.routes {
      if case .function(let function) = route.integration {
        try stack.check(.function(function), of: "the route \(route.key) of \(name) invokes")
      }
    }
  }

  /// - Throws: ``TemplateError`` where two paths differ in the name of a variable alone, so that either could be meant.
  private func checkSiblings(_ api: GatewayAPI) throws(TemplateError) {
    var variables: [[RoutePattern.Part]: RoutePattern.Part] = [:]
    for route in api.routes {
      let parts = RoutePattern(route.path).parts
      for (index, part) in parts.enumerated() {
        if case .fixed = part { continue }
        let parent = Array(parts[..<index])
        guard let sibling = variables.updateValue(part, forKey: parent), sibling != part else { continue }
        throw TemplateError(
          "the route \(route.key) of \(name): A sibling (\(sibling.text)) of this resource already has a variable path part -- only one is allowed"
        )
      }
    }
  }

  static func plan(of resources: [Self], in stack: Stack) -> [PlanLine] {
    resources.flatMap { resource in
      let api = resource.api(in: stack)
      return api.stages.flatMap { stage in
        api.routes.map { $0.planLine(in: stage, of: api) }
      }
    }
  }
}

extension APIRoute {
  fileprivate func planLine(in stage: GatewayStage, of api: GatewayAPI) -> PlanLine {
    let prefix = stage.name == GatewayStage.standardName ? "" : "/\(stage.name)"
    let place = method.isEmpty ? "\(prefix)/ \(path)" : "\(method) \(prefix)\(path)"
    let limits = stage.throttle(of: self)
    let rate = limits.rate.map { rate in "\(Int(exactly: rate).map(String.init) ?? "\(rate)") a second" } ?? ""
    let burst = limits.burst.map { "\($0) at once" } ?? ""
    return switch integration {
    case .function(let name): PlanLine("API route", place, "to \(name)", "payload \(payload)", rate, burst)
    case .preflight: PlanLine("API route", place, "answered by the gateway")
    }
  }
}

extension ResourceNames {
  /// What `Ref` of an API is.
  var apiID: String { GatewayAPI.id(of: logicalID, in: site.stackName) }
}

extension Stack {
  /// Its APIs, in the order of the template.
  var apis: [GatewayAPI] { resources.compactMap { ($0 as? any GatewayResource)?.api(in: self) } }

  /// - Parameter user: who names the API, and what for.
  func check(api id: String, _ kind: GatewayAPI.Kind, of user: String) throws(TemplateError) {
    guard
      !resources.contains(where: {
        ($0 as? any GatewayResource).map { $0.id == id && type(of: $0).kind == kind } ?? false
      })
    else { return }
    throw TemplateError("\(user): there is no \(kind == .rest ? "REST API" : "HTTP API") '\(id)'")
  }
}

extension EventRoute {
  func check(in stack: Stack) throws(TemplateError) {
    let (type, ids) =
      switch kind {
      case .rest: (ServerlessRESTAPI.type, stack.all(ServerlessRESTAPI.self).map(\.id))
      case .http: (ServerlessHTTPAPI.type, stack.all(ServerlessHTTPAPI.self).map(\.id))
      }
    guard ids.contains(api) else { throw TemplateError("\(place): there is no \(type) '\(api)'") }
  }
}

extension ResourceProperties {
  /// A stage's name; nil where there is none.
  mutating func stageName(_ property: String, takesStandard: Bool) throws(TemplateError) -> String? {
    guard let name = try text(property) else { return nil }
    if takesStandard, name == GatewayStage.standardName { return name }
    guard !name.isEmpty, name.utf8.allSatisfy(ASCII.isNameByte) else {
      throw TemplateError("\(property) of \(logicalID) is '\(name)': give letters, digits, hyphens and underscores")
    }
    guard !GatewayStage.isReserved(name) else {
      throw TemplateError(
        "\(property) of \(logicalID) is '\(name)': the local cloud has paths of its own below /\(name), give another")
    }
    return name
  }

  /// The limits in a route's settings, which are an HTTP API's.
  mutating func throttle() throws(TemplateError) -> Throttle {
    let throttle = Throttle(
      rate: try number("ThrottlingRateLimit"), burst: try integer("ThrottlingBurstLimit", in: 0...Int(Int32.max)))
    ignore("DataTraceEnabled", "DetailedMetricsEnabled", "LoggingLevel")
    return throttle
  }

  /// `DefaultRouteSettings`, and `RouteSettings` by the route's key.
  mutating func routeSettings(_ stage: inout GatewayStage) throws(TemplateError) {
    if var part = try part("DefaultRouteSettings") {
      stage.throttle = try part.throttle()
      try absorb(part)
    }
    guard var routes = try part("RouteSettings") else { return }
    for key in routes.names {
      guard var part = try routes.part(key) else { continue }
      stage.routeThrottles[key] = try part.throttle()
      try routes.absorb(part)
    }
    try absorb(routes)
  }

  /// A number of at least zero.
  mutating func number(_ name: String) throws(TemplateError) -> Double? {
    guard let text = try text(name) else { return nil }
    guard let number = Double(text), number.isFinite, number >= 0 else {
      throw TemplateError("\(name) of \(logicalID) is '\(text)': give a number from 0")
    }
    return number
  }
}
