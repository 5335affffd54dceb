import CacheSupport
import SQLiteStore

extension SSMService {
  func putParameter(_ request: OperationRequest) throws(ServiceError) -> Operation.Step {
    var input = try request.input()
    let text = try input.string("Name", required: true, length: 1...2048) ?? ""
    let value = try input.string("Value", required: true, length: 1...Int.max) ?? ""
    let type = try input.string("Type", values: ["SecureString", "StringList", "String"])
    let overwrites = try input.bool("Overwrite") ?? false
    let tier = try input.string("Tier", values: ["Standard", "Advanced", "Intelligent-Tiering"])
    let description = try input.string("Description", length: 0...1024)
    let keyID = try input.string("KeyId", length: 1...256)
    let dataType = try input.string("DataType", length: 0...128)
    let pattern = try input.string("AllowedPattern", length: 0...1024)
    let tags = try Self.tags(&input)
    try input.check()
    try input.refuse("Policies")
    let name = ParameterName(text)
    try name.check()
    try Self.check(dataType: dataType)
    guard tags.isEmpty || !overwrites else {
      throw Self.validation(
        "Invalid request: tags and overwrite can't be used together. To create a parameter with tags, please remove overwrite flag. To update tags for an existing parameter, please use AddTagsToResource or RemoveTagsFromResource."
      )
    }
    try Self.check(tags)
    let allowed = try AllowedPattern(
      pattern == nil && overwrites ? self.pattern(of: name) : pattern, for: value)
    return .writing { [self] connection throws(ServiceError) in
      let known = try store.find(name, connection)
      if known != nil, !overwrites {
        throw ServiceError(
          type: "ParameterAlreadyExists",
          message:
            "The parameter already exists. To overwrite this value, set the overwrite option in the request to true.")
      }
      guard let type = type ?? known?.type else {
        throw Self.validation("A parameter type is required when you create a parameter.")
      }
      guard keyID == nil || type == "SecureString" else {
        throw Self.validation("KeyId is required for SecureString type parameter only.")
      }
      // What the request does not say stays as it was.
      var parameter = Parameter(text, type: type, value: value)
      parameter.tier = try ParameterTier.tier(tier, over: known?.tier, of: value)
      parameter.description = description ?? known?.description
      if type == "SecureString" { parameter.keyID = keyID ?? known?.keyID ?? Parameter.defaultKey }
      parameter.dataType = dataType ?? known?.dataType ?? "text"
      parameter.allowedPattern = pattern ?? known?.allowedPattern
      if parameter.allowedPattern?.isEmpty ?? false { parameter.allowedPattern = nil }
      try allowed.check(parameter.allowedPattern)
      let version = try store.put(parameter, connection)
      if !tags.isEmpty { try store.setTags(tags, of: name, connection) }
      return Answer(["Version": .integer(version), "Tier": .string(parameter.tier)])
    }
  }

  private func pattern(of name: ParameterName) throws(ServiceError) -> String? {
    try storage.read { [store] connection throws(ServiceError) in try store.find(name, connection)?.allowedPattern }
  }

  /// What a value may be. That it is an image or an integration is not looked at.
  private static let dataTypes: [String] = ["text", "aws:ec2:image", "aws:ssm:integration"]

  static func check(dataType: String?) throws(ServiceError) {
    guard let dataType, !dataTypes.contains(where: { dataType.hasSameBytes(as: $0) }) else { return }
    throw validation("The following data type is not supported: \(dataType) (Data type names are all lowercase.)")
  }

  func deleteParameter(_ request: OperationRequest) throws(ServiceError) -> Operation.Step {
    var input = try request.input()
    let name = try input.string("Name", required: true, length: 1...2048) ?? ""
    try input.check()
    return .writing { [store] connection throws(ServiceError) in
      guard try store.delete(ParameterSelector.name(name), connection) else { throw Self.notFound }
      return .empty
    }
  }

  func deleteParameters(_ request: OperationRequest) throws(ServiceError) -> Operation.Step {
    var input = try request.input()
    let names = try Self.names(&input)
    try input.check()
    return .writing { [store] connection throws(ServiceError) in
      var (deleted, invalid): ([JSON], [JSON]) = ([], [])
      for name in names {
        if try store.delete(ParameterSelector.name(name), connection) {
          deleted.append(.string(name))
        } else {
          invalid.append(.string(name))
        }
      }
      return Answer(["DeletedParameters": .array(deleted), "InvalidParameters": .array(invalid)])
    }
  }

  static func validation(_ message: String) -> ServiceError {
    ServiceError(type: "ValidationException", message: message)
  }
}
