import CacheSupport
import Foundation
import Synchronization

/// Lambda's Invoke: `POST /2015-03-31/functions/{name}/invocations`.
///
/// See <https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html>.
final class InvokeAPI: Sendable {
  private let sandboxes: Sandboxes
  private let frontDoor: FrontDoor
  private let messages: QueueStore
  private let clock: WallClock
  private let events = BackgroundTasks()

  static let prefix: String = "/2015-03-31/functions/"
  /// The largest event of a caller that waits for the answer, in bytes.
  static let payloadLimit: Int = 6 << 20
  /// The largest of one that does not.
  static let eventLimit: Int = 1 << 20

  init(sandboxes: Sandboxes, frontDoor: FrontDoor, messages: QueueStore, clock: WallClock) {
    self.sandboxes = sandboxes
    self.frontDoor = frontDoor
    self.messages = messages
    self.clock = clock
  }

  func stop() async { await events.stop() }

  func reply(to request: ServerRequest) -> ServerReply {
    do throws(ServiceError) {
      try frontDoor.authenticate(request, services: ["lambda"])
      return try answer(request)
    } catch {
      var error = error
      if error.type.hasSuffix("Exception"), error.type.contains("coral") { error.status = 403 }
      return .now(Self.failure(error))
    }
  }

  private func answer(_ request: ServerRequest) throws(ServiceError) -> ServerReply {
    let parts = request.path.dropFirst(Self.prefix.count).split(separator: "/").map { PercentEncoding.decode($0) }
    guard request.method == "POST", parts.count == 2, parts[1] == "invocations" else {
      throw ServiceError(
        status: 404, type: "UnknownOperationException", message: "The local cloud emulates Invoke alone",
        messageName: "Message")
    }
    // A name, a partial ARN or a whole one, with or without a qualifier.
    let pieces = parts[0].split(separator: ":").map(String.init)
    let marker = pieces.firstIndex(of: "function")
    let name = marker.map { $0 + 1 < pieces.count ? pieces[$0 + 1] : "" } ?? pieces.first ?? ""
    guard sandboxes.description(of: name) != nil else {
      throw ServiceError(
        status: 404, type: "ResourceNotFoundException", message: "Function not found: \(sandboxes.arn(name))",
        members: ["Type": "User"], messageName: "Message")
    }
    let qualifier = PercentEncoding.queryItems(request.query).first { $0.name == "Qualifier" }?.value
    let version =
      qualifier ?? marker.flatMap { $0 + 2 < pieces.count ? pieces[$0 + 2] : nil }
      ?? (marker == nil && pieces.count > 1 ? pieces[1] : "$LATEST")
    guard version == "$LATEST" else {
      throw ServiceError(
        status: 404, type: "ResourceNotFoundException",
        message: "Function not found: \(sandboxes.arn(name)):\(version)",
        members: ["Type": "User"], messageName: "Message")
    }
    for header in ["x-amz-client-context"] where request[header: header] != nil {
      throw ServiceError(
        status: 400, type: "InvalidParameterValueException", message: "The local cloud does not emulate \(header)",
        messageName: "Message")
    }
    if request[header: "x-amz-log-type"] == "Tail" {
      throw ServiceError(
        status: 400, type: "InvalidParameterValueException",
        message: "The local cloud does not emulate LogType Tail: the function's log is in the data's folder",
        messageName: "Message")
    }
    if !request.body.isEmpty, (try? JSON(parsing: request.body)) == nil {
      throw ServiceError(
        status: 400, type: "InvalidRequestContentException", message: "Could not parse request body into json",
        messageName: "Message")
    }
    let payload = request.body
    switch request[header: "x-amz-invocation-type"] ?? "RequestResponse" {
    case "RequestResponse":
      guard payload.count <= Self.payloadLimit else { throw Self.tooLarge(Self.payloadLimit) }
      return .later { [sandboxes] in
        let result = await sandboxes.invoke(name, payload)
        var headers = [("Content-Type", "application/json"), ("X-Amz-Executed-Version", "$LATEST")]
        if let error = result.functionError { headers.append(("X-Amz-Function-Error", error)) }
        return ServerResponse(status: 200, headers: headers, body: result.payload)
      }
    case "Event":
      guard payload.count <= Self.eventLimit else { throw Self.tooLarge(Self.eventLimit) }
      invokeLater(name, payload)
      return .now(ServerResponse(status: 202))
    case "DryRun": return .now(ServerResponse(status: 204))
    case let other:
      throw ServiceError(
        status: 400, type: "InvalidParameterValueException", message: "'\(other)' is no invocation type",
        messageName: "Message")
    }
  }

  /// Runs a function for an event; one that fails is tried again, twice unless the function says otherwise, and then told to the
  /// queue that the function names, if it names one.
  func invokeLater(_ name: String, _ payload: [UInt8]) {
    events.run { [self] in
      let attempts = 1 + (sandboxes.description(of: name)?.retries ?? 0)
      let id = RandomID.uuid()
      for attempt in 1...attempts where !Task.isCancelled {
        let result = await sandboxes.invoke(name, payload, id: id)
        guard result.functionError != nil else { return }
        guard attempt < attempts else { return tell(name, id, payload, result, attempts) }
        // Lambda waits a minute, then two; a person at a desk would not.
        do { try await Task.sleep(for: .seconds(attempt)) } catch { return }
      }
    }
  }

  /// Sends what became of an event to the function's destination on failure.
  ///
  /// See <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html>.
  private func tell(_ name: String, _ id: String, _ payload: [UInt8], _ result: InvocationResult, _ attempts: Int) {
    guard let destination = sandboxes.description(of: name)?.failureQueue else { return }
    func json(_ bytes: [UInt8]) -> JSON {
      (try? JSON(parsing: bytes)) ?? .string(String(decoding: bytes, as: UTF8.self))
    }
    let record: JSON = [
      "version": "1.0", "timestamp": .string(UTCTime(epochMilliseconds: clock.now).iso8601Text),
      "requestContext": [
        "requestId": .string(id), "functionArn": .string("\(sandboxes.arn(name)):$LATEST"),
        "condition": "RetriesExhausted", "approximateInvokeCount": .integer(attempts),
      ],
      "requestPayload": payload.isEmpty ? .null : json(payload),
      "responseContext": [
        "statusCode": 200, "executedVersion": "$LATEST", "functionError": .string(result.functionError ?? "Unhandled"),
      ],
      "responsePayload": json(result.payload),
    ]
    do throws(ServiceError) {
      let queue = try messages.queue(named: destination)
      var input = Input(["MessageBody": .string(record.text)])
      _ = try messages.send([try MessageDraft(&input, queue)], to: queue)
    } catch {
      // As on AWS, where a metric says so: there is nobody to tell but whoever watches.
      let words = "\(name) failed, and \(destination) could not be told: \(error.message ?? error.type)\n"
      FileHandle.standardError.write(Data(words.utf8))
    }
  }

  private static func tooLarge(_ limit: Int) -> ServiceError {
    ServiceError(
      status: 413, type: "RequestTooLargeException",
      message: "Request must be smaller than \(limit) bytes for the InvokeFunction operation",
      messageName: "Message")
  }

  private static func failure(_ error: ServiceError) -> ServerResponse {
    var response = FrontDoor.failure(error)
    let code = error.type.split(separator: "#").last.map(String.init) ?? error.type
    response.headers.append(("x-amzn-ErrorType", code))
    return response
  }
}

/// Tasks that run beside their starter and end, cancelled, with `stop`.
final class BackgroundTasks: Sendable {
  private struct State {
    var tasks: [UInt64: Task<Void, Never>] = [:]
    var next: UInt64 = 0
    var isStopping = false
  }
  private let state = Mutex(State())

  func run(_ body: @escaping @Sendable () async -> Void) {
    state.withLock { state in
      guard !state.isStopping else { return }
      state.next += 1
      let id = state.next
      state.tasks[id] = Task {
        await body()
        self.state.withLock { _ = $0.tasks.removeValue(forKey: id) }
      }
    }
  }

  func stop() async {
    let tasks = state.withLock { state in
      state.isStopping = true
      return Array(state.tasks.values)
    }
    for task in tasks { task.cancel() }
    for task in tasks { await task.value }
  }
}
