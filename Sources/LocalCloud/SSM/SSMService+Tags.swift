import CacheSupport
import SQLiteStore

extension SSMService {
  /// Tags that a parameter has at most.
  private static let mostTags: Int = 50

  func addTagsToResource(_ request: OperationRequest) throws(ServiceError) -> Operation.Step {
    var input = try request.input()
    let name = try Self.resource(&input)
    let tags = try Self.tags(&input, required: true)
    try input.check()
    return .writing { [store] connection throws(ServiceError) in
      var all = try Self.tags(of: name, store, connection)
      all.merge(tags) { $1 }
      try Self.check(all)
      try store.setTags(all, of: name, connection)
      return .empty
    }
  }

  func removeTagsFromResource(_ request: OperationRequest) throws(ServiceError) -> Operation.Step {
    var input = try request.input()
    let name = try Self.resource(&input)
    let keys = try input.texts("TagKeys", required: true) ?? []
    try input.check()
    return .writing { [store] connection throws(ServiceError) in
      var all = try Self.tags(of: name, store, connection)
      for key in keys { all[ByteText(key)] = nil }
      try store.setTags(all, of: name, connection)
      return .empty
    }
  }

  func listTagsForResource(_ request: OperationRequest) throws(ServiceError) -> Operation.Step {
    var input = try request.input()
    let name = try Self.resource(&input)
    try input.check()
    return .reading { [store] connection throws(ServiceError) in
      let tags = try Self.tags(of: name, store, connection).sorted { $0.key < $1.key }
      return Answer([
        "TagList": .array(tags.map { ["Key": .string($0.key.text), "Value": .string($0.value)] })
      ])
    }
  }

  /// The parameter that a request is about.
  private static func resource(_ input: inout Input) throws(ServiceError) -> ParameterName {
    let types = [
      "Document", "ManagedInstance", "MaintenanceWindow", "Parameter", "PatchBaseline", "OpsItem", "OpsMetadata",
      "Automation", "Association",
    ]
    let type = try input.string("ResourceType", required: true, values: types)
    let id = try input.string("ResourceId", required: true) ?? ""
    if let type, types.contains(type), type != "Parameter" {
      throw .validation("The local cloud does not emulate the resource type \(type)")
    }
    return ParameterSelector.name(id)
  }

  /// A request's tags by key.
  static func tags(_ input: inout Input, required: Bool = false) throws(ServiceError) -> [ByteText: String] {
    let elements = try input.array("Tags", required: required, count: 0...1000) ?? []
    var tags: [ByteText: String] = [:]
    for var tag in try input.structures(elements, of: "Tags") {
      let key = try tag.string("Key", required: true, length: 1...128) ?? ""
      tags[ByteText(key)] = try tag.string("Value", required: true, length: 0...256) ?? ""
      input.absorb(tag)
    }
    return tags
  }

  /// - Throws: TooManyTagsError.
  static func check(_ tags: [ByteText: String]) throws(ServiceError) {
    guard tags.count <= mostTags else {
      throw ServiceError(type: "TooManyTagsError", message: "A parameter can have at most \(mostTags) tags.")
    }
  }

  private static func tags(
    of name: ParameterName, _ store: ParameterStore, _ connection: Connection
  ) throws(ServiceError) -> [ByteText: String] {
    guard let tags = try store.tags(of: name, connection) else {
      throw ServiceError(
        type: "InvalidResourceId", message: "The resource ID is not valid. Verify the ID and try again.")
    }
    return tags
  }
}
