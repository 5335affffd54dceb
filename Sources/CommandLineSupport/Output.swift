import Glibc

/// Writes to the standard streams at once, without a buffer that a crash would take along.
public enum Output {
  public static func line(_ text: String) { write(text + "\n", to: STDOUT_FILENO) }

  public static func errorLine(_ text: String) { error(text + "\n") }

  static func error(_ text: String) { write(text, to: STDERR_FILENO) }

  private static func write(_ text: String, to descriptor: Int32) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return }
      bytes = bytes.dropFirst(count)
    }
  }
}
