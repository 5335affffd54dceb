import CacheSupport

/// AWS Systems Manager's parameters.
///
/// See <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameter.html>.
public struct SSMClient: Sendable {
  private let client: AWSClient

  /// Calls Systems Manager with a client's credentials, region and retries.
  public init(_ client: AWSClient) { self.client = client }

  /// The parameter's value, decrypted; waits for at most 5 seconds at each attempt.
  ///
  /// - Parameter name: a name or an ARN.
  /// - Throws: ``AWSError``; its code is ``AWSError/Code/parameterNotFound`` where there is no such parameter.
  public func parameter(_ name: String) async throws(AWSError) -> String {
    let answer = try await client.call(
      .ssm, "GetParameter", ["Name": .string(name), "WithDecryption": true], timeout: .seconds(5))
    return try (answer["Parameter"] ?? .null).required("Value", "AmazonSSM.GetParameter", \.string)
  }
}
