import Dispatch
import Glibc

/// The signals that ask a program to end.
package enum Signals {
  /// Waits for Ctrl-C or a request to terminate; from the call on neither ends the process by itself.
  ///
  /// - Parameter isWaiting: run once, as soon as either is heard: whoever waits for what it says may ask for the end at once.
  package static func waitForEnd(isWaiting: () -> Void = {}) async {
    enum Event { case isHeard, end }
    let numbers = [SIGINT, SIGTERM]
    let (events, event) = AsyncStream<Event>.makeStream()
    let sources = numbers.map { number in
      _ = Glibc.signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setRegistrationHandler { event.yield(.isHeard) }
      source.setEventHandler { event.yield(.end) }
      source.resume()
      return source
    }
    var heard = 0
    for await event in events {
      if event == .end { break }
      heard += 1
      if heard == numbers.count { isWaiting() }
    }
    for source in sources { source.cancel() }
  }

  /// A reader that went away becomes an error of the write, not the end of the process.
  package static func ignoreBrokenPipes() { _ = Glibc.signal(SIGPIPE, SIG_IGN) }
}
