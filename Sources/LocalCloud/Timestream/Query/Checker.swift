/// Resolves the names of a query and finds the type of every expression, before anything runs.
struct Checker {
  private let table: TimestreamStore.Table?
  private let alias: String?
  /// Nanoseconds; one instant for the whole query.
  private let now: Int64
  /// True while an aggregate's argument is checked, where no other aggregate may stand.
  private var isInAggregate = false
  private var grouping: [TypedExpression] = []
  private var isGrouped = false

  init(table: TimestreamStore.Table?, alias: String?, now: Int64) {
    self.table = table
    self.alias = alias
    self.now = now
  }

  // MARK: SELECT

  mutating func check(_ select: Select) throws(QueryError) -> TypedSelect {
    let condition = try select.condition.map { expression throws(QueryError) in
      if let aggregate = Self.firstAggregate(in: expression) {
        throw QueryError("WHERE clause cannot contain aggregations, window functions or grouping operations: [\(aggregate.name)]", at: aggregate.position)
      }
      return try boolean(expression, "WHERE clause")
    }
    isGrouped = !select.grouping.isEmpty
      || select.items.contains { item in
        if case .expression(let expression, _) = item.kind { return Self.firstAggregate(in: expression) != nil }
        return false
      }
    for expression in select.grouping { grouping.append(try groupingKey(expression, select.items)) }
    var outputs: [TypedSelect.Output] = []
    for item in select.items {
      switch item.kind {
      case .all(let qualifier):
        for column in try allColumns(qualifier, item.position) {
          if isGrouped { try checkGrouped(column.expression, column.name, item.position) }
          outputs.append(column)
        }
      case .expression(let expression, let alias):
        let typed = try output(expression)
        outputs.append(.init(name: alias ?? Self.name(of: expression) ?? "_col\(outputs.count)", expression: typed))
      }
    }
    var ordering: [TypedSelect.Order] = []
    for order in select.ordering {
      ordering.append(
        .init(
          key: try orderKey(order.expression, outputs, select.items), isAscending: order.isAscending,
          nullsFirst: order.nullsFirst ?? false))
      if select.isDistinct, case .expression(let key)? = ordering.last?.key,
        !outputs.contains(where: { Self.same($0.expression, key) })
      {
        throw QueryError("For SELECT DISTINCT, ORDER BY expressions must appear in select list", at: order.expression.position)
      }
    }
    return TypedSelect(
      isDistinct: select.isDistinct, outputs: outputs, table: table, condition: condition, grouping: grouping,
      ordering: ordering, limit: select.limit)
  }

  private static func name(of expression: Expression) -> String? {
    if case .column(_, let name) = expression.kind { return name }
    return nil
  }

  private mutating func groupingKey(_ expression: Expression, _ items: [SelectItem]) throws(QueryError) -> TypedExpression {
    guard case .integer(let text) = expression.kind else { return try self.expression(expression) }
    guard let ordinal = Int(text), items.indices.contains(ordinal - 1), case .expression(let item, _) = items[ordinal - 1].kind
    else { throw QueryError("GROUP BY position \(text) is not in select list", at: expression.position) }
    return try self.expression(item)
  }

  private mutating func orderKey(
    _ expression: Expression, _ outputs: [TypedSelect.Output], _ items: [SelectItem]
  ) throws(QueryError) -> TypedSelect.Order.Key {
    if case .integer(let text) = expression.kind {
      guard let ordinal = Int(text), outputs.indices.contains(ordinal - 1) else {
        throw QueryError("ORDER BY position \(text) is not in select list", at: expression.position)
      }
      return .output(ordinal - 1)
    }
    // An output's name hides the table's column, as in the reference's ORDER BY time.
    if case .column(nil, let name) = expression.kind, let index = outputs.firstIndex(where: { $0.name == name }) {
      return .output(index)
    }
    return .expression(try output(expression))
  }

  /// An expression of the output: in a grouped query it may use grouping keys and aggregates alone.
  private mutating func output(_ expression: Expression) throws(QueryError) -> TypedExpression {
    let typed = try self.expression(expression)
    if isGrouped { try checkGrouped(expression) }
    return typed
  }

  private func checkGrouped(_ typed: TypedExpression, _ name: String, _ position: Position) throws(QueryError) {
    guard grouping.contains(where: { Self.same($0, typed) }) else {
      throw QueryError("'\(name)' must be an aggregate expression or appear in GROUP BY clause", at: position)
    }
  }

  private mutating func checkGrouped(_ expression: Expression) throws(QueryError) {
    let typed = try self.expression(expression)
    if grouping.contains(where: { Self.same($0, typed) }) { return }
    switch expression.kind {
    case .null, .boolean, .integer, .decimal, .string, .interval, .timestamp, .countAll: return
    case .column(_, let name): try checkGrouped(typed, name, expression.position)
    case .call(let name, _, _, _) where Functions.aggregates.contains(name): return
    default: for child in expression.children { try checkGrouped(child) }
    }
  }

  /// The same expression: the compiled text and the constants are the same.
  private static func same(_ one: TypedExpression, _ other: TypedExpression) -> Bool {
    var (first, second) = (Compiler(), Compiler())
    return first.text(one) == second.text(other) && first.values == second.values
  }

  private static func firstAggregate(in expression: Expression) -> (name: String, position: Position)? {
    switch expression.kind {
    case .countAll: return ("count", expression.position)
    case .call(let name, _, _, _) where Functions.aggregates.contains(name): return (name, expression.position)
    default:
      for child in expression.children { if let found = firstAggregate(in: child) { return found } }
      return nil
    }
  }

  // MARK: Names

  /// The columns of a table as `*` has them: dimensions, measure_name, time, then measures.
  static func columns(of table: TimestreamStore.Table) -> [TypedSelect.Output] {
    func column(_ column: TimestreamStore.Column) -> TypedSelect.Output {
      let side = column.kind == .dimension ? "s" : "r"
      return .init(name: column.name, expression: TypedExpression(node: .column("\(side).\(column.sql)"), type: column.type))
    }
    guard !table.columns.isEmpty else { return [] }
    return table.columns.filter { $0.kind == .dimension }.map(column)
      + [
        .init(name: "measure_name", expression: TypedExpression(node: .column("s.measure_name"), type: .varchar)),
        .init(name: "time", expression: TypedExpression(node: .column("r.time"), type: .timestamp)),
      ] + table.columns.filter { $0.kind != .dimension }.map(column)
  }

  private func allColumns(_ qualifier: String?, _ position: Position) throws(QueryError) -> [TypedSelect.Output] {
    guard let table else { throw QueryError("SELECT * not allowed in queries without FROM clause", at: position) }
    if let qualifier, qualifier.lowercased() != (alias ?? table.name).lowercased() {
      throw QueryError("Unable to resolve reference \(qualifier)", at: position)
    }
    let columns = Self.columns(of: table)
    guard !columns.isEmpty else { throw QueryError("SELECT * not allowed from relation that has no columns", at: position) }
    return columns
  }

  private func column(_ qualifier: String?, _ name: String, _ position: Position) throws(QueryError) -> TypedExpression {
    let full = qualifier.map { "\($0).\(name)" } ?? name
    let missing = QueryError("Column '\(full)' does not exist", at: position)
    guard let table else { throw missing }
    if let qualifier, qualifier.lowercased() != (alias ?? table.name).lowercased() { throw missing }
    // Names are told apart by case only where two differ in nothing else.
    let columns = Self.columns(of: table)
    if let exact = columns.first(where: { $0.name == name }) { return exact.expression }
    let folded = columns.filter { $0.name.lowercased() == name.lowercased() }
    guard folded.count <= 1 else { throw QueryError("Column '\(full)' is ambiguous", at: position) }
    guard let found = folded.first else { throw missing }
    return found.expression
  }

  // MARK: Expressions

  private mutating func boolean(_ expression: Expression, _ place: String) throws(QueryError) -> TypedExpression {
    let typed = try self.expression(expression)
    guard [.boolean, .unknown].contains(typed.type) else {
      throw QueryError("\(place) must evaluate to a boolean: actual type \(typed.type.message)", at: expression.position)
    }
    return typed
  }

  private mutating func expression(_ expression: Expression) throws(QueryError) -> TypedExpression {
    switch expression.kind {
    case .null: return .constant(.null, .unknown)
    case .boolean(let flag): return .constant(.integer(flag ? 1 : 0), .boolean)
    case .integer(let text):
      guard let value = Int64(text) else { throw QueryError("Invalid numeric literal: \(text)", at: expression.position) }
      return .constant(.integer(value), Int32(exactly: value) == nil ? .bigint : .integer)
    case .decimal(let text):
      guard let value = Double(text), value.isFinite else { throw QueryError("Invalid numeric literal: \(text)", at: expression.position) }
      return .constant(.real(value), .double)
    case .string(let text): return .constant(.text(text), .varchar)
    case .interval(let nanoseconds): return .constant(.integer(nanoseconds), .interval)
    case .timestamp(let text):
      guard let value = TimestreamType.nanoseconds(text) else {
        throw QueryError("'\(text)' is not a valid timestamp literal", at: expression.position)
      }
      return .constant(.integer(value), .timestamp)
    case .column(let qualifier, let name): return try column(qualifier, name, expression.position)
    case .unary(let symbol, let operand): return try unary(symbol, operand)
    case .binary(let symbol, let left, let right): return try binary(symbol, left, right, expression.position)
    case .chain(let symbol, let operands): return try chain(symbol, operands)
    case .between(let value, let low, let high, let isNegated):
      let sides = try comparable([value, low, high], "BETWEEN", expression.position)
      return negated(TypedExpression(node: .between(sides[0], sides[1], sides[2]), type: .boolean), isNegated)
    case .inList(let value, let options, let isNegated):
      let sides = try comparable([value] + options, "IN", expression.position)
      return negated(TypedExpression(node: .isIn(sides[0], Array(sides[1...])), type: .boolean), isNegated)
    case .like(let value, let pattern, let escape, let isNegated):
      let value = try text(value, "LIKE")
      let node = TypedExpression.Node.like(
        value, try text(pattern, "LIKE"), escape: try escape.map { escape throws(QueryError) in try text(escape, "ESCAPE") })
      return negated(TypedExpression(node: node, type: .boolean), isNegated)
    case .isNull(let operand, let isNegated):
      return negated(TypedExpression(node: .isNull(try self.expression(operand)), type: .boolean), isNegated)
    case .cases(let operand, let branches, let otherwise): return try cases(operand, branches, otherwise, expression.position)
    case .cast(let operand, let type, _): return try cast(operand, type, expression.position)
    case .countAll(let filter): return try aggregate("count", nil, false, filter, expression.position)
    case .call(let name, let arguments, let isDistinct, let filter):
      return try call(name, arguments, isDistinct, filter, expression.position)
    }
  }

  private func negated(_ expression: TypedExpression, _ isNegated: Bool) -> TypedExpression {
    isNegated ? TypedExpression(node: .prefix("NOT", expression), type: .boolean) : expression
  }

  private mutating func text(_ expression: Expression, _ place: String) throws(QueryError) -> TypedExpression {
    let typed = try self.expression(expression)
    guard [.varchar, .unknown].contains(typed.type) else {
      throw QueryError("\(place) expression must evaluate to a varchar (actual: \(typed.type.message))", at: expression.position)
    }
    return typed
  }

  private mutating func unary(_ symbol: String, _ operand: Expression) throws(QueryError) -> TypedExpression {
    if symbol == "NOT" {
      return TypedExpression(node: .prefix("NOT", try boolean(operand, "Value of logical NOT expression")), type: .boolean)
    }
    let typed = try expression(operand)
    guard typed.type.isNumeric || [.interval, .unknown].contains(typed.type) else {
      throw QueryError("Cannot negate \(typed.type.message)", at: operand.position)
    }
    return symbol == "-" ? TypedExpression(node: .prefix("-", typed), type: typed.type) : typed
  }

  private mutating func binary(
    _ symbol: String, _ left: Expression, _ right: Expression, _ position: Position
  ) throws(QueryError) -> TypedExpression {
    switch symbol {
    case "=", "<>", "<", "<=", ">", ">=":
      let sides = try comparable([left, right], symbol, position)
      return TypedExpression(node: .infix(symbol, sides[0], sides[1]), type: .boolean)
    default: return try arithmetic(symbol, try expression(left), try expression(right), position)
    }
  }

  private mutating func chain(_ symbol: String, _ operands: [Expression]) throws(QueryError) -> TypedExpression {
    var typed: [TypedExpression] = []
    for operand in operands {
      if symbol == "||" {
        let next = try expression(operand)
        guard [.varchar, .unknown].contains(next.type) else {
          throw Self.operatorError(symbol, typed.last ?? next, next, operand.position)
        }
        typed.append(next)
      } else {
        typed.append(try boolean(operand, "Logical expression term"))
      }
    }
    return TypedExpression(node: .chain(symbol, typed), type: symbol == "||" ? .varchar : .boolean)
  }

  private func arithmetic(
    _ symbol: String, _ left: TypedExpression, _ right: TypedExpression, _ position: Position
  ) throws(QueryError) -> TypedExpression {
    if symbol == "/" || symbol == "%" {
      throw QueryError("the operator '\(symbol)' is not supported by the local cloud", at: position)
    }
    let type: TimestreamType? =
      switch (left.type, symbol, right.type) {
      case (.timestamp, "+", .interval), (.timestamp, "-", .interval), (.interval, "+", .timestamp): .timestamp
      case (.timestamp, "-", .timestamp): .interval
      case (.interval, "+", .interval), (.interval, "-", .interval): .interval
      case (.interval, "*", let type) where type.isNumeric && type != .double: .interval
      case (let type, "*", .interval) where type.isNumeric && type != .double: .interval
      case (let one, _, let other) where one.isNumeric && other.isNumeric: TimestreamType.common(one, other)
      case (.unknown, _, let type) where type.isNumeric: type
      case (let type, _, .unknown) where type.isNumeric: type
      default: nil
      }
    guard let type else { throw Self.operatorError(symbol, left, right, position) }
    return TypedExpression(node: .infix(symbol, left, right), type: type)
  }

  private static func operatorError(
    _ symbol: String, _ left: TypedExpression, _ right: TypedExpression, _ position: Position
  ) -> QueryError {
    QueryError("'\(symbol)' cannot be applied to \(left.type.message), \(right.type.message)", at: position)
  }

  /// Sides that are compared, brought to one type; a text beside a timestamp is read as one.
  private mutating func comparable(
    _ expressions: [Expression], _ symbol: String, _ position: Position
  ) throws(QueryError) -> [TypedExpression] {
    var sides: [TypedExpression] = []
    for expression in expressions { sides.append(try self.expression(expression)) }
    if sides.contains(where: { $0.type == .timestamp }) {
      for (index, side) in sides.enumerated() {
        guard case .constant(.text(let text)) = side.node else { continue }
        guard let value = TimestreamType.nanoseconds(text) else {
          throw QueryError("Value cannot be cast to timestamp: \(text)", at: expressions[index].position)
        }
        sides[index] = .constant(.integer(value), .timestamp)
      }
    }
    var type: TimestreamType? = .unknown
    for side in sides { type = type.flatMap { TimestreamType.common($0, side.type) } }
    guard type != nil else {
      throw QueryError(
        "'\(symbol)' cannot be applied to \(sides.map(\.type.message).joined(separator: ", "))", at: position)
    }
    return sides
  }

  private mutating func cases(
    _ operand: Expression?, _ branches: [(when: Expression, then: Expression)], _ otherwise: Expression?,
    _ position: Position
  ) throws(QueryError) -> TypedExpression {
    var typed: [(when: TypedExpression, then: TypedExpression)] = []
    for branch in branches {
      let condition: TypedExpression
      if let operand {
        let sides = try comparable([operand, branch.when], "=", branch.when.position)
        condition = TypedExpression(node: .infix("=", sides[0], sides[1]), type: .boolean)
      } else {
        condition = try boolean(branch.when, "CASE WHEN clause")
      }
      typed.append((condition, try expression(branch.then)))
    }
    let last = try otherwise.map { expression throws(QueryError) in try self.expression(expression) }
    var type: TimestreamType? = last?.type ?? .unknown
    for branch in typed { type = type.flatMap { TimestreamType.common($0, branch.then.type) } }
    guard let type else { throw QueryError("All CASE results must be the same type", at: position) }
    return TypedExpression(node: .cases(typed, otherwise: last), type: type)
  }

  private mutating func cast(_ operand: Expression, _ type: String, _ position: Position) throws(QueryError) -> TypedExpression {
    let typed = try expression(operand)
    guard let target = TimestreamType(rawValue: type == "int" ? "integer" : type), target != .unknown else {
      throw QueryError("Unknown type: \(type)", at: position)
    }
    switch (typed.type, target) {
    case (let same, let target) where same == target: return typed
    case (.unknown, _), (.integer, .bigint): return TypedExpression(node: typed.node, type: target)
    case (.integer, .double), (.bigint, .double): return TypedExpression(node: .template("CAST($0 AS REAL)", [typed]), type: .double)
    case (.integer, .varchar), (.bigint, .varchar): return TypedExpression(node: .template("CAST($0 AS TEXT)", [typed]), type: .varchar)
    case (.timestamp, .varchar): return TypedExpression(node: .template("ts_text($0)", [typed]), type: .varchar)
    case (.double, .varchar): return TypedExpression(node: .template("ts_double($0)", [typed]), type: .varchar)
    default:
      throw QueryError("a cast from \(typed.type.message) to \(target.message) is not supported by the local cloud", at: position)
    }
  }

  private mutating func aggregate(
    _ name: String, _ argument: Expression?, _ isDistinct: Bool, _ filter: Expression?, _ position: Position
  ) throws(QueryError) -> TypedExpression {
    guard !isInAggregate else { throw QueryError("Cannot nest aggregations inside aggregation '\(name)'", at: position) }
    isInAggregate = true
    defer { isInAggregate = false }
    let typed = try argument.map { expression throws(QueryError) in try self.expression(expression) }
    let condition = try filter.map { expression throws(QueryError) in try boolean(expression, "FILTER clause") }
    guard let type = typed.map({ Functions.aggregate(name, over: $0.type) }) ?? .bigint else {
      throw Self.signatureError(name, typed.map { [$0.type] } ?? [], position)
    }
    return TypedExpression(node: .aggregate(name, typed, isDistinct: isDistinct, filter: condition), type: type)
  }

  private static func signatureError(_ name: String, _ types: [TimestreamType], _ position: Position) -> QueryError {
    QueryError("Unexpected parameters (\(types.map(\.message).joined(separator: ", "))) for function \(name)", at: position)
  }

  private mutating func call(
    _ name: String, _ arguments: [Expression], _ isDistinct: Bool, _ filter: Expression?, _ position: Position
  ) throws(QueryError) -> TypedExpression {
    if Functions.aggregates.contains(name) {
      guard arguments.count == 1 else {
        throw QueryError("the function \(name) with \(arguments.count) arguments is not supported by the local cloud", at: position)
      }
      return try aggregate(name, arguments[0], isDistinct, filter, position)
    }
    var typed: [TypedExpression] = []
    for argument in arguments { typed.append(try expression(argument)) }
    let types = typed.map(\.type)
    switch (name, types) {
    case ("now", []), ("current_timestamp", []): return .constant(.integer(now), .timestamp)
    case ("ago", [.interval]): return TypedExpression(node: .template("(\(now) - $0)", typed), type: .timestamp)
    case ("coalesce", _) where typed.count >= 2:
      var type: TimestreamType? = .unknown
      for side in types { type = type.flatMap { TimestreamType.common($0, side) } }
      guard let type else { throw QueryError("All COALESCE operands must be the same type", at: position) }
      return TypedExpression(node: .template("coalesce($*)", typed), type: type)
    default: break
    }
    guard let signatures = Functions.scalars[name] else {
      if ["now", "ago", "coalesce"].contains(name) { throw Self.signatureError(name, types, position) }
      throw QueryError("Function '\(name)' not registered", at: position)
    }
    if name == "bin", typed.count == 2, case .constant(.integer(let length)) = typed[1].node, length <= 0 {
      throw QueryError("the second argument of bin must be a positive interval", at: position)
    }
    for signature in signatures where Self.matches(signature, types) {
      return TypedExpression(node: .template(signature.sql, typed), type: signature.result)
    }
    throw Self.signatureError(name, types, position)
  }

  private static func matches(_ signature: Functions.Signature, _ types: [TimestreamType]) -> Bool {
    let count = signature.parameters.count
    guard types.count == count || signature.isVariadic && types.count > count else { return false }
    return types.enumerated().allSatisfy { index, type in
      let wanted = signature.parameters[min(index, count - 1)]
      return type == wanted || type == .unknown || type == .integer && wanted == .bigint
        || type.isNumeric && wanted == .double
    }
  }
}

extension Expression {
  var children: [Expression] { kind.children }
}

extension Expression.Kind {
  /// The expressions of which it is made.
  var children: [Expression] {
    switch self {
    case .null, .boolean, .integer, .decimal, .string, .interval, .timestamp, .column: []
    case .unary(_, let operand), .isNull(let operand, _), .cast(let operand, _, _): [operand]
    case .binary(_, let left, let right): [left, right]
    case .chain(_, let operands): operands
    case .between(let value, let low, let high, _): [value, low, high]
    case .inList(let value, let options, _): [value] + options
    case .like(let value, let pattern, let escape, _): [value, pattern] + (escape.map { [$0] } ?? [])
    case .cases(let operand, let branches, let otherwise):
      (operand.map { [$0] } ?? []) + branches.flatMap { [$0.when, $0.then] } + (otherwise.map { [$0] } ?? [])
    case .call(_, let arguments, _, let filter): arguments + (filter.map { [$0] } ?? [])
    case .countAll(let filter): filter.map { [$0] } ?? []
    }
  }
}
