import CacheSupport

/// One condition on a label, such as `city=~"Rome|Oslo"`; a label that a series does not have counts as empty.
struct LabelMatcher: Sendable, Hashable {
  enum Comparison: String, Sendable, Hashable, CaseIterable {
    case equal = "="
    case notEqual = "!="
    case matches = "=~"
    case doesNotMatch = "!~"
  }

  let label: ByteText
  let comparison: Comparison
  let value: ByteText
  private let pattern: SafePattern?

  /// - Throws: `SafePatternError` for a regular expression that is refused.
  init(_ label: ByteText, _ comparison: Comparison, _ value: ByteText) throws(SafePatternError) {
    self.label = label
    self.comparison = comparison
    self.value = value
    pattern =
      switch comparison {
      case .matches, .doesNotMatch: try SafePattern(value.text)
      case .equal, .notEqual: nil
      }
  }

  /// - Returns: whether a label's value meets the condition.
  func accepts(_ text: ByteText) -> Bool {
    switch comparison {
    case .equal: text == value
    case .notEqual: text != value
    case .matches: pattern?.matches(text.text) ?? false
    case .doesNotMatch: !(pattern?.matches(text.text) ?? false)
    }
  }

  static func == (one: Self, other: Self) -> Bool {
    one.label == other.label && one.comparison == other.comparison && one.value == other.value
  }

  func hash(into hasher: inout Hasher) {
    hasher.combine(label)
    hasher.combine(comparison)
    hasher.combine(value)
  }
}
