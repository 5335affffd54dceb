public import AWSClients
public import CacheSupport
public import HTTPTransport
import LambdaRuntime

// The parts of each function, put together from the environment; what is missing is named at the start.

extension QueueHandler {
  /// `IDENTIFIER_TABLE`, `IDENTIFIER_QUEUE` (its URL), `IDENTIFIERS_PER_MESSAGE` (1 to 50, default 2).
  ///
  /// - Throws: `EnvironmentError`, `AWSError`.
  public init(environment: ProcessEnvironment, http: any HTTPClient) throws {
    let client = try AWSClient(environment: environment, http: http)
    self.init(
      registry: IdentifierRegistry(
        client, table: try environment.require("IDENTIFIER_TABLE", "the DynamoDB table of the identifiers")),
      queue: SQSClient(client),
      queueURL: try environment.require("IDENTIFIER_QUEUE", "the URL of the queue of identifiers"),
      identifiersPerMessage: try environment.integer("IDENTIFIERS_PER_MESSAGE", default: 2, in: 1...50))
  }
}

extension FetchHandler {
  /// `TS_DB_NAME`, `TS_TABLE_NAME`, `FUTURE_TABLE`, `IDENTIFIER_TABLE` (optional), `FETCH_CONCURRENCY` (1 to 64, default
  /// 8), and what ``SourceCatalog`` reads.
  ///
  /// - Throws: `EnvironmentError`, `AWSError`.
  public init(environment: ProcessEnvironment, http: any HTTPClient, clock: WallClock = .system) throws {
    let client = try AWSClient(environment: environment, http: http, clock: clock)
    self.init(
      catalog: try SourceCatalog(environment: environment, ssm: SSMClient(client), clock: clock),
      sources: SourceClient(http: http, clock: clock),
      registry: environment["IDENTIFIER_TABLE"].map { IdentifierRegistry(client, table: $0) },
      writer: SampleWriter(
        history: try TimestreamHistory(client, environment: environment),
        forecast: try DynamoDBForecast(client, environment: environment)),
      clock: clock, concurrency: try environment.integer("FETCH_CONCURRENCY", default: 8, in: 1...64))
  }
}

extension APIHandler {
  /// `TS_DB_NAME`, `TS_TABLE_NAME`, `FUTURE_TABLE`, and the API's key in `API_KEY` or in the parameter of `API_SSM_ID`.
  ///
  /// - Throws: `EnvironmentError`, `AWSError`.
  public init(environment: ProcessEnvironment, http: any HTTPClient, clock: WallClock = .system) throws {
    let client = try AWSClient(environment: environment, http: http, clock: clock)
    let key: CachedParameter
    if let fixed = environment["API_KEY"] {
      key = CachedParameter(fixed: fixed)
    } else {
      let name = try environment.require(
        "API_SSM_ID", "the name of the parameter with the API's key (or give it in API_KEY)")
      key = CachedParameters(ssm: SSMClient(client), clock: clock)[name]
    }
    self.init(reader: try SeriesReader(environment: environment, client: client, clock: clock), key: key, clock: clock)
  }
}

extension SeriesReader {
  /// `TS_DB_NAME`, `TS_TABLE_NAME` and `FUTURE_TABLE`.
  ///
  /// - Throws: `EnvironmentError` that names the variable that is missing.
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
