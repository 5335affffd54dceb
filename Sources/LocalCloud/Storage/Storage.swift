import CacheSupport
import SQLiteStore

/// The local cloud's one SQLite file.
final class Storage: Sendable {
  /// The connection of the writer, which nobody else uses.
  private let database: Database
  /// The file, for further connections.
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
    check = DataCheck(dataFolder, tell: Notice.tell)
    database = try Self.open(dataFolder, isDurable: isDurable, schemas, check)
    check.goOn()
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
      do throws(DatabaseError) { try connection.execute("PRAGMA wal_checkpoint(TRUNCATE)") } catch {
        Notice.tell("what was written last is in \(path)-wal, not in the file beside it: \(error.message)")
      }
    }
  }
}
