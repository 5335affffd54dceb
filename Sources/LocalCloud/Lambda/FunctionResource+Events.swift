import CacheSupport

/// A queue whose messages invoke a function.
struct EventSourceMapping: Sendable, Hashable {
  var queue: String
  var function: String
  /// Messages an event, 1 to 10.
  var batchSize: Int
  /// Invocations at once, 2 to 1,000.
  var maximumConcurrency: Int
  /// Whether the function's answer says which messages failed.
  var reportsFailures: Bool

  /// Where the template names none.
  static let usualConcurrency: Int = 10
}

/// A schedule that invokes a function.
struct ScheduleRule: Sendable {
  var name: String
  var schedule: Schedule
  var function: String
  /// The event, where the rule gives one of its own.
  var input: String?
}

extension FunctionResource {
  /// Reads SAM's `Events`.
  mutating func add(
    _ events: consuming ResourceProperties, at site: Stack.Site, to properties: inout ResourceProperties
  ) throws(TemplateError) {
    var events = events
    for event in events.names {
      guard var properties = try events.part(event) else { continue }
      let type = try properties.required("Type")
      guard var part = try properties.part("Properties") else { throw properties.missing("Properties") }
      let isEnabled = try part.boolean("Enabled") ?? true
      switch type {
      case "Schedule": try addSchedule("\(site.stackName)-\(event)", &part, isEnabled)
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
    let text = try part.required("Schedule")
    let input = try part.text("Input")
    let rule = try part.text("Name") ?? usualName
    part.ignore("Description", "RetryPolicy", "DeadLetterConfig")
    let schedule: Schedule
    do throws(Schedule.Failure) { schedule = try Schedule(text) } catch {
      throw TemplateError("Schedule of \(part.logicalID): \(error.description)")
    }
    if isEnabled { rules.append(ScheduleRule(name: rule, schedule: schedule, function: name, input: input)) }
  }

  private mutating func addQueue(_ part: inout ResourceProperties, _ isEnabled: Bool) throws(TemplateError) {
    let queue = try part.required("Queue").split(separator: ":").last.map(String.init) ?? ""
    let reports = try part.list("FunctionResponseTypes").contains { $0.text == "ReportBatchItemFailures" }
    var concurrency = EventSourceMapping.usualConcurrency
    if var scaling = try part.part("ScalingConfig") {
      concurrency = try scaling.integer("MaximumConcurrency", in: 2...1000) ?? concurrency
      try part.absorb(scaling)
    }
    let size = try part.integer("BatchSize", in: 1...10) ?? 10
    guard isEnabled else { return }
    eventSources.append(
      EventSourceMapping(
        queue: queue, function: name, batchSize: size, maximumConcurrency: concurrency, reportsFailures: reports))
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
