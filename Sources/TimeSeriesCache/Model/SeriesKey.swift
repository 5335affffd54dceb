public import CacheSupport

/// What a written series is: a measurement and its tags, as InfluxDB's line protocol names them.
///
/// Its text is `measurement,tag=value,…`: tags ordered by the bytes of their names, and commas, blanks, equals signs (in tags) and
/// backslashes after a backslash. See <https://docs.influxdata.com/influxdb/v2/reference/syntax/line-protocol/>.
public struct SeriesKey: Sendable, Hashable {
  /// A name and a value, neither of them empty.
  public struct Tag: Sendable, Hashable {
    /// The tag's key.
    public let name: ByteText
    /// The tag's value.
    public let value: ByteText

    /// Pairs a name with its value.
    public init(_ name: ByteText, _ value: ByteText) {
      self.name = name
      self.value = value
    }
  }

  /// What is measured.
  public let measurement: ByteText
  /// Ordered by the bytes of their names; no name appears twice.
  public let tags: [Tag]

  /// A key; nil where the measurement, a name or a value is empty, or a name appears twice.
  public init?(measurement: ByteText, tags: [Tag] = []) {
    let tags = tags.sorted { $0.name < $1.name }
    guard !measurement.text.isEmpty, !tags.contains(where: { $0.name.text.isEmpty || $0.value.text.isEmpty }),
      zip(tags, tags.dropFirst()).allSatisfy({ $0.name < $1.name })
    else { return nil }
    self.measurement = measurement
    self.tags = tags
  }

  /// Reads a key's text; nil where it is not the text of any key.
  public init?(_ text: String) {
    var parts: [[UInt8]] = [[]]
    // Where each part's first equals sign that no backslash precedes is.
    var equals: [Int?] = [nil]
    var bytes = text.utf8.makeIterator()
    while let byte = bytes.next() {
      switch byte {
      case UInt8(ascii: "\\"):
        guard let escaped = bytes.next() else { return nil }
        parts[parts.count - 1].append(escaped)
      case UInt8(ascii: ","):
        parts.append([])
        equals.append(nil)
      case UInt8(ascii: "=") where parts.count > 1 && equals[parts.count - 1] == nil:
        equals[parts.count - 1] = parts[parts.count - 1].count
      default: parts[parts.count - 1].append(byte)
      }
    }
    func name(_ bytes: ArraySlice<UInt8>) -> ByteText { ByteText(String(decoding: bytes, as: UTF8.self)) }
    var tags: [Tag] = []
    for (part, place) in zip(parts, equals).dropFirst() {
      guard let place else { return nil }
      tags.append(Tag(name(part[..<place]), name(part[place...])))
    }
    self.init(measurement: name(parts[0][...]), tags: tags)
    guard self.text.utf8.elementsEqual(text.utf8) else { return nil }
  }

  /// The canonical text: the series' ``Identifier``.
  public var text: String {
    var bytes: [UInt8] = []
    Self.escape(measurement, of: ", \\", to: &bytes)
    for tag in tags {
      bytes.append(UInt8(ascii: ","))
      Self.escape(tag.name, of: ", =\\", to: &bytes)
      bytes.append(UInt8(ascii: "="))
      Self.escape(tag.value, of: ", =\\", to: &bytes)
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func escape(_ text: ByteText, of special: StaticString, to bytes: inout [UInt8]) {
    let special = special.description.utf8
    for byte in text.text.utf8 {
      if special.contains(byte) { bytes.append(UInt8(ascii: "\\")) }
      bytes.append(byte)
    }
  }
}
