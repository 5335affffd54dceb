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

  var isSerialization: Bool { type.hasSuffix("#SerializationException") }

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
