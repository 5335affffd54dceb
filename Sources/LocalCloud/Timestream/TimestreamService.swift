import CacheSupport
import SQLiteStore

/// Amazon Timestream for LiveAnalytics: ingestion and queries, which share a target prefix and tell apart by operation.
struct TimestreamService: ServiceModule {
  let endpoint: JSONEndpoint? = JSONEndpoint(
    targetPrefix: "Timestream_20181101", signingName: "timestream", jsonVersion: "1.0")
  let store: TimestreamStore
  let engine: QueryEngine
  let settings: AccountSettings
  let scheduled: ScheduledQueryRunner
  /// The address that DescribeEndpoints names, where the request has no `Host`.
  let address: @Sendable () -> String
  let storage: Storage
  /// Its scheduled queries.
  let tasks: BackgroundTasks

  var operations: [Operation] { management + [store.writeRecords] + queries + scheduledQueries }

  // MARK: Tables

  /// An operation that answers by itself.
  private func operation(
    _ name: String, _ body: @escaping @Sendable (inout Input) throws(ServiceError) -> JSON
  ) -> Operation {
    Operation(name) { request throws(ServiceError) in
      var input = try request.input()
      return .answer(Answer(try body(&input)))
    }
  }

  private var management: [Operation] {
    [
      Operation("DescribeEndpoints") { request throws(ServiceError) in .answer(Answer(endpoints(request.http))) },
      operation("CreateDatabase") { input throws(ServiceError) in ["Database": try store.createDatabase(&input)] },
      operation("DescribeDatabase") { input throws(ServiceError) in ["Database": try store.describeDatabase(&input)] },
      operation("ListDatabases") { input throws(ServiceError) in try store.listDatabases(&input) },
      operation("UpdateDatabase") { input throws(ServiceError) in ["Database": try store.updateDatabase(&input)] },
      operation("DeleteDatabase") { input throws(ServiceError) in
        try store.deleteDatabase(&input)
        return [:]
      },
      operation("CreateTable") { input throws(ServiceError) in ["Table": try store.createTable(&input)] },
      operation("DescribeTable") { input throws(ServiceError) in ["Table": try store.describeTable(&input)] },
      operation("ListTables") { input throws(ServiceError) in try store.listTables(&input) },
      operation("UpdateTable") { input throws(ServiceError) in ["Table": try store.updateTable(&input)] },
      operation("DeleteTable") { input throws(ServiceError) in
        try store.deleteTable(&input)
        return [:]
      },
      operation("TagResource") { input throws(ServiceError) in
        try store.tagResource(&input)
        return [:]
      },
      operation("UntagResource") { input throws(ServiceError) in
        try store.untagResource(&input)
        return [:]
      },
      operation("ListTagsForResource") { input throws(ServiceError) in try store.listTags(&input) },
    ]
  }

  private func endpoints(_ request: ServerRequest) -> JSON {
    // Clients put https:// before an address without a scheme, so it carries the one by which they came.
    let scheme = request[header: "x-forwarded-proto"] ?? String(address().prefix { $0 != ":" })
    let endpoint = request[header: "host"].map { "\(scheme)://\($0)" } ?? address()
    return ["Endpoints": [["Address": .string(endpoint), "CachePeriodInMinutes": 1440]]]
  }

  // MARK: Queries

  private var queries: [Operation] {
    [
      Operation("Query") { [engine] request throws(ServiceError) in
        var input = try request.input()
        let query = try QueryRequest(&input)
        if let known = try engine.known(query) { return .answer(known) }
        return .waiting { () async throws(ServiceError) in try await engine.answer(query) }
      },
      operation("CancelQuery") { input throws(ServiceError) in
        try engine.results.cancel(try QueryRequest.id(&input))
      },
      Operation("PrepareQuery") { [engine] request throws(ServiceError) in
        var input = try request.input()
        let sql = try QueryEngine.preparedText(&input)
        return .waiting { () async throws(ServiceError) in
          try await engine.onThread { budget throws(ServiceError) in Answer(try engine.prepare(sql, budget: budget)) }
        }
      },
      operation("DescribeAccountSettings") { _ throws(ServiceError) in try settings.describe() },
      operation("UpdateAccountSettings") { input throws(ServiceError) in try settings.update(&input) },
    ]
  }

  // MARK: Scheduled queries

  private var scheduledQueries: [Operation] {
    [
      Operation("CreateScheduledQuery") { [engine, scheduled] request throws(ServiceError) in
        let object = try request.input().object
        return .waiting { () async throws(ServiceError) in
          try await engine.onThread { budget throws(ServiceError) in
            var input = Input(object)
            return Answer(try scheduled.queries.create(&input, budget: budget))
          }
        }
      },
      operation("DescribeScheduledQuery") { input throws(ServiceError) in try scheduled.queries.describe(&input) },
      operation("ListScheduledQueries") { input throws(ServiceError) in try scheduled.queries.list(&input) },
      operation("UpdateScheduledQuery") { input throws(ServiceError) in
        try scheduled.queries.update(&input)
        return [:]
      },
      operation("DeleteScheduledQuery") { input throws(ServiceError) in
        try scheduled.queries.delete(&input)
        return [:]
      },
      operation("ExecuteScheduledQuery") { input throws(ServiceError) in
        try scheduled.execute(&input)
        return [:]
      },
    ]
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
