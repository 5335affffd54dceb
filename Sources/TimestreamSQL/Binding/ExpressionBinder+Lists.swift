import CacheSupport
import SQLiteStore

/// Arrays, rows, time series, and the functions that take them, with lambdas or without.
extension ExpressionBinder {
  static let maximumLambdaDepth = 10

  // MARK: Making and taking apart

  mutating func array(_ elements: [Expression], _ position: Position) throws(QueryError) -> TypedExpression {
    var items: [TypedExpression] = []
    var type: TimestreamType? = .unknown
    for element in elements {
      items.append(try expression(element))
      type = type.flatMap { TimestreamType.common($0, items[items.count - 1].type) }
    }
    guard let type else { throw QueryError("All ARRAY elements must be the same type", at: position) }
    return Self.list(items.map { $0.coerced(to: type) }, .array(type))
  }

  /// A list of items; one of constants is itself a constant.
  static func list(_ items: [TypedExpression], _ type: TimestreamType) -> TypedExpression {
    var values: [SQLValue] = []
    for item in items {
      guard case .constant(let value) = item.node else { break }
      values.append(value)
    }
    if values.count == items.count { return .constant(.list(values), type) }
    // SQLite's functions take at most 127 arguments.
    guard items.count > 100 else { return .template("\(Lists.list)($*)", items, type) }
    let parts = stride(from: 0, to: items.count, by: 100).map { start in
      list(Array(items[start..<min(start + 100, items.count)]), type)
    }
    return .template("\(Lists.flattened)($0)", [list(parts, type)], type)
  }

  static func field(_ row: TypedExpression, _ index: Int, _ type: TimestreamType) -> TypedExpression {
    .template("\(Lists.field)($0, \(text: String(index)))", [row], type)
  }

  func field(_ row: TypedExpression, _ name: String, _ position: Position) throws(QueryError) -> TypedExpression {
    guard case .row(let members) = row.type else {
      throw QueryError("Expression of type \(row.type.message) has no field '\(name)'", at: position)
    }
    let sought = Field.fold(name)
    guard let index = members.firstIndex(where: { $0.name.map(Field.fold) == sought }) else {
      throw QueryError("Field '\(name)' does not exist in \(row.type.message)", at: position)
    }
    return Self.field(row, index, members[index].type)
  }

  /// A column, or the field of one that is a row: `x.value`.
  func column(_ qualifier: [String], _ name: String, _ position: Position) throws(QueryError) -> TypedExpression {
    do throws(QueryError) { return try scope.resolve(qualifier, name, position) } catch {
      guard let last = qualifier.last, let row = try? scope.resolve(qualifier.dropLast(), last, position),
        case .row = row.type
      else { throw error }
      return try field(row, name, position)
    }
  }

  mutating func subscripted(
    _ list: Expression, _ index: Expression, _ position: Position
  ) throws(QueryError) -> TypedExpression {
    let (typed, place) = (try expression(list), try expression(index))
    if case .row(let members) = typed.type {
      guard case .constant(.integer(let number)) = place.node, members.indices.contains(Int(clamping: number) - 1)
      else {
        throw QueryError("a row's subscript must be a number from 1 to \(members.count)", at: index.position)
      }
      return Self.field(typed, Int(number) - 1, members[Int(number) - 1].type)
    }
    guard let element = typed.type.element, [.integer, .bigint, .unknown].contains(place.type) else {
      throw QueryError(
        "'[]' cannot be applied to \(typed.type.message), \(place.type.message)", at: position)
    }
    return .template("\(Lists.subscripted)($0, $1)", [typed, place], element, isTrying: isTrying)
  }

  /// A list with something made of each item.
  func mapped(
    _ list: TypedExpression, to type: TimestreamType,
    _ body: (TypedExpression) throws(QueryError) -> TypedExpression
  ) throws(QueryError) -> TypedExpression {
    let name = "e\(scope.lambdaDepth)"
    var inner = self
    inner.scope = Scope(parameters: [], in: scope)
    let item = TypedExpression(node: .column("\(name).item", .outer), type: list.type.element ?? .unknown)
    return .template(Lambdas.collected("$1").named(name), [list, try body(item)], type)
  }

  /// `array || array`, `array || item`.
  func joined(_ typed: [TypedExpression], _ position: Position) throws(QueryError) -> TypedExpression {
    var element: TimestreamType? = .unknown
    for operand in typed {
      let own = operand.type == .unknown ? .unknown : operand.type.element ?? operand.type
      element = element.flatMap { TimestreamType.common($0, own) }
    }
    guard let element else { throw Self.operatorError("||", typed[0], typed[1], position) }
    let lists = typed.map { operand in
      operand.type.element != nil || operand.type == .unknown
        ? operand.coerced(to: .array(element)) : Self.list([operand.coerced(to: element)], .array(element))
    }
    return .template("\(Lists.joined)($*)", lists, .array(element), isTrying: isTrying)
  }

  // MARK: Calls

  /// `array_join`, whose items become texts first; nil where it does not take these types.
  func arrayJoin(_ typed: [TypedExpression], _ position: Position) throws(QueryError) -> TypedExpression? {
    guard let element = typed[0].type.element, !element.isList else { return nil }
    let texts = try mapped(typed[0], to: .array(.varchar)) { item throws(QueryError) in
      try cast(item, .varchar, false, position)
    }
    guard typed[1...].allSatisfy({ [.varchar, .unknown].contains($0.type) }) else { return nil }
    let native = typed.count == 2 ? Lists.joinTexts : Lists.joinAllTexts
    return .template("\(native)($*)", [texts] + typed[1...], .varchar, isTrying: isTrying)
  }

  /// A call with lambdas: what is no lambda says what the lambdas' parameters are.
  mutating func lambdaCall(_ call: Expression.Call, _ position: Position) throws(QueryError) -> TypedExpression {
    try checkAggregates(inArgumentsOf: call)
    var typed: [TypedExpression?] = []
    for argument in call.arguments { typed.append(Self.isLambda(argument) ? nil : try expression(argument)) }
    let name = "e\(scope.lambdaDepth)"
    for signature in FunctionTable.scalars[call.name]?.signatures ?? []
    where signature.takesLambda && signature.takes(call.arguments.count) {
      var bindings = TypePattern.Bindings()
      let fits = typed.enumerated().allSatisfy { index, argument in
        let pattern = signature.parameter(index)
        if case .lambda(let parameters, _) = pattern, case .lambda(let names, _) = call.arguments[index].kind {
          return parameters.count == names.count
        }
        return argument.map { bindings.fit(pattern, $0.type) } ?? false
      }
      guard fits else { continue }
      for (index, argument) in call.arguments.enumerated() {
        guard case .lambda(let names, let body) = argument.kind,
          case .lambda(let parameters, let result) = signature.parameter(index)
        else { continue }
        // A result may widen the type of a parameter, as a sum that starts at 0 and becomes a double: then once more.
        for _ in 0..<2 {
          let fields = zip(names, parameters).map { field, parameter in
            Field(
              name: field, relation: nil, database: nil,
              expression: TypedExpression(
                node: .column(parameter.sql.named(name).sql(isTrying: isTrying), .outer),
                type: bindings.type(of: parameter.pattern)))
          }
          let checked = try lambdaBody(body, fields)
          let before = fields.map(\.expression.type)
          guard bindings.fit(result, checked.type) else {
            throw QueryError(
              "Unexpected lambda result \(checked.type.message) for function \(call.name)", at: body.position)
          }
          typed[index] = checked
          if before == parameters.map({ bindings.type(of: $0.pattern) }) { break }
        }
      }
      let arguments = typed.enumerated().compactMap { index, argument -> TypedExpression? in
        let pattern = signature.parameter(index)
        if case .lambda(_, let result) = pattern { return argument?.coerced(to: bindings.type(of: result)) }
        return argument?.coerced(to: bindings.type(of: pattern))
      }
      return .template(
        signature.sql.named(name), arguments, bindings.type(of: signature.result), isTrying: isTrying)
    }
    guard FunctionTable.scalars[call.name] != nil else {
      throw QueryError("Function '\(call.name)' not registered", at: position)
    }
    let types = typed.map { $0?.type.message ?? "function" }.joined(separator: ", ")
    throw QueryError("Unexpected parameters (\(types)) for function \(call.name)", at: position)
  }

  private mutating func lambdaBody(
    _ body: Expression, _ parameters: [Field]
  ) throws(QueryError) -> TypedExpression {
    let around = scope
    // A body may be read twice, and so may what is within it.
    guard around.lambdaDepth < Self.maximumLambdaDepth else {
      throw QueryError("lambdas are nested deeper than \(Self.maximumLambdaDepth)", at: body.position)
    }
    scope = Scope(parameters: parameters, in: around)
    defer { scope = around }
    return try expression(body)
  }

  /// A call with lambdas becomes a query within the query. There SQLite knows an aggregate of this one by its columns alone.
  private func checkAggregates(inArgumentsOf call: Expression.Call) throws(QueryError) {
    for argument in call.arguments {
      if Self.isLambda(argument) {
        try refuseAggregates(in: argument, "Lambda expression")
      } else if let found = Self.firstWindow(in: argument) ?? Self.firstAggregate(in: argument, withColumns: false) {
        throw QueryError(
          "'\(found.name)' within a call with a lambda is not supported by the local cloud: put it into a WITH",
          at: found.position)
      }
    }
  }

  /// The first aggregate that names no column.
  private static func firstAggregate(
    in expression: Expression, withColumns: Bool
  ) -> (name: String, position: Position)? {
    if case .call(let call) = expression.kind, call.window == nil, FunctionTable.isAggregate(call.name) {
      return hasColumn(expression) == withColumns ? (call.name, expression.position) : nil
    }
    for child in expression.children {
      if let found = firstAggregate(in: child, withColumns: withColumns) { return found }
    }
    return nil
  }

  private static func hasColumn(_ expression: Expression) -> Bool {
    if case .column = expression.kind { return true }
    return expression.children.contains(where: hasColumn)
  }
}
