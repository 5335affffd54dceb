/// How one request to a service ended, for logs; it holds no body, no header and no secret.
public struct RequestReport: Sendable, Hashable {
  /// The endpoint's first label, such as `dynamodb`.
  public var service: String
  /// Such as `Query`.
  public var operation: String
  /// Which attempt of its call it was, from 1.
  public var attempt: Int
  /// The HTTP status; nil where no answer came.
  public var status: Int?
  /// Why the request failed; nil where it succeeded.
  public var code: AWSError.Code?
  /// From the first byte sent to the last byte received, a new connection included.
  public var duration: Duration = .zero

  /// A request that has just begun.
  package init(service: String, operation: String, attempt: Int) {
    self.service = service
    self.operation = operation
    self.attempt = attempt
  }
}
