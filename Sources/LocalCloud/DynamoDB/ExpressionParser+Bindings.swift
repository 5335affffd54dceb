import AWSClients
import CacheSupport

extension ExpressionParser {
  /// `#name` and `:value` of a request, with those that no expression has used yet.
  struct Bindings {
    let names: [ByteText: String]
    let values: Item
    private(set) var unusedNames: Set<ByteText>
    private(set) var unusedValues: Set<ByteText>
    private let hasNames: Bool
    private let hasValues: Bool

    init(_ input: JSONObject) throws(ServiceError) {
      hasNames = input["ExpressionAttributeNames"] != nil
      hasValues = input["ExpressionAttributeValues"] != nil
      var names: [ByteText: String] = [:]
      for (name, value) in input["ExpressionAttributeNames"]?.object?.members ?? [] {
        try Self.checkKey(name, "#", "ExpressionAttributeNames")
        names[ByteText(name)] = value.string
      }
      self.names = names
      values = hasValues ? try Self.values(input["ExpressionAttributeValues"]) : [:]
      if hasNames, names.isEmpty { throw .validation("ExpressionAttributeNames must not be empty") }
      if hasValues, values.isEmpty { throw .validation("ExpressionAttributeValues must not be empty") }
      unusedNames = Set(names.keys)
      unusedValues = Set(values.keys)
    }

    /// - Throws: what DynamoDB says of a key that no expression can name.
    private static func checkKey(_ key: String, _ mark: Character, _ member: String) throws(ServiceError) {
      guard key.first == mark, key.utf8.count > 1,
        key.utf8.dropFirst().allSatisfy({ byte in
          switch byte {
          case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
          default: false
          }
        })
      else { throw .validation("\(member) contains invalid key: Syntax error; key: \"\(key)\"") }
    }

    private static func values(_ json: JSON?) throws(ServiceError) -> Item {
      guard let object = json?.object else { throw .coral("SerializationException") }
      var values: Item = [:]
      for (name, value) in object.members {
        do throws(ServiceError) {
          values.merge(try Item.checking([name: value], "ExpressionAttributeValues")) { $1 }
        } catch {
          guard error.type == ServiceError.validation("").type else { throw error }
          throw .validation(
            "ExpressionAttributeValues contains invalid value: \(error.message ?? "") for key \(name)")
        }
        try checkKey(name, ":", "ExpressionAttributeValues")
      }
      return values
    }

    mutating func use(name: String) -> String? {
      unusedNames.remove(ByteText(name))
      return names[ByteText(name)]
    }

    mutating func use(value: String) -> AttributeValue? {
      unusedValues.remove(ByteText(value))
      return values[value]
    }

    /// - Throws: what DynamoDB says of bindings that no expression used, or that come without any expression.
    func checkUsed(hasExpressions: Bool) throws(ServiceError) {
      if !hasExpressions {
        if hasNames { throw .validation("ExpressionAttributeNames can only be specified when using expressions") }
        if hasValues { throw .validation("ExpressionAttributeValues can only be specified when using expressions") }
      }
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
