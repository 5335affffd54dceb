import AWSClients
import CacheSupport

/// What Query and Scan have in common.
struct PageRequest: Sendable {
  var bindings: ExpressionParser.Bindings
  private(set) var filter: Condition?
  private(set) var projection: Projection?
  let limit: Int?
  let countsOnly: Bool
  let capacity: CapacityRequest
  let tableAsNamed: String
  private let consistent: Bool
  private let startKey: EncodedItem?
  private let filterText: String?
  private let projectionText: String?

  init(_ request: inout ItemRequest) throws(ServiceError) {
    limit = try request.input.integer("Limit", in: 1...Int64(Int32.max)).map { Int($0) }
    consistent = try request.input.bool("ConsistentRead") ?? false
    let select = try request.input.string(
      "Select", values: ["SPECIFIC_ATTRIBUTES", "COUNT", "ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES"])
    capacity = try CapacityRequest(&request.input)
    filterText = try request.input.string("FilterExpression")
    projectionText = try request.input.string("ProjectionExpression")
    try request.input.check()
    tableAsNamed = request.input.object["TableName"]?.string ?? ""
    countsOnly = select == "COUNT"
    switch select {
    case "SPECIFIC_ATTRIBUTES" where projectionText == nil:
      throw .parameter(
        "Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES")
    case "ALL_PROJECTED_ATTRIBUTES":
      throw .parameter("ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName")
    case "COUNT" where projectionText != nil:
      throw .validation("Cannot specify the ProjectionExpression when choosing to get only the Count")
    case "ALL_ATTRIBUTES" where projectionText != nil:
      throw .validation("Cannot specify the ProjectionExpression when choosing to get ALL_ATTRIBUTES")
    default: break
    }
    do throws(ServiceError) { startKey = try request.optionalItem(.startKey) } catch {
      throw .validation("The provided starting key is invalid: \(error.message ?? "")")
    }
    bindings = try ExpressionParser.Bindings(request)
  }

  /// Reads the filter and the projection.
  mutating func parse() throws(ServiceError) {
    filter = try filterText.map { text throws(ServiceError) in
      try ExpressionParser.condition(.filter, text, &bindings)
    }
    projection = try projectionText.map { text throws(ServiceError) in
      try ExpressionParser.projection(text, &bindings)
    }
  }

  /// - Throws: what DynamoDB says of expressions that the table's keys do not allow.
  func check(_ table: TableDescription, isQuery: Bool) throws(ServiceError) {
    try projection?.checkKeys(of: table)
    if isQuery {
      for path in filter?.paths ?? [] {
        guard let key = table.keys.first(where: { $0.name.hasSameBytes(as: path.head) }) else { continue }
        throw .validation(
          "Filter Expression can only contain non-primary key attributes: Primary key attribute: \(key.name)")
      }
    }
    try filter?.paths.checkKeys(of: table)
  }

  /// Where the page starts, past this key.
  func start(in table: TableDescription) throws(ServiceError) -> ItemKey? {
    guard let startKey else { return nil }
    do throws(ServiceError) { return try table.key(of: startKey, exact: true) } catch {
      throw .validation("The provided starting key is invalid: \(error.message ?? "")")
    }
  }

  /// - Parameter bytes: of all items that the page looked at.
  func capacityUnits(_ bytes: Int) -> JSON? {
    capacity.json(tableAsNamed, CapacityRequest.readUnits(bytes, consistent: consistent))
  }
}
