import SQLiteStore

/// A function that stands before OVER alone: SQLite has all of them under the same names.
struct SQLWindowFunction: Sendable {
  /// The type of its result.
  enum Result: Sendable {
    case bigint, double
    /// That of its first argument, to which a third is brought.
    case argument
  }

  let name: String
  /// How many arguments it takes.
  let arguments: ClosedRange<Int>
  let result: Result
  /// What an argument goes through, by its place: where it is too small it ends the query.
  var bounds: [Int: SQLTemplate] = [:]
}

/// Functions of windows.
enum Windows {
  /// A number that must be at least another: `(number, least, what it is)`.
  private static let atLeast = NativeFunction.failing("at_least", 3) { arguments throws(QueryFault) in
    guard arguments.integer(0) >= arguments.integer(1) else {
      throw QueryFault(message: "\(arguments.text(2)) must be at least \(arguments.integer(1))")
    }
    return arguments[0]
  }

  private static let fromZero: SQLTemplate = "\(atLeast)($0, 0, 'Offset')"
  private static let fromOne: SQLTemplate = "\(atLeast)($0, 1, 'Offset')"
  private static let buckets: SQLTemplate = "\(atLeast)($0, 1, 'Buckets')"

  static let functions: [SQLWindowFunction] = [
    .init(name: "row_number", arguments: 0...0, result: .bigint),
    .init(name: "rank", arguments: 0...0, result: .bigint),
    .init(name: "dense_rank", arguments: 0...0, result: .bigint),
    .init(name: "percent_rank", arguments: 0...0, result: .double),
    .init(name: "cume_dist", arguments: 0...0, result: .double),
    .init(name: "ntile", arguments: 1...1, result: .bigint, bounds: [0: buckets]),
    .init(name: "lag", arguments: 1...3, result: .argument, bounds: [1: fromZero]),
    .init(name: "lead", arguments: 1...3, result: .argument, bounds: [1: fromZero]),
    .init(name: "first_value", arguments: 1...1, result: .argument),
    .init(name: "last_value", arguments: 1...1, result: .argument),
    .init(name: "nth_value", arguments: 2...2, result: .argument, bounds: [1: fromOne]),
  ]
}
