/// Works out a template's values: conditions, and the intrinsic functions that stand where a value is.
///
/// See
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html>. Known are Ref,
/// GetAtt, Sub, Join, Select, Split, FindInMap, If, Equals, And, Or, Not and Condition; others are refused by name.
struct Evaluator {
  let template: Template
  /// Every parameter's value, as `Ref` gives it.
  private let parameters: [String: TemplateValue.Kind]
  let site: Stack.Site
  /// What can be stood up, and so be named.
  let types: ResourceTypes
  /// How deep references may lead to further ones; a circle ends here.
  private static let depthLimit = 32
  private var depth = 0
  /// What was worked out before: without it small templates could ask for the same without end.
  private let memory = Memory()

  /// How often functions are called, and how long a text may become.
  private static let callLimit = 100_000
  private static let textLimit = 1_000_000

  private final class Memory {
    var conditions: [String: Bool] = [:]
    var names: [String: String] = [:]
    var calls = 0
  }

  /// A resource's name, worked out once.
  func name(of logicalID: String, _ work: () throws(TemplateError) -> String) throws(TemplateError) -> String {
    if let known = memory.names[logicalID] { return known }
    let name = try work()
    memory.names[logicalID] = name
    return name
  }

  init(template: Template, parameters: [String: String], site: Stack.Site, types: ResourceTypes) {
    self.template = template
    self.parameters = template.parameters.reduce(into: [:]) { kinds, parameter in
      guard let value = parameters[parameter.name] else { return }
      kinds[parameter.name] =
        parameter.isList
        ? .array(TemplateParameter.elements(value).map { TemplateValue(.string($0), line: 0) }) : .string(value)
    }
    self.site = site
    self.types = types
  }

  private func deeper(_ line: Int) throws(TemplateError) -> Evaluator {
    guard depth < Self.depthLimit else { throw TemplateError("references lead in a circle", line: line) }
    var next = self
    next.depth += 1
    return next
  }

  /// A value without calls; nil where it is `AWS::NoValue`, which removes the member or element that it stands for.
  func value(_ value: TemplateValue) throws(TemplateError) -> TemplateValue? {
    switch value.kind {
    case .null, .bool, .number, .string: return value
    case .array(let elements):
      var results: [TemplateValue] = []
      for element in elements { if let result = try self.value(element) { results.append(result) } }
      return TemplateValue(.array(results), line: value.line)
    case .object(let members):
      var results: [TemplateValue.Member] = []
      for member in members {
        if let result = try self.value(member.value) { results.append(.init(name: member.name, value: result)) }
      }
      return TemplateValue(.object(results), line: value.line)
    case .call(let name, let argument):
      memory.calls += 1
      guard memory.calls <= Self.callLimit else {
        throw TemplateError("the template calls functions more than \(Self.callLimit) times", line: value.line)
      }
      let result = try deeper(value.line).call(name, argument, value.line)
      if case .string(let text)? = result?.kind, text.utf8.count > Self.textLimit {
        throw TemplateError("a text grows beyond \(Self.textLimit) bytes", line: value.line)
      }
      return result
    }
  }

  /// - Throws: ``TemplateError`` where the value is no scalar.
  func text(_ value: TemplateValue) throws(TemplateError) -> String {
    let result = try self.value(value)
    guard let text = result?.text else {
      throw TemplateError("a text is wanted here, not \((result ?? value).kindName)", line: value.line)
    }
    return text
  }

  func holds(_ condition: String?) throws(TemplateError) -> Bool {
    guard let condition else { return true }
    if let known = memory.conditions[condition] { return known }
    guard let definition = template.conditions.first(where: { $0.name == condition }) else {
      throw TemplateError("there is no condition '\(condition)'")
    }
    let holds = try deeper(definition.value.line).truth(definition.value)
    memory.conditions[condition] = holds
    return holds
  }

  /// Whether a resource is there.
  func holds(_ resource: Template.Resource) throws(TemplateError) -> Bool {
    for condition in resource.conditions where try holds(condition) { return true }
    return resource.conditions.isEmpty
  }

  // MARK: Functions

  private func call(_ name: String, _ argument: TemplateValue, _ line: Int) throws(TemplateError) -> TemplateValue? {
    func scalar(_ text: String) -> TemplateValue { TemplateValue(.string(text), line: line) }
    switch name {
    case "Ref":
      let target = try text(argument)
      if let value = parameters[target] {
        guard case .array(let elements) = value else { return TemplateValue(value, line: line) }
        return TemplateValue(.array(elements.map { TemplateValue($0.kind, line: line) }), line: line)
      }
      return target == "AWS::NoValue" ? nil : scalar(try reference(target, line))
    case "GetAtt":
      let parts = try texts(argument, count: 2, name)
      return scalar(try attribute(parts[0], parts[1], line))
    case "Sub": return scalar(try localized(substitute(argument, line)))
    case "Join":
      guard let parts = argument.elements, parts.count == 2, let elements = try value(parts[1])?.elements else {
        throw TemplateError("Fn::Join takes a delimiter and a list", line: line)
      }
      var texts: [String] = []
      for element in elements { texts.append(try text(element)) }
      return scalar(try localized(texts.joined(separator: try text(parts[0]))))
    case "Split":
      let parts = try texts(argument, count: 2, name)
      guard !parts[0].isEmpty else { throw TemplateError("Fn::Split takes a delimiter that is not empty", line: line) }
      return TemplateValue(.array(parts[1].components(separatedBy: parts[0]).map(scalar)), line: line)
    case "Select":
      guard let parts = argument.elements, parts.count == 2, let index = Int(try text(parts[0])),
        let elements = try value(parts[1])?.elements, elements.indices.contains(index)
      else { throw TemplateError("Fn::Select takes an index and a list that reaches so far", line: line) }
      return elements[index]
    case "FindInMap":
      let parts = try texts(argument, count: 3, name)
      guard let found = template.mappings?[parts[0]]?[parts[1]]?[parts[2]] else {
        throw TemplateError("there is no mapping \(parts.joined(separator: ", "))", line: line)
      }
      return found
    case "If":
      guard let parts = argument.elements, parts.count == 3 else {
        throw TemplateError("Fn::If takes a condition and two values", line: line)
      }
      return try value(try holds(parts[0].text ?? "") ? parts[1] : parts[2])
    case "Equals", "And", "Or", "Not", "Condition":
      return TemplateValue(.bool(try truth(TemplateValue(.call(name, argument), line: line))), line: line)
    default: throw TemplateError("the local cloud does not know the function Fn::\(name)", line: line)
    }
  }

  private func truth(_ condition: TemplateValue) throws(TemplateError) -> Bool {
    // The long form of !Condition, which is one among conditions alone.
    if let members = condition.members, members.count == 1, members[0].name == "Condition" {
      return try holds(try text(members[0].value))
    }
    guard case .call(let name, let argument) = condition.kind else {
      throw TemplateError("a condition is wanted here, not \(condition.kindName)", line: condition.line)
    }
    switch name {
    case "Condition": return try holds(argument.text ?? "")
    case "Equals":
      let parts = try texts(argument, count: 2, name)
      return parts[0] == parts[1]
    case "And", "Or", "Not":
      guard let elements = argument.elements, name == "Not" ? elements.count == 1 : (2...10).contains(elements.count)
      else {
        throw TemplateError(
          "Fn::\(name) takes \(name == "Not" ? "one" : "two to ten") conditions", line: condition.line)
      }
      var results: [Bool] = []
      for element in elements { results.append(try truth(element)) }
      return name == "Not" ? !results[0] : name == "And" ? !results.contains(false) : results.contains(true)
    default: throw TemplateError("Fn::\(name) is no condition", line: condition.line)
    }
  }

  private func texts(_ argument: TemplateValue, count: Int, _ name: String) throws(TemplateError) -> [String] {
    guard let elements = argument.elements, elements.count == count else {
      throw TemplateError("Fn::\(name) takes a list of \(count)", line: argument.line)
    }
    var texts: [String] = []
    for element in elements { texts.append(try text(element)) }
    return texts
  }

  private func substitute(_ argument: TemplateValue, _ line: Int) throws(TemplateError) -> String {
    let own = argument.elements?.dropFirst().first
    guard let text = argument.text ?? argument.elements?.first?.text else {
      throw TemplateError("Fn::Sub takes a text, or a text and a map", line: line)
    }
    return try Substitution.replacing(text) { (name) throws(TemplateError) in
      if let value = own?[name] { return try self.text(value) }
      let parts = name.split(separator: ".", maxSplits: 1).map(String.init)
      return try parts.count == 2 ? attribute(parts[0], parts[1], line) : reference(name, line)
    }
  }

  // MARK: References

  private func reference(_ name: String, _ line: Int) throws(TemplateError) -> String {
    switch name {
    case "AWS::StackName": return site.stackName
    case "AWS::StackId": return site.stackID
    case "AWS::Region": return site.region
    case "AWS::AccountId": return site.accountID
    case "AWS::Partition": return "aws"
    case "AWS::URLSuffix": return "amazonaws.com"
    default: break
    }
    if let value = parameters[name] { return try text(TemplateValue(value, line: line)) }
    if let api = Template.api(ofStage: name) { return try attribute(api, "Stage", line) }
    let resource = try resource(name, line)
    return try ResourceNames(resource, self).reference
  }

  private func resource(_ name: String, _ line: Int) throws(TemplateError) -> Template.Resource {
    guard let resource = template[name] else { throw TemplateError("there is no '\(name)'", line: line) }
    guard try holds(resource) else {
      throw TemplateError(
        "Unresolved resource dependencies [\(name)]: its condition \(resource.conditions.joined(separator: ", ")) does not hold",
        line: line)
    }
    return resource
  }

  private func attribute(_ name: String, _ attribute: String, _ line: Int) throws(TemplateError) -> String {
    let resource = try resource(name, line)
    guard let value = try ResourceNames(resource, self).attribute(attribute) else {
      throw TemplateError("the local cloud does not know \(attribute) of \(resource.type)", line: line)
    }
    return value
  }
}

extension String {
  fileprivate func components(separatedBy separator: String) -> [String] {
    var parts: [String] = []
    var rest = self[...]
    // By scalars: a line's end of two bytes is one `Character`, and so are a letter and its marks.
    while let range = rest.unicodeScalars.firstRange(of: separator.unicodeScalars) {
      parts.append(String(rest[..<range.lowerBound]))
      rest = rest[range.upperBound...]
    }
    return parts + [String(rest)]
  }
}
