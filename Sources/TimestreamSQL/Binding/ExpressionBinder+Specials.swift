import SQLiteStore

/// Functions that no signature describes.
extension ExpressionBinder {
  /// The call of such a function with as many arguments as it takes; nil where these are not of its types.
  mutating func special(
    _ function: SpecialFunction, _ typed: [TypedExpression], _ position: Position
  ) throws(QueryError) -> TypedExpression? {
    let types = typed.map(\.type)
    let day = CalendarMath.day
    switch function {
    case .now, .currentTimestamp, .localTimestamp: return .constant(.integer(context.now), .timestamp)
    case .currentDate: return .constant(.integer(Numbers.floor(context.now, day)), .date)
    case .currentTime, .localTime:
      return .constant(.integer(context.now - Numbers.floor(context.now, day) * day), .time)
    case .currentTimezone: return .constant(.text("UTC"), .varchar)
    case .ago where types[0] == .interval:
      return .arithmetic("-", .constant(.integer(context.now), .timestamp), typed[0], .timestamp, isTrying: isTrying)
    case .ago where types[0] == .intervalMonths:
      return .template(
        "\(Dates.addMonths)(\(text: String(context.now)), -$0)", typed, .timestamp, isTrying: isTrying)
    case .ago: return nil
    case .coalesce:
      let type = try common(typed, "All COALESCE operands must be the same type", position)
      return .template("coalesce($*)", typed.map { $0.coerced(to: type) }, type)
    case .nullif:
      return try once(typed[0]) { value throws(QueryError) in
        let sides = try compared([value, typed[1]], "=", position)
        let isSame = TypedExpression.comparison("=", sides[0], sides[1])
        return TypedExpression(node: .cases([(isSame, .constant(.null, .unknown))], otherwise: value), type: types[0])
      }
    case .either:
      guard [.boolean, .unknown].contains(types[0]) else {
        throw QueryError("IF condition must evaluate to a boolean: actual type \(types[0].message)", at: position)
      }
      let type = try common(Array(typed[1...]), "Result types for IF must be the same", position)
      let results = typed[1...].map { $0.coerced(to: type) }
      return TypedExpression(
        node: .cases([(typed[0], results[0])], otherwise: results.count > 1 ? results[1] : nil), type: type)
    case .greatest, .least:
      let word = function.rawValue
      let type = try common(typed, "All \(word.uppercased()) operands must be the same type", position)
      guard !type.isList else { throw Self.signatureError(word, types, position) }
      guard typed.count > 1 else { return typed[0] }
      return .template(function == .greatest ? "max($*)" : "min($*)", typed.map { $0.coerced(to: type) }, type)
    case .typeof: return .constant(.text(types[0].message), .varchar)
    case .arrayJoin: return try arrayJoin(typed, position)
    // Its argument is bound in a way of its own.
    case .attempt: return nil
    }
  }

  private func common(
    _ sides: [TypedExpression], _ message: String, _ position: Position
  ) throws(QueryError) -> TimestreamType {
    var type: TimestreamType? = .unknown
    for side in sides { type = type.flatMap { TimestreamType.common($0, side.type) } }
    guard let type else { throw QueryError(message, at: position) }
    return type
  }
}
