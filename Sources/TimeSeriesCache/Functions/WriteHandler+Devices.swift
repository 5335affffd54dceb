import CacheSupport
import LambdaRuntime

extension WriteHandler {
  /// Writes what a topic published. Lambda tries a message again that fails, and the time at which it was published makes that do no
  /// harm.
  func write(published messages: [SNSEvent.Message], _ context: LambdaContext) async throws -> JSON {
    var readings: [(JSON, Arrival)] = []
    for message in messages {
      let json: JSON
      do throws(JSONError) { json = try JSON(parsing: message.body) } catch {
        throw WriteFailure(description: "the message \(message.id) is not JSON: \(error)")
      }
      readings.append((json, message.sent.map { Arrival(sentAt: $0) } ?? arrivals.next()))
    }
    return try await write(readings: readings, context)
  }

  /// Writes messages of readings, each with its arrival.
  ///
  /// - Returns: how many readings are written, which are all of them.
  /// - Throws: ``WriteFailure`` once all has been tried, where a reading cannot be written, or not now.
  func write(readings messages: [(json: JSON, arrival: Arrival)], _ context: LambdaContext) async throws -> JSON {
    var tally = WriteTally()
    var reasons = FirstFew<String>()
    for (json, arrival) in messages {
      let readings: DeviceReadings
      do throws(UnreadableMessage) {
        readings = try DeviceReadings(json, rule: devices, arrival: arrival.time)
      } catch { throw WriteFailure(description: error.reason) }
      let outcome = await writer.write(
        readings.points, into: DeviceRule.bucket, arrival: arrival, context.logger)
      let faults = readings.faults(with: outcome.refused)
      tally.add(outcome, rejected: faults.count)
      for fault in faults { reasons.add("reading \(fault.index): \(fault.reason)") }
      if let failure = outcome.failure {
        for _ in outcome.left { reasons.add("a store failed: \(failure)") }
      }
    }
    tally.log(context.logger, [:])
    guard reasons.isEmpty else {
      let first = reasons.elements.joined(separator: "; ")
      throw WriteFailure(
        description: "\(reasons.count) reading\(reasons.count == 1 ? " was" : "s were") not written: \(first)")
    }
    return ["written": .integer(tally.written)]
  }
}
