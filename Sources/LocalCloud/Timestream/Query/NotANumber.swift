/// NaN, which SQLite does not have: it turns one into null.
///
/// Between SQLite and the functions of ``QueryFunctions`` a NaN is a blob of one byte that starts no ``QueryList``. SQLite sorts and groups
/// it well by itself, behind all numbers, but counts and compares with it as if it were zero. So where a double may be NaN, the checker
/// puts functions in the place of SQLite's operators; measures of a table never are, for they cannot be written.
enum NotANumber {
  static let blob: [UInt8] = [0xFF]
}

extension TypedExpression {
  /// False where the value is certainly no NaN.
  var mayBeNaN: Bool {
    guard type == .double else { return false }
    switch node {
    case .constant, .parameter: return false
    // `rN` is a table; what comes out of a query or a list may have been worked out.
    case .column(let name, _): return !name.hasPrefix("r")
    case .template(let sql, let arguments): return sql.contains("ts_") || arguments.contains(where: \.mayBeNaN)
    case .prefix(_, let operand): return operand.mayBeNaN
    case .infix(_, let left, let right): return left.mayBeNaN || right.mayBeNaN
    case .steps: return false
    case .cases(let branches, let otherwise):
      return branches.contains { $0.then.mayBeNaN } || otherwise?.mayBeNaN ?? false
    case .aggregate(let aggregate), .window(let aggregate, _): return aggregate.arguments.contains(where: \.mayBeNaN)
    default: return true
    }
  }

  private static let operators = ["+": "add", "-": "subtract", "*": "multiply"]

  /// Arithmetic of two sides of one type. Whole numbers are checked for overflow, each step for itself.
  static func arithmetic(
    _ symbol: String, _ left: TypedExpression, _ right: TypedExpression, _ type: TimestreamType, isTrying: Bool
  ) -> TypedExpression {
    if type != .double {
      let function = "ts_\(isTrying ? "try_" : "")\(type == .integer ? "integers" : "bigints")"
      // A chain is one call: calls within calls soon meet the limit of SQLite's parser.
      if case .steps(function, let symbols, let operands) = left.node, left.type == type, operands.count < 100 {
        return TypedExpression(node: .steps(function, symbols + symbol, operands + [right]), type: type)
      }
      return TypedExpression(node: .steps(function, symbol, [left, right]), type: type)
    }
    if left.mayBeNaN || right.mayBeNaN, let name = operators[symbol] {
      return .template("ts_\(name)($0, $1)", [left, right], type)
    }
    return TypedExpression(node: .infix(symbol, left, right), type: type)
  }

  /// A comparison of two sides of one type.
  static func comparison(_ symbol: String, _ left: TypedExpression, _ right: TypedExpression) -> TypedExpression {
    if left.mayBeNaN || right.mayBeNaN { return .template("ts_compare('\(symbol)', $0, $1)", [left, right], .boolean) }
    return TypedExpression(node: .infix(symbol, left, right), type: .boolean)
  }
}

extension QueryFunctions {
  /// Whole numbers, one step after the other; a null makes all null.
  private static func steps(_ name: String, _ type: String) -> Function {
    strict(name, -1, canFail: true) { arguments throws(QueryFault) in
      var value = arguments[1].integer ?? 0
      for (symbol, argument) in zip((arguments[0].text ?? "").utf8, arguments.dropFirst(2)) {
        let next = argument.integer ?? 0
        let (result, overflows, word) =
          switch symbol {
          case UInt8(ascii: "+"): added(value.addingReportingOverflow(next), "addition")
          case UInt8(ascii: "-"): added(value.subtractingReportingOverflow(next), "subtraction")
          default: added(value.multipliedReportingOverflow(by: next), "multiplication")
          }
        guard !overflows, type == "bigint" || Int32(exactly: result) != nil else {
          throw QueryFault(message: "\(type) \(word) overflow: \(value) \(Unicode.Scalar(symbol)) \(next)")
        }
        value = result
      }
      return .integer(value)
    }
  }

  private static func added(
    _ result: (partialValue: Int64, overflow: Bool), _ word: String
  ) -> (value: Int64, overflows: Bool, word: String) { (result.partialValue, result.overflow, word) }

  private static func double(_ name: String, _ body: @escaping @Sendable (Double, Double) -> Double) -> Function {
    strict(name, 2) { arguments in .real(body(arguments[0].double ?? 0, arguments[1].double ?? 0)) }
  }

  private static func test(_ name: String, _ body: @escaping @Sendable (Double) -> Bool) -> Function {
    strict(name, 1) { arguments in .integer(body(arguments[0].double ?? 0) ? 1 : 0) }
  }

  static let doubles: [Function] = [
    steps("integers", "integer"), steps("bigints", "bigint"),
    double("add", +), double("subtract", -), double("multiply", *),
    test("is_nan", \.isNaN), test("is_finite", \.isFinite), test("is_infinite", \.isInfinite),
    Function(name: "nan", count: 0, canFail: false) { _ in .real(.nan) },
    Function(name: "infinity", count: 0, canFail: false) { _ in .real(.infinity) },
    strict("negate", 1) { arguments in .real(-(arguments[0].double ?? 0)) },
    strict("abs", 1) { arguments in .real(abs(arguments[0].double ?? 0)) },
    strict("compare", 3) { arguments in
      let (one, other) = (arguments[1].double ?? 0, arguments[2].double ?? 0)
      let holds =
        switch arguments[0].text {
        case "=": one == other
        case "<>": one != other
        case "<": one < other
        case "<=": one <= other
        case ">": one > other
        default: one >= other
        }
      return .integer(holds ? 1 : 0)
    },
  ]
}

/// Sum and mean of doubles among which there may be NaN.
final class SumAggregate: QueryAggregate {
  private var sum = 0.0
  private var count = 0.0
  /// Over a window: a NaN cannot be taken back from a sum.
  private var values: [Double] = []
  private var first = 0
  private let isWindow: Bool
  private let isMean: Bool

  init(isMean: Bool, isWindow: Bool) {
    self.isMean = isMean
    self.isWindow = isWindow
  }

  func add(_ arguments: [SQLValue]) {
    guard let value = arguments[0].double else { return }
    if isWindow { return values.append(value) }
    sum += value
    count += 1
  }

  func remove(_ arguments: [SQLValue]) { if arguments[0].double != nil { first += 1 } }

  var value: SQLValue {
    if isWindow {
      let rows = values[min(first, values.count)...]
      sum = rows.reduce(0, +)
      count = Double(rows.count)
    }
    return count == 0 ? .null : .real(isMean ? sum / count : sum)
  }
}
