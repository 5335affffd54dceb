import AWSClients
import CacheSupport

extension DynamoDBService {
  /// A page ends at 1 MB, counted before the filter.
  static let pageBytes: Int = 1 << 20

  func query(_ input: inout Input) throws(ServiceError) -> JSON {
    let name = try TableDescription.name(&input)
    var reading = try Reading(&input)
    try input.refuse("IndexName", "KeyConditions", "QueryFilter", "AttributesToGet")
    guard let text = try input.string("KeyConditionExpression") else {
      throw .validation(
        "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.")
    }
    let condition = try ExpressionParser.condition("KeyCondition", text, &reading.bindings)
    let forward = try input.bool("ScanIndexForward") ?? true
    try reading.bindings.checkUsed(hasExpressions: true)
    let start = try input.object["ExclusiveStartKey"].map { key throws(ServiceError) in
      try Item.checking(key, "ExclusiveStartKey")
    }
    let object = input.object
    return try storing {
      try storage.database.with { connection in
        guard let table = try find(name, connection) else { throw ServiceError.noResource }
        let keys = try KeyCondition(condition, table.description)
        try reading.checkFilter(table.description)
        var clauses = ["table_id = ?", "hash = ?"]
        var values: [SQLValue] = [.integer(table.id), .blob(keys.hash)]
        if let low = keys.low {
          clauses.append("range \(keys.lowIsExclusive ? ">" : ">=") ?"); values.append(.blob(low))
        }
        if let high = keys.high {
          clauses.append("range \(keys.highIsExclusive ? "<" : "<=") ?"); values.append(.blob(high))
        }
        if let prefix = keys.prefix {
          clauses.append("substr(range, 1, \(prefix.count)) = ? AND range >= ?");
          values += [.blob(prefix), .blob(prefix)]
        }
        if let start {
          let (hash, range) = try Self.startKey(start, table)
          guard hash == keys.hash else {
            throw ServiceError.validation(
              "The provided starting key is outside query boundaries based on provided conditions")
          }
          clauses.append("range \(forward ? ">" : "<") ?")
          values.append(.blob(range))
        }
        let order = "range \(forward ? "ASC" : "DESC")"
        return try page(table, clauses, values, order: order, reading, object, connection)
      }
    }
  }

  func scan(_ input: inout Input) throws(ServiceError) -> JSON {
    let name = try TableDescription.name(&input)
    let segments = try input.integer("TotalSegments", in: 1...1_000_000)
    let segment = try input.integer("Segment", in: 0...999_999)
    let reading = try Reading(&input)
    try input.refuse("IndexName", "ScanFilter", "AttributesToGet")
    if segment != nil, segments == nil {
      throw .validation(
        "The TotalSegments parameter is required but was not present in the request when Segment parameter is present")
    }
    if segments != nil, segment == nil {
      throw .validation(
        "The Segment parameter is required but was not present in the request when parameter TotalSegments is present")
    }
    if let segment, let segments, segment >= segments {
      throw .validation(
        "The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: \(segment) is not less than TotalSegments: \(segments)"
      )
    }
    try reading.bindings.checkUsed(hasExpressions: reading.filter != nil || reading.projection != nil)
    let start = try input.object["ExclusiveStartKey"].map { key throws(ServiceError) in
      try Item.checking(key, "ExclusiveStartKey")
    }
    let object = input.object
    return try storing {
      try storage.database.with { connection in
        guard let table = try find(name, connection) else { throw ServiceError.noResource }
        var clauses = ["table_id = ?"]
        var values: [SQLValue] = [.integer(table.id)]
        if let start {
          let (hash, range) = try Self.startKey(start, table)
          clauses.append("(hash, range) > (?, ?)")
          values += [.blob(hash), .blob(range)]
        }
        let part = segments.flatMap { segments in segment.map { (UInt64($0), UInt64(segments)) } }
        return try page(table, clauses, values, order: "hash ASC, range ASC", reading, object, connection, part: part)
      }
    }
  }

  /// What Query and Scan have in common.
  struct Reading {
    var bindings: ExpressionParser.Bindings
    var filter: Condition?
    var projection: [DocumentPath]?
    var limit: Int?
    var consistent: Bool
    var countsOnly: Bool
    var capacity: CapacityRequest

    init(_ input: inout Input) throws(ServiceError) {
      limit = try input.integer("Limit", in: 1...Int64(Int32.max)).map { Int($0) }
      consistent = try input.bool("ConsistentRead") ?? false
      let select = try input.string(
        "Select", values: ["SPECIFIC_ATTRIBUTES", "COUNT", "ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES"])
      capacity = try CapacityRequest(&input)
      try input.check()
      countsOnly = select == "COUNT"
      var bindings = try ExpressionParser.Bindings(input.object)
      filter = try input.string("FilterExpression").map { text throws(ServiceError) in
        try ExpressionParser.condition("Filter", text, &bindings)
      }
      projection = try input.string("ProjectionExpression").map { text throws(ServiceError) in
        try ExpressionParser.projection(text, &bindings)
      }
      self.bindings = bindings
      if projection != nil, let select, select != "SPECIFIC_ATTRIBUTES" {
        throw .validation("Cannot specify the ProjectionExpression when choosing to get \(select)")
      }
    }

    func checkFilter(_ table: TableDescription) throws(ServiceError) {
      for path in filter?.paths ?? [] where table.keys.contains(where: { $0.name == path.head }) {
        throw .validation(
          "Filter Expression can only contain non-primary key attributes: Primary key attribute: \(path.head)")
      }
    }
  }

  private static func startKey(_ start: Item, _ table: Table) throws(ServiceError) -> (hash: [UInt8], range: [UInt8]) {
    do throws(ServiceError) { return try table.description.key(of: start, exact: true) } catch {
      throw .validation("The provided starting key is invalid: \(error.message ?? "")")
    }
  }

  /// Reads until the limit, 1 MB, or the end, whichever comes first.
  private func page(
    _ table: Table, _ clauses: [String], _ values: [SQLValue], order: String, _ reading: Reading, _ object: JSONObject,
    _ connection: Connection, part: (segment: UInt64, of: UInt64)? = nil
  ) throws -> JSON {
    var items: [JSON] = []
    var count = 0
    var evaluated = 0
    var bytes = 0
    var last: Item?
    var isCut = false
    let sql =
      "SELECT item, size, hash FROM dynamodb_items WHERE \(clauses.joined(separator: " AND ")) ORDER BY \(order)"
    try connection.forEach(sql, values) { row in
      if let part, let hash = row[2].blob, Self.partition(hash) % part.of != part.segment { return true }
      let size = Int(row[1].integer ?? 0)
      if evaluated == reading.limit || (evaluated > 0 && bytes + size > Self.pageBytes) {
        isCut = true
        return false
      }
      let item = try Self.item(row[0])
      evaluated += 1
      bytes += size
      last = item
      guard reading.filter?.holds(for: item) ?? true else { return true }
      count += 1
      if !reading.countsOnly { items.append(JSON(item: reading.projection.map { Self.project(item, $0) } ?? item)) }
      return true
    }
    // DynamoDB cannot know that nothing follows when it stops at the limit.
    if evaluated == reading.limit { isCut = true }
    var answer: JSONObject = ["Count": .integer(count), "ScannedCount": .integer(evaluated)]
    if !reading.countsOnly { answer["Items"] = .array(items) }
    if isCut, let last { answer["LastEvaluatedKey"] = JSON(item: table.description.keyItem(last)) }
    answer["ConsumedCapacity"] = reading.capacity.json(
      object["TableName"]?.string ?? table.description.name,
      CapacityRequest.readUnits(bytes, consistent: reading.consistent))
    return .object(answer)
  }

  /// FNV-1a: spreads hash keys evenly over a parallel scan's segments.
  private static func partition(_ key: [UInt8]) -> UInt64 {
    key.reduce(14_695_981_039_346_656_037) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 }
  }
}
