import SQLiteStore

/// What the functions of one connection share while SQLite runs a query: its budget, compiled patterns, the lists that `reduce` walks
/// along, and what failed within TRY.
///
/// It belongs to the thread that has the connection.
final class Execution {
  /// Units of work since the query began: a value looked at, a step of a loop, 64 bytes copied.
  private(set) var work = 0
  /// Between two looks at the budget: some milliseconds.
  private static let workBetweenChecks = 20_000
  private var nextCheck = Execution.workBetweenChecks
  /// Units of work after which it is over, for those who have no budget.
  private let workLimit: Int
  private var budget: QueryBudget?
  private var looks = 0

  /// Bytes that aggregates and kept lists hold, and what the call under way needs.
  private(set) var heldBytes = 0
  /// The most that was held at one time since the query began.
  private(set) var mostHeldBytes = 0
  private var neededBytes = 0
  /// What the queries' shared memory has given, in portions.
  private var takenBytes = 0
  private static let portion = 1 << 20

  private let patterns = Parsed<RegularExpression>()
  /// Patterns of LIKE, each after a letter for its escape and that.
  let likes = Parsed<[Likeness.Part]>()
  let mysqlFormats = Parsed<DateFormat>()
  let jodaFormats = Parsed<DateFormat>()
  let jsonPaths = Parsed<JSONPath>()
  /// How many patterns were compiled.
  var compiledPatterns: Int { patterns.count }

  private var lists: [Int64: [UInt8]] = [:]
  private var lastList: Int64 = 0

  /// For each TRY that is under way whether something failed in it.
  private var tries: [Bool] = []
  /// For each AND or OR that is under way whether an operand was null.
  private var chains: [Bool] = []
  /// Values that are worked out once and stand in several places, the innermost last.
  private var sharedValues: [SQLValue] = []

  init(workLimit: Int = .max) { self.workLimit = workLimit }

  /// Starts a query.
  func begin(_ budget: QueryBudget) {
    self.budget = budget
    (work, nextCheck) = (0, Self.workBetweenChecks)
    forget()
    (heldBytes, mostHeldBytes, neededBytes) = (0, 0, 0)
  }

  /// Ends it: nothing is kept for the next.
  func end() {
    budget?.memory.give(takenBytes)
    (budget, takenBytes) = (nil, 0)
    forget()
  }

  private func forget() {
    (lists, tries, chains, sharedValues) = ([:], [], [], [])
    patterns.forget()
    likes.forget()
    mysqlFormats.forget()
    jodaFormats.forget()
    jsonPaths.forget()
  }

  // MARK: Budget

  /// Counts work that is about to be done.
  ///
  /// - Throws: where the query is over.
  func spend(_ units: Int) throws(QueryFault) {
    work += units
    guard work >= nextCheck else { return }
    nextCheck = work + Self.workBetweenChecks
    if isOver || work > workLimit { throw .interrupted }
  }

  /// True once the time is over or nobody waits any more.
  var isOver: Bool { budget?.isOver ?? false }

  /// SQLite looks after so many steps, as soon as a loop comes round; each step may take memory for a value.
  static let stepsBetweenLooks: Int32 = 50

  /// Asked by SQLite every ``stepsBetweenLooks``.
  func mayGoOn() -> Bool {
    guard let budget else { return true }
    guard SQLiteHeap.lastUsed <= budget.memory.sqliteLimit else {
      budget.exhaust()
      return false
    }
    looks &+= 1
    return looks % 32 != 0 || !isOver
  }

  // MARK: Memory

  /// Counts bytes that are kept until ``release(_:)`` or the query's end.
  ///
  /// - Throws: where there is no room for them; then they are not counted.
  func hold(_ bytes: Int) throws(QueryFault) {
    guard let budget else { return }
    let (held, overflows) = heldBytes.addingReportingOverflow(bytes)
    guard !overflows, held <= budget.limits.memory else { throw .holdsTooMuch(budget.limits.memory) }
    if held > takenBytes {
      let missing = (held - takenBytes + Self.portion - 1) / Self.portion * Self.portion
      guard budget.memory.take(missing) else { throw .allHoldTooMuch(budget.memory.limit) }
      takenBytes += missing
    }
    heldBytes = held
    mostHeldBytes = max(mostHeldBytes, held)
  }

  func release(_ bytes: Int) {
    heldBytes -= bytes
    // What is not needed for long is there for others.
    let spare = (takenBytes - heldBytes) / Self.portion * Self.portion
    guard spare >= 16 * Self.portion, let budget else { return }
    takenBytes -= spare
    budget.memory.give(spare)
  }

  /// Counts bytes that the call of a function needs until it ends.
  func need(_ bytes: Int) throws(QueryFault) {
    try hold(bytes)
    neededBytes += bytes
  }

  /// Gives back what the call needed.
  func endCall() {
    guard neededBytes > 0 else { return }
    release(neededBytes)
    neededBytes = 0
  }

  // MARK: Patterns

  /// The compiled form of a pattern, which is compiled once in a query.
  func pattern(_ text: String) throws(QueryFault) -> RegularExpression {
    try patterns.form(of: text) { text throws(QueryFault) in
      try spend(text.utf8.count)
      let pattern = try RegularExpression(text)
      try spend(pattern.cost)
      return pattern
    }
  }

  // MARK: Lists

  /// Keeps a list under a number, so that a step along it does not copy it.
  func keep(_ list: [UInt8]) throws(QueryFault) -> Int64 {
    try hold(list.count)
    lastList += 1
    lists[lastList] = list
    return lastList
  }

  func list(_ number: Int64) -> [UInt8] { lists[number] ?? [] }

  func drop(_ number: Int64) { if let list = lists.removeValue(forKey: number) { release(list.count) } }

  // MARK: TRY

  func beginTry() { tries.append(false) }
  func failTry() { if !tries.isEmpty { tries[tries.count - 1] = true } }
  func endTry() -> Bool { tries.popLast() ?? false }

  // MARK: AND and OR

  func beginChain() { chains.append(false) }
  func noteNull() { if !chains.isEmpty { chains[chains.count - 1] = true } }
  func endChain() -> Bool { chains.popLast() ?? false }

  // MARK: Values that are shared

  func share(_ value: SQLValue) throws(QueryFault) {
    try hold(value.size)
    sharedValues.append(value)
  }

  /// - Parameter depth: how many were shared after it and are not ended.
  func held(_ depth: Int) -> SQLValue {
    let place = sharedValues.count - 1 - depth
    return sharedValues.indices.contains(place) ? sharedValues[place] : .null
  }

  func endShare() { if let value = sharedValues.popLast() { release(value.size) } }
}
