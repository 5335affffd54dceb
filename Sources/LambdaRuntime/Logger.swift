public import Basics
import Glibc

/// Log lines as JSON, one object a line, in the form of Lambda's own JSON log format.
///
/// `AWS_LAMBDA_LOG_LEVEL` (else `LOG_LEVEL`) sets the least level that is written: `DEBUG`, `INFO` (default), `WARN` or
/// `ERROR`.
public struct Logger: Sendable {
  public enum Level: Int, Sendable, Comparable {
    case debug, info, warn, error
    public static func < (one: Level, other: Level) -> Bool { one.rawValue < other.rawValue }

    var text: String {
      switch self {
      case .debug: "DEBUG"
      case .info: "INFO"
      case .warn: "WARN"
      case .error: "ERROR"
      }
    }

    init?(_ text: String) {
      switch text.uppercased() {
      case "TRACE", "DEBUG": self = .debug
      case "INFO": self = .info
      case "WARN", "WARNING": self = .warn
      case "ERROR", "FATAL": self = .error
      default: return nil
      }
    }
  }

  private let level: Level
  private let clock: WallClock
  private let write: @Sendable ([UInt8]) -> Void
  private var requestID: String?
  /// The function's name: the dimension of its metrics.
  let functionName: String

  /// - Parameter write: takes a whole line with its line break; nil writes to standard output.
  public init(
    environment: Environment = [:], clock: WallClock = .system, write: (@Sendable ([UInt8]) -> Void)? = nil
  ) {
    level = (environment["AWS_LAMBDA_LOG_LEVEL"] ?? environment["LOG_LEVEL"]).flatMap(Level.init) ?? .info
    functionName = environment["AWS_LAMBDA_FUNCTION_NAME"] ?? "local"
    self.clock = clock
    self.write = write ?? Self.standardOutput
  }

  /// Drops every line.
  public static let silent: Logger = Logger { _ in }

  func with(requestID: String) -> Logger {
    var copy = self
    copy.requestID = requestID
    return copy
  }

  public func debug(_ message: String, _ fields: JSONObject = [:]) { log(.debug, message, fields) }
  public func info(_ message: String, _ fields: JSONObject = [:]) { log(.info, message, fields) }
  public func warn(_ message: String, _ fields: JSONObject = [:]) { log(.warn, message, fields) }
  public func error(_ message: String, _ fields: JSONObject = [:]) { log(.error, message, fields) }

  private func log(_ level: Level, _ message: String, _ fields: JSONObject) {
    guard level >= self.level else { return }
    var line: JSONObject = [
      "timestamp": .string(UTCTime(epochMilliseconds: clock.now).iso8601Text), "level": .string(level.text),
      "message": .string(message),
    ]
    line["requestId"] = requestID.map { .string($0) }
    for field in fields.members { line[field.name] = field.value }
    emit(.object(line))
  }

  /// Writes metrics in CloudWatch's embedded metric format, whatever the level.
  ///
  /// See
  /// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>.
  public func metrics(_ metrics: [Metric]) {
    var line: JSONObject = [
      "_aws": [
        "Timestamp": .integer(clock.now),
        "CloudWatchMetrics": [
          [
            "Namespace": .string(Metric.namespace), "Dimensions": [["FunctionName"]],
            "Metrics": .array(metrics.map { ["Name": .string($0.name.rawValue), "Unit": .string($0.name.unit)] }),
          ]
        ],
      ],
      "FunctionName": .string(functionName),
    ]
    line["requestId"] = requestID.map { .string($0) }
    for metric in metrics { line[metric.name.rawValue] = .double(metric.value) }
    emit(.object(line))
  }

  private func emit(_ line: JSON) {
    var writer = JSONWriter(capacity: 256)
    writer.write(line)
    writer.raw("\n")
    write(writer.bytes)
  }

  private static let standardOutput: @Sendable ([UInt8]) -> Void = { line in
    // One call a line, so that lines of concurrent tasks do not mix. A log that cannot be written has nowhere to go.
    var rest = line[...]
    while !rest.isEmpty {
      let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(1, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return }
      rest = rest.dropFirst(count)
    }
  }
}

/// A figure that CloudWatch graphs and alarms on, by function.
public struct Metric: Sendable, Hashable {
  public static let namespace: String = "TimeSeriesCache"

  public enum Name: String, Sendable, Hashable, CaseIterable {
    /// Identifiers put on the queue.
    case identifiersQueued = "IdentifiersQueued"
    /// Samples that a source gave.
    case samplesFetched = "SamplesFetched"
    /// Records that Timestream took.
    case historyRecords = "HistoryRecords"
    /// Items that DynamoDB took.
    case forecastRecords = "ForecastRecords"
    /// Records that Timestream refused for another reason than a newer version.
    case recordsRejected = "RecordsRejected"
    /// Identifiers whose source could not be read.
    case sourceErrors = "SourceErrors"
    /// What queries of Timestream are billed for.
    case bytesMetered = "BytesMetered"
    /// From asking both stores to the merged page.
    case mergeTime = "MergeTime"

    var unit: String {
      switch self {
      case .bytesMetered: "Bytes"
      case .mergeTime: "Milliseconds"
      default: "Count"
      }
    }
  }

  public var name: Name
  public var value: Double

  public init(_ name: Name, _ value: Double) {
    self.name = name
    self.value = value
  }

  public init(_ name: Name, _ value: some BinaryInteger) { self.init(name, Double(value)) }
}
