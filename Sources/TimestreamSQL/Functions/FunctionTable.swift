/// All functions of Timestream's SQL, made from the families. What SQLite must be given follows from them.
enum FunctionTable {
  static let scalars: [String: SQLFunction] = merged(
    Mathematics.functions + Texts.functions + Documents.functions + Patterns.functions + Dates.functions
      + Lists.functions
      + Lambdas.functions + Series.functions)

  // Two of one name are refused here, before anything runs.

  static let aggregates: [String: SQLAggregate] = Dictionary(
    uniqueKeysWithValues: (Aggregates.functions + ListAggregates.functions).map { ($0.name, $0) })

  static let windows: [String: SQLWindowFunction] = Dictionary(
    uniqueKeysWithValues: Windows.functions.map { ($0.name, $0) })

  static func isKnown(_ name: String) -> Bool { scalars[name] != nil || SpecialFunction(rawValue: name) != nil }

  static func isAggregate(_ name: String) -> Bool { aggregates[name] != nil }

  /// Families may have the same name for texts and for lists: those of the first stand first.
  private static func merged(_ functions: [SQLFunction]) -> [String: SQLFunction] {
    Dictionary(functions.map { ($0.name, $0) }) { SQLFunction($0.name, $0.signatures + $1.signatures) }
  }

  // MARK: What SQLite is given

  private static let templates: [SQLTemplate] =
    scalars.values.flatMap(\.signatures).flatMap(\.templates) + Conversions.casts.map(\.sql)
    + aggregates.values.flatMap(\.signatures).flatMap { [$0.argument, $0.wrapper].compactMap(\.self) }
    + windows.values.flatMap(\.bounds.values)

  /// Each function of our own, once.
  static let natives: [NativeFunction] = {
    let all =
      templates.flatMap(\.natives) + Operators.natives + Dates.operators + Lists.natives + Evaluation.natives
    // One that is called in many places is one; another of its name is refused.
    let each = Dictionary(all.map { (ObjectIdentifier($0.identity), $0) }) { first, _ in first }.values
    return Array(Dictionary(uniqueKeysWithValues: each.map { ($0.name, $0) }).values)
  }()

  /// Each aggregate of our own, once.
  static let nativeAggregates: [NativeAggregate] = {
    let called = aggregates.values.flatMap(\.signatures).compactMap { signature in
      switch signature.call {
      case .native(let native): native
      case .sqlite(_, let native): native
      }
    }
    let all = called + templates.flatMap(\.aggregates) + ListAggregates.natives
    return Array(Dictionary(all.map { ($0.name, $0) }) { first, _ in first }.values)
  }()
}

extension SQLFunction.Signature {
  /// The SQL of the call and that of what its lambdas' parameters are.
  fileprivate var templates: [SQLTemplate] {
    [sql]
      + parameters.flatMap { parameter -> [SQLTemplate] in
        guard case .lambda(let parameters, _) = parameter else { return [] }
        return parameters.map(\.sql)
      }
  }
}
