import AWSClients
import CacheSupport

/// A request with items: they are read as they come, and everything else becomes a tree.
struct ItemRequest {
  var input: Input
  private var readings: [Name: EncodedItem.Reading] = [:]

  /// The members that hold items, or what has an item's form.
  enum Name: String, CaseIterable {
    case item = "Item"
    case key = "Key"
    case startKey = "ExclusiveStartKey"
    case values = "ExpressionAttributeValues"
  }

  /// Reads a request's body.
  ///
  /// - Throws: SerializationException for what is no JSON, and for items that do not have an item's form.
  init(_ body: [UInt8]) throws(ServiceError) {
    var members = RequestMembers()
    do throws(JSONError) {
      var reader = JSONReader(body.span)
      try reader.beginObject()
      while try reader.nextMember() {
        if let name = Self.name(reader), try reader.peek() == .object {
          readings[name] = try EncodedItem.read(&reader)
          members.set(name.rawValue, [:])
        } else {
          try members.read(&reader)
        }
      }
      try reader.end()
    } catch { throw .coral("SerializationException") }
    input = Input(members.object)
    try checkForm()
  }

  /// Takes a part of a request that is a tree already.
  init(_ input: Input) throws(ServiceError) {
    self.input = input
    for name in Name.allCases {
      guard let json = input.object[name.rawValue], json.object != nil else { continue }
      do throws(JSONError) {
        let bytes = json.bytes
        var reader = JSONReader(bytes.span)
        readings[name] = try EncodedItem.read(&reader)
      } catch { throw .coral("SerializationException") }
    }
    try checkForm()
  }

  private static func name(_ reader: borrowing JSONReader) -> Name? {
    if reader.isNamed("Item") { return .item }
    if reader.isNamed("Key") { return .key }
    if reader.isNamed("ExclusiveStartKey") { return .startKey }
    if reader.isNamed("ExpressionAttributeValues") { return .values }
    return nil
  }

  /// An item without its form is told before anything else; one with wrong values after the request's own members.
  private func checkForm() throws(ServiceError) {
    for case .failure(let fault) in readings.values where fault.error.isSerialization { throw fault.error }
    for name in Name.allCases {
      guard let json = input.object[name.rawValue], !json.isNull, json.object == nil else { continue }
      throw .serialization(
        json.array == nil
          ? "Unexpected field type"
          : "Unrecognized collection type java.util.Map<java.lang.String, com.amazonaws.dynamodb.v20120810.AttributeValue>"
      )
    }
  }

  /// An item that the request must have; check that it does before.
  ///
  /// - Throws: what DynamoDB says of a value that it does not take.
  func item(_ name: Name) throws(ServiceError) -> EncodedItem {
    guard let item = try optionalItem(name) else { throw .coral("SerializationException") }
    return item
  }

  /// What is wrong with an item's values; nil for nothing.
  func fault(of name: Name) -> ServiceError? {
    guard case .failure(let fault)? = readings[name] else { return nil }
    return fault.error
  }

  /// The same as ``item(_:)`` for one that may be absent.
  ///
  /// - Parameter isPlain: true where DynamoDB does not say in which of the values a set or a NULL is wrong.
  func optionalItem(_ name: Name, isPlain: Bool = false) throws(ServiceError) -> EncodedItem? {
    guard let reading = readings[name] else { return nil }
    do throws(EncodedItem.Fault) { return try reading.get() } catch {
      guard name == .values, !isPlain || !error.error.isOfForm else { throw error.error }
      throw .validation(
        "ExpressionAttributeValues contains invalid value: \(error.error.message ?? "") for key \(error.attribute)")
    }
  }
}
