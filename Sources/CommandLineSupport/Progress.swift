import Glibc

/// Shows how far long work is: one line that renews itself on a terminal, plain lines elsewhere.
package struct Progress: ~Copyable {
  private let label: String
  private let total: Int?
  private let isTerminal: Bool
  private let clock: () -> ContinuousClock.Instant
  private let write: (String) -> Void
  private let start: ContinuousClock.Instant
  private var lastShown: ContinuousClock.Instant?
  private var lastText = ""

  /// - Parameter total: how much there is to do; nil where it is not known.
  package init(_ label: String, total: Int? = nil) {
    self.init(
      label, total: total, isTerminal: isatty(STDERR_FILENO) == 1, clock: { .now }, write: { Output.error($0) })
  }

  init(
    _ label: String, total: Int?, isTerminal: Bool, clock: @escaping () -> ContinuousClock.Instant,
    write: @escaping (String) -> Void
  ) {
    self.label = label
    self.total = total
    self.isTerminal = isTerminal
    self.clock = clock
    self.write = write
    start = clock()
  }

  /// Tells what is done; shown ten times a second on a terminal, every two seconds elsewhere.
  ///
  /// - Parameter note: what else there is to tell; it follows the rate as it is.
  package mutating func update(_ done: Int, _ note: @autoclosure () -> String = "") {
    let now = clock()
    let pause: Duration = isTerminal ? .milliseconds(100) : .seconds(2)
    if let lastShown, now - lastShown < pause { return }
    lastShown = now
    show(done, note(), at: now)
  }

  /// Shows the last state and ends the line.
  package consuming func finish(_ done: Int, _ note: String = "") {
    show(done, note, at: clock())
    if isTerminal { write("\n") }
  }

  private mutating func show(_ done: Int, _ note: String, at now: ContinuousClock.Instant) {
    let seconds = (now - start) / .seconds(1)
    let rate = seconds > 0 ? Int(exactly: (Double(done) / seconds).rounded(.down)) ?? .max : 0
    let share = total.map { total in " of \(total)\(total > 0 ? " (\(Int(Double(done) * 100 / Double(total))) %)" : "")"
    }
    let text = "\(label): \(done)\(share ?? ""), \(rate)/s\(note)"
    guard text != lastText else { return }
    lastText = text
    // Back to the line's start, and whatever a longer text left there goes.
    write(isTerminal ? "\r\(text)\u{1B}[K" : text + "\n")
  }
}
