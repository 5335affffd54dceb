import CacheSupport

/// A message that a receive took.
struct ReceivedMessage: Sendable, Hashable {
  var id: String
  /// The row that it is kept in.
  var row: Int64
  var body: String
  /// As they are kept; nil where there are none.
  var storedAttributes: String?
  /// Epoch milliseconds.
  var sent: Int64
  /// How often it has been received, with this time.
  var receiveCount: Int64
  /// Epoch milliseconds.
  var firstReceived: Int64
  /// The queue's ARN that it was moved from.
  var deadLetterSource: String?
  var group: String?
  var trace: String?

  var receipt: String { ReceiptHandle(messageID: id, row: row, receive: receiveCount).text }

  var attributes: [MessageAttribute] { storedAttributes.map { MessageAttribute.list(stored: $0) } ?? [] }

  func systemAttributes(sender: String) -> [(name: ByteText, value: String)] {
    var attributes: [(name: ByteText, value: String)] = [
      ("SenderId", sender), ("SentTimestamp", String(sent)), ("ApproximateReceiveCount", String(receiveCount)),
      ("ApproximateFirstReceiveTimestamp", String(firstReceived)),
    ]
    if let deadLetterSource { attributes.append(("DeadLetterQueueSourceArn", deadLetterSource)) }
    if let group { attributes.append(("MessageGroupId", group)) }
    if let trace { attributes.append(("AWSTraceHeader", trace)) }
    return attributes
  }

  /// Appends what a receive answers, with the attributes that it asked for.
  func write(_ filter: ReceiveFilter, sender: String, to writer: inout JSONWriter) {
    writer.raw(#"{"MessageId":"#)
    writer.string(id)
    writer.raw(#","ReceiptHandle":"#)
    writer.string(receipt)
    writer.raw(#","MD5OfBody":"#)
    writer.string(MessageDraft.md5(ofBody: body))
    writer.raw(#","Body":"#)
    writer.string(body)
    if filter.takesAnySystem {
      var isFirst = true
      for (name, value) in systemAttributes(sender: sender) where filter.takesSystem(name) {
        if isFirst { writer.raw(#","Attributes":{"#) } else { writer.raw(",") }
        isFirst = false
        writer.string(name.text)
        writer.raw(":")
        writer.string(value)
      }
      if !isFirst { writer.raw("}") }
    }
    if filter.takesAnyCustom, storedAttributes != nil {
      let wanted = attributes.filter { filter.takesCustom($0.name) }
      if let digest = MessageAttribute.md5(of: wanted) {
        writer.raw(#","MessageAttributes":"#)
        MessageAttribute.write(wanted, to: &writer)
        writer.raw(#","MD5OfMessageAttributes":"#)
        writer.string(digest)
      }
    }
    writer.raw("}")
  }
}
