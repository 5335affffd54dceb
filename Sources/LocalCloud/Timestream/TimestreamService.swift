import CacheSupport

/// Amazon Timestream for LiveAnalytics: ingestion and queries, which share a target prefix and tell apart by operation.
struct TimestreamService: Service {
  let targetPrefix = "Timestream_20181101"
  let signingName = "timestream"
  let jsonVersion = "1.0"
  let store: TimestreamStore
  let engine: QueryEngine
  let settings: AccountSettings
  let scheduled: ScheduledQueryRunner
  /// The address that DescribeEndpoints names, where the request has no `Host`.
  let address: @Sendable () -> String

  func call(_ operation: String, _ object: JSONObject, _ request: ServerRequest) throws(ServiceError) -> ServiceReply {
    var input = Input(object)
    switch operation {
    case "DescribeEndpoints":
      // Clients put https:// before an address without a scheme, so it carries the one by which they came.
      let scheme = request[header: "x-forwarded-proto"] ?? String(address().prefix { $0 != ":" })
      let endpoint = request[header: "host"].map { "\(scheme)://\($0)" } ?? address()
      return .now(["Endpoints": [["Address": .string(endpoint), "CachePeriodInMinutes": 1440]]])
    case "CreateDatabase": return .now(["Database": try store.createDatabase(&input)])
    case "DescribeDatabase": return .now(["Database": try store.describeDatabase(&input)])
    case "ListDatabases": return .now(try store.listDatabases(&input))
    case "UpdateDatabase": return .now(["Database": try store.updateDatabase(&input)])
    case "DeleteDatabase":
      try store.deleteDatabase(&input)
      return .now([:])
    case "DeleteTable":
      try store.deleteTable(&input)
      return .now([:])
    case "TagResource":
      try store.tagResource(&input)
      return .now([:])
    case "UntagResource":
      try store.untagResource(&input)
      return .now([:])
    case "ListTagsForResource": return .now(try store.listTags(&input))
    case "CreateTable": return .now(["Table": try store.createTable(&input)])
    case "UpdateTable": return .now(["Table": try store.updateTable(&input)])
    case "DescribeTable": return .now(["Table": try store.describeTable(&input)])
    case "ListTables": return .now(try store.listTables(&input))
    case "WriteRecords": return .now(try store.writeRecords(&input))
    case "Query":
      let answer = try engine.prepare(&input)
      return .later { await answer() }
    case "CancelQuery": return .now(try engine.cancel(&input))
    case "PrepareQuery": return .now(try engine.prepareQuery(&input))
    case "CreateScheduledQuery": return .now(try scheduled.queries.create(&input))
    case "DescribeScheduledQuery": return .now(try scheduled.queries.describe(&input))
    case "ListScheduledQueries": return .now(try scheduled.queries.list(&input))
    case "UpdateScheduledQuery":
      try scheduled.queries.update(&input)
      return .now([:])
    case "DeleteScheduledQuery":
      try scheduled.queries.delete(&input)
      return .now([:])
    case "ExecuteScheduledQuery":
      try scheduled.execute(&input)
      return .now([:])
    case "DescribeAccountSettings": return .now(try settings.describe())
    case "UpdateAccountSettings": return .now(try settings.update(&input))
    default: throw .unknownOperation(operation)
    }
  }
}

extension ServiceError {
  static func timestream(
    _ code: String, _ message: String, status: Int = 400, members: JSONObject = [:]
  ) -> ServiceError {
    ServiceError(
      status: status, type: "com.amazonaws.timestream.v20181101#\(code)", message: message, members: members,
      messageName: "Message")
  }
}
