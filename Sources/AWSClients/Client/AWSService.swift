/// How one of AWS's services is reached: names, protocol and retry limits.
///
/// Source: botocore's service models.
package struct AWSService: Sendable, Hashable {
  /// The endpoint's first label, such as `dynamodb`.
  package var endpointPrefix: String
  /// The name in the credential scope.
  package var signingName: String
  /// What `AWS_ENDPOINT_URL_` is followed by.
  package var environmentSuffix: String
  /// What `X-Amz-Target` starts with; empty for services that use paths.
  package var targetPrefix: String
  /// `1.0` or `1.1`, as in `application/x-amz-json-1.0`.
  package var jsonVersion: String
  /// Attempts in all, the first included.
  package var maximumAttempts: Int
  /// The base of the backoff, in milliseconds.
  package var backoffBase: Double
  /// True for services whose real endpoint is told by `DescribeEndpoints`.
  package var discoversEndpoints: Bool

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
  package static let dynamoDB: AWSService = AWSService(
    "dynamodb", suffix: "DYNAMODB", target: "DynamoDB_20120810", attempts: 4, base: 25)
  /// Amazon Simple Queue Service.
  package static let sqs: AWSService = AWSService("sqs", suffix: "SQS", target: "AmazonSQS")
  /// AWS Systems Manager, for its parameters.
  package static let ssm: AWSService = AWSService("ssm", suffix: "SSM", target: "AmazonSSM", json: "1.1")
  /// AWS Secrets Manager.
  package static let secretsManager: AWSService = AWSService(
    "secretsmanager", suffix: "SECRETS_MANAGER", target: "secretsmanager", json: "1.1")
  /// Amazon Timestream for LiveAnalytics, what writes and manages.
  package static let timestreamWrite: AWSService = AWSService(
    "ingest.timestream", signingName: "timestream", suffix: "TIMESTREAM_WRITE", target: "Timestream_20181101",
    discovers: true)
  /// Amazon Timestream for LiveAnalytics, what reads.
  package static let timestreamQuery: AWSService = AWSService(
    "query.timestream", signingName: "timestream", suffix: "TIMESTREAM_QUERY", target: "Timestream_20181101",
    discovers: true)
  /// AWS Lambda.
  package static let lambda: AWSService = AWSService("lambda", suffix: "LAMBDA")
  /// AWS Security Token Service.
  package static let sts: AWSService = AWSService("sts", suffix: "STS")
}
