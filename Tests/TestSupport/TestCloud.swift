public import AWSClients
public import CacheSupport
import Foundation
public import HTTPTransport
public import LocalCloud

/// A local cloud for one test, on a free port, with its data in a folder that goes with it.
public struct TestCloud: Sendable {
  public let cloud: LocalCloud
  public let http: any HTTPClient
  public let environment: ProcessEnvironment
  public let client: AWSClient

  /// What the functions read from their environment, and the template's output that it is.
  private static let variables = [
    "HISTORY_STORE": "HistoryStoreName", "HISTORY_TABLE": "HistoryChunkTableName",
    "FORECAST_LAYOUT": "ForecastLayoutName",
    "IDENTIFIER_TABLE": "IdentifierTableName", "IDENTIFIER_QUEUE": "IdentifierQueueUrl",
    "TS_DB_NAME": "HistoryDatabaseName", "TS_TABLE_NAME": "HistoryTableName", "FUTURE_TABLE": "ForecastTableName",
    "SOURCES_SSM_ID": "SourcesParameterName", "API_KEY_SSM_ID": "SourceKeyParameterName",
    "API_SSM_ID": "ApiKeyParameterName",
  ]

  /// The project's own template, with the parameters that it has on this machine.
  public static func template() throws -> TemplateFile {
    let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardizedFileURL
    let name = root.appending(path: "Infra/template.yaml")
    let parameters = root.appending(path: "local/parameters.yaml")
    return TemplateFile(
      name: "Infra/template.yaml", text: try String(contentsOf: name, encoding: .utf8),
      standards: try TemplateFile.parameters(
        in: try String(contentsOf: parameters, encoding: .utf8), named: "local/parameters.yaml"))
  }

  /// Runs a body against a cloud of its own and ends it, whatever the body does.
  public static func with<Value>(
    clock: WallClock = .system, polls: Bool = true, configure: (inout LocalCloud.Options) throws -> Void = { _ in },
    _ body: (TestCloud) async throws -> Value
  ) async throws -> Value {
    var options = LocalCloud.Options(template: try template())
    options.port = 0
    options.clock = clock
    options.pollsEventSources = polls
    // Sanitizers take several times the memory of a function.
    options.limitsMemory = !Sanitizer.isActive
    // No test waits for a limit of seconds on a slow machine.
    options.initLimit = .seconds(600)
    try configure(&options)
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
    // Over TLS the certificate is the cloud's own.
    http = CurlClient(environment: cloud.certificateFile.map { ["AWS_CA_BUNDLE": $0] } ?? [:])
    var values: [String: String] = [:]
    let outputs = Dictionary(cloud.outputs.map { ($0.name, $0.value) }) { first, _ in first }
    for (variable, output) in Self.variables { values[variable] = outputs[output] }
    values["AWS_ENDPOINT_URL"] = cloud.address
    values["AWS_REGION"] = "us-east-1"
    values["AWS_ACCESS_KEY_ID"] = "test"
    values["AWS_SECRET_ACCESS_KEY"] = "test"
    environment = ProcessEnvironment(values)
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
    if headers["x-api-key"] == nil { headers["x-api-key"] = output("ApiKey") }
    return try await http.send(HTTPRequest(url: output("ApiEndpoint") + path, headers: headers))
  }

  /// Registers identifiers, 25 per request.
  public func register(_ identifiers: [String]) async throws {
    let client = DynamoDBClient(client)
    let table = output("IdentifierTableName")
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
  within limit: Duration = .seconds(300), _ condition: () async throws -> Bool
) async throws -> Bool {
  let deadline = ContinuousClock.now + limit
  while ContinuousClock.now < deadline {
    if try await condition() { return true }
    // The pause between two looks, not a wait for something to happen.
    try await Task.sleep(for: .milliseconds(20))
  }
  return false
}

extension TemplateFile {
  struct EditFailure: Error { let description: String }

  /// Changes the template's text in one place, as a person with an editor would.
  public mutating func edit(_ old: String, _ new: String) throws {
    guard text.ranges(of: old).count == 1 else { throw EditFailure(description: "'\(old)' is not there once") }
    text = text.replacing(old, with: new)
  }
}
