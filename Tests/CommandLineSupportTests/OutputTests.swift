import Foundation
import Synchronization
import TestSupport
import Testing

@testable import CommandLineSupport

@Suite(.timeLimit(.minutes(10))) struct OutputTests {
  @Test("All of a long text is written, also into a stream that does not block", arguments: [false, true])
  func whole(isNonBlocking: Bool) throws {
    let pipe = Pipe()
    let descriptor = pipe.fileHandleForWriting.fileDescriptor
    if isNonBlocking { #expect(fcntl(descriptor, F_SETFL, O_NONBLOCK) == 0) }
    // Many times what a pipe holds.
    let text = String(repeating: "zeile é\n", count: 200_000)
    // On a thread of its own: a pool that waits for itself would never end.
    Thread.detachNewThread { [pipe] in
      Output.write(text, to: descriptor)
      try? pipe.fileHandleForWriting.close()
    }
    let read = try #require(try pipe.fileHandleForReading.readToEnd())
    #expect(read == Data(text.utf8))
  }

  @Test("What a full device does not take is told") func full() throws {
    let device = unsafe open("/dev/full", O_WRONLY)
    defer { close(device) }
    #expect(Output.write("x", to: device) == ENOSPC)
    #expect(Output.write("", to: device) == 0)
  }

  @Test("Nothing hangs where a stream is closed") func closed() {
    Output.write("x", to: -1)
    Output.write("", to: -1)
  }
}

@Suite struct ProgressTests {
  /// What a run of updates shows, each so many milliseconds after the one before.
  static func shown(
    total: Int?, isTerminal: Bool, _ updates: [(after: Int, done: Int)], finish: (after: Int, done: Int)
  )
    -> [String]
  {
    let start = ContinuousClock.now
    var now = start
    var shown: [String] = []
    withoutActuallyEscaping({ now }) { clock in
      withoutActuallyEscaping({ shown.append($0) }) { write in
        var progress = Progress("Rows", total: total, isTerminal: isTerminal, clock: clock, write: write)
        for update in updates {
          now += .milliseconds(update.after)
          progress.update(update.done)
        }
        now += .milliseconds(finish.after)
        progress.finish(finish.done)
      }
    }
    return shown
  }

  @Test("A terminal has one line, which renews itself ten times a second") func terminal() {
    #expect(
      Self.shown(
        total: 200, isTerminal: true, [(1000, 10), (99, 20), (1, 30), (100, 30)], finish: (0, 200))
        == [
          "\rRows: 10 of 200 (5 %), 10/s\u{1B}[K", "\rRows: 30 of 200 (15 %), 27/s\u{1B}[K",
          "\rRows: 30 of 200 (15 %), 25/s\u{1B}[K", "\rRows: 200 of 200 (100 %), 166/s\u{1B}[K", "\n",
        ])
  }

  @Test("Elsewhere there are plain lines, one every two seconds, and none twice") func lines() {
    #expect(
      Self.shown(total: nil, isTerminal: false, [(1000, 10), (1999, 20), (1, 30)], finish: (0, 30))
        == ["Rows: 10, 10/s\n", "Rows: 30, 10/s\n"])
  }

  @Test("Nothing to do, and more than anyone counts, are shown too") func extremes() {
    #expect(Self.shown(total: 0, isTerminal: false, [], finish: (0, 0)) == ["Rows: 0 of 0, 0/s\n"])
    #expect(
      Self.shown(total: .max, isTerminal: false, [], finish: (1, .max)).first?.hasPrefix("Rows: \(Int.max) of ")
        ?? false)
  }
}
