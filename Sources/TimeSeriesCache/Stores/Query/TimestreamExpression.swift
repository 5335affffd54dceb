import CacheSupport

/// A value within a query. It is made of names and literals alone, so that no caller's text is ever read as SQL.
indirect enum TimestreamExpression: Sendable, Hashable {
  case column(ByteText)
  case literal(TimestreamLiteral)
  /// The start of the bin of so many milliseconds that a time falls into.
  case bin(TimestreamExpression, milliseconds: Int64)
  case aggregate(Aggregation, TimestreamExpression)
  /// Of the rows with the greatest or least second value, the first value; rows without the second do not count.
  case atGreatest(TimestreamExpression, by: TimestreamExpression)
  case atLeast(TimestreamExpression, by: TimestreamExpression)
  case infix(TimestreamExpression, Operator, TimestreamExpression)
  case magnitude(TimestreamExpression)
  /// Texts, at least one, and a mark between each two of them.
  case joined([TimestreamExpression], mark: String)
  /// Null where the condition does not hold and nothing is said of it.
  case when(TimestreamCondition, then: TimestreamExpression, otherwise: TimestreamExpression?)
  /// The last value that is not null in the rows before, in the order of another column.
  case lastBefore(TimestreamExpression, orderedBy: TimestreamExpression)
  /// The greatest value of the rows that have the same values in some columns.
  case greatest(TimestreamExpression, amongSame: [ByteText])

  enum Aggregation: String, Sendable, Hashable {
    case count, sum, min, max, avg, stddev, everyone = "bool_and", anyone = "bool_or"
  }

  enum Operator: String, Sendable, Hashable {
    case plus = "+"
    case minus = "-"
    case dividedBy = "/"
    case modulo = "%"
  }

  static let time: TimestreamExpression = .column("time")
  static let measureName: TimestreamExpression = .column("measure_name")

  /// A name in double quotes, its own doubled.
  static func name(_ name: ByteText) -> String { Quoting.doubled(name.text, quote: "\"") }

  var sql: String {
    switch self {
    case .column(let name): Self.name(name)
    case .literal(let literal): literal.sql
    case .bin(let time, let milliseconds): "bin(\(time.sql), \(TimestreamLiteral.duration(milliseconds).sql))"
    case .aggregate(let function, let value): "\(function.rawValue)(\(value.sql))"
    case .atGreatest(let value, let key): "max_by(\(value.sql), \(key.sql))"
    case .atLeast(let value, let key): "min_by(\(value.sql), \(key.sql))"
    case .infix(let left, let sign, let right): "(\(left.sql) \(sign.rawValue) \(right.sql))"
    case .magnitude(let value): "abs(\(value.sql))"
    case .joined(let texts, let mark):
      "(\(texts.map(\.sql).joined(separator: " || \(TimestreamLiteral.text(mark).sql) || ")))"
    case .when(let condition, let value, let otherwise):
      "CASE WHEN \(condition.sql) THEN \(value.sql)\(otherwise.map { " ELSE \($0.sql)" } ?? "") END"
    case .lastBefore(let value, let order):
      "last_value(\(value.sql)) IGNORE NULLS OVER (ORDER BY \(order.sql) ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)"
    case .greatest(let value, let columns):
      "max(\(value.sql)) OVER (PARTITION BY \(columns.map(Self.name).joined(separator: ", ")))"
    }
  }
}

/// What the rows of a query have to meet.
indirect enum TimestreamCondition: Sendable, Hashable {
  case compare(TimestreamExpression, MeasureCondition.Comparison, TimestreamExpression)
  case isNull(TimestreamExpression)
  case isPresent(TimestreamExpression)
  /// At least one literal.
  case isOne(TimestreamExpression, of: [TimestreamLiteral])
  /// A value of the one column of another query.
  case isAmong(TimestreamExpression, TimestreamQuery)
  /// At least one condition.
  case all([TimestreamCondition])
  /// At least one condition.
  case any([TimestreamCondition])

  static func equal(_ column: ByteText, _ text: ByteText) -> TimestreamCondition {
    .compare(.column(column), .equal, .literal(.text(text.text)))
  }

  var sql: String {
    switch self {
    case .compare(let left, let comparison, let right): "\(left.sql) \(comparison.sql) \(right.sql)"
    case .isNull(let value): "\(value.sql) IS NULL"
    case .isPresent(let value): "\(value.sql) IS NOT NULL"
    case .isOne(let value, let literals): "\(value.sql) IN (\(literals.map(\.sql).joined(separator: ", ")))"
    case .isAmong(let value, let query): "\(value.sql) IN (\(query.sql))"
    case .all(let conditions): "(\(conditions.map(\.sql).joined(separator: " AND ")))"
    case .any(let conditions): "(\(conditions.map(\.sql).joined(separator: " OR ")))"
    }
  }
}

extension MeasureCondition.Comparison {
  fileprivate var sql: String {
    switch self {
    case .equal: "="
    case .notEqual: "<>"
    case .less, .lessOrEqual, .greater, .greaterOrEqual: rawValue
    }
  }
}
