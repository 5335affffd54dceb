public import AWSClients
public import CacheSupport
package import LambdaRuntime

/// Where history is kept, as `HISTORY_STORE` says.
///
/// | variable | means |
/// |---|---|
/// | `HISTORY_STORE` | `timestream` (default), `dynamodb` or `influxdb` |
/// | `TS_DB_NAME`, `TS_TABLE_NAME` | of `timestream`: database and table; where written series are: ``TimestreamMapping/init(environment:)`` |
/// | `HISTORY_TABLE` | of `dynamodb`: the table; its keys are `series` (S) and `start` (N), its TTL attribute is `expiry` |
/// | `HISTORY_RETENTION_DAYS` | of `dynamodb`: for how many days rows are kept, at most 73000; absent or 0 for ever |
/// | `INFLUX_URL` … | of `influxdb`: see ``InfluxSettings`` |
package enum HistoryChoice: String, CaseIterable, Sendable {
  case timestream
  case dynamodb
  case influxdb

  /// The most days of `HISTORY_RETENTION_DAYS`: as many as Timestream takes.
  static let maximumRetentionDays: Int = 73_000

  /// - Throws: `EnvironmentError` for a store that there is not.
  package init(environment: ProcessEnvironment) throws(EnvironmentError) {
    self = try environment.choice("HISTORY_STORE", default: .timestream)
  }

  /// Opens the store; nothing is asked of it yet.
  ///
  /// - Parameters:
  ///   - environment: the variables of this store; those of the others are not read.
  ///   - client: credentials, region and endpoints.
  ///   - clock: tells what has expired.
  ///   - logger: told of what no single request shows, such as a token that cannot be read.
  /// - Throws: `EnvironmentError`, which names the variable.
  package func store(
    environment: ProcessEnvironment, client: AWSClient, clock: WallClock = .system, logger: LambdaLogger = .silent
  ) throws(EnvironmentError) -> any HistoryStore {
    switch self {
    case .timestream:
      return TimestreamHistory(
        client, database: try environment.require("TS_DB_NAME", "the Timestream database"),
        table: try environment.require("TS_TABLE_NAME", "the Timestream table of the history"),
        mapping: try TimestreamMapping(environment: environment))
    case .dynamodb:
      let days = try environment.integer("HISTORY_RETENTION_DAYS", default: 0, in: 0...Self.maximumRetentionDays)
      return ChunkHistory(
        client, table: try environment.require("HISTORY_TABLE", "the DynamoDB table of the history"),
        retentionDays: days == 0 ? nil : days, clock: clock)
    case .influxdb:
      return try InfluxHistory(client, environment: environment, clock: clock, logger: logger)
    }
  }
}

/// How forecasts are kept in DynamoDB, as `FORECAST_LAYOUT` says.
///
/// | variable | means |
/// |---|---|
/// | `FORECAST_LAYOUT` | `chunks` (default): many rows an item; `items`: an item a row |
/// | `FUTURE_TABLE` | the table: keys `series` (S) and `start` (N) for chunks, `identifier` (S) and `time` (N) for items; TTL attribute `expiry` |
package enum ForecastLayout: String, CaseIterable, Sendable {
  case chunks
  case items

  /// - Throws: `EnvironmentError` for a layout that there is not.
  package init(environment: ProcessEnvironment) throws(EnvironmentError) {
    self = try environment.choice("FORECAST_LAYOUT", default: .chunks)
  }

  /// Opens the store; nothing is asked of it yet.
  ///
  /// - Throws: `EnvironmentError`, which names the variable.
  package func store(
    environment: ProcessEnvironment, client: AWSClient, clock: WallClock = .system
  ) throws(EnvironmentError) -> any ForecastStore {
    let table = try environment.require("FUTURE_TABLE", "the DynamoDB table of the forecasts")
    switch self {
    case .chunks: return ChunkForecast(client, table: table, clock: clock)
    case .items: return DynamoDBForecast(client, table: table)
    }
  }
}

extension SampleWriter {
  /// Opens the stores that are written to: see ``HistoryChoice`` and ``ForecastLayout``.
  ///
  /// - Throws: `EnvironmentError`, which names the variable that is missing or wrong.
  init(
    environment: ProcessEnvironment, client: AWSClient, clock: WallClock = .system, logger: LambdaLogger = .silent
  ) throws(EnvironmentError) {
    self.init(
      history: try HistoryChoice(environment: environment).store(
        environment: environment, client: client, clock: clock, logger: logger),
      forecast: try ForecastLayout(environment: environment).store(
        environment: environment, client: client, clock: clock))
  }
}

extension SeriesReader {
  /// Opens the stores that the functions write to.
  ///
  /// | variable | means |
  /// |---|---|
  /// | `HISTORY_STORE` | where history is: `timestream` (default), `dynamodb` or `influxdb` |
  /// | `TS_DB_NAME`, `TS_TABLE_NAME` | of `timestream`: database and table; where written series are: ``TimestreamMapping/init(environment:)`` |
  /// | `HISTORY_TABLE`, `HISTORY_RETENTION_DAYS` | of `dynamodb`: the table, and for how many days rows are kept (absent or 0: for ever) |
  /// | `INFLUX_URL` … | of `influxdb`: see ``InfluxSettings`` |
  /// | `FUTURE_TABLE` | the DynamoDB table of the forecasts |
  /// | `FORECAST_LAYOUT` | how forecasts are kept there: `chunks` (default) or `items` |
  ///
  /// - Parameters:
  ///   - environment: the variables; `.process()` reads those of this process.
  ///   - client: credentials, region and endpoints.
  ///   - clock: tells which rows have expired.
  /// - Throws: `EnvironmentError`, which names the variable that is missing or wrong.
  public init(environment: ProcessEnvironment, client: AWSClient, clock: WallClock = .system) throws(EnvironmentError) {
    try self.init(environment: environment, client: client, clock: clock, logger: .silent)
  }

  /// - Parameter logger: told of what no single request shows, such as a token that cannot be read.
  init(
    environment: ProcessEnvironment, client: AWSClient, clock: WallClock, logger: LambdaLogger
  ) throws(EnvironmentError) {
    let stores = try SampleWriter(environment: environment, client: client, clock: clock, logger: logger)
    self.init(history: stores.history, forecast: stores.forecast, clock: clock)
  }
}

extension ProcessEnvironment {
  /// One of a few words; the default where the variable is absent or empty.
  ///
  /// - Throws: `EnvironmentError` with the words that there are.
  func choice<Choice: CaseIterable & RawRepresentable<String>>(
    _ name: String, default: Choice
  ) throws(EnvironmentError) -> Choice {
    guard let text = self[name] else { return `default` }
    guard let choice = Choice(rawValue: text) else {
      let words = Choice.allCases.map(\.rawValue)
      throw EnvironmentError(
        description:
          "the environment variable \(name) is '\(text)': give \(words.dropLast().joined(separator: ", ")) or \(words.last ?? "")"
      )
    }
    return choice
  }
}
