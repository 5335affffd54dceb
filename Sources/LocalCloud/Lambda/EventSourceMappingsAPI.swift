import CacheSupport

/// What Lambda tells and changes of event sources: ListEventSourceMappings, GetEventSourceMapping,
/// UpdateEventSourceMapping. A change holds until the next start, which goes by the template again.
///
/// See <https://docs.aws.amazon.com/lambda/latest/api/API_EventSourceMappingConfiguration.html>.
struct EventSourceMappingsAPI: Sendable {
  let lambda: LambdaRoutes
  let sources: EventSources
  let messages: QueueStore

  /// Mappings of one page at most.
  private static let pageSize: Int = 100

  var routes: [Route] {
    [
      lambda.route("ListEventSourceMappings", "GET", "/event-source-mappings") { request throws(ServiceError) in
        try list(request)
      },
      lambda.route("GetEventSourceMapping", "GET", "/event-source-mappings/{UUID}") { request throws(ServiceError) in
        guard let source = sources.source(request["UUID"]) else { throw .noMapping }
        return .json(json(source))
      },
      lambda.route("UpdateEventSourceMapping", "PUT", "/event-source-mappings/{UUID}") { request throws(ServiceError) in
        try update(request)
      },
    ]
  }

  private func list(_ request: RouteRequest) throws(ServiceError) -> ServerReply {
    var all = sources.all
    if let arn = request.parameter("EventSourceArn") {
      all = all.filter { messages.arn($0.mapping.queue).hasSameBytes(as: arn) }
    }
    if let name = request.parameter("FunctionName") {
      let function = try lambda.function(name).name
      all = all.filter { $0.mapping.function == function }
    }
    let page = try request.page(of: all, most: Self.pageSize) { $0.mapping.id }
    return .json([
      "EventSourceMappings": .array(page.elements.map(json)), "NextMarker": page.next.map { .string($0) } ?? .null,
    ])
  }

  private func update(_ request: RouteRequest) throws(ServiceError) -> ServerReply {
    guard let object = (try? JSON(parsing: request.http.body))?.object else {
      throw .lambda(
        400, "InvalidRequestContentException", "Could not parse request body into json", ["Type": "User"])
    }
    var input = Input(object)
    let isEnabled = try input.bool("Enabled")
    let size = try input.integer("BatchSize", in: Self.range(EventSourceMapping.batchSizes))
    let window = try input.integer("MaximumBatchingWindowInSeconds", in: Self.range(EventSourceMapping.windows))
    let function = try input.string("FunctionName")
    let types = try input.array("FunctionResponseTypes", count: 0...1)
    let hasScaling = input.has("ScalingConfig")
    var scaling = try input.structure("ScalingConfig")
    let concurrency = try scaling?.integer(
      "MaximumConcurrency", in: Self.range(EventSourceMapping.concurrencies))
    if let scaling { input.absorb(scaling) }
    for type in types ?? [] where type.string != "ReportBatchItemFailures" {
      input.violate("functionResponseTypes", type.text, "satisfy enum value set: [ReportBatchItemFailures]")
    }
    try input.check()
    try input.refuse(
      "FilterCriteria", "DestinationConfig", "MaximumRecordAgeInSeconds", "BisectBatchOnFunctionError",
      "MaximumRetryAttempts", "ParallelizationFactor", "SourceAccessConfigurations", "TumblingWindowInSeconds",
      "DocumentDBEventSourceConfig", "KMSKeyArn", "MetricsConfig", "ProvisionedPollerConfig")
    let name = try function.map { text throws(ServiceError) in try lambda.function(text).name }
    let source = try sources.update(request["UUID"]) { mapping throws(ServiceError) in
      var changed = mapping
      if let isEnabled { changed.isEnabled = isEnabled }
      if let size { changed.batchSize = Int(size) }
      if let window { changed.window = Int(window) }
      if let types { changed.reportsFailures = !types.isEmpty }
      // An empty configuration takes the limit away.
      if hasScaling { changed.concurrency = concurrency.map { Int($0) } }
      if let fault = changed.fault { throw .lambda(400, "InvalidParameterValueException", fault, ["Type": "User"]) }
      if let name, name != changed.function {
        throw .lambda(
          400, "InvalidParameterValueException", "The local cloud does not give an event source another function",
          ["Type": "User"])
      }
      mapping = changed
    }
    guard let source else { throw .noMapping }
    sandboxes.allow(source.mapping.function, processes: source.mapping.maximumConcurrency)
    return .json(json(source), status: 202)
  }

  private var sandboxes: Sandboxes { lambda.sandboxes }

  private static func range(_ range: ClosedRange<Int>) -> ClosedRange<Int64> {
    Int64(range.lowerBound)...Int64(range.upperBound)
  }

  private func json(_ source: EventSources.Source) -> JSON {
    let mapping = source.mapping
    var json: JSONObject = [
      "UUID": .string(mapping.id), "BatchSize": .integer(mapping.batchSize),
      "MaximumBatchingWindowInSeconds": .integer(mapping.window),
      "EventSourceArn": .string(messages.arn(mapping.queue)), "FunctionArn": .string(sandboxes.arn(mapping.function)),
      "LastModified": .double(Double(source.modified) / 1000),
      "State": .string(mapping.isEnabled ? "Enabled" : "Disabled"), "StateTransitionReason": "USER_INITIATED",
      "FunctionResponseTypes": mapping.reportsFailures ? ["ReportBatchItemFailures"] : [],
    ]
    if let concurrency = mapping.concurrency {
      json["ScalingConfig"] = ["MaximumConcurrency": .integer(concurrency)]
    }
    return .object(json)
  }
}

extension ServiceError {
  fileprivate static let noMapping = lambda(
    404, "ResourceNotFoundException", "The resource you requested does not exist.", ["Type": "User"])
}
