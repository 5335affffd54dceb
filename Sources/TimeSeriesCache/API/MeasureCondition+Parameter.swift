import CacheSupport

extension MeasureCondition {
  /// The most bytes of a condition.
  static let maximumBytes: Int = 2500

  private static let form: String =
    "give a measure, one of ==, !=, <, <=, >, >= and a number, true, false or a 'text', such as value>5 or state=='on'; put a measure with blanks or signs in double quotes"

  /// Reads `value>5`, `state == 'it''s on'`, `"wind speed"<=3.5` or `open!=true`.
  ///
  /// `=` counts as `==`. A quote within quotes is doubled. A whole number that fits is a bigint, any other a double.
  ///
  /// - Throws: 400 that names the part which cannot be read.
  init(parameter text: String) throws(APIError) {
    guard text.utf8.count <= Self.maximumBytes else {
      throw .badRequest("where has \(text.utf8.count) bytes; \(Self.maximumBytes) are the most")
    }
    var rest = text.utf8[...]
    Self.skipBlanks(&rest)
    let measure: String
    if rest.first == UInt8(ascii: "\"") {
      guard let name = Self.quoted(&rest, UInt8(ascii: "\"")) else {
        throw .badRequest("where has a name whose double quote does not end: \(Self.form)")
      }
      measure = name
    } else {
      let name = rest.prefix { !"=!<>".utf8.contains($0) }
      rest = rest[name.endIndex...]
      measure = Substring(name).trimmed
    }
    guard !measure.isEmpty else {
      throw .badRequest("where is '\(text.prefix(40))' and names no measure: \(Self.form)")
    }
    Self.skipBlanks(&rest)
    guard let comparison = Self.comparison(&rest) else {
      throw .badRequest("where is '\(text.prefix(40))' and has no comparison after the measure: \(Self.form)")
    }
    Self.skipBlanks(&rest)
    guard let value = Self.value(&rest), rest.allSatisfy({ $0 == UInt8(ascii: " ") }) else {
      throw .badRequest("where is '\(text.prefix(40))', whose value cannot be read: \(Self.form)")
    }
    self.init(ByteText(measure), comparison, value)
  }

  private static func skipBlanks(_ rest: inout Substring.UTF8View) {
    while rest.first == UInt8(ascii: " ") { rest.removeFirst() }
  }

  /// What is between quotes, and what follows them is left; nil where they do not end.
  private static func quoted(_ rest: inout Substring.UTF8View, _ quote: UInt8) -> String? {
    var bytes: [UInt8] = []
    rest.removeFirst()
    while let byte = rest.popFirst() {
      guard byte == quote else {
        bytes.append(byte)
        continue
      }
      guard rest.first == quote else { return String(decoding: bytes, as: UTF8.self) }
      rest.removeFirst()
      bytes.append(quote)
    }
    return nil
  }

  private static func comparison(_ rest: inout Substring.UTF8View) -> Comparison? {
    let signs: [(String, Comparison)] = [
      ("==", .equal), ("!=", .notEqual), ("<=", .lessOrEqual), (">=", .greaterOrEqual), ("<", .less), (">", .greater),
      ("=", .equal),
    ]
    for (sign, comparison) in signs where rest.starts(with: sign.utf8) {
      rest.removeFirst(sign.utf8.count)
      return comparison
    }
    return nil
  }

  private static func value(_ rest: inout Substring.UTF8View) -> MeasureValue? {
    if rest.first == UInt8(ascii: "'") { return quoted(&rest, UInt8(ascii: "'")).map { .varchar($0) } }
    let word = rest.prefix { $0 != UInt8(ascii: " ") }
    rest = rest[word.endIndex...]
    let text = String(Substring(word))
    switch text {
    case "true": return .boolean(true)
    case "false": return .boolean(false)
    default:
      guard let number = DecimalNumber(Array(word).span) else { return nil }
      return number.int64.map { .bigint($0) } ?? number.double.flatMap { MeasureValue.finite($0) }
    }
  }
}
