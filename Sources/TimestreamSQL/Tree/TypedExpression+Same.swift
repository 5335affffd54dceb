import SQLiteStore

/// When two expressions are the same: by structure, and whatever their type is called. Queries are the same where they are one.
extension TypedExpression {
  /// Compares the nodes themselves, and their children by digests: 64 bits with a secret of this process each, which nobody can aim at.
  /// Walking down would take exponential time where a part stands in many places, as the operand of a CASE does.
  func isSame(as other: TypedExpression) -> Bool {
    digest == other.digest && node.shape == other.node.shape && node.childDigests == other.node.childDigests
  }
}

extension TypedExpression.Node {
  var digest: Int {
    var hasher = Hasher()
    shape.hash(into: &hasher)
    forEachChild { hasher.combine($0.digest) }
    return hasher.finalize()
  }

  fileprivate var childDigests: [Int] {
    var digests: [Int] = []
    forEachChild { digests.append($0.digest) }
    return digests
  }

  /// All that a node is but for its children.
  fileprivate var shape: [SQLValue] {
    switch self {
    case .constant(let value): [.text("?"), value]
    case .column(let name, _): [.text("column"), .text(name)]
    case .outer: [.text("outer")]
    case .prefix(let symbol, _): [.text("prefix"), .text(symbol)]
    case .infix(let symbol, _, _): [.text("infix"), .text(symbol)]
    case .chain(let symbol, _): [.text("chain"), .text(symbol)]
    case .between: [.text("between")]
    case .isIn: [.text("in")]
    case .like(_, _, let escape): [.text("like"), .integer(escape == nil ? 0 : 1)]
    case .isNull: [.text("null")]
    case .cases(let branches, let otherwise):
      [.text("cases"), .integer(Int64(branches.count)), .integer(otherwise == nil ? 0 : 1)]
    case .template(let sql, _, let isTrying): [.text("template"), .text(sql.text), .integer(isTrying ? 1 : 0)]
    case .steps(let function, let symbols, _, let isTrying):
      [.text("steps"), .text(function.name), .text(symbols), .integer(isTrying ? 1 : 0)]
    case .shared(_, let number, _): [.text("shared"), .integer(Int64(number))]
    case .held(let number, _): [.text("held"), .integer(Int64(number))]
    case .aggregate(let aggregate): [.text("aggregate")] + aggregate.shape
    case .window(let aggregate, let window): [.text("window")] + aggregate.shape + window.shape
    case .scalar(let query): [.text("scalar"), .integer(Int64(query.number))]
    case .exists(let query): [.text("exists"), .integer(Int64(query.number))]
    case .inQuery(_, let query): [.text("inQuery"), .integer(Int64(query.number))]
    case .quantified(let symbol, _, _, let query, _, let isAll):
      [.text("quantified"), .text(symbol), .integer(Int64(query.number)), .integer(isAll ? 1 : 0)]
    case .parameter(let name): [.text("parameter"), .text(name)]
    }
  }
}

extension TypedExpression.Aggregate {
  fileprivate var shape: [SQLValue] {
    let name: [SQLValue] =
      switch function {
      case .sqlite(let name): [.text(name)]
      case .native(let native): [.text(native.name), .integer(losesRows ? 1 : 0)]
      }
    return name + [.integer(isStar ? 1 : 0), .integer(isDistinct ? 1 : 0), .integer(filter == nil ? 0 : 1)]
  }
}

extension TypedWindow {
  fileprivate var shape: [SQLValue] {
    var shape: [SQLValue] = [.integer(Int64(partition.count))]
    for order in ordering {
      shape += [.integer(order.isAscending ? 1 : 0), .integer(order.nullsFirst ? 1 : 0)]
      if case .output(let index) = order.key { shape.append(.integer(Int64(index))) }
    }
    guard let frame else { return shape }
    return shape + [.text(frame.unit), frame.start.shape, frame.end.shape]
  }
}

extension TypedWindow.Bound {
  fileprivate var shape: SQLValue {
    switch self {
    case .fixed(let words), .offset(_, let words): .text(words)
    }
  }
}

/// Expressions, each with a place, looked up by what they are.
struct ExpressionIndex {
  private var places: [Int: [(expression: TypedExpression, place: Int)]] = [:]

  init() {}

  init(_ expressions: some Sequence<TypedExpression>) {
    for (place, expression) in expressions.enumerated() { insert(expression, at: place) }
  }

  /// What is there already keeps its place.
  mutating func insert(_ expression: TypedExpression, at place: Int = 0) {
    guard self[expression] == nil else { return }
    places[expression.digest, default: []].append((expression, place))
  }

  /// The place of an expression that is the same; nil where none is.
  subscript(expression: TypedExpression) -> Int? {
    places[expression.digest]?.first { $0.expression.isSame(as: expression) }?.place
  }

  func contains(_ expression: TypedExpression) -> Bool { self[expression] != nil }
}
