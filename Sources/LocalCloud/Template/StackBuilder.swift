/// Makes a stack of a template and its parameters' values.
struct StackBuilder {
  private let template: Template
  private let evaluator: Evaluator
  private var stack: Stack

  /// - Parameters:
  ///   - parameters: a value for each of the template's parameters.
  ///   - types: what can be stood up.
  static func build(
    _ template: Template, parameters: [String: String], at site: Stack.Site, of types: ResourceTypes
  ) throws(TemplateError) -> Stack {
    var builder = StackBuilder(
      template: template,
      evaluator: Evaluator(template: template, parameters: parameters, site: site, types: types),
      stack: Stack(at: site, of: types))
    try builder.run()
    return builder.stack
  }

  private mutating func run() throws(TemplateError) {
    for resource in template.resources where try evaluator.holds(resource.condition) {
      if IgnoredResource.has(resource.type) {
        stack.ignoredResources[resource.type, default: []].append(resource.logicalID)
      } else if let type = evaluator.types[resource.type] {
        try add(type, resource)
      } else {
        throw TemplateError(
          "\(resource.logicalID): the local cloud does not emulate resources of the type \(resource.type)",
          line: resource.line)
      }
    }
    for output in template.outputs where try evaluator.holds(output.condition) {
      stack.outputs.append(.init(name: output.name, value: try evaluator.text(output.value)))
    }
    for type in evaluator.types.all { try checkNames(of: type) }
    for resource in stack.resources { try resource.check(in: stack) }
  }

  private mutating func add<Resource: TemplateResource>(
    _ type: Resource.Type, _ resource: Template.Resource
  ) throws(TemplateError) {
    let name = try ResourceNames(resource, evaluator).name()
    guard let value = try evaluator.value(resource.properties) else { return }
    var properties = try ResourceProperties(resource.logicalID, value)
    if let property = type.nameProperty { _ = try properties.text(property) }
    stack.add(try Resource(name, &properties, at: evaluator.site))
    try properties.finish()
    if !properties.ignored.isEmpty {
      stack.ignoredProperties[resource.type, default: []].formUnion(properties.ignored)
    }
  }

  private func checkNames<Resource: TemplateResource>(of type: Resource.Type) throws(TemplateError) {
    var seen: Set<String> = []
    for resource in stack.all(type) where !seen.insert(resource.name).inserted {
      throw TemplateError("two \(type.noun)s have the name '\(resource.name)'")
    }
  }
}
