/// The functions that take or give arrays, rows and time series, each with what it takes and what it becomes.
///
/// See <https://docs.aws.amazon.com/timestream/latest/developerguide/supported-sql-constructs.html>; where that is silent, Trino's
/// functions of the same name are the specification.
enum ListFunctions {
  struct Signature: Sendable {
    var parameters: [TypePattern]
    /// True lets the last parameter come any number of times.
    var isVariadic: Bool
    var result: TypePattern
    /// As in ``Functions/Signature``; `#` is a name for what a lambda runs over.
    var sql: String

    init(_ parameters: [TypePattern], _ result: TypePattern, _ sql: String, isVariadic: Bool = false) {
      self.parameters = parameters
      self.result = result
      self.sql = sql
      self.isVariadic = isVariadic
    }

    func takes(_ count: Int) -> Bool { count == parameters.count || isVariadic && count > parameters.count }

    func parameter(_ index: Int) -> TypePattern { parameters[min(index, parameters.count - 1)] }
  }

  private static let bigint: TypePattern = .exactly(.bigint)
  private static let double: TypePattern = .exactly(.double)
  private static let boolean: TypePattern = .exactly(.boolean)
  private static let varchar: TypePattern = .exactly(.varchar)
  private static let timestamp: TypePattern = .exactly(.timestamp)
  private static let interval: TypePattern = .exactly(.interval)
  private static let months: TypePattern = .exactly(.intervalMonths)
  private static let doubles: TypePattern = .timeseries(double)

  // MARK: With lambdas

  /// A query that makes a list of what an expression gives for each item.
  static func collected(_ body: String, of list: String = "$0") -> String {
    "(SELECT ts_collect(#.ordinal, CASE WHEN #.ordinal > 0 THEN \(body) END, 1) FROM ts_each(\(list)) #)"
  }

  private static let filtered =
    "(SELECT ts_collect(#.ordinal, #.item, CASE WHEN #.ordinal > 0 THEN $1 END) FROM ts_each($0) #)"

  private static func matched(_ aggregate: String) -> String {
    "(SELECT \(aggregate)(#.ordinal, CASE WHEN #.ordinal > 0 THEN $1 END) FROM ts_each($0) #)"
  }

  /// The state walks along the list, a step for each item. List and first state are worked out once, as rows of their own; there they
  /// may be aggregates, too: SQLite takes them from the query around where this one has an aggregate of its own, here the largest of
  /// one value.
  private static let reduced = """
    (SELECT max((WITH RECURSIVE #(place, s) AS (SELECT 0, #i.item UNION ALL \
    SELECT ts_after(#l.item, #.place), $2 FROM # WHERE #.place < length(#l.item)) \
    SELECT $3 FROM # WHERE #.place >= length(#l.item))) \
    FROM ts_each(ts_list($0)) #l, ts_each(ts_list($1)) #i)
    """

  static let withLambdas: [String: [Signature]] = {
    let item = "#.item"
    func test(_ pattern: TypePattern) -> TypePattern { .lambda([(pattern, item)], boolean) }
    return [
      "transform": [.init([.array(.t), .lambda([(.t, item)], .u)], .array(.u), collected("$1"))],
      "filter": [
        .init([.timeseries(.t), test(.point(.t))], .timeseries(.t), filtered),
        .init([.array(.t), test(.t)], .array(.t), filtered),
      ],
      "any_match": [.init([.array(.t), test(.t)], boolean, matched("ts_any"))],
      "all_match": [.init([.array(.t), test(.t)], boolean, matched("ts_all"))],
      "none_match": [.init([.array(.t), test(.t)], boolean, "(NOT \(matched("ts_any")))")],
      "zip_with": [
        .init(
          [.array(.t), .array(.u), .lambda([(.t, "ts_field(#.item, 0)"), (.u, "ts_field(#.item, 1)")], .any("R"))],
          .array(.any("R")), collected("$2", of: "ts_zip($0, $1)"))
      ],
      "reduce": [
        .init(
          [
            .array(.t), .any("S"), .lambda([(.any("S"), "#.s"), (.t, "ts_item(#l.item, #.place)")], .any("S")),
            .lambda([(.any("S"), "#.s")], .any("R")),
          ], .any("R"), reduced)
      ],
    ]
  }()

  // MARK: Without

  static let all: [String: [Signature]] = arrays.merging(series) { $1 }

  private static let arrays: [String: [Signature]] = [
    "cardinality": [.init([.array(.t)], bigint, "ts_cardinality($0)")],
    "element_at": [.init([.array(.t), bigint], .t, "ts_fail_element_at($0, $1)")],
    "contains": [.init([.array(.t), .t], boolean, "ts_contains($0, $1)")],
    "array_distinct": [.init([.array(.t)], .array(.t), "ts_array_distinct($0)")],
    "array_except": [.init([.array(.t), .array(.t)], .array(.t), "ts_array_except($0, $1)")],
    "array_intersect": [.init([.array(.t), .array(.t)], .array(.t), "ts_array_intersect($0, $1)")],
    "array_union": [.init([.array(.t), .array(.t)], .array(.t), "ts_array_distinct(ts_fail_joined($0, $1))")],
    // Its items become texts first, which the checker does by itself.
    "array_join": [.init([.array(varchar), varchar, varchar], varchar, "ts_array_join($*)")],
    "array_max": [.init([.array(.ordered("T"))], .ordered("T"), "ts_array_max($0)")],
    "array_min": [.init([.array(.ordered("T"))], .ordered("T"), "ts_array_min($0)")],
    "array_position": [.init([.array(.t), .t], bigint, "ts_array_position($0, $1)")],
    "array_remove": [.init([.array(.t), .t], .array(.t), "ts_array_remove($0, $1)")],
    "array_sort": [.init([.array(.ordered("T"))], .array(.ordered("T")), "ts_array_sort($0)")],
    "arrays_overlap": [.init([.array(.t), .array(.t)], boolean, "ts_arrays_overlap($0, $1)")],
    "concat": [
      .init([.array(.t), .array(.t)], .array(.t), "ts_fail_joined($*)", isVariadic: true)
    ],
    "combinations": [.init([.array(.t), bigint], .array(.array(.t)), "ts_fail_combinations($0, $1)")],
    "flatten": [.init([.array(.array(.t))], .array(.t), "ts_flatten($0)")],
    "ngrams": [.init([.array(.t), bigint], .array(.array(.t)), "ts_fail_ngrams($0, $1)")],
    "repeat": [.init([.t, bigint], .array(.t), "ts_fail_repeat($0, $1)")],
    "reverse": [.init([.array(.t)], .array(.t), "ts_list_reverse($0)")],
    "shuffle": [.init([.array(.t)], .array(.t), "ts_shuffle($0)")],
    "slice": [.init([.array(.t), bigint, bigint], .array(.t), "ts_fail_slice($0, $1, $2)")],
    "sequence": [
      .init([bigint, bigint], .array(bigint), "ts_fail_sequence($0, $1, NULL, 0)"),
      .init([bigint, bigint, bigint], .array(bigint), "ts_fail_sequence($0, $1, $2, 1)"),
      .init([.exactly(.date), .exactly(.date)], .array(.exactly(.date)), "ts_fail_sequence($0, $1, NULL, 0)"),
      .init(
        [.exactly(.date), .exactly(.date), interval], .array(.exactly(.date)), "ts_fail_sequence_days($0, $1, $2)"),
      .init(
        [.exactly(.date), .exactly(.date), months], .array(.exactly(.date)), "ts_fail_sequence_months($0, $1, $2, 1)"),
      .init([timestamp, timestamp], .array(timestamp), "ts_fail_sequence($0, $1, 86400000000000, 1)"),
      .init([timestamp, timestamp, interval], .array(timestamp), "ts_fail_sequence($0, $1, $2, 1)"),
      .init([timestamp, timestamp, months], .array(timestamp), "ts_fail_sequence_months($0, $1, $2, 0)"),
    ],
    "zip": [
      .init([.array(.t), .array(.u)], .array(.row([.t, .u])), "ts_zip($*)"),
      .init([.array(.t), .array(.u), .array(.any("V"))], .array(.row([.t, .u, .any("V")])), "ts_zip($*)"),
    ],
  ]

  private static let series: [String: [Signature]] = {
    var all: [String: [Signature]] = [:]
    for kind in ["linear", "spline_cubic", "locf"] {
      let takesAny = kind == "locf"
      let value: TypePattern = takesAny ? .t : double
      all["interpolate_\(kind)"] = [
        .init([.timeseries(value), .array(timestamp)], .timeseries(value), "ts_fail_interpolate_\(kind)($0, $1)"),
        .init([.timeseries(value), timestamp], value, "ts_fail_interpolate_\(kind)_at($0, $1)"),
      ]
    }
    all["interpolate_fill"] = [
      .init([.timeseries(.t), .array(timestamp), .t], .timeseries(.t), "ts_fail_interpolate_fill($0, $1, $2)"),
      .init([.timeseries(.t), timestamp, .t], .t, "ts_fail_interpolate_fill_at($0, $1, $2)"),
    ]
    for name in ["derivative_linear", "non_negative_derivative_linear"] {
      all[name] = [.init([doubles, interval], doubles, "ts_fail_\(name)($0, $1)")]
    }
    all["integral_trapezoidal"] = [
      .init([doubles], double, "ts_fail_integral($0, 1000000000)"),
      .init([doubles, interval], double, "ts_fail_integral($0, $1)"),
    ]
    for name in ["correlate_pearson", "correlate_spearman"] {
      all[name] = [.init([doubles, doubles], double, "ts_fail_\(name)($0, $1)")]
    }
    return all
  }()
}
