/// Turns a checked query into SQLite's SQL; every value is bound, none is pasted.
struct Compiler {
  private(set) var values: [SQLValue] = []

  /// The SQL of a query and its values by number.
  static func compile(_ query: TypedQuery) -> (sql: String, values: [SQLValue]) {
    var compiler = Compiler()
    let sql = compiler.text(query)
    return (sql, compiler.values)
  }

  // MARK: Queries

  private mutating func text(_ query: TypedQuery) -> String {
    var sql = ""
    if !query.with.isEmpty {
      let tables = query.with.map { "w\($0.number) AS (\(text($0.query)))" }
      sql += "WITH \(tables.joined(separator: ", ")) "
    }
    switch query.body {
    case .select(let select): sql += text(select)
    case .values(let rows):
      let columns = query.outputs.indices.map { "column\($0 + 1) AS c\($0)" }.joined(separator: ", ")
      let tuples = rows.map { row in "(\(row.map { text($0) }.joined(separator: ", ")))" }
      sql += "SELECT \(columns) FROM (VALUES \(tuples.joined(separator: ", ")))"
    case .set(let operation, let left, let right):
      // Side by side rather than in each other: SQLite's parser nests no deeper than 100.
      sql += "\(operand(left)) \(operation) \(right.isPlainSelect ? text(right) : "SELECT * FROM (\(text(right)))")"
    case .nested(let inner): sql += "SELECT * FROM (\(text(inner)))"
    }
    if !query.ordering.isEmpty { sql += " ORDER BY \(text(query.ordering))" }
    if let limit = query.limit { sql += " LIMIT \(limit)" }
    guard !query.widened.isEmpty else { return sql }
    let columns = query.outputs.enumerated().map { index, output in
      guard let target = query.widened[index] else { return "c\(index)" }
      let column = TypedExpression(node: .column("c\(index)", isOuter: false), type: output.type)
      return "\(text(column.coerced(to: target))) AS c\(index)"
    }
    return "SELECT \(columns.joined(separator: ", ")) FROM (\(sql))"
  }

  /// The left side of a set operation, which binds to the left by itself.
  private mutating func operand(_ query: TypedQuery) -> String {
    query.isPlainSelect || query.isPlainSet ? text(query) : "SELECT * FROM (\(text(query)))"
  }

  private mutating func text(_ select: TypedSelect) -> String {
    let outputs = select.outputs.enumerated().map { "\(text($1)) AS c\($0)" }
    var sql = "SELECT \(select.isDistinct ? "DISTINCT " : "")\(outputs.joined(separator: ", "))"
    if let from = select.from { sql += " FROM \(text(from))" }
    if let found = select.condition { sql += " WHERE \(condition(found))" }
    // A bare number in SQLite's GROUP BY would be an ordinal.
    if !select.grouping.isEmpty {
      sql += " GROUP BY \(select.grouping.map { "(\(text($0)))" }.joined(separator: ", "))"
    }
    if let having = select.having { sql += " HAVING \(condition(having))" }
    return sql
  }

  private mutating func text(_ relation: TypedRelation) -> String {
    switch relation {
    case .table(let table, let number, let since):
      values.append(.integer(since))
      return
        "\(table.series) s\(number) JOIN \(table.rows) r\(number) ON r\(number).series = s\(number).id AND r\(number).time >= ?\(values.count)"
    case .query(let query, let number): return "(\(text(query))) q\(number)"
    case .common(let table, let number): return "w\(table) q\(number)"
    case .unnest(let list, let number):
      return "(SELECT item, ordinal FROM ts_each(\(text(list))) WHERE ordinal > 0) q\(number)"
    case .join(let kind, let left, .unnest(let list, let number), let condition):
      // The row that says that there is a list, though an empty one, has no place.
      let (left, right) = (text(left), "ts_each(\(text(list))) q\(number)")
      let further = condition.map { " AND \(self.condition($0))" } ?? ""
      return "\(left) \(kind.rawValue) JOIN \(right) ON q\(number).ordinal > 0\(further)"
    case .join(let kind, let left, let right, let condition):
      let (left, right) = (text(left), inner(right))
      return "\(left) \(kind.rawValue) JOIN \(right)\(condition.map { " ON \(self.condition($0))" } ?? "")"
    }
  }

  /// The right side of a join is one thing.
  private mutating func inner(_ relation: TypedRelation) -> String {
    switch relation {
    case .query, .common, .unnest: text(relation)
    case .table, .join: "(\(text(relation)))"
    }
  }

  private mutating func text(_ ordering: [TypedOrder]) -> String {
    ordering.map { order in
      let key =
        switch order.key {
        case .output(let index): String(index + 1)
        case .expression(let expression): text(expression)
        }
      return "\(key) \(order.isAscending ? "ASC" : "DESC") NULLS \(order.nullsFirst ? "FIRST" : "LAST")"
    }.joined(separator: ", ")
  }

  // MARK: Expressions

  mutating func text(_ expression: TypedExpression) -> String {
    switch expression.node {
    case .constant(let value):
      values.append(value)
      return "?\(values.count)"
    case .column(let name, _): return name
    case .prefix(let symbol, let operand): return "(\(symbol) \(text(operand)))"
    case .infix(let symbol, let left, let right) where ["+", "-"].contains(symbol):
      // A sum within a sum needs no parentheses on its left.
      if case .infix("+", _, _) = left.node { return "(\(text(left).dropFirst().dropLast()) \(symbol) \(text(right)))" }
      if case .infix("-", _, _) = left.node { return "(\(text(left).dropFirst().dropLast()) \(symbol) \(text(right)))" }
      return "(\(text(left)) \(symbol) \(text(right)))"
    case .infix(let symbol, let left, let right): return "(\(text(left)) \(symbol) \(text(right)))"
    case .chain(let symbol, let operands): return lazily(operands.map { text($0) }, symbol)
    case .steps(let function, let symbols, let operands):
      return "\(function)('\(symbols)', \(operands.map { text($0) }.joined(separator: ", ")))"
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
        sql += " WHEN \(condition(branch.when))"
        sql += " THEN \(text(branch.then))"
      }
      if let otherwise { sql += " ELSE \(text(otherwise))" }
      return sql + " END"
    case .template(let template, let arguments): return filled(template, arguments)
    case .aggregate(let aggregate): return text(aggregate)
    case .window(let aggregate, let window): return "\(text(aggregate)) OVER (\(text(window)))"
    // More than one row is an error, as the service has it.
    case .scalar(let query):
      return "(SELECT coalesce(ts_single(count(*)), max(c0)) FROM (SELECT c0 FROM (\(text(query))) LIMIT 2))"
    case .exists(let query): return "(EXISTS (\(text(query))))"
    case .inQuery(let value, let query): return "(\(text(value)) IN (\(text(query))))"
    // The value stays outside, for it may be an aggregate of this query.
    case .quantified(let symbol, let value, let item, let query, let name, let isAll):
      let (value, item, query) = (text(value), text(item), text(query))
      let list = "coalesce((SELECT ts_collect(1, \(item), 1) FROM (\(query)) \(name)), x'')"
      return "ts_quantified('\(symbol)', \(isAll ? 1 : 0), \(value), \(list))"
    // It is asked for its columns alone.
    case .parameter: return "NULL"
    }
  }

  private mutating func text(_ aggregate: TypedExpression.Aggregate) -> String {
    let arguments = aggregate.isStar ? "*" : aggregate.arguments.map { text($0) }.joined(separator: ", ")
    let filter = aggregate.filter.map { " FILTER (WHERE \(condition($0)))" } ?? ""
    return "\(aggregate.name)(\(aggregate.isDistinct ? "DISTINCT " : "")\(arguments))\(filter)"
  }

  private mutating func text(_ window: TypedWindow) -> String {
    var parts: [String] = []
    if !window.partition.isEmpty {
      parts.append("PARTITION BY \(window.partition.map { text($0) }.joined(separator: ", "))")
    }
    if !window.ordering.isEmpty { parts.append("ORDER BY \(text(window.ordering))") }
    if let frame = window.frame {
      parts.append("\(frame.unit) BETWEEN \(text(frame.start)) AND \(text(frame.end))")
    }
    return parts.joined(separator: " ")
  }

  private mutating func text(_ bound: TypedWindow.Bound) -> String {
    switch bound {
    case .fixed(let words): words
    case .offset(let offset, let direction): "\(text(offset)) \(direction)"
    }
  }

  /// A condition where SQLite jumps by it: there it stops by itself at the first operand that settles the matter, and seeks with indexes.
  private mutating func condition(_ expression: TypedExpression) -> String {
    switch expression.node {
    case .chain(let symbol, let operands): balanced(operands.map { condition($0) }[...], symbol)
    case .prefix("NOT", let operand): "(NOT \(condition(operand)))"
    default: text(expression)
    }
  }

  /// AND and OR as a value: SQLite would work out all operands, and one behind another may fail where that one is false.
  private func lazily(_ operands: [String], _ symbol: String) -> String {
    let plain = balanced(operands[...], symbol)
    // Each operand stands there twice; what is longer is left to SQLite.
    guard symbol != "||", operands.dropFirst().contains(where: { $0.contains("ts_") }), plain.utf8.count < 5000 else {
      return plain
    }
    let (settled, value) = symbol == "AND" ? (" = 0", "0") : ("", "1")
    let branches = operands.map { "WHEN \($0)\(settled) THEN \(value)" }.joined(separator: " ")
    return "(CASE \(branches) ELSE \(plain) END)"
  }

  /// Halves within halves: SQLite refuses trees deeper than 1,000, and its parser nesting deeper than 100.
  private func balanced(_ operands: ArraySlice<String>, _ symbol: String) -> String {
    guard operands.count > 1 else { return operands.first ?? "" }
    let middle = operands.startIndex + operands.count / 2
    return "(\(balanced(operands[..<middle], symbol)) \(symbol) \(balanced(operands[middle...], symbol)))"
  }

  /// Puts each argument where its number stands: `$0`, `$1`, …; `$*` all with commas, `$||` all with that sign between.
  private mutating func filled(_ template: String, _ arguments: [TypedExpression]) -> String {
    var sql = ""
    let texts = arguments.map { text($0) }
    var rest = template[...]
    while let mark = rest.firstIndex(of: "$") {
      sql += rest[..<mark]
      let kind = rest.index(after: mark)
      switch rest[kind] {
      case "*":
        sql += texts.joined(separator: ", ")
        rest = rest[rest.index(after: kind)...]
      case "|":
        sql += balanced(texts[...], "||")
        rest = rest[rest.index(kind, offsetBy: 2)...]
      default:
        sql += rest[kind].wholeNumberValue.map { texts[$0] } ?? ""
        rest = rest[rest.index(after: kind)...]
      }
    }
    return sql + rest
  }
}

extension TypedQuery {
  private var isBare: Bool { with.isEmpty && ordering.isEmpty && limit == nil && widened.isEmpty }
  fileprivate var isPlainSelect: Bool { if case .select = body { isBare } else { false } }
  fileprivate var isPlainSet: Bool { if case .set = body { isBare } else { false } }
}
