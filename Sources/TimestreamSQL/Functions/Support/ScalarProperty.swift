import Foundation
import Synchronization

/// A property of characters by its name in `\p{…}`: Unicode's categories, scripts and properties, and Java's `Alpha` and the like.
///
/// The names and their characters are ICU's. It is asked once for each 256 neighbouring characters of which one is looked at.
final class ScalarProperty: Sendable {
  /// Which of 256 characters have it.
  private typealias Block = [Bool]

  private let runs: NSRegularExpression
  private let blocks = Mutex<[UInt32: Block]>([:])

  /// Nil for a name that is none.
  init?(_ name: String) {
    let allowed = name.unicodeScalars.allSatisfy {
      $0.isASCII && ($0.properties.isAlphabetic || "_- =0123456789".unicodeScalars.contains($0))
    }
    guard allowed, !name.isEmpty else { return nil }
    // Java writes IsLatin and InGreek where ICU writes Latin.
    let forms = [name, name.hasPrefix("Is") ? String(name.dropFirst(2)) : name]
    guard let runs = forms.lazy.compactMap({ try? NSRegularExpression(pattern: "\\p{\($0)}+") }).first else {
      return nil
    }
    self.runs = runs
  }

  func holds(_ scalar: Unicode.Scalar) -> Bool {
    let number = scalar.value >> 8
    return blocks.withLock { blocks in
      if let block = blocks[number] { return block[Int(scalar.value & 0xFF)] }
      let block = block(number)
      blocks[number] = block
      return block[Int(scalar.value & 0xFF)]
    }
  }

  private func block(_ number: UInt32) -> Block {
    // Each takes as many units of UTF-16 as its neighbours: those of a plane. No text has a surrogate alone.
    let scalars = (number << 8..<(number + 1) << 8).map { Unicode.Scalar($0) ?? "\u{FFFD}" }
    let text = String(String.UnicodeScalarView(scalars))
    let width = UTF16.width(scalars[0])
    var block = Block(repeating: false, count: scalars.count)
    for match in runs.matches(in: text, range: NSRange(location: 0, length: scalars.count * width)) {
      let start = match.range.location / width
      for place in start..<(start + match.range.length / width) { block[place] = true }
    }
    return block
  }
}
