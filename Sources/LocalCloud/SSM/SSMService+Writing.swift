import CacheSupport
import SQLiteStore

extension SSMService {
  /// Bytes of a value in the standard tier.
  private static let standardValue: Int = 4096
  /// Bytes of a value in the advanced tier.
  private static let advancedValue: Int = 8192

  func putParameter(_ request: OperationRequest) throws(ServiceError) -> Operation.Step {
    var input = try request.input()
    let text = try input.string("Name", required: true, length: 1...2048) ?? ""
    let value = try input.string("Value", required: true) ?? ""
    let given = try input.string("Type", values: ["String", "StringList", "SecureString"])
    let overwrites = try input.bool("Overwrite") ?? false
    let tier = try input.string("Tier", values: ["Standard", "Advanced", "Intelligent-Tiering"]) ?? "Standard"
    try input.check()
    try input.refuse("AllowedPattern", "Policies", "Tags")
    let name = ParameterName(text)
    try name.check()
    if tier == "Standard", value.utf8.count > Self.standardValue {
      throw Self.validation(
        "Standard tier parameters support a maximum parameter value of 4096 characters. To create a larger parameter value, upgrade the parameter to use the advanced-parameter tier."
      )
    }
    guard !value.isEmpty, value.utf8.count <= Self.advancedValue else {
      throw Self.validation("Parameter value, cannot be empty and can be at most 8192 characters long.")
    }
    return .writing { [self] connection throws(ServiceError) in
      let known = try store.find(name, connection)
      if known != nil, !overwrites {
        throw ServiceError(
          type: "ParameterAlreadyExists",
          message:
            "The parameter already exists. To overwrite this value, set the overwrite option in the request to true.")
      }
      guard let type = given ?? known?.type else {
        throw Self.validation("A parameter type is required when you create a parameter.")
      }
      let version = try store.put(name, type: type, value: value, connection)
      let isAdvanced = tier == "Advanced" || value.utf8.count > Self.standardValue
      return Answer(["Version": .integer(version), "Tier": isAdvanced ? "Advanced" : "Standard"])
    }
  }

  func deleteParameter(_ request: OperationRequest) throws(ServiceError) -> Operation.Step {
    var input = try request.input()
    let name = try input.string("Name", required: true, length: 1...2048) ?? ""
    try input.check()
    return .writing { [store] connection throws(ServiceError) in
      guard try store.delete(ParameterName(name), connection) else { throw Self.notFound }
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
        if try store.delete(ParameterName(name), connection) {
          deleted.append(.string(name))
        } else {
          invalid.append(.string(name))
        }
      }
      return Answer(["DeletedParameters": .array(deleted), "InvalidParameters": .array(invalid)])
    }
  }

  private static func validation(_ message: String) -> ServiceError {
    ServiceError(type: "ValidationException", message: message)
  }
}
