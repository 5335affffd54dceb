import AWSClients
import CacheSupport

/// The requests of a BatchGetItem.
struct ReadBatch {
  let tables: [TableReads]
  let capacity: CapacityRequest

  struct TableReads {
    let nameAsGiven: String
    let consistent: Bool
    let projection: Projection?
    fileprivate let keys: [EncodedItem]
    /// The request as it came, from which those keys are given back that were not read.
    private let request: JSONObject

    var name: String { TableDescription.name(in: nameAsGiven) }
  }

  /// The most keys.
  private static let limit = 100

  /// - Throws: what DynamoDB says of a batch that it does not take; whether the tables and keys are right is not looked at.
  init(_ whole: Input) throws(ServiceError) {
    var input = whole
    capacity = try CapacityRequest(&input)
    let requests = try input.object("RequestItems", required: true)
    if let requests { Self.check(requests, &input) }
    try input.check()
    var parts: [(name: String, Input, consistent: Bool, keys: [JSON], WantedAttributes)] = []
    for (name, json) in requests?.members ?? [] {
      guard let object = json.object else { throw .serialization("Unexpected value type in payload") }
      var part = Input(object, path: "requestItems.\(name).member")
      let keys = try part.array("Keys", required: true, count: 1...Self.limit) ?? []
      let consistent = try part.bool("ConsistentRead") ?? false
      let wanted = try WantedAttributes(&part)
      input.absorb(part)
      parts.append((name, part, consistent, keys, wanted))
    }
    try input.check()
    guard parts.reduce(0, { $0 + $1.keys.count }) <= Self.limit else {
      throw .validation("Too many items requested for the BatchGetItem call")
    }
    tables = try parts.map { part throws(ServiceError) in
      try TableReads(part.name, part.1, part.consistent, part.keys, part.4)
    }
  }

  private static func check(_ requests: JSONObject, _ input: inout Input) {
    let value = "{\(requests.members.map { "\($0.name)=KeysAndAttributes" }.joined(separator: ", "))}"
    if requests.isEmpty { input.violate("RequestItems", value, "have length greater than or equal to 1") }
    if requests.count > limit { input.violate("RequestItems", value, "have length less than or equal to \(limit)") }
    WriteBatch.checkNames(requests.members.map(\.name), value, &input)
  }
}

extension ReadBatch.TableReads {
  fileprivate init(
    _ name: String, _ part: Input, _ consistent: Bool, _ keys: [JSON], _ wanted: WantedAttributes
  ) throws(ServiceError) {
    nameAsGiven = name
    self.consistent = consistent
    request = part.object
    try ParameterKinds.get.check(part)
    var bindings = try ExpressionParser.Bindings(ItemRequest(part))
    projection = try wanted.projection(&bindings)
    try bindings.checkUsed()
    self.keys = try keys.map { json throws(ServiceError) in
      guard json.object != nil else { throw .serialization("Unexpected value type in payload") }
      return try EncodedItem(json: json.bytes)
    }
  }

  /// The keys in their order.
  ///
  /// - Throws: what DynamoDB says of a key that does not fit the table, or that comes twice.
  func keys(in table: TableDescription) throws(ServiceError) -> [ItemKey] {
    let keys = try self.keys.map { key throws(ServiceError) in try table.key(of: key, exact: true) }
    guard Set(keys).count == keys.count else { throw .duplicateKeys }
    return keys
  }

  /// The request for the keys from a place on.
  func rest(from place: Int) -> JSON {
    var rest = request
    rest["Keys"] = .array(Array((request["Keys"]?.array ?? []).dropFirst(place)))
    return .object(rest)
  }
}
