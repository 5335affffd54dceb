import AWSClients
import CacheSupport
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
        try $0.template.edit("      MemorySize: 256", "      MemorySize: 1024")
        $0.template.text = $0.template.text.replacing(
          "AttributeName: expiry, Enabled: true", with: "AttributeName: until, Enabled: true")
        $0.template.parameters["SourceKey"] = "changed-in-the-template"
        $0.resets = ["/timeseries-cache/source-key"]
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
          $0.template.text = $0.template.text.replacing("AttributeName: start,", with: "AttributeName: instant,")
        }
      ) { _ in }
    } throws: { "\($0)".contains("is there with another key") }
  }

  @Test("An address moves where its port ends there, and nowhere else") func moving() {
    #expect(
      SSMService.moving("http://h:456", to: "http://h:9", in: "http://h:456/a http://h:4567/b http://h:456")
        == "http://h:9/a http://h:4567/b http://h:9")
  }

  @Test("What left the template is named, and queues fall back to SQS's own settings") func leftovers() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "left-\(RandomID.uuid())").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    func with(_ text: String, _ body: (TestCloud) async throws -> Void) async throws {
      try await TestCloud.with(
        polls: false,
        configure: {
          $0.folder = folder
          $0.template = TemplateFile(name: "t", text: text)
        }, body)
    }
    let first =
      "Resources: { Q: { Type: AWS::SQS::Queue, Properties: { QueueName: q, VisibilityTimeout: 77 } }, P: { Type: AWS::SQS::Queue, Properties: { QueueName: gone } } }"
    try await with(first) { cloud in #expect(cloud.cloud.leftovers == []) }
    for _ in 0..<2 {
      try await with("Resources: { Q: { Type: AWS::SQS::Queue, Properties: { QueueName: q } } }") { cloud in
        #expect(cloud.cloud.leftovers == ["queue gone"])
        let queue = try await SQSClient(cloud.client).attributes(of: "\(cloud.cloud.address)/000000000000/q")
        #expect(queue["VisibilityTimeout"] == "30")
      }
    }
    let rights = try FileManager.default.attributesOfItem(atPath: folder + "/local-cloud.sqlite")[.posixPermissions]
    #expect(rights as? Int == 0o600)
  }

  @Test("A server ends while requests arrive, and one that failed to start leaves nothing that serves")
  func stopping() async throws {
    for _ in 0..<5 {
      let server = try HTTPServer { _ in .later { .text(200, "x") } }
      let http = CurlClient(environment: [:])
      let address = server.address
      await withTaskGroup(of: Void.self) { group in
        for _ in 0..<8 {
          group.addTask {
            // Until the port is closed.
            while (try? await http.send(HTTPRequest(url: address))) != nil {}
          }
        }
        _ = try? await http.send(HTTPRequest(url: address))
        await server.stop()
      }
    }
    let port = try { try HTTPServer { _ in .now(.text(200, "")) }.port }()
    _ = try HTTPServer(port: port) { _ in .now(.text(200, "")) }
  }

  @Test(
    "A query begins at the first question mark, whatever mark comes after it",
    arguments: [("/a?b=1?2", "/a", "b=1?2"), ("/a?\u{301}=1", "/a", "\u{301}=1"), ("/a", "/a", ""), ("", "", "")])
  func target(uri: String, path: String, query: String) {
    let (foundPath, foundQuery) = ServerRequest.parts(of: uri)
    #expect(foundPath == path && foundQuery == query)
  }

  @Test(
    "Schedules that are none are refused",
    arguments: [
      "rate(9223372036854775807 days)", "rate(106751991167 days)", "cron(, * * * ? *)", "cron(0 1 * * ? *)xyz",
      "rate(0 days)",
    ]) func schedules(text: String)
  { #expect(throws: Schedule.Failure.self) { try Schedule(text) } }

  @Test("Over TLS the certificate is verified, the functions work, and the Runtime API has a port of its own")
  func tls() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "tls-\(RandomID.uuid())").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let made = try TLS(selfSignedFor: "127.0.0.1", in: folder)
    let keyFile = folder + "/key.pem"
    try made.key.write(toFile: keyFile, atomically: true, encoding: .utf8)
    // The one that was made, given as files.
    let given = try TLS(certificateFile: made.certificateFile, keyFile: keyFile)
    #expect(given.certificate == made.certificate && given.key == made.key)
    try await TestCloud.with(polls: false, configure: { $0.tls = .given(given) }) { cloud async throws in
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
    let other = try SelfSignedCertificate.make(for: "127.0.0.1")
    try other.key.write(toFile: folder + "/other.pem", atomically: true, encoding: .utf8)
    for (certificate, key, words) in [
      (keyFile, keyFile, "holds no certificate"), (made.certificateFile, made.certificateFile, "holds no private key"),
      (made.certificateFile, folder + "/other.pem", "is not that of the certificate"),
    ] {
      #expect { try TLS(certificateFile: certificate, keyFile: key) } throws: { "\($0)".contains(words) }
    }
  }
}
