import CacheSupport

/// Makes a stack of a template and its parameters' values.
struct StackBuilder {
  private let template: Template
  private let evaluator: Evaluator
  private let site: Stack.Site
  private var stack: Stack

  /// - Parameter parameters: a value for each of the template's parameters.
  static func build(
    _ template: Template, parameters: [String: String], at site: Stack.Site
  ) throws(TemplateError) -> Stack {
    var builder = StackBuilder(
      template: template, evaluator: Evaluator(template: template, parameters: parameters, site: site), site: site,
      stack: Stack(name: site.stackName))
    try builder.run()
    return builder.stack
  }

  /// What concerns people and accounts, not what the functions do.
  private static let ignoredTypes = [
    "AWS::IAM::", "AWS::Logs::", "AWS::CloudWatch::", "AWS::SNS::", "AWS::S3::", "AWS::SQS::QueuePolicy", "AWS::KMS::",
    "AWS::IoT::", "AWS::Lambda::Permission",
  ]

  private mutating func run() throws(TemplateError) {
    // APIs before the functions whose events name them.
    let isAPI = { (resource: Template.Resource) in resource.type == "AWS::Serverless::HttpApi" }
    for resource in template.resources.filter(isAPI) + template.resources.filter({ !isAPI($0) }) {
      guard try evaluator.holds(resource.condition) else { continue }
      if Self.ignoredTypes.contains(where: { resource.type.hasPrefix($0) }) {
        stack.ignoredResources[resource.type, default: []].append(resource.logicalID)
        continue
      }
      let name = try ResourceNames(resource, evaluator).name()
      guard let value = try evaluator.value(resource.properties) else { continue }
      var properties = try ResourceProperties(resource.logicalID, value)
      switch resource.type {
      case "AWS::DynamoDB::Table": try addTable(name, &properties)
      case "AWS::SQS::Queue": try addQueue(name, &properties)
      case "AWS::Timestream::Database": try addDatabase(name, &properties)
      case "AWS::Timestream::Table": try addHistoryTable(name, &properties)
      case "AWS::SSM::Parameter": try addParameter(name, &properties)
      case "AWS::Serverless::HttpApi": try addAPI(resource.logicalID, &properties)
      case "AWS::Serverless::Function": try addFunction(name, &properties)
      default:
        throw TemplateError(
          "\(resource.logicalID): the local cloud does not emulate resources of the type \(resource.type)",
          line: resource.line)
      }
      try properties.finish()
      if !properties.ignored.isEmpty {
        stack.ignoredProperties[resource.type, default: []].formUnion(properties.ignored)
      }
    }
    for output in template.outputs where try evaluator.holds(output.condition) {
      stack.outputs.append(.init(name: output.name, value: try evaluator.text(output.value)))
    }
    try checkNames()
    try checkFunctionsOfEvents()
  }

  // MARK: Data

  private mutating func addTable(_ name: String, _ properties: inout ResourceProperties) throws(TemplateError) {
    _ = try properties.text("TableName")
    var types: [String: String] = [:]
    for element in try properties.list("AttributeDefinitions") {
      guard let type = element["AttributeType"]?.text, ["S", "N", "B"].contains(type) else {
        throw TemplateError("\(properties.logicalID): AttributeType is S, N or B", line: element.line)
      }
      types[element["AttributeName"]?.text ?? ""] = type
    }
    var keys: [String: Stack.Table.Key] = [:]
    for element in try properties.list("KeySchema") {
      let attribute = element["AttributeName"]?.text ?? ""
      guard let type = types[attribute] else {
        throw TemplateError(
          "\(properties.logicalID): the key '\(attribute)' has no AttributeDefinition", line: element.line)
      }
      guard let kind = element["KeyType"]?.text, ["HASH", "RANGE"].contains(kind), keys[kind] == nil else {
        throw TemplateError("\(properties.logicalID): KeyType is HASH once, and RANGE once at most", line: element.line)
      }
      keys[kind] = .init(name: attribute, type: type)
    }
    guard types.count == keys.count else {
      throw TemplateError("\(properties.logicalID): AttributeDefinitions has what is no key", line: nil)
    }
    guard let hash = keys["HASH"] else { throw properties.missing("key of the type HASH") }
    var timeToLive: String?
    if var part = try properties.part("TimeToLiveSpecification") {
      let attribute = try part.required("AttributeName")
      if try part.boolean("Enabled") ?? false { timeToLive = attribute }
      try properties.absorb(part)
    }
    _ = try properties.choice("BillingMode", ["PAY_PER_REQUEST", "PROVISIONED"])
    properties.ignore(
      "PointInTimeRecoverySpecification", "SSESpecification", "Tags", "DeletionProtectionEnabled", "TableClass",
      "ProvisionedThroughput", "ContributorInsightsSpecification")
    stack.tables.append(.init(name: name, hash: hash, range: keys["RANGE"], timeToLive: timeToLive))
  }

  private mutating func addQueue(_ name: String, _ properties: inout ResourceProperties) throws(TemplateError) {
    _ = try properties.text("QueueName")
    var attributes: [String: String] = [:]
    for attribute in [
      "VisibilityTimeout", "MessageRetentionPeriod", "MaximumMessageSize", "DelaySeconds",
      "SqsManagedSseEnabled", "KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds",
    ] { attributes[attribute] = try properties.text(attribute) }
    attributes["ReceiveMessageWaitTimeSeconds"] = try properties.text("ReceiveMessageWaitTimeSeconds")
    var redrive: Stack.Queue.Redrive?
    if var part = try properties.part("RedrivePolicy") {
      let target = try part.required("deadLetterTargetArn").split(separator: ":").last.map(String.init) ?? ""
      guard let count = try part.integer("maxReceiveCount", in: 1...1000) else { throw part.missing("maxReceiveCount") }
      redrive = .init(queue: target, maxReceiveCount: count)
      try properties.absorb(part)
    }
    properties.ignore("Tags", "RedriveAllowPolicy")
    stack.queues.append(.init(name: name, attributes: attributes, deadLetters: redrive))
  }

  private mutating func addDatabase(_ name: String, _ properties: inout ResourceProperties) throws(TemplateError) {
    _ = try properties.text("DatabaseName")
    properties.ignore("KmsKeyId", "Tags")
    stack.databases.append(name)
  }

  private mutating func addHistoryTable(_ name: String, _ properties: inout ResourceProperties) throws(TemplateError) {
    _ = try properties.text("TableName")
    var table = Stack.HistoryTable(
      database: try properties.required("DatabaseName"), name: name, memoryHours: 6, magneticDays: 73_000,
      takesLateRecords: false)
    if var part = try properties.part("RetentionProperties") {
      table.memoryHours = try part.integer("MemoryStoreRetentionPeriodInHours", in: 1...8766) ?? 6
      table.magneticDays = try part.integer("MagneticStoreRetentionPeriodInDays", in: 1...73_000) ?? 73_000
      try properties.absorb(part)
    }
    if var part = try properties.part("MagneticStoreWriteProperties") {
      table.takesLateRecords = try part.boolean("EnableMagneticStoreWrites") ?? false
      part.ignore("MagneticStoreRejectedDataLocation")
      try properties.absorb(part)
    }
    properties.ignore("Tags")
    stack.historyTables.append(table)
  }

  private mutating func addParameter(_ name: String, _ properties: inout ResourceProperties) throws(TemplateError) {
    _ = try properties.text("Name")
    let type = try properties.choice("Type", ["String", "StringList"]) ?? "String"
    stack.parameters.append(.init(name: name, type: type, value: try properties.required("Value")))
    properties.ignore("Description", "Tags", "Tier", "DataType")
  }

  // MARK: What runs

  private mutating func addAPI(_ logicalID: String, _ properties: inout ResourceProperties) throws(TemplateError) {
    guard stack.api == nil else { throw TemplateError("\(logicalID): the local cloud has one API") }
    let stage = try properties.text("StageName") ?? "$default"
    guard stage != "$default", stage != "runtime", stage.utf8.allSatisfy(QueueAttributes.isNameByte) else {
      throw TemplateError("\(logicalID): the local cloud wants a named stage, such as StageName: prod")
    }
    properties.ignore(
      "Name", "Description", "DefaultRouteSettings", "AccessLogSettings", "Tags", "PropagateTags", "FailOnWarnings",
      "DisableExecuteApiEndpoint")
    stack.api = .init(name: logicalID, stage: stage)
  }

  private mutating func addFunction(_ name: String, _ properties: inout ResourceProperties) throws(TemplateError) {
    _ = try properties.text("FunctionName")
    guard (1...64).contains(name.utf8.count), name.utf8.allSatisfy(QueueAttributes.isNameByte) else {
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
      for (variable, value) in variables {
        guard variable.wholeMatch(of: /[A-Za-z][A-Za-z0-9_]+/) != nil, !variable.hasPrefix("AWS_"),
          !value.contains("\0")
        else {
          throw TemplateError("\(properties.logicalID): '\(variable)' is no variable that a function may have")
        }
      }
      environment.merge(variables) { $1 }
      try properties.absorb(part)
    }
    var function =
      FunctionDescription(
        name: name, executable: "\(site.executables)/\(executable)", environment: environment,
        timeout: try properties.integer("Timeout", in: 1...900) ?? 3,
        memory: try properties.integer("MemorySize", in: 128...10_240) ?? 128,
        maximumConcurrency: try properties.integer("ReservedConcurrentExecutions", in: 1...1000) ?? 10)
    if var part = try properties.part("EventInvokeConfig") {
      function.retries = try part.integer("MaximumRetryAttempts", in: 0...2) ?? 2
      if var destinations = try part.part("DestinationConfig") {
        if var failure = try destinations.part("OnFailure") {
          _ = try failure.choice("Type", ["SQS"])
          function.failureQueue = try failure.required("Destination").split(separator: ":").last.map(String.init)
          try destinations.absorb(failure)
        }
        try part.absorb(destinations)
      }
      part.ignore("MaximumEventAgeInSeconds")
      try properties.absorb(part)
    }
    stack.functions.append(function)
    if let events = try properties.part("Events") { try addEvents(name, events, &properties) }
    properties.ignore(
      "Description", "Handler", "Architectures", "Role", "Policies", "LoggingConfig", "Tags", "PropagateTags",
      "Tracing", "EphemeralStorage")
  }

  private mutating func addEvents(
    _ function: String, _ events: consuming ResourceProperties, _ properties: inout ResourceProperties
  ) throws(TemplateError) {
    var events = events
    for name in events.names {
      guard var event = try events.part(name) else { continue }
      let type = try event.required("Type")
      guard var part = try event.part("Properties") else { throw event.missing("Properties") }
      let isEnabled = try part.boolean("Enabled") ?? true
      switch type {
      case "Schedule":
        let text = try part.required("Schedule")
        let input = try part.text("Input")
        let rule = try part.text("Name") ?? "\(stack.name)-\(name)"
        part.ignore("Description", "RetryPolicy", "DeadLetterConfig")
        let schedule: Schedule
        do throws(Schedule.Failure) { schedule = try Schedule(text) } catch {
          throw TemplateError("Schedule of \(part.logicalID): \(error.description)")
        }
        if isEnabled { stack.rules.append(.init(name: rule, schedule: schedule, function: function, input: input)) }
      case "SQS":
        let queue = try part.required("Queue").split(separator: ":").last.map(String.init) ?? ""
        let reports = try part.list("FunctionResponseTypes").contains { $0.text == "ReportBatchItemFailures" }
        var concurrency = 10
        if var scaling = try part.part("ScalingConfig") {
          concurrency = try scaling.integer("MaximumConcurrency", in: 2...1000) ?? 10
          try part.absorb(scaling)
        }
        let size = try part.integer("BatchSize", in: 1...10) ?? 10
        if isEnabled {
          stack.eventSources.append(
            .init(
              queue: queue, function: function, batchSize: size, maximumConcurrency: concurrency,
              reportsFailures: reports))
        }
      case "HttpApi":
        let api = try part.required("ApiId")
        guard stack.api?.name.lowercased() == api else {
          throw TemplateError("\(part.logicalID): there is no AWS::Serverless::HttpApi '\(api)'")
        }
        guard isEnabled else {
          throw TemplateError("\(part.logicalID): an HttpApi event cannot be switched off")
        }
        let path = try part.required("Path")
        let method = (try part.text("Method") ?? "ANY").uppercased()
        guard path.hasPrefix("/"), RoutePattern(path).isUsable,
          ["ANY", "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"].contains(method)
        else { throw TemplateError("\(part.logicalID): '\(method) \(path)' is no route") }
        stack.api?.routes.append(
          .init(
            method: method, path: path,
            function: function, payload: try part.choice("PayloadFormatVersion", ["1.0", "2.0"]) ?? "2.0",
            timeoutMilliseconds: try part.integer("TimeoutInMillis", in: 50...30_000) ?? 30_000))
      default:
        throw TemplateError(
          "\(event.logicalID): the local cloud knows events of the types Schedule, SQS and HttpApi, not \(type)")
      }
      try event.absorb(part)
      try events.absorb(event)
    }
    try properties.absorb(events)
  }

  /// Names that two resources have, and values that their services would refuse.
  private func checkNames() throws(TemplateError) {
    let routes = stack.api?.routes.map { "\($0.method) \($0.path)" } ?? []
    let kinds: [(String, [String])] = [
      ("tables", stack.tables.map(\.name)), ("queues", stack.queues.map(\.name)), ("databases", stack.databases),
      ("Timestream tables", stack.historyTables.map { "\($0.database).\($0.name)" }),
      ("parameters", stack.parameters.map(\.name)), ("functions", stack.functions.map(\.name)), ("routes", routes),
    ]
    for (kind, names) in kinds {
      var seen: Set<String> = []
      for name in names where !seen.insert(name).inserted {
        throw TemplateError("two \(kind) have the name '\(name)'")
      }
    }
    for queue in stack.queues {
      do throws(ServiceError) { _ = try QueueAttributes(checking: queue.attributes) } catch {
        throw TemplateError("the queue \(queue.name): \(error.message ?? error.type)")
      }
    }
  }

  /// A queue or an API that is named must be one of this stack's.
  private func checkFunctionsOfEvents() throws(TemplateError) {
    let queues = Set(stack.queues.map(\.name))
    for source in stack.eventSources where !queues.contains(source.queue) {
      throw TemplateError("the function \(source.function) reads the queue '\(source.queue)', which the stack has not")
    }
    for function in stack.functions {
      if let target = function.failureQueue, !queues.contains(target) {
        throw TemplateError(
          "the function \(function.name) tells failures to the queue '\(target)', which the stack has not")
      }
    }
    for queue in stack.queues {
      if let target = queue.deadLetters?.queue, !queues.contains(target) {
        throw TemplateError("the queue \(queue.name) sends dead letters to '\(target)', which the stack has not")
      }
    }
  }
}
