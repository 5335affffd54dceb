import CacheSupport

/// `AWS::Lambda::EventSourceMapping` of a queue.
struct EventSourceMappingResource: TemplateResource {
  static let type = "AWS::Lambda::EventSourceMapping"
  static let nameProperty: String? = nil
  static let noun = "event source"
  static let keepsData = false

  var name: String
  var mapping: EventSourceMapping

  init(_ name: String, _ properties: inout ResourceProperties, at site: Stack.Site) throws(TemplateError) {
    self.name = name
    mapping = try Self.mapping(
      function: properties.required("FunctionName"), queue: properties.required("EventSourceArn"), properties.logicalID)
    mapping.isEnabled = try properties.boolean("Enabled") ?? true
    try mapping.read(&properties)
    properties.ignore("Tags")
  }

  private static func mapping(
    function: String, queue: String, _ place: String
  ) throws(TemplateError) -> EventSourceMapping {
    guard case .queue(let queue) = try EventTarget(arn: queue, place) else {
      throw TemplateError("\(place): '\(queue)' is no queue")
    }
    return EventSourceMapping(queue: queue, function: try EventTarget.functionName(function, place))
  }

  func check(in stack: Stack) throws(TemplateError) {
    try stack.check(.function(mapping.function), of: "the event source \(name) invokes")
    try stack.check(.queue(mapping.queue), of: "the event source \(name) reads")
    guard stack.eventSources.count(where: { $0.id == mapping.id }) == 1 else {
      throw TemplateError("the function \(mapping.function) reads the queue '\(mapping.queue)' twice")
    }
    try stack.checkVisibility(for: mapping)
  }

  static func reference(_ names: ResourceNames) throws(TemplateError) -> String {
    try mapping(
      function: names.required("FunctionName"), queue: names.required("EventSourceArn"), names.logicalID
    ).id
  }

  static func attribute(_ name: String, _ names: ResourceNames) throws(TemplateError) -> String? {
    switch name {
    case "Id": try reference(names)
    case "EventSourceMappingArn": names.arn("lambda", "event-source-mapping:\(try reference(names))")
    default: nil
    }
  }

  static func plan(of sources: [EventSourceMappingResource], in stack: Stack) -> [PlanLine] {
    sources.map(\.mapping.planLine)
  }
}

/// `AWS::Lambda::EventInvokeConfig`: what becomes of events that nobody waits for.
struct EventInvokeConfigResource: TemplateResource {
  static let type = "AWS::Lambda::EventInvokeConfig"
  static let nameProperty: String? = nil
  static let noun = "event invoke configuration"
  static let keepsData = false

  var name: String
  var function: String
  var config: EventInvokeConfig

  init(_ name: String, _ properties: inout ResourceProperties, at site: Stack.Site) throws(TemplateError) {
    self.name = name
    function = try EventTarget.functionName(properties.required("FunctionName"), properties.logicalID)
    _ = try properties.choice("Qualifier", ["$LATEST"])
    config = try EventInvokeConfig(&properties)
  }

  func check(in stack: Stack) throws(TemplateError) {
    try stack.check(.function(function), of: "\(name) configures")
    try config.check(in: stack, of: function)
    guard stack.all(EventInvokeConfigResource.self).count(where: { $0.function == function }) == 1 else {
      throw TemplateError("the function \(function) has two configurations of its events")
    }
  }

  static func plan(of configs: [EventInvokeConfigResource], in stack: Stack) -> [PlanLine] {
    configs.map { PlanLine("Events", $0.function, "\($0.config.retries) retries", $0.config.words) }
  }
}

/// What becomes of events of a function that nobody waits for.
///
/// See <https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionEventInvokeConfig.html>.
struct EventInvokeConfig: Sendable, Hashable {
  /// How often one is tried again, 0 to 2.
  var retries: Int = 2
  /// Seconds after which one is given up.
  var maximumAge: Int = 21_600
  /// Who is told of those that failed each time.
  var onFailure: EventTarget?
  /// Who is told of those that went well.
  var onSuccess: EventTarget?

  init() {}

  init(_ part: inout ResourceProperties) throws(TemplateError) {
    retries = try part.integer("MaximumRetryAttempts", in: 0...2) ?? 2
    maximumAge = try part.integer("MaximumEventAgeInSeconds", in: 60...21_600) ?? 21_600
    guard var destinations = try part.part("DestinationConfig") else { return }
    onFailure = try destinations.destination("OnFailure")
    onSuccess = try destinations.destination("OnSuccess")
    try part.absorb(destinations)
  }

  func check(in stack: Stack, of function: String) throws(TemplateError) {
    if let onFailure { try stack.check(onFailure, of: "the function \(function) tells failures to") }
    if let onSuccess { try stack.check(onSuccess, of: "the function \(function) tells successes to") }
  }

  /// For people; empty where nobody is told.
  var words: String {
    [onFailure.map { "failures to \($0.name)" }, onSuccess.map { "successes to \($0.name)" }].compactMap(\.self)
      .joined(separator: ", ")
  }
}

extension EventTarget {
  /// The name of a function that is given by it or by its ARN.
  static func functionName(_ text: String, _ place: String) throws(TemplateError) -> String {
    guard text.hasPrefix("arn:") else { return text }
    guard case .function(let name) = try EventTarget(arn: text, place) else {
      throw TemplateError("\(place): '\(text)' is no function")
    }
    return name
  }
}

extension Stack {
  /// What reads its queues, whichever way the template says it.
  var eventSources: [EventSourceMapping] {
    all(FunctionResource.self).flatMap(\.eventSources) + all(EventSourceMappingResource.self).map(\.mapping)
  }

  /// A message must stay hidden for as long as its function may run.
  ///
  /// - Throws: ``TemplateError`` with Lambda's words.
  func checkVisibility(for source: EventSourceMapping) throws(TemplateError) {
    guard let queue = queue(source.queue),
      let function = all(FunctionResource.self).first(where: { $0.name.hasSameBytes(as: source.function) })
    else { return }
    let (visibility, timeout) = (queue.visibility, function.description.timeout)
    guard visibility < timeout else { return }
    throw TemplateError(
      "the function \(function.name) cannot read the queue \(queue.name): Queue visibility timeout: \(visibility) seconds is less "
        + "than Function timeout: \(timeout) seconds. Give the queue a VisibilityTimeout of at least \(timeout), or the function a "
        + "Timeout of at most \(visibility)")
  }
}

extension EventSourceMapping {
  var planLine: PlanLine {
    PlanLine(
      "Event source", function, "from \(queue)", "\(batchSize) a batch", window > 0 ? "filled for \(window) s" : "",
      "\(maximumConcurrency) at once", reportsFailures ? "partial batches" : "whole batches",
      isEnabled ? "" : "disabled")
  }
}

extension ResourceProperties {
  /// A destination, which SAM's templates give with its `Type`.
  fileprivate mutating func destination(_ name: String) throws(TemplateError) -> EventTarget? {
    guard var part = try part(name) else { return nil }
    let type = try part.choice("Type", ["SQS", "Lambda"])
    let target = try EventTarget(arn: part.required("Destination"), part.logicalID)
    switch (type, target) {
    case ("SQS", .function), ("Lambda", .queue):
      throw TemplateError("\(part.logicalID): the Destination is \(target.words), whatever the Type says")
    default: break
    }
    try absorb(part)
    return target
  }
}
