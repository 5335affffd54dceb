/// A CloudFormation template with AWS SAM's resources, read: its sections, not yet what they come to.
///
/// See <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-anatomy.html> and
/// <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification.html>.
struct Template: Sendable {
  struct Resource: Sendable {
    var logicalID: String
    var type: String
    /// It is there where one of them holds, or where there are none.
    var conditions: [String] = []
    /// Whether it stays where it leaves the template, as its `DeletionPolicy` says.
    var isRetained: Bool = false
    /// A map, with SAM's globals in it.
    var properties: TemplateValue
    var line: Int
  }

  struct Output: Sendable {
    var name: String
    var condition: String?
    var value: TemplateValue
    var description: String?
    /// The name under which other stacks may import it.
    var export: TemplateValue?
  }

  var description: String?
  /// `AWSTemplateFormatVersion`.
  var version: String?
  var metadata: TemplateValue?
  /// The names of its transforms.
  var transforms: [String] = []
  var parameters: [TemplateParameter] = []
  var mappings: TemplateValue?
  var conditions: [TemplateValue.Member] = []
  var resources: [Resource] = []
  var outputs: [Output] = []

  /// A resource of the template, or the role that SAM makes for a function which names none.
  subscript(logicalID: String) -> Resource? {
    if let resource = resources.first(where: { $0.logicalID == logicalID }) { return resource }
    guard logicalID.hasSuffix("Role"), let function = resources.first(where: { $0.logicalID + "Role" == logicalID }),
      function.type == FunctionResource.type, function.properties["Role"] == nil
    else { return nil }
    return Resource(
      logicalID: logicalID, type: "AWS::IAM::Role", conditions: function.conditions,
      properties: TemplateValue(.object([]), line: function.line), line: function.line)
  }

  /// A template without anything.
  init() {}

  init(parsing text: String) throws(TemplateError) {
    let root = try YAMLReader.parse(text)
    guard let sections = root.members else { throw TemplateError("a template is a map", line: root.line) }
    var globals: TemplateValue?
    for section in sections {
      switch section.name {
      case "AWSTemplateFormatVersion": version = section.value.text
      case "Description": description = section.value.text
      case "Metadata": metadata = section.value
      case "Transform":
        transforms = section.value.elements?.compactMap(\.text) ?? [section.value.text ?? ""]
        guard transforms == ["AWS::Serverless-2016-10-31"] else {
          throw TemplateError(
            "the local cloud knows only the transform AWS::Serverless-2016-10-31", line: section.value.line)
        }
      case "Globals":
        globals = section.value
        for member in try Self.map(section) where !["Function", "Api", "HttpApi", "SimpleTable"].contains(member.name) {
          throw TemplateError(
            "the local cloud knows Globals of Function, Api, HttpApi and SimpleTable, not of \(member.name)",
            line: member.value.line)
        }
      case "Parameters":
        for member in try Self.map(section) { parameters.append(try TemplateParameter(member)) }
      case "Mappings": mappings = section.value
      case "Conditions": conditions = try Self.map(section)
      case "Resources": break
      case "Outputs":
        for member in try Self.map(section) {
          guard let value = member.value["Value"] else {
            throw TemplateError("the output \(member.name) has no Value", line: member.value.line)
          }
          outputs.append(
            Output(
              name: member.name, condition: try Self.condition(member), value: value,
              description: member.value["Description"]?.text, export: member.value["Export"]?["Name"]))
        }
      default:
        throw TemplateError("the local cloud does not know the section \(section.name)", line: section.value.line)
      }
    }
    guard let section = sections.first(where: { $0.name == "Resources" }) else {
      throw TemplateError("the template has no Resources", line: root.line)
    }
    let members = try Self.map(section)
    guard members.count <= Self.resourceLimit else {
      throw TemplateError(
        "Template format error: Number of resources, \(members.count), is greater than maximum allowed, \(Self.resourceLimit)",
        line: section.value.line)
    }
    var dependencies: [(name: String, line: Int)] = []
    for member in members { resources.append(try Self.resource(member, globals, &dependencies)) }
    for api in [ImplicitAPI.rest, .http] { addImplicit(api, globals) }
    for (name, line) in dependencies where self[name] == nil { throw Self.unresolved(name, line) }
    try checkReferences()
  }

  /// See <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html>.
  private static let resourceLimit = 500

  private static func map(_ section: TemplateValue.Member) throws(TemplateError) -> [TemplateValue.Member] {
    guard let members = section.value.members else {
      throw TemplateError("\(section.name) is a map, not \(section.value.kindName)", line: section.value.line)
    }
    return members
  }

  private static func condition(_ member: TemplateValue.Member) throws(TemplateError) -> String? {
    guard let value = member.value["Condition"] else { return nil }
    guard let name = value.text else {
      throw TemplateError("Condition of \(member.name) is a condition's name, not \(value.kindName)", line: value.line)
    }
    return name
  }

  private static func resource(
    _ member: TemplateValue.Member, _ globals: TemplateValue?, _ dependencies: inout [(name: String, line: Int)]
  ) throws(TemplateError) -> Resource {
    guard let type = member.value["Type"]?.text else {
      throw TemplateError("the resource \(member.name) has no Type", line: member.value.line)
    }
    let known = [
      "Type", "Properties", "Condition", "DependsOn", "Metadata", "DeletionPolicy", "UpdateReplacePolicy",
    ]
    for attribute in member.value.members ?? [] where !known.contains(attribute.name) {
      throw TemplateError(
        "\(member.name): the local cloud does not know the attribute \(attribute.name)", line: attribute.value.line)
    }
    for part in member.value["DependsOn"].map({ $0.elements ?? [$0] }) ?? [] {
      guard let name = part.text else {
        throw TemplateError("DependsOn of \(member.name) names resources", line: part.line)
      }
      dependencies.append((name, part.line))
    }
    var properties = member.value["Properties"] ?? TemplateValue(.object([]), line: member.value.line)
    // SAM's `Globals: Function:` is what every AWS::Serverless::Function starts from.
    let serverless = "AWS::Serverless::"
    if type.hasPrefix(serverless), let global = globals?[String(type.dropFirst(serverless.count))] {
      properties = merge(properties, over: global)
    }
    return Resource(
      logicalID: member.name, type: type, conditions: try condition(member).map { [$0] } ?? [],
      isRetained: try isRetained(member),
      properties: properties, line: member.value.line)
  }

  private static func isRetained(_ member: TemplateValue.Member) throws(TemplateError) -> Bool {
    guard let policy = member.value["DeletionPolicy"] else { return false }
    switch policy.text {
    case "Delete": return false
    // Nothing is undone here once it was made.
    case "Retain", "RetainExceptOnCreate": return true
    default:
      throw TemplateError(
        "\(member.name): the local cloud knows the DeletionPolicy Delete, Retain and RetainExceptOnCreate, not "
          + (policy.text ?? policy.kindName), line: policy.line)
    }
  }

  private mutating func addImplicit(_ api: ImplicitAPI, _ globals: TemplateValue?) {
    let functions = resources.filter { $0.type == FunctionResource.type && api.isWanted(by: $0.properties) }
    guard let first = functions.first, self[api.logicalID] == nil else { return }
    var properties = api.properties(line: first.line)
    if let global = globals?[String(api.type.dropFirst("AWS::Serverless::".count))] {
      properties = Self.merge(properties, over: global)
    }
    resources.append(
      Resource(
        logicalID: api.logicalID, type: api.type,
        conditions: functions.contains { $0.conditions.isEmpty } ? [] : functions.flatMap(\.conditions),
        properties: properties, line: first.line))
  }

  /// Maps are merged, lists joined, anything else is replaced, as SAM does.
  private static func merge(_ value: TemplateValue, over global: TemplateValue) -> TemplateValue {
    switch (value.kind, global.kind) {
    case (.object(let own), .object(let others)):
      var merged = others.map { other in
        own.first { $0.name == other.name }.map {
          TemplateValue.Member(name: $0.name, value: merge($0.value, over: other.value))
        } ?? other
      }
      merged += own.filter { member in !others.contains { $0.name == member.name } }
      return TemplateValue(.object(merged), line: value.line)
    case (.array(let own), .array(let others)): return TemplateValue(.array(others + own), line: value.line)
    default: return value
    }
  }

  /// What the template names must be in it, also where the local cloud does not look at the value.
  private func checkReferences() throws(TemplateError) {
    let names = Set(resources.map(\.logicalID) + parameters.map(\.name))
    let conditionNames = Set(conditions.map(\.name))
    func check(_ value: TemplateValue) throws(TemplateError) {
      try value.forEachCall { (name, argument, line) throws(TemplateError) in
        switch name {
        case "Ref":
          let target = argument.text ?? ""
          let stage = Self.api(ofStage: target)
          guard
            target.hasPrefix("AWS::") || names.contains(target) || self[target] != nil
              || stage.map({ self[$0] != nil }) ?? false
          else {
            throw Self.unresolved(target, line)
          }
        case "GetAtt":
          let target = argument.elements?.first?.text ?? ""
          guard self[target] != nil else { throw Self.unresolved(target, line) }
        case "Sub":
          let own = Set(argument.elements?.dropFirst().first?.members?.map(\.name) ?? [])
          for place in Substitution.places(in: argument.text ?? argument.elements?.first?.text ?? "") {
            let target = String(place.prefix { $0 != "." })
            guard target.hasPrefix("AWS::") || names.contains(target) || own.contains(place) || self[target] != nil
            else {
              throw Self.unresolved(target, line)
            }
          }
        case "If", "Condition":
          let target = name == "If" ? argument.elements?.first?.text : argument.text
          guard let target, conditionNames.contains(target) else {
            throw TemplateError("there is no condition '\(target ?? "")'", line: line)
          }
        default: break
        }
      }
    }
    for condition in conditions { try check(condition.value) }
    for resource in resources {
      try check(resource.properties)
      for condition in resource.conditions { try checkCondition(condition, resource.line, conditionNames) }
    }
    for output in outputs {
      try check(output.value)
      if let export = output.export { try check(export) }
      try checkCondition(output.condition, output.value.line, conditionNames)
    }
  }

  private func checkCondition(_ name: String?, _ line: Int, _ known: Set<String>) throws(TemplateError) {
    if let name, !known.contains(name) { throw TemplateError("there is no condition '\(name)'", line: line) }
  }

  /// The logical ID in `Api.Stage`, by which SAM lets `Ref` name the stage that it makes of an API.
  static func api(ofStage target: String) -> String? {
    target.hasSuffix(".Stage") ? String(target.dropLast(".Stage".count)) : nil
  }

  private static func unresolved(_ name: String, _ line: Int) -> TemplateError {
    TemplateError("'\(name)' is neither a resource nor a parameter of this template", line: line)
  }
}
