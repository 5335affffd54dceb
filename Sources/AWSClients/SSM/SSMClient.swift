import CacheSupport

/// AWS Systems Manager's parameters.
public struct SSMClient: Sendable {
  private let client: AWSClient

  public init(_ client: AWSClient) { self.client = client }

  /// The parameter's value, decrypted.
  ///
  /// - Throws: ``AWSError`` with ``AWSError/Code/parameterNotFound`` where there is none.
  public func parameter(_ name: String) async throws(AWSError) -> String {
    let answer = try await client.call(
      .ssm, "GetParameter", ["Name": .string(name), "WithDecryption": true], timeout: .seconds(5))
    return try (answer["Parameter"] ?? .null).required("Value", "AmazonSSM.GetParameter", \.string)
  }
}
