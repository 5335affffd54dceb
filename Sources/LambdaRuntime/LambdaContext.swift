import HTTPTransport

/// What Lambda tells about one invocation.
public struct LambdaContext: Sendable {
  /// Lambda's id of the invocation; the log lines carry it.
  public var requestID: String
  /// When Lambda kills the process, epoch milliseconds.
  public var deadline: Int64
  /// The function's ARN, with the version or alias that was invoked; empty where there is none.
  public var functionARN: String
  /// The X-Ray trace; nil where there is none.
  public var traceID: String?
  /// Writes lines that carry the request's id.
  public var logger: LambdaLogger

  /// A context made by hand, to call a handler outside of Lambda.
  ///
  /// - Parameters:
  ///   - requestID: any text; the log lines carry it.
  ///   - deadline: epoch milliseconds; `Int64.max` for none.
  ///   - functionARN: with the version or alias that was invoked; empty for none.
  ///   - traceID: the value of X-Ray's tracing header; nil for none.
  ///   - logger: the context keeps a copy of it that adds the request's id to each line.
  public init(
    requestID: String, deadline: Int64, functionARN: String = "", traceID: String? = nil, logger: LambdaLogger
  ) {
    self.requestID = requestID
    self.deadline = deadline
    self.functionARN = functionARN
    self.traceID = traceID
    self.logger = logger.with(requestID: requestID)
  }

  /// Reads the `Lambda-Runtime-…` headers; nil where the request's id is missing.
  init?(headers: HTTPHeaders, logger: LambdaLogger) {
    guard let id = headers["Lambda-Runtime-Aws-Request-Id"] else { return nil }
    self.init(
      requestID: id, deadline: headers["Lambda-Runtime-Deadline-Ms"].flatMap { Int64($0) } ?? .max,
      functionARN: headers["Lambda-Runtime-Invoked-Function-Arn"] ?? "", traceID: headers["Lambda-Runtime-Trace-Id"],
      logger: logger)
  }
}
