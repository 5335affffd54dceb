/// Turns a checked query into SQLite's SQL; every value is bound, none is pasted.
struct Compiler {
  private(set) var values: [SQLValue] = []

  /// The SQL of a SELECT and its values in order.
  static func compile(_ select: TypedSelect) -> (sql: String, values: [SQLValue]) {
    var compiler = Compiler()
    let outputs = select.outputs.map { compiler.text($0.expression) }
    var sql = "SELECT \(select.isDistinct ? "DISTINCT " : "")\(outputs.joined(separator: ", "))"
    if let table = select.table { sql += " FROM \(table.series) s JOIN \(table.rows) r ON r.series = s.id" }
    if let condition = select.condition { sql += " WHERE \(compiler.text(condition))" }
    if !select.grouping.isEmpty {
      sql += " GROUP BY \(select.grouping.map { compiler.grouping($0) }.joined(separator: ", "))"
    }
    if !select.ordering.isEmpty {
      let keys = select.ordering.map { order in
        let key =
          switch order.key {
          case .output(let index): String(index + 1)
          case .expression(let expression): compiler.text(expression)
          }
        return "\(key) \(order.isAscending ? "ASC" : "DESC") NULLS \(order.nullsFirst ? "FIRST" : "LAST")"
      }
      sql += " ORDER BY \(keys.joined(separator: ", "))"
    }
    if let limit = select.limit { sql += " LIMIT \(limit)" }
    return (sql, compiler.values)
  }

  /// A bare number in SQLite's GROUP BY would be an ordinal.
  private mutating func grouping(_ expression: TypedExpression) -> String { "(\(text(expression)))" }

  mutating func text(_ expression: TypedExpression) -> String {
    switch expression.node {
    case .constant(let value):
      values.append(value)
      return "?"
    case .column(let name): return name
    case .prefix(let symbol, let operand): return "(\(symbol) \(text(operand)))"
    case .infix(let symbol, let left, let right): return "(\(text(left)) \(symbol) \(text(right)))"
    case .chain(let symbol, let operands): return balanced(operands.map { text($0) }[...], symbol)
    case .between(let value, let low, let high): return "(\(text(value)) BETWEEN \(text(low)) AND \(text(high)))"
    case .isIn(let value, let options):
      let value = text(value)
      return "(\(value) IN (\(options.map { text($0) }.joined(separator: ", "))))"
    case .like(let value, let pattern, let escape):
      let (value, pattern) = (text(value), text(pattern))
      return "(\(value) LIKE \(pattern)\(escape.map { " ESCAPE \(text($0))" } ?? ""))"
    case .isNull(let operand): return "(\(text(operand)) IS NULL)"
    case .cases(let branches, let otherwise):
      var sql = "CASE"
      for branch in branches {
        sql += " WHEN \(text(branch.when))"
        sql += " THEN \(text(branch.then))"
      }
      if let otherwise { sql += " ELSE \(text(otherwise))" }
      return sql + " END"
    case .template(let template, let arguments): return filled(template, arguments)
    case .aggregate(let name, let argument, let isDistinct, let filter):
      var sql = "\(name)(\(isDistinct ? "DISTINCT " : "")\(argument.map { text($0) } ?? "*"))"
      if let filter { sql += " FILTER (WHERE \(text(filter)))" }
      return sql
    }
  }

  /// Halves within halves: SQLite refuses trees deeper than 1,000, and its parser nesting deeper than 100.
  private func balanced(_ operands: ArraySlice<String>, _ symbol: String) -> String {
    guard operands.count > 1 else { return operands.first ?? "" }
    let middle = operands.startIndex + operands.count / 2
    return "(\(balanced(operands[..<middle], symbol)) \(symbol) \(balanced(operands[middle...], symbol)))"
  }

  /// Puts each argument where its number stands; one that stands twice is bound twice.
  private mutating func filled(_ template: String, _ arguments: [TypedExpression]) -> String {
    var sql = ""
    var rest = template[...]
    while let mark = rest.firstIndex(of: "$") {
      sql += rest[..<mark]
      let kind = rest.index(after: mark)
      switch rest[kind] {
      case "*":
        sql += arguments.map { text($0) }.joined(separator: ", ")
        rest = rest[rest.index(after: kind)...]
      case "|":
        sql += arguments.map { text($0) }.joined(separator: " || ")
        rest = rest[rest.index(kind, offsetBy: 2)...]
      default:
        sql += rest[kind].wholeNumberValue.map { text(arguments[$0]) } ?? ""
        rest = rest[rest.index(after: kind)...]
      }
    }
    return sql + rest
  }
}
