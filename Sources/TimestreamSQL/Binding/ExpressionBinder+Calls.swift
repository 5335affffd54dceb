import SQLiteStore

/// Calls of functions: scalar, aggregate and window.
extension ExpressionBinder {
  static func signatureError(_ name: String, _ types: [TimestreamType], _ position: Position) -> QueryError {
    QueryError(
      "Unexpected parameters (\(types.map(\.message).joined(separator: ", "))) for function \(name)", at: position)
  }

  mutating func call(_ call: Expression.Call, _ position: Position) throws(QueryError) -> TypedExpression {
    if let window = call.window { return try self.window(call, window, position) }
    if FunctionTable.isAggregate(call.name) {
      guard !isInAggregate else {
        throw QueryError("Cannot nest aggregations inside aggregation '\(call.name)'", at: position)
      }
      isInAggregate = true
      // Its rows are gone through before the TRY around it begins: what fails there fails.
      let wasTrying = isTrying
      isTrying = false
      defer { (isInAggregate, isTrying) = (false, wasTrying) }
      let (aggregate, wrapper, type) = try self.aggregate(call, position)
      return Self.wrapped(TypedExpression(node: .aggregate(aggregate), type: type), wrapper, type)
    }
    if FunctionTable.windows[call.name] != nil {
      throw QueryError("Window function \(call.name) requires an OVER clause", at: position)
    }
    if call.isDistinct || call.filter != nil || !call.ordering.isEmpty {
      throw QueryError(
        "DISTINCT, FILTER and ORDER BY can only be applied to aggregations: \(call.name)", at: position)
    }
    let special = SpecialFunction(rawValue: call.name)
    if special == .attempt {
      guard call.arguments.count == 1 else {
        throw QueryError("The 'try' function must have exactly one argument", at: position)
      }
      let before = isTrying
      isTrying = true
      defer { isTrying = before }
      let typed = try expression(call.arguments[0])
      return .template(
        "(CASE WHEN \(Operators.tryBegin)() THEN \(Operators.tryEnd)($0) END)", [typed], typed.type)
    }
    if call.arguments.contains(where: Self.isLambda) { return try lambdaCall(call, position) }
    var typed: [TypedExpression] = []
    for argument in call.arguments { typed.append(try expression(argument)) }
    if let found = try known(call.name, typed, position) { return found }
    // A text that is a time may stand where one is wanted: bin('2022-06-17', 1h).
    let timed = typed.map { argument in
      if case .constant(.text(let text)) = argument.node, let instant = TimestreamType.nanoseconds(text) {
        return TypedExpression.constant(.integer(instant), .timestamp)
      }
      return argument
    }
    if timed.map(\.type) != typed.map(\.type), let found = try known(call.name, timed, position) {
      return found
    }
    guard FunctionTable.isKnown(call.name) else {
      throw QueryError("Function '\(call.name)' not registered", at: position)
    }
    throw Self.signatureError(call.name, typed.map(\.type), position)
  }

  /// The call of a function over these types; nil where there is none.
  private mutating func known(
    _ name: String, _ typed: [TypedExpression], _ position: Position
  ) throws(QueryError) -> TypedExpression? {
    if let special = SpecialFunction(rawValue: name), special.arguments.contains(typed.count),
      let found = try self.special(special, typed, position)
    {
      return found
    }
    for signature in FunctionTable.scalars[name]?.signatures ?? [] where signature.takes(typed.count) {
      var bindings = TypePattern.Bindings()
      let fits = typed.enumerated().allSatisfy { bindings.fit(signature.parameter($0), $1.type) }
      guard fits else { continue }
      if let wrong = signature.refusal?(typed) { throw QueryError(wrong, at: position) }
      let arguments = typed.enumerated().map { $1.coerced(to: bindings.type(of: signature.parameter($0))) }
      return .template(signature.sql, arguments, bindings.type(of: signature.result), isTrying: isTrying)
    }
    return nil
  }

  private static func wrapped(_ inner: TypedExpression, _ wrapper: SQLTemplate?, _ type: TimestreamType)
    -> TypedExpression
  {
    wrapper.map { .template($0, [inner], type) } ?? inner
  }

  // MARK: Aggregates

  /// SQLite's aggregate, what is done with its result, and the type.
  mutating func aggregate(
    _ call: Expression.Call, _ position: Position
  ) throws(QueryError) -> (TypedExpression.Aggregate, SQLTemplate?, TimestreamType) {
    let around = scope
    scope = scope.withoutOutputs
    defer { scope = around }
    var typed: [TypedExpression] = []
    for argument in call.arguments { typed.append(try expression(argument)) }
    let filter = try call.filter.map { expression throws(QueryError) in try boolean(expression, "FILTER clause") }
    let traits = typed.reduce(into: TypedTraits()) { $0.formUnion($1.traits) }
    // SQLite would take it for the outer query's.
    if traits.contains(.outerColumn), !traits.contains(.ownColumn), scope.parent != nil, scope.lambdaDepth == 0 {
      throw QueryError(
        "an aggregation over columns of an outer query alone is not supported: \(call.name)", at: position)
    }
    if call.isStar {
      return (.init(function: .sqlite("count"), arguments: [], isStar: true, filter: filter), nil, .bigint)
    }
    guard let (found, bindings) = FunctionTable.aggregates[call.name]?.matching(typed.map(\.type)) else {
      throw Self.signatureError(call.name, typed.map(\.type), position)
    }
    let result = bindings.type(of: found.result)
    let isDistinct = call.isDistinct || found.isDistinct
    for (index, pattern) in found.parameters.enumerated() {
      if case .exactly(let type) = pattern { typed[index] = typed[index].coerced(to: type) }
    }
    if let order = found.order { typed = order.map { $0.map { typed[$0] } ?? .constant(.integer(1), .integer) } }
    if isDistinct, typed.count > 1 {
      throw QueryError("DISTINCT with more than one argument is not supported by the local cloud", at: position)
    }
    if call.name == "array_agg", !call.ordering.isEmpty {
      guard !isDistinct else {
        throw QueryError("DISTINCT with ORDER BY is not supported by the local cloud: array_agg", at: position)
      }
      var keys: [TypedExpression] = []
      for order in call.ordering {
        let key = try expression(order.expression)
        guard !key.type.isList else {
          throw QueryError("Type \(key.type.message) is not orderable", at: order.expression.position)
        }
        keys.append(key)
      }
      // A letter for each key: ascending or descending, in capitals where nulls come first.
      let directions = call.ordering.map { order in
        let letter = order.isAscending ? "a" : "d"
        return order.nullsFirst ?? false ? letter.uppercased() : letter
      }
      typed = [typed[0], Self.list(keys, .unknown), .constant(.text(directions.joined()), .varchar)]
      return (.init(function: .native(ListAggregates.ordered), arguments: typed, filter: filter), nil, result)
    }
    if let argument = found.argument { typed = typed.map { .template(argument, [$0], $0.type) } }
    let function: TypedExpression.Aggregate.Function =
      switch found.call {
      case .native(let native): .native(native)
      // SQLite's own would count a NaN as zero, and take what leaves a window from a rounded sum.
      case .sqlite(_, let native?) where typed[0].mayBeNaN || call.window?.losesRows ?? false: .native(native)
      case .sqlite(let name, _): .sqlite(name)
      }
    return (.init(function: function, arguments: typed, isDistinct: isDistinct, filter: filter), found.wrapper, result)
  }

  // MARK: Windows

  mutating func window(
    _ call: Expression.Call, _ window: Window, _ position: Position
  ) throws(QueryError) -> TypedExpression {
    // As with an aggregation, its rows are gone through before a TRY around it begins.
    let wasTrying = isTrying
    isTrying = false
    defer { isTrying = wasTrying }
    for part in call.arguments + window.expressions {
      if let nested = Self.firstWindow(in: part) {
        throw QueryError("Cannot nest window functions inside window function '\(call.name)'", at: nested.position)
      }
    }
    var typedWindow = TypedWindow(partition: [], ordering: [])
    for expression in window.partition { typedWindow.partition.append(try self.expression(expression)) }
    for order in window.ordering {
      typedWindow.ordering.append(
        .init(
          key: .expression(try expression(order.expression)), isAscending: order.isAscending,
          nullsFirst: order.nullsFirst ?? false))
    }
    if let frame = window.frame {
      typedWindow.frame = (
        frame.unit, try bound(frame.start, frame.unit, typedWindow, position),
        try bound(frame.end, frame.unit, typedWindow, position)
      )
    }
    if FunctionTable.isAggregate(call.name) {
      if call.isDistinct {
        throw QueryError("DISTINCT in window function parameters not yet supported: \(call.name)", at: position)
      }
      var (aggregate, wrapper, type) = try self.aggregate(call, position)
      aggregate.losesRows = window.losesRows
      return Self.wrapped(TypedExpression(node: .window(aggregate, typedWindow), type: type), wrapper, type)
    }
    if call.ignoresNulls {
      guard ["first_value", "last_value"].contains(call.name), call.arguments.count == 1 else {
        throw QueryError("IGNORE NULLS of \(call.name) is not supported by the local cloud", at: position)
      }
      let argument = try expression(call.arguments[0])
      let native = call.name == "first_value" ? ListAggregates.firstPresent : ListAggregates.lastPresent
      return TypedExpression(
        node: .window(
          .init(function: .native(native), losesRows: window.losesRows, arguments: [argument]), typedWindow),
        type: argument.type)
    }
    guard let function = FunctionTable.windows[call.name] else {
      throw QueryError("Function '\(call.name)' not registered", at: position)
    }
    var typed: [TypedExpression] = []
    for argument in call.arguments { typed.append(try expression(argument)) }
    guard function.arguments.contains(typed.count) else {
      throw Self.signatureError(call.name, typed.map(\.type), position)
    }
    let type: TimestreamType =
      switch function.result {
      case .bigint: .bigint
      case .double: .double
      case .argument: typed[0].type
      }
    if typed.count == 3 { typed[2] = typed[2].coerced(to: type) }
    for (index, bound) in function.bounds where index < typed.count {
      typed[index] = .template(bound, [typed[index]], typed[index].type)
    }
    return TypedExpression(
      node: .window(.init(function: .sqlite(function.name), arguments: typed), typedWindow), type: type)
  }

  private mutating func bound(
    _ bound: Window.Bound, _ unit: String, _ window: TypedWindow, _ position: Position
  ) throws(QueryError) -> TypedWindow.Bound {
    switch bound {
    case .unboundedPreceding: return .fixed("UNBOUNDED PRECEDING")
    case .currentRow: return .fixed("CURRENT ROW")
    case .unboundedFollowing: return .fixed("UNBOUNDED FOLLOWING")
    case .preceding(let offset), .following(let offset):
      let typed = try expression(offset)
      let isRange = unit == "RANGE"
      let fits = isRange ? typed.type.isNumeric || typed.type == .interval : [.integer, .bigint].contains(typed.type)
      guard fits, !isRange || window.ordering.count == 1 else {
        throw QueryError(
          "Window frame \(unit) offset must be \(isRange ? "a number or an interval, with one sort key" : "a whole number")",
          at: offset.position)
      }
      if case .preceding = bound { return .offset(typed, "PRECEDING") }
      return .offset(typed, "FOLLOWING")
    }
  }
}
