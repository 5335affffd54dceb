import CacheSupport
import CommandLineSupport
import TimeSeriesCache

extension CloudCommand {
  static let logs = CloudCommand(
    name: "logs",
    options: CloudConnection.options + [
      .init("identifier", value: "ID", "only the lines that name this identifier"),
      .init("since", value: "TIME", "only the lines from then on: now-10m, ISO 8601 or epoch milliseconds"),
      .init("follow", "go on as the function prints, until Ctrl-C"),
    ],
    usage: """
      Usage: local-cloud logs FUNCTION [--identifier ID] [--since TIME] [--follow]

      Prints what a function of a cloud that runs has printed. A function may be named by the end of its name: fetch for
      timeseries-cache-fetch.

      Examples:
        local-cloud logs fetch --identifier greenwich
        local-cloud logs fetch --since now-10m --follow
      """
  ) { arguments, environment in
    guard let name = try arguments.positional(atMost: 1).first else {
      throw Arguments.Failure(description: "name a function: local-cloud logs fetch")
    }
    var filter = try LogFilter(arguments)
    let cloud = try await CloudConnection(arguments, environment)
    let function = try await function(name, of: cloud)
    let path = "/functions/\(PercentEncoding.encode(function))/log"
    // Who does not wait for more is given a last line that has no end, too.
    let all = arguments.has("follow") ? "" : "&whole=1"
    var next: String?
    // The beginning of a line whose end is yet to come.
    var rest = ""
    var isEmpty = true
    func show(_ line: Substring) {
      guard filter.takes(line) else { return }
      Output.line(String(line))
      isEmpty = false
    }
    while true {
      let answer = try await cloud.ask("\(path)?after=\(next ?? "")\(all)")
      next = answer["next"]?.string
      let text = answer["text"]?.string ?? ""
      let (lines, last) = LogFilter.lines(of: rest + text)
      rest = last
      for line in lines { show(line) }
      guard text.isEmpty else { continue }
      guard arguments.has("follow") else {
        if !rest.isEmpty { show(rest[...]) }
        if isEmpty, let identifier = arguments["identifier"] { Output.errorLine("no lines name \(identifier)") }
        return true
      }
      try await Task.sleep(for: .milliseconds(500))
    }
  }

  /// The function of a name, or the only one whose name ends with it.
  private static func function(_ name: String, of cloud: CloudConnection) async throws -> String {
    let names = (try await cloud.ask("/status")["functions"]?.array ?? []).compactMap { $0["name"]?.string }
    if names.contains(where: { $0.hasSameBytes(as: name) }) { return name }
    let found = names.filter { $0.utf8.reversed().starts(with: name.utf8.reversed()) }
    guard found.count == 1, !name.isEmpty else {
      throw Arguments.Failure(
        description:
          "there is no function '\(name)'; there are \(names.isEmpty ? "none" : names.joined(separator: ", "))")
    }
    return found[0]
  }
}

/// Which lines of a log are printed.
struct LogFilter {
  private let identifier: String?
  /// Epoch milliseconds.
  private let since: Int64?
  /// Whether the line before was late enough: a line without a time belongs to it. Those before the first time are taken.
  private var isLate = true

  init(identifier: String? = nil, since: Int64? = nil) {
    self.identifier = identifier
    self.since = since
  }

  init(_ arguments: Arguments) throws {
    self.init(
      identifier: arguments["identifier"],
      since: try arguments["since"].map { text in
        do throws(TimeExpression.Failure) { return try TimeExpression.instant(text, now: WallClock.system.now) } catch {
          throw Arguments.Failure(
            description: "--since is '\(text)': give a time such as now-10m, ISO 8601, or epoch milliseconds")
        }
      })
  }

  mutating func takes(_ line: Substring) -> Bool {
    let json = line.utf8.first == UInt8(ascii: "{") ? try? JSON(parsing: String(line)) : nil
    if let since {
      if let time = json.map({ $0["timestamp"]?.string.flatMap { ISO8601Time($0) } }) ?? Self.time(before: line) {
        isLate = time.epochMilliseconds() >= since
      }
      // Metrics have their time in another place.
      if let time = json?["_aws"]?["Timestamp"]?.int { isLate = Int64(time) >= since }
      guard isLate else { return false }
    }
    guard let identifier else { return true }
    guard let json else { return line.utf8.firstRange(of: Array(identifier.utf8)) != nil }
    if let own = json["identifier"]?.string { return own.hasSameBytes(as: identifier) }
    return Self.names(json, identifier)
  }

  /// The lines of a text that are whole, without their ends, and what follows the last end. By bytes: an end of two is one `Character`.
  static func lines(of text: String) -> (whole: [Substring], rest: String) {
    let parts = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    let whole = parts.dropLast().map { Substring($0.last == UInt8(ascii: "\r") ? $0.dropLast() : $0) }
    return (whole, parts.last.map { String(Substring($0)) } ?? "")
  }

  /// The time that a line begins with, such as `2026-11-22 10:59:00,123+0000`.
  private static func time(before line: Substring) -> ISO8601Time? {
    let date = line.utf8.prefix(11)
    guard date.count == 11, date.first.map({ (48...57).contains($0) }) ?? false else { return nil }
    let time = line.utf8.dropFirst(11).prefix { $0 > UInt8(ascii: " ") }
    return ISO8601Time(Substring(date) + Substring(time))
  }

  /// Whether a text within has the identifier in it.
  private static func names(_ json: JSON, _ identifier: String) -> Bool {
    if let text = json.string { return text.utf8.firstRange(of: Array(identifier.utf8)) != nil }
    if let elements = json.array { return elements.contains { names($0, identifier) } }
    return json.object?.members.contains { names($0.value, identifier) } ?? false
  }
}
