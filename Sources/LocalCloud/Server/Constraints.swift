/// The constraints of a service's model that a request breaks: all together are one ValidationException.
struct Constraints: Sendable {
  /// The first that are broken, in words; the others are counted.
  private var violations: [String] = []
  private var count = 0

  /// How many are put into words.
  static let told: Int = 10

  /// - Parameters:
  ///   - place: the member as messages name it, such as `records.1.member.time`.
  ///   - value: as messages show it; nil is null.
  ///   - constraint: what the member must do, such as `not be null`.
  mutating func violate(_ place: @autoclosure () -> String, _ value: String?, _ constraint: @autoclosure () -> String) {
    violate(place(), value, inFull: "Member must \(constraint())")
  }

  /// The same for a constraint that is not on the member itself, in full words.
  mutating func violate(
    _ place: @autoclosure () -> String, _ value: String?, inFull constraint: @autoclosure () -> String
  ) {
    count += 1
    guard violations.count < Self.told else { return }
    let shown = value.map { "'\($0)'" } ?? "null"
    violations.append("Value \(shown) at '\(place())' failed to satisfy constraint: \(constraint())")
  }

  /// Takes over what a part of the request broke.
  mutating func absorb(_ other: Constraints) {
    count += other.count
    violations += other.violations.prefix(Self.told - violations.count)
  }

  /// - Throws: one error for everything that was broken.
  func check() throws(ServiceError) {
    guard count > 0 else { return }
    throw .validation(
      "\(count) validation error\(count == 1 ? "" : "s") detected: \(violations.joined(separator: "; "))")
  }
}
