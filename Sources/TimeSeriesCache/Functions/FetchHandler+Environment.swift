import AWSClients
package import CacheSupport
package import HTTPTransport
package import LambdaRuntime

extension FetchHandler {
  /// Reads where to store and how much at once, and the sources with their keys.
  ///
  /// | variable | means |
  /// |---|---|
  /// | `HISTORY_STORE` and those of the store | where the history is: see ``HistoryChoice`` |
  /// | `FUTURE_TABLE`, `FORECAST_LAYOUT` | where the forecasts are: see ``ForecastLayout`` |
  /// | `IDENTIFIER_TABLE` | the DynamoDB table of the identifiers; optional |
  /// | `SCHEDULE` | when the queue function runs, as `cron(…)` or `rate(…)`, for the statuses' next run; optional |
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
      writer: try SampleWriter(environment: environment, client: client, clock: clock, logger: logger),
      clock: clock, concurrency: try environment.integer("IDENTIFIERS_AT_ONCE", default: 8, in: 1...64),
      schedule: try environment["SCHEDULE"].map { text throws(EnvironmentError) in
        do throws(Schedule.Failure) { return try Schedule(text) } catch {
          throw EnvironmentError(description: "SCHEDULE is no schedule: \(error)")
        }
      })
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
