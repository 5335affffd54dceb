import AWSClients
import CacheSupport

/// Where an item is in its table: its key's attributes as bytes that sort as DynamoDB sorts them.
struct ItemKey: Hashable, Sendable {
  var hash: [UInt8]
  /// Empty in a table without a range key.
  var range: [UInt8]

  /// Which of the 2³² parts of its table the item is in, by its hash key: scans go from part to part, and a segment is some of them.
  var part: Int64 { Self.part(of: hash) }

  /// FNV-1a of 32 bits, and two zero bytes after the key, which spread its last bytes over all bits.
  ///
  /// See <https://datatracker.ietf.org/doc/html/draft-eastlake-fnv>. The storage has keys by it: it must not change.
  static func part(of hash: [UInt8]) -> Int64 {
    var part: UInt32 = 2_166_136_261
    for byte in hash { part = (part ^ UInt32(byte)) &* 16_777_619 }
    return Int64(part &* 16_777_619 &* 16_777_619)
  }

  /// The parts of a segment of a scan.
  static func parts(of segment: Int64, among segments: Int64) -> ClosedRange<Int64> {
    // At most 2³² × 1,000,000.
    func start(_ segment: Int64) -> Int64 { ((segment << 32) + segments - 1) / segments }
    return start(segment)...(max(start(segment), start(segment + 1) - 1))
  }
}

extension KeySchema {
  /// An item's key.
  ///
  /// - Parameter exact: true for a key, which must hold nothing else.
  /// - Throws: what DynamoDB says of one that does not fit the table.
  func key(of item: EncodedItem, exact: Bool) throws(ServiceError) -> ItemKey {
    if exact, item.count != keys.count { throw .wrongKey }
    return try part(of: item, isKey: exact)
  }

  /// The key's attributes of an item, whatever else it holds.
  ///
  /// - Parameter isKey: true where the item is a key, of which DynamoDB does not say what is wrong.
  func part(of item: EncodedItem, isKey: Bool) throws(ServiceError) -> ItemKey {
    let hash = try bytes(self.hash, item, limit: Self.hashLimit, isKey: isKey)
    let range = try self.range.map { key throws(ServiceError) in
      try bytes(key, item, limit: Self.rangeLimit, isKey: isKey)
    }
    return ItemKey(hash: hash, range: range ?? [])
  }

  static let hashLimit: Int = 2048
  static let rangeLimit: Int = 1024

  private func bytes(
    _ key: Key, _ item: EncodedItem, limit: Int, isKey: Bool
  ) throws(ServiceError) -> [UInt8] {
    guard let value = item.value(of: key.encodedName) else {
      throw isKey ? .wrongKey : .parameter("Missing the key \(key.name) in the item")
    }
    guard value.type == key.type, let bytes = value.sortable else {
      throw isKey
        ? .wrongKey
        : .parameter(
          "Type mismatch for key \(key.name) expected: \(key.type.rawValue) actual: \(value.type.rawValue)")
    }
    guard key.type == .n || !bytes.isEmpty else { throw .emptyKey(key) }
    guard key.type == .n || bytes.count <= limit else { throw .keyTooLong(isHash: limit == Self.hashLimit) }
    return bytes
  }

  /// The key's attributes.
  func item(of key: ItemKey) -> Item {
    var item: Item = [:]
    item[hash.name] = AttributeValue(sortable: key.hash, type: hash.type)
    if let range { item[range.name] = AttributeValue(sortable: key.range, type: range.type) }
    return item
  }
}

extension TableDescription {
  /// An item's key.
  ///
  /// - Parameter exact: true for a key, which must hold nothing else.
  /// - Throws: what DynamoDB says of one that does not fit the table.
  func key(of item: EncodedItem, exact: Bool) throws(ServiceError) -> ItemKey { try schema.key(of: item, exact: exact) }

  /// - Parameter isUpdated: true for what an update made.
  /// - Throws: what DynamoDB says of an item that has an index's key of another type, or one that can be no key.
  func checkIndexKeys(of item: EncodedItem, isUpdated: Bool = false) throws(ServiceError) {
    for index in indexes {
      for (place, key) in index.schema.keys.enumerated() {
        guard let value = item.value(of: key.encodedName) else { continue }
        guard value.type == key.type, let bytes = value.sortable else {
          throw .parameter(
            "Type mismatch for Index Key \(key.name) Expected: \(key.type.rawValue) Actual: \(value.type.rawValue) IndexName: \(index.name)"
          )
        }
        guard key.type == .n || !bytes.isEmpty else {
          let empty =
            "The AttributeValue for a key attribute cannot contain an empty \(key.type == .s ? "string" : "binary") value."
          throw .validation(
            isUpdated
              ? "One or more parameter values are not valid. The update expression attempted to update a secondary index key to a value that is not supported. \(empty)"
              : "One or more parameter values are not valid. A value specified for a secondary index key is not supported. \(empty) IndexName: \(index.name), IndexKey: \(key.name)"
          )
        }
        guard key.type == .n || bytes.count <= (place == 0 ? KeySchema.hashLimit : KeySchema.rangeLimit) else {
          throw .keyTooLong(isHash: place == 0)
        }
      }
    }
  }
}

extension ServiceError {
  static let wrongKey: ServiceError = .validation("The provided key element does not match the schema")

  fileprivate static func keyTooLong(isHash: Bool) -> ServiceError {
    .parameter(
      isHash
        ? "Size of hashkey has exceeded the maximum size limit of2048 bytes"
        : "Aggregated size of all range keys has exceeded the size limit of 1024 bytes")
  }
}
