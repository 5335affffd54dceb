import CacheSupport
import SQLiteStore

extension SSMService {
  func describeParameters(_ request: OperationRequest) throws(ServiceError) -> Operation.Step {
    var input = try request.input()
    let most = try input.integer("MaxResults", in: 1...50) ?? 50
    let token = try input.string("NextToken")
    // Nobody shares parameters with this account.
    let isShared = try input.bool("Shared") ?? false
    let filters = try ParameterFilter.filters(&input, isByPath: false) + ParameterFilter.older(&input)
    let after = try ParameterPlace(token)
    guard !isShared else { return .answer(Answer(["Parameters": []])) }
    return .reading { [self] connection throws(ServiceError) in
      let found = try store.list(filters, after: after, most: most + 1, connection)
      return try Self.page(found, most) { parameter throws(ServiceError) in
        var object = metadata(parameter)
        object["ARN"] = .string(arn(parameter.name))
        return .object(object)
      }
    }
  }

  func getParameterHistory(_ request: OperationRequest) throws(ServiceError) -> Operation.Step {
    var input = try request.input()
    let text = try input.string("Name", required: true, length: 1...2048) ?? ""
    let decrypts = try input.bool("WithDecryption") ?? false
    let most = try input.integer("MaxResults", in: 1...50) ?? 50
    let token = try input.string("NextToken")
    try input.check()
    let after = try ParameterPlace(token)?.version ?? 0
    let name = ParameterSelector.name(text)
    return .reading { [self] connection throws(ServiceError) in
      guard try store.find(name, connection) != nil else { throw Self.notFound }
      let found = try store.history(of: name, after: after, most: most + 1, connection)
      return try Self.page(found, most) { version throws(ServiceError) in
        var object = metadata(version)
        object["Value"] = .string(shown(version, decrypts: decrypts))
        let labels = try store.labels(of: name, version: version.version, connection)
        object["Labels"] = .array(labels.map { .string($0.text) })
        return .object(object)
      }
    }
  }

  /// What a list and a history say of a version.
  private func metadata(_ parameter: Parameter) -> JSONObject {
    var object: JSONObject = [
      "Name": .string(parameter.shownName), "Type": .string(parameter.type),
      "LastModifiedDate": .double(Double(parameter.modified) / 1000),
      "LastModifiedUser": .string("arn:aws:iam::\(account.id):root"), "Version": .integer(parameter.version),
      "Tier": .string(parameter.tier), "Policies": [], "DataType": .string(parameter.dataType),
    ]
    object["KeyId"] = parameter.keyID.map { .string($0) }
    object["AllowedPattern"] = parameter.allowedPattern.map { .string($0) }
    object["Description"] = parameter.description.map { .string($0) }
    return object
  }
}
