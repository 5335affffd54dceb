/// Letters that differ by case alone: `k`, `K` and the Kelvin sign; `σ`, `ς` and `Σ`.
///
/// They are those that become one and the same by Java's rule for `UNICODE_CASE`, the lower case of the upper case. So a letter stands for
/// another wherever that stands for it. What changes its length with its case, as `ß` does to `SS`, stays what it is.
enum LetterCase {
  /// All letters of a character's kind, with itself.
  static func all(of scalar: Unicode.Scalar) -> [Unicode.Scalar] {
    kinds[folded(scalar)] ?? [scalar]
  }

  /// Kinds of more than one letter, by what they become. No letter outside the first two planes has a case.
  private static let kinds: [Unicode.Scalar: [Unicode.Scalar]] = {
    var kinds: [Unicode.Scalar: [Unicode.Scalar]] = [:]
    for value in UInt32(0)..<0x20000 {
      guard let scalar = Unicode.Scalar(value), scalar.properties.changesWhenCaseMapped else { continue }
      kinds[folded(scalar), default: []].append(scalar)
    }
    return kinds.filter { $1.count > 1 }
  }()

  private static func folded(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
    let upper = single(scalar.properties.uppercaseMapping) ?? scalar
    // Its lower case is an i and a dot; alone it is an i.
    return upper == "\u{130}" ? "i" : single(upper.properties.lowercaseMapping) ?? upper
  }

  private static func single(_ text: String) -> Unicode.Scalar? {
    let scalars = text.unicodeScalars
    return scalars.count == 1 ? scalars.first : nil
  }
}
