import CacheSupport
import HTTPTransport
import TestSupport
import Testing

@testable import AWSClients

@Suite("Secrets Manager")
struct SecretsManagerTests {
  private static let environment: ProcessEnvironment = [
    "AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
  ]

  @Test("asks for the current text of a secret")
  func asks() async throws {
    let http = FakeHTTP([
      .success(.json(200, #"{"ARN":"arn","Name":"influx","SecretString":"a \"token\"","VersionId":"1"}"#)),
      .success(.json(200, #"{"ARN":"arn","Name":"influx","SecretBinary":"AA=="}"#)),
      .success(.json(400, #"{"__type":"ResourceNotFoundException","Message":"Secrets Manager can't find it."}"#)),
    ])
    let client = SecretsManagerClient(try AWSClient(environment: Self.environment, http: http))
    #expect(try await client.secret("influx") == #"a "token""#)
    let request = try #require(http.requests.first)
    #expect(request.url == "https://secretsmanager.eu-west-1.amazonaws.com/")
    #expect(request.headers["X-Amz-Target"] == "secretsmanager.GetSecretValue")
    #expect(request.headers["Content-Type"] == "application/x-amz-json-1.1")
    #expect(String(decoding: request.body, as: UTF8.self) == #"{"SecretId":"influx"}"#)
    var codes: [AWSError.Code] = []
    for _ in 0..<2 {
      do throws(AWSError) { _ = try await client.secret("influx") } catch { codes.append(error.code) }
    }
    #expect(codes == [.unexpectedAnswer, .resourceNotFound])
  }
}
