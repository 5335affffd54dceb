import CacheSupport

/// Takes a source's key out of texts: sources give back what they were sent, as it was or encoded.
struct Redactor: Sendable, Hashable {
  private let key: [UInt8]

  /// What a source says is quoted up to here.
  static let wordBytes: Int = 200
  private static let mask = Array("***".utf8)

  /// - Parameter key: nil where the source has none.
  init(key: String?) {
    // Blanks around a key are lost on the way to most sources, and back.
    self.key = Array((key ?? "").utf8.drop { $0 <= 0x20 }.reversed().drop { $0 <= 0x20 }.reversed())
  }

  /// The text without the key.
  func callAsFunction(_ text: String) -> String {
    key.isEmpty ? text : String(decoding: cleaned(Array(text.utf8), upTo: .max), as: UTF8.self)
  }

  /// The error without the key.
  func callAsFunction(_ error: SourceError) -> SourceError {
    var error = error
    error.place = self(error.place)
    error.reason = self(error.reason)
    return error
  }

  /// A URL without the key, and without a name and password before its host.
  func url(_ url: String) -> String {
    guard let scheme = url.firstRange(of: "://") else { return self(url) }
    let rest = url[scheme.upperBound...]
    let authority = rest.prefix { !"/?#".contains($0) }
    guard let at = authority.lastIndex(of: "@") else { return self(url) }
    return self(url[..<scheme.upperBound] + "***" + rest[at...])
  }

  /// The beginning of an answer that is not what it should be, on one line, to follow a reason; empty where it says nothing.
  func words(of body: [UInt8]) -> String {
    let text = beginning(of: body, Self.wordBytes)
    let line = text.split(separator: " ").joined(separator: " ")
    guard !line.isEmpty else { return "" }
    return "; it says: \(line)\(body.count > Self.wordBytes ? " …" : "")"
  }

  /// The beginning of a text, from which the key was taken before it was cut.
  func excerpt(_ text: String, _ limit: Int = 60) -> String { beginning(of: text.utf8, limit) }

  /// Without control characters, which a terminal might obey.
  private func beginning(of text: some Collection<UInt8>, _ limit: Int) -> String {
    // Beyond the limit lies at most the rest of one key: six bytes for each of its own, as `\u0041`.
    let window = Array(text.prefix(limit + 6 * key.count + 1))
    var text = String(decoding: cleaned(window, upTo: limit), as: UTF8.self)
    if window.count > limit {
      // Half a character at the cut.
      while text.last == "\u{FFFD}" { text.removeLast() }
    }
    let scalars = text.unicodeScalars.map { scalar -> Unicode.Scalar in
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator, .spaceSeparator: " "
      default: scalar
      }
    }
    return String(String.UnicodeScalarView(scalars))
  }

  private func cleaned(_ text: [UInt8], upTo limit: Int) -> [UInt8] {
    var cleaned: [UInt8] = []
    var index = 0
    while index < min(text.count, limit) {
      if let end = end(ofKeyAt: index, in: text) {
        cleaned += Self.mask
        index = end
      } else {
        cleaned.append(text[index])
        index += 1
      }
    }
    return cleaned
  }

  /// Where the key ends that begins at an index, however each of its characters is written; nil where none does.
  private func end(ofKeyAt index: Int, in text: [UInt8]) -> Int? {
    guard !key.isEmpty else { return nil }
    // A key may itself hold what looks encoded.
    for decodes in [true, false] {
      var end = index
      let matches = key.allSatisfy { byte in
        let (found, length) = decodes ? Self.character(at: end, in: text) : (end < text.count ? text[end] : nil, 1)
        end += length
        return found.map { Self.folded($0) == Self.folded(byte) || $0 == UInt8(ascii: "+") && byte == 0x20 } ?? false
      }
      if matches { return end }
    }
    return nil
  }

  /// Upper and lower case are one: a key in the wrong case still tells the right one.
  private static func folded(_ byte: UInt8) -> UInt8 {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
  }

  private static let entities: [(text: [UInt8], byte: UInt8)] = [
    ("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#34;", "\""), ("&#39;", "'"), ("&#x27;", "'"),
  ].map { (Array($0.0.utf8), UInt8(ascii: $0.1)) }

  /// One byte as URLs, JSON and HTML write it, and how long it is there.
  private static func character(at index: Int, in text: [UInt8]) -> (UInt8?, Int) {
    guard index < text.count else { return (nil, 0) }
    func hex(_ range: Range<Int>) -> UInt8? {
      guard range.upperBound <= text.count else { return nil }
      var value = 0
      for digit in text[range] {
        guard let digit = Hex.value(of: digit) else { return nil }
        value = value << 4 | Int(digit)
      }
      return UInt8(exactly: value)
    }
    switch text[index] {
    case UInt8(ascii: "%"):
      if let byte = hex(index + 1..<index + 3) { return (byte, 3) }
    case UInt8(ascii: "\\") where index + 1 < text.count:
      if text[index + 1] == UInt8(ascii: "u"), let byte = hex(index + 2..<index + 6) { return (byte, 6) }
      return (text[index + 1], 2)
    case UInt8(ascii: "&"):
      for entity in entities where text[index...].starts(with: entity.text) { return (entity.byte, entity.text.count) }
    default: break
    }
    return (text[index], 1)
  }
}
