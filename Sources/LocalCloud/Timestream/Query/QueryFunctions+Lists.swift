/// Functions of arrays and rows, as Trino has them.
extension QueryFunctions {
  /// Items that `sequence` may make, as in Trino.
  private static let itemLimit: Int64 = 10_000

  private static func onList(
    _ name: String, _ body: @escaping @Sendable ([SQLValue]) -> SQLValue
  ) -> Function {
    strict(name, 1) { arguments in body(arguments[0].items) }
  }

  private static func fault(_ message: String) -> QueryFault { QueryFault(message: message) }

  /// The items, each but once, in the order of their first appearance.
  private static func distinct(_ items: [SQLValue]) -> [SQLValue] {
    var seen: Set<SQLValue> = []
    return items.filter { seen.insert($0).inserted }
  }

  static let lists: [Function] = taking + finding + making

  private static func joined(_ texts: [String], _ separator: String) throws(QueryFault) -> SQLValue {
    let size = texts.reduce(0) { $0 + $1.utf8.count + separator.utf8.count }
    guard size <= sizeLimit else { throw tooLarge }
    return .text(texts.joined(separator: separator))
  }

  private static let taking: [Function] = [
    onList("cardinality") { items in .integer(Int64(items.count)) },
    strict("field", 2) { arguments in
      let items = arguments[0].items
      return arguments[1].integer.flatMap { items.indices.contains(Int($0)) ? items[Int($0)] : nil } ?? .null
    },
    // The item at a place among the bytes, and the place behind it: how `reduce` walks.
    strict("item", 2) { arguments in
      QueryList.item(of: (arguments[0].blob ?? []), at: Int(arguments[1].integer ?? 0))?.value ?? .null
    },
    strict("after", 2) { arguments in
      let bytes = arguments[0].blob ?? []
      let end = QueryList.item(of: bytes, at: Int(arguments[1].integer ?? 0))?.end
      return .integer(Int64(end ?? bytes.count))
    },
    strict("element_at", 2, canFail: true) { arguments throws(QueryFault) in
      let (items, index) = (arguments[0].items, arguments[1].integer ?? 0)
      guard index != 0 else { throw fault("SQL array indices start at 1") }
      let place = index > 0 ? index - 1 : Int64(items.count) + index
      return (0..<Int64(items.count)).contains(place) ? items[Int(place)] : .null
    },
    strict("subscript", 2, canFail: true) { arguments throws(QueryFault) in
      let (items, index) = (arguments[0].items, arguments[1].integer ?? 0)
      guard index != 0 else { throw fault("SQL array indices start at 1") }
      guard index > 0 else { throw fault("Array subscript is negative: \(index)") }
      guard index <= items.count else {
        throw fault("Array subscript must be less than or equal to array length: \(index) > \(items.count)")
      }
      return items[Int(index) - 1]
    },
    strict("slice", 3, canFail: true) { arguments throws(QueryFault) in
      let items = arguments[0].items
      let (start, length) = (arguments[1].integer ?? 0, arguments[2].integer ?? 0)
      guard start != 0 else { throw fault("SQL array indices start at 1") }
      guard length >= 0 else { throw fault("length must be greater than or equal to 0") }
      let first = start > 0 ? start - 1 : Int64(items.count) + start
      guard (0..<Int64(items.count)).contains(first) else { return .list([]) }
      return .list(items[Int(first)...].prefix(Int(clamping: length)))
    },
    strict("widen", 2) { arguments in ListWidening(text: arguments[1].text ?? "").apply(arguments[0]) },
    strict("array_join", 2, canFail: true) { arguments throws(QueryFault) in
      try joined(arguments[0].items.compactMap(\.text), arguments[1].text ?? "")
    },
    strict("array_join_all", 3, canFail: true) { arguments throws(QueryFault) in
      try joined(arguments[0].items.map { $0.text ?? arguments[2].text ?? "" }, arguments[1].text ?? "")
    },
  ]

  private static let finding: [Function] = [
    strict("contains", 2) { arguments in
      let items = arguments[0].items
      return items.contains(arguments[1]) ? .integer(1) : items.contains(.null) ? .null : .integer(0)
    },
    strict("array_position", 2) { arguments in
      .integer(Int64((arguments[0].items.firstIndex(of: arguments[1]) ?? -1) + 1))
    },
    strict("arrays_overlap", 2) { arguments in
      let (one, other) = (arguments[0].items, arguments[1].items)
      let known = Set(one).subtracting([.null])
      if other.contains(where: known.contains) { return .integer(1) }
      return !one.isEmpty && !other.isEmpty && (one.contains(.null) || other.contains(.null)) ? .null : .integer(0)
    },
    // A null among the items makes the result null.
    onList("array_max") { items in
      items.contains(.null) ? .null : items.max(by: SQLValue.areInOrder) ?? .null
    },
    onList("array_min") { items in
      items.contains(.null) ? .null : items.min(by: SQLValue.areInOrder) ?? .null
    },
  ]

  private static let making: [Function] = [
    Function(name: "list", count: -1, canFail: false) { arguments in .list(arguments) },
    strict("joined", -1, canFail: true) { arguments throws(QueryFault) in
      guard arguments.reduce(0, { $0 + ($1.blob?.count ?? 0) }) <= sizeLimit else { throw tooLarge }
      return .list(arguments.flatMap(\.items))
    },
    onList("flatten") { items in .list(items.flatMap(\.items)) },
    // The shorter lists end in nulls; a list that is null has no items.
    Function(name: "zip", count: -1, canFail: false) { arguments in
      let lists = arguments.map(\.items)
      let count = lists.map(\.count).max() ?? 0
      guard !arguments.contains(.null) || count > 0 else { return .null }
      return .list((0..<count).map { index in .list(lists.map { index < $0.count ? $0[index] : .null }) })
    },
    onList("array_distinct") { items in .list(distinct(items)) },
    onList("list_reverse") { items in .list(items.reversed()) },
    onList("shuffle") { items in .list(items.shuffled()) },
    // Nulls last.
    onList("array_sort") { items in
      .list(items.sorted { $0 != .null && ($1 == .null || SQLValue.areInOrder($0, $1)) })
    },
    strict("array_remove", 2) { arguments in .list(arguments[0].items.filter { $0 != arguments[1] }) },
    strict("array_except", 2) { arguments in
      let others = Set(arguments[1].items)
      return .list(distinct(arguments[0].items).filter { !others.contains($0) })
    },
    strict("array_intersect", 2) { arguments in
      let others = Set(arguments[1].items)
      return .list(distinct(arguments[0].items).filter(others.contains))
    },
    strict("ngrams", 2, canFail: true) { arguments throws(QueryFault) in
      let (items, size) = (arguments[0].items, arguments[1].integer ?? 0)
      guard size > 0 else { throw fault("N must be positive") }
      guard size < items.count else { return .list([.list(items)]) }
      let bytes = arguments[0].blob?.count ?? 0
      guard Double(bytes) * Double(min(size, Int64(items.count) - size + 1)) <= Double(sizeLimit) else {
        throw tooLarge
      }
      return .list((0...(items.count - Int(size))).map { .list(items[$0..<$0 + Int(size)]) })
    },
    strict("combinations", 2, canFail: true) { arguments throws(QueryFault) in
      let (items, size) = (arguments[0].items, arguments[1].integer ?? 0)
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
        for (part, end) in zip(chosen, ends) {
          for index in end..<items.count {
            next.append(part + [items[index]])
            nextEnds.append(index + 1)
          }
          guard next.count <= 100_000 else { throw fault("combinations exceed max size") }
          bytes += sizes[end...].reduce(0, +)
          guard bytes <= sizeLimit else { throw tooLarge }
        }
        (chosen, ends) = (next, nextEnds)
      }
      return .list(chosen.map { .list($0) })
    },
    Function(name: "repeat", count: 2, canFail: true) { arguments throws(QueryFault) in
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
    },
    // Without a step, one in the direction of the end.
    Function(name: "sequence", count: 4, canFail: true) { arguments throws(QueryFault) in
      guard let start = arguments[0].integer, let end = arguments[1].integer,
        arguments[3] == .integer(0) || arguments[2] != .null
      else { return .null }
      let step = arguments[2].integer ?? (start <= end ? 1 : -1)
      try checkStep(step, start, end)
      try checkLength(start, end, step)
      return .list(stride(from: start, through: end, by: Int(step)).map { .integer($0) })
    },
    strict("sequence_days", 3, canFail: true) { arguments throws(QueryFault) in
      let (start, end) = (arguments[0].integer ?? 0, arguments[1].integer ?? 0)
      let (step, rest) = (arguments[2].integer ?? 0).quotientAndRemainder(dividingBy: CalendarMath.day)
      guard rest == 0 else { throw fault("sequence step must be a day interval if start and end values are dates") }
      try checkStep(step, start, end)
      try checkLength(start, end, step)
      return .list(stride(from: start, through: end, by: Int(step)).map { .integer($0) })
    },
    strict("sequence_months", 4, canFail: true) { arguments throws(QueryFault) in
      let unit = arguments[3] == .integer(1) ? CalendarMath.day : 1
      let (start, end) = (arguments[0].integer ?? 0, arguments[1].integer ?? 0)
      let step = arguments[2].integer ?? 0
      try checkStep(step, start, end)
      var items: [SQLValue] = []
      while true {
        // Each from the start: a sum of months is not the months' sum.
        let next = Numbers.floor(try CalendarMath.addMonths(step * Int64(items.count), to: start * unit), unit)
        guard step > 0 ? next <= end : next >= end else { return .list(items) }
        items.append(.integer(next))
        guard items.count <= itemLimit else { throw tooLong }
      }
    },
  ]

  private static let tooLong = QueryFault(message: "result of sequence function must not have more than 10000 entries")

  private static func checkLength(_ start: Int64, _ end: Int64, _ step: Int64) throws(QueryFault) {
    // As doubles nothing overflows; near the limit they are exact.
    guard (Double(end) - Double(start)) / Double(step) < Double(itemLimit) else { throw tooLong }
  }

  private static func checkStep(_ step: Int64, _ start: Int64, _ end: Int64) throws(QueryFault) {
    guard step != 0 else { throw fault("step must not be zero") }
    guard step > 0 ? start <= end : start >= end else {
      throw fault(
        "sequence stop value should be greater than or equal to start value if step is greater than zero otherwise stop should be less than or equal to start"
      )
    }
  }
}
