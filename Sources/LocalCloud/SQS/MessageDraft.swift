import CacheSupport
import SigV4

/// A message to be sent, checked.
struct MessageDraft: Sendable {
  let id: String = RandomID.uuid()
  let body: String
  /// As they are kept with the message; nil where there are none.
  let storedAttributes: String?
  /// Seconds before it can be received; nil takes the queue's.
  let delay: Int64?
  /// The tenant of a fair queue.
  let group: String?
  /// AWS X-Ray's header.
  let trace: String?
  let md5OfBody: String
  let md5OfAttributes: String?
  let md5OfSystemAttributes: String?
  /// What counts against the limits: body, and names, types and values of attributes.
  let size: Int

  /// The most seconds that a message can be put off.
  static let mostDelay: Int64 = 900

  /// A message of this program itself.
  init(body: String, attributes: [MessageAttribute] = []) throws(ServiceError) {
    var input = MessageInput()
    input.body = body
    input.attributes = attributes
    try self.init(input)
  }

  /// - Throws: SQS's words for what is wrong with it.
  init(_ input: MessageInput) throws(ServiceError) {
    guard let body = input.body, !body.isEmpty else { throw .missingParameter("MessageBody") }
    guard Self.isPlain(body) else {
      throw .sqs(
        "InvalidMessageContents",
        "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF",
        query: "InvalidMessageContents")
    }
    if let deduplication = input.deduplication {
      throw .invalidParameter(
        "Value \(deduplication) for parameter MessageDeduplicationId is invalid. Reason: The request include parameter that is not valid for this queue type."
      )
    }
    if let group = input.group, !Self.isGroup(group) {
      throw .invalidParameter(
        "Value \(group) for parameter MessageGroupId is invalid. Reason: MessageGroupId can only include alphanumeric and punctuation characters. 1 to 128 in length."
      )
    }
    if let delay = input.delay, !(0...Self.mostDelay).contains(delay) {
      throw .invalidParameter(
        "Value \(delay) for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900.")
    }
    guard input.attributes.count <= MessageAttribute.most else {
      throw .invalidParameter(
        "Number of message attributes [\(input.attributes.count)] exceeds the allowed maximum [\(MessageAttribute.most)]."
      )
    }
    for attribute in input.attributes { try attribute.check() }
    self.body = body
    storedAttributes = MessageAttribute.stored(input.attributes)
    delay = input.delay
    group = input.group
    trace = try input.trace()
    md5OfBody = Self.md5(ofBody: body)
    md5OfAttributes = MessageAttribute.md5(of: input.attributes)
    md5OfSystemAttributes = MessageAttribute.md5(of: input.systemAttributes)
    size = input.attributes.reduce(body.utf8.count) { $0 + $1.size }
  }

  private static func isGroup(_ name: String) -> Bool {
    (1...128).contains(name.utf8.count) && name.utf8.allSatisfy { (0x21...0x7E).contains($0) }
  }

  /// Whether a body has only the characters that SQS takes.
  private static func isPlain(_ body: String) -> Bool {
    let bytes = body.utf8Span.span
    for index in bytes.indices {
      let byte = bytes[index]
      if byte < 0x20, byte != 9, byte != 10, byte != 13 { return false }
      // U+FFFE and U+FFFF are EF BF BE and EF BF BF.
      if byte == 0xEF, bytes[index + 1] == 0xBF, bytes[index + 2] >= 0xBE { return false }
    }
    return true
  }

  static func md5(ofBody body: String) -> String { Hex.encode(MessageDigest.md5(Array(body.utf8))) }

  /// Writes what SendMessage answers, without the brackets around it.
  func writeAnswer(to writer: inout JSONWriter) {
    writer.raw(#""MessageId":"#)
    writer.string(id)
    writer.raw(#","MD5OfMessageBody":"#)
    writer.string(md5OfBody)
    if let md5OfAttributes {
      writer.raw(#","MD5OfMessageAttributes":"#)
      writer.string(md5OfAttributes)
    }
    if let md5OfSystemAttributes {
      writer.raw(#","MD5OfMessageSystemAttributes":"#)
      writer.string(md5OfSystemAttributes)
    }
  }
}
