import CacheSupport

/// The values of one series at one instant: the one type from the source's answer to the store.
public struct Sample: Sendable, Hashable {
  /// Epoch milliseconds.
  public var time: Int64
  /// What of the time is finer than a millisecond, 0 to 999,999: only what is written has it, and only the history keeps it.
  public var nanoseconds: Int32
  /// At least one, ordered by the bytes of their names; no name appears twice.
  public var measures: [Measure]

  /// Takes a time in epoch milliseconds, and measures that are ordered already.
  public init(time: Int64, nanoseconds: Int32 = 0, measures: [Measure]) {
    self.time = time
    self.nanoseconds = nanoseconds
    self.measures = measures
  }
}

/// A named value, such as `temperature` and 21.5.
public struct Measure: Sendable, Hashable {
  /// Compared by its UTF-8 bytes, as both stores compare it.
  public var name: String
  /// The value and its type.
  public var value: MeasureValue

  /// Pairs a name with its value.
  public init(_ name: String, _ value: MeasureValue) {
    self.name = name
    self.value = value
  }

  /// Equal where the names have the same UTF-8 bytes and the values are equal.
  public static func == (one: Self, other: Self) -> Bool {
    one.name.hasSameBytes(as: other.name) && one.value == other.value
  }

  /// Hashes the bytes of the name, and the value.
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
///
/// The cases have the names of Timestream's types; see
/// <https://docs.aws.amazon.com/timestream/latest/developerguide/supported-data-types.html>.
public enum MeasureValue: Sendable, Hashable {
  /// A finite number, never negative zero, which Timestream refuses: see ``finite(_:)``.
  case double(Double)
  /// A whole number of 64 bits.
  case bigint(Int64)
  /// A text; Timestream takes 1 to 2,048 bytes.
  case varchar(String)
  /// True or false.
  case boolean(Bool)

  /// A number that both stores take, with negative zero as zero; nil for NaN and infinities, which Timestream cannot store.
  public static func finite(_ value: Double) -> MeasureValue? {
    value.isFinite ? .double(value == 0 ? 0 : value) : nil
  }
}

extension [Sample] {
  /// Adds the sample of a row: rows of one instant are one sample, and a row without a value is none.
  ///
  /// - Parameter counts: true where its values count before those that are there.
  mutating func add(_ sample: Sample, counts: Bool = true) {
    guard let last = indices.last, self[last].time == sample.time else {
      if !sample.measures.isEmpty { append(sample) }
      return
    }
    if counts {
      self[last].measures.merge(sample.measures)
    } else {
      let before = self[last].measures
      self[last].measures = sample.measures
      self[last].measures.merge(before)
    }
  }
}
