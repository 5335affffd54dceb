import AWSClients
import CacheSupport
import HTTPTransport
import LambdaRuntime
import TestSupport
import Testing

@testable import TimeSeriesCache

/// Which stores the environment names.
@Suite struct StoreChoiceTests {
  static let common: [String: String] = [
    "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "HOME": "/nowhere",
  ]
  static let timestream: [String: String] = ["TS_DB_NAME": "d", "TS_TABLE_NAME": "t"]
  static let influx: [String: String] = [
    "HISTORY_STORE": "influxdb", "INFLUX_URL": "https://influx.example.org:8086", "INFLUX_DATABASE": "d",
  ]

  static func stores(_ variables: [String: String]) throws -> SampleWriter {
    let environment = ProcessEnvironment(common.merging(variables) { $1 })
    let client = try AWSClient(environment: environment, http: FakeHTTP([]))
    return try SampleWriter(environment: environment, client: client, clock: .fixed(0))
  }

  /// What a store is, as far as the environment says it.
  static func name(_ store: any HistoryStore) -> String {
    switch store {
    case is TimestreamHistory: "timestream"
    case let store as ChunkHistory: "dynamodb \(store.chunks.table) \(store.chunks.policy)"
    case is InfluxHistory: "influxdb"
    default: "\(store)"
    }
  }

  static let histories: [(variables: [String: String], name: String)] = [
    (timestream, "timestream"),
    (timestream.merging(["HISTORY_STORE": ""]) { $1 }, "timestream"),
    (timestream.merging(["HISTORY_STORE": "timestream", "HISTORY_TABLE": "h"]) { $1 }, "timestream"),
    (["HISTORY_STORE": "dynamodb", "HISTORY_TABLE": "h"], "dynamodb h history(retentionDays: nil)"),
    (
      ["HISTORY_STORE": "dynamodb", "HISTORY_TABLE": "h", "HISTORY_RETENTION_DAYS": "0"],
      "dynamodb h history(retentionDays: nil)"
    ),
    (
      ["HISTORY_STORE": "dynamodb", "HISTORY_TABLE": "h", "HISTORY_RETENTION_DAYS": "73000"],
      "dynamodb h history(retentionDays: Optional(73000))"
    ),
    (influx, "influxdb"),
    (
      influx.merging(["INFLUX_RETENTION_POLICY": "year", "INFLUX_AUTHORIZATION": "Basic", "INFLUX_TOKEN": "u:p"]) {
        $1
      }, "influxdb"
    ),
  ]

  @Test("The environment names the store of history; without a word it is Timestream", arguments: histories.indices)
  func history(index: Int) throws {
    let (variables, name) = Self.histories[index]
    let writer = try Self.stores(variables.merging(["FUTURE_TABLE": "f"]) { $1 })
    #expect(Self.name(writer.history) == name)
    // Each function, and the library, have the same switch.
    let all = ProcessEnvironment(
      Self.common.merging(variables) { $1 }.merging([
        "FUTURE_TABLE": "f", "IDENTIFIER_TABLE": "i", "KEYS": "[]", "API_KEY": "k", "SOURCES": "{}",
      ]) { $1 })
    let http = FakeHTTP([])
    #expect(Self.name(try APIHandler(environment: all, http: http).reader.history) == name)
    #expect(Self.name(try FetchHandler(environment: all, http: http).writer.history) == name)
    #expect(Self.name(try WriteHandler(environment: all, http: http).writer.stores.history) == name)
    // Nothing is asked before there is something to do.
    #expect(http.requests.isEmpty)
  }

  @Test(
    "Forecasts are in chunks, unless the environment says otherwise",
    arguments: [(nil, true), ("", true), ("chunks", true), ("items", false)] as [(String?, Bool)])
  func forecast(layout: String?, isInChunks: Bool) throws {
    var variables = Self.timestream.merging(["FUTURE_TABLE": "f"]) { $1 }
    variables["FORECAST_LAYOUT"] = layout
    let forecast = try Self.stores(variables).forecast
    #expect((forecast as? ChunkForecast)?.chunks.table == (isInChunks ? "f" : nil))
    #expect((forecast as? DynamoDBForecast)?.table == (isInChunks ? nil : "f"))
  }

  static let refusals: [(variables: [String: String], words: String)] = [
    (
      ["HISTORY_STORE": "Timestream"],
      "the environment variable HISTORY_STORE is 'Timestream': give timestream, dynamodb or influxdb"
    ),
    (
      ["HISTORY_STORE": "sqlite"],
      "the environment variable HISTORY_STORE is 'sqlite': give timestream, dynamodb or influxdb"
    ),
    ([:], "the environment variable TS_DB_NAME is not set: the Timestream database"),
    (
      ["TS_DB_NAME": "d"], "the environment variable TS_TABLE_NAME is not set: the Timestream table of the history"
    ),
    (
      ["HISTORY_STORE": "dynamodb", "TS_DB_NAME": "d", "TS_TABLE_NAME": "t"],
      "the environment variable HISTORY_TABLE is not set: the DynamoDB table of the history"
    ),
    (
      ["HISTORY_STORE": "dynamodb", "HISTORY_TABLE": "h", "HISTORY_RETENTION_DAYS": "-1"],
      "the environment variable HISTORY_RETENTION_DAYS is '-1': give a whole number from 0 to 73000"
    ),
    (
      ["HISTORY_STORE": "dynamodb", "HISTORY_TABLE": "h", "HISTORY_RETENTION_DAYS": "9223372036854775807"],
      "the environment variable HISTORY_RETENTION_DAYS is '9223372036854775807': give a whole number from 0 to 73000"
    ),
    (
      ["HISTORY_STORE": "influxdb"],
      "the environment variable INFLUX_URL is not set: where InfluxDB is, such as https://influx.example.com:8086"
    ),
    (
      ["HISTORY_STORE": "influxdb", "INFLUX_URL": "https://influx.example.org"],
      "the environment variable INFLUX_DATABASE is not set: the database of the history"
    ),
    (
      influx.merging(["INFLUX_AUTHORIZATION": "Digest"]) { $1 },
      "the environment variable INFLUX_AUTHORIZATION is 'Digest': give Token, Bearer or Basic"
    ),
    (
      timestream.merging(["FORECAST_LAYOUT": "rows"]) { $1 },
      "the environment variable FORECAST_LAYOUT is 'rows': give chunks or items"
    ),
    (
      timestream.merging(["FUTURE_TABLE": ""]) { $1 },
      "the environment variable FUTURE_TABLE is not set: the DynamoDB table of the forecasts"
    ),
  ]

  @Test("What is missing or wrong is named, with what there is", arguments: refusals.indices)
  func refusal(index: Int) throws {
    let (variables, words) = Self.refusals[index]
    #expect(throws: EnvironmentError(description: words)) {
      try Self.stores(["FUTURE_TABLE": "f"].merging(variables) { $1 })
    }
  }
}
