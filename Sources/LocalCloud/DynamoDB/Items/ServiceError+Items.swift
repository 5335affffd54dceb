import CacheSupport

extension ServiceError {
  static let itemTooLarge: ServiceError = .validation("Item size has exceeded the maximum allowed size")
  static let duplicateKeys: ServiceError = .validation("Provided list of item keys contains duplicates")
  static let updateTooLarge: ServiceError = .validation("Item size to update has exceeded the maximum allowed size")
  static let emptyValue: ServiceError = .validation(
    "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes")
  static let severalTypes: ServiceError = .validation(
    "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes")

  /// What the front end says of JSON of the wrong shape.
  static func serialization(_ message: String) -> ServiceError {
    .coral("SerializationException", message, messageName: "Message")
  }

  static let duplicateNumbers: ServiceError = .validation("Input collection contains duplicates")
  static let emptyName: ServiceError = .validation("Empty attribute name")
  static let longName: ServiceError = .validation("Attribute name is too large, must be less than 65536 bytes")

  /// What DynamoDB says of a key that has no text, or no bytes.
  static func emptyKey(_ key: KeySchema.Key) -> ServiceError {
    .validation(
      "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty \(key.type == .s ? "string" : "binary") value. Key: \(key.name)"
    )
  }

  /// The same error in the words of PutItem, UpdateItem and DeleteItem, and of Query's `Select`, which count what they find in a request
  /// before they look at a table; other operations do not.
  var detected: ServiceError {
    guard code == "ValidationException", let message else { return self }
    var error = self
    error.message = "1 validation error detected: \(message)"
    return error
  }

  /// True for what is wrong with a set or a NULL, which is found with the request's form; a number is read later.
  var isOfForm: Bool {
    self == .duplicateNumbers || message?.hasPrefix("One or more parameter values were invalid:") == true
  }

  var isSerialization: Bool { code == "SerializationException" }

  static func parameter(_ message: String) -> ServiceError {
    .validation("One or more parameter values were invalid: \(message)")
  }

  static func wrongKind(_ kind: JSONToken.Kind, _ wanted: String, isTrue: Bool = false) -> ServiceError {
    switch kind {
    case .number: .serialization("NUMBER_VALUE cannot be converted to \(wanted)")
    case .bool: .serialization("\(isTrue ? "TRUE" : "FALSE")_VALUE cannot be converted to \(wanted)")
    case .object: .serialization("Start of structure or map found where not expected")
    case .array:
      .serialization("Unrecognized collection type class \(wanted.contains(".") ? wanted : "java.lang.\(wanted)")")
    case .string: .serialization("Unexpected token received from parser")
    case .null: .serialization("Unexpected field type")
    }
  }
}
