import AWSClients
package import CacheSupport
package import HTTPTransport
package import LambdaRuntime

extension WriteHandler {
  /// Reads where to store, who may write, and how devices' readings become points.
  ///
  /// | variable | means |
  /// |---|---|
  /// | `HISTORY_STORE` and those of the store | where the history is: see ``HistoryChoice`` |
  /// | `FUTURE_TABLE`, `FORECAST_LAYOUT` | where the forecasts are: see ``ForecastLayout`` |
  /// | `IDENTIFIER_TABLE` | the DynamoDB table of the identifiers |
  /// | `KEYS` or `KEYS_SSM_ID` | the keys, or the name of the parameter with them: see ``KeyRing`` |
  /// | `CLOCK_TOLERANCE_SECONDS` | how far the clocks of those who write may be ahead, 0 to 900 (which means 899): what is measured so far after its arrival is history, not forecast; 5 by default |
  /// | `ENABLE_ASYNC_INVOCATION` | `true` answers once lines are safe in the queue; `false` by default |
  /// | `WRITE_QUEUE` | the URL of that queue, which this function reads as well |
  /// | `DEAD_LETTER_QUEUE` | the URL of the queue for what can never be written; optional |
  /// | `DEVICE_MEASUREMENT` | the measurement of devices' readings; `sensors` by default |
  /// | `DEVICE_TAGS` | members of a reading that become tags, the first of which must be there; by default `device_id,location,device_type,manufacturer,facility` |
  /// | `DEVICE_INTEGERS` | the type of whole numbers in readings: `double` (default) or `bigint` |
  ///
  /// - Parameter logger: told of what no single invocation shows, such as a parameter that cannot be read.
  /// - Throws: `EnvironmentError`, `AWSError`.
  package init(
    environment: ProcessEnvironment, http: any HTTPClient, clock: WallClock = .system, logger: LambdaLogger = .silent
  ) throws {
    let client = try AWSClient(environment: environment, http: http, clock: clock, observer: logger.requestObserver)
    let parameters = CachedParameters(ssm: SSMClient(client), clock: clock, logger: logger)
    let table = try environment.require("IDENTIFIER_TABLE", "the DynamoDB table of the identifiers")
    let writer = PointWriter(
      stores: try SampleWriter(environment: environment, client: client, clock: clock, logger: logger),
      series: WrittenSeries(IdentifierRegistry(client, table: table), clock: clock),
      tolerance: try Self.tolerance(environment))
    let arrivals = Arrivals(clock)
    var queue: MessageSender?
    if try environment.boolean("ENABLE_ASYNC_INVOCATION", default: false) {
      queue = MessageSender(
        client,
        url: try environment.require(
          "WRITE_QUEUE", "the URL of the queue of lines, which ENABLE_ASYNC_INVOCATION asks for"))
    }
    self.init(
      api: WriteAPI(
        writer: writer, keys: try .ofWriters(environment, parameters), queue: queue, clock: clock, arrivals: arrivals),
      writer: writer, devices: try DeviceRule(environment),
      deadLetters: environment["DEAD_LETTER_QUEUE"].map { MessageSender(client, url: $0) }, clock: clock,
      arrivals: arrivals)
  }

  /// Milliseconds.
  private static func tolerance(_ environment: ProcessEnvironment) throws(EnvironmentError) -> Int64 {
    let seconds = try environment.integer(
      "CLOCK_TOLERANCE_SECONDS", default: Int(PointWriter.usualTolerance / 1000),
      in: 0...900)
    return Int64(seconds) * 1000
  }
}

extension DeviceRule {
  static let usualTags: String = "device_id,location,device_type,manufacturer,facility"

  init(_ environment: ProcessEnvironment) throws(EnvironmentError) {
    measurement = ByteText(environment["DEVICE_MEASUREMENT"] ?? "sensors")
    tags = (environment["DEVICE_TAGS"] ?? Self.usualTags).utf8.split(separator: UInt8(ascii: ",")).map {
      ByteText(String(Substring($0)).trimmed)
    }
    guard !tags.isEmpty, !tags.contains(""), Set(tags).count == tags.count else {
      throw EnvironmentError(
        description: "the environment variable DEVICE_TAGS must be names with commas between, each of them once")
    }
    switch environment["DEVICE_INTEGERS"] ?? "double" {
    case "double": keepsIntegers = false
    case "bigint": keepsIntegers = true
    case let other:
      throw EnvironmentError(
        description: "the environment variable DEVICE_INTEGERS is '\(other)': give double or bigint")
    }
  }
}
