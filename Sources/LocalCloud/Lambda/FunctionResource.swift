import CacheSupport

/// `AWS::Serverless::Function`: the function, and the events that invoke it.
struct FunctionResource: TemplateResource {
  static let type = "AWS::Serverless::Function"
  static let nameProperty: String? = "FunctionName"
  static let noun = "function"
  static let keepsData = false

  var description: FunctionDescription
  var eventSources: [EventSourceMapping] = []
  var rules: [ScheduleRule] = []
  var routes: [APIRoute] = []
  /// The APIs that the routes name, and where.
  var apis: [(place: String, name: String)] = []

  var name: String { description.name }

  func check(in stack: Stack) throws(TemplateError) {
    for source in eventSources where !stack.hasQueue(source.queue) {
      throw TemplateError("the function \(name) reads the queue '\(source.queue)', which the stack has not")
    }
    if let target = description.failureQueue, !stack.hasQueue(target) {
      throw TemplateError("the function \(name) tells failures to the queue '\(target)', which the stack has not")
    }
    for (place, api) in apis where !stack.all(APIResource.self).contains(where: { $0.name.lowercased() == api }) {
      throw TemplateError("\(place): there is no AWS::Serverless::HttpApi '\(api)'")
    }
  }

  static func attribute(_ name: String, _ names: ResourceNames) throws(TemplateError) -> String? {
    name == "Arn" ? names.arn("lambda", "function:\(try names.name())") : nil
  }

  static func plan(of functions: [FunctionResource], in stack: Stack) -> [PlanLine] {
    functions.map(\.description).map {
      PlanLine(
        "Function", $0.name, $0.executable.split(separator: "/").last.map(String.init) ?? "", "\($0.timeout) s",
        "\($0.memory) MB", $0.failureQueue.map { "failures to \($0)" } ?? "")
    }
      + functions.flatMap(\.eventSources).map {
        PlanLine(
          "Event source", $0.function, "from \($0.queue)", "\($0.batchSize) a batch",
          "\($0.maximumConcurrency) at once",
          $0.reportsFailures ? "partial batches" : "whole batches")
      }
      + functions.flatMap(\.rules).map { PlanLine("Schedule", $0.name, $0.schedule.text, "to \($0.function)") }
  }
}

extension FunctionResource {
  init(_ name: String, _ properties: inout ResourceProperties, at site: Stack.Site) throws(TemplateError) {
    guard (1...64).contains(name.utf8.count), name.utf8.allSatisfy(QueueName.isNameByte) else {
      throw TemplateError("\(properties.logicalID): a FunctionName has 1 to 64 letters, digits, hyphens or underscores")
    }
    _ = try properties.choice("Runtime", ["provided.al2023", "provided.al2"])
    // `../build/QueueFunction.zip` is what the executable QueueFunction was packaged as.
    let code = try properties.required("CodeUri")
    let file = code.split(separator: "/").last ?? ""
    let executable = file.hasSuffix(".zip") ? file.dropLast(4) : file
    guard !executable.isEmpty, executable.first != "." else {
      throw TemplateError("\(properties.logicalID): CodeUri '\(code)' names no package")
    }
    var environment = site.environment
    if var part = try properties.part("Environment") {
      let variables = try part.texts("Variables")
      try FunctionEnvironment.check(variables, of: properties.logicalID)
      environment.merge(variables) { $1 }
      try properties.absorb(part)
    }
    self.init(
      description: FunctionDescription(
        name: name, executable: "\(site.executables)/\(executable)", environment: environment,
        timeout: try properties.integer("Timeout", in: 1...900) ?? 3,
        memory: try properties.integer("MemorySize", in: 128...10_240) ?? 128))
    let reserved = try properties.integer("ReservedConcurrentExecutions", in: 1...1000)
    if var part = try properties.part("EventInvokeConfig") { try read(&part, into: &properties) }
    if let events = try properties.part("Events") { try add(events, at: site, to: &properties) }
    // A function without a reservation has as many processes as its queues may ask for at once.
    description.maximumConcurrency =
      reserved ?? eventSources.map(\.maximumConcurrency).reduce(FunctionDescription.usualConcurrency, max)
    properties.ignore(
      "Description", "Handler", "Architectures", "Role", "Policies", "LoggingConfig", "Tags", "PropagateTags",
      "Tracing", "EphemeralStorage")
  }

  /// What becomes of an event that nobody waits for.
  private mutating func read(
    _ part: inout ResourceProperties, into properties: inout ResourceProperties
  ) throws(TemplateError) {
    description.retries = try part.integer("MaximumRetryAttempts", in: 0...2) ?? 2
    description.maximumEventAge = try part.integer("MaximumEventAgeInSeconds", in: 60...21_600) ?? 21_600
    if var destinations = try part.part("DestinationConfig") {
      if var failure = try destinations.part("OnFailure") {
        _ = try failure.choice("Type", ["SQS"])
        description.failureQueue = try failure.required("Destination").split(separator: ":").last.map(String.init)
        try destinations.absorb(failure)
      }
      try part.absorb(destinations)
    }
    try properties.absorb(part)
  }
}
