import CacheSupport

/// Names that are read for the first time: with all their rules, and into memory of their own.
extension LineProtocolParser {
  /// The kinds of names, each with what ends it and what a backslash takes the meaning from.
  enum Token {
    case measurement
    case tagKey
    case tagValue
    case fieldKey

    func escapes(_ byte: UInt8) -> Bool {
      switch byte {
      case UInt8(ascii: ","), UInt8(ascii: " "), UInt8(ascii: "\\"): true
      case UInt8(ascii: "="): self != .measurement
      default: false
      }
    }
  }

  /// Reads measurement and tags up to the blank after them.
  @_lifetime(self: copy self)
  mutating func readSeries() throws(Fault) -> SeriesKey {
    let start = index
    let measurement = ByteText(try readToken(.measurement))
    var tags: [(tag: SeriesKey.Tag, offset: Int)] = []
    while index < bytes.count, bytes.byte(index) == UInt8(ascii: ",") {
      index += 1
      guard tags.count < LineProtocol.Limit.tags else { throw Fault(.tooManyTags, at: index) }
      let offset = index
      let key = try readToken(.tagKey)
      index += 1
      tags.append((SeriesKey.Tag(ByteText(key), ByteText(try readToken(.tagValue))), offset))
    }
    guard !isLineEnd(index) else { throw Fault(.noFields, at: index) }
    tags.sort { ($0.tag.name, $0.offset) < ($1.tag.name, $1.offset) }
    let again = zip(tags, tags.dropFirst()).filter { $0.tag.name == $1.tag.name }.map { $1.offset }.min()
    if let again { throw Fault(.duplicateTag, at: again) }
    guard let key = SeriesKey(measurement: measurement, tags: tags.map(\.tag)) else {
      throw Fault(.emptyMeasurement, at: start)
    }
    return key
  }

  /// Reads a name or a tag's value, and stops at the byte that ends it.
  @_lifetime(self: copy self)
  mutating func readToken(_ token: Token) throws(Fault) -> String {
    let start = index
    var text: [UInt8] = []
    while !isLineEnd(index) {
      let byte = bytes.byte(index)
      switch byte {
      case UInt8(ascii: "\\"):
        guard !isLineEnd(index + 1), bytes.byte(index + 1) != UInt8(ascii: "\t") else {
          throw Fault(.endsWithBackslash, at: index)
        }
        if token.escapes(bytes.byte(index + 1)) { index += 1 }
        text.append(bytes.byte(index))
        index += 1
        continue
      case UInt8(ascii: "\t"): throw Fault(.tab, at: index)
      case 0: throw Fault(.nul, at: index)
      case UInt8(ascii: " "), UInt8(ascii: ","):
        return try finish(token, text, start)
      case UInt8(ascii: "=") where token == .tagKey || token == .fieldKey:
        return try finish(token, text, start)
      default:
        text.append(byte)
        index += 1
      }
    }
    return try finish(token, text, start)
  }

  /// Checks a token that ends at the cursor.
  private func finish(_ token: Token, _ text: [UInt8], _ start: Int) throws(Fault) -> String {
    let isEmpty = index == start
    switch token {
    case .measurement: if isEmpty { throw Fault(.emptyMeasurement, at: start) }
    case .tagValue: if isEmpty { throw Fault(.emptyTagValue, at: start) }
    case .tagKey, .fieldKey:
      if isEmpty { throw Fault(token == .tagKey ? .emptyTagKey : .emptyFieldKey, at: start) }
      if isLineEnd(index) || bytes.byte(index) != UInt8(ascii: "=") {
        throw Fault(token == .tagKey ? .noTagValue : .noFieldValue, at: index)
      }
    }
    guard index - start <= LineProtocol.Limit.token else { throw Fault(.tokenTooLong, at: start) }
    try checkText(start..<index)
    return String(decoding: text, as: UTF8.self)
  }
}
