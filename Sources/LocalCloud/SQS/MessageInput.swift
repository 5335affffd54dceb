import CacheSupport

/// The members of a message as a request has them.
struct MessageInput {
  var body: String?
  var delay: Int64?
  var attributes: [MessageAttribute] = []
  var systemAttributes: [MessageAttribute] = []
  var group: String?
  var deduplication: String?

  /// Reads the member whose name was read last; false where it is none of a message's.
  mutating func take(_ reader: inout JSONReader) throws -> Bool {
    if reader.isNamed("MessageBody") {
      body = try reader.optionalText()
    } else if reader.isNamed("DelaySeconds") {
      delay = try reader.optionalInteger()
    } else if reader.isNamed("MessageAttributes") {
      attributes = try MessageAttribute.list(&reader)
    } else if reader.isNamed("MessageSystemAttributes") {
      systemAttributes = try MessageAttribute.list(&reader)
    } else if reader.isNamed("MessageGroupId") {
      group = try reader.optionalText()
    } else if reader.isNamed("MessageDeduplicationId") {
      deduplication = try reader.optionalText()
    } else {
      return false
    }
    return true
  }

  /// AWS X-Ray's header, the one system attribute that a sender may set.
  func trace() throws(ServiceError) -> String? {
    for attribute in systemAttributes {
      guard attribute.name == "AWSTraceHeader", case .text(let text) = attribute.value, !text.isEmpty else {
        throw .invalidParameter("Message system attribute name '\(attribute.name)' is invalid.")
      }
      return text
    }
    return nil
  }
}
