public import AWSClients
public import Basics
import Foundation
public import HTTPTransport
public import LocalCloud

/// A local cloud for one test, on a free port, with its data in a folder that goes with it.
public struct TestCloud: Sendable {
  public let cloud: LocalCloud
  public let http: any HTTPClient
  public let environment: Environment
  public let client: AWSClient

  /// Runs a body against a cloud of its own and ends it, whatever the body does.
  public static func with<Value>(
    clock: WallClock = .system, polls: Bool = true, configure: (inout LocalCloud.Options) -> Void = { _ in },
    _ body: (TestCloud) async throws -> Value
  ) async throws -> Value {
    var options = LocalCloud.Options()
    options.port = 0
    options.clock = clock
    options.pollsEventSources = polls
    configure(&options)
    let cloud = try LocalCloud(options)
    do {
      let value = try await body(try TestCloud(cloud, clock: clock))
      await cloud.stop()
      return value
    } catch {
      await cloud.stop()
      throw error
    }
  }

  init(_ cloud: LocalCloud, clock: WallClock) throws {
    self.cloud = cloud
    http = CurlClient(environment: [:])
    var values = Dictionary(cloud.outputs.map { ($0.name, $0.value) }) { first, _ in first }
    values["AWS_ENDPOINT_URL"] = cloud.address
    values["AWS_REGION"] = "us-east-1"
    values["AWS_ACCESS_KEY_ID"] = "test"
    values["AWS_SECRET_ACCESS_KEY"] = "test"
    values["IDENTIFIER_TABLE"] = values["ID_TABLE"]
    environment = Environment(values)
    client = try AWSClient(environment: environment, http: http, clock: clock)
  }

  /// The same cloud through another HTTP client.
  public init(_ other: TestCloud, http: any HTTPClient) {
    cloud = other.cloud
    environment = other.environment
    client = other.client
    self.http = http
  }

  /// An output of the stack; the empty text for one that it has not.
  public func output(_ name: String) -> String { cloud.outputs.first { $0.name == name }?.value ?? "" }

  /// Asks the API through the gateway, with its key.
  public func get(_ path: String, headers: HTTPHeaders = [:]) async throws -> HTTPResponse {
    var headers = headers
    if headers["x-api-key"] == nil { headers["x-api-key"] = output("API_KEY") }
    return try await http.send(HTTPRequest(url: output("API_ENDPOINT") + path, headers: headers))
  }

  /// Registers identifiers, 25 a request.
  public func register(_ identifiers: [String]) async throws {
    let client = DynamoDBClient(client)
    let table = output("ID_TABLE")
    let batches = stride(from: 0, to: identifiers.count, by: 25).map {
      Array(identifiers[$0..<min($0 + 25, identifiers.count)])
    }
    _ = try await mapConcurrently(batches, limit: 8) { batch in
      try await client.batchPut(batch.map { ["identifier": .s($0)] }, into: table)
    }
  }
}

/// Looks again and again until a condition holds; the limit makes a hang an error.
public func eventually(
  within limit: Duration = .seconds(20), _ condition: () async throws -> Bool
) async throws -> Bool {
  let deadline = ContinuousClock.now + limit
  while ContinuousClock.now < deadline {
    if try await condition() { return true }
    // The pause between two looks, not a wait for something to happen.
    try await Task.sleep(for: .milliseconds(20))
  }
  return false
}
