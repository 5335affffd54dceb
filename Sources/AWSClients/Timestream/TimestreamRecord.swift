import CacheSupport

/// A multi-measure record of Timestream: the values of one series at one instant.
///
/// See <https://docs.aws.amazon.com/timestream/latest/developerguide/API_Record.html>.
public struct TimestreamRecord: Sendable, Hashable {
  /// A name and a value that, with the others, identify a series.
  public struct Dimension: Sendable, Hashable {
    /// 1 to 60 bytes.
    public var name: String
    /// A text; name and value together have up to 2,048 bytes.
    public var value: String
    /// Pairs a name with its value.
    public init(_ name: String, _ value: String) { (self.name, self.value) = (name, value) }
  }

  /// The type of a measure's value.
  public enum MeasureType: String, Sendable, Hashable {
    /// A number of 64 bits with a binary point.
    case double = "DOUBLE"
    /// A whole number of 64 bits.
    case bigint = "BIGINT"
    /// A text of 1 to 2,048 bytes.
    case varchar = "VARCHAR"
    /// `true` or `false`.
    case boolean = "BOOLEAN"
    /// A time: epoch nanoseconds.
    case timestamp = "TIMESTAMP"
  }

  /// A value with its name and type.
  public struct Measure: Sendable, Hashable {
    /// 1 to 256 bytes.
    public var name: String
    /// The value as text.
    public var value: String
    /// How the text is read.
    public var type: MeasureType
    /// A value as text, with its name and type.
    public init(_ name: String, _ value: String, _ type: MeasureType) {
      self.name = name
      self.value = value
      self.type = type
    }
  }

  /// The unit of a record's time.
  public enum TimeUnit: String, Sendable, Hashable {
    /// Epoch seconds.
    case seconds = "SECONDS"
    /// Epoch milliseconds.
    case milliseconds = "MILLISECONDS"
    /// Epoch microseconds.
    case microseconds = "MICROSECONDS"
    /// Epoch nanoseconds.
    case nanoseconds = "NANOSECONDS"
  }

  /// Up to 128; no name appears twice.
  public var dimensions: [Dimension]
  /// The name of the record, 1 to 256 bytes; records of one series may have different ones.
  public var measureName: String
  /// 1 to 256; no name appears twice.
  public var measures: [Measure]
  /// The time since 1970-01-01T00:00:00Z in `unit`.
  public var time: Int64
  /// The unit of `time`.
  public var unit: TimeUnit
  /// A record replaces one of a lower version that has the same dimensions, measure name and time.
  public var version: Int64

  /// A record; in milliseconds and of version 1 unless said otherwise.
  public init(
    dimensions: [Dimension], measureName: String, measures: [Measure], time: Int64, unit: TimeUnit = .milliseconds,
    version: Int64 = 1
  ) {
    self.dimensions = dimensions
    self.measureName = measureName
    self.measures = measures
    self.time = time
    self.unit = unit
    self.version = version
  }

  var json: JSON {
    [
      "Dimensions": .array(dimensions.map { ["Name": .string($0.name), "Value": .string($0.value)] }),
      "MeasureName": .string(measureName),
      "MeasureValueType": "MULTI",
      "MeasureValues": .array(
        measures.map {
          ["Name": .string($0.name), "Value": .string($0.value), "Type": .string($0.type.rawValue)]
        }),
      "Time": .string(String(time)),
      "TimeUnit": .string(unit.rawValue),
      "Version": .integer(version),
    ]
  }
}

/// A record that Timestream refused.
///
/// See <https://docs.aws.amazon.com/timestream/latest/developerguide/API_RejectedRecord.html>.
public struct RejectedRecord: Sendable, Hashable {
  /// The record's place in the request, from 0.
  public var index: Int
  /// Why, in Timestream's words.
  public var reason: String
  /// The version of the stored record, where that is the reason; else nil.
  public var existingVersion: Int64?

  /// A refusal put together by hand.
  package init(index: Int, reason: String, existingVersion: Int64? = nil) {
    self.index = index
    self.reason = reason
    self.existingVersion = existingVersion
  }
}

extension AWSError {
  /// The records that a `RejectedRecordsException` names; the others of the request are stored. Empty for every other error.
  public var rejectedRecords: [RejectedRecord] {
    guard code == .rejectedRecords, let json = try? JSON(parsing: body) else { return [] }
    return (json["RejectedRecords"]?.array ?? []).compactMap { record in
      guard let index = record["RecordIndex"]?.int else { return nil }
      return RejectedRecord(
        index: index, reason: record["Reason"]?.string ?? "no reason given",
        existingVersion: record["ExistingVersion"]?.int64)
    }
  }
}
