import CacheSupport

extension FunctionResource {
  /// Reads SAM's `Events`.
  mutating func add(
    _ events: consuming ResourceProperties, at site: Stack.Site, to properties: inout ResourceProperties
  ) throws(TemplateError) {
    var events = events
    let function = properties.logicalID
    for event in events.names {
      guard var properties = try events.part(event) else { continue }
      let type = try properties.required("Type")
      // An HTTP API's event needs none: it is the route $default then.
      let none = type == "HttpApi" ? try ResourceProperties("\(properties.logicalID).Properties", .none) : nil
      guard var part = try properties.part("Properties") ?? none else { throw properties.missing("Properties") }
      let isEnabled = try part.boolean("Enabled") ?? true
      switch type {
      // As SAM names the rule's resource; another function may have an event of the same name.
      case "Schedule":
        let rule = try addSchedule("\(site.stackName)-\(function)\(event)", &part, isEnabled)
        parts.append(Part(suffix: event, type: RuleResource.type, physicalID: rule))
        parts.append(
          Part(
            suffix: event + "Permission", type: "AWS::Lambda::Permission",
            physicalID: "\(site.stackName)-\(function)\(event)Permission", isEmulated: false))
      case "ScheduleV2":
        let schedule = try addSchedulerSchedule(function + event, &part, isEnabled, at: site)
        parts.append(Part(suffix: event, type: ScheduleResource.type, physicalID: schedule))
        if !part.names.contains("RoleArn") {
          parts.append(
            Part(
              suffix: event + "Role", type: "AWS::IAM::Role",
              physicalID: "\(site.stackName)-\(function)\(event)Role", isEmulated: false))
        }
      case "SQS":
        let mapping = try addQueue(&part, isEnabled)
        parts.append(Part(suffix: event, type: EventSourceMappingResource.type, physicalID: mapping))
      case "Api": try addRESTRoute(event, &part, isEnabled, at: site)
      case "HttpApi": try addHTTPRoute(event, &part, isEnabled, at: site)
      default:
        throw TemplateError(
          "\(properties.logicalID): the local cloud knows events of the types Schedule, ScheduleV2, SQS, Api and HttpApi, not \(type)"
        )
      }
      try properties.absorb(part)
      try events.absorb(properties)
    }
    try properties.absorb(events)
  }

  /// - Returns: the rule's name.
  private mutating func addSchedule(
    _ usualName: String, _ part: inout ResourceProperties, _ isEnabled: Bool
  ) throws(TemplateError) -> String {
    let times = try part.scheduleTimes("Schedule")
    let input = try part.json("Input")
    let rule = try part.text("Name") ?? usualName
    let isEnabled = try part.choice("State", ["ENABLED", "DISABLED"]).map { $0 == "ENABLED" } ?? isEnabled
    let policy = try part.deliveryPolicy()
    part.ignore("Description")
    if isEnabled {
      schedules.append(ScheduledEvent(name: rule, times: times, target: .function(name), input: input, policy: policy))
    }
    return rule
  }

  /// - Parameter usualName: what SAM calls it where the template does not.
  /// - Returns: the schedule's name.
  private mutating func addSchedulerSchedule(
    _ usualName: String, _ part: inout ResourceProperties, _ isEnabled: Bool, at site: Stack.Site
  ) throws(TemplateError) -> String {
    let omitsName = try part.boolean("OmitName") ?? false
    let schedule = try part.text("Name") ?? (omitsName ? "\(site.stackName)-\(usualName)" : usualName)
    let (group, times, isOn) = try part.schedulerSchedule()
    let event = ScheduledEvent(
      name: schedule, origin: .scheduler(group: group), times: times, target: .function(name),
      input: try part.text("Input"), policy: try part.deliveryPolicy())
    part.ignore("RoleArn", "PermissionsBoundary")
    if isEnabled && isOn { schedules.append(event) }
    return schedule
  }

  /// - Returns: the mapping's id.
  private mutating func addQueue(_ part: inout ResourceProperties, _ isEnabled: Bool) throws(TemplateError) -> String {
    let queue = try part.required("Queue").split(separator: ":").last.map(String.init) ?? ""
    var mapping = EventSourceMapping(queue: queue, function: name, isEnabled: isEnabled)
    try mapping.read(&part)
    eventSources.append(mapping)
    return mapping.id
  }

  private mutating func addRESTRoute(
    _ event: String, _ part: inout ResourceProperties, _ isEnabled: Bool, at site: Stack.Site
  ) throws(TemplateError) {
    guard isEnabled else { throw TemplateError("\(part.logicalID): an Api event cannot be switched off") }
    let api = try part.text("RestApiId") ?? ImplicitAPI.rest.id(in: site)
    let (method, path) = try route(part.required("Method"), part.required("Path"), part.logicalID)
    let limit = APIGateway.restTimeLimit
    let route = APIRoute(
      method: method, path: path, integration: .function(name), payload: "1.0",
      timeoutMilliseconds: try part.integer("TimeoutInMillis", in: 50...limit) ?? limit)
    routes.append(EventRoute(place: part.logicalID, event: event, kind: .rest, api: api, route: route))
  }

  private mutating func addHTTPRoute(
    _ event: String, _ part: inout ResourceProperties, _ isEnabled: Bool, at site: Stack.Site
  ) throws(TemplateError) {
    guard isEnabled else { throw TemplateError("\(part.logicalID): an HttpApi event cannot be switched off") }
    let api = try part.text("ApiId") ?? ImplicitAPI.http.id(in: site)
    let givenMethod = try part.text("Method")
    var key = ("", GatewayStage.standardName)
    if let path = try part.text("Path") {
      if path != GatewayStage.standardName { key = try self.route(givenMethod ?? "ANY", path, part.logicalID) }
    } else if givenMethod != nil {
      throw part.missing("Path")
    }
    let limit = APIGateway.httpTimeLimit
    var route = APIRoute(
      method: key.0, path: key.1, integration: .function(name),
      payload: try part.choice("PayloadFormatVersion", ["1.0", "2.0"]) ?? "2.0",
      timeoutMilliseconds: try part.integer("TimeoutInMillis", in: 50...limit) ?? limit)
    if var settings = try part.part("RouteSettings") {
      route.throttle = try settings.throttle()
      try part.absorb(settings)
    }
    routes.append(EventRoute(place: part.logicalID, event: event, kind: .http, api: api, route: route))
  }

  /// A method and a path as API Gateway has them: SAM takes the method in any case, and the path with a slash at its end.
  private func route(
    _ method: String, _ path: String, _ place: String
  ) throws(TemplateError) -> (method: String, path: String) {
    let method = method.uppercased()
    guard APIRoute.isRoute(method, path) else { throw TemplateError("\(place): '\(method) \(path)' is no route") }
    let bare =
      path.utf8.count > 1 && path.utf8.last == UInt8(ascii: "/") ? String(Substring(path.utf8.dropLast())) : path
    return (method, bare)
  }
}

/// A route that a function's event asks for.
struct EventRoute: Sendable, Hashable {
  /// Where the template has it.
  var place: String
  /// The event's name.
  var event: String
  var kind: GatewayAPI.Kind
  /// The API's ID.
  var api: String
  var route: APIRoute
}

extension Stack {
  /// The routes that functions' events give an API.
  func eventRoutes(of api: String) -> [APIRoute] {
    all(FunctionResource.self).flatMap(\.routes).filter { $0.api == api }.map(\.route)
  }
}

extension EventSourceMapping {
  /// Reads what an event source's properties say beside the queue and the function.
  mutating func read(_ part: inout ResourceProperties) throws(TemplateError) {
    reportsFailures = try part.list("FunctionResponseTypes").contains { $0.text == "ReportBatchItemFailures" }
    if var scaling = try part.part("ScalingConfig") {
      concurrency = try scaling.integer("MaximumConcurrency", in: Self.concurrencies)
      try part.absorb(scaling)
    }
    batchSize = try part.integer("BatchSize", in: Self.batchSizes) ?? 10
    window = try part.integer("MaximumBatchingWindowInSeconds", in: Self.windows) ?? 0
    if let fault { throw TemplateError("\(part.logicalID): \(fault)") }
  }
}
