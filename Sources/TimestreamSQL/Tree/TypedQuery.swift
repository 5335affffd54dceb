/// What a relation in FROM is for SQLite.
indirect enum TypedRelation: Sendable {
  /// A table of the catalog: its rows as `rN`, and its series as `sN` where they have a table of their own.
  case table(QueryTable, Int)
  /// A query, as `qN`.
  case query(TypedQuery, Int)
  /// A common table, as `qN`.
  case common(Int, Int)
  /// The items of a list, as `qN`, one row each.
  case unnest(TypedExpression, Int)
  case join(Join.Kind, TypedRelation, TypedRelation, TypedExpression?)
}

extension TypedRelation {
  /// What is known of all expressions in it.
  var traits: TypedTraits {
    switch self {
    case .table, .common: []
    case .query(let query, _): query.traits
    case .unnest(let list, _): list.traits
    case .join(_, let left, let right, let condition):
      left.traits.union(right.traits).union(condition?.traits ?? [])
    }
  }
}

struct TypedSelect: Sendable {
  var isDistinct: Bool
  var outputs: [TypedExpression]
  var from: TypedRelation?
  var condition: TypedExpression?
  var grouping: [TypedExpression]
  var having: TypedExpression?
}

indirect enum TypedBody: Sendable {
  case select(TypedSelect)
  case values([[TypedExpression]])
  case set(String, TypedQuery, TypedQuery)
  case nested(TypedQuery)
}

/// A query, bound: its columns are `c0`, `c1`, … for whatever is around it.
struct TypedQuery: Sendable {
  /// Tells it apart from all others of the text.
  var number: Int
  /// Number and query.
  var with: [(number: Int, query: TypedQuery)]
  var body: TypedBody
  var outputs: [QueryColumn]
  /// Where values must become another type on their way out.
  var widened: [Int: TimestreamType] = [:]
  var ordering: [TypedOrder]
  var limit: Int64?
  /// What is known of all its expressions.
  var traits: TypedTraits
}
