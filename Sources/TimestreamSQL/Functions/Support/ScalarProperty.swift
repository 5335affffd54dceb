import Foundation

/// A property of characters by its name in `\p{…}`: Unicode's categories, scripts and properties, and Java's `Alpha` and the like.
///
/// The names and their characters are ICU's. It is asked for one character at a time, which takes no longer for any text.
struct ScalarProperty: Sendable {
  private let expression: NSRegularExpression

  /// Nil for a name that is none.
  init?(_ name: String) {
    let allowed = name.unicodeScalars.allSatisfy {
      $0.isASCII && ($0.properties.isAlphabetic || "_- =0123456789".unicodeScalars.contains($0))
    }
    guard allowed, !name.isEmpty else { return nil }
    // Java writes IsLatin and InGreek where ICU writes Latin.
    for form in [name, name.hasPrefix("Is") ? String(name.dropFirst(2)) : name] {
      if let expression = try? NSRegularExpression(pattern: "\\p{\(form)}") {
        self.expression = expression
        return
      }
    }
    return nil
  }

  func holds(_ scalar: Unicode.Scalar) -> Bool {
    let text = String(Character(scalar))
    return expression.firstMatch(in: text, range: NSRange(text.startIndex..., in: text)) != nil
  }
}
