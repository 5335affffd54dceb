import AWSClients
import CacheSupport
import Foundation

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

  /// A byte for the exponent, one for each two digits to both sides of the point, and one for a sign: 21 at most.
  private static func size(number text: String) -> Int {
    guard let number = try? DecimalNumber(text) else { return text.utf8.count }
    let places = number.digits.count + (number.exponent % 2 == 0 ? 0 : 1)
    return min(21, 1 + (places + 1) / 2 + (number.isNegative ? 1 : 0))
  }

  /// The value as it is stored: numbers in their plain form, sets without order.
  func checked() throws(ServiceError) -> AttributeValue {
    switch self {
    case .n(let text): return .n(try Self.number(text))
    case .ns(let texts):
      return .ns(
        try Self.distinct(texts.map { text throws(ServiceError) in try Self.number(text) }, "An number set  may"))
    case .ss(let texts): return .ss(try Self.distinct(texts, "An string set  may"))
    case .bs(let texts):
      return .bs(
        try Self.distinct(texts.map { text throws(ServiceError) in try Self.base64(text) }, "Binary sets should"))
    case .b(let text): return .b(try Self.base64(text))
    case .l(let elements): return .l(try elements.map { element throws(ServiceError) in try element.checked() })
    case .m(let map):
      var checked: Item = [:]
      for (name, value) in map { checked[name] = try value.checked() }
      return .m(checked)
    case .s, .bool, .null: return self
    }
  }

  /// The one text that stands for the bytes, so that equal bytes are equal texts.
  private static func base64(_ text: String) throws(ServiceError) -> String {
    guard let bytes = Data(base64Encoded: text) else {
      throw .coral("SerializationException", "Invalid Base64 in a binary value", messageName: "Message")
    }
    return bytes.base64EncodedString()
  }

  private static func distinct(_ texts: [String], _ words: String) throws(ServiceError) -> [String] {
    guard !texts.isEmpty else {
      throw .validation("One or more parameter values were invalid: \(words) not be empty")
    }
    let distinct = Set(texts.map { ByteText($0) })
    guard distinct.count == texts.count else {
      throw .validation(
        "One or more parameter values were invalid: Input collection [\(texts.joined(separator: ", "))] contains duplicates."
      )
    }
    return distinct.sorted().map(\.text)
  }

  private static func number(_ text: String) throws(ServiceError) -> String {
    do throws(DecimalNumber.Failure) { return try DecimalNumber(text).text } catch {
      throw ServiceError(error, of: text)
    }
  }

  /// How many maps and lists are around the innermost value.
  var depth: Int {
    switch self {
    case .l(let elements): 1 + (elements.lazy.map(\.depth).max() ?? 0)
    case .m(let map): 1 + (map.values.lazy.map(\.depth).max() ?? 0)
    default: 0
    }
  }
}

extension ServiceError {
  /// What DynamoDB says of a number that it does not take.
  init(_ failure: DecimalNumber.Failure, of text: String) {
    self =
      switch failure {
      case .notANumber: .validation("The parameter cannot be converted to a numeric value: \(text)")
      case .tooManyDigits: .validation("Attempting to store more than 38 significant digits in a Number")
      case .overflow:
        .validation("Number overflow. Attempting to store a number with magnitude larger than supported range")
      case .underflow:
        .validation("Number underflow. Attempting to store a number with magnitude smaller than supported range")
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
