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
    case intervalMonths(Int64)
    case timestamp(String)
    case date(String)
    case time(String)
    case column(qualifier: [String], name: String)
    case unary(String, Expression)
    case binary(String, Expression, Expression)
    /// AND, OR or || between two or more: a long list is no deep tree.
    case chain(String, [Expression])
    case between(Expression, Expression, Expression, isNegated: Bool)
    case inList(Expression, [Expression], isNegated: Bool)
    case inQuery(Expression, QueryExpression, isNegated: Bool)
    case like(Expression, Expression, escape: Expression?, isNegated: Bool)
    case isNull(Expression, isNegated: Bool)
    case isDistinct(Expression, Expression, isNegated: Bool)
    case cases(operand: Expression?, [(when: Expression, then: Expression)], otherwise: Expression?)
    case cast(Expression, type: TimestreamType, isTry: Bool)
    case extract(field: String, Expression)
    case call(Call)
    case exists(QueryExpression)
    /// `value < ALL (SELECT …)`, `ANY`, `SOME`
    case quantified(String, Expression, QueryExpression, isAll: Bool)
    /// A query that gives one value.
    case scalar(QueryExpression)
    /// `@name`
    case parameter(String)
    case array([Expression])
    case row([Expression])
    /// `array[1]`
    case subscripted(Expression, Expression)
    /// `row.name`
    case field(Expression, String)
    /// `(x, y) -> …`, an argument of a function alone.
    case lambda([String], Expression)
  }

  struct Call: Sendable {
    var name: String
    var arguments: [Expression]
    /// `count(*)`
    var isStar = false
    var isDistinct = false
    var filter: Expression?
    var ignoresNulls = false
    /// `array_agg(x ORDER BY …)`
    var ordering: [Ordering] = []
    var window: Window?
  }

  let kind: Kind
  let position: Position
  /// Tells the nodes of one query apart.
  let number: Int
  /// How deep the tree below is, with the queries in it: what walks it does so on the stack.
  let depth: Int

  init(kind: Kind, position: Position, number: Int) {
    self.kind = kind
    self.position = position
    self.number = number
    depth = 1 + max(kind.children.reduce(0) { max($0, $1.depth) }, kind.query?.depth ?? 0)
  }

  var children: [Expression] { kind.children }
}

extension Expression.Kind {
  /// The query within, where there is one.
  var query: QueryExpression? {
    switch self {
    case .exists(let query), .scalar(let query), .inQuery(_, let query, _), .quantified(_, _, let query, _): query
    default: nil
    }
  }

  /// The expressions of which it is made; those of a query within are the query's own.
  var children: [Expression] {
    switch self {
    case .null, .boolean, .integer, .decimal, .string, .interval, .intervalMonths, .timestamp, .date, .time, .column,
      .exists, .scalar, .parameter:
      []
    case .unary(_, let operand), .isNull(let operand, _), .cast(let operand, _, _), .extract(_, let operand),
      .inQuery(let operand, _, _), .field(let operand, _), .lambda(_, let operand),
      .quantified(_, let operand, _, _):
      [operand]
    case .binary(_, let left, let right), .isDistinct(let left, let right, _), .subscripted(let left, let right):
      [left, right]
    case .chain(_, let operands), .array(let operands), .row(let operands): operands
    case .between(let value, let low, let high, _): [value, low, high]
    case .inList(let value, let options, _): [value] + options
    case .like(let value, let pattern, let escape, _): [value, pattern] + (escape.map { [$0] } ?? [])
    case .cases(let operand, let branches, let otherwise):
      (operand.map { [$0] } ?? []) + branches.flatMap { [$0.when, $0.then] } + (otherwise.map { [$0] } ?? [])
    case .call(let call):
      call.arguments + call.ordering.map(\.expression) + (call.filter.map { [$0] } ?? [])
        + (call.window?.expressions ?? [])
    }
  }
}

/// What stands behind OVER.
struct Window: Sendable {
  enum Bound: Sendable {
    case unboundedPreceding, currentRow, unboundedFollowing
    case preceding(Expression)
    case following(Expression)

    var offset: Expression? {
      switch self {
      case .preceding(let offset), .following(let offset): offset
      default: nil
      }
    }
  }
  struct Frame: Sendable {
    /// `ROWS` or `RANGE`
    var unit: String
    var start: Bound
    var end: Bound
  }
  var partition: [Expression]
  var ordering: [Ordering]
  var frame: Frame?

  var expressions: [Expression] {
    partition + ordering.map(\.expression) + [frame?.start.offset, frame?.end.offset].compactMap(\.self)
  }
}
