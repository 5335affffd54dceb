import AWSClients
import CacheSupport
import LambdaRuntime

extension LambdaLogger {
  /// Writes a line per request to AWS where the level is `DEBUG`; nil where it is not, so that nobody pays for it.
  var requestObserver: (@Sendable (RequestReport) -> Void)? {
    guard isDebugging else { return nil }
    return { report in
      var fields: JSONObject = [
        "service": .string(report.service), "operation": .string(report.operation), "attempt": .integer(report.attempt),
        "milliseconds": .integer(Int(report.duration / .milliseconds(1))),
      ]
      fields["status"] = report.status.map { .integer($0) }
      fields["code"] = report.code.map { .string($0.rawValue) }
      debug("request", fields)
    }
  }
}
