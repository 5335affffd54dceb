import AWSClients
package import CacheSupport
package import HTTPTransport
package import LambdaRuntime

extension APIHandler {
  /// Reads where the rows are, and the keys that callers must send.
  ///
  /// | variable | means |
  /// |---|---|
  /// | `HISTORY_STORE` and those of the store | where the history is: see ``HistoryChoice`` |
  /// | `FUTURE_TABLE`, `FORECAST_LAYOUT` | where the forecasts are: see ``ForecastLayout`` |
  /// | `IDENTIFIER_TABLE` | the DynamoDB table of the series; without it every series counts as fetched, and none is listed or registered |
  /// | `API_KEY`, `API_SSM_ID`, `KEYS`, `KEYS_SSM_ID` | see ``AccessKeys`` |
  /// | `CORS_ORIGINS` | the origins whose pages may read answers, with commas between, or `*`; none where it is absent |
  /// | `ANSWERS_KEPT_SECONDS` | for how long identical requests are answered from memory: 0 to 300, 5 where it is absent |
  ///
  /// - Parameter logger: told where keys cannot be read and those that are known stay in use.
  /// - Throws: `EnvironmentError`, `AWSError`.
  package init(
    environment: ProcessEnvironment, http: any HTTPClient, clock: WallClock = .system, logger: LambdaLogger = .silent
  ) throws {
    let client = try AWSClient(environment: environment, http: http, clock: clock, observer: logger.requestObserver)
    let parameters = CachedParameters(ssm: SSMClient(client), clock: clock, logger: logger)
    let keys = try AccessKeys.ofReaders(environment, parameters)
    let reader = try SeriesReader(environment: environment, client: client, clock: clock, logger: logger)
    let directory = SeriesDirectory(
      environment["IDENTIFIER_TABLE"].map { IdentifierRegistry(client, table: $0) }, clock: clock
    ) { error in
      logger.error(
        "the identifiers' table cannot be read; what is known of the series stays in use",
        ["error": .string(error.description)])
    }
    self.init(
      reader: reader, keys: keys, directory: directory, clock: clock,
      crossOrigin: try CrossOrigin(environment["CORS_ORIGINS"]),
      answersKept: Int64(try environment.integer("ANSWERS_KEPT_SECONDS", default: 5, in: 0...300)) * 1000,
      prometheus: PrometheusAPI(directory: directory, reader: reader, clock: clock),
      page: PageService(environment: environment))
  }
}
