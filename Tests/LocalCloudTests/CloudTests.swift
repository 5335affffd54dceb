import AWSClients
import CacheSupport
import Foundation
import HTTPTransport
import TestSupport
import Testing

@testable import LocalCloud

/// The process: what outlives it, and how it ends.
@Suite struct CloudTests {
  @Test("Data outlive the cloud; two clouds do not share a folder or a port") func restart() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "data-\(RandomID.uuid())").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let key = try await TestCloud.with(polls: false, configure: { $0.folder = folder }) { cloud async throws in
      try await cloud.register(["kept"])
      #expect(throws: (any Error).self) {
        var options = LocalCloud.Options(template: try TestCloud.template())
        options.port = 0
        options.folder = folder
        _ = try LocalCloud(options)
      }
      #expect(throws: HTTPServer.Failure.self) {
        _ = try HTTPServer(port: UInt16(cloud.cloud.address.split(separator: ":").last ?? "") ?? 0) { _ in
          .now(.text(200, ""))
        }
      }
      return cloud.output("ApiKey")
    }
    try await TestCloud.with(polls: false, configure: { $0.folder = folder }) { cloud async throws in
      #expect(cloud.output("ApiKey") == key)
      #expect(
        try await DynamoDBClient(cloud.client).getItem(
          ["identifier": .s("kept")], from: cloud.output("IdentifierTableName")) == [
            "identifier": .s("kept")
          ])
      let sources = try await SSMClient(cloud.client).parameter(cloud.output("SourcesParameterName"))
      #expect(sources.contains(cloud.cloud.address))
    }
  }

  @Test("A cloud whose function hangs ends at once all the same", .timeLimit(.minutes(10))) func stops() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "hang-\(RandomID.uuid())", directoryHint: .isDirectory)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    for name in ["Queue", "Fetch", "API"] {
      let file = folder.appending(path: "\(name)Function").path
      try Data(
        "#!/bin/sh\ncurl -s \"http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation/next\" -o /dev/null; exec sleep 100\n"
          .utf8
      ).write(to: URL(filePath: file))
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file)
    }
    // The function's own limit is a quarter of an hour, longer than the test may take: whoever waits for it fails.
    let processes = try await TestCloud.with(configure: { $0.executables = folder.path }) { cloud async throws in
      let invocation = try await LambdaClient(cloud.client).invoke(cloud.output("QueueFunctionName"), type: .event)
      #expect(invocation.status == 202)
      #expect(try await eventually { !cloud.cloud.processIDs(of: cloud.output("QueueFunctionName")).isEmpty })
      return cloud.cloud.processIDs(of: cloud.output("QueueFunctionName"))
    }
    #expect(processes.allSatisfy { kill($0, 0) == -1 && errno == ESRCH })
  }

  @Test("A function past its timeout is killed and says so; one that cannot start is an error, not a hang")
  func timeouts() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "slow-\(RandomID.uuid())", directoryHint: .isDirectory)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    func install(_ name: String, _ script: String) throws {
      let file = folder.appending(path: "\(name)Function").path
      try Data("#!/bin/sh\n\(script)\n".utf8).write(to: URL(filePath: file))
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file)
    }
    try install(
      "Queue",
      "curl -s \"http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation/next\" -o /dev/null; exec sleep 100")
    try install("Fetch", "exit 3")
    try await TestCloud.with(
      polls: false,
      configure: {
        $0.executables = folder.path
        // The queue function's alone: what ends at once may take longer than a second to, on a busy machine.
        try $0.template.edit("      Timeout: 900", "      Timeout: 1")
      }
    ) { cloud async throws in
      let client = LambdaClient(cloud.client)
      let slow = try await client.invoke("timeseries-cache-queue")
      #expect(slow.functionError == "Unhandled")
      #expect(String(decoding: slow.payload, as: UTF8.self).contains("Task timed out after 1.00 seconds"))
      let broken = try await client.invoke("timeseries-cache-fetch")
      #expect(String(decoding: broken.payload, as: UTF8.self).contains("exit status 3"))
      let missing = try await client.invoke("timeseries-cache-api")
      #expect(String(decoding: missing.payload, as: UTF8.self).contains("Runtime.InvalidEntrypoint"))
      await #expect { try await client.invoke("nobody") } throws: { ($0 as? AWSError)?.status == 404 }
    }
  }
}
