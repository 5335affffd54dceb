import CacheSupport
import CommandLineSupport

extension CloudCommand {
  static let redrive = CloudCommand(
    name: "redrive", options: CloudConnection.options + [.init("all", "of every dead-letter queue")],
    usage: """
      Usage: local-cloud redrive QUEUE | --all [--data DIR | --url URL]

      Moves the messages of a dead-letter queue back to the queues they came from, and waits until all have moved. Those that
      were sent to it directly came from none: they stay. The exit status is 1 where a move failed.

      Examples:
        local-cloud redrive timeseries-cache-dead-letters
        local-cloud redrive --all
      """
  ) { arguments, environment in
    let name = try arguments.positional(atMost: 1).first
    guard (name == nil) == arguments.has("all") else {
      throw Arguments.Failure(description: "name a dead-letter queue, or give --all")
    }
    let cloud = try await CloudConnection(arguments, environment)
    let query = name.map { "?queue=\(PercentEncoding.encode($0))" } ?? ""
    let answer = try await cloud.ask("/redrive\(query)", method: "POST")
    let (moves, left) = (answer["moves"]?.array ?? [], answer["left"]?.array ?? [])
    for queue in left { Output.line("\(queue["queue"]?.string ?? ""): 0 messages moved back\(stays(queue))") }
    if moves.isEmpty, left.isEmpty { Output.line("there are no dead letters\(name.map { " in \($0)" } ?? "")") }
    var isGood = true
    for move in moves {
      guard let queue = move["queue"]?.string, let id = move["id"]?.string else { continue }
      let ended = try await end(of: id, from: queue, cloud)
      let moved = ended["moved"]?.int ?? 0
      let words = "\(queue): \(moved) \(moved == 1 ? "message" : "messages") moved back"
      guard ended["status"]?.string == "COMPLETED" else {
        isGood = false
        let reason = ended["failure"]?.string.map { Self.reasons[$0] ?? $0 }
        Output.errorLine("\(words), then it ended: \(reason ?? ended["status"]?.string ?? "")")
        continue
      }
      Output.line(words + stays(ended))
    }
    return isGood
  }

  /// How many messages stay, in words; nothing where there are none.
  private static func stays(_ queue: JSON) -> String {
    switch queue["sentDirectly"]?.int ?? 0 {
    case ...0: ""
    case 1: "; 1 stays: it was sent there directly"
    case let count: "; \(count) stay: they were sent there directly"
    }
  }

  private static let reasons = [
    "CouldNotDetermineMessageSource": "a message was sent to this queue directly, and has nowhere to go back to",
    "AWS.SimpleQueueService.NonExistentQueue": "the queue that a message came from is not there any more",
  ]

  /// Waits for a move.
  private static func end(of id: String, from queue: String, _ cloud: CloudConnection) async throws -> JSON {
    while true {
      let move = try await cloud.ask("/redrive?queue=\(PercentEncoding.encode(queue))&id=\(PercentEncoding.encode(id))")
      guard move["status"]?.string == "RUNNING" else { return move }
      try await Task.sleep(for: .milliseconds(100))
    }
  }
}
