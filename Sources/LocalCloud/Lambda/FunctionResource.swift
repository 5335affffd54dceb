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
  var routes: [EventRoute] = []
  /// What SAM makes of it beside the function, under the function's logical ID and these further words.
  var parts: [Part] = []

  /// A resource that SAM makes of a function.
  struct Part: Sendable {
    var suffix: String
    var type: String
    var physicalID: String
    var isEmulated: Bool = true
  }

  var name: String { description.name }

  func parts(of logicalID: String, in stack: Stack) -> [StackResource] {
    parts.map {
      StackResource(
        logicalID: logicalID + $0.suffix, type: $0.type, physicalID: $0.physicalID, isEmulated: $0.isEmulated)
    }
      + routes.map { route in
        // SAM names the permission of a REST API after the stage.
        let stage = stack.all(ServerlessRESTAPI.self).first { $0.id == route.api }?.stage.name ?? ""
        let id = "\(logicalID)\(route.event)Permission\(stage)"
        return StackResource(
          logicalID: id, type: "AWS::Lambda::Permission", physicalID: "\(stack.name)-\(id)", isEmulated: false)
      }
  }

  func check(in stack: Stack) throws(TemplateError) {
    for source in eventSources where !stack.hasQueue(source.queue) {
      throw TemplateError("the function \(name) reads the queue '\(source.queue)', which the stack does not have")
    }
    for (index, source) in eventSources.enumerated()
    where eventSources[..<index].contains(where: { $0.queue == source.queue }) {
      throw TemplateError("the function \(name) reads the queue '\(source.queue)' twice")
    }
    for source in eventSources { try stack.checkVisibility(for: source) }
    for schedule in schedules {
      try stack.check(nameOf: schedule)
      try stack.check(schedule, of: "the schedule \(schedule.name)")
    }
    try description.events.check(in: stack, of: name)
    for route in routes { try route.check(in: stack) }
  }

  func warnings(in stack: Stack) -> [String] {
    routes.filter { $0.route.timeoutMilliseconds < description.timeout * 1000 }.map {
      "\($0.route.method) \($0.route.path): the API waits \($0.route.timeoutMilliseconds) ms and then answers \($0.kind == .rest ? 504 : 503), "
        + "while the function \(name) may run \(description.timeout) s: give it a smaller Timeout"
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
    try self.init(name, codeIn: "CodeUri", &properties, at: site)
    // SAM makes a role for a function that names none.
    if let role = try properties.text("Role") {
      description.role = role
    } else {
      let role = "\(site.stackName)-\(properties.logicalID)Role"
      description.role = "arn:aws:iam::\(site.accountID):role/\(role)"
      parts.append(Part(suffix: "Role", type: "AWS::IAM::Role", physicalID: role, isEmulated: false))
    }
    if var part = try properties.part("EventInvokeConfig") {
      description.events = try EventInvokeConfig(&part)
      try properties.absorb(part)
      let logicalID = properties.logicalID
      parts.append(
        Part(
          suffix: "EventInvokeConfig", type: EventInvokeConfigResource.type,
          physicalID: "\(site.stackName)-\(logicalID)EventInvokeConfig"))
    }
    if let events = try properties.part("Events") { try add(events, at: site, to: &properties) }
    // A function without a reservation has as many processes as its queues may ask for at once.
    description.maximumConcurrency =
      description.reservedConcurrency
      ?? eventSources.filter(\.isEnabled).map(\.maximumConcurrency).reduce(FunctionDescription.usualConcurrency, max)
    properties.ignore("Policies", "PropagateTags", "Tracing")
  }

  /// Reads what SAM's functions and Lambda's own have alike.
  ///
  /// - Parameter codeProperty: the property with the path of the package.
  init(
    _ name: String, codeIn codeProperty: String, _ properties: inout ResourceProperties, at site: Stack.Site
  ) throws(TemplateError) {
    guard (1...64).contains(name.utf8.count), name.utf8.allSatisfy(ASCII.isNameByte) else {
      throw TemplateError("\(properties.logicalID): a FunctionName has 1 to 64 letters, digits, hyphens or underscores")
    }
    let runtime = try properties.choice("Runtime", ["provided.al2023", "provided.al2"])
    // `../build/QueueFunction.zip` is what the executable QueueFunction was packaged as.
    let code = try properties.required(codeProperty)
    let file = code.split(separator: "/").last ?? ""
    let executable = file.hasSuffix(".zip") ? file.dropLast(4) : file
    guard !executable.isEmpty, executable.first != "." else {
      throw TemplateError("\(properties.logicalID): \(codeProperty) '\(code)' names no package")
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
    description.reservedConcurrency = try properties.integer("ReservedConcurrentExecutions", in: 1...1000)
    description.maximumConcurrency = description.reservedConcurrency ?? FunctionDescription.usualConcurrency
    _ = try properties.choice("PackageType", ["Zip"])
    properties.ignore("Architectures", "LoggingConfig", "Tags", "EphemeralStorage")
  }
}

/// `AWS::Lambda::Function`, whose `Code` is the path of a package, as in a template before `aws cloudformation package`.
struct LambdaFunctionResource: TemplateResource {
  static let type = "AWS::Lambda::Function"
  static let nameProperty: String? = "FunctionName"
  static let noun = "function"
  static let keepsData = false

  let function: FunctionResource
  var name: String { function.name }
  var standing: any TemplateResource { function }

  init(_ name: String, _ properties: inout ResourceProperties, at site: Stack.Site) throws(TemplateError) {
    var function = try FunctionResource(name, codeIn: "Code", &properties, at: site)
    function.description.role = try properties.required("Role")
    self.function = function
    properties.ignore("TracingConfig", "RecursiveLoop", "RuntimeManagementConfig")
  }

  static func attribute(_ name: String, _ names: ResourceNames) throws(TemplateError) -> String? {
    try FunctionResource.attribute(name, names)
  }

  // The plan has it among all functions.
  static func plan(of functions: [LambdaFunctionResource], in stack: Stack) -> [PlanLine] { [] }
}
