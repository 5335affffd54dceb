import AWSClients
import CacheSupport

extension EncodedItem {
  /// Reads an item of a request.
  ///
  /// - Throws: what makes the request no JSON.
  static func read(_ reader: inout JSONReader) throws(JSONError) -> Reading {
    var encoder = ItemEncoder()
    return try encoder.item(&reader)
  }

  /// The longest name of an attribute, in bytes.
  static let nameLimit: Int = 65_535
  /// - Throws: what DynamoDB says of a name that no attribute can have.
  static func checkName(_ name: String) throws(ServiceError) {
    if name.isEmpty { throw .emptyName }
    if name.utf8.count > nameLimit { throw .longName }
  }

  /// The most maps and lists around a value.
  static let depthLimit: Int = 32
}

/// Checks an item as DynamoDB does while it writes it in the form in which it is kept.
///
/// A fault does not end the reading: one of the JSON's shape that comes later is told before it.
struct ItemEncoder {
  var writer = JSONWriter(capacity: 512)
  private var fault: ServiceError?
  private var faultyAttribute: String?
  private var attributes: [EncodedItem.Attribute] = []
  private var hasDuplicates = false

  mutating func fail(_ error: ServiceError) {
    if fault == nil || (error.isSerialization && fault?.isSerialization != true) { fault = error }
  }

  mutating func item(_ reader: inout JSONReader) throws(JSONError) -> EncodedItem.Reading {
    attributes.reserveCapacity(8)
    let size = try map(&reader, depth: 0)
    if let fault { return .failure(EncodedItem.Fault(error: fault, attribute: faultyAttribute ?? "")) }
    let item = EncodedItem(bytes: writer.bytes, size: size, attributes: attributes)
    guard hasDuplicates else { return .success(item) }
    // Of a name that is repeated the last value counts, which the tree sees to.
    do throws(ServiceError) { return .success(try EncodedItem(try item.tree)) } catch {
      return .failure(EncodedItem.Fault(error: error, attribute: ""))
    }
  }

  /// - Parameter depth: how many maps and lists are around this map; the item itself is none.
  /// - Returns: the size of the names and values.
  private mutating func map(_ reader: inout JSONReader, depth: Int) throws(JSONError) -> Int {
    writer.raw("{")
    try reader.beginObject()
    var names = NameList()
    var size = 0
    while try reader.nextMember() {
      if !names.isEmpty { writer.raw(",") }
      let start = writer.bytes.count
      let count = string(reader.memberToken, reader)
      let name = start..<writer.bytes.count
      if count == 0 { fail(.emptyName) }
      if count > EncodedItem.nameLimit {
        fail(.longName)
      }
      if !names.insert(name, of: writer.bytes) { hasDuplicates = true }
      writer.raw(":")
      let wasRight = fault == nil
      let valueStart = writer.bytes.count
      size += count + (depth > 0 ? 1 : 0)
      size += try value(&reader, depth)
      if depth == 0 {
        attributes.append(EncodedItem.Attribute(name: name, value: valueStart..<writer.bytes.count))
        if wasRight, fault != nil {
          faultyAttribute = String(decoding: writer.bytes[name].dropFirst().dropLast(), as: UTF8.self)
        }
      }
    }
    writer.raw("}")
    return size
  }

  /// - Returns: the value's size.
  private mutating func value(_ reader: inout JSONReader, _ depth: Int) throws(JSONError) -> Int {
    let kind = try reader.peek()
    guard kind == .object else {
      switch kind {
      case .null: fail(.emptyValue)
      case .array:
        fail(.serialization("Unrecognized collection type class com.amazonaws.dynamodb.v20120810.AttributeValue"))
      default: fail(.serialization("Unexpected value type in payload"))
      }
      try reader.skip()
      return 0
    }
    try reader.beginObject()
    var size = 0
    var types = 0
    while try reader.nextMember() {
      guard let type = AttributeType(reader), try reader.peek() != .null else {
        try reader.skip()
        continue
      }
      types += 1
      size = try value(of: type, &reader, depth)
    }
    if types == 0 { fail(.emptyValue) }
    if types > 1 { fail(.severalTypes) }
    return size
  }

  private mutating func value(
    of type: AttributeType, _ reader: inout JSONReader, _ depth: Int
  ) throws(JSONError) -> Int {
    switch type {
    case .s:
      guard let token = try text(&reader) else { return 0 }
      writer.raw("{\"S\":")
      let size = string(token, reader)
      writer.raw("}")
      return size
    case .n:
      guard let token = try text(&reader) else { return 0 }
      writer.raw("{\"N\":\"")
      let size = number(token, reader)
      writer.raw("\"}")
      return size
    case .b:
      guard let token = try text(&reader, isBinary: true) else { return 0 }
      writer.raw("{\"B\":\"")
      let size = base64(token, reader)
      writer.raw("\"}")
      return size
    case .bool:
      let token = try reader.token()
      guard let flag = reader.bool(token) else {
        fail(.wrongKind(token.kind, "Boolean"))
        return 0
      }
      flag ? writer.raw("{\"BOOL\":true}") : writer.raw("{\"BOOL\":false}")
      return 1
    case .null:
      let token = try reader.token()
      guard let flag = reader.bool(token) else {
        fail(.wrongKind(token.kind, "Boolean"))
        return 0
      }
      if !flag { fail(.parameter("Null attribute value types must have the value of true")) }
      writer.raw("{\"NULL\":true}")
      return 1
    case .l:
      guard try enters(.array, &reader, depth) else { return 0 }
      writer.raw("{\"L\":[")
      try reader.beginArray()
      var size = 3
      var isFirst = true
      while try reader.nextElement() {
        if !isFirst { writer.raw(",") }
        isFirst = false
        size += 1
        size += try value(&reader, depth + 1)
      }
      writer.raw("]}")
      return size
    case .m:
      guard try enters(.object, &reader, depth) else { return 0 }
      writer.raw("{\"M\":")
      let size = 3 + (try map(&reader, depth: depth + 1))
      writer.raw("}")
      return size
    case .ss, .ns, .bs: return try set(of: type, &reader)
    }
  }

  /// The next value's text; nil, told and passed over, where it is none.
  mutating func text(_ reader: inout JSONReader, isBinary: Bool = false) throws(JSONError) -> JSONToken? {
    let token = try reader.token()
    guard token.kind != .string else { return token }
    let isScalar = token.kind == .number || token.kind == .bool
    fail(
      isBinary && isScalar
        ? .serialization("only base-64-encoded strings are convertible to bytes")
        : .wrongKind(token.kind, isBinary ? "java.nio.ByteBuffer" : "String", isTrue: reader.bool(token) ?? false))
    return nil
  }

  /// False, told and passed over, where a list or map is none, or is within too many.
  private mutating func enters(
    _ kind: JSONToken.Kind, _ reader: inout JSONReader, _ depth: Int
  ) throws(JSONError) -> Bool {
    if try reader.peek() != kind {
      let found = try reader.peek()
      fail(
        .serialization(
          found == .object
            ? "Start of structure or map found where not expected"
            : found == .array
              ? "Unrecognized collection type java.util.Map<java.lang.String, com.amazonaws.dynamodb.v20120810.AttributeValue>"
              : "Unexpected field type"))
    } else if depth >= EncodedItem.depthLimit {
      fail(
        .validation(
          "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit"
        ))
    } else {
      return true
    }
    try reader.skip()
    return false
  }
}
