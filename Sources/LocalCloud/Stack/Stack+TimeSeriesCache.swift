import Basics

extension Stack {
  /// Where a stack is stood up.
  public struct Site: Sendable {
    /// `http://127.0.0.1:4566`
    public var address: String
    public var accountID: String
    public var region: String
    public var accessKeyID: String
    public var secretAccessKey: String
    /// The folder with the functions' executables.
    public var executables: String
  }

  static let apiKeyParameter: String = "/timeseries-cache/api-key"
  static let sourceKeyParameter: String = "/timeseries-cache/source-key"
  /// The API's stage and function: the gateway takes requests before the stack's addresses are known.
  static let timeSeriesAPI: API = API(stage: "prod", function: "timeseries-cache-api")
  static let sourcesParameter: String = "/timeseries-cache/sources"

  /// The whole system: tables, queues, history, three functions, the queue's trigger, the daily schedule, the API.
  ///
  /// - Parameter schedule: when identifiers are queued; the reference's daily 01:00 UTC by default.
  public static func timeSeriesCache(
    at site: Site, schedule: Schedule, functionTimeout: Int = 60, visibilityTimeout: Int? = nil
  ) -> Stack {
    let prefix = "timeseries-cache"
    let queueURL = "\(site.address)/\(site.accountID)/\(prefix)-identifiers"
    let common = [
      "AWS_ACCESS_KEY_ID": site.accessKeyID, "AWS_SECRET_ACCESS_KEY": site.secretAccessKey, "AWS_REGION": site.region,
      "AWS_DEFAULT_REGION": site.region, "AWS_ENDPOINT_URL": site.address,
    ]
    let stores = [
      "TS_DB_NAME": "TimeSeriesDB", "TS_TABLE_NAME": "identifierTimeSeriesHistory",
      "FUTURE_TABLE": "\(prefix)-forecast",
    ]
    func function(_ name: String, memory: Int, _ environment: [String: String]) -> FunctionDescription {
      FunctionDescription(
        name: "\(prefix)-\(name.lowercased())", executable: "\(site.executables)/\(name)Function",
        environment: common.merging(environment) { $1 }, timeout: functionTimeout, memory: memory)
    }
    var stack = Stack()
    stack.tables = [
      Table(name: "\(prefix)-identifiers", hash: ("identifier", "S")),
      Table(name: "\(prefix)-forecast", hash: ("identifier", "S"), range: ("time", "N"), timeToLive: "expiry"),
    ]
    stack.queues = [
      Queue(name: "\(prefix)-dead-letters", attributes: ["MessageRetentionPeriod": "1209600"]),
      Queue(
        name: "\(prefix)-identifiers",
        // AWS advises six times the function's timeout.
        attributes: [
          "VisibilityTimeout": String(visibilityTimeout ?? functionTimeout * 6), "MessageRetentionPeriod": "172800",
        ], deadLetters: ("\(prefix)-dead-letters", 5)),
    ]
    stack.history = [
      History(database: "TimeSeriesDB", table: "identifierTimeSeriesHistory", memoryHours: 720, magneticDays: 730)
    ]
    stack.parameters = [
      Parameter(name: apiKeyParameter, type: "SecureString", value: RandomID.uuid()),
      Parameter(name: sourceKeyParameter, type: "SecureString", value: RandomID.uuid()),
      Parameter(name: sourcesParameter, type: "String", value: sampleSources(at: site.address).text),
    ]
    stack.functions = [
      function("Queue", memory: 128, ["IDENTIFIER_TABLE": "\(prefix)-identifiers", "IDENTIFIER_QUEUE": queueURL]),
      function(
        "Fetch", memory: 512,
        stores.merging([
          "IDENTIFIER_TABLE": "\(prefix)-identifiers", "SOURCES_SSM_ID": sourcesParameter,
          "API_KEY_SSM_ID": sourceKeyParameter,
        ]) { $1 }),
      function("API", memory: 256, stores.merging(["API_SSM_ID": apiKeyParameter]) { $1 }),
    ]
    stack.eventSources = [
      EventSource(queue: "\(prefix)-identifiers", function: "\(prefix)-fetch", batchSize: 10, maximumConcurrency: 5)
    ]
    stack.rules = [Rule(name: "\(prefix)-daily", schedule: schedule, function: "\(prefix)-queue")]
    stack.api = timeSeriesAPI
    stack.outputs = [
      ("API_ENDPOINT", "\(site.address)/\(timeSeriesAPI.stage)/"), ("ID_TABLE", "\(prefix)-identifiers"),
      ("QUEUE_LAMBDA_NAME", "\(prefix)-queue"), ("IDENTIFIER_QUEUE", queueURL),
      ("DEAD_LETTER_QUEUE", "\(site.address)/\(site.accountID)/\(prefix)-dead-letters"),
      ("TS_DB_NAME", "TimeSeriesDB"), ("TS_TABLE_NAME", "identifierTimeSeriesHistory"),
      ("FUTURE_TABLE", "\(prefix)-forecast"), ("SOURCES_SSM_ID", sourcesParameter),
      ("API_KEY_SSM_ID", sourceKeyParameter), ("API_SSM_ID", apiKeyParameter),
    ]
    return stack
  }

  /// The sample source, described as any other.
  static func sampleSources(at address: String) -> JSON {
    [
      "default": [
        "url": .string(
          "\(address)\(SampleSource.path)?place={identifier}&from={from:milliseconds}&to={to:milliseconds}"),
        "headers": ["x-api-key": "{key}"], "past": "24h", "future": "24h", "rows": "/data", "time": "/time",
        "measures": ["elevation": "/elevation", "irradiance": "/irradiance"],
      ]
    ]
  }
}
