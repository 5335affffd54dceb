import Synchronization

/// What one query may cost: the work of reading, binding, compiling and running it, how deep it is nested, its memory and its time.
///
/// One budget goes with a query from its text to its last row. Parser, binder and compiler spend from it; while SQLite runs, it is asked
/// every few thousand steps whether the query is over. Any thread may cancel.
public final class QueryBudget: Sendable {
  /// The bounds of a budget; the defaults leave room for every query of Timestream's 256 KiB that is no attack.
  public struct Limits: Sendable {
    /// Nodes of the trees, counted each time that one is made or visited.
    public var nodes: Int
    /// How deep expressions and queries are nested in each other, all together. What walks the trees does so on the stack: ``stack``
    /// holds the default.
    public var depth: Int
    /// Bytes of SQL that are written for SQLite.
    public var bytes: Int
    /// Different constants that are bound one by one, not as a list: SQLite compares each with all others.
    public var constants: Int
    /// From the making of the budget to the last row.
    public var time: Duration
    /// Bytes that functions and aggregates hold at one time.
    public var memory: Int
    /// Bytes of the texts and lists of one row of the result. A row of Timestream's is at most a page of JSON, which is longer.
    public var row: Int

    /// Bounds of your own.
    public init(
      nodes: Int = 1_000_000, depth: Int = 200, bytes: Int = 8 << 20, constants: Int = 10_000,
      time: Duration = .seconds(60), memory: Int = 256 << 20, row: Int = 1_000_000
    ) {
      self.nodes = nodes
      self.depth = depth
      self.bytes = bytes
      self.constants = constants
      self.time = time
      self.memory = memory
      self.row = row
    }
  }

  /// The stack that a thread needs to compile and run queries of the default depth, bytes.
  public static let stack: Int = 16 << 20

  /// The bounds.
  public let limits: Limits
  /// What the query shares with others.
  public let memory: QueryMemory
  private let spentNodes = Atomic(0)
  private let spentBytes = Atomic(0)
  private let isCancelled = Atomic(false)
  private let isExhausted = Atomic(false)
  private let deadline: ContinuousClock.Instant
  /// How many nodes there are between two looks at the clock.
  private static let interval = 1024

  /// A budget whose time begins.
  ///
  /// - Parameters:
  ///   - limits: the bounds of this query.
  ///   - memory: that of all queries that run together.
  public init(_ limits: Limits = Limits(), memory: QueryMemory = .shared) {
    self.limits = limits
    self.memory = memory
    deadline = .now + limits.time
  }

  /// The nodes that were made or visited.
  public var nodes: Int { spentNodes.load(ordering: .relaxed) }

  /// The bytes of SQL that were written.
  public var bytes: Int { spentBytes.load(ordering: .relaxed) }

  /// Ends the query at its next step; from any thread, any number of times.
  public func cancel() { isCancelled.store(true, ordering: .relaxed) }

  /// Notes that the query ends because SQLite takes too much memory.
  func exhaust() { isExhausted.store(true, ordering: .relaxed) }

  /// Spends on nodes.
  ///
  /// - Throws: ``QueryError`` where they are more than the limit, the time is over, or the query was cancelled.
  public func spend(_ count: Int = 1) throws(QueryError) {
    let spent = spentNodes.wrappingAdd(count, ordering: .relaxed).newValue
    guard spent <= limits.nodes else {
      throw QueryError("the query is too large: it takes more than \(limits.nodes) steps to understand", at: nil)
    }
    if spent % Self.interval < count { try check() }
  }

  /// Spends on bytes of SQL.
  ///
  /// - Throws: ``QueryError`` where they are more than the limit.
  public func spend(bytes count: Int) throws(QueryError) {
    guard spentBytes.wrappingAdd(count, ordering: .relaxed).newValue <= limits.bytes else {
      throw QueryError("the query is too large: it becomes more than \(limits.bytes) bytes of SQL", at: nil)
    }
  }

  /// Looks at the clock, and whether the query was cancelled.
  ///
  /// - Throws: ``QueryError`` of the kind ``QueryError/Kind/failed`` where it is over.
  public func check() throws(QueryError) { if let fault { throw fault } }

  /// True once the time is over or the query was cancelled.
  public var isOver: Bool { isCancelled.load(ordering: .relaxed) || ContinuousClock.now > deadline }

  /// Why the query is over; nil while it is not.
  var fault: QueryError? {
    if isCancelled.load(ordering: .relaxed) { return .failed("the query was cancelled") }
    if isExhausted.load(ordering: .relaxed) { return .outOfMemory }
    if ContinuousClock.now > deadline {
      return .failed("the query took longer than its time limit and was cancelled")
    }
    return nil
  }
}
