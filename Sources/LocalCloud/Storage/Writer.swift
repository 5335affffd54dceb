import CacheSupport
import Foundation
import SQLiteStore
import Synchronization

/// The one thread that writes. What waits is written in one transaction, so that many small writes cost one commit.
///
/// Each write runs in a savepoint of its own: its error undoes itself alone. Nobody is answered before the commit, and where
/// that fails, all of the transaction's writes have failed.
final class Writer: Sendable {
  /// A write, and whom to tell.
  struct Write: Sendable {
    /// Writes, and gives back what is to be done once it is committed. It may run again, where another write took the transaction
    /// with it; nothing of the first time holds then.
    var perform: @Sendable (Connection) throws(ServiceError) -> @Sendable () -> Void
    var fail: @Sendable (ServiceError) -> Void
  }

  /// How many writes share a transaction at most.
  static let longestBatch: Int = 128
  /// How many may wait; what comes then is refused.
  static let longestQueue: Int = 10_000
  /// How long a write may take; then it is interrupted, so that it cannot hold up the others for ever.
  static let timeLimit: Duration = .seconds(10)

  private struct State {
    var waiting = Deque<Write>()
    var isStopped = false
  }
  private let state = Mutex(State())
  /// Signalled when something waits that the thread has not been told of.
  private let wake = DispatchSemaphore(value: 0)
  private let threadID = Atomic<pthread_t>(0)
  private let database: Database
  private let timeLimit: Duration
  /// Told after each transaction, and the steps that it took.
  private let afterTransaction: @Sendable (Connection) -> Void

  init(
    _ database: Database, timeLimit: Duration = Writer.timeLimit,
    afterTransaction: @escaping @Sendable (Connection) -> Void
  ) {
    self.database = database
    self.timeLimit = timeLimit
    self.afterTransaction = afterTransaction
    let thread = Thread { [self] in
      threadID.store(pthread_self(), ordering: .relaxed)
      while let batch = next() { run(batch) }
    }
    thread.name = "writer"
    thread.stackSize = RequestThreads.stackSize
    thread.start()
  }

  /// Whether the caller is a write itself, or what follows it: it must not wait for another.
  var isOwnThread: Bool { threadID.load(ordering: .relaxed) == pthread_self() }

  /// How many wait at the moment, without those that are under way.
  var waitingCount: Int { state.withLock { $0.waiting.count } }

  /// Lets a write wait for its turn.
  func submit(_ write: Write) {
    let refusal: ServiceError? = state.withLock { state in
      if state.isStopped { return .unavailable("the storage is closing") }
      guard state.waiting.count < Self.longestQueue else { return .unavailable("too many writes wait") }
      state.waiting.append(write)
      return nil
    }
    if let refusal { write.fail(refusal) } else { wake.signal() }
  }

  /// Lets the thread end once it has written what waits.
  func stop() {
    state.withLock { $0.isStopped = true }
    wake.signal()
  }

  /// Waits for writes; nil once there will be none.
  private func next() -> [Write]? {
    while true {
      wake.wait()
      let (batch, isStopped) = state.withLock { state in
        var batch: [Write] = []
        while batch.count < Self.longestBatch, let write = state.waiting.popFirst() { batch.append(write) }
        if !batch.isEmpty, !state.waiting.isEmpty { wake.signal() }
        return (batch, state.isStopped)
      }
      // A signal may have been for what an earlier batch took along.
      if !batch.isEmpty { return batch }
      if isStopped { return nil }
    }
  }

  private func run(_ batch: [Write]) {
    var rest = batch
    while !rest.isEmpty {
      let (outcomes, again) = database.with { connection in
        let result = transaction(rest, connection)
        afterTransaction(connection)
        return result
      }
      for outcome in outcomes { outcome() }
      rest = again
    }
  }

  /// - Returns: what to tell, and what is to run again because one of the writes ended the transaction.
  private func transaction(
    _ writes: [Write], _ connection: Connection
  ) -> (outcomes: [@Sendable () -> Void], again: [Write]) {
    do throws(DatabaseError) {
      try connection.run("BEGIN IMMEDIATE")
      var outcomes: [@Sendable () -> Void] = []
      for (index, write) in writes.enumerated() {
        let outcome = try savepoint(write, connection)
        guard connection.isInTransaction else {
          return ([outcome], Array(writes[..<index] + writes[(index + 1)...]))
        }
        outcomes.append(outcome)
      }
      try connection.run("COMMIT")
      return (outcomes, [])
    } catch {
      // The failure that brought us here matters more than one of the rollback, which SQLite may have done itself.
      if connection.isInTransaction { try? connection.run("ROLLBACK") }
      return (writes.map { write in { write.fail(.internal(error)) } }, [])
    }
  }

  private func savepoint(_ write: Write, _ connection: Connection) throws(DatabaseError) -> @Sendable () -> Void {
    try connection.run("SAVEPOINT write")
    do throws(ServiceError) {
      let outcome = try connection.limited(to: timeLimit) { () throws(ServiceError) in try write.perform(connection) }
      guard connection.isInTransaction else { throw .unavailable("the write was undone: send it again") }
      do throws(DatabaseError) { try connection.run("RELEASE write") } catch { throw .internal(error) }
      return outcome
    } catch {
      if connection.isInTransaction {
        try connection.run("ROLLBACK TO write")
        try connection.run("RELEASE write")
      }
      return { write.fail(error) }
    }
  }
}

extension Connection {
  /// Runs a body whose statements are interrupted once a time has passed.
  func limited<Value>(
    to limit: Duration, _ body: () throws(ServiceError) -> Value
  ) throws(ServiceError) -> Value {
    let deadline = ContinuousClock.now + limit
    do throws(ServiceError) {
      return try whilst({ ContinuousClock.now < deadline }, body)
    } catch {
      guard error.status >= 500, ContinuousClock.now >= deadline else { throw error }
      throw .unavailable("the request took longer than \(limit) in the storage")
    }
  }
}
