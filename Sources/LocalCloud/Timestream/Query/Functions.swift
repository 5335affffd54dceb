/// The functions of Timestream's SQL that are supported, each with the types it takes and what it becomes.
enum Functions {
  struct Signature: Sendable {
    var parameters: [TimestreamType]
    /// True lets the last parameter come any number of times.
    var isVariadic = false
    var result: TimestreamType
    /// SQL with `$0`, `$1`, …; `$*` puts all arguments, separated by commas.
    var sql: String
  }

  /// The start of the interval of length `$1` in which `$0` lies: SQLite's remainder has the sign of the dividend.
  private static let bin = "($0 - (($0 % $1) + $1) % $1)"

  static let scalars: [String: [Signature]] = [
    "abs": [
      .init(parameters: [.integer], result: .integer, sql: "abs($0)"),
      .init(parameters: [.bigint], result: .bigint, sql: "abs($0)"),
      .init(parameters: [.double], result: .double, sql: "abs($0)"),
    ],
    "bin": [.init(parameters: [.timestamp, .interval], result: .timestamp, sql: bin)],
    "from_milliseconds": [.init(parameters: [.bigint], result: .timestamp, sql: "($0 * 1000000)")],
    "from_nanoseconds": [.init(parameters: [.bigint], result: .timestamp, sql: "($0)")],
    "to_milliseconds": [
      .init(parameters: [.timestamp], result: .bigint, sql: "(($0 - (($0 % 1000000) + 1000000) % 1000000) / 1000000)")
    ],
    "to_nanoseconds": [.init(parameters: [.timestamp], result: .bigint, sql: "($0)")],
    "to_iso8601": [.init(parameters: [.timestamp], result: .varchar, sql: "ts_iso8601($0)")],
    "concat": [.init(parameters: [.varchar, .varchar], isVariadic: true, result: .varchar, sql: "($||)")],
    "length": [.init(parameters: [.varchar], result: .bigint, sql: "length($0)")],
    "lower": [.init(parameters: [.varchar], result: .varchar, sql: "ts_lower($0)")],
    "upper": [.init(parameters: [.varchar], result: .varchar, sql: "ts_upper($0)")],
  ]

  static let aggregates: Set<String> = ["avg", "count", "max", "min", "sum"]

  /// The type of an aggregate over a type; nil where it takes none such.
  static func aggregate(_ name: String, over type: TimestreamType) -> TimestreamType? {
    switch name {
    case "count": .bigint
    case "max", "min": type
    case "avg": type.isNumeric || type == .unknown ? .double : nil
    case "sum": type == .double ? .double : type.isNumeric || type == .unknown ? .bigint : nil
    default: nil
    }
  }
}
