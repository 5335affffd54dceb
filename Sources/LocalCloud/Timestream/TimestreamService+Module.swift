import CacheSupport

extension TimestreamService {
  static let resourceTypes: [any TemplateResource.Type] = [DatabaseResource.self, HistoryTableResource.self]

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
    }
    for table in stack.all(HistoryTableResource.self) {
      let isNew = try create("CreateTable", table.input, in: storage, unless: "ConflictException")
      if !isNew { try call("UpdateTable", table.input, in: storage) }
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
