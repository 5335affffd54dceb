import CacheSupport

/// `AWS::SSM::Parameter`.
struct ParameterResource: TemplateResource, Hashable {
  static let type = "AWS::SSM::Parameter"
  static let nameProperty: String? = "Name"
  static let noun = "parameter"

  var name: String
  var type: String
  var value: String

  static func attribute(_ name: String, _ names: ResourceNames) throws(TemplateError) -> String? {
    ["Type", "Value"].contains(name) ? try names.text(name) : nil
  }

  static func plan(of parameters: [ParameterResource], in stack: Stack) -> [PlanLine] {
    parameters.map { PlanLine("SSM parameter", $0.name, $0.type) }
  }
}

extension ParameterResource {
  init(_ name: String, _ properties: inout ResourceProperties, at site: Stack.Site) throws(TemplateError) {
    self.init(
      name: name, type: try properties.choice("Type", ["String", "StringList"]) ?? "String",
      value: try properties.required("Value"))
    properties.ignore("Description", "Tags", "Tier", "DataType")
  }
}

extension SSMService {
  static let resourceTypes: [any TemplateResource.Type] = [ParameterResource.self]

  init(_ context: ModuleContext) { self.init(storage: context.storage, account: context.account, clock: context.clock) }

  func standUp(_ stack: Stack, _ state: inout StackState) throws(ServiceError) {
    let parameters = stack.all(ParameterResource.self)
    for parameter in parameters { try set(parameter, at: stack.site.address, &state) }
    // The port may be another than last time: what names this cloud follows it, also where a person changed the rest.
    guard let last = state.address, last != stack.site.address else { return }
    for parameter in parameters {
      guard let (type, value) = try typeAndValue(of: parameter.name) else { continue }
      let moved = Self.moving(last, to: stack.site.address, in: value)
      if moved != value { try put(parameter.name, type: type, value: moved) }
    }
  }

  private func set(
    _ parameter: ParameterResource, at address: String, _ state: inout StackState
  ) throws(ServiceError) {
    let last = state.parameters[parameter.name].map { last in
      state.address.map { Self.moving($0, to: address, in: last) } ?? last
    }
    state.parameters[parameter.name] = parameter.value
    let current = try value(of: parameter.name)
    let isSameType = state.types[parameter.name, default: parameter.type] == parameter.type
    state.types[parameter.name] = parameter.type
    guard last != parameter.value || current == nil || !isSameType else { return }
    try put(parameter.name, type: parameter.type, value: parameter.value)
  }

  /// Replaces an address where its port ends there: `:456` is no part of `:4567`.
  static func moving(_ last: String, to address: String, in value: String) -> String {
    var result = ""
    var rest = value[...]
    while let range = rest.firstRange(of: last) {
      let isWhole = rest[range.upperBound...].utf8.first.map { !(48...57).contains($0) } ?? true
      result += rest[..<range.lowerBound] + (isWhole ? address : last)
      rest = rest[range.upperBound...]
    }
    return result + rest
  }
}
