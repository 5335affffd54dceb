import SQLiteStore

/// Functions of arrays and rows, as Trino has them.
enum Lists {
  static let functions: [SQLFunction] = taking + finding + making + counting

  /// What the binder puts in where lists are made, taken apart, or become another type.
  static let natives: [NativeFunction] = [list, field, subscripted, widen, joined, joinTexts, joinAllTexts, flattened]

  /// Rewrites the items of a list.
  private static func onItems(
    _ name: String, _ body: @escaping @Sendable ([SQLValue]) -> SQLValue
  ) -> NativeFunction {
    .metered(name, 1) { arguments, execution throws(QueryFault) in
      let items = arguments[0].items
      try execution.spend(items.count)
      return body(items)
    }
  }

  private static func fault(_ message: String) -> QueryFault { QueryFault(message: message) }

  /// The items, each but once, in the order of their first appearance.
  private static func distinct(_ items: [SQLValue]) -> [SQLValue] {
    var seen: Set<SQLValue> = []
    return items.filter { seen.insert($0).inserted }
  }

  // MARK: Structure

  static let list = NativeFunction.raw("list", -1) { arguments, _ in .list(arguments) }

  static let field = NativeFunction.strict("field", 2) { arguments in
    arguments[0].item(arguments.integer(1)) ?? .null
  }

  static let widen = NativeFunction.strict("widen", 2) { ListWidening(text: $0.text(1)).apply($0[0]) }

  static let subscripted = NativeFunction.failing("subscript", 2) { arguments throws(QueryFault) in
    let index = arguments.integer(1)
    guard index != 0 else { throw fault("SQL array indices start at 1") }
    guard index > 0 else { throw fault("Array subscript is negative: \(index)") }
    guard let item = arguments[0].item(index - 1) else {
      throw fault(
        "Array subscript must be less than or equal to array length: \(index) > \(arguments[0].itemCount)")
    }
    return item
  }

  static let joined = NativeFunction.failing("joined", -1) { arguments throws(QueryFault) in
    guard arguments.reduce(0, { $0 + ($1.blob?.count ?? 0) }) <= NativeFunction.sizeLimit else {
      throw NativeFunction.tooLarge
    }
    // A list is its items, one behind the other.
    return .blob(arguments.flatMap { $0.blob ?? [] })
  }

  private static func text(_ texts: [String], _ separator: String) throws(QueryFault) -> SQLValue {
    let size = texts.reduce(0) { $0 + $1.utf8.count + separator.utf8.count }
    guard size <= NativeFunction.sizeLimit else { throw NativeFunction.tooLarge }
    return .text(texts.joined(separator: separator))
  }

  /// `array_join` of items that are texts already, without nulls or with a text in their place.
  static let joinTexts = NativeFunction.failing("array_join", 2) { arguments throws(QueryFault) in
    try text(arguments[0].items.compactMap(\.text), arguments.text(1))
  }
  static let joinAllTexts = NativeFunction.failing("array_join_all", 3) { arguments throws(QueryFault) in
    try text(arguments[0].items.map { $0.text ?? arguments.text(2) }, arguments.text(1))
  }

  // MARK: Taking

  private static let elementAt = NativeFunction.failing("element_at", 2) { arguments throws(QueryFault) in
    let index = arguments.integer(1)
    guard index != 0 else { throw fault("SQL array indices start at 1") }
    return arguments[0].item(index > 0 ? index - 1 : Int64(arguments[0].itemCount) + index) ?? .null
  }

  private static let slice = NativeFunction.failing("slice", 3) { arguments throws(QueryFault) in
    let items = arguments[0].items
    let (start, length) = (arguments.integer(1), arguments.integer(2))
    guard start != 0 else { throw fault("SQL array indices start at 1") }
    guard length >= 0 else { throw fault("length must be greater than or equal to 0") }
    let first = start > 0 ? start - 1 : Int64(items.count) + start
    guard (0..<Int64(items.count)).contains(first) else { return .list([]) }
    return .list(items[Int(first)...].prefix(Int(clamping: length)))
  }

  private static let taking: [SQLFunction] = [
    SQLFunction(
      [.array(.t)], .bigint, .strict("cardinality", 1) { .integer(Int64($0[0].itemCount)) }),
    SQLFunction([.array(.t), .bigint], .t, elementAt),
    SQLFunction([.array(.t), .bigint, .bigint], .array(.t), slice),
  ]

  // MARK: Finding

  private static let overlap = NativeFunction.strict("arrays_overlap", 2) { arguments in
    let (one, other) = (arguments[0].items, arguments[1].items)
    let known = Set(one).subtracting([.null])
    if other.contains(where: known.contains) { return .integer(1) }
    return !one.isEmpty && !other.isEmpty && (one.contains(.null) || other.contains(.null)) ? .null : .integer(0)
  }

  private static let finding: [SQLFunction] = [
    SQLFunction(
      [.array(.t), .t], .boolean,
      .strict("contains", 2) { arguments in
        let items = arguments[0].items
        return items.contains(arguments[1]) ? .integer(1) : items.contains(.null) ? .null : .integer(0)
      }),
    SQLFunction(
      [.array(.t), .t], .bigint,
      .strict("array_position", 2) { arguments in
        .integer(Int64((arguments[0].items.firstIndex(of: arguments[1]) ?? -1) + 1))
      }),
    SQLFunction([.array(.t), .array(.t)], .boolean, overlap),
    // A null among the items makes the result null.
    SQLFunction(
      [.array(.ordered("T"))], .ordered("T"),
      onItems("array_max") { $0.contains(.null) ? .null : $0.max(by: SQLValue.areInOrder) ?? .null }),
    SQLFunction(
      [.array(.ordered("T"))], .ordered("T"),
      onItems("array_min") { $0.contains(.null) ? .null : $0.min(by: SQLValue.areInOrder) ?? .null }),
  ]

  // MARK: Making

  static let flattened = onItems("flatten") { .list($0.flatMap(\.items)) }
  private static let distinctItems = onItems("array_distinct") { .list(distinct($0)) }
  private static let reversed = onItems("list_reverse") { .list($0.reversed()) }

  /// The shorter lists end in nulls; a list that is null has no items.
  static let zip = NativeFunction.raw("zip", -1, canFail: true) { arguments, execution throws(QueryFault) in
    let lists = arguments.map(\.items)
    let count = lists.map(\.count).max() ?? 0
    guard !arguments.contains(.null) || count > 0 else { return .null }
    try execution.spend(count * lists.count)
    return .list((0..<count).map { index in .list(lists.map { index < $0.count ? $0[index] : .null }) })
  }

  private static func selecting(
    _ name: String, _ body: @escaping @Sendable (_ items: [SQLValue], _ others: Set<SQLValue>) -> [SQLValue]
  ) -> SQLFunction {
    SQLFunction(
      [.array(.t), .array(.t)], .array(.t),
      .metered(name, 2) { arguments, execution throws(QueryFault) in
        let (items, others) = (arguments[0].items, arguments[1].items)
        try execution.spend(items.count + others.count)
        return .list(body(items, Set(others)))
      })
  }

  private static let making: [SQLFunction] = [
    SQLFunction("concat", .init([.array(.t), .array(.t)], .array(.t), "\(joined)($*)", isVariadic: true)),
    SQLFunction([.array(.array(.t))], .array(.t), flattened),
    SQLFunction(
      "zip", .init([.array(.t), .array(.u)], .array(.row([.t, .u])), "\(zip)($*)"),
      .init([.array(.t), .array(.u), .array(.any("V"))], .array(.row([.t, .u, .any("V")])), "\(zip)($*)")),
    SQLFunction([.array(.t)], .array(.t), distinctItems),
    SQLFunction("array_union", .init([.array(.t), .array(.t)], .array(.t), "\(distinctItems)(\(joined)($0, $1))")),
    selecting("array_except") { items, others in distinct(items).filter { !others.contains($0) } },
    selecting("array_intersect") { items, others in distinct(items).filter(others.contains) },
    SQLFunction("reverse", .init([.array(.t)], .array(.t), "\(reversed)($0)")),
    SQLFunction([.array(.t)], .array(.t), onItems("shuffle") { .list($0.shuffled()) }.volatile),
    // Nulls last.
    SQLFunction(
      [.array(.ordered("T"))], .array(.ordered("T")),
      onItems("array_sort") { .list($0.sorted { $0 != .null && ($1 == .null || SQLValue.areInOrder($0, $1)) }) }),
    SQLFunction(
      [.array(.t), .t], .array(.t),
      .strict("array_remove", 2) { arguments in .list(arguments[0].items.filter { $0 != arguments[1] }) }),
    // Its items become texts first, which the binder does by itself.
    SQLFunction("array_join", .init([.array(.varchar), .varchar, .varchar], .varchar, "\(joinAllTexts)($*)")),
  ]

  // MARK: Many from few

  private static let ngrams = NativeFunction.metered("ngrams", 2) { arguments, execution throws(QueryFault) in
    let (items, size) = (arguments[0].items, arguments.integer(1))
    guard size > 0 else { throw fault("N must be positive") }
    guard size < items.count else { return .list([.list(items)]) }
    let bytes = arguments[0].blob?.count ?? 0
    guard Double(bytes) * Double(min(size, Int64(items.count) - size + 1)) <= Double(NativeFunction.sizeLimit) else {
      throw NativeFunction.tooLarge
    }
    var list = QueryList()
    for start in 0...(items.count - Int(size)) {
      try execution.spend(Int(size))
      list.append(.list(items[start..<start + Int(size)]))
    }
    return .blob(list.bytes)
  }

  private static let combinations = NativeFunction.metered("combinations", 2) {
    arguments, execution throws(QueryFault) in
    let (items, size) = (arguments[0].items, arguments.integer(1))
    guard size >= 0 else { throw fault("combination size must not be negative: \(size)") }
    guard size <= 5 else { throw fault("combination size must not exceed 5: \(size)") }
    guard size <= items.count else { return .list([]) }
    // What the items of all combinations take, from below.
    let sizes = items.map { $0.blob?.count ?? $0.text?.utf8.count ?? 8 }
    var bytes = 0
    var chosen: [[SQLValue]] = [[]]
    var ends = [0]
    for _ in 0..<size {
      var (next, nextEnds): ([[SQLValue]], [Int]) = ([], [])
      for (part, end) in Swift.zip(chosen, ends) {
        try execution.spend(items.count - end)
        for index in end..<items.count {
          next.append(part + [items[index]])
          nextEnds.append(index + 1)
        }
        guard next.count <= 100_000 else { throw fault("combinations exceed max size") }
        bytes += sizes[end...].reduce(0, +)
        guard bytes <= NativeFunction.sizeLimit else { throw NativeFunction.tooLarge }
      }
      (chosen, ends) = (next, nextEnds)
    }
    return .list(chosen.map { .list($0) })
  }

  private static let repeated = NativeFunction.raw("repeat", 2, canFail: true) { arguments, _ throws(QueryFault) in
    guard let count = arguments[1].integer else { return .null }
    guard count <= 100_000 else {
      throw fault("count argument of repeat function must be less than or equal to 100000")
    }
    guard count >= 0 else { throw fault("count argument of repeat function must be greater than or equal to 0") }
    let value = SQLValue.list([arguments[0]])
    guard (value.blob?.count ?? 0) * Int(count) <= 4 << 20 else {
      throw fault("result of repeat function must not take more than 4194304 bytes")
    }
    return .list(Array(repeating: arguments[0], count: Int(count)))
  }

  private static let counting: [SQLFunction] = [
    SQLFunction([.array(.t), .bigint], .array(.array(.t)), ngrams),
    SQLFunction([.array(.t), .bigint], .array(.array(.t)), combinations),
    SQLFunction([.t, .bigint], .array(.t), repeated),
    Sequences.function,
  ]
}
