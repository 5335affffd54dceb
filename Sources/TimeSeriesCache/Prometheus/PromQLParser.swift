import CacheSupport

/// Reads an expression of the subset of PromQL that is supported; anything else is refused by name.
///
/// See <https://prometheus.io/docs/prometheus/latest/querying/basics/>.
struct PromQLParser {
  private let text: [UInt8]
  private let tokens: [PromQLToken]
  var index = 0
  private var depth = 0

  /// Bytes of an expression, at most: 8 KiB.
  static let maximumBytes: Int = 8 << 10
  /// How deep an expression may be nested: brackets, signs and operators.
  static let maximumDepth: Int = 100

  /// Reads a whole expression.
  static func expression(_ text: String) throws(PromQLError) -> PromQLExpression {
    var parser = try PromQLParser(text)
    let node = try parser.expression(above: 0)
    try parser.expectEnd()
    return node.expression
  }

  /// Reads a selector alone, as `match[]` has it: without a range, an offset or a time.
  static func selector(_ text: String) throws(PromQLError) -> PromQLSelector {
    var parser = try PromQLParser(text)
    guard parser.isSelector else { throw parser.refused("a selector is needed, such as temperature{series=\"a\"}") }
    let selector = try parser.selector()
    try parser.expectEnd()
    return selector
  }

  private init(_ text: String) throws(PromQLError) {
    self.text = Array(text.utf8)
    guard self.text.count <= Self.maximumBytes else {
      throw PromQLError(
        at: 0, of: [], "the expression has \(self.text.count) bytes; \(Self.maximumBytes) are the most")
    }
    tokens = try PromQLLexer.tokens(of: self.text)
  }

  // MARK: Tokens

  var token: PromQLToken { tokens[min(index, tokens.count - 1)] }
  var following: PromQLToken { tokens[min(index + 1, tokens.count - 1)] }

  func isSign(_ sign: String) -> Bool { token.kind == .sign(sign) }

  mutating func take(_ sign: String) -> Bool {
    guard isSign(sign) else { return false }
    index += 1
    return true
  }

  mutating func expect(_ sign: String, _ place: String) throws(PromQLError) {
    guard take(sign) else { throw refused("'\(sign)' is needed \(place)") }
  }

  private func expectEnd() throws(PromQLError) {
    guard token.kind != .end else { return }
    throw refused("it cannot follow; \(PromQLError.supported)")
  }

  /// An error about the token that is next.
  func refused(_ reason: String) -> PromQLError { error(at: token, "found \(token.shown): \(reason)") }

  func error(at token: PromQLToken, _ reason: String) -> PromQLError {
    PromQLError(at: token.offset, of: text, reason)
  }

  // MARK: Operators

  /// A part of an expression, and how deep it is.
  private struct Node {
    var expression: PromQLExpression
    var depth = 1
  }

  /// Goes one level down, for as long as the body runs.
  private mutating func nested(
    _ body: (inout PromQLParser) throws(PromQLError) -> Node
  ) throws(PromQLError) -> Node {
    guard depth < Self.maximumDepth else { throw tooDeep }
    depth += 1
    defer { depth -= 1 }
    return try body(&self)
  }

  private var tooDeep: PromQLError {
    error(at: token, "the expression is nested too deep; \(Self.maximumDepth) levels are the most")
  }

  /// Operands joined by operators that bind tighter than a level; those of one level join from the left, powers from the right.
  private mutating func expression(above level: Int) throws(PromQLError) -> Node {
    var left = try operand()
    while let operation = try binaryOperator(), operation.precedence > level {
      let place = token
      index += 1
      let below = operation == .power ? operation.precedence - 1 : operation.precedence
      let right = try nested { parser throws(PromQLError) in try parser.expression(above: below) }
      left = try joined(left, operation, right, at: place)
    }
    return left
  }

  /// The operator that is next; nil where the operand is the last.
  private func binaryOperator() throws(PromQLError) -> PromQLOperator? {
    switch token.kind {
    case .sign(let sign):
      if ["==", "!=", "<", ">", "<=", ">="].contains(sign) {
        throw refused("comparisons are not supported; \(PromQLError.supported)")
      }
      return PromQLOperator(rawValue: sign)
    case .name(let name) where ["and", "or", "unless", "atan2"].contains(name.lowercased()):
      throw refused("operators between vectors are not supported; \(PromQLError.supported)")
    default: return nil
    }
  }

  private func joined(
    _ left: Node, _ operation: PromQLOperator, _ right: Node, at place: PromQLToken
  ) throws(PromQLError) -> Node {
    let expression: PromQLExpression
    switch (left.expression, right.expression) {
    case (.number(let one), .number(let other)): expression = .number(operation.apply(one, other))
    case (.number(let number), let vector) where vector.shape == .vector:
      expression = .before(number, operation, vector)
    case (let vector, .number(let number)) where vector.shape == .vector: expression = .after(vector, operation, number)
    default:
      throw error(
        at: place,
        "'\(operation.rawValue)' is between \(left.expression.shape.shown) and \(right.expression.shape.shown): "
          + "one side must be a number, the other a number or an instant vector; \(PromQLError.supported)")
    }
    let depth = max(left.depth, right.depth) + 1
    guard depth <= Self.maximumDepth else { throw tooDeep }
    return Node(expression: expression, depth: depth)
  }

  private mutating func operand() throws(PromQLError) -> Node {
    let place = token
    switch token.kind {
    case .sign("+"), .sign("-"):
      index += 1
      // A sign binds as multiplication does: -2^2 is -4.
      let inner = try nested { parser throws(PromQLError) in
        try parser.expression(above: PromQLOperator.times.precedence)
      }
      switch inner.expression {
      case .number(let number): return Node(expression: .number(place.kind == .sign("-") ? -number : number))
      case let vector where vector.shape == .vector:
        guard place.kind == .sign("-") else { return inner }
        guard inner.depth < Self.maximumDepth else { throw tooDeep }
        return Node(expression: .negative(vector), depth: inner.depth + 1)
      default: throw error(at: place, "a sign cannot precede \(inner.expression.shape.shown)")
      }
    case .sign("("):
      index += 1
      let inner = try nested { parser throws(PromQLError) in try parser.expression(above: 0) }
      try expect(")", "after what '(' opened")
      if isSign("[") { throw refused("subqueries are not supported; \(PromQLError.supported)") }
      return inner
    case .number(let value):
      index += 1
      return Node(expression: .number(value))
    case .string(let string):
      index += 1
      return Node(expression: .text(string))
    case .name(let name): return Node(expression: try named(name))
    case .sign("{"): return Node(expression: .selector(try modified()))
    default: throw refused("a selector, a function or a number is needed; \(PromQLError.supported)")
    }
  }

  // MARK: Names

  private static let aggregations: Set<String> = [
    "avg", "bottomk", "count", "count_values", "group", "limit_ratio", "limitk", "max", "min", "quantile", "stddev",
    "stdvar", "sum", "topk",
  ]

  private mutating func named(_ name: String) throws(PromQLError) -> PromQLExpression {
    let follows = following.kind
    let isClause = if case .name(let word) = follows { ["by", "without"].contains(word.lowercased()) } else { false }
    if Self.aggregations.contains(name.lowercased()), follows == .sign("(") || isClause {
      throw refused("aggregations are not supported; \(PromQLError.supported)")
    }
    if follows == .sign("(") { return try call(name) }
    if follows != .sign("{") {
      switch name.lowercased() {
      case "inf":
        index += 1
        return .number(.infinity)
      case "nan":
        index += 1
        return .number(.nan)
      default: break
      }
    }
    return .selector(try modified())
  }

  private mutating func call(_ name: String) throws(PromQLError) -> PromQLExpression {
    guard let function = PromQLFunction(rawValue: name) else {
      throw refused("the function is not supported; \(PromQLError.supported)")
    }
    index += 2
    var number: Double?
    if function.takesNumber {
      let place = token
      let node = try nested { parser throws(PromQLError) in try parser.expression(above: 0) }
      guard case .number(let value) = node.expression else {
        throw error(at: place, "\(name) needs a number first, such as 0.95, and found \(node.expression.shape.shown)")
      }
      number = value
      try expect(",", "between the number and the range")
    }
    let place = token
    let node = try nested { parser throws(PromQLError) in try parser.expression(above: 0) }
    guard case .selector(let selector) = node.expression, selector.range != nil else {
      throw error(
        at: place, "\(name) needs a selector with a range, such as x[5m], and found \(node.expression.shape.shown)")
    }
    if isSign(",") { throw refused("\(name) takes \(function.takesNumber ? "two arguments" : "one argument")") }
    try expect(")", "after the argument of \(name)")
    return .call(function, number: number, selector)
  }
}
