import CacheSupport

/// A sample as a line of InfluxDB's line protocol, and what of it cannot be one.
///
/// InfluxDB has no escape for a backslash: one before a comma, a blank, an equals sign or a quote changes the name in some places, and
/// one at the end of a name swallows what comes after it. Such a name is rejected here; the rules are what
/// `InfluxLineTests` finds by writing every short text and reading it back.
enum InfluxLine {
  /// Bytes of a line: InfluxDB's standard limit of a request is 25 MB.
  static let mostBytes: Int = 20_000_000

  /// Why no sample of a series can be written; nil where they can.
  static func fault(of place: InfluxPlace, isWritten: Bool) -> String? {
    let measurement = place.measurement.text
    if isWritten, place.isOfSource {
      return
        "the measurement '\(InfluxPlace.measurement)' with the tag '\(InfluxPlace.tag)' alone is where series of sources are kept"
    }
    if measurement.utf8.first == UInt8(ascii: "#") {
      return "the measurement \(shown(measurement)) starts with '#', which begins a comment to InfluxDB"
    }
    if isChanged(measurement, before: ", =\"") {
      return
        "the measurement \(shown(measurement)) has a backslash at its end or before a comma, blank, equals sign or quote, for which InfluxDB has no escape"
    }
    if hasControl(measurement) { return "the measurement \(shown(measurement)) has a control character" }
    for tag in place.tags {
      let name = tag.name.text
      if name.hasSameBytes(as: "time") { return "InfluxDB keeps the name 'time' of a tag for itself" }
      for text in [name, tag.value.text] where text.utf8.last == UInt8(ascii: "\\") {
        return "the tag \(shown(name)) ends with a backslash, or its value does, for which InfluxDB has no escape"
      }
      if hasControl(name) || hasControl(tag.value.text) { return "the tag \(shown(name)) has a control character" }
    }
    return nil
  }

  /// Why a sample cannot be written; nil where it can.
  ///
  /// - Parameter known: the names that were found right in the sample before, in the same places.
  static func fault(of sample: Sample, known: inout [String]) -> String? {
    guard InfluxSpan.nanoseconds(sample.time, sample.nanoseconds) != nil else {
      return "the time is not between 1677 and 2262; InfluxDB takes no other"
    }
    if sample.measures.isEmpty { return "the sample has no value" }
    for (place, measure) in sample.measures.enumerated() {
      if case .double(let value) = measure.value, !value.isFinite {
        return "the field \(shown(measure.name)) is not a finite number; InfluxDB takes no other"
      }
      let isKnown = place < known.count && known[place].hasSameBytes(as: measure.name)
      if !isKnown, let fault = nameFault(measure.name) { return fault }
    }
    known = sample.measures.map(\.name)
    return nil
  }

  private static func nameFault(_ name: String) -> String? {
    if name.isEmpty { return "a field has an empty name" }
    if name.hasSameBytes(as: "time") { return "InfluxDB keeps the name 'time' of a field for itself" }
    if name.hasSameBytes(as: InfluxPlace.version.text) || name.hasSameBytes(as: InfluxPlace.fields.text) {
      return "the field \(shown(name)) has a name that the cache keeps for itself"
    }
    if isChanged(name, before: ", =\"\\") {
      return
        "the field \(shown(name)) has a backslash at its end or before a comma, blank, equals sign, quote or backslash, for which InfluxDB has no escape"
    }
    if hasControl(name) { return "the field \(shown(name)) has a control character in its name" }
    return nil
  }

  /// True where a backslash is the last byte, or is before one of some.
  private static func isChanged(_ text: String, before special: StaticString) -> Bool {
    var isAfter = false
    for byte in text.utf8 {
      if isAfter, special.description.utf8.contains(byte) { return true }
      isAfter = byte == UInt8(ascii: "\\")
    }
    return isAfter
  }

  private static func hasControl(_ text: String) -> Bool { text.utf8.contains { $0 < 0x20 || $0 == 0x7F } }

  /// The beginning of a name, with what a terminal might obey left out.
  private static func shown(_ name: String) -> String {
    let start = String(String.UnicodeScalarView(name.unicodeScalars.prefix(60)))
    let plain = String(decoding: start.utf8.filter { $0 >= 0x20 && $0 != 0x7F }, as: UTF8.self)
    return "'\(plain)\(name.unicodeScalars.count > 60 ? "…" : "")'"
  }

  /// Measurement and tags, as each line of a series begins.
  static func key(of place: InfluxPlace) -> [UInt8] {
    var bytes: [UInt8] = []
    escape(place.measurement.text, ", ", to: &bytes)
    for tag in place.tags {
      bytes.append(UInt8(ascii: ","))
      escape(tag.name.text, ", =", to: &bytes)
      bytes.append(UInt8(ascii: "="))
      escape(tag.value.text, ", =", to: &bytes)
    }
    return bytes
  }

  /// Appends a sample's line with its end. The sample and its series have no ``fault(of:known:)``.
  static func append(_ sample: Sample, key: [UInt8], version: Int64, to bytes: inout [UInt8]) {
    bytes += key
    bytes.append(UInt8(ascii: " "))
    for measure in sample.measures {
      escape(measure.name, ", =", to: &bytes)
      bytes.append(UInt8(ascii: "="))
      switch measure.value {
      case .double(let value): bytes += value.description.utf8
      case .bigint(let value): bytes += "\(value)i".utf8
      case .boolean(let value): bytes.append(value ? UInt8(ascii: "t") : UInt8(ascii: "f"))
      case .varchar(let text):
        bytes.append(UInt8(ascii: "\""))
        escape(text, "\"\\", to: &bytes)
        bytes.append(UInt8(ascii: "\""))
      }
      bytes.append(UInt8(ascii: ","))
    }
    bytes += "\(InfluxPlace.version)=\(version)i,\(InfluxPlace.fields)=\"".utf8
    escape(InfluxFieldList.text(of: sample), "\"\\", to: &bytes)
    bytes += "\" \(InfluxSpan.nanoseconds(sample.time, sample.nanoseconds) ?? 0)\n".utf8
  }

  private static func escape(_ text: String, _ special: StaticString, to bytes: inout [UInt8]) {
    let special = unsafe UnsafeBufferPointer(start: special.utf8Start, count: special.utf8CodeUnitCount)
    for byte in text.utf8 {
      if unsafe special.contains(byte) { bytes.append(UInt8(ascii: "\\")) }
      bytes.append(byte)
    }
  }

  /// Reads the key of a series as InfluxDB shows it; nil where it is not one.
  static func key(_ text: String) -> SeriesKey? {
    var parts: [[UInt8]] = [[]]
    var equals: [Int?] = [nil]
    let bytes = Array(text.utf8)
    var index = 0
    while index < bytes.count {
      let byte = bytes[index]
      let last = parts.count - 1
      if byte == UInt8(ascii: "\\"), index + 1 < bytes.count,
        [UInt8(ascii: ","), UInt8(ascii: " "), UInt8(ascii: "=")].contains(bytes[index + 1]),
        last > 0 || bytes[index + 1] != UInt8(ascii: "=")
      {
        parts[last].append(bytes[index + 1])
        index += 1
      } else if byte == UInt8(ascii: ",") {
        parts.append([])
        equals.append(nil)
      } else if byte == UInt8(ascii: "="), last > 0, equals[last] == nil {
        equals[last] = parts[last].count
      } else {
        parts[last].append(byte)
      }
      index += 1
    }
    func name(_ bytes: ArraySlice<UInt8>) -> ByteText { ByteText(String(decoding: bytes, as: UTF8.self)) }
    var tags: [SeriesKey.Tag] = []
    for (part, place) in zip(parts, equals).dropFirst() {
      guard let place else { return nil }
      tags.append(SeriesKey.Tag(name(part[..<place]), name(part[place...])))
    }
    return SeriesKey(measurement: name(parts[0][...]), tags: tags)
  }
}
