import Glibc

/// Small files, read whole.
public enum TextFile {
  /// Why a file could not be read.
  public struct Failure: Error, Hashable, CustomStringConvertible {
    public var description: String
    public var isAbsent: Bool
  }

  /// - Parameter limit: the largest file that is read, in bytes.
  public static func read(_ path: String, limit: Int = 1 << 20) throws(Failure) -> String {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure(path) }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 16 << 10)
    while true {
      let count = unsafe Glibc.read(descriptor, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw failure(path) }
      if count == 0 { return String(decoding: bytes, as: UTF8.self) }
      bytes.append(contentsOf: buffer[..<count])
      guard bytes.count <= limit else {
        throw Failure(description: "\(path) is larger than \(limit) bytes", isAbsent: false)
      }
    }
  }

  private static func failure(_ path: String) -> Failure {
    let code = errno
    return unsafe Failure(
      description: "cannot read \(path): \(String(cString: strerror(code)))", isAbsent: code == ENOENT)
  }
}
