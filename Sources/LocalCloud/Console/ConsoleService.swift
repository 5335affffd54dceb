import CacheSupport
import SQLiteStore

/// What people ask of a cloud that runs, below `/_local-cloud`: how it fares, what functions printed, dead letters back to their
/// queues. ``ConsoleGuard`` says who may.
///
/// | request | answer |
/// |---|---|
/// | `GET /_local-cloud` | `id` and `address` of this cloud |
/// | `GET /_local-cloud/status` | queues with counts, functions with their last invocation, schedules with their next run |
/// | `GET /_local-cloud/functions/{name}/log?after=&whole=` | `text` and `next`, by which the following request goes on; with `whole` also a last line that has no end yet |
/// | `POST /_local-cloud/schedules/{name}/run?target=` | `sent`: how many events were sent at once |
/// | `POST /_local-cloud/redrive?queue=` | the dead-letter queues whose messages are on their way back, or stay |
/// | `GET /_local-cloud/redrive?queue=&id=` | how far one of these moves is |
final class ConsoleService: ServiceModule {
  /// Of this run.
  let id: String = RandomID.uuid()
  private let door: ConsoleGuard
  private let account: Account
  private let storage: Storage
  private let stackName: String
  private let sqs: SQSService
  private let lambda: LambdaService
  private let sandboxes: Sandboxes
  private let schedules: SchedulesService
  private let calls: ConsoleCalls
  private let sources: ConsoleSources

  init(_ context: ModuleContext) throws {
    door = ConsoleGuard(context)
    account = context.account
    storage = context.storage
    stackName = context.options.stackName
    sqs = try context.module()
    lambda = try context.module()
    sandboxes = lambda.sandboxes
    schedules = try context.module()
    calls = ConsoleCalls(context.modules, door: door, storage: storage)
    sources = try ConsoleSources(context, door: door)
  }

  var routes: [Route] {
    [
      door.identity(id),
      door.route("GET", "/status") { _ throws(ServiceError) in try self.status() },
      door.route("GET", "/functions/{name}/log") { request throws(ServiceError) in try self.log(request) },
      door.waiting("POST", "/redrive") { request async throws(ServiceError) in
        try await self.redrive(request.parameter("queue"))
      },
      door.route("GET", "/redrive") { request throws(ServiceError) in
        try self.move(request.parameter("id") ?? "", from: request.parameter("queue") ?? "")
      },
      door.waiting("POST", "/schedules/{name}/run") { request async throws(ServiceError) in try await self.run(request)
      },
    ] + calls.routes + sources.routes + ConsoleQueues(door: door, messages: sqs.messages).routes
      + ConsoleFunctions(door: door, sandboxes: sandboxes).routes
  }

  // MARK: Status

  private func status() throws(ServiceError) -> JSON {
    [
      "address": .string(door.place.address), "stack": .string(stackName), "queues": .array(try queues()),
      "functions": .array(sandboxes.descriptions.map { sandboxes.history.json(of: $0.name) }),
      "schedules": .array(
        schedules.upcoming.map { event, next in
          [
            "name": .string(event.name), "expression": .string(event.times.text), "target": .string(event.target.name),
            "next": next.map { .string(UTCTime(epochMilliseconds: $0).iso8601Text) } ?? .null,
          ]
        }),
    ]
  }

  private func queues() throws(ServiceError) -> [JSON] {
    let messages = sqs.messages
    let readers = lambda.sources.all.map(\.mapping).filter(\.isEnabled)
    return try storage.read { connection throws(ServiceError) in
      var queues: [JSON] = []
      for name in try messages.names(prefix: "", most: Self.mostQueues, connection) {
        let found = try messages.queue(name, connection)
        let counts = try messages.counts(of: found, connection)
        let sources = try messages.sources(of: name, after: "", most: Self.mostQueues, connection)
        var queue: JSONObject = [
          "name": .string(name), "visible": .integer(counts.visible), "inFlight": .integer(counts.inFlight),
          "delayed": .integer(counts.delayed), "deadLettersOf": .array(sources.map { .string($0) }),
          "readBy": .array(readers.filter { $0.queue.hasSameBytes(as: name) }.map { .string($0.function) }),
        ]
        if let move = try messages.moves(of: name, connection).first {
          queue["move"] = ["status": .string(move.status.rawValue), "moved": .integer(move.moved)]
        }
        if !sources.isEmpty {
          queue["sentDirectly"] = .integer(counts.visible - (try messages.sourced(in: found, connection)))
        }
        queues.append(.object(queue))
      }
      return queues
    }
  }

  /// Queues that are told of at most.
  private static let mostQueues: Int64 = 1000

  // MARK: Logs

  private func log(_ request: RouteRequest) throws(ServiceError) -> JSON {
    let name = request["name"]
    guard sandboxes.description(of: name) != nil else {
      let names = sandboxes.descriptions.map(\.name).joined(separator: ", ")
      throw ServiceError(
        status: 404, type: "NotFound",
        message: "there is no function '\(name)'; there are \(names.isEmpty ? "none" : names)")
    }
    guard let log = sandboxes.log(of: name) else {
      throw ServiceError(
        status: 404, type: "NotFound", message: "this cloud keeps no logs, for its data go with it (--ephemeral)")
    }
    let (bytes, next) = log.read(
      after: request.parameter("after").flatMap { FunctionLog.Position($0) },
      isWhole: request.parameter("whole") != nil)
    return ["text": .string(String(decoding: bytes, as: UTF8.self)), "next": .string(next.text)]
  }

  // MARK: Schedules

  private func run(_ request: RouteRequest) async throws(ServiceError) -> JSON {
    let sent = try await schedules.runNow(request["name"], target: request.parameter("target"))
    guard sent > 0 else {
      throw ServiceError(
        status: 404, type: "NotFound", message: "there is no schedule '\(request["name"])' with this target")
    }
    return ["sent": .integer(sent)]
  }

  // MARK: Redrive

  /// - Parameter name: a dead-letter queue; nil takes all that have messages.
  private func redrive(_ name: String?) async throws(ServiceError) -> JSON {
    let messages = sqs.messages
    // Those that this request begins, and those that go on already.
    let (begun, others, left) = try await storage.write { connection throws(ServiceError) in
      var (begun, others): ([MoveTask], [MoveTask]) = ([], [])
      // Of queues that have no other, how many were sent there directly.
      var left: [(queue: String, messages: Int64)] = []
      let queues = if let name { [name] } else { try messages.names(prefix: "", most: Self.mostQueues, connection) }
      for queue in queues {
        guard let found = try messages.find(queue, connection) else {
          throw ServiceError(status: 404, type: "NotFound", message: "there is no queue '\(queue)'")
        }
        if try messages.sources(of: queue, after: "", most: 1, connection).isEmpty {
          guard name != nil else { continue }
          throw ServiceError(
            status: 400, type: "NoDeadLetters", message: "'\(queue)' is not the dead-letter queue of any queue")
        }
        if let running = try messages.moves(of: queue, connection).first(where: { $0.status == .running }) {
          others.append(running)
        } else if try messages.sourced(in: found, connection) > 0 {
          begun.append(
            try messages.startMove(from: messages.arn(queue), to: nil, rate: nil, passesDirect: true, connection))
        } else {
          let direct = try messages.counts(of: found, connection).visible
          if direct > 0 { left.append((queue, direct)) }
        }
      }
      return (begun, others, left)
    }
    for task in begun { sqs.moves.run(task) }
    return [
      "moves": .array(
        (begun + others).map {
          ["queue": .string($0.source), "id": .string($0.id), "messages": .integer($0.total - $0.moved)]
        }),
      "left": .array(left.map { ["queue": .string($0.queue), "sentDirectly": .integer($0.messages)] }),
    ]
  }

  private func move(_ id: String, from queue: String) throws(ServiceError) -> JSON {
    let messages = sqs.messages
    return try storage.read { connection throws(ServiceError) in
      guard let found = try messages.find(queue, connection),
        let move = try messages.moves(of: queue, connection).first(where: { $0.id.hasSameBytes(as: id) })
      else { throw ServiceError(status: 404, type: "NotFound", message: "\(queue): this move is not known any more") }
      var answer: JSONObject = [
        "status": .string(move.status.rawValue), "moved": .integer(move.moved),
        "failure": move.failure.map { .string($0) } ?? .null,
      ]
      // Counted once: who waits asks often.
      if move.status != .running {
        let sourced = try messages.sourced(in: found, connection)
        answer["sentDirectly"] = .integer(try messages.counts(of: found, connection).visible - sourced)
      }
      return .object(answer)
    }
  }
}
