import AWSClients
import CacheSupport

extension ItemEncoder {
  /// Writes a text with its quotes.
  ///
  /// - Returns: its bytes.
  mutating func string(_ token: JSONToken, _ reader: borrowing JSONReader) -> Int {
    if let plain = reader.plainBytes(token) {
      // What needed no escape where it came from needs none here.
      writer.raw("\"")
      writer.raw(plain)
      writer.raw("\"")
      return plain.count
    }
    guard let text = try? reader.text(token) else { return 0 }
    writer.string(text)
    return text.utf8.count
  }

  mutating func number(_ token: JSONToken, _ reader: borrowing JSONReader) -> Int {
    if let plain = reader.plainBytes(token), let size = AttributeNumber.plainSize(plain) {
      writer.raw(plain)
      return size
    }
    let text = (try? reader.text(token)) ?? ""
    do throws(AttributeNumber.Failure) {
      let number = try AttributeNumber(text)
      writer.raw(Array(number.text.utf8))
      return number.size
    } catch {
      fail(ServiceError(error, of: text))
      return 0
    }
  }

  mutating func base64(_ token: JSONToken, _ reader: borrowing JSONReader) -> Int {
    guard let plain = reader.plainBytes(token) else {
      // Slashes may come escaped.
      let text = Array(((try? reader.text(token)) ?? "").utf8)
      writer.raw(text)
      return binarySize(text.span)
    }
    writer.raw(plain)
    return binarySize(plain)
  }

  private mutating func binarySize(_ text: Span<UInt8>) -> Int {
    if let count = Base64.decodedCount(text) { return count }
    fail(
      .serialization(
        text.count % 4 == 0
          ? "Invalid last non-pad Base64 character dectected"
          : "Base64 encoded length is expected a multiple of 4 bytes but found: \(text.count)"))
    return 0
  }

  /// A set's members in the order of their bytes.
  mutating func set(of type: AttributeType, _ reader: inout JSONReader) throws(JSONError) -> Int {
    guard try reader.peek() == .array else {
      let kind = try reader.peek()
      fail(
        .serialization(kind == .object ? "Start of structure or map found where not expected" : "Unexpected field type")
      )
      try reader.skip()
      return 0
    }
    try reader.beginArray()
    var members: [ByteText] = []
    var size = 0
    let start = writer.bytes.count
    while try reader.nextElement() {
      guard let token = try text(&reader, isBinary: type == .bs) else { continue }
      // The writer serves to bring the member into its form.
      let before = writer.bytes.count
      switch type {
      case .ns: size += number(token, reader)
      case .bs: size += base64(token, reader)
      default:
        let text = (try? reader.text(token)) ?? ""
        size += text.utf8.count
        members.append(ByteText(text))
        continue
      }
      members.append(ByteText(String(decoding: writer.bytes[before...], as: UTF8.self)))
    }
    writer.truncate(to: start)
    let words = type == .ss ? "An string set  may" : type == .ns ? "An number set  may" : "Binary sets should"
    if members.isEmpty { fail(.parameter("\(words) not be empty")) }
    let sorted = members.sorted()
    if zip(sorted, sorted.dropFirst()).contains(where: { $0 == $1 }) {
      let collection = "Input collection [\(members.map(\.text).joined(separator: ", "))]"
      switch type {
      case .ns: fail(.duplicateNumbers)
      case .bs: fail(.parameter("\(collection)of type BS contains duplicates."))
      default: fail(.parameter("\(collection) contains duplicates."))
      }
    }
    writer.raw("{\"")
    writer.raw(Array(type.rawValue.utf8))
    writer.raw("\":[")
    for (index, member) in sorted.enumerated() {
      if index > 0 { writer.raw(",") }
      writer.string(member.text)
    }
    writer.raw("]}")
    return size
  }
}
