/// A pattern as steps for a machine that follows all its ways at once.
struct PatternProgram: Sendable {
  enum Step: Sendable {
    /// One character, and on to the next step.
    case one(Int)
    case assertion(PatternAssertion)
    /// Two ways, the first preferred.
    case split(Int, Int)
    case jump(Int)
    /// An iteration begins of the loop that lies so deep within others.
    case begin(Int)
    /// Where such an iteration has taken no character, the loop ends with it.
    case leaveIfEmpty(Int, Int)
    /// Keeps the place as the start or end of a group.
    case keep(Int)
    case end
  }

  /// Which characters a test takes: those below 128 by a table.
  struct Test: Sendable {
    private let low: UInt64
    private let high: UInt64
    private let test: ScalarTest
    private let cost: Int

    init(_ test: ScalarTest) {
      self.test = test
      cost = test.cost
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

    /// Units of work that ``contains(_:)`` takes.
    func cost(of scalar: Unicode.Scalar) -> Int { scalar.value < 128 ? 1 : cost }
  }

  private(set) var steps: [Step] = []
  private(set) var tests: [Test] = []
  /// How deep loops are nested whose iterations may be empty.
  private(set) var loopDepth = 0
  private var openLoops = 0

  /// Steps of one pattern: a repetition has those of what it repeats as often as it counts.
  static let maximumSteps = 10_000

  init(_ syntax: PatternSyntax) throws(PatternReader.Refusal) {
    try append(.keep(0))
    try append(syntax)
    try append(.keep(1))
    try append(.end)
    guard steps.count * (loopDepth + 1) <= 10 * Self.maximumSteps else {
      throw .unsupported("loops that may be empty nested so deep in each other")
    }
  }

  /// Units of work that it took to make.
  var cost: Int { steps.count + tests.reduce(0) { $0 + 16 * $1.cost(of: "\u{80}") } }

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
      try appendLoop(inner, least: least, most: most, isLazy)
    }
  }

  /// `x{2,4}` is `xx(x(x)?)?`, and `x{2,}` is `xx` and a way back to the last; `x*` is `(x+)?`.
  ///
  /// Where an iteration may be empty and more follow, one that is ends the loop, as Java has it: it counts for all that are missing.
  private mutating func appendLoop(
    _ inner: PatternSyntax, least: Int, most: Int?, _ isLazy: Bool
  ) throws(PatternReader.Refusal) {
    let checksEmpty = most ?? 2 > 1 && inner.canBeEmpty
    let depth = openLoops
    if checksEmpty {
      openLoops += 1
      loopDepth = max(loopDepth, openLoops)
    }
    defer { openLoops = depth }
    /// What leads past the loop, once it is known where that is.
    var exits: [(step: Int, made: @Sendable (Int) -> Step)] = []
    func iteration() throws(PatternReader.Refusal) {
      if checksEmpty { try append(.begin(depth)) }
      try append(inner)
      guard checksEmpty else { return }
      exits.append((steps.count, { .leaveIfEmpty(depth, $0) }))
      try append(.leaveIfEmpty(depth, 0))
    }
    func choice(into start: Int) throws(PatternReader.Refusal) {
      exits.append((steps.count, { isLazy ? .split($0, start) : .split(start, $0) }))
      try append(.split(0, 0))
    }
    for _ in 0..<(most == nil ? max(0, least - 1) : least) { try iteration() }
    if let most {
      for _ in least..<max(least, most) {
        try choice(into: steps.count + 1)
        try iteration()
      }
    } else {
      if least == 0 { try choice(into: steps.count + 1) }
      let start = steps.count
      try iteration()
      try choice(into: start)
    }
    for exit in exits { steps[exit.step] = exit.made(steps.count) }
  }
}
