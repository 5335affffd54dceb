import SQLiteStore

/// Functions that take lambdas. Each becomes a query within the query, over a row for each item.
enum Lambdas {
  private static let item: SQLTemplate = "#.item"

  private static func test(_ pattern: TypePattern) -> TypePattern { .lambda([(pattern, item)], .boolean) }

  /// A query that makes a list of what an expression gives for each item.
  static func collected(_ body: SQLTemplate, of list: SQLTemplate = "$0") -> SQLTemplate {
    "(SELECT \(ListAggregates.collect)(#.ordinal, CASE WHEN #.ordinal > 0 THEN \(body) END, 1) FROM ts_each(\(list)$&) #)"
  }

  private static let filtered: SQLTemplate =
    "(SELECT \(ListAggregates.collect)(#.ordinal, #.item, CASE WHEN #.ordinal > 0 THEN $1 END) FROM ts_each($0$&) #)"

  private static func matched(_ aggregate: NativeAggregate) -> SQLTemplate {
    "(SELECT \(aggregate)(#.ordinal, CASE WHEN #.ordinal > 0 THEN $1 END) FROM ts_each($0$&) #)"
  }

  // MARK: reduce

  /// Keeps a list while it is walked along: as a value of SQLite it would be copied at each step.
  private static let keep = NativeFunction.raw("keep", 1, isDeterministic: false) {
    arguments, execution throws(QueryFault) in
    guard let list = arguments[0].blob else { return .null }
    return .integer(try execution.keep(list))
  }

  /// The item at a place among the bytes of a kept list.
  private static let keptItem = NativeFunction.raw("kept_item", 2, isDeterministic: false) { arguments, execution in
    QueryList.item(of: execution.list(arguments.integer(0)), at: Int(arguments.integer(1)))?.value ?? .null
  }

  /// The place behind that item.
  private static let keptNext = NativeFunction.raw("kept_next", 2, isDeterministic: false) { arguments, execution in
    let bytes = execution.list(arguments.integer(0))
    return .integer(Int64(QueryList.item(of: bytes, at: Int(arguments.integer(1)))?.end ?? bytes.count))
  }

  private static let keptLength = NativeFunction.raw("kept_length", 1, isDeterministic: false) { arguments, execution in
    arguments[0].integer.map { .integer(Int64(execution.list($0).count)) } ?? .null
  }

  /// Ends the keeping: `(number, result)`.
  private static let drop = NativeFunction.raw("drop", 2, isDeterministic: false) { arguments, execution in
    execution.drop(arguments.integer(0))
    return arguments[1]
  }

  /// The state walks along the list, a step for each item. List and first state are worked out once, as rows of their own; there they
  /// may be aggregates, too: SQLite takes them from the query around where this one has an aggregate of its own, here the largest of
  /// one value.
  private static let reduced: SQLTemplate = """
    (SELECT \(drop)(max(#l.item), max((WITH RECURSIVE #(place, s) AS (SELECT 0, #i.item UNION ALL \
    SELECT \(keptNext)(#l.item, #.place), $2 FROM # WHERE #.place < \(keptLength)(#l.item)) \
    SELECT $3 FROM # WHERE #.place >= \(keptLength)(#l.item)))) \
    FROM ts_each(\(Lists.list)(\(keep)($0))$&) #l, ts_each(\(Lists.list)($1)) #i)
    """

  static let functions: [SQLFunction] = [
    SQLFunction(
      "transform", .init([.array(.t), .lambda([(.t, item)], .u)], .array(.u), collected("$1"))),
    SQLFunction(
      "filter", .init([.timeseries(.t), test(.point(.t))], .timeseries(.t), filtered),
      .init([.array(.t), test(.t)], .array(.t), filtered)),
    SQLFunction("any_match", .init([.array(.t), test(.t)], .boolean, matched(ListAggregates.any))),
    SQLFunction("all_match", .init([.array(.t), test(.t)], .boolean, matched(ListAggregates.all))),
    SQLFunction("none_match", .init([.array(.t), test(.t)], .boolean, "(NOT \(matched(ListAggregates.any)))")),
    SQLFunction(
      "zip_with",
      .init(
        [
          .array(.t), .array(.u),
          .lambda([(.t, "\(Lists.field)(#.item, 0)"), (.u, "\(Lists.field)(#.item, 1)")], .any("R")),
        ],
        .array(.any("R")), collected("$2", of: "\(Lists.zip)($0, $1)"))),
    SQLFunction(
      "reduce",
      .init(
        [
          .array(.t), .any("S"),
          .lambda([(.any("S"), "#.s"), (.t, "\(keptItem)(#l.item, #.place)")], .any("S")),
          .lambda([(.any("S"), "#.s")], .any("R")),
        ], .any("R"), reduced)),
  ]
}
