import CacheSupport

/// One multi-measure record of Timestream Write: a series' values at an instant.
///
/// See <https://docs.aws.amazon.com/timestream/latest/developerguide/API_Record.html>.
public struct TimestreamRecord: Sendable, Hashable {
  public struct Dimension: Sendable, Hashable {
    public var name: String
    public var value: String
    public init(_ name: String, _ value: String) { (self.name, self.value) = (name, value) }
  }

  public enum MeasureType: String, Sendable, Hashable {
    case double = "DOUBLE"
    case bigint = "BIGINT"
    case varchar = "VARCHAR"
    case boolean = "BOOLEAN"
    case timestamp = "TIMESTAMP"
  }

  public struct Measure: Sendable, Hashable {
    public var name: String
    /// The value as text.
    public var value: String
    public var type: MeasureType
    public init(_ name: String, _ value: String, _ type: MeasureType) {
      self.name = name
      self.value = value
      self.type = type
    }
  }

  public enum TimeUnit: String, Sendable, Hashable {
    case seconds = "SECONDS"
    case milliseconds = "MILLISECONDS"
    case microseconds = "MICROSECONDS"
    case nanoseconds = "NANOSECONDS"
  }

  /// Up to 128, names unlike each other.
  public var dimensions: [Dimension]
  public var measureName: String
  /// 1 to 256.
  public var measures: [Measure]
  /// Since 1970 in `unit`.
  public var time: Int64
  public var unit: TimeUnit
  /// A record of a higher version replaces one of the same dimensions, measure name and time.
  public var version: Int64

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

/// A record that Timestream did not take.
public struct RejectedRecord: Sendable, Hashable {
  /// The record's place in the request, from 0.
  public var index: Int
  public var reason: String
  /// The stored record's version, where a version was the reason.
  public var existingVersion: Int64?

  public init(index: Int, reason: String, existingVersion: Int64? = nil) {
    self.index = index
    self.reason = reason
    self.existingVersion = existingVersion
  }
}

extension AWSError {
  /// The records of a `RejectedRecordsException`; the request's others are stored.
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
