import AWSClients
import Basics
import Foundation
import HTTPTransport
import TestSupport
import Testing

@testable import LocalCloud

/// A stack that is stood up, and stood up again after its template was edited.
@Suite struct StackTests {
  @Test("Editing the template and starting again changes what runs; data and a person's changes stay")
  func edits() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "stack-\(RandomID.uuid())").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let first = try await TestCloud.with(polls: false, configure: { $0.folder = folder }) { cloud async throws in
      try await cloud.register(["kept"])
      let ssm = SSMClient(cloud.client)
      // A person adds a source of their own beside the sample.
      let sources = try await ssm.parameter(cloud.output("SourcesParameterName"))
      try cloud.cloud.setParameter(
        cloud.output("SourcesParameterName"), sources.replacing("{\"default\"", with: "{\"mine\": {}, \"default\""))
      try cloud.cloud.setParameter(cloud.output("SourceKeyParameterName"), "changed-by-hand")
      return cloud.cloud.address
    }
    // Another port, nothing edited.
    try await TestCloud.with(polls: false, configure: { $0.folder = folder }) { cloud async throws in
      let ssm = SSMClient(cloud.client)
      let sources = try await ssm.parameter(cloud.output("SourcesParameterName"))
      #expect(sources.contains(cloud.cloud.address) && sources.contains("\"mine\""))
      #expect(!sources.contains(first) || first == cloud.cloud.address)
      #expect(try await ssm.parameter(cloud.output("SourceKeyParameterName")) == "changed-by-hand")
    }
    try await TestCloud.with(
      polls: false,
      configure: {
        $0.folder = folder
        try $0.template.edit("VisibilityTimeout: 360", "VisibilityTimeout: 720")
        try $0.template.edit("      MemorySize: 512", "      MemorySize: 1024")
        try $0.template.edit("AttributeName: expiry, Enabled: true", "AttributeName: until, Enabled: true")
        $0.template.parameters["SourceKey"] = "changed-in-the-template"
        $0.template.parameters["MemoryStoreHours"] = "48"
        $0.template.text = $0.template.text.replacing(
          "  SourcesParameter:\n",
          with: "  Extra: { Type: AWS::SQS::Queue, Properties: { QueueName: extra } }\n  SourcesParameter:\n")
      }
    ) { cloud async throws in
      let queue = try await SQSClient(cloud.client).attributes(of: cloud.output("IdentifierQueueUrl"))
      #expect(queue["VisibilityTimeout"] == "720")
      #expect(
        try await SSMClient(cloud.client).parameter(cloud.output("SourceKeyParameterName")) == "changed-in-the-template"
      )
      #expect(cloud.cloud.plan.contains("1024 MB"))
      let extra = try await SQSClient(cloud.client).attributes(of: "\(cloud.cloud.address)/000000000000/extra")
      #expect(extra["QueueArn"]?.hasSuffix(":extra") ?? false)
      #expect(
        try await DynamoDBClient(cloud.client).getItem(
          ["identifier": .s("kept")], from: cloud.output("IdentifierTableName")) != nil)
    }
    // Another key would need another table.
    await #expect {
      try await TestCloud.with(
        polls: false,
        configure: {
          $0.folder = folder
          $0.template.text = $0.template.text.replacing("AttributeName: time,", with: "AttributeName: instant,")
        }
      ) { _ in }
    } throws: { "\($0)".contains("is there with another key") }
  }

  @Test(
    "A route fits a path as API Gateway has it",
    arguments: [
      ("/{proxy+}", "/a/b", ["proxy": "a/b"]), ("/{proxy+}", "/", nil), ("/a/{b}", "/a/x%20y", ["b": "x y"]),
      ("/a/{b}", "/a", nil), ("/a/{b}", "/a/b/c", nil), ("/a", "/a", [:]), ("/a", "/A", nil),
      ("/a/{rest+}", "/a/b%2Fc/d", ["rest": "b/c/d"]),
    ] as [(String, String, [String: String]?)])
  func routes(pattern: String, path: String, expected: [String: String]?) {
    let found = RoutePattern(pattern).match(path)
    #expect(found.map { Dictionary(uniqueKeysWithValues: $0.map { ($0.name, $0.value) }) } == expected)
  }

  @Test("The event of a request, in both formats") func events() {
    let event = GatewayEvent(
      request: ServerRequest(
        method: "GET", path: "/prod/v1/x", query: "a=1&b=2&a=%203",
        headers: [("Host", "h"), ("X-Many", "1"), ("x-many", "2")]), stage: "prod", routeKey: "ANY /{proxy+}",
      parameters: [("proxy", "v1/x")], account: Account(), now: 5)
    let two = event.version2
    #expect(two["rawPath"] == "/prod/v1/x")
    #expect(two["rawQueryString"] == "a=1&b=2&a=%203")
    #expect(two["queryStringParameters"] == ["a": "1, 3", "b": "2"])
    #expect(two["headers"] == ["host": "h", "x-many": "1,2"])
    #expect(two["pathParameters"] == ["proxy": "v1/x"])
    #expect(two["requestContext"]?["http"]?["method"] == "GET")
    #expect(two["body"] == nil)
    let one = event.version1
    #expect(one["path"] == "/v1/x")
    #expect(one["resource"] == "/{proxy+}")
    #expect(one["queryStringParameters"] == ["a": " 3", "b": "2"])
    #expect(one["multiValueQueryStringParameters"] == ["a": ["1", " 3"], "b": ["2"]])
    #expect(one["requestContext"]?["path"] == "/prod/v1/x")
  }

  @Test("Over TLS the certificate is verified, the functions work, and the Runtime API has a port of its own")
  func tls() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "tls-\(RandomID.uuid())").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let made = try TLS(selfSignedFor: "127.0.0.1", in: folder)
    let keyFile = folder + "/key.pem"
    try made.key.write(toFile: keyFile, atomically: true, encoding: .utf8)
    // The one that was made, given as files.
    let given = try TLS(certificateFile: made.certificateFile, keyFile: keyFile)
    #expect(given.certificate == made.certificate && given.key == made.key)
    try await TestCloud.with(polls: false, configure: { $0.tls = given }) { cloud async throws in
      #expect(cloud.cloud.address.hasPrefix("https://127.0.0.1:"))
      try await cloud.register(["a"])
      let invocation = try await LambdaClient(cloud.client).invoke(cloud.output("QueueFunctionName"))
      #expect(invocation.functionError == nil)
      #expect(try JSON(parsing: invocation.payload)["identifiers"]?.int == 1)
      // Whoever does not know the certificate does not talk.
      let stranger = CurlClient(environment: [:])
      await #expect(throws: HTTPError.self) { try await stranger.send(HTTPRequest(url: cloud.cloud.address)) }
      let runtime = HTTPRequest(url: cloud.cloud.address + "/runtime/x/2018-06-01/runtime/invocation/next")
      #expect(try await cloud.http.send(runtime).status == 404)
    }
    #expect(throws: TLS.Failure.self) { try TLS(certificateFile: folder + "/nothing", keyFile: keyFile) }
    #expect(throws: TLS.Failure.self) { try TLS(certificateFile: keyFile, keyFile: keyFile) }
  }
}
