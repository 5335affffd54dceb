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
