/// Writes XML of elements and texts, as AWS's older protocols answer.
struct XMLWriter {
  private(set) var bytes: [UInt8] = []

  init() { raw(#"<?xml version="1.0" encoding="UTF-8"?>"# + "\n") }

  /// Appends an element with what the body writes into it.
  ///
  /// - Parameters:
  ///   - name: of this program, or of an action that is known: it is written as it is.
  ///   - namespace: the address that `xmlns` names.
  mutating func element<Failure: Error>(
    _ name: String, namespace: String? = nil, _ body: (inout XMLWriter) throws(Failure) -> Void
  ) throws(Failure) {
    raw("<\(name)")
    if let namespace { raw(" xmlns=\"\(namespace)\"") }
    raw(">")
    try body(&self)
    raw("</\(name)>")
  }

  /// Appends an element with a text.
  mutating func element(_ name: String, _ text: String) { element(name) { $0.text(text) } }

  /// Appends a text. A reader would make a line feed of a carriage return, so that is written as a reference. What XML cannot
  /// express at all, the other control characters, U+FFFE and U+FFFF, becomes U+FFFD.
  mutating func text(_ text: String) {
    let source = text.utf8Span.span
    var index = 0
    while index < source.count {
      let byte = source[index]
      switch byte {
      case UInt8(ascii: "&"): raw("&amp;")
      case UInt8(ascii: "<"): raw("&lt;")
      case UInt8(ascii: ">"): raw("&gt;")
      case UInt8(ascii: "\""): raw("&quot;")
      case 0x0D: raw("&#xD;")
      case 0x09, 0x0A: bytes.append(byte)
      case ..<0x20: raw("\u{FFFD}")
      // U+FFFE and U+FFFF are EF BF BE and EF BF BF.
      case 0xEF where source[index + 1] == 0xBF && source[index + 2] >= 0xBE:
        raw("\u{FFFD}")
        index += 2
      default: bytes.append(byte)
      }
      index += 1
    }
  }

  private mutating func raw(_ text: String) { bytes += text.utf8 }
}
