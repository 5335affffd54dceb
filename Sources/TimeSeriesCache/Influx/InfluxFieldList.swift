import CacheSupport

/// The fields that a point has in its version, as a text in a field of its own.
///
/// InfluxDB keeps the fields of an older version that a newer one does not have: those that this list does not name are not shown. It names
/// the types as well, for a JSON number tells none.
///
/// The text is a dot for a point at a whole millisecond or a colon for one that is not; then each field, a letter (`d` double, `i`
/// integer, `s` text, `b` boolean) and its name, with commas between; a comma or backslash in a name has a backslash before it.
struct InfluxFieldList: Sendable, Hashable {
  var fields: Set<InfluxField>
  /// True where the instant lies between two milliseconds.
  var isFiner: Bool

  static func text(of sample: Sample) -> String {
    var bytes: [UInt8] = [sample.nanoseconds == 0 ? UInt8(ascii: ".") : UInt8(ascii: ":")]
    for (index, measure) in sample.measures.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      bytes.append(InfluxType(measure.value).letter)
      for byte in measure.name.utf8 {
        if byte == UInt8(ascii: ",") || byte == UInt8(ascii: "\\") { bytes.append(UInt8(ascii: "\\")) }
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Reads a text; nil for what ``text(of:)`` does not write.
  init?(_ text: String) {
    var bytes = text.utf8.makeIterator()
    switch bytes.next() {
    case UInt8(ascii: "."): isFiner = false
    case UInt8(ascii: ":"): isFiner = true
    default: return nil
    }
    fields = []
    var type: InfluxType?
    var name: [UInt8] = []
    func end(_ fields: inout Set<InfluxField>) -> Bool {
      guard let type, !name.isEmpty else { return false }
      fields.insert(InfluxField(name: ByteText(String(decoding: name, as: UTF8.self)), type: type))
      return true
    }
    while let byte = bytes.next() {
      if type == nil {
        type = InfluxType(letter: byte)
        if type == nil { return nil }
      } else if byte == UInt8(ascii: ",") {
        guard end(&fields) else { return nil }
        (type, name) = (nil, [])
      } else if byte == UInt8(ascii: "\\") {
        guard let next = bytes.next() else { return nil }
        name.append(next)
      } else {
        name.append(byte)
      }
    }
    guard end(&fields) else { return nil }
  }
}
