import CSQLite
import Synchronization

/// A bound for the files that SQLite makes beside a database for as long as a statement runs: rows that are sorted, tables that are
/// materialised. What would make them larger fails with `SQLITE_FULL`, before it is written.
///
/// It is a file system of SQLite's, <https://www.sqlite.org/vfs.html>: the system's own, which counts the bytes of such files. SQLite keeps it
/// for as long as the process lives.
public final class TemporaryFiles: Sendable {
  /// Bytes that the files of all connections may have together.
  public var limit: Int { allowance.limit }
  /// SQLite's name of the file system.
  let name: String
  private let allowance: Allowance

  private static let count = Atomic(0)

  /// Files that take no more than this together.
  public init(limit: Int) throws(DatabaseError) {
    allowance = Allowance(limit)
    name = "bounded-\(Self.count.wrappingAdd(1, ordering: .relaxed).newValue)"
    guard let system = unsafe sqlite3_vfs_find(nil) else {
      throw DatabaseError(code: SQLITE_ERROR, message: "there is no file system", sql: "open")
    }
    // It stays registered, so nothing of it is ever freed.
    let made = UnsafeMutablePointer<sqlite3_vfs>.allocate(capacity: 1)
    unsafe made.initialize(to: system.pointee)
    unsafe made.pointee.pNext = nil
    unsafe made.pointee.zName = UnsafePointer(Self.copy(of: name))
    unsafe made.pointee.szOsFile = Int32(Self.header) + system.pointee.szOsFile
    unsafe made.pointee.pAppData = Unmanaged.passRetained(self).toOpaque()
    unsafe made.pointee.xOpen = Self.open
    let code = unsafe sqlite3_vfs_register(made, 0)
    guard code == SQLITE_OK else { throw DatabaseError(code: code, message: "cannot register", sql: "open") }
  }

  /// Bytes that the files have.
  public var bytes: Int { allowance.taken }

  private static func copy(of text: String) -> UnsafeMutablePointer<CChar> {
    let bytes = text.utf8CString
    let copy = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count)
    for (place, byte) in bytes.enumerated() { unsafe copy[place] = byte }
    return unsafe copy
  }

  fileprivate func take(_ count: Int) -> Bool { allowance.take(count) }

  fileprivate func give(_ count: Int) { allowance.give(count) }

  // MARK: Files

  /// What stands before the system's own file; SQLite knows the first member alone.
  @unsafe private struct Header {
    var base: sqlite3_file
    let owner: Unmanaged<TemporaryFiles>
    var size: Int64
  }

  /// Bytes before the system's own file, which may hold anything.
  private static let header = unsafe (MemoryLayout<Header>.size + 15) / 16 * 16

  private typealias File = UnsafeMutablePointer<sqlite3_file>

  private static func header(of file: File) -> UnsafeMutablePointer<Header> {
    unsafe UnsafeMutableRawPointer(file).assumingMemoryBound(to: Header.self)
  }

  private static func own(_ file: File) -> File {
    unsafe (UnsafeMutableRawPointer(file) + header).assumingMemoryBound(to: sqlite3_file.self)
  }

  /// Calls a method of the system's own file.
  private static func onOwn(
    _ file: UnsafeMutablePointer<sqlite3_file>?,
    _ body: (sqlite3_io_methods, UnsafeMutablePointer<sqlite3_file>) -> Int32?
  ) -> Int32 {
    guard let file = unsafe file, let methods = unsafe own(file).pointee.pMethods else { return SQLITE_MISUSE }
    return unsafe body(methods.pointee, own(file)) ?? SQLITE_MISUSE
  }

  private static let temporary =
    SQLITE_OPEN_TEMP_DB | SQLITE_OPEN_TRANSIENT_DB | SQLITE_OPEN_TEMP_JOURNAL | SQLITE_OPEN_SUBJOURNAL

  private static let open:
    @convention(c) (
      UnsafeMutablePointer<sqlite3_vfs>?, UnsafePointer<CChar>?, UnsafeMutablePointer<sqlite3_file>?, Int32,
      UnsafeMutablePointer<Int32>?
    ) -> Int32 = { system, name, file, flags, outcome in
      guard let file = unsafe file, let owner = unsafe system?.pointee.pAppData,
        let system = unsafe sqlite3_vfs_find(nil), let open = unsafe system.pointee.xOpen
      else { return SQLITE_MISUSE }
      guard flags & temporary != 0 else { return unsafe open(system, name, file, flags, outcome) }
      let code = unsafe open(system, name, own(file), flags, outcome)
      unsafe header(of: file).initialize(
        to: Header(base: sqlite3_file(pMethods: nil), owner: .fromOpaque(owner), size: 0))
      guard code == SQLITE_OK else {
        unsafe own(file).pointee.pMethods.map { unsafe _ = $0.pointee.xClose?(own(file)) }
        return code
      }
      unsafe file.pointee.pMethods = unsafe UnsafePointer(methods)
      return code
    }

  /// Grows or shrinks what is counted of a file.
  ///
  /// - Returns: false where there is no room.
  private static func resize(_ file: UnsafeMutablePointer<sqlite3_file>, to size: Int64) -> Bool {
    let header = unsafe header(of: file)
    let (growth, owner) = unsafe (Int(size - header.pointee.size), header.pointee.owner.takeUnretainedValue())
    if growth > 0, !owner.take(growth) { return false }
    if growth < 0 { owner.give(-growth) }
    unsafe header.pointee.size = size
    return true
  }

  /// Made once and kept, for every file refers to it. Nothing writes to it after this.
  private nonisolated(unsafe) static let methods: UnsafeMutablePointer<sqlite3_io_methods> = {
    var methods = sqlite3_io_methods()
    // Without the members of later versions SQLite maps nothing into memory.
    methods.iVersion = 1
    unsafe methods.xClose = { file in
      guard let file = unsafe file else { return SQLITE_MISUSE }
      _ = unsafe resize(file, to: 0)
      return unsafe onOwn(file) { unsafe $0.xClose?($1) }
    }
    unsafe methods.xRead = { file, bytes, count, place in
      unsafe onOwn(file) { unsafe $0.xRead?($1, bytes, count, place) }
    }
    unsafe methods.xWrite = { file, bytes, count, place in
      guard let file = unsafe file else { return SQLITE_MISUSE }
      let end = place + Int64(count)
      guard unsafe end <= header(of: file).pointee.size || resize(file, to: end) else { return SQLITE_FULL }
      return unsafe onOwn(file) { unsafe $0.xWrite?($1, bytes, count, place) }
    }
    unsafe methods.xTruncate = { file, size in
      guard let file = unsafe file else { return SQLITE_MISUSE }
      if unsafe size < header(of: file).pointee.size { _ = unsafe resize(file, to: size) }
      return unsafe onOwn(file) { unsafe $0.xTruncate?($1, size) }
    }
    unsafe methods.xSync = { file, flags in unsafe onOwn(file) { unsafe $0.xSync?($1, flags) } }
    unsafe methods.xFileSize = { file, size in unsafe onOwn(file) { unsafe $0.xFileSize?($1, size) } }
    unsafe methods.xLock = { file, lock in unsafe onOwn(file) { unsafe $0.xLock?($1, lock) } }
    unsafe methods.xUnlock = { file, lock in unsafe onOwn(file) { unsafe $0.xUnlock?($1, lock) } }
    unsafe methods.xCheckReservedLock = { file, outcome in
      unsafe onOwn(file) { unsafe $0.xCheckReservedLock?($1, outcome) }
    }
    unsafe methods.xFileControl = { file, operation, argument in
      unsafe onOwn(file) { unsafe $0.xFileControl?($1, operation, argument) }
    }
    unsafe methods.xSectorSize = { file in unsafe onOwn(file) { unsafe $0.xSectorSize?($1) } }
    unsafe methods.xDeviceCharacteristics = { file in unsafe onOwn(file) { unsafe $0.xDeviceCharacteristics?($1) } }
    let made = UnsafeMutablePointer<sqlite3_io_methods>.allocate(capacity: 1)
    unsafe made.initialize(to: methods)
    return unsafe made
  }()
}
