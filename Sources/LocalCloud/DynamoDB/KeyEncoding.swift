import AWSClients
import CacheSupport
import Foundation

/// DynamoDB's numbers: up to 38 significant digits, exponents from -130 to 125, kept and compared as decimals.
struct DecimalNumber: Hashable {
  var isNegative: Bool
  /// Significant digits without zeros at either end; empty for zero.
  var digits: [UInt8]
  /// The value is 0.d₁d₂d₃… × 10^exponent.
  var exponent: Int

  enum Failure: Error { case notANumber, overflow, underflow, tooManyDigits }

  init(_ text: String) throws(Failure) {
    var rest = Array(text.utf8)[...]
    var exponent = 0
    isNegative = rest.first == UInt8(ascii: "-")
    if isNegative || rest.first == UInt8(ascii: "+") { rest.removeFirst() }
    if let mark = rest.firstIndex(where: { $0 == UInt8(ascii: "e") || $0 == UInt8(ascii: "E") }) {
      var power = String(decoding: rest[(mark + 1)...], as: UTF8.self)
      if power.hasPrefix("+") { power.removeFirst() }
      guard let value = Int(power), abs(value) < 10_000 else { throw .notANumber }
      exponent = value
      rest = rest[..<mark]
    }
    var digits: [UInt8] = []
    var point: Int?
    for byte in rest {
      if byte == UInt8(ascii: "."), point == nil {
        point = digits.count
      } else if (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
        digits.append(byte)
      } else {
        throw .notANumber
      }
    }
    guard !digits.isEmpty else { throw .notANumber }
    exponent += point ?? digits.count
    let leading = digits.prefix { $0 == UInt8(ascii: "0") }.count
    digits.removeFirst(leading)
    exponent -= leading
    while digits.last == UInt8(ascii: "0") { digits.removeLast() }
    guard digits.count <= 38 else { throw .tooManyDigits }
    self.digits = digits
    self.exponent = digits.isEmpty ? 0 : exponent
    if digits.isEmpty { isNegative = false }
    if self.exponent > 126 { throw .overflow }
    if self.exponent < -129 { throw .underflow }
  }

  /// The form in which DynamoDB gives a number back: no exponent, no needless zeros.
  var text: String {
    guard !digits.isEmpty else { return "0" }
    let digitText = String(decoding: digits, as: UTF8.self)
    let sign = isNegative ? "-" : ""
    if exponent <= 0 { return sign + "0." + String(repeating: "0", count: -exponent) + digitText }
    if exponent >= digits.count { return sign + digitText + String(repeating: "0", count: exponent - digits.count) }
    return sign + digitText.prefix(exponent) + "." + digitText.dropFirst(exponent)
  }

  /// Bytes whose order is the numbers' order.
  var sortable: [UInt8] {
    guard !digits.isEmpty else { return [0x80] }
    let biased = UInt16(exponent + 1000)
    let magnitude = [UInt8(biased >> 8), UInt8(biased & 255)] + digits
    return isNegative ? [0x7F] + magnitude.map { 255 - $0 } + [0xFF] : [0x81] + magnitude
  }

  static func < (one: DecimalNumber, other: DecimalNumber) -> Bool {
    one.sortable.lexicographicallyPrecedes(other.sortable)
  }
}

extension AttributeValue {
  /// `S`, `N`, `B`, `BOOL`, `NULL`, `L`, `M`, `SS`, `NS` or `BS`.
  var typeName: String {
    switch self {
    case .s: "S"
    case .n: "N"
    case .b: "B"
    case .bool: "BOOL"
    case .null: "NULL"
    case .l: "L"
    case .m: "M"
    case .ss: "SS"
    case .ns: "NS"
    case .bs: "BS"
    }
  }

  /// Bytes whose order is DynamoDB's for keys and comparisons; nil for types that have none.
  var sortable: [UInt8]? {
    switch self {
    case .s(let text): Array(text.utf8)
    case .n(let text): (try? DecimalNumber(text))?.sortable
    case .b(let text): Data(base64Encoded: text).map { [UInt8]($0) }
    default: nil
    }
  }

  /// What the value counts against the size limits.
  var size: Int {
    switch self {
    case .s(let text): text.utf8.count
    case .n(let text): Self.size(number: text)
    case .b(let text): Data(base64Encoded: text)?.count ?? 0
    case .bool, .null: 1
    case .l(let elements): elements.reduce(3) { $0 + $1.size + 1 }
    case .m(let map): map.reduce(3) { $0 + $1.key.text.utf8.count + $1.value.size + 1 }
    case .ss(let texts): texts.reduce(0) { $0 + $1.utf8.count }
    case .ns(let texts): texts.reduce(0) { $0 + Self.size(number: $1) }
    case .bs(let texts): texts.reduce(0) { $0 + (Data(base64Encoded: $1)?.count ?? 0) }
    }
  }

  private static func size(number text: String) -> Int {
    guard let number = try? DecimalNumber(text) else { return text.utf8.count }
    return 1 + (number.digits.count + 1) / 2 + (number.isNegative ? 1 : 0)
  }

  /// The value as it is stored: numbers in their plain form, sets without order.
  func checked() throws(ServiceError) -> AttributeValue {
    switch self {
    case .n(let text): return .n(try Self.number(text))
    case .ns(let texts):
      return .ns(try Self.distinct(texts.map { text throws(ServiceError) in try Self.number(text) }))
    case .ss(let texts): return .ss(try Self.distinct(texts))
    case .bs(let texts):
      for text in texts where Data(base64Encoded: text) == nil { throw Self.badBase64 }
      return .bs(try Self.distinct(texts))
    case .b(let text):
      guard Data(base64Encoded: text) != nil else { throw Self.badBase64 }
      return self
    case .l(let elements): return .l(try elements.map { element throws(ServiceError) in try element.checked() })
    case .m(let map):
      var checked: Item = [:]
      for (name, value) in map { checked[name] = try value.checked() }
      return .m(checked)
    case .s, .bool, .null: return self
    }
  }

  private static let badBase64 = ServiceError.coral(
    "SerializationException", "Invalid Base64 in a binary value", messageName: "Message")

  private static func distinct(_ texts: [String]) throws(ServiceError) -> [String] {
    guard !texts.isEmpty else {
      throw .validation("One or more parameter values were invalid: An string set  may not be empty")
    }
    guard Set(texts).count == texts.count else {
      throw .validation(
        "One or more parameter values were invalid: Input collection [\(texts.joined(separator: ", "))] contains duplicates."
      )
    }
    return texts.sorted()
  }

  private static func number(_ text: String) throws(ServiceError) -> String {
    do throws(DecimalNumber.Failure) { return try DecimalNumber(text).text } catch {
      switch error {
      case .notANumber: throw .validation("The parameter cannot be converted to a numeric value: \(text)")
      case .tooManyDigits: throw .validation("Attempting to store more than 38 significant digits in a Number")
      case .overflow:
        throw .validation("Number overflow. Attempting to store a number with magnitude larger than supported range")
      case .underflow:
        throw .validation("Number underflow. Attempting to store a number with magnitude smaller than supported range")
      }
    }
  }
}

extension Item {
  /// Names and values together, as the 400 KB limit counts them.
  var size: Int { reduce(0) { $0 + $1.key.text.utf8.count + $1.value.size } }

  /// True where a value is of the kind of JSON that its type's name asks for.
  private static func fits(_ type: String, _ value: JSON) -> Bool {
    switch (type, value) {
    case ("S", .string), ("N", .string), ("B", .string), ("BOOL", .bool), ("NULL", .bool(true)), ("L", .array),
      ("M", .object),
      ("SS", .array), ("NS", .array), ("BS", .array):
      true
    default: !["S", "N", "B", "BOOL", "NULL", "L", "M", "SS", "NS", "BS"].contains(type)
    }
  }

  /// Reads and checks an item of a request.
  static func checking(_ json: JSON?, _ name: String) throws(ServiceError) -> Item {
    guard let object = json?.object else { throw .coral("SerializationException") }
    var item: Item = [:]
    for (attribute, value) in object.members {
      guard let types = value.object else { throw .coral("SerializationException") }
      guard types.count <= 1 else {
        throw .validation(
          "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes"
        )
      }
      if let (type, inner) = types.members.first, !Self.fits(type, inner) {
        throw .coral("SerializationException", "Unexpected value type in payload", messageName: "Message")
      }
      guard let read = AttributeValue(json: value) else {
        throw .validation("Supplied AttributeValue is empty, must contain exactly one of the supported datatypes")
      }
      item[attribute] = try read.checked()
    }
    return item
  }
}
