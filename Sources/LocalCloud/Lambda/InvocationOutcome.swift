import CacheSupport

/// How an invocation ended.
enum InvocationOutcome: Sendable, Hashable {
  /// The function answered or failed, or its process did.
  case finished(InvocationResult)
  /// Not begun: too many wait already, or a fault on purpose says so.
  case throttled(onPurpose: Bool)
  /// Cut short by the end of this cloud.
  case stopped

  static func failure(_ type: String, _ message: String) -> InvocationOutcome { .finished(.failure(type, message)) }
}

/// What a function gave back.
struct InvocationResult: Sendable, Hashable {
  var payload: [UInt8]
  /// `Unhandled` where the function failed; the payload then says how.
  var functionError: String?
  /// The end of its log, where the invocation asked for it.
  var log: [UInt8] = []

  /// Of a process that ended before it answered.
  static func exit(_ status: ExitStatus, _ request: String) -> InvocationResult {
    failure("Runtime.ExitError", "RequestId: \(request) Error: \(status.words)")
  }

  static func failure(_ type: String, _ message: String) -> InvocationResult {
    InvocationResult(
      payload: (["errorType": .string(type), "errorMessage": .string(message)] as JSON).bytes,
      functionError: "Unhandled")
  }
}
