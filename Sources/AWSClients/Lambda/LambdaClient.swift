import CacheSupport
import HTTPTransport

/// AWS Lambda's Invoke.
///
/// See <https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html>.
public struct LambdaClient: Sendable {
  private let client: AWSClient

  public init(_ client: AWSClient) { self.client = client }

  public enum InvocationType: String, Sendable {
    /// Waits for the function's answer.
    case requestResponse = "RequestResponse"
    /// Queues the event and returns.
    case event = "Event"
    case dryRun = "DryRun"
  }

  public struct Invocation: Sendable, Hashable {
    /// 200, 202 for an event, 204 for a dry run.
    public var status: Int
    /// `Unhandled` where the function itself failed; the payload then tells why.
    public var functionError: String?
    public var payload: [UInt8]
  }

  /// - Parameters:
  ///   - function: a name, or an ARN.
  ///   - payload: JSON, up to 6 MB; may be empty.
  ///   - timeout: at least the function's own.
  public func invoke(
    _ function: String, payload: [UInt8] = [], type: InvocationType = .requestResponse,
    timeout: Duration = .seconds(900)
  ) async throws(AWSError) -> Invocation {
    var request = AWSClient.Request(
      path: "/2015-03-31/functions/\(PercentEncoding.encode(function))/invocations", body: payload, timeout: timeout)
    request.headers["X-Amz-Invocation-Type"] = type.rawValue
    request.headers["Content-Type"] = "application/json"
    let response = try await client.send(.lambda, request, operation: "Lambda.Invoke")
    return Invocation(
      status: response.status, functionError: response.headers["x-amz-function-error"], payload: response.body)
  }
}
