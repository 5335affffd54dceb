import SQLiteStore

/// NaN, which SQLite does not have: it turns one into null.
///
/// Between SQLite and the functions of ``FunctionTable`` a NaN is a blob of one byte that starts no ``QueryList``. SQLite sorts and groups
/// it well by itself, behind all numbers, but counts and compares with it as if it were zero. So where a double may be NaN, the checker
/// puts functions in the place of SQLite's operators; measures of a table never are, for they cannot be written.
enum NotANumber {
  static let blob: [UInt8] = [0xFF]
}

extension TypedExpression {
  /// Arithmetic of two sides of one type. Whole numbers are checked for overflow, each step for itself.
  static func arithmetic(
    _ symbol: String, _ left: TypedExpression, _ right: TypedExpression, _ type: TimestreamType, isTrying: Bool
  ) -> TypedExpression {
    if type == .double, !left.mayBeNaN, !right.mayBeNaN {
      return TypedExpression(node: .infix(symbol, left, right), type: type)
    }
    let native = type == .double ? Operators.doubles : type == .integer ? Operators.integers : Operators.bigints
    // A chain is one call: calls within calls soon meet the limit of SQLite's parser.
    if case .steps(let before, let symbols, let operands, isTrying) = left.node, before.name == native.name,
      left.type == type, operands.count < 100
    {
      return TypedExpression(
        node: .steps(native, symbols + symbol, operands + [right], isTrying: isTrying), type: type)
    }
    return TypedExpression(node: .steps(native, symbol, [left, right], isTrying: isTrying), type: type)
  }

  /// A comparison of two sides of one type.
  static func comparison(_ symbol: String, _ left: TypedExpression, _ right: TypedExpression) -> TypedExpression {
    if left.mayBeNaN || right.mayBeNaN {
      return .template("\(Operators.compare)('\(text: symbol)', $0, $1)", [left, right], .boolean)
    }
    return TypedExpression(node: .infix(symbol, left, right), type: .boolean)
  }
}
