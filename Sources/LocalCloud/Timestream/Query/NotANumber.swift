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
    case .steps: return true
    case .cases(let branches, let otherwise):
      return branches.contains { $0.then.mayBeNaN } || otherwise?.mayBeNaN ?? false
    case .aggregate(let aggregate), .window(let aggregate, _): return aggregate.arguments.contains(where: \.mayBeNaN)
    default: return true
    }
  }

  /// Arithmetic of two sides of one type. Whole numbers are checked for overflow, each step for itself.
  static func arithmetic(
    _ symbol: String, _ left: TypedExpression, _ right: TypedExpression, _ type: TimestreamType, isTrying: Bool
  ) -> TypedExpression {
    if type == .double, !left.mayBeNaN, !right.mayBeNaN {
      return TypedExpression(node: .infix(symbol, left, right), type: type)
    }
    let name = type == .double ? "doubles" : "\(isTrying ? "try_" : "")\(type == .integer ? "integers" : "bigints")"
    // A chain is one call: calls within calls soon meet the limit of SQLite's parser.
    if case .steps("ts_\(name)", let symbols, let operands) = left.node, left.type == type, operands.count < 100 {
      return TypedExpression(node: .steps("ts_\(name)", symbols + symbol, operands + [right]), type: type)
    }
    return TypedExpression(node: .steps("ts_\(name)", symbol, [left, right]), type: type)
  }

  /// A comparison of two sides of one type.
  static func comparison(_ symbol: String, _ left: TypedExpression, _ right: TypedExpression) -> TypedExpression {
    if left.mayBeNaN || right.mayBeNaN { return .template("ts_compare('\(symbol)', $0, $1)", [left, right], .boolean) }
    return TypedExpression(node: .infix(symbol, left, right), type: .boolean)
  }
}

extension QueryFunctions {
  /// Whether a comparison holds between two values of one kind; nil where one is null. A NaN is equal to nothing.
  private static func holds(_ symbol: String, _ one: SQLValue, _ other: SQLValue) -> Bool? {
    guard one != .null, other != .null else { return nil }
    // Whole numbers beyond 2^53 are no doubles.
    if case .integer = one, case .integer = other {
    } else if let one = one.double, let other = other.double {
      switch symbol {
      case "=": return one == other
      case "<>": return one != other
      case "<": return one < other
      case "<=": return one <= other
      case ">": return one > other
      default: return one >= other
      }
    }
    let (isBefore, isEqual) = (SQLValue.areInOrder(one, other), one == other)
    switch symbol {
    case "=": return isEqual
    case "<>": return !isEqual
    case "<": return isBefore
    case "<=": return isBefore || isEqual
    case ">": return !isBefore && !isEqual
    default: return !isBefore
    }
  }

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

  private static func test(_ name: String, _ body: @escaping @Sendable (Double) -> Bool) -> Function {
    strict(name, 1) { arguments in .integer(body(arguments[0].double ?? 0) ? 1 : 0) }
  }

  static let doubles: [Function] = [
    steps("integers", "integer"), steps("bigints", "bigint"),
    strict("doubles", -1) { arguments in
      var value = arguments[1].double ?? 0
      for (symbol, argument) in zip((arguments[0].text ?? "").utf8, arguments.dropFirst(2)) {
        let next = argument.double ?? 0
        switch symbol {
        case UInt8(ascii: "+"): value += next
        case UInt8(ascii: "-"): value -= next
        default: value *= next
        }
      }
      return .real(value)
    },
    // Whether a comparison holds with all of a list or with any: `(symbol, isAll, value, list)`.
    Function(name: "quantified", count: 4, canFail: false) { arguments in
      let (symbol, isAll) = (arguments[0].text ?? "", arguments[1] == .integer(1))
      var hasNull = false
      for item in arguments[3].items {
        guard let holds = holds(symbol, arguments[2], item) else {
          hasNull = true
          continue
        }
        if holds != isAll { return .integer(isAll ? 0 : 1) }
      }
      return hasNull ? .null : .integer(isAll ? 1 : 0)
    },
    test("is_nan", \.isNaN), test("is_finite", \.isFinite), test("is_infinite", \.isInfinite),
    Function(name: "nan", count: 0, canFail: false) { _ in .real(.nan) },
    Function(name: "infinity", count: 0, canFail: false) { _ in .real(.infinity) },
    strict("negate", 1) { arguments in .real(-(arguments[0].double ?? 0)) },
    strict("abs", 1) { arguments in .real(abs(arguments[0].double ?? 0)) },
    strict("abs_integer", 2, canFail: true) { arguments throws(QueryFault) in
      let value = arguments[0].integer ?? 0
      let type = arguments[1].text ?? ""
      guard value != .min, type == "bigint" || value != Int64(Int32.min) else {
        throw QueryFault(message: "Value \(value) is out of range for abs(\(type))")
      }
      return .integer(abs(value))
    },
    strict("compare", 3) { arguments in
      holds(arguments[0].text ?? "", arguments[1], arguments[2]).map { .integer($0 ? 1 : 0) } ?? .null
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
