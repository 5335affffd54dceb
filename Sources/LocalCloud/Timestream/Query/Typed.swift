/// An expression whose names are resolved and whose type is known.
struct TypedExpression: Sendable {
  indirect enum Node: Sendable {
    case constant(SQLValue)
    /// A column of SQLite, as it is written there.
    case column(String)
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
    case aggregate(String, TypedExpression?, isDistinct: Bool, filter: TypedExpression?)
  }

  var node: Node
  var type: TimestreamType

  static func constant(_ value: SQLValue, _ type: TimestreamType) -> TypedExpression {
    TypedExpression(node: .constant(value), type: type)
  }
}

/// A SELECT, checked: what the compiler needs and nothing else.
struct TypedSelect: Sendable {
  struct Output: Sendable {
    var name: String
    var expression: TypedExpression
  }
  struct Order: Sendable {
    enum Key: Sendable {
      /// A column of the output, from 0.
      case output(Int)
      case expression(TypedExpression)
    }
    var key: Key
    var isAscending: Bool
    var nullsFirst: Bool
  }

  var isDistinct: Bool
  var outputs: [Output]
  var table: TimestreamStore.Table?
  var condition: TypedExpression?
  var grouping: [TypedExpression]
  var ordering: [Order]
  var limit: Int64?
}
