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
    let older = try OlderCondition.read("KeyConditions", &request.input)
    var reading = try PageRequest(.query, &request)
    let condition: Condition
    if let keyText {
      condition = try ExpressionParser.condition(.keyCondition, keyText, &reading.bindings)
    } else if let older {
      condition = try older.keyCondition()
    } else {
      throw .validation(
        "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.")
    }
    try reading.parse()
    try reading.bindings.checkUsed()
    return .reading { [reading] connection throws(ServiceError) in
      try storing {
        let source = try ItemSource(table(name, connection), index: reading.index, connection)
        let keys = try KeyCondition(condition, source.schema)
        try reading.check(source)
        var rows = source.rows
        rows.isBackward = !isForward
        rows.add("part = ? AND hash = ?", .integer(ItemKey.part(of: keys.hash)), .blob(keys.hash))
        keys.bound(&rows)
        let start = try reading.start(in: source)
        if let start { try keys.check(start.key) }
        let (columns, values) = source.order(start)
        rows.order = columns
        if start != nil { rows.start(after: values, in: columns) }
        return try page(of: source, rows, reading, connection)
      }
    }
  }

  private func scan(_ request: OperationRequest) throws(ServiceError) -> Operation.Step {
    var request = try ItemRequest(request.body)
    let name = try TableDescription.name(&request.input)
    let segments = try request.input.integer("TotalSegments", in: 1...1_000_000)
    let segment = try request.input.integer("Segment", in: 0...999_999)
    var reading = try PageRequest(.scan, &request)
    let parts = try Self.parts(segment, of: segments)
    try reading.parse()
    try reading.bindings.checkUsed()
    return .reading { [reading] connection throws(ServiceError) in
      try storing {
        let source = try ItemSource(table(name, connection), index: reading.index, connection)
        try reading.check(source)
        var rows = source.rows
        let start = try reading.start(in: source)
        if let parts {
          if let start, !parts.contains(start.key.part) {
            throw ServiceError.validation(
              "The provided starting key is invalid: Invalid ExclusiveStartKey. Please use ExclusiveStartKey with correct Segment. TotalSegments: \(segments ?? 0) Segment: \(segment ?? 0)"
            )
          }
          rows.add("part <= ?", .integer(parts.upperBound))
          if start == nil { rows.add("part >= ?", .integer(parts.lowerBound)) }
        }
        let (columns, values) = source.order(start)
        rows.order = ["part", "hash"] + columns
        if let start {
          rows.start(after: [.integer(start.key.part), .blob(start.key.hash)] + values, in: rows.order)
        }
        return try page(of: source, rows, reading, connection)
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
    of source: ItemSource, _ rows: RowRange, _ reading: PageRequest, _ connection: Connection
  ) throws -> Answer {
    var page = ItemPage(reading, of: source, connection)
    try connection.forEach(rows.sql, rows.values) { row in try page.take(row) }
    return page.answer()
  }
}
