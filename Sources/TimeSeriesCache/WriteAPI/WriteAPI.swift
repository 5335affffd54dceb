import CacheSupport
import LambdaRuntime

/// InfluxDB's write API: who may write, what the lines are, and what became of them.
struct WriteAPI: Sendable {
  private let writer: PointWriter
  private let keys: AccessKeys
  /// Where lines wait to be written; nil where they are written before the answer.
  private let queue: MessageSender?
  private let clock: WallClock
  private let arrivals: Arrivals

  /// What tells a client whom it speaks to: this is no InfluxDB.
  static let product: String = "timeseries-cache"
  /// The version of what is understood here, which clients show.
  static let version: String = "timeseries-cache-1"

  init(writer: PointWriter, keys: AccessKeys, queue: MessageSender?, clock: WallClock, arrivals: Arrivals) {
    self.writer = writer
    self.keys = keys
    self.queue = queue
    self.clock = clock
    self.arrivals = arrivals
  }

  /// Answers one request; every error is an answer with a status.
  func response(to event: HTTPEvent, _ context: LambdaContext) async -> HTTPEventResponse {
    let route = WriteRoute(event.path)
    var response: HTTPEventResponse
    do throws(InfluxError) {
      response = try await answer(event, route, context)
    } catch {
      context.logger.info("refused", ["status": .integer(error.status), "code": .string(error.code)])
      response = error.response(isV1: route == .writeV1)
    }
    response.headers["X-Influxdb-Version"] = Self.version
    response.headers["X-Influxdb-Build"] = Self.product
    if event.method == "HEAD" { response.content = .text([]) }
    return response
  }

  private func answer(
    _ event: HTTPEvent, _ route: WriteRoute?, _ context: LambdaContext
  ) async throws(InfluxError) -> HTTPEventResponse {
    guard let route else { throw .noPath }
    // A client that asks which methods there are need not have a key (RFC 9110 §9.3.7).
    if event.method == "OPTIONS" {
      return HTTPEventResponse(status: 204, headers: ["Allow": route.methods], body: [])
    }
    guard route.allows(event.method) else { throw .methodNotAllowed(route.methods) }
    switch route {
    case .ping: return HTTPEventResponse(status: 204, body: [])
    case .health:
      let health: JSON = [
        "name": .string(Self.product), "message": "ready for queries and writes", "status": "pass", "checks": [],
        "version": .string(Self.version),
      ]
      return HTTPEventResponse(
        status: 200, headers: ["Content-Type": "application/json; charset=utf-8"], body: health.bytes)
    case .writeV2, .writeV1: return try await write(event, isV1: route == .writeV1, context)
    }
  }

  private func write(
    _ event: HTTPEvent, isV1: Bool, _ context: LambdaContext
  ) async throws(InfluxError) -> HTTPEventResponse {
    let arrival = arrivals.next()
    let access: Access
    do throws(AccessKeys.Refusal) {
      access = try await keys.access(of: event, withParameters: isV1, logger: context.logger)
    } catch { throw InfluxError(error) }
    let request = try WriteRequest(event.query, isV1: isV1)
    guard access.mayWrite(bucket: request.bucket) else { throw .noBucket(request.bucket) }
    let bytes = try WriteBody.lines(of: event)
    let points: ParsedPoints
    do throws(LineProtocolError) {
      points = try LineProtocol.parse(bytes, precision: request.precision, now: Self.timeOfTimeless(arrival))
    } catch {
      if error.reason.isTooLarge { throw .tooLarge("\(error.reason.rawValue); nothing was written") }
      throw .invalid("unable to parse: \(error); nothing was written")
    }
    if let queue {
      try await inTime(context) { () async throws(InfluxError) in
        try await enqueue(points, bytes, request, arrival, queue, context)
      }
    } else {
      try await inTime(context) { () async throws(InfluxError) in
        try await store(points, request, arrival, context)
      }
    }
    return HTTPEventResponse(status: 204, body: [])
  }

  /// The time of points that have none, epoch nanoseconds.
  static func timeOfTimeless(_ arrival: Arrival) -> Int64 {
    arrival.time.multipliedReportingOverflow(by: 1_000_000).partialValue
  }

  private func enqueue(
    _ points: ParsedPoints, _ bytes: [UInt8], _ request: WriteRequest, _ arrival: Arrival, _ queue: MessageSender,
    _ context: LambdaContext
  ) async throws(InfluxError) {
    let bodies: [String]
    do throws(QueuedLines.TooLong) {
      bodies = try QueuedLines.bodies(of: points, bytes, request, arrival) { arrivals.nextVersion() }
    } catch {
      throw .unprocessable(
        "failure writing points to database: line \(error.line) is too long for the queue, which takes \(QueuedLines.maximumBytes) bytes; nothing was written"
      )
    }
    do throws(StoreError) { try await queue.send(bodies) } catch {
      context.logger.error("lines could not be queued", ["error": .string(error.description)])
      throw InfluxError(error)
    }
    context.logger.info(
      "queued",
      ["bucket": .string(request.bucket), "points": .integer(points.points.count), "messages": .integer(bodies.count)])
  }

  private func store(
    _ points: ParsedPoints, _ request: WriteRequest, _ arrival: Arrival, _ context: LambdaContext
  ) async throws(InfluxError) {
    let series = points.samples()
    let outcome = await writer.write(series, into: request.bucket, arrival: arrival, context.logger)
    let rejected = RejectedLines(outcome.refused, of: points, series)
    var tally = WriteTally()
    tally.add(outcome, rejected: rejected.lines.count)
    tally.log(context.logger, ["bucket": .string(request.bucket)])
    if !rejected.isEmpty {
      context.logger.warn(
        "points were rejected", ["bucket": .string(request.bucket), "reasons": .string(rejected.description)])
    }
    if let failure = outcome.failure {
      context.logger.error("a store failed", ["error": .string(failure.description)])
      throw InfluxError(failure)
    }
    guard rejected.isEmpty else {
      throw .unprocessable("failure writing points to database: partial write: \(rejected.description)")
    }
  }

  /// Runs a body until the answer must go out: shortly before the deadline, and before API Gateway's 29 seconds.
  private func inTime(
    _ context: LambdaContext, _ body: @escaping @Sendable () async throws(InfluxError) -> Void
  ) async throws(InfluxError) {
    let outcome = await within(.milliseconds(AnswerTime(context, clock: clock).left)) {
      () async -> Result<Void, InfluxError> in
      do throws(InfluxError) { return .success(try await body()) } catch { return .failure(error) }
    }
    guard let outcome else {
      throw .unavailable("the stores took too long: send the whole batch again, or smaller ones")
    }
    try outcome.get()
  }
}
