import CacheSupport

/// The functions for the console's page.
///
/// | request | answer |
/// |---|---|
/// | `GET …/functions/{name}/invocations` | the last ones with time, memory and result |
/// | `GET …/functions/{name}/lines?find=` | the last lines of the log that have a text |
/// | `POST …/functions/{name}/invoke` | runs it with the event of the body, and waits |
/// | `POST …/functions/{name}/restart` | how many of its processes end now, and how many after their event |
struct ConsoleFunctions: Sendable {
  let door: ConsoleGuard
  let sandboxes: Sandboxes

  /// Lines of one answer, and bytes of one of them.
  static let mostLines: Int = 200
  static let lineLimit: Int = 4096
  /// Bytes of a function's answer that are shown.
  static let payloadLimit: Int = 100_000

  var routes: [Route] {
    [
      door.route("GET", "/functions/{name}/invocations") { request throws(ServiceError) in
        let function = try find(request)
        return [
          "invocations": sandboxes.history.recent(of: function.name), "timeout": .integer(function.timeout),
          "memory": .integer(function.memory),
        ]
      },
      door.route("GET", "/functions/{name}/lines") { request throws(ServiceError) in try lines(request) },
      door.waiting("POST", "/functions/{name}/invoke") { request async throws(ServiceError) in
        try await invoke(request)
      },
      door.route("POST", "/functions/{name}/restart") { request throws(ServiceError) in
        let (now, later) = sandboxes.restart(try find(request).name)
        return ["now": .integer(now), "later": .integer(later)]
      },
    ]
  }

  private func find(_ request: RouteRequest) throws(ServiceError) -> FunctionDescription {
    guard let function = sandboxes.description(of: request["name"]) else {
      throw ServiceError(status: 404, type: "NotFound", message: "there is no function '\(request["name"])'")
    }
    return function
  }

  // MARK: Lines

  private func lines(_ request: RouteRequest) throws(ServiceError) -> JSON {
    let function = try find(request)
    guard let log = sandboxes.log(of: function.name) else {
      throw ServiceError(
        status: 404, type: "NotFound", message: "this cloud keeps no logs, for its data go with it (--ephemeral)")
    }
    let found = Self.lines(of: log, with: request.parameter("find") ?? "")
    return ["lines": .array(found.lines.map { .string($0) }), "count": .integer(found.count)]
  }

  /// The last lines of a log that have a text, as it is or as JSON writes it, and how many there are. All of the log is read, a piece at
  /// a time.
  static func lines(of log: FunctionLog, with text: String) -> (lines: [String], count: Int) {
    let written = Array(JSON.string(text).text.utf8.dropFirst().dropLast())
    let wanted = Set([Array(text.utf8), written])
    var (last, count): ([[UInt8]], Int) = ([], 0)
    var position: FunctionLog.Position?
    while true {
      let (bytes, next) = log.read(after: position)
      guard !bytes.isEmpty else { break }
      position = next
      for line in bytes.split(separator: UInt8(ascii: "\n"))
      where wanted.contains(where: { line.holds($0) }) {
        count += 1
        last.append(Array(line.prefix(lineLimit)))
        // A half at a time, so that no line is moved for each that follows.
        if last.count == 2 * mostLines { last.removeFirst(mostLines) }
      }
    }
    return (last.suffix(mostLines).map { String(decoding: $0, as: UTF8.self) }, count)
  }

  // MARK: Invoke

  private func invoke(_ request: RouteRequest) async throws(ServiceError) -> JSON {
    let function = try find(request)
    let event = request.http.body
    guard event.count <= InvokeAPI.payloadLimit else {
      throw ServiceError(
        status: 413, type: "RequestTooLargeException", message: "an event has at most \(InvokeAPI.payloadLimit) bytes")
    }
    do { _ = try JSON(parsing: event) } catch {
      throw ServiceError(type: "InvalidRequestContentException", message: "the event is no JSON: \(error)")
    }
    let (id, began) = (RandomID.uuid(), ContinuousClock.now)
    let outcome = await sandboxes.invoke(function.name, event, id: id, options: Invocation.Options(wantsLog: true))
    switch outcome {
    case .throttled: throw .throttled
    case .stopped: throw .stopping
    case .finished(let result):
      return [
        "id": .string(id), "milliseconds": .integer(Int64(began.duration(to: .now) / .milliseconds(1))),
        "error": result.functionError.map { .string($0) } ?? .null, "size": .integer(result.payload.count),
        "payload": .string(String(decoding: result.payload.prefix(Self.payloadLimit), as: UTF8.self)),
        "log": .string(String(decoding: result.log, as: UTF8.self)),
      ]
    }
  }
}

extension ArraySlice<UInt8> {
  /// Whether some bytes stand in it somewhere.
  fileprivate func holds(_ wanted: [UInt8]) -> Bool {
    guard let first = wanted.first else { return true }
    var start = startIndex
    while let place = self[start...].firstIndex(of: first), place + wanted.count <= endIndex {
      if self[place..<(place + wanted.count)].elementsEqual(wanted) { return true }
      start = place + 1
    }
    return false
  }
}
