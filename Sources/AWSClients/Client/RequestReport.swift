/// What one request to a service came to: no body, no header, no secret.
public struct RequestReport: Sendable, Hashable {
  /// The endpoint's first label, such as `dynamodb`.
  public var service: String
  /// Such as `Query`.
  public var operation: String
  /// From 1, within one call.
  public var attempt: Int
  /// The HTTP status; nil where no answer came.
  public var status: Int?
  /// Why there is no good answer; nil where there is one.
  public var code: AWSError.Code?
  /// From the first byte sent to the last byte received, a new connection included.
  public var duration: Duration = .zero

  /// A report of a request that has only begun.
  public init(service: String, operation: String, attempt: Int) {
    self.service = service
    self.operation = operation
    self.attempt = attempt
  }
}
