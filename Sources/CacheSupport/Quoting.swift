/// Quoting for languages that double a quote within quotes: SQL, CSV.
package enum Quoting {
  /// The text between quotes, its own quotes doubled.
  ///
  /// It works on bytes: a quote followed by a combining mark is not a quote to Swift's `Character`, but it is to a parser.
  package static func doubled(_ text: String, quote: Unicode.Scalar) -> String {
    let mark = UInt8(ascii: quote)
    var bytes: [UInt8] = [mark]
    bytes.reserveCapacity(text.utf8.count + 2)
    for byte in text.utf8 {
      if byte == mark { bytes.append(mark) }
      bytes.append(byte)
    }
    bytes.append(mark)
    return String(decoding: bytes, as: UTF8.self)
  }
}
