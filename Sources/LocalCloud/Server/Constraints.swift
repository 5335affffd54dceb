/// The constraints of a service's model that a request breaks: all together are one ValidationException.
struct Constraints: Sendable {
  private var violations: [String] = []

  /// - Parameters:
  ///   - place: the member as messages name it, such as `records.1.member.time`.
  ///   - value: as messages show it; nil is null.
  ///   - constraint: what the member must do, such as `not be null`.
  mutating func violate(_ place: String, _ value: String?, _ constraint: String) {
    violate(place, value, inFull: "Member must \(constraint)")
  }

  /// The same for a constraint that is not on the member itself, in full words.
  mutating func violate(_ place: String, _ value: String?, inFull constraint: String) {
    violations.append(
      "Value \(value.map { "'\($0)'" } ?? "null") at '\(place)' failed to satisfy constraint: \(constraint)")
  }

  /// Takes over what a part of the request broke.
  mutating func absorb(_ other: Constraints) {
    if !other.violations.isEmpty { violations += other.violations }
  }

  /// - Throws: one error for everything that was broken.
  func check() throws(ServiceError) {
    guard !violations.isEmpty else { return }
    let count = violations.count
    throw .validation(
      "\(count) validation error\(count == 1 ? "" : "s") detected: \(violations.joined(separator: "; "))")
  }
}
