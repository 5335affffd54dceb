import Glibc

/// Small files, read and written whole.
package enum TextFile {
  /// Why a file could not be read or written.
  package struct Failure: Error, Hashable, CustomStringConvertible {
    package var description: String
    /// True where there is no such file.
    package var isAbsent: Bool
  }

  /// The file's text; bytes that are not UTF-8 become replacement characters.
  ///
  /// - Parameter limit: the largest file that is read, in bytes.
  package static func read(_ path: String, limit: Int = 1 << 20) throws(Failure) -> String {
    String(decoding: try bytes(path, limit: limit), as: UTF8.self)
  }

  /// The file's bytes.
  ///
  /// - Parameter limit: the largest file that is read, in bytes.
  package static func bytes(_ path: String, limit: Int) throws(Failure) -> [UInt8] {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure(path) }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 16 << 10)
    while true {
      let count = unsafe Glibc.read(descriptor, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw failure(path) }
      if count == 0 { return bytes }
      bytes.append(contentsOf: buffer[..<count])
      guard bytes.count <= limit else {
        throw Failure(description: "\(path) is larger than \(limit) bytes", isAbsent: false)
      }
    }
  }

  /// Replaces a file in one step, so that nobody reads half of it; only its owner may read it.
  ///
  /// Where it fails, the old file is as it was.
  package static func replace(_ path: String, with text: String) throws(Failure) {
    let draft = "\(path).\(RandomID.uuid()).tmp"
    let descriptor = unsafe open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw failure(draft, "create") }
    do throws(Failure) {
      defer { close(descriptor) }
      var rest = Array(text.utf8)[...]
      while !rest.isEmpty {
        let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { throw failure(draft, "write") }
        rest = rest.dropFirst(count)
      }
      guard fsync(descriptor) == 0 else { throw failure(draft, "write") }
      guard unsafe rename(draft, path) == 0 else { throw failure(path, "replace") }
    } catch {
      unsafe unlink(draft)
      throw error
    }
  }

  /// Removes a file; one that is not there is as good as removed.
  package static func remove(_ path: String) throws(Failure) {
    guard unsafe unlink(path) == 0 || errno == ENOENT else { throw failure(path, "remove") }
  }

  /// The folder of this process's executable.
  package static var executableFolder: String {
    var path = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = unsafe readlink("/proc/self/exe", &path, path.count)
    let bytes = path.prefix(max(count, 0)).map { UInt8(bitPattern: $0) }
    let end = bytes.lastIndex(of: UInt8(ascii: "/")) ?? 0
    return String(decoding: bytes[..<end], as: UTF8.self)
  }

  private static func failure(_ path: String, _ action: String = "read") -> Failure {
    let code = errno
    return unsafe Failure(
      description: "cannot \(action) \(path): \(String(cString: strerror(code)))", isAbsent: code == ENOENT)
  }
}
