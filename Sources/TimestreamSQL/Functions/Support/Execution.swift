import CacheSupport

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
  private var budget: QueryBudget?

  /// Bytes that aggregates hold.
  private var heldBytes = 0
  static let heldLimit: Int = 256 << 20

  private var patterns: [ByteText: RegularExpression] = [:]
  private static let keptPatterns = 100
  /// How many patterns were compiled.
  private(set) var compiledPatterns = 0

  private var lists: [Int64: [UInt8]] = [:]
  private var lastList: Int64 = 0

  /// For each TRY that is under way whether something failed in it.
  private var tries: [Bool] = []

  /// Starts a query.
  func begin(_ budget: QueryBudget) {
    self.budget = budget
    (work, nextCheck, heldBytes, lists, tries, patterns) = (0, Self.workBetweenChecks, 0, [:], [], [:])
  }

  /// Ends it: nothing is kept for the next.
  func end() { (budget, lists, tries, patterns) = (nil, [:], [], [:]) }

  // MARK: Budget

  /// Counts work that is about to be done.
  ///
  /// - Throws: where the query is over.
  func spend(_ units: Int) throws(QueryFault) {
    work += units
    guard work >= nextCheck else { return }
    nextCheck = work + Self.workBetweenChecks
    if isOver { throw .interrupted }
  }

  /// True once the time is over or nobody waits any more.
  var isOver: Bool { budget?.isOver ?? false }

  /// Counts bytes that an aggregate keeps, until ``release(_:)`` or the query's end.
  func hold(_ bytes: Int) throws(QueryFault) {
    heldBytes += bytes
    guard heldBytes <= Self.heldLimit else {
      throw QueryFault(message: "the aggregations of the query hold more than \(Self.heldLimit >> 20) MB")
    }
  }

  func release(_ bytes: Int) { heldBytes -= bytes }

  // MARK: Patterns

  /// The compiled form of a pattern, which is compiled once in a query.
  func pattern(_ text: String) throws(QueryFault) -> RegularExpression {
    let name = ByteText(text)
    if let known = patterns[name] { return known }
    compiledPatterns += 1
    let pattern = try RegularExpression(text)
    if patterns.count >= Self.keptPatterns { patterns = [:] }
    patterns[name] = pattern
    return pattern
  }

  // MARK: Lists

  /// Keeps a list under a number, so that a step along it does not copy it.
  func keep(_ list: [UInt8]) -> Int64 {
    lastList += 1
    lists[lastList] = list
    return lastList
  }

  func list(_ number: Int64) -> [UInt8] { lists[number] ?? [] }

  func drop(_ number: Int64) { lists[number] = nil }

  // MARK: TRY

  func beginTry() { tries.append(false) }
  func failTry() { if !tries.isEmpty { tries[tries.count - 1] = true } }
  func endTry() -> Bool { tries.popLast() ?? false }
}
