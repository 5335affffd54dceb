import AWSClients
import CacheSupport

/// An item as it is stored and answered: DynamoDB's JSON, checked, with numbers in their plain form and sets in order.
///
/// Rows pass through the cloud in this form; only expressions make a tree of it.
struct EncodedItem: Sendable {
  /// `{"name":{"S":"text"},…}`; no name appears twice.
  let bytes: [UInt8]
  /// Names and values together, as the 400 KB limit counts them.
  let size: Int
  /// Where the attributes are in the bytes.
  private let attributes: [Attribute]

  struct Attribute {
    /// The name with its quotes.
    var name: Range<Int>
    var value: Range<Int>
  }

  init(bytes: [UInt8], size: Int, attributes: [Attribute]) {
    (self.bytes, self.size, self.attributes) = (bytes, size, attributes)
  }

  /// Encodes a tree.
  ///
  /// - Throws: what DynamoDB says of a value that it does not take.
  init(_ item: Item) throws(ServiceError) {
    var writer = JSONWriter(capacity: 256)
    writer.write(item)
    try self.init(json: writer.bytes)
  }

  /// Reads an item's JSON.
  ///
  /// - Throws: what DynamoDB says of a value that it does not take.
  init(json: [UInt8]) throws(ServiceError) {
    let reading: Reading
    do throws(JSONError) {
      var reader = JSONReader(json.span)
      reading = try Self.read(&reader)
    } catch { throw .coral("SerializationException") }
    do throws(Fault) { self = try reading.get() } catch { throw error.error }
  }

  /// What is wrong with an item, and with which of its attributes.
  struct Fault: Error {
    var error: ServiceError
    var attribute: String
  }
  typealias Reading = Result<EncodedItem, Fault>

  /// The number of attributes.
  var count: Int { attributes.count }

  /// The value of one attribute; nil where there is none.
  func value(of name: EncodedName) -> AttributeValue? {
    for attribute in attributes where attribute.name.count == name.bytes.count {
      guard bytes[attribute.name].elementsEqual(name.bytes) else { continue }
      var reader = JSONReader(bytes.span.extracting(attribute.value))
      // What was encoded here can be read.
      return try? AttributeValue(encoded: &reader)
    }
    return nil
  }

  /// The item as a tree.
  var tree: Item {
    get throws(ServiceError) { try Item(encoded: bytes.span) }
  }
}

/// An attribute's name in the form that it has in ``EncodedItem``.
struct EncodedName: Sendable, Hashable {
  /// With its quotes, escaped.
  let bytes: [UInt8]

  init(_ name: String) {
    var writer = JSONWriter(capacity: name.utf8.count + 2)
    writer.string(name)
    bytes = writer.bytes
  }
}

extension Item {
  /// Reads what ``EncodedItem`` holds.
  ///
  /// - Throws: an internal error: what is stored was changed by somebody else.
  init(encoded bytes: Span<UInt8>) throws(ServiceError) {
    do throws(JSONError) {
      var reader = JSONReader(bytes)
      self = try Item(encoded: &reader)
    } catch {
      throw ServiceError(
        status: 500, type: "com.amazonaws.dynamodb.v20120810#InternalServerError",
        message: "a stored item cannot be read: \(error)")
    }
  }

  fileprivate init(encoded reader: inout JSONReader) throws(JSONError) {
    self = [:]
    try reader.beginObject()
    while try reader.nextMember() {
      let name = ByteText(try reader.memberName())
      self[name] = try AttributeValue(encoded: &reader)
    }
  }
}

extension AttributeValue {
  fileprivate init(encoded reader: inout JSONReader) throws(JSONError) {
    try reader.beginObject()
    let start = reader.position
    guard try reader.nextMember(), let type = AttributeType(reader) else {
      throw JSONError("expected a type of DynamoDB's", at: start)
    }
    switch type {
    case .s: self = .s(try reader.string())
    case .n: self = .n(Self.plain(try reader.string()))
    case .b: self = .b(try reader.string())
    case .bool: self = .bool(reader.bool(try reader.token()) ?? false)
    case .null:
      try reader.skip()
      self = .null
    case .m: self = .m(try Item(encoded: &reader))
    case .l:
      var elements: [AttributeValue] = []
      try reader.beginArray()
      while try reader.nextElement() { elements.append(try AttributeValue(encoded: &reader)) }
      self = .l(elements)
    case .ss, .ns, .bs:
      var texts: [String] = []
      try reader.beginArray()
      while try reader.nextElement() { texts.append(try reader.string()) }
      texts = Self.sorted(type == .ns ? texts.map(Self.plain) : texts)
      self = type == .ss ? .ss(texts) : type == .ns ? .ns(texts) : .bs(texts)
    }
    guard try !reader.nextMember() else { throw JSONError("expected one type", at: start) }
  }
}

extension AttributeValue {
  /// Numbers of many places and sets were once written otherwise; what compares them goes by one form.
  private static func plain(_ number: String) -> String {
    guard number.utf8.count > 38 else { return number }
    return (try? AttributeNumber(number))?.text ?? number
  }

  private static func sorted(_ members: [String]) -> [String] {
    let isSorted = zip(members, members.dropFirst()).allSatisfy { ByteText($0) < ByteText($1) }
    return isSorted ? members : members.map { ByteText($0) }.sorted().map(\.text)
  }
}

extension JSONWriter {
  /// Appends an item in DynamoDB's form.
  mutating func write(_ item: Item) {
    raw("{")
    var isFirst = true
    for (name, value) in item {
      if !isFirst { raw(",") }
      isFirst = false
      string(name.text)
      raw(":")
      write(value)
    }
    raw("}")
  }

  private mutating func write(_ value: AttributeValue) {
    switch value {
    case .m(let map):
      raw("{\"M\":")
      write(map)
      raw("}")
    case .l(let elements):
      raw("{\"L\":[")
      for (index, element) in elements.enumerated() {
        if index > 0 { raw(",") }
        write(element)
      }
      raw("]}")
    default: write(value.json)
    }
  }
}
