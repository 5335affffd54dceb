import CacheSupport
import HTTPTransport

/// AWS Lambda's Invoke.
///
/// See <https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html>.
public struct LambdaClient: Sendable {
  private let client: AWSClient

  /// Calls Lambda with a client's credentials, region and retries.
  public init(_ client: AWSClient) { self.client = client }

  /// How a function is invoked.
  public enum InvocationType: String, Sendable {
    /// Waits for the function's answer.
    case requestResponse = "RequestResponse"
    /// Queues the event and returns.
    case event = "Event"
    /// Only checks that the caller may invoke the function.
    case dryRun = "DryRun"
  }

  /// What became of an invocation.
  public struct Invocation: Sendable, Hashable {
    /// 200 for an answer, 202 for a queued event, 204 for a dry run.
    public var status: Int
    /// `Unhandled` where the function itself failed; the payload then says why. Nil where it succeeded.
    public var functionError: String?
    /// The function's answer, JSON; empty unless the invocation waited for it.
    public var payload: [UInt8]
  }

  /// Invokes a function. A lost connection is tried again, so that the function may run twice.
  ///
  /// - Parameters:
  ///   - function: a name, or an ARN.
  ///   - payload: JSON, up to 6 MB; may be empty.
  ///   - type: whether to wait for the answer.
  ///   - timeout: at least the function's own.
  /// - Throws: ``AWSError`` where Lambda cannot be asked or refuses; a function that fails is an ``Invocation`` with a
  ///   ``Invocation/functionError``.
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
