/// The functions of Timestream's SQL that are supported, each with the types it takes and what it becomes.
///
/// See <https://docs.aws.amazon.com/timestream/latest/developerguide/supported-sql-constructs.html>; where that is silent, Trino's
/// functions of the same name are the specification.
enum Functions {
  struct Signature: Sendable {
    var parameters: [TimestreamType]
    /// True lets the last parameter come any number of times.
    var isVariadic = false
    var result: TimestreamType
    /// SQL with `$0`, `$1`, …; `$*` puts all arguments, separated by commas. `ts_fail_` marks what may fail.
    var sql: String

    init(_ parameters: [TimestreamType], _ result: TimestreamType, _ sql: String, isVariadic: Bool = false) {
      self.parameters = parameters
      self.result = result
      self.sql = sql
      self.isVariadic = isVariadic
    }
  }

  static let dateUnits: Set<String> = [
    "nanosecond", "microsecond", "millisecond", "second", "minute", "hour", "day", "week", "month", "quarter", "year",
  ]

  /// Parts of a time, for `extract` and as functions of their own.
  private static let parts: [String] = [
    "year", "quarter", "month", "week", "week_of_year", "day", "day_of_month", "day_of_week", "dow", "day_of_year",
    "doy", "year_of_week", "yow", "hour", "minute", "second", "millisecond", "microsecond", "nanosecond",
  ]
  static let extractable: Set<String> = Set(parts)

  static let scalars: [String: [Signature]] = {
    var all = mathematics.merging(texts) { $1 }.merging(times) { $1 }
    for part in parts {
      all[part] = [
        .init([.date], .bigint, "ts_part('\(part)', $0 * 86400000000000)"),
        .init([.timestamp], .bigint, "ts_part('\(part)', $0)"), .init([.time], .bigint, "ts_part('\(part)', $0)"),
        .init([.varchar], .bigint, "ts_part('\(part)', ts_fail_to_timestamp($0))"),
      ]
    }
    return all
  }()

  private static func each(_ sql: String) -> [Signature] {
    [TimestreamType.integer, .bigint, .double].map { .init([$0], $0, sql) }
  }

  private static let mathematics: [String: [Signature]] = {
    var all: [String: [Signature]] = [
      "abs": [
        .init([.integer], .integer, "ts_fail_abs_integer($0, 'integer')"),
        .init([.bigint], .bigint, "ts_fail_abs_integer($0, 'bigint')"),
        .init([.double], .double, "ts_abs($0)"),
      ], "sign": each("ts_sign($0)"), "e": [.init([], .double, "2.718281828459045")],
      "pi": [.init([], .double, "3.141592653589793")],
      "mod": [
        .init([.integer, .integer], .integer, "ts_fail_modulo($0, $1)"),
        .init([.bigint, .bigint], .bigint, "ts_fail_modulo($0, $1)"),
        .init([.double, .double], .double, "ts_fail_modulo($0, $1)"),
      ],
      "atan2": [.init([.double, .double], .double, "ts_atan2($0, $1)")],
      "log": [.init([.double, .double], .double, "ts_log($0, $1)")],
      "infinity": [.init([], .double, "ts_infinity()")], "nan": [.init([], .double, "ts_nan()")],
      "is_finite": [.init([.double], .boolean, "ts_is_finite($0)")],
      "is_infinite": [.init([.double], .boolean, "ts_is_infinite($0)")],
      "is_nan": [.init([.double], .boolean, "ts_is_nan($0)")],
      // Not deterministic: SQLite's own generator, which runs for each row.
      "rand": [.init([], .double, "(abs(random() % 9007199254740992) / 9007199254740992.0)")],
      "random": [
        .init([], .double, "(abs(random() % 9007199254740992) / 9007199254740992.0)"),
        .init([.integer], .integer, "ts_fail_random($0, random())"),
        .init([.bigint], .bigint, "ts_fail_random($0, random())"),
      ],
      "width_bucket": [
        .init([.double, .double, .double, .bigint], .bigint, "ts_fail_width_bucket($0, $1, $2, $3)")
      ],
      "from_base": [.init([.varchar, .bigint], .bigint, "ts_fail_from_base($0, $1)")],
      "to_base": [.init([.bigint, .bigint], .varchar, "ts_fail_to_base($0, $1)")],
      "bit_count": [.init([.bigint, .bigint], .bigint, "ts_fail_bit_count($0, $1)")],
      "bitwise_and": [.init([.bigint, .bigint], .bigint, "($0 & $1)")],
      "bitwise_or": [.init([.bigint, .bigint], .bigint, "($0 | $1)")],
      "bitwise_not": [.init([.bigint], .bigint, "(~$0)")],
      "bitwise_xor": [.init([.bigint, .bigint], .bigint, "(($0 | $1) - ($0 & $1))")],
    ]
    for name in ["power", "pow"] { all[name] = [.init([.double, .double], .double, "ts_power($0, $1)")] }
    for name in [
      "acos", "asin", "atan", "cbrt", "cos", "cosh", "cot", "degrees", "exp", "ln", "log2", "log10", "radians", "sin",
      "sinh", "sqrt", "tan", "tanh",
    ] { all[name] = [.init([.double], .double, "ts_\(name)($0)")] }
    for name in ["ceil", "ceiling", "floor"] {
      let function = name == "floor" ? "ts_floor_double" : "ts_ceil_double"
      all[name] = [
        .init([.integer], .integer, "$0"), .init([.bigint], .bigint, "$0"),
        .init([.double], .double, "\(function)($0)"),
      ]
    }
    all["round"] =
      [
        .init([.integer], .integer, "$0"), .init([.bigint], .bigint, "$0"),
        .init([.double], .double, "ts_round($0, 0)"),
      ]
      + [
        .init([.integer, .integer], .integer, "ts_round_integer($0, $1)"),
        .init([.bigint, .integer], .bigint, "ts_round_integer($0, $1)"),
        .init([.double, .integer], .double, "ts_round($0, $1)"),
      ]
    all["truncate"] = [
      .init([.double], .double, "ts_truncate($0, 0)"), .init([.double, .integer], .double, "ts_truncate($0, $1)"),
    ]
    return all
  }()

  private static let texts: [String: [Signature]] = [
    "concat": [.init([.varchar, .varchar], .varchar, "($||)", isVariadic: true)],
    "length": [.init([.varchar], .bigint, "ts_length($0)")], "lower": [.init([.varchar], .varchar, "ts_lower($0)")],
    "upper": [.init([.varchar], .varchar, "ts_upper($0)")], "reverse": [.init([.varchar], .varchar, "ts_reverse($0)")],
    "trim": [.init([.varchar], .varchar, "ts_trim($0, 'both')")],
    "ltrim": [.init([.varchar], .varchar, "ts_trim($0, 'left')")],
    "rtrim": [.init([.varchar], .varchar, "ts_trim($0, 'right')")],
    "lpad": [.init([.varchar, .bigint, .varchar], .varchar, "ts_fail_pad($0, $1, $2, 'left')")],
    "rpad": [.init([.varchar, .bigint, .varchar], .varchar, "ts_fail_pad($0, $1, $2, 'right')")],
    "replace": [
      .init([.varchar, .varchar], .varchar, "replace($0, $1, '')"),
      .init([.varchar, .varchar, .varchar], .varchar, "ts_fail_replace($0, $1, $2)"),
    ],
    "strpos": [
      .init([.varchar, .varchar], .bigint, "ts_fail_strpos($0, $1, 1, 1)"),
      .init([.varchar, .varchar, .bigint], .bigint, "ts_fail_strpos($0, $1, $2, 1)"),
    ],
    "strrpos": [
      .init([.varchar, .varchar], .bigint, "ts_fail_strpos($0, $1, 1, -1)"),
      .init([.varchar, .varchar, .bigint], .bigint, "ts_fail_strpos($0, $1, $2, -1)"),
    ],
    "hamming_distance": [.init([.varchar, .varchar], .bigint, "ts_fail_hamming($0, $1)")],
    "split": [
      .init([.varchar, .varchar], .array(.varchar), "ts_fail_split($0, $1, 2147483647)"),
      .init([.varchar, .varchar, .bigint], .array(.varchar), "ts_fail_split($0, $1, $2)"),
    ],
    "regexp_split": [.init([.varchar, .varchar], .array(.varchar), "ts_fail_regexp_split($0, $1)")],
    "regexp_extract_all": [
      .init([.varchar, .varchar], .array(.varchar), "ts_fail_regexp_extract_all($0, $1, 0)"),
      .init([.varchar, .varchar, .bigint], .array(.varchar), "ts_fail_regexp_extract_all($0, $1, $2)"),
    ],
    "starts_with": [.init([.varchar, .varchar], .boolean, "(substr($0, 1, length($1)) = $1)")],
    "substr": [
      .init([.varchar, .bigint], .varchar, "ts_substr($0, $1, NULL, 0)"),
      .init([.varchar, .bigint, .bigint], .varchar, "ts_substr($0, $1, $2, 1)"),
    ],
    "substring": [
      .init([.varchar, .bigint], .varchar, "ts_substr($0, $1, NULL, 0)"),
      .init([.varchar, .bigint, .bigint], .varchar, "ts_substr($0, $1, $2, 1)"),
    ],
    "split_part": [.init([.varchar, .varchar, .bigint], .varchar, "ts_fail_split_part($0, $1, $2)")],
    "chr": [.init([.bigint], .varchar, "ts_fail_chr($0)")],
    "codepoint": [.init([.varchar], .integer, "ts_fail_codepoint($0)")],
    "levenshtein_distance": [.init([.varchar, .varchar], .bigint, "ts_fail_levenshtein($0, $1)")],
    "regexp_like": [.init([.varchar, .varchar], .boolean, "ts_fail_regexp_like($0, $1)")],
    "regexp_extract": [
      .init([.varchar, .varchar], .varchar, "ts_fail_regexp_extract($0, $1, 0)"),
      .init([.varchar, .varchar, .bigint], .varchar, "ts_fail_regexp_extract($0, $1, $2)"),
    ],
    "regexp_replace": [
      .init([.varchar, .varchar], .varchar, "ts_fail_regexp_replace($0, $1, '')"),
      .init([.varchar, .varchar, .varchar], .varchar, "ts_fail_regexp_replace($0, $1, $2)"),
    ],
    "json_extract_scalar": [.init([.varchar, .varchar], .varchar, "ts_fail_json_scalar($0, $1)")],
    "json_array_length": [.init([.varchar], .bigint, "ts_json_length($0)")],
  ]

  private static let times: [String: [Signature]] = [
    // The start of the interval of length `$1` in which `$0` lies.
    "bin": [
      .init([.timestamp, .interval], .timestamp, "ts_fail_bin($0, $1)"),
      .init([.date, .interval], .timestamp, "ts_fail_bin($0 * 86400000000000, $1)"),
    ],
    "date": [
      .init([.date], .date, "$0"), .init([.timestamp], .date, "ts_fail_day($0)"),
      .init([.varchar], .date, "ts_fail_to_date($0)"),
    ],
    "date_trunc": [
      .init([.varchar, .date], .date, "ts_floor(ts_fail_date_trunc($0, $1 * 86400000000000), 86400000000000)"),
      .init([.varchar, .timestamp], .timestamp, "ts_fail_date_trunc($0, $1)"),
    ],
    "date_add": [
      .init(
        [.varchar, .bigint, .date], .date, "ts_floor(ts_fail_date_add($0, $1, $2 * 86400000000000), 86400000000000)"),
      .init([.varchar, .bigint, .timestamp], .timestamp, "ts_fail_date_add($0, $1, $2)"),
      .init(
        [.varchar, .bigint, .time], .time,
        "((ts_fail_date_add($0, $1, $2) % 86400000000000 + 86400000000000) % 86400000000000)"),
    ],
    "date_diff": [
      .init([.varchar, .timestamp, .timestamp], .bigint, "ts_fail_date_diff($0, $1, $2)"),
      .init([.varchar, .time, .time], .bigint, "ts_fail_date_diff($0, $1, $2)"),
    ],
    "last_day_of_month": [
      .init([.date], .date, "ts_fail_last_day($0 * 86400000000000)"),
      .init([.timestamp], .date, "ts_fail_last_day($0)"),
    ],
    "from_milliseconds": [.init([.bigint], .timestamp, "ts_fail_bigints('*', $0, 1000000)")],
    "from_nanoseconds": [.init([.bigint], .timestamp, "($0)")],
    "from_unixtime": [.init([.double], .timestamp, "ts_fail_from_unixtime($0)")],
    "to_unixtime": [.init([.timestamp], .double, "($0 / 1000000000.0)")],
    "to_milliseconds": [
      .init([.timestamp], .bigint, "ts_floor($0, 1000000)"), .init([.interval], .bigint, "($0 / 1000000)"),
    ],
    "to_nanoseconds": [.init([.timestamp], .bigint, "($0)"), .init([.interval], .bigint, "($0)")],
    "to_iso8601": [.init([.date], .varchar, "ts_date_text($0)"), .init([.timestamp], .varchar, "ts_iso8601($0)")],
    "from_iso8601_timestamp": [.init([.varchar], .timestamp, "ts_fail_to_timestamp($0)")],
    "from_iso8601_date": [.init([.varchar], .date, "ts_fail_to_date($0)")],
    "parse_duration": [.init([.varchar], .interval, "ts_fail_parse_duration($0)")],
    "date_parse": [.init([.varchar, .varchar], .timestamp, "ts_fail_date_parse($0, $1)")],
    "format_datetime": [.init([.timestamp, .varchar], .varchar, "ts_fail_format_datetime($0, $1)")],
    "parse_datetime": [.init([.varchar, .varchar], .timestamp, "ts_fail_parse_datetime($0, $1)")],
    "date_format": [.init([.timestamp, .varchar], .varchar, "ts_fail_date_format($0, $1)")],
  ]

  /// Functions whose type follows from their arguments': the checker knows them by name.
  static let special: Set<String> = [
    "now", "current_timestamp", "localtimestamp", "current_date", "current_time", "localtime", "current_timezone",
    "ago",
    "coalesce", "nullif", "if", "greatest", "least", "typeof",
  ]

  // MARK: Aggregates

  struct FoundAggregate {
    /// SQLite's name.
    var sql: String
    var result: TimestreamType
    /// What is done with an argument before, and with the result after, with `$0` for it.
    var argument: String?
    var wrapper: String?
    /// What a number among the arguments becomes.
    var parameter: TimestreamType?
    /// Which arguments SQLite's aggregate takes, in its order; nil stands for 1.
    var order: [Int?]?
  }

  private static let moments: Set<String> = [
    "stddev", "stddev_samp", "stddev_pop", "variance", "var_samp", "var_pop", "skewness", "kurtosis",
  ]
  private static let pairs: Set<String> = ["corr", "covar_samp", "covar_pop", "regr_slope", "regr_intercept"]
  private static let aggregates: Set<String> = moments.union(pairs).union([
    "avg", "count", "max", "min", "sum", "count_if", "bool_and", "every", "bool_or", "arbitrary", "any_value",
    "geometric_mean", "max_by", "min_by", "approx_distinct", "approx_percentile", "bitwise_and_agg", "bitwise_or_agg",
    "array_agg", "create_time_series",
  ])

  static func isAggregate(_ name: String) -> Bool { aggregates.contains(name) }

  /// The aggregate of a name over types; nil where it takes none such.
  static func aggregate(_ name: String, over types: [TimestreamType]) -> FoundAggregate? {
    let isNumeric = { (type: TimestreamType) in type.isNumeric || type == .unknown }
    guard let first = types.first else { return nil }
    switch (name, types.count) {
    case ("count", 1): return .init(sql: "count", result: .bigint)
    case ("arbitrary", 1), ("any_value", 1): return .init(sql: "max", result: first)
    case ("max", 1), ("min", 1): return first.isList ? nil : .init(sql: name, result: first)
    case ("max", 2), ("min", 2):
      guard !first.isList, isNumeric(types[1]), types[1] != .double else { return nil }
      return .init(sql: "ts_\(name)_n", result: .array(first), order: [0, 0, 1])
    case ("avg", 1): return isNumeric(first) ? .init(sql: "avg", result: .double) : nil
    case ("sum", 1):
      guard isNumeric(first) else { return nil }
      return .init(sql: "sum", result: first == .double ? .double : .bigint)
    case ("count_if", 1) where first == .boolean:
      return .init(sql: "count", result: .bigint, argument: "CASE WHEN $0 THEN 1 END")
    case ("bool_and", 1) where first == .boolean, ("every", 1) where first == .boolean:
      return .init(sql: "min", result: .boolean)
    case ("bool_or", 1) where first == .boolean: return .init(sql: "max", result: .boolean)
    case ("geometric_mean", 1) where isNumeric(first):
      return .init(sql: "avg", result: .double, argument: "ts_ln($0)", wrapper: "ts_exp($0)")
    case ("max_by", 2), ("min_by", 2): return types[1].isList ? nil : .init(sql: "ts_\(name)", result: first)
    case ("max_by", 3), ("min_by", 3):
      guard !types[1].isList, isNumeric(types[2]), types[2] != .double else { return nil }
      return .init(sql: "ts_\(name.prefix(3))_n", result: .array(first))
    case ("array_agg", 1): return .init(sql: "ts_array_agg", result: .array(first))
    case ("create_time_series", 2):
      guard types[0] == .timestamp, !types[1].isList else { return nil }
      return .init(sql: "ts_create_time_series", result: .timeseries(types[1]))
    case ("approx_distinct", 1), ("approx_distinct", 2): return .init(sql: "count", result: .bigint)
    case ("approx_percentile", 2...4) where isNumeric(first):
      // Share, or weight and share; an accuracy may follow, though this one is exact.
      let place = types.count == 2 ? 1 : 2
      let result = first == .unknown ? TimestreamType.double : first
      guard place == 1 || isNumeric(types[1]), types.dropFirst(3).allSatisfy(isNumeric) else { return nil }
      let order = place == 1 ? [0, nil, 1] : [0, 1, 2]
      if isNumeric(types[place]) { return .init(sql: "ts_percentile", result: result, order: order) }
      guard let share = types[place].element, isNumeric(share) else { return nil }
      return .init(sql: "ts_percentile", result: .array(result), order: order)
    case ("bitwise_and_agg", 1) where isNumeric(first) && first != .double,
      ("bitwise_or_agg", 1) where isNumeric(first) && first != .double:
      return .init(sql: "ts_\(name)", result: .bigint)
    case (let name, 1) where moments.contains(name) && isNumeric(first):
      return .init(sql: "ts_\(name)", result: .double, parameter: .double)
    case (let name, 2) where pairs.contains(name) && types.allSatisfy(isNumeric):
      return .init(sql: "ts_\(name)", result: .double, parameter: .double)
    default: return nil
    }
  }

  /// Functions of windows alone, and how many arguments they take.
  static let windows: [String: ClosedRange<Int>] = [
    "row_number": 0...0, "rank": 0...0, "dense_rank": 0...0, "percent_rank": 0...0, "cume_dist": 0...0, "ntile": 1...1,
    "lag": 1...3, "lead": 1...3, "first_value": 1...1, "last_value": 1...1, "nth_value": 2...2,
  ]
}
