import CacheSupport

/// The partition key of a table: its measure names, or one dimension that the customer chose.
///
/// See <https://docs.aws.amazon.com/timestream/latest/developerguide/customer-defined-partition-keys.html>. The model takes a list;
/// the service takes one key.
enum TableSchema: Sendable, Hashable {
  case measure
  /// Records without a required dimension are rejected.
  case dimension(name: String, isRequired: Bool)

  /// The dimension; nil where measure names are the key.
  var dimension: String? { if case .dimension(let name, _) = self { name } else { nil } }

  /// As `Schema` on the wire.
  var json: JSON {
    switch self {
    case .measure: ["CompositePartitionKey": [["Type": "MEASURE"]]]
    case .dimension(let name, let isRequired):
      [
        "CompositePartitionKey": [
          [
            "Type": "DIMENSION", "Name": .string(name),
            "EnforcementInRecord": .string(isRequired ? "REQUIRED" : "OPTIONAL"),
          ]
        ]
      ]
    }
  }

  /// Reads `Schema` from a request; nil where it is not given.
  static func read(_ input: inout Input) throws(ServiceError) -> TableSchema? {
    guard let object = try input.object("Schema") else { return nil }
    var schema = Input(object, path: "schema")
    let keys = try schema.array("CompositePartitionKey", count: 1...Int.max)
    input.absorb(schema)
    guard let keys else { return .measure }
    var read: [(type: String, name: String?, enforcement: String?)] = []
    for var key in try schema.structures(keys, of: "CompositePartitionKey") {
      let type = try key.string("Type", required: true, values: ["DIMENSION", "MEASURE"]) ?? ""
      let name = try key.string("Name", length: 1...256)
      let enforcement = try key.string("EnforcementInRecord", values: ["REQUIRED", "OPTIONAL"])
      input.absorb(key)
      read.append((type, name, enforcement))
    }
    guard read.count <= 1 else {
      throw .timestream(
        "ValidationException",
        "You have specified too many partition keys to be used in your composite partition key. Only 1 partition keys can be specified."
      )
    }
    guard let key = read.first, key.type == "DIMENSION" else {
      guard read.first?.name == nil, read.first?.enforcement == nil else {
        throw .timestream(
          "ValidationException", "A partition key of type MEASURE has neither a name nor an enforcement.")
      }
      return .measure
    }
    guard let name = key.name else {
      throw .timestream("ValidationException", "A partition key of type DIMENSION needs a name.")
    }
    if let fault = IncomingSeries.nameFault(name) {
      throw .timestream("ValidationException", fault)
    }
    return .dimension(name: name, isRequired: key.enforcement == "REQUIRED")
  }

  /// Reads what was stored as ``json``.
  init(stored text: String?) {
    let key = text.flatMap { try? JSON(parsing: $0) }?["CompositePartitionKey"]?.array?.first
    guard let name = key?["Name"]?.string else {
      self = .measure
      return
    }
    self = .dimension(name: name, isRequired: key?["EnforcementInRecord"] == "REQUIRED")
  }

  /// The schema after an update, which may change the enforcement alone.
  func updated(to new: TableSchema) throws(ServiceError) -> TableSchema {
    guard dimension == new.dimension else {
      throw .timestream(
        "ValidationException", "The partition key of a table cannot be changed, but for its EnforcementInRecord.")
    }
    return new
  }
}

/// `MagneticStoreWriteProperties` as a request gives them.
enum MagneticStoreWrites {
  static let bucketPattern = Input.Pattern(text: #"[a-z0-9][\.\-a-z0-9]{1,61}[a-z0-9]"#) { name in
    func isAlphanumeric(_ byte: UInt8?) -> Bool {
      byte.map { (48...57).contains($0) || (97...122).contains($0) } ?? false
    }
    let bytes = Array(name.utf8)
    return isAlphanumeric(bytes.first) && isAlphanumeric(bytes.last)
      && bytes.allSatisfy { isAlphanumeric($0) || ".-".utf8.contains($0) }
  }

  /// Checks the member's shape; nil where it is not given.
  static func read(_ input: inout Input) throws(ServiceError) -> JSONObject? {
    guard let object = try input.object("MagneticStoreWriteProperties") else { return nil }
    var properties = Input(object, path: "magneticStoreWriteProperties")
    if try properties.bool("EnableMagneticStoreWrites") == nil {
      properties.violate("EnableMagneticStoreWrites", nil, "not be null")
    }
    let location = try properties.object("MagneticStoreRejectedDataLocation") ?? [:]
    var reports = Input(location, path: "magneticStoreWriteProperties.magneticStoreRejectedDataLocation")
    var bucket = Input(
      try reports.object("S3Configuration") ?? [:],
      path: "magneticStoreWriteProperties.magneticStoreRejectedDataLocation.s3Configuration")
    _ = try bucket.string("BucketName", length: 3...63, pattern: bucketPattern)
    _ = try bucket.string("ObjectKeyPrefix", length: 1...928)
    _ = try bucket.string("EncryptionOption", values: ["SSE_S3", "SSE_KMS"])
    _ = try bucket.string("KmsKeyId", length: 1...2048)
    for part in [properties, reports, bucket] { input.absorb(part) }
    return object
  }
}
