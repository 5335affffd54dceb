import CacheSupport
import LambdaRuntime

/// What an invocation of the write function has done, for its log and its metrics.
struct WriteTally: Sendable, Hashable {
  /// Points and readings.
  var written = 0
  var rejected = 0
  /// Series.
  var registered = 0

  /// - Parameter rejected: points, of which several may have been one sample.
  mutating func add(_ outcome: PointWriter.Outcome, rejected: Int) {
    written += outcome.written
    self.rejected += rejected
    registered += outcome.registered
  }

  mutating func add(_ other: WriteTally) {
    written += other.written
    rejected += other.rejected
    registered += other.registered
  }

  func log(_ logger: LambdaLogger, _ fields: JSONObject) {
    logger.metrics([
      CacheMetric.pointsWritten(written), CacheMetric.pointsRejected(rejected),
      CacheMetric.seriesRegistered(registered),
    ])
    var line: JSONObject = [
      "written": .integer(written), "rejected": .integer(rejected), "registered": .integer(registered),
    ]
    for member in fields.members { line[member.name] = member.value }
    logger.info("written", line)
  }
}
