import AWSClients
import HTTPTransport

extension StoreError {
  init(_ error: AWSError) {
    let kind: Kind =
      if error.isThrottling {
        .throttled
      } else if error.transport == .timedOut {
        .timedOut
      } else if error.isRetryable {
        .unavailable
      } else {
        .failed
      }
    self.init(kind, error.description, code: error.code.rawValue, requestID: error.requestID, cause: error)
  }

  /// Runs a body and turns what a service throws into what a store throws.
  static func translating<Value>(_ body: () async throws(AWSError) -> Value) async throws(StoreError) -> Value {
    do throws(AWSError) { return try await body() } catch { throw StoreError(error) }
  }
}
