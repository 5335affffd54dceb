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
        input: try part.json("Input"))
      part.ignore("RoleArn", "RetryPolicy", "DeadLetterConfig")
      try properties.absorb(part)
      if isEnabled { events.append(event) }
    }
    guard ids.count <= 5 else { throw TemplateError("\(properties.logicalID): a rule has at most 5 targets") }
    _ = try properties.choice("EventBusName", ["default"])
    properties.ignore("Description", "RoleArn", "Tags")
  }

  func check(in stack: Stack) throws(TemplateError) {
    try stack.check(rule: name)
    for event in events { try stack.check(event.target, of: "the rule \(name) sends to") }
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
    let times = try properties.scheduleTimes("ScheduleExpression")
    _ = try properties.choice("ScheduleExpressionTimezone", ["UTC"])
    isEnabled = try properties.choice("State", ["ENABLED", "DISABLED"]) != "DISABLED"
    guard var target = try properties.part("Target") else { throw properties.missing("Target") }
    event = ScheduledEvent(
      name: name, origin: .scheduler(group: try properties.text("GroupName") ?? "default"), times: times,
      target: try EventTarget(arn: target.required("Arn"), target.logicalID), input: try target.text("Input"))
    target.ignore("RoleArn", "RetryPolicy", "DeadLetterConfig")
    try properties.absorb(target)
    guard var window = try properties.part("FlexibleTimeWindow") else { throw properties.missing("FlexibleTimeWindow") }
    // The beginning of a window is within it.
    if try window.choice("Mode", ["OFF", "FLEXIBLE"]) == nil { throw window.missing("Mode") }
    _ = try window.integer("MaximumWindowInMinutes", in: 1...1440)
    try properties.absorb(window)
    properties.ignore("Description", "KmsKeyArn")
  }

  func check(in stack: Stack) throws(TemplateError) {
    try stack.check(event.target, of: "the schedule \(name) sends to")
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
  /// - Throws: ``TemplateError`` where another rule, of a function's event or of its own, has the name, too.
  func check(rule name: String) throws(TemplateError) {
    let names = all(FunctionResource.self).flatMap(\.schedules).map(\.name) + all(RuleResource.self).map(\.name)
    guard names.count(where: { $0.hasSameBytes(as: name) }) == 1 else {
      throw TemplateError("two rules have the name '\(name)'")
    }
  }
}

extension ScheduledEvent {
  var planLine: PlanLine { PlanLine("Schedule", name, times.text, "to \(target.name)") }
}

extension ResourceProperties {
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
