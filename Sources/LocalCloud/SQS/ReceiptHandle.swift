import CacheSupport

/// What a receive hands out, to delete the message by or to change its visibility: each receive's is another text. As on AWS, those
/// of earlier receives of a standard queue's message stay good.
struct ReceiptHandle: Sendable, Hashable {
  var messageID: String
  /// The message's row, so that it is found without a search.
  var row: Int64
  /// Which receive it was.
  var receive: Int64

  init(messageID: String, row: Int64, receive: Int64) {
    self.messageID = messageID
    self.row = row
    self.receive = receive
  }

  /// - Throws: ReceiptHandleIsInvalid for what no receive handed out.
  init(_ text: String) throws(ServiceError) {
    let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard parts.count == 3, parts[0].count == 36, parts[0].allSatisfy(ASCII.isNameByte),
      let row = Int64(Substring(parts[1]), radix: 16), let receive = Int64(Substring(parts[2]), radix: 16)
    else {
      throw .sqs(
        "ReceiptHandleIsInvalid", "The input receipt handle \"\(text)\" is not a valid receipt handle.",
        query: "ReceiptHandleIsInvalid")
    }
    self.init(messageID: String(Substring(parts[0])), row: row, receive: receive)
  }

  var text: String { "\(messageID).\(String(row, radix: 16)).\(String(receive, radix: 16))" }
}
