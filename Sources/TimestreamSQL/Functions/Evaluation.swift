import SQLiteStore

/// What the compiler puts in so that an operand is worked out once, and only where it must be.
enum Evaluation {
  static let natives: [NativeFunction] = [share, held, shared, begin, settles, end, sought]

  // MARK: Once

  /// `CASE WHEN ts_share(value) THEN ts_shared(…) END` works a value out once; within, `ts_held(n)` is the value, where n of those that
  /// are shared within it stand around.
  static let share = NativeFunction.raw("share", 1, isDeterministic: false) { arguments, execution throws(QueryFault) in
    try execution.share(arguments[0])
    return .integer(1)
  }
  static let held = NativeFunction.raw("held", 1, isDeterministic: false) { arguments, execution in
    execution.held(Int(arguments.integer(0)))
  }
  static let shared = NativeFunction.raw("shared", 1, isDeterministic: false) { arguments, execution in
    execution.endShare()
    return arguments[0]
  }

  // MARK: AND and OR

  /// `CASE WHEN ts_begin() THEN ts_end(CASE WHEN ts_settles(a, 0) THEN 0 WHEN ts_settles(b, 0) THEN 0 ELSE 1 END, 0) END` is `a AND b`: no
  /// operand is worked out after one that settles the matter, and each once. With 1 for 0, and 0 for 1, it is OR.
  static let begin = NativeFunction.raw("begin", 0, isDeterministic: false) { _, execution in
    execution.beginChain()
    return .integer(1)
  }
  static let settles = NativeFunction.raw("settles", 2, isDeterministic: false) { arguments, execution in
    guard let flag = arguments[0].integer else {
      execution.noteNull()
      return .integer(0)
    }
    return .integer((flag != 0) == (arguments.integer(1) != 0) ? 1 : 0)
  }
  /// What is not settled is null where an operand is.
  static let end = NativeFunction.raw("end", 2, isDeterministic: false) { arguments, execution in
    execution.endChain() && arguments[0] != arguments[1] ? .null : arguments[0]
  }

  // MARK: IN

  /// The value that IN looks for. NaN is equal to nothing, and so is a blob that no value is.
  static let sought = NativeFunction.strict("sought", 1) { arguments in
    arguments[0].double?.isNaN ?? false ? .blob([0xFE]) : arguments[0]
  }
}
