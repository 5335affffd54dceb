/// Casts with the types that they name, and intervals.
extension QueryParser {
  /// `interval '2' day`, `interval '1-6' year to month`
  mutating func quotedInterval() throws(QueryError) -> Expression {
    let position = current.position
    index += 1
    var isNegative = false
    if take(symbol: "-") { isNegative = true } else { _ = take(symbol: "+") }
    guard case .string(let text) = current.kind else { throw unexpected("a text") }
    index += 1
    let unit = try name("a unit").lowercased()
    var digits = text
    if digits.hasPrefix("-") {
      isNegative.toggle()
      digits.removeFirst()
    }
    if unit == "year", take(word: "to") {
      try expect(word: "month")
      let parts = digits.split(separator: "-", omittingEmptySubsequences: false).map { Int64($0) }
      guard parts.count == 2, let years = parts[0], let months = parts[1], years < 1_000_000, months < 12 else {
        throw QueryError("'\(text)' is not a valid interval literal", at: position)
      }
      let count = years * 12 + months
      return try make(.intervalMonths(isNegative ? -count : count), position: position)
    }
    guard !digits.isEmpty, digits.utf8.allSatisfy({ (48...57).contains($0) }) else {
      throw QueryError("'\(text)' is not a valid interval literal", at: position)
    }
    switch try Self.interval(digits, unit, position) {
    case .interval(let length):
      return try make(.interval(isNegative ? -length : length), position: position)
    case .intervalMonths(let months):
      return try make(.intervalMonths(isNegative ? -months : months), position: position)
    case let kind: return try make(kind, position: position)
    }
  }

  mutating func cast(isTry: Bool) throws(QueryError) -> Expression {
    let position = current.position
    index += 2
    let operand = try expression()
    try expect(word: "as")
    let type = try type(position)
    try expect(symbol: ")")
    return try make(.cast(operand, type: type, isTry: isTry), position: position)
  }

  /// `double`, `array(bigint)`, `row(name varchar, double)`, `timeseries(double)`
  private mutating func type(_ position: Position) throws(QueryError) -> TimestreamType {
    try nested { parser throws(QueryError) in
      let name = try parser.name("a type").lowercased()
      switch name {
      case "array", "timeseries":
        try parser.expect(symbol: "(")
        let element = try parser.type(position)
        try parser.expect(symbol: ")")
        return name == "array" ? .array(element) : .timeseries(element)
      case "row":
        try parser.expect(symbol: "(")
        let members = try parser.list { parser throws(QueryError) in
          // A name stands before a type, unless what stands there is the type.
          let isNamed = ![.symbol(","), .symbol(")"), .symbol("(")].contains(parser.following.kind)
          let name = isNamed ? try parser.name("a name") : nil
          return TimestreamType.Member(name: name, type: try parser.type(position))
        }
        try parser.expect(symbol: ")")
        return .row(members)
      default:
        guard let type = TimestreamType(name: name == "int" ? "integer" : name), type != .unknown else {
          throw QueryError("Unknown type: \(name)", at: position)
        }
        return type
      }
    }
  }

  static func interval(_ count: String, _ unit: String, _ position: Position) throws(QueryError) -> Expression.Kind {
    let units: [String: Int64] = [
      "ns": 1, "nanosecond": 1, "us": 1000, "microsecond": 1000, "ms": 1_000_000, "millisecond": 1_000_000,
      "s": 1_000_000_000, "second": 1_000_000_000, "m": 60_000_000_000, "minute": 60_000_000_000,
      "h": 3_600_000_000_000, "hour": 3_600_000_000_000, "d": 86_400_000_000_000, "day": 86_400_000_000_000,
    ]
    guard let value = Int64(count) else { throw QueryError("mismatched input '\(count)\(unit)'", at: position) }
    if let months = ["month": 1, "year": 12, "y": 12][unit] as Int64? {
      guard value < 1_000_000 else { throw QueryError("the interval \(count)\(unit) is too long", at: position) }
      return .intervalMonths(value * months)
    }
    guard let factor = units[unit] else { throw QueryError("mismatched input '\(count)\(unit)'", at: position) }
    let (nanoseconds, overflows) = value.multipliedReportingOverflow(by: factor)
    guard !overflows else { throw QueryError("the interval \(count)\(unit) is too long", at: position) }
    return .interval(nanoseconds)
  }
}
