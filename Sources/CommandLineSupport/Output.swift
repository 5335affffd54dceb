import Glibc

/// Writes to the standard streams at once, without a buffer that a crash would take along.
package enum Output {
  package static func line(_ text: String) { write(text + "\n", to: STDOUT_FILENO) }

  package static func errorLine(_ text: String) { error(text + "\n") }

  static func error(_ text: String) { write(text, to: STDERR_FILENO) }

  /// Writes all of a text; what a reader that went away no longer takes is dropped.
  static func write(_ text: String, to descriptor: Int32) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      if count < 0, errno == EAGAIN {
        // Another program made the stream non-blocking, which it then is for all who share it.
        var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        _ = unsafe poll(&ready, 1, -1)
        continue
      }
      guard count > 0 else { return }
      bytes = bytes.dropFirst(count)
    }
  }
}
