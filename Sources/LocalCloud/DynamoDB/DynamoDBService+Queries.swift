import AWSClients
import CacheSupport
import SQLiteStore

extension DynamoDBService {
  var queryOperations: [Operation] { [Operation("Query", query), Operation("Scan", scan)] }

  private func query(_ request: OperationRequest) throws(ServiceError) -> Operation.Step {
    var request = try ItemRequest(request.body)
    let name = try TableDescription.name(&request.input)
    let keyText = try request.input.string("KeyConditionExpression")
    let isForward = try request.input.bool("ScanIndexForward") ?? true
    var reading = try PageRequest(&request)
    try request.input.refuse("IndexName", "KeyConditions", "QueryFilter", "ConditionalOperator", "AttributesToGet")
    guard let keyText else {
      throw .validation(
        "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.")
    }
    let condition = try ExpressionParser.condition(.keyCondition, keyText, &reading.bindings)
    try reading.parse()
    try reading.bindings.checkUsed(hasExpressions: true)
    return .reading { [reading] connection throws(ServiceError) in
      try storing {
        let table = try table(name, connection)
        let keys = try KeyCondition(condition, table.description)
        try reading.check(table.description, isQuery: true)
        var rows = RowRange("table_id = ? AND part = ? AND hash = ?")
        let part = ItemKey.part(of: keys.hash)
        rows.values = [.integer(table.id), .integer(part), .blob(keys.hash)]
        keys.bound(&rows)
        if let start = try reading.start(in: table.description) {
          guard keys.holds(for: start.range) else {
            throw ServiceError.validation("The provided starting key does not match the range key predicate")
          }
          guard start.hash == keys.hash else {
            throw ServiceError.validation(
              keys.hasRange
                ? "The query can return at most one row and cannot be restarted"
                : "The provided starting key is outside query boundaries based on provided conditions")
          }
          rows.add("range \(isForward ? ">" : "<") ?", .blob(start.range))
        }
        rows.order = isForward ? "range" : "range DESC"
        return try page(of: table, rows, reading, connection)
      }
    }
  }

  private func scan(_ request: OperationRequest) throws(ServiceError) -> Operation.Step {
    var request = try ItemRequest(request.body)
    let name = try TableDescription.name(&request.input)
    let segments = try request.input.integer("TotalSegments", in: 1...1_000_000)
    let segment = try request.input.integer("Segment", in: 0...999_999)
    var reading = try PageRequest(&request)
    try request.input.refuse("IndexName", "ScanFilter", "ConditionalOperator", "AttributesToGet")
    let parts = try Self.parts(segment, of: segments)
    try reading.parse()
    try reading.bindings.checkUsed(hasExpressions: reading.filter != nil || reading.projection != nil)
    return .reading { [reading] connection throws(ServiceError) in
      try storing {
        let table = try table(name, connection)
        try reading.check(table.description, isQuery: false)
        var rows = RowRange("table_id = ?")
        rows.values = [.integer(table.id)]
        let start = try reading.start(in: table.description)
        if let parts {
          if let start, !parts.contains(start.part) {
            throw ServiceError.validation(
              "The provided starting key is invalid: Invalid ExclusiveStartKey. Please use ExclusiveStartKey with correct Segment. TotalSegments: \(segments ?? 0) Segment: \(segment ?? 0)"
            )
          }
          rows.add("part <= ?", .integer(parts.upperBound))
          if start == nil { rows.add("part >= ?", .integer(parts.lowerBound)) }
        }
        if let start {
          rows.add("(part, hash, range) > (?, ?, ?)", .integer(start.part), .blob(start.hash), .blob(start.range))
        }
        rows.order = "part, hash, range"
        return try page(of: table, rows, reading, connection)
      }
    }
  }

  /// - Returns: the parts that a segment has; nil for a scan of everything.
  private static func parts(_ segment: Int64?, of segments: Int64?) throws(ServiceError) -> ClosedRange<Int64>? {
    guard let segments else {
      guard segment == nil else {
        throw .validation(
          "The TotalSegments parameter is required but was not present in the request when Segment parameter is present"
        )
      }
      return nil
    }
    guard let segment else {
      throw .validation(
        "The Segment parameter is required but was not present in the request when parameter TotalSegments is present")
    }
    guard segment < segments else {
      throw .validation(
        "The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: \(segment) is not less than TotalSegments: \(segments)"
      )
    }
    return ItemKey.parts(of: segment, among: segments)
  }

  /// Reads until the limit, 1 MB, or the end, whichever comes first.
  private func page(
    of table: Table, _ rows: RowRange, _ reading: PageRequest, _ connection: Connection
  ) throws -> Answer {
    var page = ItemPage(reading)
    try connection.forEach(rows.sql, rows.values) { row in try page.take(row) }
    return page.answer(of: table.description)
  }
}

/// The rows of a page, in SQL.
struct RowRange {
  private var clauses: [String]
  var values: [SQLValue] = []
  var order = ""

  init(_ clause: String) { clauses = [clause] }

  mutating func add(_ clause: String, _ values: SQLValue...) {
    clauses.append(clause)
    self.values += values
  }

  var sql: String {
    "SELECT item, size, hash, range FROM dynamodb_items WHERE \(clauses.joined(separator: " AND ")) ORDER BY \(order)"
  }
}
