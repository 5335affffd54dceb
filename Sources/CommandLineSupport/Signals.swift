import Dispatch
import Glibc

/// The signals that ask a program to end.
package enum Signals {
  /// Waits for Ctrl-C or a request to terminate; from the call on neither ends the process by itself.
  package static func waitForEnd() async {
    let (signals, signal) = AsyncStream<Void>.makeStream()
    let sources = [SIGINT, SIGTERM].map { number in
      _ = Glibc.signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler { signal.yield() }
      source.resume()
      return source
    }
    for await _ in signals { break }
    for source in sources { source.cancel() }
  }

  /// A reader that went away becomes an error of the write, not the end of the process.
  package static func ignoreBrokenPipes() { _ = Glibc.signal(SIGPIPE, SIG_IGN) }
}
