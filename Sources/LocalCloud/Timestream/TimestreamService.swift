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
  /// Its scheduled queries, and the rows of deleted tables.
  let tasks: BackgroundTasks

  var operations: [Operation] { management + [store.writeRecords] + queries + scheduledQueries }

  /// An operation whose input is read as a tree.
  private func operation(
    _ name: String, _ begin: @escaping @Sendable (inout Input) throws(ServiceError) -> Operation.Step
  ) -> Operation {
    Operation(name) { request throws(ServiceError) in
      var input = try request.input()
      return try begin(&input)
    }
  }

  // MARK: Tables

  private var management: [Operation] {
    [
      Operation("DescribeEndpoints") { request throws(ServiceError) in .answer(Answer(endpoints(request.http))) },
      operation("CreateDatabase", store.createDatabase), operation("DescribeDatabase", store.describeDatabase),
      operation("ListDatabases", store.listDatabases), operation("UpdateDatabase", store.updateDatabase),
      operation("DeleteDatabase", store.deleteDatabase),
      operation("CreateTable", store.createTable), operation("DescribeTable", store.describeTable),
      operation("ListTables", store.listTables), operation("UpdateTable", store.updateTable),
      operation("DeleteTable", store.deleteTable),
      operation("TagResource", store.tagResource), operation("UntagResource", store.untagResource),
      operation("ListTagsForResource", store.listTags),
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
      operation("CancelQuery") { [engine] input throws(ServiceError) in
        .answer(Answer(try engine.results.cancel(try QueryRequest.id(&input))))
      },
      Operation("PrepareQuery") { [engine] request throws(ServiceError) in
        var input = try request.input()
        let sql = try QueryEngine.preparedText(&input)
        return .waiting { () async throws(ServiceError) in
          try await engine.onThread { budget throws(ServiceError) in Answer(try engine.prepare(sql, budget: budget)) }
        }
      },
      operation("DescribeAccountSettings", settings.describe), operation("UpdateAccountSettings", settings.update),
    ]
  }

  // MARK: Scheduled queries

  private var scheduledQueries: [Operation] {
    [
      operation("CreateScheduledQuery", scheduled.queries.create),
      operation("DescribeScheduledQuery", scheduled.queries.describe),
      operation("ListScheduledQueries", scheduled.queries.list),
      operation("UpdateScheduledQuery", scheduled.queries.update),
      operation("DeleteScheduledQuery", scheduled.queries.delete),
      operation("ExecuteScheduledQuery", scheduled.execute),
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
