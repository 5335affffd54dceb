import CacheSupport

extension TimestreamService {
  static let resourceTypes: [any TemplateResource.Type] = [
    DatabaseResource.self, HistoryTableResource.self, ScheduledQueryResource.self,
  ]

  init(_ context: ModuleContext) throws {
    let tasks = BackgroundTasks()
    let store = TimestreamStore(
      storage: context.storage, account: context.account, clock: context.clock, tasks: tasks)
    let engine = try QueryEngine(
      store: store, clock: context.clock, resultMemory: context.options.resultMemory,
      timeLimit: context.options.queryTimeLimit)
    self.init(
      store: store, engine: engine, settings: AccountSettings(),
      scheduled: ScheduledQueryRunner(queries: ScheduledQueryStore(engine: engine), tasks: tasks),
      address: { [place = context.place] in place.address }, storage: context.storage, tasks: tasks)
  }

  func standUp(_ stack: Stack, _ state: inout StackState) throws(ServiceError) {
    for database in stack.all(DatabaseResource.self) {
      try create("CreateDatabase", ["DatabaseName": .string(database.name)], in: storage, unless: "ConflictException")
      try setTags(
        database.tags, on: "database/\(database.name)", leaving: state.takeTags(of: database, database.tags))
    }
    for table in stack.all(HistoryTableResource.self) {
      let isNew = try create("CreateTable", table.input, in: storage, unless: "ConflictException")
      if !isNew { try call("UpdateTable", table.input, in: storage) }
      try setTags(
        table.tags, on: "database/\(table.database)/table/\(table.table)",
        leaving: state.takeTags(of: table, table.tags))
    }
    for query in stack.all(ScheduledQueryResource.self) {
      try scheduled.queries.standUp(query)
      try setTags(query.tags, on: query.path, leaving: state.takeTags(of: query, query.tags))
    }
  }

  private func setTags(_ tags: ResourceTags, on path: String, leaving keys: [String]) throws(ServiceError) {
    let arn = JSON.string("arn:aws:timestream:\(store.account.region):\(store.account.id):\(path)")
    if !keys.isEmpty {
      try call("UntagResource", ["ResourceARN": arn, "TagKeys": .array(keys.map { .string($0) })], in: storage)
    }
    if !tags.isEmpty { try call("TagResource", ["ResourceARN": arn, "Tags": tags.list], in: storage) }
  }

  func delete(_ resource: StackResource) throws(ServiceError) {
    switch resource.data?.type {
    case DatabaseResource.type:
      try delete(
        "DeleteDatabase", ["DatabaseName": .string(resource.physicalID)], in: storage,
        unless: "ResourceNotFoundException")
    case HistoryTableResource.type:
      // Earlier versions wrote `database.table`.
      let separator = resource.physicalID.contains("|") ? "|" : "."
      let names = resource.physicalID.split(separator: separator, maxSplits: 1).map { JSON.string(String($0)) }
      guard names.count == 2 else { return }
      try delete(
        "DeleteTable", ["DatabaseName": names[0], "TableName": names[1]], in: storage,
        unless: "ResourceNotFoundException")
    case ScheduledQueryResource.type:
      try delete(
        "DeleteScheduledQuery", ["ScheduledQueryArn": .string(resource.physicalID)], in: storage,
        unless: "ResourceNotFoundException")
    default: break
    }
  }

  var sweeps: [Sweep] {
    [
      Sweep(name: "the removal of records past their retention", every: .seconds(3600)) {
        [store] () async throws(ServiceError) in try await store.sweepExpired()
      }
    ]
  }

  func start() { tasks.run { [scheduled] in await scheduled.run() } }

  func stop() async {
    engine.stop()
    await tasks.stop()
  }
}
