import CacheSupport

/// JSON in which SQS refuses no character.
///
/// SQS takes tabs, line breaks, and characters from U+0020 but U+FFFE and U+FFFF
/// (<https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html>). In JSON the former ones are
/// escaped anyway, the latter ones are here.
enum SQSText {
  /// The JSON text with U+FFFE and U+FFFF, which only strings can have, escaped.
  static func allowed(_ json: [UInt8]) -> String {
    guard json.span.indices.contains(where: { isRefused(json.span, at: $0) }) else {
      return String(decoding: json, as: UTF8.self)
    }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(json.count + 64)
    var index = 0
    while index < json.count {
      if isRefused(json.span, at: index) {
        bytes += json[index + 2] == 0xBE ? "\\ufffe".utf8 : "\\uffff".utf8
        index += 3
      } else {
        bytes.append(json[index])
        index += 1
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// How many bytes a text takes in a JSON string, without its quotes.
  static func quotedSize(of text: Span<UInt8>) -> Int {
    // Three bytes become six.
    text.count + JSONWriter.escapes(in: text) + 3 * text.indices.count { isRefused(text, at: $0) }
  }

  /// True where EF BF BE or EF BF BF is.
  private static func isRefused(_ text: Span<UInt8>, at index: Int) -> Bool {
    text[index] == 0xEF && index + 2 < text.count && text[index + 1] == 0xBF && text[index + 2] >= 0xBE
  }
}
