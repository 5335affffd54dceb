import CacheSupport

/// AWS Secrets Manager.
///
/// See <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html>.
public struct SecretsManagerClient: Sendable {
  private let client: AWSClient

  /// Calls Secrets Manager with a client's credentials, region and retries.
  public init(_ client: AWSClient) { self.client = client }

  /// The secret's current text; waits for at most 5 seconds at each attempt.
  ///
  /// - Parameter id: a name or an ARN.
  /// - Throws: ``AWSError``; its code is ``AWSError/Code/resourceNotFound`` where there is no such secret, and
  ///   ``AWSError/Code/unexpectedAnswer`` where it is kept as bytes.
  public func secret(_ id: String) async throws(AWSError) -> String {
    let answer = try await client.call(
      .secretsManager, "GetSecretValue", ["SecretId": .string(id)], timeout: .seconds(5))
    return try answer.required("SecretString", "secretsmanager.GetSecretValue", \.string)
  }
}
