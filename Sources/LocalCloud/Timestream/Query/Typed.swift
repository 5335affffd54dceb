/// An expression whose names are resolved and whose type is known.
struct TypedExpression: Sendable {
  indirect enum Node: Sendable {
    case constant(SQLValue)
    /// A column of SQLite, as it is written there; one of a query further out is no column of this one.
    case column(String, isOuter: Bool)
    /// An operator with one or two sides, in SQLite's spelling.
    case prefix(String, TypedExpression)
    case infix(String, TypedExpression, TypedExpression)
    case chain(String, [TypedExpression])
    case between(TypedExpression, TypedExpression, TypedExpression)
    case isIn(TypedExpression, [TypedExpression])
    case like(TypedExpression, TypedExpression, escape: TypedExpression?)
    case isNull(TypedExpression)
    case cases([(when: TypedExpression, then: TypedExpression)], otherwise: TypedExpression?)
    /// SQL with `$0`, `$1`, … where the arguments go.
    case template(String, [TypedExpression])
    case aggregate(Aggregate)
    case window(Aggregate, TypedWindow)
    case scalar(TypedQuery)
    case exists(TypedQuery)
    case inQuery(TypedExpression, TypedQuery)
    /// Whole numbers, one step after the other from the left: the SQLite function and the operators, one less than operands.
    case steps(String, String, [TypedExpression])
    /// A comparison of a value with what each row of a query gives, which has the name; with all rows or any.
    case quantified(String, TypedExpression, TypedExpression, TypedQuery, String, isAll: Bool)
    /// A value that PrepareQuery is not told.
    case parameter(String)
  }

  struct Aggregate: Sendable {
    /// SQLite's name.
    var name: String
    /// None is `*`.
    var arguments: [TypedExpression]
    var isStar = false
    var isDistinct = false
    var filter: TypedExpression?
  }

  var node: Node
  var type: TimestreamType

  static func constant(_ value: SQLValue, _ type: TimestreamType) -> TypedExpression {
    TypedExpression(node: .constant(value), type: type)
  }

  static func template(_ sql: String, _ arguments: [TypedExpression], _ type: TimestreamType) -> TypedExpression {
    TypedExpression(node: .template(sql, arguments), type: type)
  }
}

struct TypedWindow: Sendable {
  enum Bound: Sendable {
    case fixed(String)
    case offset(TypedExpression, String)
  }
  var partition: [TypedExpression]
  var ordering: [TypedOrder]
  var frame: (unit: String, start: Bound, end: Bound)?
}

struct TypedOrder: Sendable {
  enum Key: Sendable {
    /// A column of the output, from 0.
    case output(Int)
    case expression(TypedExpression)
  }
  var key: Key
  var isAscending: Bool
  var nullsFirst: Bool
}

struct TypedOutput: Sendable {
  struct Origin: Sendable {
    var database: String
    var table: String
  }
  var name: String
  var type: TimestreamType
  /// The table whose column it is; nil for what is worked out.
  var origin: Origin?
  var isAliased = false
}

/// What a relation in FROM is for SQLite.
indirect enum TypedRelation: Sendable {
  /// A table of Timestream: its series `sN` and its rows `rN`, from an instant on (nanoseconds), for what is older is gone.
  case table(TimestreamStore.Table, Int, since: Int64)
  /// A query, as `qN`.
  case query(TypedQuery, Int)
  /// A common table, as `qN`.
  case common(Int, Int)
  /// The items of a list, as `qN`, one row each.
  case unnest(TypedExpression, Int)
  case join(Join.Kind, TypedRelation, TypedRelation, TypedExpression?)
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

/// A query, checked: its columns are `c0`, `c1`, … for whatever is around it.
struct TypedQuery: Sendable {
  /// Number and query.
  var with: [(number: Int, query: TypedQuery)]
  var body: TypedBody
  var outputs: [TypedOutput]
  /// Where values must become another type on their way out.
  var widened: [Int: TimestreamType] = [:]
  var ordering: [TypedOrder]
  var limit: Int64?
}
