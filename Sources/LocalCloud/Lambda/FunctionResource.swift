import CacheSupport

/// `AWS::Serverless::Function`: the function, and the events that invoke it.
struct FunctionResource: TemplateResource {
  static let type = "AWS::Serverless::Function"
  static let nameProperty: String? = "FunctionName"
  static let noun = "function"
  static let keepsData = false

  var description: FunctionDescription
  var eventSources: [EventSourceMapping] = []
  var schedules: [ScheduledEvent] = []
  var routes: [APIRoute] = []
  /// The APIs that the routes name, and where.
  var apis: [(place: String, name: String)] = []

  var name: String { description.name }

  func check(in stack: Stack) throws(TemplateError) {
    for source in eventSources where !stack.hasQueue(source.queue) {
      throw TemplateError("the function \(name) reads the queue '\(source.queue)', which the stack does not have")
    }
    for (index, source) in eventSources.enumerated()
    where eventSources[..<index].contains(where: { $0.queue == source.queue }) {
      throw TemplateError("the function \(name) reads the queue '\(source.queue)' twice")
    }
    for schedule in schedules { try stack.check(rule: schedule.name) }
    try description.events.check(in: stack, of: name)
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
        "\($0.memory) MB", $0.events.words)
    }
      + functions.flatMap(\.eventSources).map(\.planLine)
      + functions.flatMap(\.schedules).map(\.planLine)
  }
}

extension FunctionResource {
  init(_ name: String, _ properties: inout ResourceProperties, at site: Stack.Site) throws(TemplateError) {
    guard (1...64).contains(name.utf8.count), name.utf8.allSatisfy(ASCII.isNameByte) else {
      throw TemplateError("\(properties.logicalID): a FunctionName has 1 to 64 letters, digits, hyphens or underscores")
    }
    let runtime = try properties.choice("Runtime", ["provided.al2023", "provided.al2"])
    // `../build/QueueFunction.zip` is what the executable QueueFunction was packaged as.
    let code = try properties.required("CodeUri")
    let file = code.split(separator: "/").last ?? ""
    let executable = file.hasSuffix(".zip") ? file.dropLast(4) : file
    guard !executable.isEmpty, executable.first != "." else {
      throw TemplateError("\(properties.logicalID): CodeUri '\(code)' names no package")
    }
    var environment = site.environment
    var own: [String: String] = [:]
    if var part = try properties.part("Environment") {
      let variables = try part.texts("Variables")
      try FunctionEnvironment.check(variables, of: properties.logicalID)
      environment.merge(variables) { $1 }
      own = variables
      try properties.absorb(part)
    }
    self.init(
      description: FunctionDescription(
        name: name, executable: "\(site.executables)/\(executable)", environment: environment,
        timeout: try properties.integer("Timeout", in: 1...900) ?? 3,
        memory: try properties.integer("MemorySize", in: 128...10_240) ?? 128))
    description.variables = own
    description.runtime = runtime ?? "provided.al2023"
    description.handler = try properties.text("Handler") ?? "bootstrap"
    description.text = try properties.text("Description") ?? ""
    // SAM makes a role for a function that names none.
    description.role =
      try properties.text("Role") ?? "arn:aws:iam::\(site.accountID):role/\(site.stackName)-\(properties.logicalID)Role"
    let reserved = try properties.integer("ReservedConcurrentExecutions", in: 1...1000)
    description.reservedConcurrency = reserved
    if var part = try properties.part("EventInvokeConfig") {
      description.events = try EventInvokeConfig(&part)
      try properties.absorb(part)
    }
    if let events = try properties.part("Events") { try add(events, at: site, to: &properties) }
    // A function without a reservation has as many processes as its queues may ask for at once.
    description.maximumConcurrency =
      reserved
      ?? eventSources.filter(\.isEnabled).map(\.maximumConcurrency).reduce(FunctionDescription.usualConcurrency, max)
    properties.ignore(
      "Architectures", "Policies", "LoggingConfig", "Tags", "PropagateTags",
      "Tracing", "EphemeralStorage")
  }
}
