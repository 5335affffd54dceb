/// Base64 with padding (RFC 4648 §4), read strictly: what decodes, encodes to the same text again.
package enum Base64 {
  /// Four letters for every three bytes, or the beginning of three.
  package static func encode(_ bytes: Span<UInt8>) -> [UInt8] {
    var text: [UInt8] = []
    append(bytes, to: &text)
    return text
  }

  /// The same as text.
  package static func text(_ bytes: Span<UInt8>) -> String { String(decoding: encode(bytes), as: UTF8.self) }

  /// Appends the letters to a buffer, which grows once.
  package static func append(_ bytes: Span<UInt8>, to text: inout [UInt8]) {
    let whole = bytes.count / 3
    var at = text.count
    text.append(contentsOf: repeatElement(padding, count: (bytes.count + 2) / 3 * 4))
    var output = text.mutableSpan
    let letters = Self.letters
    func letter(_ group: UInt32, _ shift: UInt32) -> UInt8 { letters[Int((group >> shift) & 63)] }
    for index in 0..<whole {
      let group = UInt32(bytes[3 * index]) << 16 | UInt32(bytes[3 * index + 1]) << 8 | UInt32(bytes[3 * index + 2])
      output[at] = letter(group, 18)
      output[at + 1] = letter(group, 12)
      output[at + 2] = letter(group, 6)
      output[at + 3] = letter(group, 0)
      at += 4
    }
    let rest = bytes.count - 3 * whole
    guard rest > 0 else { return }
    let group = UInt32(bytes[3 * whole]) << 16 | (rest == 2 ? UInt32(bytes[3 * whole + 1]) << 8 : 0)
    output[at] = letter(group, 18)
    output[at + 1] = letter(group, 12)
    if rest == 2 { output[at + 2] = letter(group, 6) }
  }

  /// The bytes that a text stands for, three quarters of its length.
  ///
  /// - Returns: nil for a text whose length is no multiple of four, that has any other letter (line breaks and the URL alphabet
  ///   among them) or padding elsewhere than at the end, or whose last letter has bits that belong to no byte.
  package static func decode(_ text: Span<UInt8>) -> [UInt8]? {
    guard text.count % 4 == 0 else { return nil }
    guard text.count > 0 else { return [] }
    let padded = text[text.count - 1] != padding ? 0 : text[text.count - 2] != padding ? 1 : 2
    var bytes = [UInt8](repeating: 0, count: text.count / 4 * 3 - padded)
    var output = bytes.mutableSpan
    let values = Self.values
    let whole = text.count / 4 - (padded > 0 ? 1 : 0)
    for index in 0..<whole {
      let one = values[Int(text[4 * index])]
      let two = values[Int(text[4 * index + 1])]
      let three = values[Int(text[4 * index + 2])]
      let four = values[Int(text[4 * index + 3])]
      guard (one | two | three | four) & none == 0 else { return nil }
      output[3 * index] = one << 2 | two >> 4
      output[3 * index + 1] = two << 4 | three >> 2
      output[3 * index + 2] = three << 6 | four
    }
    guard padded > 0 else { return bytes }
    let one = values[Int(text[4 * whole])]
    let two = values[Int(text[4 * whole + 1])]
    let three = padded == 2 ? 0 : values[Int(text[4 * whole + 2])]
    guard (one | two | three) & none == 0 else { return nil }
    guard padded == 2 ? two & 15 == 0 : three & 3 == 0 else { return nil }
    output[3 * whole] = one << 2 | two >> 4
    if padded == 1 { output[3 * whole + 1] = two << 4 | three >> 2 }
    return bytes
  }

  static let padding = UInt8(ascii: "=")
  /// The value of a byte that is no letter.
  static let none: UInt8 = 0x80

  private static let letters: [64 of UInt8] = {
    let text = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8Span
    return [64 of UInt8] { text.span[$0] }
  }()

  static let values: [256 of UInt8] = {
    var values: [256 of UInt8] = .init(repeating: none)
    for index in 0..<64 { values[Int(letters[index])] = UInt8(index) }
    return values
  }()
}

extension JSONWriter {
  /// Appends bytes as a quoted string of Base64, none of whose letters must be escaped.
  package mutating func base64(_ value: Span<UInt8>) {
    raw("\"")
    Base64.append(value, to: &bytes)
    raw("\"")
  }
}
