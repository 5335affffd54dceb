import CacheSupport
import Foundation
import SQLiteStore

/// The local cloud's one SQLite file.
final class Storage: Sendable {
  /// Every write, and reads that must see them, go through here.
  let database: Database
  /// Opens further connections for queries that may take long; they see what is committed.
  let path: String
  var folder: String { dataFolder.path }
  private let dataFolder: DataFolder
  private let check: DataCheck
  /// Where requests run.
  let threads = RequestThreads(count: 8)
  let readers: Readers
  let writer: Writer
  let work: WorkCounter

  /// - Parameters:
  ///   - folder: where the file is kept; nil keeps it in a folder that goes when this object does.
  ///   - schemas: the modules' tables.
  ///   - isDurable: whether what is answered survives the end of the machine, and not only of this process.
  /// - Throws: ``DataFolder/Failure``, and a `DatabaseError` where SQLite fails later than at its opening.
  init(folder: String?, schemas: [StorageSchema], isDurable: Bool = false) throws {
    if let folder { dataFolder = try .kept(at: folder) } else { dataFolder = try .temporary() }
    path = Self.path(in: dataFolder)
    database = try Self.open(dataFolder, isDurable: isDurable, schemas)
    check = try DataCheck(dataFolder) { words in
      FileHandle.standardError.write(Data("local-cloud: \(words)\n".utf8))
    }
    readers = Readers(path: path)
    let checkpoints = try Checkpoints(of: database, path: path, threads: threads)
    let work = WorkCounter()
    self.work = work
    writer = Writer(database) { connection in
      work.add(connection)
      checkpoints.keepShort(connection)
    }
  }

  deinit { close() }

  /// Writes what waits, and lets the threads end; a temporary folder goes. The folder is this object's as long as it lives.
  func close() {
    check.stop()
    writer.stop()
    threads.stop()
    if dataFolder.isTemporary { return dataFolder.remove() }
    database.with { connection in
      connection.waitForLocks(milliseconds: Checkpoints.longestWait)
      // One file is easier to copy than a file and its log; where somebody still reads, the next start moves the rest.
      _ = try? connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    }
  }
}
