/// What is known of an expression and all within, worked out once from its parts.
struct TypedTraits: OptionSet, Sendable {
  var rawValue: UInt8

  /// A column of the query to which it belongs, or of one within.
  static let ownColumn = TypedTraits(rawValue: 1)
  /// A column of a query further out, or a lambda's parameter.
  static let outerColumn = TypedTraits(rawValue: 2)
  /// The value may be a NaN; without it, it certainly is none.
  static let mayBeNaN = TypedTraits(rawValue: 4)
  /// A parameter without a value.
  static let parameter = TypedTraits(rawValue: 8)

  private static let inherited: TypedTraits = [.ownColumn, .outerColumn, .parameter]

  init(rawValue: UInt8) { self.rawValue = rawValue }

  init(of node: TypedExpression.Node, _ type: TimestreamType) {
    self = []
    node.forEachChild { formUnion($0.traits.intersection(Self.inherited)) }
    switch node {
    // What stands for the rows of its query is no column of any.
    case .quantified(_, let value, _, let query, _, _):
      self = value.traits.union(query.traits).intersection(Self.inherited)
    case .column(_, let isOuter): insert(isOuter ? .outerColumn : .ownColumn)
    case .outer: self = .outerColumn
    case .parameter: insert(.parameter)
    default: if let query = node.query { formUnion(query.traits.intersection(Self.inherited)) }
    }
    if type == .double, Self.mayBeNaN(node) { insert(.mayBeNaN) }
  }

  private static func mayBeNaN(_ node: TypedExpression.Node) -> Bool {
    switch node {
    case .constant, .parameter: false
    // `rN` is a table; what comes out of a query or a list may have been worked out.
    case .column(let name, _): !name.hasPrefix("r")
    case .outer(let column): column.mayBeNaN
    case .template(let sql, let arguments): sql.contains("ts_") || arguments.contains(where: \.mayBeNaN)
    case .prefix(_, let operand): operand.mayBeNaN
    case .infix(_, let left, let right): left.mayBeNaN || right.mayBeNaN
    case .cases(let branches, let otherwise):
      branches.contains { $0.then.mayBeNaN } || otherwise?.mayBeNaN ?? false
    case .aggregate(let aggregate), .window(let aggregate, _): aggregate.arguments.contains(where: \.mayBeNaN)
    default: true
    }
  }
}

extension TypedExpression {
  /// A column of a query further out, or a lambda's parameter, by itself.
  var isOuterColumn: Bool {
    switch node {
    case .outer, .column(_, isOuter: true): true
    default: false
    }
  }

  /// False where the value is certainly no NaN.
  var mayBeNaN: Bool { traits.contains(.mayBeNaN) }
}
