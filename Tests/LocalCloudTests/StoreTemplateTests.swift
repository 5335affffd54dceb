import CacheSupport
import TestSupport
import Testing

@testable import LocalCloud

/// The project's own template with each store of history and each layout of forecasts.
@Suite struct StoreTemplateTests {
  static func stack(_ parameters: [String: String]) throws -> Stack {
    var file = try TestCloud.template()
    file.parameters.merge(parameters) { $1 }
    var generated: [String: String] = [:]
    return try file.stack(of: file.read(), at: TemplateTests.site, generated: &generated)
  }

  static func chunks(_ name: String) -> TableResource {
    .init(
      name: name, hash: .init(name: "series", type: "S"), range: .init(name: "start", type: "N"), timeToLive: "expiry",
      tags: ["project": "s"])
  }

  static let items = TableResource(
    name: "s-forecast", hash: .init(name: "identifier", type: "S"), range: .init(name: "time", type: "N"),
    timeToLive: "expiry", tags: ["project": "s"])

  struct Case: Sendable {
    var parameters: [String: String]
    var tables: [TableResource]
    var hasTimestream: Bool
    /// Of every function.
    var variables: [String: String]
  }

  static let cases: [Case] = [
    Case(
      parameters: [:], tables: [chunks("s-forecast-chunks")], hasTimestream: true,
      variables: [
        "HISTORY_STORE": "timestream", "HISTORY_TABLE": "", "FUTURE_TABLE": "s-forecast-chunks",
        "FORECAST_LAYOUT": "chunks", "TS_DB_NAME": "TimeSeriesDB",
      ]),
    Case(
      parameters: ["HistoryStore": "dynamodb", "MagneticStoreDays": "30"],
      tables: [chunks("s-forecast-chunks"), chunks("s-history-chunks")], hasTimestream: false,
      variables: [
        "HISTORY_STORE": "dynamodb", "HISTORY_TABLE": "s-history-chunks", "HISTORY_RETENTION_DAYS": "30",
        "FUTURE_TABLE": "s-forecast-chunks",
      ]),
    Case(
      parameters: ["HistoryStore": "dynamodb", "HistoryChunkTable": "mine", "ForecastLayout": "items"],
      tables: [items], hasTimestream: false,
      variables: ["HISTORY_TABLE": "mine", "FUTURE_TABLE": "s-forecast", "FORECAST_LAYOUT": "items"]),
    Case(
      parameters: [
        "HistoryStore": "influxdb", "InfluxUrl": "http://127.0.0.1:8086", "InfluxDatabase": "d",
        "InfluxTokenParameter": "/t", "InfluxTokenSecret": "s", "InfluxAuthorization": "Basic",
        "InfluxRetentionPolicy": "year",
      ], tables: [chunks("s-forecast-chunks")], hasTimestream: false,
      variables: [
        "HISTORY_STORE": "influxdb", "INFLUX_URL": "http://127.0.0.1:8086", "INFLUX_DATABASE": "d",
        "INFLUX_RETENTION_POLICY": "year", "INFLUX_AUTHORIZATION": "Basic", "INFLUX_TOKEN_SSM_ID": "/t",
        "INFLUX_TOKEN_SECRET_ID": "s", "HISTORY_TABLE": "",
      ]),
  ]

  @Test("A stack has what its store needs, and tells its functions", arguments: cases.indices)
  func stores(index: Int) throws {
    let one = Self.cases[index]
    let stack = try Self.stack(one.parameters)
    #expect(stack.all(TableResource.self).filter { $0.name != "s-identifiers" } == one.tables)
    #expect(
      stack.all(DatabaseResource.self).isEmpty != one.hasTimestream
        && stack.all(HistoryTableResource.self).isEmpty != one.hasTimestream)
    for function in stack.all(FunctionResource.self).map(\.description) {
      for (name, value) in one.variables { #expect(function.environment[name] == value, "\(function.name) \(name)") }
    }
    let outputs = Dictionary(stack.outputs.map { ($0.name, $0.value) }) { first, _ in first }
    #expect(outputs["HistoryStoreName"] == one.parameters["HistoryStore"] ?? "timestream")
    #expect(outputs["ForecastTableName"] == stack.all(FunctionResource.self)[0].description.environment["FUTURE_TABLE"])
    #expect(outputs["ForecastLayoutName"] == one.parameters["ForecastLayout"] ?? "chunks")
    #expect((outputs["HistoryDatabaseName"] != nil) == one.hasTimestream)
    let table = stack.all(FunctionResource.self)[0].description.environment["HISTORY_TABLE"]
    #expect(outputs["HistoryChunkTableName"] == (table == "" ? nil : table))
  }

  @Test(
    "A word that a parameter does not take is refused, and the error lists those that it takes",
    arguments: [
      (["HistoryStore": "sqlite"], "must be one of timestream, dynamodb, influxdb."),
      (["ForecastLayout": "rows"], "must be one of chunks, items."),
      (["InfluxUrl": "http://influx.example.org"], "must be https"),
      (["HistoryChunkTable": "a b"], "must have 3 to 255"),
    ] as [([String: String], String)])
  func refusal(parameters: [String: String], words: String) {
    #expect { try Self.stack(parameters) } throws: { "\($0)".contains(words) }
  }
}
