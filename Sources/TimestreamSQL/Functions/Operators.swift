import SQLiteStore

/// What operators and the structure of queries call where SQLite's own differ from the service's: the binder puts them in.
enum Operators {
  static let natives: [NativeFunction] = [
    divide, modulo, integers, bigints, doubles, negate, compare, quantified, single, tryBegin, tryEnd,
  ]

  // MARK: Arithmetic

  static let divide = NativeFunction.failing("divide", 2) { arguments throws(QueryFault) in
    try Numbers.divide(arguments[0], arguments[1])
  }
  static let modulo = NativeFunction.failing("modulo", 2) { arguments throws(QueryFault) in
    try Numbers.modulo(arguments[0], arguments[1])
  }
  static let negate = NativeFunction.strict("negate", 1) { .real(-$0.double(0)) }

  static let integers = steps("integers", "integer")
  static let bigints = steps("bigints", "bigint")

  /// Whole numbers, one step after the other: `(signs, first, …)`; a null makes all null.
  private static func steps(_ name: String, _ type: String) -> NativeFunction {
    .failing(name, -1) { arguments throws(QueryFault) in
      var value = arguments.integer(1)
      for (symbol, argument) in zip(arguments.text(0).utf8, arguments.dropFirst(2)) {
        let next = argument.integer ?? 0
        let (result, word) =
          switch symbol {
          case UInt8(ascii: "+"): (value.addingReportingOverflow(next), "addition")
          case UInt8(ascii: "-"): (value.subtractingReportingOverflow(next), "subtraction")
          default: (value.multipliedReportingOverflow(by: next), "multiplication")
          }
        guard !result.overflow, type == "bigint" || Int32(exactly: result.partialValue) != nil else {
          throw QueryFault(message: "\(type) \(word) overflow: \(value) \(Unicode.Scalar(symbol)) \(next)")
        }
        value = result.partialValue
      }
      return .integer(value)
    }
  }

  static let doubles = NativeFunction.strict("doubles", -1) { arguments in
    var value = arguments.double(1)
    for (symbol, argument) in zip(arguments.text(0).utf8, arguments.dropFirst(2)) {
      let next = argument.double ?? 0
      switch symbol {
      case UInt8(ascii: "+"): value += next
      case UInt8(ascii: "-"): value -= next
      default: value *= next
      }
    }
    return .real(value)
  }

  // MARK: Comparisons

  static let compare = NativeFunction.strict("compare", 3) { arguments in
    holds(arguments.text(0), arguments[1], arguments[2]).map { .integer($0 ? 1 : 0) } ?? .null
  }

  /// Whether a comparison holds with all of a list or with any: `(symbol, isAll, value, list)`.
  static let quantified = NativeFunction.raw("quantified", 4) { arguments, _ in
    let (symbol, isAll) = (arguments.text(0), arguments[1] == .integer(1))
    var hasNull = false
    for item in arguments[3].items {
      guard let holds = holds(symbol, arguments[2], item) else {
        hasNull = true
        continue
      }
      if holds != isAll { return .integer(isAll ? 0 : 1) }
    }
    return hasNull ? .null : .integer(isAll ? 1 : 0)
  }

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

  // MARK: Structure

  /// The rows of a query that stands for a value.
  static let single = NativeFunction.failing("single", 1) { arguments throws(QueryFault) in
    guard arguments.integer(0) <= 1 else {
      throw QueryFault(message: "Scalar sub-query has returned multiple rows")
    }
    return .null
  }

  /// `CASE WHEN ts_try_begin() THEN ts_try_end(…) END` begins a TRY, works the expression out, and ends it: anything that fails within makes
  /// the whole of it null.
  static let tryBegin = NativeFunction.raw("try_begin", 0, isDeterministic: false) { _, execution in
    execution.beginTry()
    return .integer(1)
  }
  static let tryEnd = NativeFunction.raw("try_end", 1, isDeterministic: false) { arguments, execution in
    execution.endTry() ? .null : arguments[0]
  }
}
