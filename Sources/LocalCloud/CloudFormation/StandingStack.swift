import CacheSupport

/// The stack that stands, with what is remembered of it.
struct StandingStack: Sendable {
  let stack: Stack
  /// Epoch milliseconds.
  let created: Int64
  /// The same, of its last change; nil where it is as it was made.
  let updated: Int64?
  /// In the order of their logical IDs.
  let resources: [StackResource]

  init(_ stack: Stack, _ state: StackState) {
    self.stack = stack
    created = state.created ?? 0
    updated = state.updated
    resources = state.resources.sorted { ByteText($0.logicalID) < ByteText($1.logicalID) }
  }

  /// Whether a request that names a stack, or gives its id, means this one.
  func isMeant(by name: String) -> Bool { name.hasSameBytes(as: stack.name) || name.hasSameBytes(as: stack.id) }

  /// - Throws: ValidationError where it is another.
  func check(_ name: String) throws(ServiceError) { guard isMeant(by: name) else { throw .noStack(name) } }

  var status: String { updated == nil ? "CREATE_COMPLETE" : "UPDATE_COMPLETE" }

  // MARK: Shapes

  private static let notChecked: JSON = ["StackDriftStatus": "NOT_CHECKED"]

  private var times: JSONObject {
    var times: JSONObject = ["CreationTime": Self.time(created)]
    times["LastUpdatedTime"] = updated.map(Self.time)
    return times
  }

  static func time(_ milliseconds: Int64) -> JSON {
    .string(UTCTime(epochMilliseconds: milliseconds).iso8601Text)
  }

  /// As DescribeStacks has it.
  var description: JSON {
    var json = times
    json["StackId"] = .string(stack.id)
    json["StackName"] = .string(stack.name)
    json["Description"] = stack.template.description.map { .string($0) }
    json["StackStatus"] = .string(status)
    json["DisableRollback"] = false
    json["RollbackConfiguration"] = [:]
    json["NotificationARNs"] = []
    json["Tags"] = []
    json["EnableTerminationProtection"] = false
    json["DriftInformation"] = Self.notChecked
    let parameters = stack.parameters.map { parameter -> JSON in
      var json: JSONObject = [
        "ParameterKey": .string(parameter.name),
        "ParameterValue": .string(parameter.isHidden ? "****" : parameter.value),
      ]
      json["ResolvedValue"] = parameter.resolved.map { .string(parameter.isHidden ? "****" : $0) }
      return .object(json)
    }
    if !parameters.isEmpty { json["Parameters"] = .array(parameters) }
    if !stack.outputs.isEmpty { json["Outputs"] = .array(stack.outputs.map(\.json)) }
    return .object(json)
  }

  /// As ListStacks has it.
  var summary: JSON {
    var json = times
    json["StackId"] = .string(stack.id)
    json["StackName"] = .string(stack.name)
    json["TemplateDescription"] = stack.template.description.map { .string($0) }
    json["StackStatus"] = .string(status)
    json["DriftInformation"] = Self.notChecked
    return .object(json)
  }
}

extension Stack.Output {
  fileprivate var json: JSON {
    var json: JSONObject = ["OutputKey": .string(name), "OutputValue": .string(value)]
    json["Description"] = description.map { .string($0) }
    json["ExportName"] = exportName.map { .string($0) }
    return .object(json)
  }
}

extension StackResource {
  /// What all operations tell of a resource.
  ///
  /// - Parameter timeName: what the operation calls the time of the last change.
  func json(_ timeName: String) -> JSONObject {
    var json: JSONObject = [
      "LogicalResourceId": .string(logicalID), "PhysicalResourceId": .string(physicalID),
      "ResourceType": .string(type), timeName: StandingStack.time(updated),
      "ResourceStatus": .string(updated == created ? "CREATE_COMPLETE" : "UPDATE_COMPLETE"),
      "DriftInformation": ["StackResourceDriftStatus": "NOT_CHECKED"],
    ]
    if !isEmulated { json["ResourceStatusReason"] = "The local cloud does not emulate this type: it does nothing here" }
    return json
  }
}
