/// A regular expression in the common part of RE2's syntax, which must match a whole text.
///
/// It becomes a small machine whose states are all followed at once, so that the time for a match is at most the length of the
/// text times the size of the machine, whatever the expression. What is not supported is refused by name. See
/// <https://github.com/google/re2/wiki/Syntax>.
struct SafePattern: Sendable {
  /// One step of the machine.
  enum Instruction: Sendable {
    case character(CharacterSet)
    case split(Int, Int)
    case jump(Int)
    case atStart, atEnd
    case match
  }

  /// Characters by their numbers.
  struct CharacterSet: Sendable, Hashable {
    var ranges: [ClosedRange<UInt32>] = []
    var isNegated = false
    var ignoresCase = false

    func contains(_ scalar: Unicode.Scalar) -> Bool {
      var isIn = holds(scalar.value)
      if !isIn, ignoresCase {
        let properties = scalar.properties
        for text in [properties.lowercaseMapping, properties.uppercaseMapping] {
          let scalars = text.unicodeScalars
          if scalars.count == 1, let other = scalars.first, holds(other.value) { isIn = true }
        }
      }
      return isIn != isNegated
    }

    private func holds(_ value: UInt32) -> Bool { ranges.contains { $0.contains(value) } }
  }

  /// Steps of the machine, at most.
  static let maximumSize: Int = 2000
  /// How deep groups may be nested.
  static let maximumDepth: Int = 50
  /// The highest count in braces, as RE2 has it.
  static let maximumCount: Int = 1000

  let program: [Instruction]

  /// - Throws: `SafePatternError` for an expression that is wrong, not supported or too large.
  init(_ text: String) throws(SafePatternError) {
    let node = try SafePatternParser.node(of: text)
    var compiler = Compiler()
    try compiler.add(node)
    program = compiler.program + [.match]
  }

  /// - Returns: whether the whole text matches.
  func matches(_ text: String) -> Bool { states(text).isMatch }

  /// - Returns: whether the whole text matches, and how many steps were looked at.
  func states(_ text: String) -> (isMatch: Bool, looked: Int) {
    var looked = 0
    var current: [Int] = []
    var next: [Int] = []
    // When a step was last reached: the number of characters that were read.
    var reached = [Int](repeating: -1, count: program.count)
    var pending: [Int] = []
    let scalars = text.unicodeScalars
    var place = scalars.startIndex
    var position = 0
    func follow(_ start: Int, into list: inout [Int]) {
      pending.append(start)
      while let step = pending.popLast() {
        guard reached[step] != position else { continue }
        reached[step] = position
        looked += 1
        switch program[step] {
        case .jump(let target): pending.append(target)
        case .split(let one, let other): pending += [other, one]
        case .atStart: if position == 0 { pending.append(step + 1) }
        case .atEnd: if place == scalars.endIndex { pending.append(step + 1) }
        case .character, .match: list.append(step)
        }
      }
    }
    follow(0, into: &current)
    while place < scalars.endIndex, !current.isEmpty {
      let scalar = scalars[place]
      place = scalars.index(after: place)
      position += 1
      for step in current {
        looked += 1
        if case .character(let set) = program[step], set.contains(scalar) { follow(step + 1, into: &next) }
      }
      swap(&current, &next)
      next.removeAll(keepingCapacity: true)
    }
    let isMatch = current.contains { if case .match = program[$0] { true } else { false } }
    return (place == scalars.endIndex && isMatch, looked)
  }

  /// Writes the steps of an expression's parts one after the other.
  private struct Compiler {
    var program: [Instruction] = []
    /// Parts without a step count too: a thousand times nothing, a thousand times over, would take forever.
    private var parts = 0

    mutating func add(_ node: SafePatternNode) throws(SafePatternError) {
      parts += 1
      guard program.count < maximumSize, parts <= 10 * maximumSize else {
        throw SafePatternError("a regular expression is too large; \(maximumSize) steps are the most")
      }
      switch node {
      case .empty: break
      case .character(let set): program.append(.character(set))
      case .atStart: program.append(.atStart)
      case .atEnd: program.append(.atEnd)
      case .sequence(let nodes): for node in nodes { try add(node) }
      case .alternatives(let nodes):
        var jumps: [Int] = []
        for (index, node) in nodes.enumerated() {
          guard index < nodes.count - 1 else {
            try add(node)
            break
          }
          let split = program.count
          program.append(.split(split + 1, 0))
          try add(node)
          jumps.append(program.count)
          program.append(.jump(0))
          program[split] = .split(split + 1, program.count)
        }
        for jump in jumps { program[jump] = .jump(program.count) }
      case .repeated(let node, let minimum, let maximum):
        for _ in 0..<minimum { try add(node) }
        guard let maximum else {
          let split = program.count
          program.append(.split(split + 1, 0))
          try add(node)
          program.append(.jump(split))
          program[split] = .split(split + 1, program.count)
          return
        }
        var splits: [Int] = []
        for _ in minimum..<maximum {
          splits.append(program.count)
          program.append(.split(program.count + 1, 0))
          try add(node)
        }
        for split in splits { program[split] = .split(split + 1, program.count) }
      }
    }
  }
}

/// Why a regular expression is refused.
struct SafePatternError: Error, Hashable, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}
