import AWSClients
import CacheSupport

/// `AttributeUpdates`: what is to become of each attribute.
///
/// See <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/LegacyConditionalParameters.AttributeUpdates.html>.
struct OlderUpdate {
  private let name: String
  private let action: String
  private let value: JSON?

  /// - Returns: nil where there is no such member.
  static func read(_ input: inout Input) throws(ServiceError) -> [OlderUpdate]? {
    guard let object = try input.object("AttributeUpdates") else { return nil }
    var updates: [OlderUpdate] = []
    for (name, json) in object.members {
      guard let inner = json.object else { throw .serialization("Unexpected value type in payload") }
      var part = Input(inner, path: "attributeUpdates.\(name).member")
      let action = try part.string("Action", values: ["ADD", "PUT", "DELETE"]) ?? "PUT"
      updates.append(
        OlderUpdate(name: name, action: action, value: try part.object("Value").map { .object($0) }))
      input.absorb(part)
    }
    return updates
  }

  /// The change that an expression of the same meaning gives.
  func change() throws(ServiceError) -> (path: DocumentPath, change: UpdateExpression.Change) {
    try EncodedItem.checkName(name)
    let path = DocumentPath(steps: [.name(ByteText(name))])
    guard let value else {
      guard action == "DELETE" else {
        throw .parameter("Only DELETE action is allowed when no attribute value is specified")
      }
      return (path, .remove)
    }
    let read = try AttributeValue(request: value)
    switch (action, read.type) {
    case ("PUT", _): return (path, .set(.value(read)))
    case ("DELETE", .ss), ("DELETE", .ns), ("DELETE", .bs): return (path, .delete(read))
    case ("DELETE", let type):
      throw .parameter("DELETE action with value is not supported for the type \(type.rawValue)")
    case (_, .n), (_, .ss), (_, .ns), (_, .bs): return (path, .add(read))
    case (_, .l): return (path, .set(.append(.ifNotExists(path, .value(.l([]))), .value(read))))
    case (_, let type): throw .parameter("ADD action is not supported for the type \(type.rawValue)")
    }
  }
}

extension UpdateExpression {
  init(_ updates: [OlderUpdate]) throws(ServiceError) {
    changes = try updates.map { update throws(ServiceError) in try update.change() }
    mismatch = .validation("Type mismatch for attribute to update")
  }
}

extension Projection {
  /// - Throws: what DynamoDB says of a name that comes twice.
  init(attributes: [String]) throws(ServiceError) {
    var seen: Set<ByteText> = []
    for name in attributes {
      try EncodedItem.checkName(name)
      guard seen.insert(ByteText(name)).inserted else {
        throw .parameter("Duplicate value in attribute name: \(name)")
      }
    }
    self.init(paths: attributes.map { DocumentPath(steps: [.name(ByteText($0))]) })
  }
}
