import CacheSupport
import SQLiteStore

/// `AWS::SSM::Parameter`.
struct ParameterResource: TemplateResource, Hashable {
  static let type = "AWS::SSM::Parameter"
  static let nameProperty: String? = "Name"
  static let noun = "parameter"

  var name: String
  var type: String
  var value: String
  /// What it says beside value and type, as PutParameter takes it.
  var settings: JSONObject = [:]
  var tags: ResourceTags = [:]

  static func attribute(_ name: String, _ names: ResourceNames) throws(TemplateError) -> String? {
    ["Type", "Value"].contains(name) ? try names.text(name) : nil
  }

  func check(in stack: Stack) throws(TemplateError) {
    do throws(ServiceError) { try ParameterName(name).check() } catch {
      throw TemplateError("the parameter '\(name)' cannot have this Name: \(error.message ?? error.type)")
    }
    do throws(ServiceError) { try checkSettings() } catch {
      throw TemplateError("the parameter \(name) cannot be set: \(error.message ?? error.type)")
    }
  }

  /// What PutParameter refuses whatever is there.
  private func checkSettings() throws(ServiceError) {
    var object = settings
    object["Value"] = .string(value)
    var input = Input(object)
    _ = try input.string("Value", required: true, length: 1...Int.max)
    _ = try input.string("Description", length: 0...1024)
    let tier = try input.string("Tier", values: ["Standard", "Advanced", "Intelligent-Tiering"])
    let dataType = try input.string("DataType", length: 0...128)
    let pattern = try input.string("AllowedPattern", length: 0...1024)
    try input.check()
    try SSMService.check(dataType: dataType)
    _ = try ParameterTier.tier(tier ?? "Intelligent-Tiering", over: nil, of: value)
    try AllowedPattern(pattern, for: value).check(pattern)
  }

  static func plan(of parameters: [ParameterResource], in stack: Stack) -> [PlanLine] {
    parameters.map { PlanLine("SSM parameter", $0.name, $0.type) }
  }
}

extension ParameterResource {
  fileprivate static let settings = ["Description", "Tier", "AllowedPattern", "DataType"]

  init(_ name: String, _ properties: inout ResourceProperties, at site: Stack.Site) throws(TemplateError) {
    self.init(
      name: name, type: try properties.choice("Type", ["String", "StringList"]) ?? "String",
      value: try properties.required("Value"))
    for setting in Self.settings { settings[setting] = try properties.text(setting).map { .string($0) } }
    tags = try properties.tags()
  }
}

extension Stack {
  /// The parameters of SSM whose value is that of a parameter of the template: two names for one thing.
  func parameters(madeOf names: Set<String>) -> Set<String> {
    let made = template.resources.filter { resource in
      guard resource.type == ParameterResource.type, case .call("Ref", let name)? = resource.properties["Value"]?.kind
      else { return false }
      return name.text.map(names.contains) ?? false
    }.map(\.logicalID)
    return Set(members.filter { made.contains($0.logicalID) }.compactMap(\.data?.name))
  }
}

extension SSMService {
  static let resourceTypes: [any TemplateResource.Type] = [ParameterResource.self]

  init(_ context: ModuleContext) { self.init(storage: context.storage, account: context.account, clock: context.clock) }

  func delete(_ resource: StackResource) throws(ServiceError) {
    guard let name = resource.data?.name else { return }
    try delete("DeleteParameter", ["Name": .string(name)], in: storage, unless: "ParameterNotFound")
  }

  func standUp(_ stack: Stack, _ state: inout StackState) throws(ServiceError) {
    let parameters = stack.all(ParameterResource.self)
    for parameter in parameters {
      do throws(ServiceError) { try set(parameter, at: stack.site.address, &state) } catch {
        var error = error
        error.message = "the parameter \(parameter.name): \(error.message ?? error.type)"
        throw error
      }
    }
    // The port may be another than last time: what names this cloud follows it, also where a person changed the rest.
    guard let last = state.address, last != stack.site.address else { return }
    for parameter in parameters {
      guard let (type, value) = try typeAndValue(of: parameter.name) else { continue }
      let moved = Self.moving(last, to: stack.site.address, in: value)
      if moved != value { try overwrite(parameter.name, ["Type": .string(type)], value: moved) }
    }
  }

  /// The value that a template gave last, as it would be at this address: that of a start which did not end, where it is there, else that
  /// of the last start which did.
  private static func last(
    _ parameter: ParameterResource, _ current: String?, at address: String, _ state: StackState
  ) -> String? {
    if let intent = intent(parameter, current, state) { return moving(intent.address, to: address, in: intent.value) }
    return state.parameters[parameter.name].map { last in
      state.address.map { moving($0, to: address, in: last) } ?? last
    }
  }

  /// What a start that did not end meant to set, where that is what is there.
  private static func intent(
    _ parameter: ParameterResource, _ current: String?, _ state: StackState
  ) -> StackState.Intent? {
    state.intents[parameter.name]?.last { intent in current.map { intent.value.hasSameBytes(as: $0) } ?? false }
  }

  /// A person may have put a source or a key where the template's value now is another one, too: that it would be lost is told first.
  func check(_ stack: Stack, _ state: StackState) throws(ServiceError) {
    let address = stack.site.address
    var lost: [String] = []
    for parameter in stack.all(ParameterResource.self) where !state.resets.contains(parameter.name) {
      guard let current = try value(of: parameter.name) else { continue }
      let last = Self.last(parameter, current, at: address, state)
      guard last != parameter.value, Self.intent(parameter, current, state) == nil else { continue }
      let moved = state.address.map { Self.moving($0, to: address, in: current) } ?? current
      if moved != last, moved != parameter.value { lost.append(parameter.name) }
    }
    guard !lost.isEmpty else { return }
    let words = lost.map { "--reset \($0)" }.joined(separator: " ")
    throw ServiceError(
      type: "Reset",
      message: """
        this start would replace a value that was put into \(lost.joined(separator: " and ")) since the last start: to let it, start \
        with \(words); to keep the value, start with the parameters of the last start
        """)
  }

  private func set(
    _ parameter: ParameterResource, at address: String, _ state: inout StackState
  ) throws(ServiceError) {
    let current = try value(of: parameter.name)
    let last = Self.last(parameter, current, at: address, state)
    // The template's own value is told to be at the address where it was set.
    let isIntended = Self.intent(parameter, current, state) != nil
    state.parameters[parameter.name] = parameter.value
    let isSameType = state.types[parameter.name, default: parameter.type] == parameter.type
    let isReset = state.resets.contains(parameter.name) && current != parameter.value
    state.types[parameter.name] = parameter.type
    let keepsValue = last == parameter.value && !isReset
    let settings = JSON.object(parameter.settings).text
    let intents = state.intents[parameter.name] ?? []
    let lastSettings = [state.settings[parameter.name] ?? "{}"] + intents.map(\.settings)
    state.settings[parameter.name] = settings
    if !keepsValue || current == nil || !isSameType || !intents.isEmpty || lastSettings != [settings] {
      try put(
        parameter, value: keepsValue && !isIntended ? current ?? parameter.value : parameter.value, lastSettings)
    }
    try setTags(of: parameter, leaving: state.takeTags(of: parameter, parameter.tags))
  }

  /// - Parameter lastSettings: those of the last template, and of what starts that did not end had.
  private func put(_ parameter: ParameterResource, value: String, _ lastSettings: [String]) throws(ServiceError) {
    var input = parameter.settings
    // What the template says no more. A tier stays: there is no way back from the advanced one.
    for (name, standard) in [("Description", ""), ("AllowedPattern", ""), ("DataType", "text")]
    where input[name] == nil && lastSettings.contains(where: { $0.contains("\"\(name)\":") }) {
      input[name] = .string(standard)
    }
    input["Type"] = .string(parameter.type)
    try overwrite(parameter.name, input, value: value)
  }

  /// Puts a new version. What the settings do not say stays as it was.
  private func overwrite(_ name: String, _ settings: JSONObject, value: String) throws(ServiceError) {
    var input = settings
    input["Name"] = .string(name)
    input["Value"] = .string(value)
    input["Overwrite"] = true
    if input["Tier"] == nil, value.utf8.count > ParameterTier.standardValue { input["Tier"] = "Intelligent-Tiering" }
    try call("PutParameter", input, in: storage)
  }

  private func setTags(of parameter: ParameterResource, leaving keys: [String]) throws(ServiceError) {
    let resource: JSONObject = ["ResourceType": "Parameter", "ResourceId": .string(parameter.name)]
    if !keys.isEmpty {
      var input = resource
      input["TagKeys"] = .array(keys.map { .string($0) })
      try call("RemoveTagsFromResource", input, in: storage)
    }
    guard !parameter.tags.isEmpty else { return }
    var input = resource
    input["Tags"] = parameter.tags.list
    try call("AddTagsToResource", input, in: storage)
  }

  /// The value of a parameter, which a template may name with a version, `name:1`; nil where there is none. Like CloudFormation
  /// it gives no secure strings.
  static func value(of name: String) -> (Connection) throws(ServiceError) -> String? {
    { connection throws(ServiceError) in
      let parts = name.split(separator: ":", maxSplits: 1).map(String.init)
      let version = parts.count == 2 ? Int64(parts[1]) : nil
      guard let first = parts.first, parts.count == 1 || version != nil else { return nil }
      let row = try storing {
        // Data of an earlier version are read as they are: with a plan nothing is brought up to date.
        let isOld =
          try connection.row("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'ssm_parameters'") != nil
        return try connection.row(
          """
          SELECT type, value FROM \(isOld ? "ssm_parameters" : "ssm_versions")
          WHERE name IN (?1, ?2) AND version = coalesce(?3, version) ORDER BY version DESC LIMIT 1
          """, .text(ParameterName(first).text.text), .text(isOld ? first : ""), version.map { .integer($0) } ?? .null)
      }
      return row?[0].text == "SecureString" ? nil : row?[1].text
    }
  }

  /// Replaces an address where its port ends there: `:456` is no part of `:4567`.
  static func moving(_ last: String, to address: String, in value: String) -> String {
    guard !last.isEmpty else { return value }
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
