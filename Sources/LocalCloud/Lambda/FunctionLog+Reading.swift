import CacheSupport
import Glibc

extension FunctionLog {
  /// A place in a log, also after its file was renamed: the file's number and the bytes before.
  struct Position: Sendable, Hashable {
    fileprivate var file: UInt64
    fileprivate var offset: Int64

    fileprivate init(file: UInt64, offset: Int64) {
      self.file = file
      self.offset = offset
    }

    /// - Returns: nil for what no ``text`` is.
    init?(_ text: String) {
      let parts = text.split(separator: "-", omittingEmptySubsequences: false).map(String.init)
      guard parts.count == 2, let file = UInt64(parts[0]), let offset = Int64(parts[1]), offset >= 0 else { return nil }
      self.init(file: file, offset: offset)
    }

    var text: String { "\(file)-\(offset)" }
  }

  /// Bytes that one reading gives at most.
  static let readingLimit: Int = 1 << 20

  /// What was printed from a place on, up to the end of the last line that is whole; what is kept from its beginning on without one,
  /// or where the place's file is gone. One line may come in two readings: where it is longer than the limit, or lies in two files.
  ///
  /// - Parameter isWhole: whether the last line is given, too, where it has no end yet.
  /// - Returns: nothing at the end of the log; the place after what is returned.
  func read(
    after position: Position? = nil, limit: Int = readingLimit, isWhole: Bool = false
  ) -> (bytes: [UInt8], next: Position) {
    var position = position
    // Opened first: where it is renamed from now on, it is still the one that was looked at.
    let newer = OpenLog(path)
    if let older = OpenLog(path + ".1"), older.number != newer?.number,
      position.map({ $0.file != newer?.number }) ?? true
    {
      let offset = position?.file == older.number ? position?.offset ?? 0 : 0
      let bytes = older.bytes(from: offset, limit: limit, endsWithLine: false)
      position = Position(file: older.number, offset: offset + Int64(bytes.count))
      if let position, !bytes.isEmpty { return (bytes, position) }
    }
    guard let newer else { return ([], position ?? Position(file: 0, offset: 0)) }
    var offset = position?.file == newer.number ? position?.offset ?? 0 : 0
    // The file has begun anew.
    if offset > newer.size { offset = 0 }
    let bytes = newer.bytes(from: offset, limit: limit, endsWithLine: !isWhole)
    return (bytes, Position(file: newer.number, offset: offset + Int64(bytes.count)))
  }
}

/// A log's file, open for reading.
private final class OpenLog {
  private let descriptor: Int32
  /// By which the file is known under any name.
  let number: UInt64
  /// Bytes, when it was opened.
  let size: Int64

  init?(_ path: String) {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else {
      close(descriptor)
      return nil
    }
    self.descriptor = descriptor
    number = UInt64(status.st_ino)
    size = Int64(status.st_size)
  }

  deinit { close(descriptor) }

  /// - Parameter endsWithLine: whether what follows the last line's end at the file's end is left for later.
  func bytes(from offset: Int64, limit: Int, endsWithLine: Bool) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: limit)
    var count = 0
    while count < limit {
      let read = unsafe bytes.withUnsafeMutableBytes { buffer in
        unsafe pread(
          descriptor, UnsafeMutableRawBufferPointer(rebasing: buffer[count...]).baseAddress, limit - count,
          off_t(offset) + off_t(count))
      }
      if read < 0, errno == EINTR { continue }
      guard read > 0 else { break }
      count += read
    }
    guard endsWithLine || count == limit else { return Array(bytes[..<count]) }
    let end = bytes[..<count].lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 }
    return Array(bytes[..<(end ?? (count == limit ? count : 0))])
  }
}
