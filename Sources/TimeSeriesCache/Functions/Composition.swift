public import AWSClients
public import CacheSupport
package import HTTPTransport
package import LambdaRuntime

// The parts of each function, put together from the environment; what is missing is named at the start.

extension QueueHandler {
  /// Reads where the identifiers are, and where they go.
  ///
  /// | variable | means |
  /// |---|---|
  /// | `IDENTIFIER_TABLE` | the DynamoDB table of the identifiers |
  /// | `IDENTIFIER_QUEUE` | the URL of the queue |
  /// | `IDENTIFIERS_PER_MESSAGE` | 1 to 50; 2 by default |
  ///
  /// - Throws: `EnvironmentError`, `AWSError`.
  package init(environment: ProcessEnvironment, http: any HTTPClient, logger: LambdaLogger = .silent) throws {
    let client = try AWSClient(environment: environment, http: http, observer: logger.requestObserver)
    self.init(
      registry: IdentifierRegistry(
        client, table: try environment.require("IDENTIFIER_TABLE", "the DynamoDB table of the identifiers")),
      queue: SQSClient(client),
      queueURL: try environment.require("IDENTIFIER_QUEUE", "the URL of the queue of identifiers"),
      identifiersPerMessage: try environment.integer("IDENTIFIERS_PER_MESSAGE", default: 2, in: 1...50))
  }
}

extension FetchHandler {
  /// Reads where to store and how much at once, and the sources with their keys.
  ///
  /// | variable | means |
  /// |---|---|
  /// | `TS_DB_NAME`, `TS_TABLE_NAME` | the history's database and table in Timestream |
  /// | `FUTURE_TABLE` | the DynamoDB table of the forecasts |
  /// | `IDENTIFIER_TABLE` | the DynamoDB table of the identifiers; optional |
  /// | `IDENTIFIERS_AT_ONCE` | how many identifiers are fetched at once, 1 to 64; 8 by default |
  /// | `SOURCES` or `SOURCES_SSM_ID` | the sources' descriptions, or the name of the parameter with them |
  /// | `API_KEY_SSM_ID` or `SOURCE_KEY` | the name of the parameter with the sources' key, or the key itself; optional |
  ///
  /// - Parameter logger: told of what no single invocation shows, such as a parameter that cannot be read.
  /// - Throws: `EnvironmentError`, `AWSError`.
  package init(
    environment: ProcessEnvironment, http: any HTTPClient, clock: WallClock = .system, logger: LambdaLogger = .silent
  ) throws {
    let client = try AWSClient(environment: environment, http: http, clock: clock, observer: logger.requestObserver)
    self.init(
      sources: try SourceFinder(environment: environment, http: http, clock: clock, logger: logger, aws: client),
      writer: SampleWriter(
        history: try TimestreamHistory(client, environment: environment),
        forecast: try DynamoDBForecast(client, environment: environment)),
      clock: clock, concurrency: try environment.integer("IDENTIFIERS_AT_ONCE", default: 8, in: 1...64))
  }

  /// The environment with the variables that had other names before: a function that was set up with them goes on.
  ///
  /// `API_KEY` counts as `SOURCE_KEY` where neither that nor `API_KEY_SSM_ID` is set, and `FETCH_CONCURRENCY` as
  /// `IDENTIFIERS_AT_ONCE`. This is for the fetch function alone, whose environment nobody else reads: on a person's
  /// machine `API_KEY` is the key of this project's own API.
  ///
  /// - Parameter logger: warned of each old name.
  package static func withOldNames(
    _ environment: ProcessEnvironment, warning logger: LambdaLogger
  ) -> ProcessEnvironment {
    var renamed: [String: String] = [:]
    func rename(_ old: String, _ new: String, unless other: String? = nil) {
      guard let value = environment[old], environment[new] == nil, other.flatMap({ environment[$0] }) == nil else {
        return
      }
      renamed[new] = value
      logger.warn("an environment variable has a new name", ["old": .string(old), "new": .string(new)])
    }
    rename("API_KEY", "SOURCE_KEY", unless: "API_KEY_SSM_ID")
    rename("FETCH_CONCURRENCY", "IDENTIFIERS_AT_ONCE")
    return environment.merging(renamed)
  }
}

extension APIHandler {
  /// Reads where the rows are, and the key that callers must send.
  ///
  /// | variable | means |
  /// |---|---|
  /// | `TS_DB_NAME`, `TS_TABLE_NAME` | the history's database and table in Timestream |
  /// | `FUTURE_TABLE` | the DynamoDB table of the forecasts |
  /// | `API_KEY` | the API's key |
  /// | `API_SSM_ID` | where `API_KEY` is absent: the name of the parameter with the key, read every five minutes |
  ///
  /// - Parameter logger: told where the key cannot be read and the one that is known stays in use.
  /// - Throws: `EnvironmentError`, `AWSError`.
  package init(
    environment: ProcessEnvironment, http: any HTTPClient, clock: WallClock = .system, logger: LambdaLogger = .silent
  ) throws {
    let client = try AWSClient(environment: environment, http: http, clock: clock, observer: logger.requestObserver)
    let key: CachedParameter
    if let fixed = environment["API_KEY"] {
      key = CachedParameter(fixed: fixed)
    } else {
      let name = try environment.require(
        "API_SSM_ID", "the name of the parameter with the API's key (or give it in API_KEY)")
      key = CachedParameters(ssm: SSMClient(client), clock: clock, logger: logger)[name]
    }
    self.init(reader: try SeriesReader(environment: environment, client: client, clock: clock), key: key, clock: clock)
  }
}

extension SeriesReader {
  /// Opens the stores that the API function reads: `TS_DB_NAME` and `TS_TABLE_NAME` name the Timestream database and table,
  /// `FUTURE_TABLE` the DynamoDB table.
  ///
  /// - Parameters:
  ///   - environment: the variables; `.process()` reads those of this process.
  ///   - client: credentials, region and endpoints.
  ///   - clock: tells which forecasts have expired.
  /// - Throws: `EnvironmentError`, which names the variable that is missing.
  public init(environment: ProcessEnvironment, client: AWSClient, clock: WallClock = .system) throws(EnvironmentError) {
    self.init(
      history: try TimestreamHistory(client, environment: environment),
      forecast: try DynamoDBForecast(client, environment: environment), clock: clock)
  }
}

extension TimestreamHistory {
  init(_ client: AWSClient, environment: ProcessEnvironment) throws(EnvironmentError) {
    self.init(
      client, database: try environment.require("TS_DB_NAME", "the Timestream database"),
      table: try environment.require("TS_TABLE_NAME", "the Timestream table of the history"))
  }
}

extension DynamoDBForecast {
  init(_ client: AWSClient, environment: ProcessEnvironment) throws(EnvironmentError) {
    self.init(client, table: try environment.require("FUTURE_TABLE", "the DynamoDB table of the forecasts"))
  }
}

extension LambdaLogger {
  /// Writes a line per request to AWS where the level is `DEBUG`; nil where it is not, so that nobody pays for it.
  var requestObserver: (@Sendable (RequestReport) -> Void)? {
    guard isDebugging else { return nil }
    return { report in
      var fields: JSONObject = [
        "service": .string(report.service), "operation": .string(report.operation), "attempt": .integer(report.attempt),
        "milliseconds": .integer(Int(report.duration / .milliseconds(1))),
      ]
      fields["status"] = report.status.map { .integer($0) }
      fields["code"] = report.code.map { .string($0.rawValue) }
      debug("request", fields)
    }
  }
}
