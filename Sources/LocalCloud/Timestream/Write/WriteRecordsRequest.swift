import CacheSupport

/// The input of WriteRecords, read straight from its bytes: texts stay where they are, and are known by their tokens.
///
/// See <https://docs.aws.amazon.com/timestream/latest/developerguide/API_WriteRecords.html>.
struct WriteRecordsRequest: Sendable {
  /// The bytes that the tokens point into.
  let body: [UInt8]
  private(set) var database = ""
  private(set) var table = ""
  private(set) var common: Parts?
  private(set) var records: [Parts] = []
  /// The dimensions of all parts; each part has a range of them.
  private(set) var dimensions: [Dimension] = []
  /// The values of all parts of the type MULTI; each part has a range of them.
  private(set) var measures: [Measure] = []

  /// The members of a record, or of the common attributes, as they stand in the request.
  struct Parts: Sendable {
    var dimensions: Range<Int> = 0..<0
    var measureName: JSONToken?
    var measureValue: JSONToken?
    var measureType: MeasureType?
    var measureValues: Range<Int>?
    var time: JSONToken?
    var unit: TimeUnit?
    var version: Int64?
  }

  struct Dimension: Sendable {
    var name: JSONToken
    var value: JSONToken
  }

  struct Measure: Sendable {
    var name: JSONToken
    var value: JSONToken
    var type: MeasureType
  }

  enum MeasureType: ModelWord {
    case double, bigint, varchar, boolean, timestamp, multi

    static let words: [(word: StaticString, value: Self)] = [
      ("DOUBLE", .double), ("BIGINT", .bigint), ("VARCHAR", .varchar), ("BOOLEAN", .boolean), ("TIMESTAMP", .timestamp),
      ("MULTI", .multi),
    ]
  }

  enum TimeUnit: ModelWord {
    case milliseconds, seconds, microseconds, nanoseconds

    static let words: [(word: StaticString, value: Self)] = [
      ("MILLISECONDS", .milliseconds), ("SECONDS", .seconds), ("MICROSECONDS", .microseconds),
      ("NANOSECONDS", .nanoseconds),
    ]

    var inNanoseconds: Int64 {
      switch self {
      case .seconds: 1_000_000_000
      case .milliseconds: 1_000_000
      case .microseconds: 1000
      case .nanoseconds: 1
      }
    }
  }

  /// - Throws: SerializationException for what is no JSON object, or has a member of a wrong kind; one ValidationException for all
  ///   constraints of the service's model that are broken.
  init(_ body: [UInt8]) throws(ServiceError) {
    self.body = body
    var reader = WriteRecordsReader(body.span)
    do {
      try reader.read()
    } catch let error as ServiceError {
      throw error
    } catch { throw .coral("SerializationException") }
    let constraints = reader.constraints
    try constraints.check()
    (database, table, common, records) = (reader.database ?? "", reader.table ?? "", reader.common, reader.records)
    (dimensions, measures) = (reader.dimensions, reader.measures)
  }
}

/// Words of a service's model, in its order.
protocol ModelWord: Sendable {
  static var words: [(word: StaticString, value: Self)] { get }
}
