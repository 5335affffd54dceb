import CacheSupport

/// What a cloud would stand up.
public struct StackPlan: Sendable {
  /// For people.
  public var text: String
  /// What is no error, and seldom meant.
  public var warnings: [String]
  public var functions: [FunctionDescription]
  /// The values of SSM's parameters.
  public var parameters: [String: String]

  /// - Parameter left: what of the data it would not have any more.
  init(_ stack: Stack, left: [StackResource]) {
    text = stack.plan + left.plan
    warnings = stack.warnings
    functions = stack.all(FunctionResource.self).map(\.description)
    parameters = Dictionary(stack.all(ParameterResource.self).map { ($0.name, $0.value) }) { first, _ in first }
  }
}

extension Stack {
  /// What the resources warn of.
  var warnings: [String] { resources.flatMap { $0.warnings(in: self) }.map(withoutSecrets) }

  /// What is stood up, one line each, for people.
  var plan: String {
    var lines: [String] = ["Stack \(name)", "", "Stands up"]
    for type in types.all {
      lines += planLines(type).map { line in
        "  " + line.kind.padded(18) + line.name.padded(40) + line.details.joined(separator: ", ")
      }
    }
    lines += ["", "Is not emulated, and does nothing here"] + ignored.map { "  " + $0 }
    lines += ["", "Outputs"] + outputs.map { "  \($0.name.padded(24))\($0.value)" }
    return withoutSecrets(lines.joined(separator: "\n"))
  }

  private func planLines<Resource: TemplateResource>(_ type: Resource.Type) -> [PlanLine] {
    type.plan(of: all(type), in: self)
  }

  /// What does nothing on this machine, in a few words; nil where everything does something.
  var ignoredWords: String? {
    let count = ignoredResources.values.reduce(0) { $0 + $1.count }
    // The services, such as `CloudWatch` and `IAM`.
    let services = Set(ignoredResources.keys.map { $0.split(separator: ":").dropFirst().first.map(String.init) ?? $0 })
    let resources =
      count == 0
      ? nil : "\(count) \(count == 1 ? "resource" : "resources") (\(services.sorted().joined(separator: ", ")))"
    let properties = ignoredProperties.values.reduce(0) { $0 + $1.count }
    let rest = properties == 0 ? nil : "\(properties) \(properties == 1 ? "property" : "properties")"
    return resources == nil && rest == nil ? nil : [resources, rest].compactMap(\.self).joined(separator: " and ")
  }

  /// What does nothing on this machine, a type a line.
  var ignored: [String] {
    ignoredResources.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value.joined(separator: ", "))" }
      + ignoredProperties.sorted { $0.key < $1.key }.map {
        "\($0.key): the properties \($0.value.sorted().joined(separator: ", "))"
      }
  }
}

extension String {
  /// At least so wide, with a space after it.
  fileprivate func padded(_ width: Int) -> String {
    self + String(repeating: " ", count: Swift.max(1, width - count))
  }
}
