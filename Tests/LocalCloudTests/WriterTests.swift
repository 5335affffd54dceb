import CacheSupport
import Foundation
import SQLiteStore
import Synchronization
import Testing

@testable import LocalCloud

/// How requests share the storage.
@Suite struct WriterTests {
  /// A file with a table `t`, and a writer that counts its transactions.
  private final class Bench: Sendable {
    let folder: URL
    let database: Database
    let transactions = Atomic<Int>(0)
    let outcomes = Mutex<[String]>([])

    init() throws {
      folder = FileManager.default.temporaryDirectory.appending(path: "storage-\(UUID())")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      database = try Database(path: folder.appending(path: "data").path)
      try database.with { connection throws(DatabaseError) in
        try connection.execute(
          """
          PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA foreign_keys = ON;
          CREATE TABLE t (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES t(id) DEFERRABLE INITIALLY DEFERRED)
          """)
      }
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    func writer(timeLimit: Duration = .seconds(60)) -> Writer {
      Writer(database, timeLimit: timeLimit) { [self] _ in transactions.add(1, ordering: .relaxed) }
    }

    /// Lets statements be written as one batch, and gives what each was answered, in order.
    func run(_ statements: [String], on writer: Writer) -> [String] {
      let (hasBegun, isHeld, isDone) = (
        DispatchSemaphore(value: 0), DispatchSemaphore(value: 0), DispatchSemaphore(value: 0)
      )
      // The first holds the writer up until all wait.
      writer.submit(
        Writer.Write(
          perform: { _ in
            hasBegun.signal()
            isHeld.wait()
            return {}
          }, fail: { _ in }))
      hasBegun.wait()
      let answers = Mutex<[Int: String]>([:])
      for (index, sql) in statements.enumerated() {
        writer.submit(
          Writer.Write(
            perform: { connection throws(ServiceError) in
              try storing { try connection.execute(sql) }
              if sql.hasSuffix("-- refused") { throw .coral("Refused") }
              return {
                answers.withLock { $0[index] = "done" }
                isDone.signal()
              }
            },
            fail: { error in
              answers.withLock { $0[index] = "\(error.status)" }
              isDone.signal()
            }))
      }
      isHeld.signal()
      for _ in statements { isDone.wait() }
      return answers.withLock { answers in statements.indices.map { answers[$0] ?? "nothing" } }
    }

    func ids() throws -> [Int64] {
      try database.with { connection throws(DatabaseError) in
        try connection.rows("SELECT id FROM t ORDER BY id").compactMap { $0[0].integer }
      }
    }
  }

  private static let endless =
    "INSERT INTO t (id) WITH RECURSIVE s(n) AS (SELECT 100 UNION ALL SELECT n + 1 FROM s) SELECT n FROM s"

  @Test("Writes that wait share a transaction, and the error of one undoes that one alone") func groups() throws {
    let bench = try Bench()
    let writer = bench.writer()
    let answers = bench.run(
      [
        "INSERT INTO t (id) VALUES (1)", "INSERT INTO t (id) VALUES (2) -- refused", "INSERT INTO t (id) VALUES (1)",
        "INSERT INTO t (id) VALUES (3)",
      ], on: writer)
    #expect(answers == ["done", "400", "500", "done"])
    #expect(try bench.ids() == [1, 3])
    #expect(bench.transactions.load(ordering: .relaxed) == 2)
    writer.stop()
  }

  @Test("Where the commit fails, every write of the batch has failed") func failedCommit() throws {
    let bench = try Bench()
    let writer = bench.writer()
    // The missing parent is noticed by the commit.
    let answers = bench.run(
      ["INSERT INTO t (id) VALUES (1)", "INSERT INTO t VALUES (2, 99)", "INSERT INTO t (id) VALUES (3) -- refused"],
      on: writer)
    #expect(answers == ["500", "500", "500"])
    #expect(try bench.ids() == [])
    #expect(bench.run(["INSERT INTO t (id) VALUES (4)"], on: writer) == ["done"])
    writer.stop()
  }

  @Test("A write that takes too long is ended alone, though SQLite undoes the whole transaction") func overlong() throws
  {
    let bench = try Bench()
    let writer = bench.writer(timeLimit: .milliseconds(100))
    let answers = bench.run(
      ["INSERT INTO t (id) VALUES (1)", Self.endless, "INSERT INTO t (id) VALUES (2)"], on: writer)
    #expect(answers == ["done", "503", "done"])
    #expect(try bench.ids() == [1, 2])
    writer.stop()
  }

  @Test("After the end writes are refused") func stopped() throws {
    let bench = try Bench()
    let writer = bench.writer()
    writer.stop()
    let answer = Mutex("")
    writer.submit(Writer.Write(perform: { _ in {} }, fail: { error in answer.withLock { $0 = "\(error.status)" } }))
    #expect(answer.withLock { $0 } == "503")
  }

  @Test("A read waits for no write, and sees what is committed") func readsBeside() throws {
    let storage = try Storage(
      folder: nil, schemas: [StorageSchema(module: "test", steps: ["CREATE TABLE t (id INTEGER)"])])
    let (hasWritten, mayCommit, isDone) = (
      DispatchSemaphore(value: 0), DispatchSemaphore(value: 0), DispatchSemaphore(value: 0)
    )
    storage.write { connection throws(ServiceError) in
      try storing { try connection.run("INSERT INTO t VALUES (1)") }
      hasWritten.signal()
      mayCommit.wait()
    } then: { (_: Result<Void, ServiceError>) in
      isDone.signal()
    }
    hasWritten.wait()
    func count() throws -> Int64? {
      try storage.read { connection throws(ServiceError) in
        try storing { try connection.row("SELECT count(*) FROM t")?[0].integer }
      }
    }
    #expect(try count() == 0)
    mayCommit.signal()
    isDone.wait()
    #expect(try count() == 1)
    #expect(throws: ServiceError.self) {
      try storage.read { connection throws(ServiceError) in try storing { try connection.run("DELETE FROM t") } }
    }
    // A write that waits for another would wait for ever.
    let nested: String = try storage.writeAndWait { _ throws(ServiceError) in
      do throws(ServiceError) {
        return try storage.writeAndWait { _ throws(ServiceError) in "written" }
      } catch { return error.type }
    }
    #expect(nested == "com.amazon.coral.service#ServiceUnavailableException")
  }

  @Test("The write-ahead log starts anew once those who read from it have ended") func logIsCut() throws {
    let bench = try Bench()
    let path = bench.folder.appending(path: "data").path
    let threads = RequestThreads(count: 1)
    defer { threads.stop() }
    let checkpoints = try Checkpoints(of: bench.database, path: path, threads: threads, mostPages: 20)
    let writer = Writer(bench.database) { checkpoints.keepShort($0) }
    let reader = try Database(path: path)
    try reader.with { connection throws(DatabaseError) in
      try connection.run("BEGIN")
      _ = try connection.row("SELECT count(*) FROM t")
    }
    func write(_ ids: Range<Int>) {
      for id in ids { #expect(bench.run(["INSERT INTO t (id) VALUES (\(id))"], on: writer) == ["done"]) }
    }
    write(0..<60)
    #expect(checkpoints.length > 50)
    try reader.with { connection throws(DatabaseError) in try connection.run("COMMIT") }
    write(60..<120)
    #expect(checkpoints.length < 50)
    writer.stop()
  }
}
