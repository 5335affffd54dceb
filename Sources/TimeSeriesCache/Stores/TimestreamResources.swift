import AWSClients
import CacheSupport
import Synchronization

/// Makes the tables of written series, and their database, where a write finds that they are not there.
///
/// However many writers find the same table missing, it is made once. AWS takes one such request a second, so that they wait for each
/// other. One that is there already, because another process was first, counts as made.
final class TimestreamResources: Sendable {
  private struct State {
    /// How often this process has made a table, or found that another one had.
    var tables: [ByteText: Int] = [:]
    var databases = 0
    var inFlight: [ByteText: Task<Result<String?, StoreError>, Never>] = [:]
    /// What is made last of all that waits.
    var tail: Task<Result<String?, StoreError>, Never>?
    /// When AWS was last asked, epoch milliseconds.
    var lastAsked: Int64?
  }

  /// What had been made when a request was sent that found something missing.
  struct Seen: Sendable {
    fileprivate var table: Int
    fileprivate var databases: Int
  }

  /// AWS takes one request of this kind a second.
  static let spacing: Int64 = 1000

  private let client: TimestreamWriteClient
  private let mapping: TimestreamMapping
  private let clock: WallClock
  private let sleep: @Sendable (Duration) async throws(CancellationError) -> Void
  private let state = Mutex(State())

  init(
    _ client: TimestreamWriteClient, _ mapping: TimestreamMapping, clock: WallClock,
    sleep: @escaping @Sendable (Duration) async throws(CancellationError) -> Void
  ) {
    self.client = client
    self.mapping = mapping
    self.clock = clock
    self.sleep = sleep
  }

  /// What has been made so far; to be read before a request is sent.
  func seen(_ table: ByteText) -> Seen {
    state.withLock { Seen(table: $0.tables[table] ?? 0, databases: $0.databases) }
  }

  /// Makes what a request found missing, unless it was made since.
  ///
  /// - Returns: nil where the request can be repeated; else why nothing is made.
  func make(_ table: ByteText, missing error: AWSError, since seen: Seen) async throws(StoreError) -> String? {
    let lacksDatabase = error.message.hasPrefix("The database ")
    let task: Task<Result<String?, StoreError>, Never>? = state.withLock { state in
      if state.tables[table] ?? 0 > seen.table { return nil }
      if let running = state.inFlight[table] { return running }
      let before = state.tail
      let task = Task {
        _ = await before?.value
        let made = await result { () async throws(StoreError) in
          try await makeNow(table, lacksDatabase: lacksDatabase, databases: seen.databases)
        }
        self.state.withLock { state in
          state.inFlight[table] = nil
          if case .success(nil) = made { state.tables[table, default: 0] += 1 }
        }
        return made
      }
      state.inFlight[table] = task
      state.tail = task
      return task
    }
    return try await task?.value.get()
  }

  private func makeNow(
    _ table: ByteText, lacksDatabase: Bool, databases: Int
  ) async throws(StoreError) -> String? {
    if lacksDatabase, state.withLock({ $0.databases }) == databases {
      guard mapping.createsDatabase else {
        return
          "the database '\(mapping.database)' does not exist: make it, or set enable_database_creation to true"
      }
      try await ask { () async throws(AWSError) in
        try await client.createDatabase(
          mapping.database, kmsKeyID: mapping.kmsKeyID, tags: mapping.databaseTags.map { ($0.key, $0.value) })
      }
      state.withLock { $0.databases += 1 }
    }
    guard mapping.createsTables else {
      return "the table '\(table)' does not exist: make it, or set enable_table_creation to true"
    }
    try await ask { () async throws(AWSError) in
      try await client.createTable(
        table.text, in: mapping.database, mapping.tableProperties, tags: mapping.tableTags.map { ($0.key, $0.value) })
    }
    return nil
  }

  /// Asks for one thing, a second after the last one; that it is there already is fine.
  private func ask(_ body: () async throws(AWSError) -> Void) async throws(StoreError) {
    let now = clock.now
    let wait = state.withLock { state in state.lastAsked.map { $0 + Self.spacing - now } ?? 0 }
    if wait > 0 {
      do { try await sleep(.milliseconds(min(wait, Self.spacing))) } catch {
        throw StoreError(.unavailable, "the wait to create a table was cancelled")
      }
    }
    state.withLock { $0.lastAsked = clock.now }
    do throws(AWSError) { try await body() } catch {
      if error.code != .conflict { throw StoreError(error) }
    }
  }
}

extension TimestreamMapping {
  /// What a table that is made here is to be.
  fileprivate var tableProperties: TimestreamWriteClient.TableProperties {
    let key: JSON? =
      switch partitionKey {
      case nil: nil
      case .measure: ["Type": "MEASURE"]
      case .dimension(let name, let isRequired):
        [
          "Type": "DIMENSION", "Name": .string(name), "EnforcementInRecord": isRequired ? "REQUIRED" : "OPTIONAL",
        ]
      }
    return .init(
      memoryHours: memoryHours, magneticDays: magneticDays, magneticWrites: magneticWrites, partitionKey: key)
  }
}
