import CacheSupport
import SQLiteStore

/// What binding a whole query shares.
final class BindingContext {
  /// Nanoseconds; one instant for the whole query.
  let now: Int64
  let budget: QueryBudget
  private let catalog: any QueryCatalog
  /// By name; nil where they come later.
  private let given: [ByteText: (value: SQLValue, type: TimestreamType)]?
  private var lastNumber = -1
  private var lastQuery = -1
  /// The names of parameters without a value, in the order of their first appearance.
  private(set) var openParameters: [String] = []
  private var open: Set<ByteText> = []

  init(now: Int64, parameters: QueryPlan.Parameters, catalog: any QueryCatalog, budget: QueryBudget) {
    self.now = now
    given =
      switch parameters {
      case .values(let values): Dictionary(values.map { (ByteText($0), $1) }) { first, _ in first }
      case .open: nil
      }
    self.catalog = catalog
    self.budget = budget
  }

  func table(_ name: TableName) throws(QueryError) -> QueryTable {
    guard let database = name.database else {
      throw QueryError("Database must be specified when session database is not set", at: name.position)
    }
    let found = try QueryError.reading { () throws(DatabaseError) in try catalog.table(name.table, of: database) }
    if let found { return found }
    guard try QueryError.reading({ () throws(DatabaseError) in try catalog.tables(of: database) }) != nil else {
      // The service names the place of the identifier itself here, and puts no `line` before.
      throw QueryError(
        "Requested database '\(database)' not found for identifier '\(database).\(name.table)' at line \(name.position.line):\(name.position.column)",
        at: nil)
    }
    throw QueryError("Table '\(database).\(name.table)' does not exist", at: name.position)
  }

  /// The types of a query's columns may be as large as this: parts, and parts within each other.
  static let maximumTypeSize: Int = 1000
  static let maximumTypeDepth: Int = 100

  func check(_ outputs: [QueryColumn], _ position: Position) throws(QueryError) {
    try budget.spend(outputs.count)
    for output in outputs where output.type.isList {
      let size = output.type.size
      try budget.spend(size)
      guard size <= Self.maximumTypeSize, output.type.depth <= Self.maximumTypeDepth else {
        throw QueryError("the type of the column '\(output.name)' has too many parts", at: position)
      }
    }
  }

  func parameter(_ name: String, _ position: Position) throws(QueryError) -> TypedExpression {
    let key = ByteText(name)
    guard let given else {
      if open.insert(key).inserted { openParameters.append(name) }
      return TypedExpression(node: .parameter(name), type: .unknown)
    }
    guard let value = given[key] else {
      throw QueryError("The query parameter '@\(name)' has no value", at: position)
    }
    return .constant(value.value, value.type)
  }

  /// How often SQLite will write out common tables: each use is a copy, and with it those that it uses.
  private(set) var expansions = 0
  static let maximumExpansions: Int = 20_000

  func expand(_ weight: Int, _ position: Position) throws(QueryError) {
    expansions += weight
    guard expansions <= Self.maximumExpansions else {
      throw QueryError("the common tables use each other more than \(Self.maximumExpansions) times", at: position)
    }
  }

  /// A number that no other query has.
  func queryNumber() -> Int {
    lastQuery += 1
    return lastQuery
  }

  /// A number that no other relation has.
  func number() -> Int {
    lastNumber += 1
    return lastNumber
  }

  // MARK: What is bound

  /// A node of the text is bound once in each scope, and once more within TRY.
  private struct Place: Hashable {
    let node: Int
    let scope: Scope?
    let isTrying: Bool

    static func == (one: Self, other: Self) -> Bool {
      one.node == other.node && one.scope === other.scope && one.isTrying == other.isTrying
    }

    func hash(into hasher: inout Hasher) {
      hasher.combine(node)
      hasher.combine(isTrying)
      if let scope { hasher.combine(ObjectIdentifier(scope)) }
    }
  }
  private var expressions: [Place: TypedExpression] = [:]
  private var queries: [Place: TypedQuery] = [:]

  /// The expression as it was bound before, or as a body binds it.
  func once(
    _ expression: Expression, in scope: Scope, isTrying: Bool, _ body: () throws(QueryError) -> TypedExpression
  ) throws(QueryError) -> TypedExpression {
    let place = Place(node: expression.number, scope: scope, isTrying: isTrying)
    if let bound = expressions[place] { return bound }
    try budget.spend()
    let bound = try body()
    // What compares types walks through them.
    if bound.type.isList { try budget.spend(bound.type.size) }
    expressions[place] = bound
    return bound
  }

  /// The query within an expression as it was bound before, or as a body binds it.
  func once(
    _ query: QueryExpression, in scope: Scope, _ body: () throws(QueryError) -> TypedQuery
  ) throws(QueryError) -> TypedQuery {
    let place = Place(node: query.number, scope: scope, isTrying: false)
    if let bound = queries[place] { return bound }
    let bound = try body()
    queries[place] = bound
    return bound
  }
}
