public import CacheSupport
import Glibc

/// Log lines as JSON, one object per line, in the form of Lambda's own JSON log format.
///
/// `AWS_LAMBDA_LOG_LEVEL` (else `LOG_LEVEL`) sets the lowest level that is written: `DEBUG`, `INFO` (default), `WARN` or
/// `ERROR`.
public struct LambdaLogger: Sendable {
  enum Level: Int, Sendable, Comparable {
    case debug, info, warn, error
    static func < (one: Level, other: Level) -> Bool { one.rawValue < other.rawValue }

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
  /// The invocation that the present task works for: lines of what lives longer than one belong to it.
  @TaskLocal static var invocation: String?
  /// The function's name: the dimension of its metrics.
  let functionName: String

  /// A logger whose lines belong to no request yet.
  ///
  /// - Parameters:
  ///   - environment: has the level, which is `INFO` where it is absent or unknown, and in `AWS_LAMBDA_FUNCTION_NAME` the
  ///     function's name for metrics, `local` where it is absent.
  ///   - clock: gives each line its time.
  ///   - write: takes a whole line with its line break, from several tasks at once; nil writes to standard output.
  public init(
    environment: ProcessEnvironment = [:], clock: WallClock = .system, write: (@Sendable ([UInt8]) -> Void)? = nil
  ) {
    level = (environment["AWS_LAMBDA_LOG_LEVEL"] ?? environment["LOG_LEVEL"]).flatMap(Level.init) ?? .info
    functionName = environment["AWS_LAMBDA_FUNCTION_NAME"] ?? "local"
    self.clock = clock
    self.write = write ?? Self.standardOutput
  }

  /// Drops every line.
  public static let silent: LambdaLogger = LambdaLogger { _ in }

  /// True where lines of the level `DEBUG` are written; ask before you work out what only they need.
  public var isDebugging: Bool { level == .debug }

  func with(requestID: String) -> LambdaLogger {
    var copy = self
    copy.requestID = requestID
    return copy
  }

  /// Writes a line of the level `DEBUG`, for whoever looks for a fault; the fields follow the usual ones.
  public func debug(_ message: String, _ fields: JSONObject = [:]) { log(.debug, message, fields) }
  /// Writes a line of the level `INFO`: what usually happens.
  public func info(_ message: String, _ fields: JSONObject = [:]) { log(.info, message, fields) }
  /// Writes a line of the level `WARN`: something unusual that nobody has to act on.
  public func warn(_ message: String, _ fields: JSONObject = [:]) { log(.warn, message, fields) }
  /// Writes a line of the level `ERROR`: a failure.
  public func error(_ message: String, _ fields: JSONObject = [:]) { log(.error, message, fields) }

  private func log(_ level: Level, _ message: String, _ fields: JSONObject) {
    guard level >= self.level else { return }
    var line: JSONObject = [
      "timestamp": .string(UTCTime(epochMilliseconds: clock.now).iso8601Text), "level": .string(level.text),
      "message": .string(message),
    ]
    line["requestId"] = (requestID ?? Self.invocation).map { .string($0) }
    for field in fields.members { line[field.name] = field.value }
    emit(.object(line))
  }

  /// Writes metrics in CloudWatch's embedded metric format, whatever the level.
  ///
  /// See
  /// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>.
  ///
  /// - Parameters:
  ///   - metrics: up to 100, which is the format's limit, each with a name of its own.
  ///   - namespace: what CloudWatch files them under.
  public func metrics(_ metrics: [Metric], namespace: String) {
    var line: JSONObject = [
      "_aws": [
        "Timestamp": .integer(clock.now),
        "CloudWatchMetrics": [
          [
            "Namespace": .string(namespace), "Dimensions": [["FunctionName"]],
            "Metrics": .array(metrics.map { ["Name": .string($0.name), "Unit": .string($0.unit.rawValue)] }),
          ]
        ],
      ],
      "FunctionName": .string(functionName),
    ]
    line["requestId"] = (requestID ?? Self.invocation).map { .string($0) }
    for metric in metrics { line[metric.name] = .double(metric.value) }
    emit(.object(line))
  }

  private func emit(_ line: JSON) {
    var writer = JSONWriter(capacity: 256)
    writer.write(line)
    writer.raw("\n")
    write(writer.bytes)
  }

  private static let standardOutput: @Sendable ([UInt8]) -> Void = { line in
    // One call per line, so that lines of concurrent tasks do not mix. A log that cannot be written has nowhere to go.
    var rest = line[...]
    while !rest.isEmpty {
      let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(1, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return }
      rest = rest.dropFirst(count)
    }
  }
}
