import SQLiteStore

/// Sum and mean of numbers as doubles.
struct SumState: MergeableState {
  let isMean: Bool
  private var sum = 0.0
  private var count = 0.0

  init(isMean: Bool) { self.isMean = isMean }

  static func row(_ arguments: [SQLValue]) -> Double? { arguments[0].double }

  mutating func add(_ value: Double) {
    sum += value
    count += 1
  }

  mutating func append(_ later: SumState) {
    sum += later.sum
    count += later.count
  }

  func value() -> SQLValue { count == 0 ? .null : .real(isMean ? sum / count : sum) }
}

/// The sum of whole numbers, which may be too large on its way.
struct WholeSumState: MergeableState {
  private var sum: Int128?

  static func row(_ arguments: [SQLValue]) -> Int64? { arguments[0].integer }
  mutating func add(_ value: Int64) { sum = (sum ?? 0) + Int128(value) }
  mutating func append(_ later: WholeSumState) { if let other = later.sum { sum = (sum ?? 0) + other } }

  func value() throws(QueryFault) -> SQLValue {
    guard let sum else { return .null }
    guard let number = Int64(exactly: sum) else { throw QueryFault(message: "bigint addition overflow") }
    return .integer(number)
  }
}

/// What moments of numbers come to.
struct MomentState: MergeableState {
  let result: @Sendable (Moments) -> Double?
  private var moments = Moments()

  init(result: @escaping @Sendable (Moments) -> Double?) { self.result = result }

  static func row(_ arguments: [SQLValue]) -> Double? { arguments[0].double }
  mutating func add(_ value: Double) { moments.add(value) }
  mutating func append(_ later: MomentState) { moments.append(later.moments) }
  func value() -> SQLValue { result(moments).map { .real($0) } ?? .null }
}

/// What pairs of numbers come to.
struct PairState: MergeableState {
  let result: @Sendable (Pairs) -> Double?
  private var pairs = Pairs()

  init(result: @escaping @Sendable (Pairs) -> Double?) { self.result = result }

  static func row(_ arguments: [SQLValue]) -> (y: Double, x: Double)? {
    guard let y = arguments[0].double, let x = arguments[1].double else { return nil }
    return (y, x)
  }

  mutating func add(_ row: (y: Double, x: Double)) { pairs.add(row.y, row.x) }
  mutating func append(_ later: PairState) { pairs.append(later.pairs) }
  func value() -> SQLValue { result(pairs).map { .real($0) } ?? .null }
}

/// Bits that all have, or any has.
struct BitState: MergeableState {
  let isAnd: Bool
  private var bits: Int64?

  init(isAnd: Bool) { self.isAnd = isAnd }

  static func row(_ arguments: [SQLValue]) -> Int64? { arguments[0].integer }
  mutating func add(_ value: Int64) { bits = bits.map { isAnd ? $0 & value : $0 | value } ?? value }
  mutating func append(_ later: BitState) { if let bits = later.bits { add(bits) } }
  func value() -> SQLValue { bits.map { .integer($0) } ?? .null }
}

/// A value and the key by which it is chosen.
struct KeyedValue: Sendable {
  let value: SQLValue
  let key: SQLValue

  var size: Int { 48 + value.size + key.size }

  func isBefore(_ other: KeyedValue, isMaximum: Bool) -> Bool {
    isMaximum ? SQLValue.areInOrder(other.key, key) : SQLValue.areInOrder(key, other.key)
  }
}

/// The value with the largest or smallest key; of several, the first that came.
struct ByState: MergeableState {
  let isMaximum: Bool
  private var best: KeyedValue?

  init(isMaximum: Bool) { self.isMaximum = isMaximum }

  static func row(_ arguments: [SQLValue]) -> KeyedValue? {
    arguments[1] == .null ? nil : KeyedValue(value: arguments[0], key: arguments[1])
  }

  var size: Int { best?.size ?? 0 }
  static func size(of row: KeyedValue) -> Int { row.size + MemoryLayout<Self>.size }

  mutating func add(_ row: KeyedValue) {
    if let best, !row.isBefore(best, isMaximum: isMaximum) { return }
    best = row
  }

  mutating func append(_ later: ByState) { if let row = later.best { add(row) } }
  func value() -> SQLValue { best?.value ?? .null }
}

/// The n values with the largest or smallest keys: `(value, key, how many)`, or `(value, how many)` of values that are their own keys.
struct TopState: MergeableState {
  let isMaximum: Bool
  /// In order, those that came first before their equals.
  private var rows: [KeyedValue] = []
  private(set) var size = 0
  private var count = 0

  init(isMaximum: Bool) { self.isMaximum = isMaximum }

  static func row(_ arguments: [SQLValue]) throws(QueryFault) -> (row: KeyedValue, count: Int)? {
    let isKeyed = arguments.count == 3
    let (key, last) = (arguments[arguments.count - 2], arguments[arguments.count - 1])
    guard key != .null, let count = last.integer else { return nil }
    let name = isKeyed ? "third argument of max_by/min_by" : "second argument of max_n/min_n"
    guard count > 0 else {
      throw QueryFault(message: "\(name) must be \(isKeyed ? "a positive integer" : "positive")")
    }
    guard count <= 10_000 else {
      throw QueryFault(message: "\(name) must be less than or equal to 10000; found \(count)")
    }
    return (KeyedValue(value: arguments[0], key: key), Int(count))
  }

  static func size(of row: (row: KeyedValue, count: Int)) -> Int { row.row.size }

  mutating func add(_ row: (row: KeyedValue, count: Int)) {
    count = row.count
    insert(row.row)
  }

  private mutating func insert(_ row: KeyedValue) {
    if rows.count >= count, let last = rows.last, !row.isBefore(last, isMaximum: isMaximum) { return }
    // After all that do not come after it.
    var (low, high) = (0, rows.count)
    while low < high {
      let middle = (low + high) / 2
      if row.isBefore(rows[middle], isMaximum: isMaximum) { high = middle } else { low = middle + 1 }
    }
    rows.insert(row, at: low)
    size += row.size
    while rows.count > count { size -= rows.removeLast().size }
  }

  mutating func append(_ later: TopState) {
    guard later.count > 0 else { return }
    count = later.count
    for row in later.rows { insert(row) }
  }

  func value() -> SQLValue { rows.isEmpty ? .null : .list(rows.map(\.value)) }
}

extension SQLValue {
  /// About as many bytes as the value takes beside itself.
  var size: Int { blob?.count ?? text?.utf8.count ?? 0 }

  /// Whether one comes before another; numbers by value, texts by their bytes.
  static func areInOrder(_ one: SQLValue, _ other: SQLValue) -> Bool {
    switch (one, other) {
    case (.integer(let one), .integer(let other)): one < other
    case (.text(let one), .text(let other)): one.utf8.lexicographicallyPrecedes(other.utf8)
    // NaN comes after all others.
    default: (one.double ?? 0) < (other.double ?? 0) || other.double?.isNaN ?? false && !(one.double?.isNaN ?? false)
    }
  }
}
