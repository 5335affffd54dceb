/// Percent-encoding as RFC 3986 §2 and AWS's signing have it.
package enum PercentEncoding {
  /// Encodes every UTF-8 byte that is not unreserved (`A-Z a-z 0-9 - . _ ~`), with upper-case digits.
  ///
  /// - Parameter keeping: further ASCII characters to leave as they are; `/` for a path.
  package static func encode(_ text: String, keeping: String = "") -> String {
    encode(Array(text.utf8), keeping: keeping)
  }

  package static func encode(_ bytes: [UInt8], keeping: String = "") -> String {
    var encoded: [UInt8] = []
    encoded.reserveCapacity(bytes.count)
    for byte in bytes {
      if isUnreserved(byte) || keeping.utf8.contains(byte) {
        encoded.append(byte)
      } else {
        encoded.append(UInt8(ascii: "%"))
        encoded.append(Hex.upperDigit(byte >> 4))
        encoded.append(Hex.upperDigit(byte & 15))
      }
    }
    return String(decoding: encoded, as: UTF8.self)
  }

  /// Decodes `%XX`; anything else, an incomplete escape too, stays as it is.
  package static func decodeBytes(_ text: some StringProtocol, plusIsBlank: Bool = false) -> [UInt8] {
    let source = Array(text.utf8)
    var decoded: [UInt8] = []
    decoded.reserveCapacity(source.count)
    var index = 0
    while index < source.count {
      if source[index] == UInt8(ascii: "%"), index + 2 < source.count, let high = Hex.value(of: source[index + 1]),
        let low = Hex.value(of: source[index + 2])
      {
        decoded.append(high << 4 | low)
        index += 3
      } else {
        decoded.append(plusIsBlank && source[index] == UInt8(ascii: "+") ? UInt8(ascii: " ") : source[index])
        index += 1
      }
    }
    return decoded
  }

  package static func decode(_ text: some StringProtocol, plusIsBlank: Bool = false) -> String {
    String(decoding: decodeBytes(text, plusIsBlank: plusIsBlank), as: UTF8.self)
  }

  /// The decoded pairs of a query string or a form, in order; a name without `=` has an empty value.
  package static func queryItems(_ query: some StringProtocol, plusIsBlank: Bool = false) -> [(
    name: String, value: String
  )] {
    query.split(separator: "&").map { item in
      let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      return (
        decode(parts[0], plusIsBlank: plusIsBlank), parts.count > 1 ? decode(parts[1], plusIsBlank: plusIsBlank) : ""
      )
    }
  }

  private static func isUnreserved(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
      UInt8(ascii: "~"):
      true
    default: false
    }
  }
}
