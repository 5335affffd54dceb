import Glibc

/// Shows how far long work is: one line that renews itself on a terminal, plain lines elsewhere.
public struct Progress: ~Copyable {
  private let label: String
  private let total: Int?
  private let isTerminal: Bool
  private let start = ContinuousClock.now
  private var lastShown: ContinuousClock.Instant?
  private var lastText = ""

  /// - Parameter total: how much there is to do; nil where nobody knows.
  public init(_ label: String, total: Int? = nil) {
    self.label = label
    self.total = total
    isTerminal = isatty(STDERR_FILENO) == 1
  }

  /// Tells what is done; shown ten times a second on a terminal, every two seconds elsewhere.
  public mutating func update(_ done: Int) {
    let now = ContinuousClock.now
    let pause: Duration = isTerminal ? .milliseconds(100) : .seconds(2)
    if let lastShown, now - lastShown < pause { return }
    lastShown = now
    show(done)
  }

  /// Shows the last state and ends the line.
  public consuming func finish(_ done: Int) {
    show(done)
    if isTerminal { Output.error("\n") }
  }

  private mutating func show(_ done: Int) {
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    let rate = seconds > 0 ? Int(Double(done) / seconds) : 0
    let share = total.map { total in " of \(total)\(total > 0 ? " (\(done * 100 / total) %)" : "")" } ?? ""
    let text = "\(label): \(done)\(share), \(rate)/s"
    guard text != lastText else { return }
    lastText = text
    // Back to the line's start, and whatever a longer text left behind goes.
    Output.error(isTerminal ? "\r\(text)\u{1B}[K" : text + "\n")
  }
}
