import CSQLite
import CacheSupport

/// What a function of a query fails with: it ends the query, or within TRY becomes null.
struct QueryFault: Error {
  let message: String
  /// Tells our own words from SQLite's in its error message.
  private static let mark = "timestream: "

  var marked: String { Self.mark + message }

  static func words(in message: String) -> String? {
    message.hasPrefix(mark) ? String(message.dropFirst(mark.count)) : nil
  }
}

extension Connection {
  typealias Body = ([SQLValue]) throws(QueryFault) -> SQLValue

  /// Registers what Timestream's SQL has and SQLite has not, and sets comparisons to the service's rules.
  func prepareForQueries() throws(DatabaseError) {
    try execute("PRAGMA case_sensitive_like = ON")
    unsafe sqlite3_limit(raw, SQLITE_LIMIT_LENGTH, Int32(QueryFunctions.sizeLimit))
    let tries = Tries()
    for function in QueryFunctions.all {
      register("ts_\(function.name)", function.count, function.body)
      guard function.canFail else { continue }
      register("ts_try_\(function.name)", function.count, isDeterministic: false) { arguments throws(QueryFault) in
        do throws(QueryFault) { return try function.body(arguments) } catch {
          tries.fail()
          return .null
        }
      }
    }
    register("ts_try_begin", 0, isDeterministic: false) { _ in
      tries.begin()
      return .integer(1)
    }
    register("ts_try_end", 1, isDeterministic: false) { arguments in tries.end() ? .null : arguments[0] }
    try EachTable.register(self)
    for aggregate in QueryAggregates.all {
      register("ts_\(aggregate.name)", aggregate.count) { aggregate.make(false) }
      register("ts_over_\(aggregate.name)", aggregate.count) { aggregate.make(true) }
    }
  }

  /// Runs statements for at most a time, or until all must end; then SQLite interrupts the one that runs.
  func limited<Value>(
    to limit: Duration, unless isStopped: @escaping () -> Bool, _ body: () throws -> Value
  ) rethrows -> Value {
    let deadline = Deadline(limit, isStopped)
    return try withExtendedLifetime(deadline) {
      unsafe sqlite3_progress_handler(
        raw, 10_000,
        { pointer in
          guard let pointer = unsafe pointer else { return 0 }
          return unsafe Unmanaged<Deadline>.fromOpaque(pointer).takeUnretainedValue().hasPassed ? 1 : 0
        }, unsafe Unmanaged.passUnretained(deadline).toOpaque())
      defer { unsafe sqlite3_progress_handler(raw, 0, nil, nil) }
      return try body()
    }
  }

  /// A function; what is not deterministic SQLite does not work out beforehand. The body travels as the function's user data.
  private func register(_ name: String, _ count: Int, isDeterministic: Bool = true, _ body: @escaping Body) {
    let box = unsafe Unmanaged.passRetained(FunctionBox(body)).toOpaque()
    unsafe sqlite3_create_function_v2(
      raw, name, Int32(count), SQLITE_UTF8 | (isDeterministic ? SQLITE_DETERMINISTIC : 0), box,
      { context, count, arguments in
        guard let data = unsafe sqlite3_user_data(context) else { return }
        let function = unsafe Unmanaged<FunctionBox>.fromOpaque(data).takeUnretainedValue()
        do throws(QueryFault) {
          unsafe QueryFunctions.reply(try function.body(QueryFunctions.values(count, arguments)), context)
        } catch { unsafe QueryFunctions.fail(error, context) }
      }, nil, nil, { data in if let data = unsafe data { unsafe Unmanaged<FunctionBox>.fromOpaque(data).release() } })
  }

  /// An aggregate that can also run over a window.
  private func register(_ name: String, _ count: Int, _ make: @escaping @Sendable () -> any QueryAggregate) {
    let box = unsafe Unmanaged.passRetained(AggregateBox(make)).toOpaque()
    unsafe sqlite3_create_window_function(
      raw, name, Int32(count), SQLITE_UTF8, box,
      { context, count, arguments in
        guard let state = unsafe aggregate(of: context, makes: true) else { return }
        do throws(QueryFault) { try unsafe state.aggregate.add(QueryFunctions.values(count, arguments)) } catch {
          unsafe QueryFunctions.fail(error, context)
        }
      },
      { context in
        // Without a row there is no state, and what SQLite gives for a missing one is freed here.
        guard let state = unsafe aggregate(of: context, makes: false) else {
          return unsafe sqlite3_result_null(context)
        }
        unsafe QueryFunctions.reply(state.aggregate.value, context)
        unsafe Unmanaged.passUnretained(state).release()
      },
      { context in
        guard let state = unsafe aggregate(of: context, makes: false) else {
          return unsafe sqlite3_result_null(context)
        }
        unsafe QueryFunctions.reply(state.aggregate.value, context)
      },
      { context, count, arguments in
        guard let state = unsafe aggregate(of: context, makes: true) else { return }
        unsafe state.aggregate.remove(QueryFunctions.values(count, arguments))
      }, { data in if let data = unsafe data { unsafe Unmanaged<AggregateBox>.fromOpaque(data).release() } })
  }
}

/// What failed within `TRY`: anything makes the whole of it null.
///
/// `CASE WHEN ts_try_begin() THEN ts_try_end(…) END` begins, works the expression out, and ends. SQLite calls all on the one thread that
/// runs the statement; one that is broken off leaves its tries behind, which mean nothing to the next.
private final class Tries {
  private var failures: [Bool] = []

  func begin() { failures.append(false) }
  func fail() { if !failures.isEmpty { failures[failures.count - 1] = true } }
  func end() -> Bool { failures.popLast() ?? false }
}

private final class Deadline {
  private let end: ContinuousClock.Instant
  private let isStopped: () -> Bool
  init(_ limit: Duration, _ isStopped: @escaping () -> Bool) {
    end = .now + limit
    self.isStopped = isStopped
  }
  var hasPassed: Bool { isStopped() || ContinuousClock.now > end }
}

/// An aggregate while rows come and, over a window, go.
protocol QueryAggregate: AnyObject {
  func add(_ arguments: [SQLValue]) throws(QueryFault)
  func remove(_ arguments: [SQLValue])
  var value: SQLValue { get }
}

private final class FunctionBox {
  let body: Connection.Body
  init(_ body: @escaping Connection.Body) { self.body = body }
}

private final class AggregateBox {
  let make: @Sendable () -> any QueryAggregate
  init(_ make: @escaping @Sendable () -> any QueryAggregate) { self.make = make }
}

private final class AggregateState {
  let aggregate: any QueryAggregate
  init(_ aggregate: any QueryAggregate) { self.aggregate = aggregate }
}

/// The state that SQLite keeps for one group: a pointer in memory of its own, retained until the group's end.
private func aggregate(of context: OpaquePointer?, makes: Bool) -> AggregateState? {
  let size = unsafe Int32(makes ? MemoryLayout<UnsafeMutableRawPointer?>.size : 0)
  guard let memory = unsafe sqlite3_aggregate_context(context, size) else { return nil }
  let slot = unsafe memory.assumingMemoryBound(to: UnsafeMutableRawPointer?.self)
  if let pointer = unsafe slot.pointee {
    return unsafe Unmanaged<AggregateState>.fromOpaque(pointer).takeUnretainedValue()
  }
  guard makes, let data = unsafe sqlite3_user_data(context) else { return nil }
  let state = AggregateState(unsafe Unmanaged<AggregateBox>.fromOpaque(data).takeUnretainedValue().make())
  unsafe slot.pointee = Unmanaged.passRetained(state).toOpaque()
  return state
}

extension QueryFunctions {
  /// The largest text or list that a query makes on its way, bytes. A page, and so a row of the result, is far smaller.
  static let sizeLimit: Int = 64 << 20
  static let tooLarge = QueryFault(message: "a value is larger than \(sizeLimit >> 20) MB")

  /// The arguments that SQLite hands to a function.
  static func values(_ count: Int32, _ arguments: UnsafeMutablePointer<OpaquePointer?>?) -> [SQLValue] {
    guard let arguments = unsafe arguments else { return [] }
    return (0..<Int(count)).map { index in
      let value = unsafe arguments[index]
      switch unsafe sqlite3_value_type(value) {
      case SQLITE_INTEGER: return .integer(unsafe sqlite3_value_int64(value))
      case SQLITE_FLOAT: return .real(unsafe sqlite3_value_double(value))
      case SQLITE_TEXT:
        guard let bytes = unsafe sqlite3_value_text(value) else { return .null }
        let length = unsafe Int(sqlite3_value_bytes(value))
        return unsafe .text(String(decoding: UnsafeBufferPointer(start: bytes, count: length), as: UTF8.self))
      case SQLITE_BLOB:
        let length = unsafe Int(sqlite3_value_bytes(value))
        guard let bytes = unsafe sqlite3_value_blob(value) else { return .blob([]) }
        let blob = unsafe Array(UnsafeRawBufferPointer(start: bytes, count: length))
        return blob == NotANumber.blob ? .real(.nan) : .blob(blob)
      default: return .null
      }
    }
  }

  /// Gives SQLite a function's result.
  static func reply(_ value: SQLValue, _ context: OpaquePointer?) {
    switch value {
    case .null: unsafe sqlite3_result_null(context)
    case .integer(let number): unsafe sqlite3_result_int64(context, number)
    case .real(let number) where number.isNaN: unsafe reply(.blob(NotANumber.blob), context)
    case .real(let number): unsafe sqlite3_result_double(context, number)
    case .blob(let bytes) where bytes.count > sizeLimit: unsafe sqlite3_result_error_toobig(context)
    case .text(let text) where text.utf8.count > sizeLimit: unsafe sqlite3_result_error_toobig(context)
    case .blob(let bytes):
      unsafe bytes.withUnsafeBytes { unsafe csqlite_result_blob(context, $0.baseAddress, Int32($0.count)) }
    case .text(let text): unsafe csqlite_result_text(context, text, Int32(text.utf8.count))
    }
  }

  static func fail(_ fault: QueryFault, _ context: OpaquePointer?) {
    unsafe sqlite3_result_error(context, fault.marked, Int32(fault.marked.utf8.count))
  }
}
