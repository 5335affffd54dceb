import CacheSupport

/// `AWS::Events::Rule` with a schedule.
struct RuleResource: TemplateResource {
  static let type = "AWS::Events::Rule"
  static let nameProperty: String? = "Name"
  static let noun = "rule"
  static let keepsData = false

  var name: String
  /// One for each target; none where the rule is disabled.
  var events: [ScheduledEvent] = []

  init(_ name: String, _ properties: inout ResourceProperties, at site: Stack.Site) throws(TemplateError) {
    self.name = name
    let times = try properties.scheduleTimes("ScheduleExpression")
    let isEnabled = try properties.choice("State", ["ENABLED", "DISABLED"]) != "DISABLED"
    var ids: [String] = []
    for value in try properties.list("Targets") {
      var part = try ResourceProperties("\(properties.logicalID).Targets", value)
      let id = try part.required("Id")
      guard !ids.contains(id) else { throw TemplateError("\(part.logicalID): two targets have the Id '\(id)'") }
      ids.append(id)
      let event = ScheduledEvent(
        name: name, times: times, target: try EventTarget(arn: part.required("Arn"), part.logicalID),
        targetID: ids.last, input: try part.json("Input"), policy: try part.deliveryPolicy())
      part.ignore("RoleArn")
      try properties.absorb(part)
      if isEnabled { events.append(event) }
    }
    guard ids.count <= 5 else { throw TemplateError("\(properties.logicalID): a rule has at most 5 targets") }
    _ = try properties.choice("EventBusName", ["default"])
    properties.ignore("Description", "RoleArn", "Tags")
  }

  func check(in stack: Stack) throws(TemplateError) {
    try stack.check(rule: name)
    for event in events { try stack.check(event, of: "the rule \(name)") }
  }

  static func attribute(_ name: String, _ names: ResourceNames) throws(TemplateError) -> String? {
    name == "Arn" ? names.arn("events", "rule/\(try names.name())") : nil
  }

  static func plan(of rules: [RuleResource], in stack: Stack) -> [PlanLine] { rules.flatMap(\.events).map(\.planLine) }
}

/// `AWS::Scheduler::Schedule`.
struct ScheduleResource: TemplateResource {
  static let type = "AWS::Scheduler::Schedule"
  static let nameProperty: String? = "Name"
  static let noun = "schedule"
  static let keepsData = false

  var name: String
  var event: ScheduledEvent
  var isEnabled: Bool

  init(_ name: String, _ properties: inout ResourceProperties, at site: Stack.Site) throws(TemplateError) {
    self.name = name
    let (group, times, isEnabled) = try properties.schedulerSchedule()
    self.isEnabled = isEnabled
    guard properties.names.contains("FlexibleTimeWindow") else { throw properties.missing("FlexibleTimeWindow") }
    guard var target = try properties.part("Target") else { throw properties.missing("Target") }
    event = ScheduledEvent(
      name: name, origin: .scheduler(group: group), times: times,
      target: try EventTarget(arn: target.required("Arn"), target.logicalID), input: try target.text("Input"),
      policy: try target.deliveryPolicy())
    target.ignore("RoleArn")
    try properties.absorb(target)
  }

  func check(in stack: Stack) throws(TemplateError) {
    try stack.check(event, of: "the schedule \(name)")
    try stack.check(nameOf: event)
  }

  static func attribute(_ name: String, _ names: ResourceNames) throws(TemplateError) -> String? {
    guard name == "Arn" else { return nil }
    return names.arn("scheduler", "schedule/\(try names.text("GroupName") ?? "default")/\(try names.name())")
  }

  static func plan(of schedules: [ScheduleResource], in stack: Stack) -> [PlanLine] {
    schedules.map { schedule in
      var line = schedule.event.planLine
      if !schedule.isEnabled { line.details.append("disabled") }
      return line
    }
  }
}

extension Stack {
  /// - Throws: ``TemplateError`` where it does not have a schedule's target, or its dead-letter queue.
  func check(_ event: ScheduledEvent, of user: String) throws(TemplateError) {
    try check(event.target, of: "\(user) sends to")
    if let queue = event.policy.deadLetters { try check(.queue(queue), of: "\(user) sends dead letters to") }
  }

  /// - Throws: ``TemplateError`` where another rule, of a function's event or of its own, has the name, too.
  func check(rule name: String) throws(TemplateError) {
    let events = all(FunctionResource.self).flatMap(\.schedules).filter { $0.origin == .rule }
    let names = events.map(\.name) + all(RuleResource.self).map(\.name)
    guard names.count(where: { $0.hasSameBytes(as: name) }) == 1 else {
      throw TemplateError("two rules have the name '\(name)'")
    }
  }

  /// - Throws: ``TemplateError`` where another rule, or another schedule of the group, has the name of a function's event, too.
  func check(nameOf event: ScheduledEvent) throws(TemplateError) {
    guard case .scheduler(let group) = event.origin else { return try check(rule: event.name) }
    let events = all(FunctionResource.self).flatMap(\.schedules) + all(ScheduleResource.self).map(\.event)
    guard events.count(where: { $0.origin == event.origin && $0.name.hasSameBytes(as: event.name) }) == 1 else {
      throw TemplateError("two schedules of the group '\(group)' have the name '\(event.name)'")
    }
  }
}

extension ScheduledEvent {
  var planLine: PlanLine { PlanLine("Schedule", name, times.text, "to \(target.name)") }
}

extension ResourceProperties {
  /// What a schedule of EventBridge Scheduler says of itself, whoever makes it.
  mutating func schedulerSchedule() throws(TemplateError) -> (group: String, times: ScheduleTimes, isEnabled: Bool) {
    let times = try scheduleTimes("ScheduleExpression")
    _ = try choice("ScheduleExpressionTimezone", ["UTC"])
    let isEnabled = try choice("State", ["ENABLED", "DISABLED"]) != "DISABLED"
    if var window = try part("FlexibleTimeWindow") {
      // The beginning of a window is within it.
      if try window.choice("Mode", ["OFF", "FLEXIBLE"]) == nil { throw window.missing("Mode") }
      _ = try window.integer("MaximumWindowInMinutes", in: 1...1440)
      try absorb(window)
    }
    ignore("Description", "KmsKeyArn")
    return (try text("GroupName") ?? "default", times, isEnabled)
  }

  /// - Throws: ``TemplateError`` where it is absent, or no schedule.
  mutating func scheduleTimes(_ name: String) throws(TemplateError) -> ScheduleTimes {
    let text = try required(name)
    do throws(ScheduleTimes.Failure) { return try ScheduleTimes(text) } catch {
      throw TemplateError("\(name) of \(logicalID): \(error.description)")
    }
  }

  /// - Throws: ``TemplateError`` where it is no JSON.
  mutating func json(_ name: String) throws(TemplateError) -> String? {
    guard let text = try text(name) else { return nil }
    guard (try? JSON(parsing: text)) != nil else { throw TemplateError("\(name) of \(logicalID) is no JSON") }
    return text
  }
}
