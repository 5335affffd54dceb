/// What SELECT gives: an expression, or all columns.
struct SelectItem: Sendable {
  enum Kind: Sendable {
    case all(qualifier: [String])
    case expression(Expression, alias: String?)
  }
  var kind: Kind
  var position: Position
}

struct TableName: Sendable {
  var database: String?
  var table: String
  var position: Position
}

/// A name for a relation, and for its columns where they get new ones.
struct Alias: Sendable {
  var name: String
  var columns: [String]
}

indirect enum Relation: Sendable {
  case table(TableName, Alias?)
  case query(QueryExpression, Alias?, Position)
  case unnest(Unnest)
  case join(Join)
}

/// The items of lists as rows, side by side.
struct Unnest: Sendable {
  var lists: [Expression]
  var hasOrdinality: Bool
  var alias: Alias?
  var position: Position
}

struct Join: Sendable {
  enum Kind: String, Sendable { case inner = "INNER", left = "LEFT", right = "RIGHT", full = "FULL", cross = "CROSS" }
  enum Criterion: Sendable {
    case on(Expression)
    case using([String])
  }
  var kind: Kind
  var left: Relation
  var right: Relation
  var criterion: Criterion?
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
  var from: Relation?
  var condition: Expression?
  var grouping: [Expression]
  var having: Expression?
  var position: Position
}

indirect enum QueryBody: Sendable {
  case select(Select)
  case values([[Expression]], Position)
  /// `UNION`, `INTERSECT`, `EXCEPT`
  case set(String, isDistinct: Bool, QueryBody, QueryBody, Position)
  case nested(QueryExpression)
}

struct CommonTable: Sendable {
  var alias: Alias
  var query: QueryExpression
  var position: Position
}

/// A whole query: common tables, a body, its order and limit.
struct QueryExpression: Sendable {
  var with: [CommonTable]
  var body: QueryBody
  var ordering: [Ordering]
  var limit: Int64?
  var position: Position
  /// Tells the nodes of one query apart.
  let number: Int
  /// How deep the tree below is, with all expressions and queries in it.
  var depth = 1
}

enum Query: Sendable {
  case query(QueryExpression)
  case showDatabases(like: String?)
  case showTables(database: String, like: String?, Position)
  case showMeasures(TableName, like: String?)
  case describe(TableName)
}
