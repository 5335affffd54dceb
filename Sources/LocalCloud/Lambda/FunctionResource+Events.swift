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
      guard var part = try properties.part("Properties") else { throw properties.missing("Properties") }
      let isEnabled = try part.boolean("Enabled") ?? true
      switch type {
      // As SAM names the rule's resource; another function may have an event of the same name.
      case "Schedule": try addSchedule("\(site.stackName)-\(function)\(event)", &part, isEnabled)
      case "SQS": try addQueue(&part, isEnabled)
      case "HttpApi": try addRoute(&part, isEnabled)
      default:
        throw TemplateError(
          "\(properties.logicalID): the local cloud knows events of the types Schedule, SQS and HttpApi, not \(type)")
      }
      try properties.absorb(part)
      try events.absorb(properties)
    }
    try properties.absorb(events)
  }

  private mutating func addSchedule(
    _ usualName: String, _ part: inout ResourceProperties, _ isEnabled: Bool
  ) throws(TemplateError) {
    let times = try part.scheduleTimes("Schedule")
    let input = try part.json("Input")
    let rule = try part.text("Name") ?? usualName
    part.ignore("Description", "RetryPolicy", "DeadLetterConfig")
    guard isEnabled else { return }
    schedules.append(ScheduledEvent(name: rule, times: times, target: .function(name), input: input))
  }

  private mutating func addQueue(_ part: inout ResourceProperties, _ isEnabled: Bool) throws(TemplateError) {
    let queue = try part.required("Queue").split(separator: ":").last.map(String.init) ?? ""
    var mapping = EventSourceMapping(queue: queue, function: name, isEnabled: isEnabled)
    try mapping.read(&part)
    eventSources.append(mapping)
  }

  private mutating func addRoute(_ part: inout ResourceProperties, _ isEnabled: Bool) throws(TemplateError) {
    apis.append((part.logicalID, try part.required("ApiId")))
    guard isEnabled else { throw TemplateError("\(part.logicalID): an HttpApi event cannot be switched off") }
    let path = try part.required("Path")
    let method = (try part.text("Method") ?? "ANY").uppercased()
    guard path.hasPrefix("/"), RoutePattern(path).isUsable,
      ["ANY", "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"].contains(method)
    else { throw TemplateError("\(part.logicalID): '\(method) \(path)' is no route") }
    routes.append(
      APIRoute(
        method: method, path: path, function: name,
        payload: try part.choice("PayloadFormatVersion", ["1.0", "2.0"]) ?? "2.0",
        timeoutMilliseconds: try part.integer("TimeoutInMillis", in: 50...30_000) ?? 30_000))
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
