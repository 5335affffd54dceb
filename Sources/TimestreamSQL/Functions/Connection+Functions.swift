import CSQLite
public import SQLiteStore

extension Connection {
  /// Registers what Timestream's SQL has and SQLite does not, and sets comparisons to the service's rules. Once for each connection
  /// on which a ``QueryPlan`` runs.
  public func prepareForQueries() throws(DatabaseError) {
    unsafe sqlite3_limit(raw, SQLITE_LIMIT_LENGTH, Int32(NativeFunction.sizeLimit))
    SQLiteHeap.limit(to: QueryMemory.sqliteFence)
    let execution = Execution()
    attachment = execution
    for function in FunctionTable.natives {
      register("ts_\(function.name)", function, execution)
      guard function.canFail else { continue }
      register("ts_try_\(function.name)", function.trying, execution)
    }
    for aggregate in FunctionTable.nativeAggregates {
      register("ts_\(aggregate.name)", aggregate, isWindow: false, execution)
      register("ts_over_\(aggregate.name)", aggregate, isWindow: true, execution)
    }
    for like in [Likeness.plain, Likeness.escaped] { register("like", like, execution) }
    try EachTable.register(self, execution)
  }

  /// Runs statements until a budget is over; then SQLite, or the function that runs, ends the one that runs.
  public func limited<Value, Failure: Error>(
    by budget: QueryBudget, _ body: () throws(Failure) -> Value
  ) throws(Failure) -> Value {
    guard let execution = attachment as? Execution else { return try body() }
    execution.begin(budget)
    return try withExtendedLifetime(execution) { () throws(Failure) in
      unsafe sqlite3_progress_handler(
        raw, Execution.stepsBetweenLooks,
        { pointer in
          guard let pointer = unsafe pointer else { return 0 }
          return unsafe Unmanaged<Execution>.fromOpaque(pointer).takeUnretainedValue().mayGoOn() ? 0 : 1
        }, unsafe Unmanaged.passUnretained(execution).toOpaque())
      defer {
        unsafe sqlite3_progress_handler(raw, 0, nil, nil)
        execution.end()
      }
      return try body()
    }
  }

  /// The body travels as the function's user data; what is not deterministic SQLite does not work out beforehand.
  private func register(_ name: String, _ function: NativeFunction, _ execution: Execution) {
    let box = unsafe Unmanaged.passRetained(FunctionBox(function.body, execution)).toOpaque()
    unsafe sqlite3_create_function_v2(
      raw, name, Int32(function.count), SQLITE_UTF8 | (function.isDeterministic ? SQLITE_DETERMINISTIC : 0), box,
      { context, count, arguments in
        guard let data = unsafe sqlite3_user_data(context) else { return }
        let function = unsafe Unmanaged<FunctionBox>.fromOpaque(data).takeUnretainedValue()
        defer { function.execution.endCall() }
        do throws(QueryFault) {
          let values = try unsafe SQLValue.arguments(count, arguments, function.execution)
          unsafe try function.body(values, function.execution).reply(to: context)
        } catch { unsafe error.reply(to: context) }
      }, nil, nil, { data in if let data = unsafe data { unsafe Unmanaged<FunctionBox>.fromOpaque(data).release() } })
  }

  /// An aggregate that can also run over a window.
  private func register(_ name: String, _ aggregate: NativeAggregate, isWindow: Bool, _ execution: Execution) {
    let box = AggregateBox(execution) { aggregate.make(isWindow, execution) }
    unsafe sqlite3_create_window_function(
      raw, name, Int32(aggregate.count), SQLITE_UTF8, Unmanaged.passRetained(box).toOpaque(),
      { context, count, arguments in
        guard let group = unsafe group(of: context, makes: true) else { return }
        defer { group.execution.endCall() }
        do throws(QueryFault) {
          try group.state.add(try unsafe SQLValue.arguments(count, arguments, group.execution))
        } catch { unsafe error.reply(to: context) }
      },
      { context in
        // Without a row there is no state, and what SQLite gives for a missing one is freed here.
        guard let group = unsafe group(of: context, makes: false) else {
          return unsafe sqlite3_result_null(context)
        }
        unsafe group.reply(to: context)
        unsafe Unmanaged.passUnretained(group).release()
      },
      { context in
        guard let group = unsafe group(of: context, makes: false) else {
          return unsafe sqlite3_result_null(context)
        }
        unsafe group.reply(to: context)
      },
      { context, count, arguments in
        guard let group = unsafe group(of: context, makes: true) else { return }
        defer { group.execution.endCall() }
        do throws(QueryFault) {
          try group.state.remove(try unsafe SQLValue.arguments(count, arguments, group.execution))
        } catch { unsafe error.reply(to: context) }
      }, { data in if let data = unsafe data { unsafe Unmanaged<AggregateBox>.fromOpaque(data).release() } })
  }
}

extension NativeFunction {
  /// The form within TRY: what fails is null, and the TRY knows. The end of the query stays what it is.
  fileprivate var trying: NativeFunction {
    let body = body
    return .raw(name, count, isDeterministic: false) { arguments, execution throws(QueryFault) in
      do throws(QueryFault) { return try body(arguments, execution) } catch {
        if error.endsQuery { throw error }
        execution.failTry()
        return .null
      }
    }
  }
}

private final class FunctionBox {
  let body: NativeFunction.Body
  let execution: Execution

  init(_ body: @escaping NativeFunction.Body, _ execution: Execution) {
    self.body = body
    self.execution = execution
  }
}

private final class AggregateBox {
  let make: () -> any AggregateState
  let execution: Execution

  init(_ execution: Execution, _ make: @escaping () -> any AggregateState) {
    self.make = make
    self.execution = execution
  }
}

/// One group, or the frame of a window.
private final class Group {
  let state: any AggregateState
  let execution: Execution

  init(_ box: AggregateBox) {
    state = box.make()
    execution = box.execution
  }

  func reply(to context: OpaquePointer?) {
    do throws(QueryFault) { try unsafe state.value().reply(to: context) } catch { unsafe error.reply(to: context) }
  }
}

/// The state that SQLite keeps for one group: a pointer in memory of its own, retained until the group's end.
private func group(of context: OpaquePointer?, makes: Bool) -> Group? {
  let size = unsafe Int32(makes ? MemoryLayout<UnsafeMutableRawPointer?>.size : 0)
  guard let memory = unsafe sqlite3_aggregate_context(context, size) else { return nil }
  let slot = unsafe memory.assumingMemoryBound(to: UnsafeMutableRawPointer?.self)
  if let pointer = unsafe slot.pointee {
    return unsafe Unmanaged<Group>.fromOpaque(pointer).takeUnretainedValue()
  }
  guard makes, let data = unsafe sqlite3_user_data(context) else { return nil }
  let group = Group(unsafe Unmanaged<AggregateBox>.fromOpaque(data).takeUnretainedValue())
  unsafe slot.pointee = Unmanaged.passRetained(group).toOpaque()
  return group
}
