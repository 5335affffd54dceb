import CacheSupport

/// A regular expression in Java's syntax, matched in time that grows with text and pattern, whatever the pattern.
///
/// The leftmost match is found, and of those that start there the one that Java prefers. What no such matcher can do is refused:
/// look-around, references to groups, atomic groups and possessive repetition. See <https://swtch.com/~rsc/regexp/regexp2.html>.
struct RegularExpression: Sendable {
  let groupCount: Int
  let groupNames: [ByteText: Int]
  private let program: PatternProgram
  /// Units of work that it took to read it.
  var cost: Int { program.cost }

  /// - Parameter isWhole: whether only a whole text matches.
  init(_ pattern: String, isWhole: Bool = false) throws(QueryFault) {
    var reader = PatternReader(pattern)
    do throws(PatternReader.Refusal) {
      let syntax = try reader.read()
      program = try PatternProgram(
        isWhole ? .sequence([.assertion(.textStart), syntax, .assertion(.veryEnd)]) : syntax)
    } catch {
      switch error {
      case .invalid: throw QueryFault(message: "Invalid regular expression: \(pattern)")
      case .unsupported(let what):
        throw QueryFault(message: "Invalid regular expression: the local cloud does not support \(what): \(pattern)")
      }
    }
    groupCount = reader.groupCount
    groupNames = reader.groupNames
  }

  /// Where a match and its groups lie among the bytes of a text.
  struct Match: Sendable {
    fileprivate var places: [Int]
    var range: Range<Int> { places[0]..<places[1] }

    /// Nil for a group that took no part.
    subscript(group: Int) -> Range<Int>? {
      let (start, end) = (places[2 * group], places[2 * group + 1])
      return start >= 0 && end >= start ? start..<end : nil
    }
  }

  /// The first match in UTF-8 from a place on.
  func firstMatch(
    in text: [UInt8], from start: Int = 0, _ execution: Execution
  ) throws(QueryFault) -> Match? {
    var machine = PatternMachine(program, text, slots: 2 * (groupCount + 1))
    return try machine.run(from: start, execution).map { Match(places: $0) }
  }

  /// Calls a body for each match, one after the other; after an empty one the next starts at the next character.
  func forEachMatch(
    in text: [UInt8], _ execution: Execution, _ body: (Match) throws(QueryFault) -> Void
  ) throws(QueryFault) {
    var machine = PatternMachine(program, text, slots: 2 * (groupCount + 1))
    var start = 0
    while start <= text.count, let places = try machine.run(from: start, execution) {
      let match = Match(places: places)
      try body(match)
      start = match.range.isEmpty ? UTF8Text.next(in: text, from: match.range.upperBound) : match.range.upperBound
    }
  }
}

/// Characters among the bytes of a text, which Swift has made valid UTF-8.
enum UTF8Text {
  /// The place after the character at a place; past the end one more.
  static func next(in text: [UInt8], from place: Int) -> Int {
    var next = place + 1
    while next < text.count, text[next] & 0xC0 == 0x80 { next += 1 }
    return next
  }

  static func scalar(in text: [UInt8], at place: Int) -> (scalar: Unicode.Scalar, end: Int)? {
    guard place >= 0, place < text.count else { return nil }
    let first = text[place]
    guard first >= 0x80 else { return (Unicode.Scalar(first), place + 1) }
    let end = next(in: text, from: place)
    let lead = UInt32(first) & (first >= 0xF0 ? 0x07 : first >= 0xE0 ? 0x0F : 0x1F)
    let value = text[(place + 1)..<min(end, place + 4)].reduce(lead) { $0 << 6 | UInt32($1 & 0x3F) }
    return (Unicode.Scalar(value) ?? "\u{FFFD}", end)
  }

  static func scalar(in text: [UInt8], before place: Int) -> Unicode.Scalar? {
    var start = place - 1
    while start > 0, text[start] & 0xC0 == 0x80 { start -= 1 }
    return scalar(in: text, at: start)?.scalar
  }
}
