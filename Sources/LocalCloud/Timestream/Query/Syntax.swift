/// An expression as it was written, each with its place.
struct Expression: Sendable {
  indirect enum Kind: Sendable {
    case null
    case boolean(Bool)
    case integer(String)
    case decimal(String)
    case string(String)
    /// Nanoseconds.
    case interval(Int64)
    case timestamp(String)
    case column(qualifier: String?, name: String)
    case unary(String, Expression)
    case binary(String, Expression, Expression)
    /// AND, OR or || between two or more: a long list is no deep tree.
    case chain(String, [Expression])
    case between(Expression, Expression, Expression, isNegated: Bool)
    case inList(Expression, [Expression], isNegated: Bool)
    case like(Expression, Expression, escape: Expression?, isNegated: Bool)
    case isNull(Expression, isNegated: Bool)
    case cases(operand: Expression?, [(when: Expression, then: Expression)], otherwise: Expression?)
    case cast(Expression, type: String, isTry: Bool)
    case call(name: String, [Expression], isDistinct: Bool, filter: Expression?)
    /// `count(*)`
    case countAll(filter: Expression?)
  }

  let kind: Kind
  let position: Position
  /// How deep the tree below is: what walks it does so on the stack.
  let depth: Int

  static let maximumDepth: Int = 200

  /// - Throws: where the tree would be deeper than is safe to walk.
  init(kind: Kind, position: Position) throws(QueryError) {
    self.kind = kind
    self.position = position
    depth = 1 + (kind.children.map(\.depth).max() ?? 0)
    guard depth <= Self.maximumDepth else {
      throw QueryError("the expression is nested deeper than \(Self.maximumDepth)", at: position)
    }
  }
}

struct SelectItem: Sendable {
  enum Kind: Sendable {
    case all(qualifier: String?)
    case expression(Expression, alias: String?)
  }
  var kind: Kind
  var position: Position
}

struct TableName: Sendable {
  var database: String?
  var table: String
  var alias: String?
  var position: Position
}

struct Ordering: Sendable {
  var expression: Expression
  var isAscending: Bool
  /// Nil is last, whatever the direction.
  var nullsFirst: Bool?
}

struct Select: Sendable {
  var isDistinct: Bool
  var items: [SelectItem]
  var from: TableName?
  var condition: Expression?
  var grouping: [Expression]
  var ordering: [Ordering]
  var limit: Int64?
}

enum Query: Sendable {
  case select(Select)
  case showDatabases
  case showTables(database: String, Position)
  case describe(TableName)
}
