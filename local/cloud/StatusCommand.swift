import CacheSupport
import CommandLineSupport

extension CloudCommand {
  static let status = CloudCommand(
    name: "status", options: CloudConnection.options,
    usage: """
      Usage: local-cloud status [--data DIR | --url URL]

      Prints how a cloud that runs fares: its queues with their messages and dead letters, its functions with their last
      invocation and error since the start, and its schedules with their next run.

      Examples:
        local-cloud status
        local-cloud status --url http://127.0.0.1:4566
      """
  ) { arguments, environment in
    _ = try arguments.positional(atMost: 0)
    let cloud = try await CloudConnection(arguments, environment)
    for line in lines(of: try await cloud.ask("/status")) { Output.line(line) }
    return true
  }

  private static func lines(of status: JSON) -> [String] {
    let queues = status["queues"]?.array ?? []
    let functions = status["functions"]?.array ?? []
    var lines = ["Local cloud at \(text(status["address"])), stack \(text(status["stack"]))"]
    lines += section(
      ["Queues", "waiting", "in flight", "delayed", ""],
      queues.map { queue in
        let sources = (queue["deadLettersOf"]?.array ?? []).map { text($0) }
        return [
          text(queue["name"]), text(queue["visible"]), text(queue["inFlight"]), text(queue["delayed"]),
          sources.isEmpty
            ? "" : "dead letters of \(sources.joined(separator: ", "))\(sentDirectly(queue["sentDirectly"]?.int ?? 0))",
        ]
      })
    lines += section(
      ["Functions", "invocations", "failed", "last", "took"],
      functions.map { function in
        [
          text(function["name"]), text(function["invocations"]), text(function["failures"]),
          function["last"].map { text($0["time"]) } ?? "never",
          function["last"].map { text($0["milliseconds"]) + " ms" } ?? "",
        ]
      })
    lines += section(
      ["Schedules", "expression", "to", "next"],
      (status["schedules"]?.array ?? []).map { schedule in
        [
          text(schedule["name"]), text(schedule["expression"]), text(schedule["target"]),
          schedule["next"]?.string ?? "never again",
        ]
      })
    let errors = functions.compactMap { function in
      function["lastError"].map { [text($0["time"]), text(function["name"]), text($0["message"])] }
    }
    if !errors.isEmpty { lines += section(["Last errors", "", ""], errors.sorted { $0[0] > $1[0] }) }
    return lines
  }

  private static func sentDirectly(_ count: Int) -> String { count > 0 ? " (\(count) sent directly)" : "" }

  private static func text(_ json: JSON?) -> String {
    // What a function says may be anything: one line of it, without what a terminal obeys.
    let text = json?.string ?? json?.int.map { String($0) } ?? ""
    return String(
      String.UnicodeScalarView(text.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }))
  }

  /// A heading and rows in columns.
  private static func section(_ heading: [String], _ rows: [[String]]) -> [String] {
    guard !rows.isEmpty else { return ["", "\(heading[0]): none"] }
    let rows = rows.map { ["  " + $0[0]] + $0.dropFirst() }
    let widths = heading.indices.map { column in ([heading] + rows).map { $0[column].count }.max() ?? 0 }
    return [""]
      + ([heading] + rows).map { row in
        let line = zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }.joined(separator: "  ")
        return String(line.reversed().drop { $0 == " " }.reversed())
      }
  }
}
