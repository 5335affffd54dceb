import CacheSupport

/// A queue whose messages invoke a function.
struct EventSourceMapping: Sendable, Hashable {
  var queue: String
  var function: String
  /// Messages an event, 1 to 10,000.
  var batchSize: Int = 10
  /// Seconds for which an event is filled, 0 to 300.
  var window: Int = 0
  /// Invocations at once, 2 to 1,000, where somebody says so.
  var concurrency: Int?
  /// Whether the function's answer says which messages failed.
  var reportsFailures: Bool = false
  var isEnabled: Bool = true

  /// Where nobody says how many.
  static let usualConcurrency: Int = 10
  static let batchSizes: ClosedRange<Int> = 1...10_000
  static let windows: ClosedRange<Int> = 0...300
  static let concurrencies: ClosedRange<Int> = 2...1000

  var maximumConcurrency: Int { concurrency ?? Self.usualConcurrency }

  /// The same at each start.
  var id: String { RandomID.uuid(of: Array("\(function) \(queue)".utf8)) }

  /// What Lambda refuses although each part is within its bounds; nil where all is well.
  var fault: String? {
    batchSize > 10 && window == 0
      ? "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10" : nil
  }
}
