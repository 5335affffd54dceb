import CacheSupport
public import HTTPTransport

/// What a service answered instead of a result, or why it could not be asked.
///
/// A code that this library does not know stays representable, down to the raw body. No credential is ever part of it.
public struct AWSError: Error, Sendable, CustomStringConvertible {
  /// The service's own name for the error; an open set.
  public struct Code: Sendable, Hashable, RawRepresentable, ExpressibleByStringLiteral, CustomStringConvertible {
    /// The name, as the service writes it after `#`.
    public var rawValue: String
    /// Any name.
    public init(rawValue: String) { self.rawValue = rawValue }
    /// Any name.
    public init(stringLiteral value: String) { rawValue = value }
    /// The name.
    public var description: String { rawValue }

    /// The request is not as the service wants it.
    public static let validation: Code = "ValidationException"
    /// A table, database or queue does not exist.
    public static let resourceNotFound: Code = "ResourceNotFoundException"
    /// Something of that name exists already, or is being changed.
    public static let conflict: Code = "ConflictException"
    /// An item of DynamoDB's does not meet the condition of a write: see ``AWSError/item``.
    public static let conditionalCheckFailed: Code = "ConditionalCheckFailedException"
    /// An action of a transaction cannot be carried out: see ``AWSError/cancellationReasons``.
    public static let transactionCanceled: Code = "TransactionCanceledException"
    /// A transaction is changing the item that a single call is about.
    public static let transactionConflict: Code = "TransactionConflictException"
    /// Timestream refused some records: see ``AWSError/rejectedRecords``.
    public static let rejectedRecords: Code = "RejectedRecordsException"
    /// Systems Manager has no parameter of that name.
    public static let parameterNotFound: Code = "ParameterNotFound"
    /// No answer came: see ``AWSError/transport``.
    public static let transport: Code = "TransportError"
    /// There are no credentials, or their source failed.
    public static let credentials: Code = "CredentialsError"
    /// Region or endpoint are missing or unusable.
    public static let configuration: Code = "ConfigurationError"
    /// The answer is not what the service promises.
    public static let unexpectedAnswer: Code = "UnexpectedAnswer"
  }

  /// The service's own name for the error, or one of this library's.
  public var code: Code
  /// The service's own words.
  public var message: String
  /// Such as `DynamoDB_20120810.Query`.
  public var operation: String
  /// The HTTP status; nil where no answer came.
  public var status: Int?
  /// The service's id of the request, to be quoted to AWS; nil where no answer came.
  public var requestID: String?
  /// The body of the answer as it came; left empty for a refused signature, because AWS shows there what was signed.
  public var body: [UInt8]
  /// Why no answer came; nil where one did.
  public var transport: HTTPError.Code?
  /// What the service asked to wait, in milliseconds (`x-amz-retry-after`).
  public var retryAfter: Double?
  /// The service's own clock, epoch seconds, from its `Date` header.
  var serverTime: Int64?
  /// True where an answer is no JSON, most likely because it was cut on the way.
  package var isTruncated: Bool = false

  /// An error put together by hand.
  package init(
    _ code: Code, _ message: String, operation: String, status: Int? = nil, requestID: String? = nil,
    body: [UInt8] = [], transport: HTTPError.Code? = nil
  ) {
    self.code = code
    self.message = message
    self.operation = operation
    self.status = status
    self.requestID = requestID
    self.body = body
    self.transport = transport
  }

  /// Operation, code and message, with status and request id where there are some.
  public var description: String {
    let at = status.map { ", status \($0)" } ?? ""
    let id = requestID.map { ", request \($0)" } ?? ""
    return "\(operation): \(code): \(message)\(at)\(id)"
  }

  /// True where the service wants fewer requests.
  public var isThrottling: Bool { Self.throttling.contains(code.rawValue) || status == 429 }

  /// True where the same request may succeed later (the SDKs' standard retry mode).
  public var isRetryable: Bool {
    if isTruncated { return true }
    if let transport { return [.cannotConnect, .connectionLost, .timedOut].contains(transport) }
    if Self.throttling.contains(code.rawValue) || Self.transient.contains(code.rawValue) { return true }
    guard let status else { return false }
    return [500, 502, 503, 504, 429, 421].contains(status)
  }

  /// True where the two clocks disagree.
  var isClockSkew: Bool {
    [
      "RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture", "InvalidSignatureException",
      "SignatureDoesNotMatch", "AuthFailure",
    ]
    .contains(code.rawValue)
  }

  /// True where temporary credentials have ended earlier than was known.
  var isExpiredToken: Bool { code == "ExpiredTokenException" || code == "ExpiredToken" }

  /// True where a discovered endpoint no longer serves.
  var invalidatesEndpoint: Bool { code == "InvalidEndpointException" || status == 421 }

  private static let throttling: Set<String> = [
    "Throttling", "ThrottlingException", "ThrottledException", "RequestThrottledException", "RequestThrottled",
    "TooManyRequestsException", "ProvisionedThroughputExceededException", "TransactionInProgressException",
    "RequestLimitExceeded", "BandwidthLimitExceeded", "LimitExceededException", "SlowDown", "EC2ThrottledException",
  ]
  private static let transient: Set<String> = [
    "RequestTimeout", "RequestTimeoutException", "PriorRequestNotComplete", "InvalidEndpointException",
    "IDPCommunicationError", "InternalServerError", "InternalServerException",
  ]
}

extension AWSError {
  /// Reads an error answer: of the JSON protocols `__type` (the part after `#`, before `:`) and `message` in either case,
  /// of the query protocol `<Code>` and `<Message>`.
  init(response: HTTPResponse, operation: String) {
    let json = try? JSON(parsing: response.body)
    let xml = response.body.first == UInt8(ascii: "<") ? String(decoding: response.body, as: UTF8.self) : nil
    let type =
      json?["__type"]?.string ?? json?["code"]?.string ?? response.headers["x-amzn-errortype"]
      ?? xml.flatMap { XMLText.element("Code", in: $0) }
    let name = type.map { text in
      String(text.split(separator: "#").last ?? "").split(separator: ":").first.map(String.init) ?? text
    }
    let message =
      json?["message"]?.string ?? json?["Message"]?.string ?? json?["errorMessage"]?.string
      ?? xml.flatMap { XMLText.element("Message", in: $0) }
    self.init(
      Code(rawValue: name ?? "HTTP\(response.status)"), Self.withoutCanonicalString(message ?? "no message"),
      operation: operation,
      status: response.status, requestID: response.headers["x-amzn-requestid"] ?? response.headers["x-amz-request-id"],
      body: response.body)
    if isClockSkew { body = [] }
    retryAfter = response.headers["x-amz-retry-after"].flatMap(Double.init)
    serverTime = response.headers["date"].flatMap(HTTPDate.epochSeconds)
  }

  /// A refused signature's message shows the whole canonical request, with the session token in it: that stays unsaid.
  private static func withoutCanonicalString(_ message: String) -> String {
    guard let start = message.firstRange(of: "The Canonical String") else { return message }
    return message[..<start.lowerBound].split(whereSeparator: \.isNewline).joined(separator: " ")
  }

  init(_ error: HTTPError, operation: String) {
    self.init(.transport, error.message, operation: operation, transport: error.code)
  }
}
