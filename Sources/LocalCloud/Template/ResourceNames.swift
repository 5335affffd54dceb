/// What a resource is called on this machine, by which `Ref` and `GetAtt` name it.
///
/// See "Return values" of each type in
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html>.
struct ResourceNames {
  private let resource: Template.Resource
  let evaluator: Evaluator

  init(_ resource: Template.Resource, _ evaluator: Evaluator) {
    self.resource = resource
    self.evaluator = evaluator
  }

  var logicalID: String { resource.logicalID }
  var type: String { resource.type }
  var site: Stack.Site { evaluator.site }
  private var emulation: (any TemplateResource.Type)? { evaluator.types[resource.type] }

  /// The name that the template gives, else one of the stack's name and the logical ID.
  func name() throws(TemplateError) -> String {
    try evaluator.name(of: resource.logicalID) { () throws(TemplateError) in
      let property = emulation.map { $0.nameProperty } ?? IgnoredResource.nameProperties[resource.type]
      if let property, let name = try text(property) { return name }
      return "\(site.stackName)-\(resource.logicalID)"
    }
  }

  /// A property of the resource as text; nil where it is absent, or no text.
  func text(_ property: String) throws(TemplateError) -> String? {
    guard let value = resource.properties[property] else { return nil }
    return try evaluator.value(value)?.text
  }

  /// A property that the resource's names are made of.
  func required(_ property: String) throws(TemplateError) -> String {
    guard let value = resource.properties[property] else {
      throw TemplateError("\(resource.logicalID) has no \(property)", line: resource.line)
    }
    return try evaluator.text(value)
  }

  func arn(_ service: String, _ rest: String) -> String {
    "arn:aws:\(service):\(site.region):\(site.accountID):\(rest)"
  }

  /// What `Ref` is.
  var reference: String {
    get throws(TemplateError) {
      guard let emulation else { return try IgnoredResource.reference(self) }
      return try emulation.reference(self)
    }
  }

  /// What `GetAtt` is; nil for an attribute that the local cloud does not know.
  func attribute(_ name: String) throws(TemplateError) -> String? {
    guard let emulation else { return try IgnoredResource.attribute(name, self) }
    return try emulation.attribute(name, self)
  }
}
