public import CacheSupport

/// What rows are to have: a measure whose value compares so with another one, such as `value > 5`.
///
/// Numbers compare with numbers, texts with texts by their bytes, and booleans with booleans, false before true. A row that lacks the
/// measure, or has a value of another kind, does not meet any condition on it, not even `!=`.
public struct MeasureCondition: Sendable, Hashable {
  /// How two values compare.
  public enum Comparison: String, Sendable, Hashable, CaseIterable {
    /// The same value.
    case equal = "=="
    /// Another value of the same kind.
    case notEqual = "!="
    /// Less than the other.
    case less = "<"
    /// Less than the other, or the same.
    case lessOrEqual = "<="
    /// Greater than the other.
    case greater = ">"
    /// Greater than the other, or the same.
    case greaterOrEqual = ">="
  }

  /// The measure's name, compared by bytes.
  public var measure: ByteText
  /// How the row's value compares with ``value``.
  public var comparison: Comparison
  /// What the row's value is compared with.
  public var value: MeasureValue

  /// A condition on a measure.
  public init(_ measure: ByteText, _ comparison: Comparison, _ value: MeasureValue) {
    self.measure = measure
    self.comparison = comparison
    self.value = value
  }

  /// True where measures meet the condition.
  public func isMet(by measures: [Measure]) -> Bool {
    guard let found = measures.first(where: { $0.name.hasSameBytes(as: measure.text) })?.value,
      let order = found.ordered(against: value)
    else { return false }
    return switch comparison {
    case .equal: order == .same
    case .notEqual: order != .same
    case .less: order == .before
    case .lessOrEqual: order != .after
    case .greater: order == .after
    case .greaterOrEqual: order != .before
    }
  }
}

extension MeasureValue {
  enum Order { case before, same, after }

  /// How a value compares with another one of its kind; nil for one of another kind. Whole numbers compare exactly with each other,
  /// and as doubles with doubles.
  func ordered(against other: MeasureValue) -> Order? {
    func order<Value: Comparable>(_ one: Value, _ other: Value) -> Order {
      one < other ? .before : one == other ? .same : .after
    }
    switch (self, other) {
    case (.bigint(let one), .bigint(let other)): return order(one, other)
    case (.varchar(let one), .varchar(let other)): return order(ByteText(one), ByteText(other))
    case (.boolean(let one), .boolean(let other)): return order(one ? 1 : 0, other ? 1 : 0)
    default:
      guard let one = number, let other = other.number else { return nil }
      return order(one, other)
    }
  }

  /// A number as a double; nil for a text and a boolean.
  var number: Double? {
    switch self {
    case .double(let value): value
    case .bigint(let value): Double(value)
    case .varchar, .boolean: nil
    }
  }
}
