import CacheSupport

/// Which attributes a read wants, in either kind of parameter: read first, and understood once everything else is known to be right.
struct WantedAttributes: Sendable {
  private let expression: String?
  private let names: [String]?

  init(_ input: inout Input) throws(ServiceError) {
    expression = try input.string("ProjectionExpression")
    names = try input.texts("AttributesToGet", count: 1...255)
  }

  /// The member's name; nil where all attributes are wanted.
  var member: String? { expression != nil ? "ProjectionExpression" : names != nil ? "AttributesToGet" : nil }

  /// Nil where all attributes are wanted.
  func projection(_ bindings: inout ExpressionParser.Bindings) throws(ServiceError) -> Projection? {
    if let expression { return try ExpressionParser.projection(expression, &bindings) }
    return try names.map { names throws(ServiceError) in try Projection(attributes: names) }
  }
}
