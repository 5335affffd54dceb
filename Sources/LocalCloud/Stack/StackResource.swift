import CacheSupport

/// A resource of a stack, as CloudFormation tells it, and as it is remembered between two runs.
struct StackResource: Sendable, Hashable {
  var logicalID: String
  /// As CloudFormation calls it, after SAM's transform.
  var type: String
  /// What `Ref` is.
  var physicalID: String
  /// What is left of it in the storage once it has left the template; nil where nothing is.
  var data: Data?
  /// Whether it stays there whatever is asked for, as its `DeletionPolicy` says.
  var isRetained: Bool = false
  /// False for what does nothing on this machine.
  var isEmulated: Bool = true
  /// Another one where its properties have changed.
  var digest: String = ""
  /// Epoch milliseconds.
  var created: Int64 = 0
  /// The same, of its last change.
  var updated: Int64 = 0

  /// What a module keeps for a resource.
  struct Data: Sendable, Hashable {
    /// The type by which its module knows it.
    var type: String
    /// No two of a type share it.
    var name: String
    /// What people call it, such as `queue orders`.
    var words: String

    /// - Returns: nil for a resource that ends with its template.
    init?<Resource: TemplateResource>(of resource: Resource) {
      guard Resource.keepsData else { return nil }
      self.init(Resource.self, resource.name)
    }

    fileprivate init<Resource: TemplateResource>(_: Resource.Type, _ name: String) {
      type = Resource.type
      self.name = name
      words = "\(Resource.noun) \(name)"
    }
  }

  /// What a resource's properties come to, whatever the port of this cloud.
  static func digest(_ properties: TemplateValue, at site: Stack.Site) -> String {
    RandomID.uuid(of: Array(properties.json.text.replacing(site.address, with: "${LocalCloud}").utf8))
  }
}

extension TemplateResource {
  /// What its module keeps for it.
  var data: StackResource.Data? { StackResource.Data(of: self) }
}

// MARK: Storing

extension StackResource {
  var json: JSON {
    var json: JSONObject = [
      "logicalID": .string(logicalID), "type": .string(type), "physicalID": .string(physicalID),
      "isRetained": .bool(isRetained), "isEmulated": .bool(isEmulated), "digest": .string(digest),
      "created": .integer(created), "updated": .integer(updated),
    ]
    if let data { json["data"] = ["type": .string(data.type), "name": .string(data.name)] }
    return .object(json)
  }

  /// - Returns: nil for what an earlier version wrote of types that are not here any more.
  init?(_ json: JSON, _ types: ResourceTypes) {
    // Earlier versions kept the words alone. Whether it is retained they did not say, so nothing is lost.
    if let words = json.string { self.init(words: words, types) } else { self.init(members: json, types) }
  }

  private init?(members json: JSON, _ types: ResourceTypes) {
    guard let logicalID = json["logicalID"]?.string, let type = json["type"]?.string,
      let physicalID = json["physicalID"]?.string
    else { return nil }
    self.init(
      logicalID: logicalID, type: type, physicalID: physicalID, isRetained: json["isRetained"]?.bool ?? false,
      isEmulated: json["isEmulated"]?.bool ?? true, digest: json["digest"]?.string ?? "",
      created: json["created"]?.int64 ?? 0, updated: json["updated"]?.int64 ?? 0)
    if let name = json["data"]?["name"]?.string, let known = types[json["data"]?["type"]?.string ?? ""] {
      data = Data(known, name)
    }
  }

  private init?(words: String, _ types: ResourceTypes) {
    guard let type = types.all.first(where: { $0.keepsData && words.hasPrefix("\($0.noun) ") }) else { return nil }
    let data = Data(type, String(words.dropFirst(type.noun.count + 1)))
    self.init(logicalID: "", type: type.deployedType, physicalID: data.name, data: data, isRetained: true)
  }
}

extension TemplateValue {
  /// A value without calls.
  var json: JSON {
    switch kind {
    case .null, .call: .null
    case .bool(let flag): .bool(flag)
    case .number(let text), .string(let text): .string(text)
    case .array(let elements): .array(elements.map(\.json))
    case .object(let members): .object(members.reduce(into: JSONObject()) { $0[$1.name] = $1.value.json })
    }
  }
}
