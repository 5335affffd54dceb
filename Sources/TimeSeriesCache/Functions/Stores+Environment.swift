public import AWSClients
public import CacheSupport

extension SeriesReader {
  /// Opens the stores that the API function reads: `TS_DB_NAME` and `TS_TABLE_NAME` name the Timestream database and table,
  /// `FUTURE_TABLE` the DynamoDB table. Where written series are kept is read by ``TimestreamMapping/init(environment:)``.
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
      table: try environment.require("TS_TABLE_NAME", "the Timestream table of the history"),
      mapping: try TimestreamMapping(environment: environment))
  }
}

extension DynamoDBForecast {
  init(_ client: AWSClient, environment: ProcessEnvironment) throws(EnvironmentError) {
    self.init(client, table: try environment.require("FUTURE_TABLE", "the DynamoDB table of the forecasts"))
  }
}
