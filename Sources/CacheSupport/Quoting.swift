/// Quoting for languages that double a quote within quotes: SQL, CSV.
package enum Quoting {
  /// The text between quotes, its own quotes doubled.
  ///
  /// It works on bytes: to Swift's `Character` a quote with a combining mark behind it is no quote, to a parser it is.
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
