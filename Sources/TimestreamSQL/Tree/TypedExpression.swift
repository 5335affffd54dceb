import SQLiteStore

/// An expression whose names are resolved and whose type is known.
struct TypedExpression: Sendable {
  indirect enum Node: Sendable {
    case constant(SQLValue)
    /// A column of SQLite, as it is written there.
    case column(String, Source)
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
    /// SQL with `$0`, `$1`, … where the arguments go. Within TRY what fails becomes null.
    case template(SQLTemplate, [TypedExpression], isTrying: Bool)
    case aggregate(Aggregate)
    case window(Aggregate, TypedWindow)
    case scalar(TypedQuery)
    case exists(TypedQuery)
    case inQuery(TypedExpression, TypedQuery)
    /// Numbers, one step after the other from the left, by operators that are one less than operands.
    case steps(NativeFunction, String, [TypedExpression], isTrying: Bool)
    /// A comparison of a value with what each row of a query gives, which has the name; with all rows or any.
    case quantified(String, TypedExpression, TypedExpression, TypedQuery, String, isAll: Bool)
    /// A value that PrepareQuery is not told.
    case parameter(String)
    /// A value that is worked out once, and what is made of it, in which it is ``held(_:mayBeNaN:)`` under the number.
    case shared(TypedExpression, Int, TypedExpression)
    case held(Int, mayBeNaN: Bool)
  }

  /// Where a column comes from.
  enum Source: Sendable {
    /// A table of the catalog.
    case table
    /// A query or a list in FROM.
    case query
    /// No column of this query: a lambda's parameter, or one that stands for the rows of another.
    case outer
  }

  struct Aggregate: Sendable {
    enum Function: Sendable {
      case sqlite(String)
      case native(NativeAggregate)
    }
    var function: Function
    /// True over a window out of which rows go again, for which an aggregate of our own has another form.
    var losesRows = false
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
    TypedExpression(node: .template(sql, arguments, isTrying: isTrying), type: type)
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
