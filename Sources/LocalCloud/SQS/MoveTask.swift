import CacheSupport
import SQLiteStore

/// A task that moves the messages of a dead-letter queue back to where they came from, or elsewhere.
struct MoveTask: Sendable, Hashable {
  enum Status: String, Sendable {
    case running = "RUNNING"
    case completed = "COMPLETED"
    case cancelled = "CANCELLED"
    case failed = "FAILED"
  }
  var row: Int64
  var id: String
  /// The dead-letter queue's name.
  var source: String
  /// The name of the queue that takes the messages; nil where each goes back to its own.
  var destination: String?
  /// Messages a second; nil moves them as fast as may be.
  var rate: Int64?
  var status: Status
  var moved: Int64
  /// The messages that could be received when it began.
  var total: Int64
  /// Epoch milliseconds.
  var started: Int64
  var failure: String?
  /// Whether it passes over messages that were sent to the dead-letter queue directly. One that SQS is asked for fails at the first.
  var passesDirect: Bool

  static let columns = "id, task, source, destination, rate, status, moved, total, started, failure, passes"

  /// From ``columns``.
  init?(_ row: [SQLValue]) {
    guard row.count == 11, let number = row[0].integer, let id = row[1].text, let source = row[2].text,
      let status = row[5].text.flatMap({ Status(rawValue: $0) }), let moved = row[6].integer,
      let total = row[7].integer, let started = row[8].integer
    else { return nil }
    self.row = number
    self.id = id
    self.source = source
    destination = row[3].text
    rate = row[4].integer
    self.status = status
    self.moved = moved
    self.total = total
    self.started = started
    failure = row[9].text
    passesDirect = row[10].integer == 1
  }

  /// What a client names it by.
  static func handle(_ id: String, source arn: String) -> String {
    let json: JSON = ["taskId": .string(id), "sourceArn": .string(arn)]
    return Base64.text(json.text.utf8Span.span)
  }

  /// Reads a handle.
  ///
  /// - Throws: InvalidParameterValue for a text that is none.
  static func read(handle: String) throws(ServiceError) -> (id: String, source: String) {
    guard let bytes = Base64.decode(handle.utf8Span.span), let json = try? JSON(parsing: bytes),
      let id = json["taskId"]?.string, let source = json["sourceArn"]?.string
    else { throw .invalidParameter("Value for parameter TaskHandle is invalid.") }
    return (id, source)
  }
}
