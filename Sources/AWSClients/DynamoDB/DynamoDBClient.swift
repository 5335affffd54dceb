package import CacheSupport

/// Amazon DynamoDB: the operations that the cache uses.
///
/// See <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/>. Every call throws ``AWSError``.
public struct DynamoDBClient: Sendable {
  let client: AWSClient
  /// Told what each call was charged for in each table, once it has succeeded; nil does not ask DynamoDB for it.
  ///
  /// A write whose condition is not met, or a transaction that is cancelled, is charged for as well, but DynamoDB's error does not say how
  /// much: nobody is told.
  public var onCapacity: (@Sendable (ConsumedCapacity) -> Void)?

  /// Calls DynamoDB with a client's credentials, region and retries.
  public init(_ client: AWSClient) { self.client = client }

  /// One page of items, up to 1 MB.
  public struct Page: Sendable, Hashable {
    /// In the order of the sort key for a Query, in no order for a Scan.
    public var items: [Item]
    /// Where the next page starts; nil at the end. A page may be empty and have a next one.
    public var lastKey: Item?
  }

  /// What a Query reads.
  ///
  /// See <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Query.html>.
  public struct Query: Sendable {
    /// The table's name or ARN.
    public var table: String
    /// Which items are read, such as `#id = :id AND #time > :from`.
    public var keyCondition: String
    /// Which of the items read are returned; nil returns all.
    public var filter: String?
    /// Which attributes are returned, such as `#time, #values`; nil returns all.
    public var projection: String?
    /// The attribute name that each `#name` of the expressions means.
    public var names: [String: String]
    /// The value that each `:name` of the expressions means.
    public var values: Item
    /// True reads in the order of the sort key, false against it.
    public var ascending: Bool = true
    /// How many items a page reads before the filter; nil reads up to 1 MB.
    public var limit: Int?
    /// True reads everything that was written before, at twice the price.
    public var consistent: Bool = false

    /// A query that is ascending, not consistent, and has pages of up to 1 MB.
    ///
    /// - Parameters:
    ///   - table: a name or an ARN.
    ///   - keyCondition: which items are read.
    ///   - filter: which of them are returned; nil returns all.
    ///   - projection: which attributes are returned; nil returns all.
    ///   - names: what each `#name` means.
    ///   - values: what each `:name` means.
    public init(
      table: String, keyCondition: String, filter: String? = nil, projection: String? = nil,
      names: [String: String] = [:],
      values: Item
    ) {
      self.table = table
      self.keyCondition = keyCondition
      self.filter = filter
      self.projection = projection
      self.names = names
      self.values = values
    }
  }

  /// Reads one item.
  ///
  /// - Parameters:
  ///   - key: every attribute of the table's key.
  ///   - table: a name or an ARN.
  ///   - consistent: true reads everything that was written before, at twice the price.
  /// - Returns: nil where the table has no item with that key.
  /// - Throws: ``AWSError``.
  public func getItem(_ key: Item, from table: String, consistent: Bool = false) async throws(AWSError) -> Item? {
    var input: JSONObject = [
      "TableName": .string(table), "Key": JSON(item: key), "ConsistentRead": .bool(consistent),
    ]
    ask(&input)
    let answer = try await client.call(.dynamoDB, "GetItem", .object(input))
    tell(answer["ConsumedCapacity"], of: "GetItem")
    guard let item = answer["Item"] else { return nil }
    return try Self.item(item, "DynamoDB_20120810.GetItem")
  }

  /// Puts up to 25 items with different keys, 16 MB in all.
  ///
  /// - Returns: the items that DynamoDB left out, to be sent again.
  /// - Throws: ``AWSError``.
  public func batchPut(_ items: [Item], into table: String) async throws(AWSError) -> [Item] {
    let left = try await batchWrite(
      PutRequests(into: table, count: items.count) { index, writer in writer.write(JSON(item: items[index])) })
    let operation = "DynamoDB_20120810.BatchWriteItem"
    guard let left else { return [] }
    let answer = try AWSClient.parse(left.json, operation)
    return try (answer[table]?.array ?? []).map { request throws(AWSError) in
      guard let item = request["PutRequest"]?["Item"] else {
        throw AWSError(.unexpectedAnswer, "an unprocessed request is not a put", operation: operation)
      }
      return try Self.item(item, operation)
    }
  }

  /// Requests of BatchWriteItem, as they are on the wire: `{"table": [{"PutRequest": {"Item": …}}]}`.
  package struct PutRequests: Sendable {
    package let json: [UInt8]
    package let count: Int

    /// - Parameter write: appends the item of a number, from 0, in DynamoDB's JSON.
    package init(into table: String, count: Int, write: (Int, inout JSONWriter) -> Void) {
      var writer = JSONWriter(capacity: 64 + count * 256)
      writer.raw("{")
      writer.string(table)
      writer.raw(":[")
      for index in 0..<count {
        writer.raw(index == 0 ? "{\"PutRequest\":{\"Item\":" : ",{\"PutRequest\":{\"Item\":")
        write(index, &writer)
        writer.raw("}}")
      }
      writer.raw("]}")
      json = writer.bytes
      self.count = count
    }

    fileprivate init(json: [UInt8], count: Int) {
      self.json = json
      self.count = count
    }
  }

  /// Sends up to 25 requests.
  ///
  /// - Returns: those that DynamoDB left out, in its own words, to be sent again; nil where it took all.
  package func batchWrite(_ requests: PutRequests) async throws(AWSError) -> PutRequests? {
    var writer = JSONWriter(capacity: requests.json.count + 32)
    writer.raw(onCapacity == nil ? "{" : "{\"ReturnConsumedCapacity\":\"TOTAL\",")
    writer.raw("\"RequestItems\":")
    writer.raw(requests.json)
    writer.raw("}")
    let operation = "DynamoDB_20120810.BatchWriteItem"
    let answer = try await client.call(.dynamoDB, "BatchWriteItem", writer.bytes) { body throws(AWSError) in
      try AWSClient.parse(body, operation)
    }
    tell(answer["ConsumedCapacity"], of: "BatchWriteItem")
    let left = try answer.required("UnprocessedItems", operation, \.object)
    if left.isEmpty { return nil }
    return PutRequests(
      json: JSON.object(left).bytes, count: left.members.reduce(0) { $0 + ($1.value.array?.count ?? 0) })
  }

  /// Reads one page of a query.
  ///
  /// - Parameters:
  ///   - query: the same for every page.
  ///   - start: ``Page/lastKey`` of the page before; nil for the first page.
  /// - Throws: ``AWSError``.
  public func query(_ query: Query, after start: Item? = nil) async throws(AWSError) -> Page {
    try Page(try await answer(query, after: start))
  }

  /// The same with items that are still bytes.
  package func answer(_ query: Query, after start: Item? = nil) async throws(AWSError) -> DynamoDBAnswer {
    var input: JSONObject = [
      "TableName": .string(query.table), "KeyConditionExpression": .string(query.keyCondition),
      "ScanIndexForward": .bool(query.ascending), "ConsistentRead": .bool(query.consistent),
    ]
    input["FilterExpression"] = query.filter.map { .string($0) }
    input["ProjectionExpression"] = query.projection.map { .string($0) }
    input["Limit"] = query.limit.map { .integer($0) }
    Self.add(nil, query.names, query.values, to: &input)
    return try await answer("Query", input, start)
  }

  /// Reads one page of a whole table.
  ///
  /// - Parameters:
  ///   - table: a name or an ARN.
  ///   - filter: which of the items read are returned, such as `#kind = :kind`; nil returns all.
  ///   - projection: attributes to return, each named through `names`; nil returns all.
  ///   - names: what each `#name` of the expressions means.
  ///   - values: what each `:name` of the filter means.
  ///   - limit: how many items the page reads before the filter; nil reads up to 1 MB.
  ///   - consistent: true reads everything that was written before, at twice the price.
  ///   - start: ``Page/lastKey`` of the page before, or a key put together by hand, whether or not there is such an item; nil
  ///     for the first page.
  /// - Throws: ``AWSError``.
  public func scan(
    _ table: String, filter: String? = nil, projection: String? = nil, names: [String: String] = [:],
    values: Item = [:], limit: Int? = nil, consistent: Bool = false, after start: Item? = nil
  ) async throws(AWSError) -> Page {
    try Page(
      try await scanAnswer(
        table, filter: filter, projection: projection, names: names, values: values, limit: limit,
        consistent: consistent, after: start))
  }

  /// The same with items that are still bytes.
  package func scanAnswer(
    _ table: String, filter: String? = nil, projection: String? = nil, names: [String: String] = [:],
    values: Item = [:], limit: Int? = nil, consistent: Bool = false, after start: Item? = nil
  ) async throws(AWSError) -> DynamoDBAnswer {
    var input: JSONObject = ["TableName": .string(table)]
    input["FilterExpression"] = filter.map { .string($0) }
    input["ProjectionExpression"] = projection.map { .string($0) }
    input["Limit"] = limit.map { .integer($0) }
    if consistent { input["ConsistentRead"] = true }
    Self.add(nil, names, values, to: &input)
    return try await answer("Scan", input, start)
  }

  private func answer(
    _ operation: String, _ input: JSONObject, _ start: Item?
  ) async throws(AWSError) -> DynamoDBAnswer {
    var input = input
    input["ExclusiveStartKey"] = start.map { JSON(item: $0) }
    ask(&input)
    let answer = try await client.call(.dynamoDB, operation, JSON.object(input).bytes) { body throws(AWSError) in
      try DynamoDBAnswer(body, operation: "DynamoDB_20120810.\(operation)")
    }
    tell(answer.capacity, of: operation)
    return answer
  }

  static func item(_ json: JSON, _ operation: String) throws(AWSError) -> Item {
    guard let item = Item(item: json) else {
      throw AWSError(
        .unexpectedAnswer, "an item has a value of no known type", operation: operation)
    }
    return item
  }

  static func add(_ condition: String?, _ names: [String: String], _ values: Item, to input: inout JSONObject) {
    input["ConditionExpression"] = condition.map { .string($0) }
    if !names.isEmpty {
      input["ExpressionAttributeNames"] = .object(names.reduce(into: JSONObject()) { $0[$1.key] = .string($1.value) })
    }
    if !values.isEmpty { input["ExpressionAttributeValues"] = JSON(item: values) }
  }
}

extension DynamoDBClient.Page {
  init(_ answer: DynamoDBAnswer) throws(AWSError) {
    self.init(items: [], lastKey: answer.lastKey)
    var walk = answer.items
    while let item = try walk.nextWhole() { items.append(try DynamoDBClient.item(item, answer.operation)) }
  }
}
