import SQLiteStore

/// What a function of a query fails with: it ends the query, or within TRY becomes null.
struct QueryFault: Error {
  let message: String
  /// TRY does not keep it from ending the query.
  private(set) var endsQuery = false
  /// Tells our own words from SQLite's in its error message.
  private static let mark = "timestream: "

  init(message: String) { self.message = message }

  private static func ending(_ message: String) -> QueryFault {
    var fault = QueryFault(message: message)
    fault.endsQuery = true
    return fault
  }

  /// The time is over, or nobody waits for the query any more; the budget says which.
  static let interrupted = ending("the query is over")

  static func holdsTooMuch(_ limit: Int) -> QueryFault {
    ending("the query holds more than \(limit >> 20) MB in its functions and aggregations")
  }

  static func allHoldTooMuch(_ limit: Int) -> QueryFault {
    ending("all queries together hold more than \(limit >> 20) MB in their functions and aggregations")
  }

  var marked: String { Self.mark + message }

  static func words(in message: String) -> String? {
    message.hasPrefix(mark) ? String(message.dropFirst(mark.count)) : nil
  }
}

/// A function that SQLite is given, as `ts_NAME`; what can fail also as `ts_try_NAME`, which gives null instead.
struct NativeFunction: Sendable {
  typealias Body = @Sendable ([SQLValue], Execution) throws(QueryFault) -> SQLValue

  let name: String
  /// How many arguments it takes; -1 is any number.
  let count: Int
  let canFail: Bool
  /// False keeps SQLite from working it out beforehand.
  var isDeterministic = true
  /// True where it may give another value each time that it is called.
  var isVolatile = false
  let body: Body
  /// Tells it from another of the same name.
  let identity = Identity()

  final class Identity: Sendable {}

  /// The largest text or list that a query makes on its way, bytes. A page, and so a row of the result, is smaller.
  static let sizeLimit: Int = 4 << 20
  static let tooLarge = QueryFault(message: "a value is larger than \(sizeLimit >> 20) MB")

  /// The name by which SQL calls it.
  func sql(isTrying: Bool) -> String { canFail && isTrying ? "ts_try_\(name)" : "ts_\(name)" }

  /// The same, for one that gives another value each time.
  var volatile: NativeFunction {
    var volatile = self
    (volatile.isDeterministic, volatile.isVolatile) = (false, true)
    return volatile
  }

  /// A function that also gets nulls.
  static func raw(
    _ name: String, _ count: Int, canFail: Bool = false, isDeterministic: Bool = true, _ body: @escaping Body
  ) -> NativeFunction {
    NativeFunction(name: name, count: count, canFail: canFail, isDeterministic: isDeterministic, body: body)
  }

  /// A function that gives null where any of its arguments is null.
  static func strict(
    _ name: String, _ count: Int, _ body: @escaping @Sendable ([SQLValue]) -> SQLValue
  ) -> NativeFunction {
    raw(name, count) { arguments, _ in arguments.contains(.null) ? .null : body(arguments) }
  }

  /// One that gives null where any of its arguments is null, and may fail.
  static func failing(
    _ name: String, _ count: Int, isDeterministic: Bool = true,
    _ body: @escaping @Sendable ([SQLValue]) throws(QueryFault) -> SQLValue
  ) -> NativeFunction {
    raw(name, count, canFail: true, isDeterministic: isDeterministic) { arguments, _ throws(QueryFault) in
      arguments.contains(.null) ? .null : try body(arguments)
    }
  }

  /// One that gives null where any of its arguments is null, may fail, and works long enough to count it.
  static func metered(
    _ name: String, _ count: Int,
    _ body: @escaping @Sendable ([SQLValue], Execution) throws(QueryFault) -> SQLValue
  ) -> NativeFunction {
    raw(name, count, canFail: true) { arguments, execution throws(QueryFault) in
      arguments.contains(.null) ? .null : try body(arguments, execution)
    }
  }
}

extension [SQLValue] {
  /// The whole number at a place; 0 for what is none.
  func integer(_ index: Int) -> Int64 { self[index].integer ?? 0 }

  /// The number at a place; 0 for what is none.
  func double(_ index: Int) -> Double { self[index].double ?? 0 }

  /// The text at a place; empty for what is none.
  func text(_ index: Int) -> String { self[index].text ?? "" }

  func bytes(_ index: Int) -> [UInt8] { [UInt8](text(index).utf8) }
}
