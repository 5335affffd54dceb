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
  /// Worked out twice, it may be two values.
  static let volatile = TypedTraits(rawValue: 16)
  /// Working it out may fail.
  static let mayFail = TypedTraits(rawValue: 32)

  private static let inherited: TypedTraits = [.ownColumn, .outerColumn, .parameter, .volatile, .mayFail]

  init(rawValue: UInt8) { self.rawValue = rawValue }

  init(of node: TypedExpression.Node, _ type: TimestreamType) {
    self = []
    node.forEachChild { formUnion($0.traits.intersection(Self.inherited)) }
    switch node {
    // What stands for the rows of its query is no column of any.
    case .quantified(_, let value, _, let query, _, _):
      self = value.traits.union(query.traits).intersection(Self.inherited)
    case .column(_, let source): insert(source == .outer ? .outerColumn : .ownColumn)
    case .outer(let column): self = column.traits.intersection(.mayFail).union(.outerColumn)
    case .parameter: insert(.parameter)
    case .template(let template, _, _):
      if template.isVolatile { insert(.volatile) }
      if template.natives.contains(where: \.canFail) { insert(.mayFail) }
    case .steps(let native, _, _, _): if native.canFail { insert(.mayFail) }
    case .like(_, _, escape: .some): insert(.mayFail)
    // It may have more than one row.
    case .scalar(let query): formUnion(query.traits.intersection(Self.inherited).union(.mayFail))
    default: if let query = node.query { formUnion(query.traits.intersection(Self.inherited)) }
    }
    if type == .double, Self.mayBeNaN(node) { insert(.mayBeNaN) }
  }

  private static func mayBeNaN(_ node: TypedExpression.Node) -> Bool {
    switch node {
    case .constant, .parameter: false
    // What comes out of a query or a list may have been worked out.
    case .column(_, let source): source != .table
    case .outer(let column): column.mayBeNaN
    case .template(let template, let arguments, _):
      !template.natives.isEmpty || !template.aggregates.isEmpty || arguments.contains(where: \.mayBeNaN)
    case .held(_, let mayBeNaN): mayBeNaN
    case .prefix(_, let operand), .shared(_, _, let operand): operand.mayBeNaN
    case .infix(_, let left, let right): left.mayBeNaN || right.mayBeNaN
    case .cases(let branches, let otherwise):
      branches.contains { $0.then.mayBeNaN } || otherwise?.mayBeNaN ?? false
    case .aggregate(let aggregate), .window(let aggregate, _):
      if case .native = aggregate.function { true } else { aggregate.arguments.contains(where: \.mayBeNaN) }
    default: true
    }
  }
}

extension TypedExpression {
  /// A column of a query further out, or a lambda's parameter, by itself.
  var isOuterColumn: Bool {
    switch node {
    case .outer, .column(_, .outer): true
    default: false
    }
  }

  /// Worked out twice, it may be two values.
  var isVolatile: Bool { traits.contains(.volatile) }

  /// False where the value is certainly no NaN.
  var mayBeNaN: Bool { traits.contains(.mayBeNaN) }
}
