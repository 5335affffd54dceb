/// A pattern as steps for a machine that follows all its ways at once.
struct PatternProgram: Sendable {
  enum Step: Sendable {
    /// One character, and on to the next step.
    case one(Int)
    case assertion(PatternAssertion)
    /// Two ways, the first preferred.
    case split(Int, Int)
    case jump(Int)
    /// Keeps the place as the start or end of a group.
    case keep(Int)
    case end
  }

  /// Which characters a test takes: those below 128 by a table.
  struct Test: Sendable {
    private let low: UInt64
    private let high: UInt64
    private let test: ScalarTest

    init(_ test: ScalarTest) {
      self.test = test
      var (low, high): (UInt64, UInt64) = (0, 0)
      for value in UInt8(0)..<128 where test.contains(Unicode.Scalar(value)) {
        if value < 64 { low |= 1 << UInt64(value) } else { high |= 1 << UInt64(value - 64) }
      }
      (self.low, self.high) = (low, high)
    }

    func contains(_ scalar: Unicode.Scalar) -> Bool {
      let value = scalar.value
      if value < 64 { return low >> UInt64(value) & 1 == 1 }
      if value < 128 { return high >> UInt64(value - 64) & 1 == 1 }
      return test.contains(scalar)
    }
  }

  private(set) var steps: [Step] = []
  private(set) var tests: [Test] = []

  /// Steps of one pattern: a repetition has those of what it repeats as often as it counts.
  static let maximumSteps = 10_000

  init(_ syntax: PatternSyntax) throws(PatternReader.Refusal) {
    try append(.keep(0))
    try append(syntax)
    try append(.keep(1))
    try append(.end)
  }

  private mutating func append(_ step: Step) throws(PatternReader.Refusal) {
    guard steps.count < Self.maximumSteps else {
      throw .unsupported("a pattern of more than \(Self.maximumSteps) steps")
    }
    steps.append(step)
  }

  private mutating func append(_ syntax: PatternSyntax) throws(PatternReader.Refusal) {
    switch syntax {
    case .empty: break
    case .one(let test):
      try append(.one(tests.count))
      tests.append(test)
    case .assertion(let assertion): try append(Step.assertion(assertion))
    case .sequence(let parts): for part in parts { try append(part) }
    case .choice(let branches):
      var ends: [Int] = []
      for branch in branches.dropLast() {
        let split = steps.count
        try append(.split(split + 1, 0))
        try append(branch)
        ends.append(steps.count)
        try append(.jump(0))
        steps[split] = .split(split + 1, steps.count)
      }
      if let last = branches.last { try append(last) }
      for end in ends { steps[end] = .jump(steps.count) }
    case .group(let inner, let number):
      try append(.keep(2 * number))
      try append(inner)
      try append(.keep(2 * number + 1))
    case .repeated(let inner, let least, let most, let isLazy):
      for _ in 0..<least { try append(inner) }
      guard let most else { return try appendLoop(inner, isLazy) }
      var splits: [Int] = []
      for _ in least..<max(least, most) {
        splits.append(steps.count)
        try append(.split(0, 0))
        try append(inner)
      }
      for split in splits { steps[split] = Self.split(into: split + 1, past: steps.count, isLazy) }
    }
  }

  private mutating func appendLoop(_ inner: PatternSyntax, _ isLazy: Bool) throws(PatternReader.Refusal) {
    let split = steps.count
    try append(.split(0, 0))
    try append(inner)
    try append(.jump(split))
    steps[split] = Self.split(into: split + 1, past: steps.count, isLazy)
  }

  private static func split(into start: Int, past end: Int, _ isLazy: Bool) -> Step {
    isLazy ? .split(end, start) : .split(start, end)
  }
}
