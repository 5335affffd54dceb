/// How one of AWS's services is reached: names, protocol and retry limits.
///
/// Source: botocore's service models.
public struct AWSService: Sendable, Hashable {
  /// The endpoint's first label, such as `dynamodb`.
  public var endpointPrefix: String
  /// The name in the credential scope.
  public var signingName: String
  /// What `AWS_ENDPOINT_URL_` is followed by.
  public var environmentSuffix: String
  /// What `X-Amz-Target` starts with; empty for services that use paths.
  public var targetPrefix: String
  /// `1.0` or `1.1`, as in `application/x-amz-json-1.0`.
  public var jsonVersion: String
  /// Attempts in all, the first included.
  public var maximumAttempts: Int
  /// The base of the backoff, in milliseconds.
  public var backoffBase: Double
  /// True for services whose real endpoint is told by `DescribeEndpoints`.
  public var discoversEndpoints: Bool

  init(
    _ endpointPrefix: String, signingName: String? = nil, suffix: String, target: String = "", json: String = "1.0",
    attempts: Int = 3, base: Double = 50, discovers: Bool = false
  ) {
    self.endpointPrefix = endpointPrefix
    self.signingName = signingName ?? endpointPrefix
    environmentSuffix = suffix
    targetPrefix = target
    jsonVersion = json
    maximumAttempts = attempts
    backoffBase = base
    discoversEndpoints = discovers
  }

  /// Amazon DynamoDB.
  public static let dynamoDB: AWSService = AWSService(
    "dynamodb", suffix: "DYNAMODB", target: "DynamoDB_20120810", attempts: 4, base: 25)
  /// Amazon Simple Queue Service.
  public static let sqs: AWSService = AWSService("sqs", suffix: "SQS", target: "AmazonSQS")
  /// AWS Systems Manager, for its parameters.
  public static let ssm: AWSService = AWSService("ssm", suffix: "SSM", target: "AmazonSSM", json: "1.1")
  /// Amazon Timestream for LiveAnalytics, what writes and manages.
  public static let timestreamWrite: AWSService = AWSService(
    "ingest.timestream", signingName: "timestream", suffix: "TIMESTREAM_WRITE", target: "Timestream_20181101",
    discovers: true)
  /// Amazon Timestream for LiveAnalytics, what reads.
  public static let timestreamQuery: AWSService = AWSService(
    "query.timestream", signingName: "timestream", suffix: "TIMESTREAM_QUERY", target: "Timestream_20181101",
    discovers: true)
  /// AWS Lambda.
  public static let lambda: AWSService = AWSService("lambda", suffix: "LAMBDA")
  /// AWS Security Token Service.
  public static let sts: AWSService = AWSService("sts", suffix: "STS")
}
