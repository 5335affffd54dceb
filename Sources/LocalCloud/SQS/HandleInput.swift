import CacheSupport

/// The members that name a message by its receipt handle, and its new visibility.
struct HandleInput {
  var receipt: String?
  var visibility: Int64?

  /// Reads the member whose name was read last; false where it is another's.
  mutating func take(_ reader: inout JSONReader) throws -> Bool {
    if reader.isNamed("ReceiptHandle") {
      receipt = try reader.optionalText()
    } else if reader.isNamed("VisibilityTimeout") {
      visibility = try reader.optionalInteger()
    } else {
      return false
    }
    return true
  }

  func handle() throws(ServiceError) -> ReceiptHandle {
    guard let receipt, !receipt.isEmpty else { throw .missingParameter("ReceiptHandle") }
    return try ReceiptHandle(receipt)
  }

  /// The new visibility, in seconds.
  func seconds() throws(ServiceError) -> Int64 {
    guard let visibility else { throw .missingParameter("VisibilityTimeout") }
    try Self.check(visibility: visibility)
    return visibility
  }

  static func check(visibility: Int64) throws(ServiceError) {
    guard (0...43_200).contains(visibility) else {
      throw .invalidParameter(
        "Value \(visibility) for parameter VisibilityTimeout is invalid. Reason: VisibilityTimeout must be an integer between 0 and 43200."
      )
    }
  }
}
