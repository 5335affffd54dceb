import CacheSupport
package import LambdaRuntime

/// The write function: takes what others write, and stores it as history and forecast.
///
/// | event | what it is |
/// |---|---|
/// | of API Gateway (REST, HTTP) and function URLs | InfluxDB's write API: see ``WriteAPI`` |
/// | of SQS | lines that were queued, and devices' readings |
/// | of SNS | devices' readings |
/// | any other object or array | a device's reading, or several: see ``DeviceRule`` |
///
/// A request gets an answer with a status. Of a queue's messages those that may pass later are returned to it, and what can never be
/// written goes to the dead-letter queue with its reasons. Any other event that could not be written whole fails.
package struct WriteHandler: LambdaHandler {
  let api: WriteAPI
  let writer: PointWriter
  let devices: DeviceRule
  /// Where goes what can never be written; nil leaves it to the queue's own redrive policy.
  let deadLetters: MessageSender?
  let clock: WallClock
  let arrivals: Arrivals
  /// Waits for the deadline.
  var sleep: @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }

  /// Messages that are written at once.
  static let messagesInFlight: Int = 8
  /// Before the deadline, in milliseconds: what still runs is given up, so that the answer gets out.
  static let stopMargin: Int64 = 1500

  init(
    api: WriteAPI, writer: PointWriter, devices: DeviceRule, deadLetters: MessageSender?, clock: WallClock,
    arrivals: Arrivals
  ) {
    self.api = api
    self.writer = writer
    self.devices = devices
    self.deadLetters = deadLetters
    self.clock = clock
    self.arrivals = arrivals
  }

  /// Serves one event.
  ///
  /// - Throws: `EventError` for an event that is no JSON, ``WriteFailure`` for readings that could not be written.
  package func handle(_ event: [UInt8], _ context: LambdaContext) async throws -> [UInt8] {
    switch try Self.shape(of: event) {
    case .request: return await api.response(to: try HTTPEvent(parsing: event), context).bytes
    case .records:
      if let messages = try? SQSEvent(parsing: event).messages {
        let failed = await write(messages, context)
        return SQSEvent.partialBatchResponse(failed: failed).bytes
      }
      return try await write(published: try SNSEvent(parsing: event).messages, context).bytes
    case .readings:
      let json: JSON
      do throws(JSONError) { json = try JSON(parsing: event) } catch {
        throw EventError("the event is not JSON: \(error)")
      }
      return try await write(readings: [(json, arrivals.next())], context).bytes
    }
  }

  private enum Shape { case request, records, readings }

  /// What an event is, by the names of its members: it is read whole only once that is known.
  private static func shape(of event: [UInt8]) throws(EventError) -> Shape {
    do throws(JSONError) {
      var reader = JSONReader(event.span)
      guard try reader.peek() == .object else { return .readings }
      try reader.beginObject()
      var shape = Shape.readings
      while try reader.nextMember() {
        if reader.isNamed("httpMethod") || reader.isNamed("requestContext") { return .request }
        if reader.isNamed("Records") { shape = .records }
        try reader.skip()
      }
      return shape
    } catch { throw EventError("the event is not JSON: \(error)") }
  }
}

/// Why an event of readings failed; whoever sent it may send all of it again.
struct WriteFailure: Error, Sendable, Hashable, CustomStringConvertible {
  let description: String
}
