import AWSClients
import CacheSupport

extension ExpressionParser {
  /// `#name` and `:value` of a request, with those that no expression has used yet.
  struct Bindings: Sendable {
    let names: [ByteText: String]
    let values: Item
    /// The bytes of the values, with their names.
    let valueBytes: Int
    private(set) var unusedNames: Set<ByteText>
    private(set) var unusedValues: Set<ByteText>

    /// - Parameter isWrite: true for a write by itself, of whose values DynamoDB says less.
    init(_ request: ItemRequest, isWrite: Bool = false) throws(ServiceError) {
      let object = request.input.object
      let given = object["ExpressionAttributeNames"].flatMap { $0.isNull ? nil : $0 }
      var names: [ByteText: String] = [:]
      if let given {
        guard let members = given.object?.members else { throw .serialization("Unexpected field type") }
        for (name, value) in members {
          guard let text = value.string else {
            throw .serialization("Start of structure or map found where not expected")
          }
          try Self.checkKey(name, UInt8(ascii: "#"), "ExpressionAttributeNames")
          try Self.checkName(text, name)
          names[ByteText(name)] = text
        }
      }
      self.names = names
      let encoded = try request.optionalItem(.values, isPlain: isWrite)
      let values = try encoded.map { encoded throws(ServiceError) in try encoded.tree }
      self.values = values ?? [:]
      valueBytes = encoded?.size ?? 0
      for name in self.values.keys.sorted() {
        try Self.checkKey(name.text, UInt8(ascii: ":"), "ExpressionAttributeValues")
      }
      if given != nil, names.isEmpty { throw .validation("ExpressionAttributeNames must not be empty") }
      if values != nil, self.values.isEmpty { throw .validation("ExpressionAttributeValues must not be empty") }
      unusedNames = Set(names.keys)
      unusedValues = Set(self.values.keys)
    }

    /// - Throws: what DynamoDB says of a key that no expression can name.
    private static func checkKey(_ key: String, _ mark: UInt8, _ member: String) throws(ServiceError) {
      guard key.utf8.first == mark, key.utf8.count > 1, key.utf8.dropFirst().allSatisfy(ExpressionTokens.isWord) else {
        throw .validation("\(member) contains invalid key: Syntax error; key: \"\(key)\"")
      }
    }

    private static func checkName(_ name: String, _ key: String) throws(ServiceError) {
      guard !name.isEmpty, name.utf8.count <= EncodedItem.nameLimit else {
        throw .validation(
          "ExpressionAttributeNames contains invalid value: \(name.isEmpty ? "Empty attribute name" : "Attribute name is too large, must be less than 65536 bytes"); key: \(key)"
        )
      }
    }

    mutating func use(name: String) -> String? {
      unusedNames.remove(ByteText(name))
      return names[ByteText(name)]
    }

    mutating func use(value: String) -> AttributeValue? {
      unusedValues.remove(ByteText(value))
      return values[value]
    }

    /// - Throws: what DynamoDB says of bindings that no expression used.
    func checkUsed() throws(ServiceError) {
      if !unusedNames.isEmpty {
        throw .validation(
          "Value provided in ExpressionAttributeNames unused in expressions: keys: {\(unusedNames.sorted().map(\.text).joined(separator: ", "))}"
        )
      }
      if !unusedValues.isEmpty {
        throw .validation(
          "Value provided in ExpressionAttributeValues unused in expressions: keys: {\(unusedValues.sorted().map(\.text).joined(separator: ", "))}"
        )
      }
    }
  }
}
