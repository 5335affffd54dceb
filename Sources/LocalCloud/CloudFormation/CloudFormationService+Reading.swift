import CacheSupport

/// What the operations answer.
extension CloudFormationService {
  /// Elements of one page at most.
  static let pageSize: Int = 100

  /// A list's page, of elements that go by a name.
  private func page<Element>(
    _ name: String, of all: [Element], _ input: inout Input, by key: (Element) -> String, _ json: (Element) -> JSON
  ) throws(ServiceError) -> JSON {
    let token = try input.string("NextToken", length: 1...1024)
    try input.check()
    var rest = all[...]
    if let token {
      guard let bytes = Base64.decode(Array(token.utf8).span), let last = String(validating: bytes, as: UTF8.self),
        let index = all.firstIndex(where: { key($0).hasSameBytes(as: last) })
      else { throw .cloudFormation("The NextToken is not one of this list") }
      rest = all[(index + 1)...]
    }
    let page = rest.prefix(Self.pageSize)
    var answer: JSONObject = [name: .array(page.map(json))]
    if page.count < rest.count, let last = page.last {
      answer["NextToken"] = .string(Base64.text(Array(key(last).utf8).span))
    }
    return .object(answer)
  }

  // MARK: Stacks

  func describeStacks(_ input: inout Input, _ standing: StandingStack) throws(ServiceError) -> JSON {
    let name = try input.string("StackName", length: 1...Int.max)
    try input.check()
    if let name { try standing.check(name) }
    return try page("Stacks", of: [standing], &input, by: { $0.stack.id }, \.description)
  }

  private static let statuses = [
    "CREATE_IN_PROGRESS", "CREATE_FAILED", "CREATE_COMPLETE", "ROLLBACK_IN_PROGRESS", "ROLLBACK_FAILED",
    "ROLLBACK_COMPLETE", "DELETE_IN_PROGRESS", "DELETE_FAILED", "DELETE_COMPLETE", "UPDATE_IN_PROGRESS",
    "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "UPDATE_COMPLETE", "UPDATE_FAILED", "UPDATE_ROLLBACK_IN_PROGRESS",
    "UPDATE_ROLLBACK_FAILED", "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE",
    "REVIEW_IN_PROGRESS", "IMPORT_IN_PROGRESS", "IMPORT_COMPLETE", "IMPORT_ROLLBACK_IN_PROGRESS",
    "IMPORT_ROLLBACK_FAILED", "IMPORT_ROLLBACK_COMPLETE",
  ]

  func listStacks(_ input: inout Input, _ standing: StandingStack) throws(ServiceError) -> JSON {
    let wanted = try input.texts("StackStatusFilter") ?? []
    if wanted.contains(where: { !Self.statuses.contains($0) }) {
      input.violate(
        "StackStatusFilter", "[\(wanted.joined(separator: ", "))]",
        "satisfy constraint: [Member must satisfy enum value set: [\(Self.statuses.joined(separator: ", "))]]")
    }
    let found = wanted.isEmpty || wanted.contains(standing.status) ? [standing] : []
    return try page("StackSummaries", of: found, &input, by: { $0.stack.id }, \.summary)
  }

  func listExports(_ input: inout Input, _ standing: StandingStack) throws(ServiceError) -> JSON {
    let id = standing.stack.id
    let exports = standing.stack.outputs.compactMap { output in
      output.exportName.map { (name: $0, value: output.value) }
    }
    return try page("Exports", of: exports, &input, by: \.name) {
      ["ExportingStackId": .string(id), "Name": .string($0.name), "Value": .string($0.value)]
    }
  }

  // MARK: Resources

  func describeResource(_ input: inout Input, _ standing: StandingStack) throws(ServiceError) -> JSON {
    let name = try input.string("StackName", required: true, length: 1...Int.max) ?? ""
    let logicalID = try input.string("LogicalResourceId", required: true, length: 1...Int.max) ?? ""
    try input.check()
    guard standing.isMeant(by: name) else { throw .cloudFormation("Stack '\(name)' does not exist") }
    guard let resource = standing.resources.first(where: { $0.logicalID.hasSameBytes(as: logicalID) }) else {
      throw .cloudFormation("Resource \(logicalID) does not exist for stack \(standing.stack.name)")
    }
    var detail = resource.json("LastUpdatedTimestamp")
    detail["StackId"] = .string(standing.stack.id)
    detail["StackName"] = .string(standing.stack.name)
    return ["StackResourceDetail": .object(detail)]
  }

  func describeResources(_ input: inout Input, _ standing: StandingStack) throws(ServiceError) -> JSON {
    let name = try input.string("StackName", length: 1...Int.max)
    let logicalID = try input.string("LogicalResourceId", length: 1...Int.max)
    let physicalID = try input.string("PhysicalResourceId", length: 1...Int.max)
    try input.check()
    switch (name, physicalID) {
    case (let name?, nil): try standing.check(name)
    case (nil, let physicalID?):
      guard standing.resources.contains(where: { $0.physicalID.hasSameBytes(as: physicalID) }) else {
        throw .cloudFormation("Stack for \(physicalID) does not exist")
      }
    default: throw .cloudFormation("Give either StackName or PhysicalResourceId")
    }
    let found = standing.resources.filter { resource in
      logicalID.map { resource.logicalID.hasSameBytes(as: $0) } ?? true
    }
    if found.isEmpty, let logicalID {
      throw .cloudFormation("Resource \(logicalID) does not exist for stack \(standing.stack.name)")
    }
    let resources = found.prefix(Self.pageSize).map { resource -> JSON in
      var json = resource.json("Timestamp")
      json["StackId"] = .string(standing.stack.id)
      json["StackName"] = .string(standing.stack.name)
      return .object(json)
    }
    return ["StackResources": .array(resources)]
  }

  func listResources(_ input: inout Input, _ standing: StandingStack) throws(ServiceError) -> JSON {
    let name = try input.string("StackName", required: true, length: 1...Int.max) ?? ""
    try input.check()
    try standing.check(name)
    return try page("StackResourceSummaries", of: standing.resources, &input, by: \.logicalID) {
      .object($0.json("LastUpdatedTimestamp"))
    }
  }

  // MARK: Templates

  func template(_ input: inout Input, _ standing: StandingStack) throws(ServiceError) -> JSON {
    let name = try input.string("StackName", required: true, length: 1...Int.max) ?? ""
    let stage = try input.string("TemplateStage", values: ["Original", "Processed"])
    try input.check()
    try input.refuse("ChangeSetName")
    try standing.check(name)
    let isTransformed = !standing.stack.template.transforms.isEmpty
    guard !isTransformed || stage != "Processed" else {
      throw .cloudFormation("The local cloud keeps no processed form of a template with a transform")
    }
    return [
      "TemplateBody": .string(standing.stack.source),
      "StagesAvailable": isTransformed ? ["Original"] : ["Original", "Processed"],
    ]
  }

  func templateSummary(_ input: inout Input, _ standing: StandingStack) throws(ServiceError) -> JSON {
    try input.refuse("TemplateBody", "TemplateURL", "StackSetName")
    let name = try input.string("StackName", required: true, length: 1...Int.max) ?? ""
    try input.check()
    try standing.check(name)
    let template = standing.stack.template
    var types: [String] = []
    for resource in template.resources where !types.contains(resource.type) { types.append(resource.type) }
    var json: JSONObject = [
      "Parameters": .array(template.parameters.map(\.json)), "ResourceTypes": .array(types.map { .string($0) }),
    ]
    json["Description"] = template.description.map { .string($0) }
    json["Version"] = template.version.map { .string($0) }
    json["Metadata"] = template.metadata.map { .string($0.json.text) }
    if !template.transforms.isEmpty { json["DeclaredTransforms"] = .array(template.transforms.map { .string($0) }) }
    return .object(json)
  }
}

extension TemplateParameter {
  /// As GetTemplateSummary has it.
  fileprivate var json: JSON {
    var json: JSONObject = [
      "ParameterKey": .string(name), "ParameterType": .string(type), "NoEcho": .bool(isHidden),
      "ParameterConstraints": allowedValues.map { ["AllowedValues": .array($0.map { .string($0) })] } ?? [:],
    ]
    json["DefaultValue"] = standard.map { .string(isHidden ? "****" : $0) }
    json["Description"] = description.map { .string($0) }
    return .object(json)
  }
}
