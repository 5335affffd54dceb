import SQLiteStore

/// An expression whose names are resolved and whose type is known.
struct TypedExpression: Sendable {
  indirect enum Node: Sendable {
    case constant(SQLValue)
    /// A column of SQLite, as it is written there; what a lambda's parameter stands for is no column of this query.
    case column(String, isOuter: Bool)
    /// A column of a query further out: what it is there.
    case outer(TypedExpression)
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

  let node: Node
  let type: TimestreamType
  /// What is known of the whole of it, so that nobody walks through it to find out.
  let traits: TypedTraits
  /// The same where ``isSame(as:)``.
  let digest: Int

  init(node: Node, type: TimestreamType) {
    self.node = node
    self.type = type
    traits = TypedTraits(of: node, type)
    digest = node.digest
  }

  static func constant(_ value: SQLValue, _ type: TimestreamType) -> TypedExpression {
    TypedExpression(node: .constant(value), type: type)
  }

  /// - Parameter isTrying: within TRY what fails becomes null.
  static func template(
    _ sql: SQLTemplate, _ arguments: [TypedExpression], _ type: TimestreamType, isTrying: Bool = false
  ) -> TypedExpression {
    TypedExpression(node: .template(sql.sql(isTrying: isTrying), arguments), type: type)
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
