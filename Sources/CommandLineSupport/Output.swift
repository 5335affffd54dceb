import Glibc
import Synchronization

/// Writes to the standard streams at once, without a buffer that a crash would take along.
package enum Output {
  private static let hasFailed = Atomic<Bool>(false)

  /// Writes a line to standard output. Where that fails, standard error says so, once, and ``end(isGood:)`` ends with 1.
  package static func line(_ text: String) {
    let code = write(text + "\n", to: STDOUT_FILENO)
    guard code != 0, !hasFailed.exchange(true, ordering: .relaxed) else { return }
    unsafe errorLine("standard output cannot be written: \(String(cString: strerror(code)))")
  }

  /// Ends the program: status 0 where all is well and all of the output was written.
  ///
  /// At once: nothing is buffered, and what libraries do at `exit` they would do while threads of theirs still end. libcrypto frees what
  /// belongs to a thread there, and that thread frees it, too.
  package static func end(isGood: Bool = true) -> Never {
    _exit(isGood && !hasFailed.load(ordering: .relaxed) ? 0 : 1)
  }

  package static func errorLine(_ text: String) { error(text + "\n") }

  static func error(_ text: String) { write(text, to: STDERR_FILENO) }

  /// Writes all of a text; what a reader that went away no longer takes is dropped.
  ///
  /// - Returns: why the rest could not be written (`errno`); 0 where nothing is lost that anyone waits for.
  @discardableResult static func write(_ text: String, to descriptor: Int32) -> Int32 {
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
      guard count > 0 else { return errno == EPIPE ? 0 : errno }
      bytes = bytes.dropFirst(count)
    }
    return 0
  }
}
