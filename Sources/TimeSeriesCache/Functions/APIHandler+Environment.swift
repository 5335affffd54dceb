import AWSClients
package import CacheSupport
package import HTTPTransport
package import LambdaRuntime

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
