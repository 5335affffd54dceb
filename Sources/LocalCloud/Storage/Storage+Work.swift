import SQLiteStore
import Synchronization

/// The work of requests on the storage. Nothing of it runs on the HTTP server's threads, nor on Swift's.
extension Storage {
  /// Runs a body on a reader: it sees one state of the storage, and waits for no writer.
  func read<Value: Sendable>(_ body: (Connection) throws(ServiceError) -> Value) throws(ServiceError) -> Value {
    try readers.with { connection throws(ServiceError) in
      defer { work.add(connection) }
      return try body(connection)
    }
  }

  /// As ``read(_:)``, on one of the request threads while the task waits.
  func read<Value: Sendable>(
    _ body: @escaping @Sendable (Connection) throws(ServiceError) -> Value
  ) async throws(ServiceError) -> Value {
    let result: Result<Value, ServiceError> = await withCheckedContinuation { continuation in
      threads.run { [self] in
        continuation.resume(returning: Result { () throws(ServiceError) in try read(body) })
      }
    }
    return try result.get()
  }

  /// Runs a body on the writer's thread, so that all of it holds or none, and tells the caller once it is committed.
  ///
  /// - Parameters:
  ///   - body: may run twice where another write undid the first time: what it remembers outside the storage must not mind.
  ///   - then: runs on the writer's thread too, and must be quick.
  func write<Value: Sendable>(
    _ body: @escaping @Sendable (Connection) throws(ServiceError) -> Value,
    then: @escaping @Sendable (Result<Value, ServiceError>) -> Void
  ) {
    writer.submit(
      Writer.Write(
        perform: { connection throws(ServiceError) in
          let value = try body(connection)
          return { then(.success(value)) }
        }, fail: { then(.failure($0)) }))
  }

  /// As ``write(_:then:)``; the task waits.
  func write<Value: Sendable>(
    _ body: @escaping @Sendable (Connection) throws(ServiceError) -> Value
  ) async throws(ServiceError) -> Value {
    let result: Result<Value, ServiceError> = await withCheckedContinuation { continuation in
      write(body) { continuation.resume(returning: $0) }
    }
    return try result.get()
  }

  /// As ``write(_:then:)``; the thread waits. For what has a thread of its own: requests give back ``Operation/Step/writing(_:)``.
  func writeAndWait<Value: Sendable>(
    _ body: @escaping @Sendable (Connection) throws(ServiceError) -> Value
  ) throws(ServiceError) -> Value {
    guard !writer.isOwnThread else { throw .unavailable("a write cannot wait for another one") }
    let result = Awaited<Value>()
    write(body) { result.set($0) }
    return try result.wait().get()
  }

  /// The steps of SQLite's virtual machine that reads and writes have taken since the last time: what they cost, whatever the
  /// machine's speed.
  func takeStepCount() -> Int { work.take() }
}

/// Adds up what all connections have done.
final class WorkCounter: Sendable {
  private let steps = Atomic<Int>(0)

  func add(_ connection: Connection) { steps.add(connection.takeStepCount(), ordering: .relaxed) }

  func take() -> Int { steps.exchange(0, ordering: .relaxed) }
}
