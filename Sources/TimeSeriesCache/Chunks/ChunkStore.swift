import AWSClients
import CacheSupport

/// Series in chunks: the rows of a span of time packed into one item of a DynamoDB table.
///
/// ``ChunkHistory`` and ``ChunkForecast`` are this store with its two policies.
struct ChunkStore: Sendable {
  var client: DynamoDBClient
  let table: String
  let policy: ChunkPolicy
  let clock: WallClock
  let hints: ChunkHints = ChunkHints()
  let sleep: @Sendable (Duration) async throws -> Void

  /// Chunks in a table whose keys are `series` (text) and `start` (number).
  ///
  /// - Parameter sleep: waits before what another writer changed is merged and written again.
  init(
    _ client: AWSClient, table: String, policy: ChunkPolicy, clock: WallClock = .system,
    sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
  ) {
    self.client = DynamoDBClient(client)
    self.table = table
    self.policy = policy
    self.clock = clock
    self.sleep = sleep
  }
}
