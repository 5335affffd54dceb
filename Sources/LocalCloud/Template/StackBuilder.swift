import CacheSupport

/// Makes a stack of a template and its parameters' values.
struct StackBuilder {
  private let template: Template
  private let evaluator: Evaluator
  private var stack: Stack
  /// What of the template is stood up, by its logical IDs.
  private var described: [(logicalID: String, resource: any TemplateResource)] = []

  /// - Parameters:
  ///   - parameters: a value for each of the template's parameters.
  ///   - types: what can be stood up.
  static func build(
    _ template: Template, parameters: [String: String], at site: Stack.Site, of types: ResourceTypes
  ) throws(TemplateError) -> Stack {
    var builder = StackBuilder(
      template: template,
      evaluator: Evaluator(template: template, parameters: parameters, site: site, types: types),
      stack: Stack(at: site, of: types, template: template))
    try builder.run()
    return builder.stack
  }

  private mutating func run() throws(TemplateError) {
    for resource in template.resources where try evaluator.holds(resource) {
      if IgnoredResource.has(resource.type) {
        stack.ignoredResources[resource.type, default: []].append(resource.logicalID)
        stack.members.append(ignored(resource))
      } else if let type = evaluator.types[resource.type] {
        try add(type, resource)
      } else {
        throw TemplateError(
          "\(resource.logicalID): the local cloud does not emulate resources of the type \(resource.type)",
          line: resource.line)
      }
    }
    for (logicalID, resource) in described { stack.members += resource.parts(of: logicalID, in: stack) }
    for output in template.outputs where try evaluator.holds(output.condition) {
      stack.outputs.append(
        .init(
          name: output.name, value: try evaluator.text(output.value), description: output.description,
          exportName: try output.export.map { (name) throws(TemplateError) in try evaluator.text(name) }))
    }
    try checkExports()
    for type in evaluator.types.all { try checkNames(of: type) }
    for resource in stack.resources { try resource.check(in: stack) }
  }

  private mutating func add<Resource: TemplateResource>(
    _ type: Resource.Type, _ resource: Template.Resource
  ) throws(TemplateError) {
    let names = ResourceNames(resource, evaluator)
    let name = try names.name()
    guard let value = try evaluator.value(resource.properties) else { return }
    var properties = try ResourceProperties(resource.logicalID, value)
    if let property = type.nameProperty { _ = try properties.text(property) }
    let description = try Resource(name, &properties, at: evaluator.site)
    stack.add(description.standing)
    try properties.finish()
    stack.members.append(
      StackResource(
        logicalID: resource.logicalID, type: type.deployedType, physicalID: try names.reference,
        data: description.standing.data, isRetained: resource.isRetained,
        digest: StackResource.digest(value, at: evaluator.site)))
    described.append((resource.logicalID, description))
    if !properties.ignored.isEmpty {
      stack.ignoredProperties[resource.type, default: []].formUnion(properties.ignored)
    }
  }

  /// A resource that does nothing here. Whatever else its name may be made of, nothing asks for it.
  private func ignored(_ resource: Template.Resource) -> StackResource {
    let reference = try? ResourceNames(resource, evaluator).reference
    return StackResource(
      logicalID: resource.logicalID, type: resource.type,
      physicalID: reference ?? "\(evaluator.site.stackName)-\(resource.logicalID)", isEmulated: false)
  }

  private func checkExports() throws(TemplateError) {
    var seen: Set<ByteText> = []
    for name in stack.outputs.compactMap(\.exportName) where !seen.insert(ByteText(name)).inserted {
      throw TemplateError("two outputs are exported as '\(name)'")
    }
  }

  private func checkNames<Resource: TemplateResource>(of type: Resource.Type) throws(TemplateError) {
    var seen: Set<String> = []
    for resource in stack.all(type) where !seen.insert(resource.name).inserted {
      throw TemplateError("two \(type.noun)s have the name '\(resource.name)'")
    }
  }
}
