import AWSClients
import CacheSupport

/// What Query and Scan have in common.
struct PageRequest: Sendable {
  enum Kind: Sendable { case query, scan }

  private let kind: Kind
  var bindings: ExpressionParser.Bindings
  private(set) var filter: Condition?
  private(set) var projection: Projection?
  let limit: Int?
  let countsOnly: Bool
  let capacity: CapacityRequest
  let tableAsNamed: String
  let consistent: Bool
  /// The index that is read; nil for the table.
  let index: String?
  private let select: String?
  private let startKey: EncodedItem?
  private let filterText: String?
  private let wanted: WantedAttributes

  init(_ kind: Kind, _ request: inout ItemRequest) throws(ServiceError) {
    self.kind = kind
    limit = try request.input.integer("Limit", in: 1...Int64(Int32.max)).map { Int($0) }
    consistent = try request.input.bool("ConsistentRead") ?? false
    index = try request.input.string("IndexName", length: 3...255)
    select = try request.input.string(
      "Select", values: ["SPECIFIC_ATTRIBUTES", "COUNT", "ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES"])
    capacity = try CapacityRequest(&request.input)
    filterText = try request.input.string("FilterExpression")
    let olderFilter = try OlderCondition.read(kind == .query ? "QueryFilter" : "ScanFilter", &request.input)
    let conditionalOperator = try request.input.string("ConditionalOperator", values: ["OR", "AND"])
    wanted = try WantedAttributes(&request.input)
    try request.input.check()
    try (kind == .query ? ParameterKinds.query : .scan).check(request.input)
    tableAsNamed = request.input.object["TableName"]?.string ?? ""
    countsOnly = select == "COUNT"
    filter = try (olderFilter ?? []).condition(conditionalOperator)
    do throws(ServiceError) { try Self.check(select, wanted, hasIndex: index != nil) } catch {
      throw kind == .query ? error.detected : error
    }
    do throws(ServiceError) { startKey = try request.optionalItem(.startKey) } catch {
      throw .validation("The provided starting key is invalid: \(error.message ?? "")")
    }
    bindings = try ExpressionParser.Bindings(request)
  }

  private static func check(
    _ select: String?, _ wanted: WantedAttributes, hasIndex: Bool
  ) throws(ServiceError) {
    switch (select, wanted.member) {
    case ("SPECIFIC_ATTRIBUTES", nil):
      throw .validation(
        "Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES")
    case ("ALL_PROJECTED_ATTRIBUTES", _) where !hasIndex:
      throw .validation("ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName")
    case ("COUNT", let member?):
      throw .validation("Cannot specify the \(member) when choosing to get only the Count")
    case ("ALL_ATTRIBUTES", let member?), ("ALL_PROJECTED_ATTRIBUTES", let member?):
      throw .validation("Cannot specify the \(member) when choosing to get \(select ?? "")")
    default: break
    }
  }

  /// Reads the expressions of the filter and the projection.
  mutating func parse() throws(ServiceError) {
    if let filterText { filter = try ExpressionParser.condition(.filter, filterText, &bindings) }
    projection = try wanted.projection(&bindings)
  }

  /// - Throws: what DynamoDB says of expressions that the keys do not allow, and of what an index does not have.
  func check(_ source: ItemSource) throws(ServiceError) {
    if let index = source.index, index.kind == .global {
      if consistent { throw .validation("Consistent reads are not supported on global secondary indexes") }
      try check(index, source.table.description.schema)
    }
    try projection?.checkKeys(of: source.table.description)
    if kind == .query {
      for path in filter?.paths ?? [] where source.schema.has(path.head) {
        throw .validation(
          "\(filterText == nil ? "QueryFilter" : "Filter Expression") can only contain non-primary key attributes: Primary key attribute: \(path.head)"
        )
      }
    }
    try filter?.paths.checkKeys(of: source.table.description)
  }

  /// A global index gives nothing that it does not have.
  private func check(_ index: SecondaryIndex, _ table: KeySchema) throws(ServiceError) {
    guard let names = index.projectedNames(table) else { return }
    if select == "ALL_ATTRIBUTES" {
      throw .parameter(
        "Select type ALL_ATTRIBUTES is not supported for global secondary index \(index.name) because its projection type is not ALL"
      )
    }
    func missing(_ paths: [DocumentPath]) -> Set<ByteText> { Set(paths.map { ByteText($0.head) }).subtracting(names) }
    let further = missing(projection?.paths ?? [])
    guard further.isEmpty else {
      throw .parameter("Global secondary index \(index.name) does not project [\(Self.list(further))]")
    }
    // A scan finds nothing there, and says nothing.
    let filtered = kind == .query ? missing(filter?.paths ?? []) : []
    guard filtered.isEmpty else {
      throw .parameter(
        "Secondary index \(index.name) does not project one or more filter attributes: [\(Self.list(filtered))]")
    }
  }

  private static func list(_ names: Set<ByteText>) -> String { names.sorted().map(\.text).joined(separator: ", ") }

  /// True where a local index has less than is wanted of its items: they are then read from the table.
  func needsTable(_ source: ItemSource) -> Bool {
    guard let index = source.index, index.kind == .local,
      let names = index.projectedNames(source.table.description.schema)
    else { return false }
    let heads = ((projection?.paths ?? []) + (filter?.paths ?? [])).map { ByteText($0.head) }
    return select == "ALL_ATTRIBUTES" || !heads.allSatisfy { names.contains($0) }
  }

  /// Where the page starts, past this place.
  func start(in source: ItemSource) throws(ServiceError) -> ItemSource.Position? {
    try startKey.map { key throws(ServiceError) in try source.position(key) }
  }
}
