import CacheSupport

/// The values of one series at one instant: the one type from the source's answer to the store.
public struct Sample: Sendable, Hashable {
  /// Epoch milliseconds.
  public var time: Int64
  /// At least one, ordered by name, names unlike each other.
  public var measures: [Measure]

  public init(time: Int64, measures: [Measure]) {
    self.time = time
    self.measures = measures
  }
}

/// A named value.
public struct Measure: Sendable, Hashable {
  /// Compares by bytes, as both stores do.
  public var name: String
  public var value: MeasureValue

  public init(_ name: String, _ value: MeasureValue) {
    self.name = name
    self.value = value
  }

  public static func == (one: Self, other: Self) -> Bool {
    one.name.hasSameBytes(as: other.name) && one.value == other.value
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(ByteText(name))
    hasher.combine(value)
  }
}

extension [Measure] {
  /// Adds measures in the order of their names; of two of one name the added one counts.
  mutating func merge(_ others: [Measure]) {
    for measure in others {
      let name = ByteText(measure.name)
      let place = firstIndex { ByteText($0.name) >= name } ?? endIndex
      if place < endIndex, self[place].name.hasSameBytes(as: measure.name) {
        self[place] = measure
      } else {
        insert(measure, at: place)
      }
    }
  }
}

/// A value in one of the types that both stores keep.
public enum MeasureValue: Sendable, Hashable {
  /// Finite, and never the negative zero, which Timestream refuses.
  case double(Double)
  case bigint(Int64)
  case varchar(String)
  case boolean(Bool)

  /// Nil for NaN and infinities, which Timestream cannot store.
  public static func finite(_ value: Double) -> MeasureValue? {
    value.isFinite ? .double(value == 0 ? 0 : value) : nil
  }
}
