/// SQL in which `$0`, `$1`, … stand for arguments, `$*` for all with commas between and `$||` for all with that sign between; `#`
/// is a name for what a lambda runs over, and `$&` the row for which it does so. A function of our own comes in as a value, so that none can be called that is not there.
struct SQLTemplate: Sendable, ExpressibleByStringInterpolation {
  private(set) var text: String
  private(set) var natives: [NativeFunction]
  private(set) var aggregates: [NativeAggregate]
  /// True where it may give another value each time that it is worked out.
  private(set) var isVolatile: Bool

  init(stringLiteral text: String) {
    self.text = text
    (natives, aggregates) = ([], [])
    isVolatile = Self.isVolatile(text)
  }

  /// SQLite's own generator of random numbers is the one function of its own that is.
  private static func isVolatile(_ text: String) -> Bool { text.contains("random()") }

  /// The SQL, in which what fails ends the query or, within TRY, becomes null.
  func sql(isTrying: Bool) -> String { text.replacing("ts_fail_", with: isTrying ? "ts_try_" : "ts_") }

  /// The same with a name in the place of `#`.
  func named(_ name: String) -> SQLTemplate {
    var named = self
    named.text = text.replacing("#", with: name)
    return named
  }

  /// True for the argument as it is.
  var isArgument: Bool { text == "$0" }

  init(stringInterpolation: StringInterpolation) { self = stringInterpolation.template }

  struct StringInterpolation: StringInterpolationProtocol {
    fileprivate var template: SQLTemplate = ""

    init(literalCapacity: Int, interpolationCount: Int) {}

    mutating func appendLiteral(_ literal: String) {
      template.text += literal
      template.isVolatile = template.isVolatile || SQLTemplate.isVolatile(literal)
    }

    mutating func appendInterpolation(_ native: NativeFunction) {
      // What can fail is put in with a mark, for within TRY another takes its place.
      template.text += (native.canFail ? "ts_fail_" : "ts_") + native.name
      template.natives.append(native)
      template.isVolatile = template.isVolatile || native.isVolatile
    }

    mutating func appendInterpolation(_ aggregate: NativeAggregate) {
      template.text += "ts_" + aggregate.name
      template.aggregates.append(aggregate)
    }

    mutating func appendInterpolation(_ other: SQLTemplate) {
      template.text += other.text
      template.natives += other.natives
      template.aggregates += other.aggregates
      template.isVolatile = template.isVolatile || other.isVolatile
    }

    mutating func appendInterpolation(text: String) { template.text += text }
  }
}

/// A scalar function of Timestream's SQL: each way to call it, the first that fits taken.
///
/// See <https://docs.aws.amazon.com/timestream/latest/developerguide/supported-sql-constructs.html>; where that is silent, Trino's
/// functions of the same name are the specification.
struct SQLFunction: Sendable {
  struct Signature: Sendable {
    let parameters: [TypePattern]
    let result: TypePattern
    /// True lets the last parameter come any number of times.
    let isVariadic: Bool
    let sql: SQLTemplate
    /// What is wrong with arguments that are there before anything runs; nil where nothing is.
    let refusal: Refusal?

    typealias Refusal = @Sendable (_ arguments: [TypedExpression]) -> String?

    init(
      _ parameters: [TypePattern], _ result: TypePattern, _ sql: SQLTemplate, isVariadic: Bool = false,
      refusal: Refusal? = nil
    ) {
      self.parameters = parameters
      self.result = result
      self.sql = sql
      self.isVariadic = isVariadic
      self.refusal = refusal
    }

    func takes(_ count: Int) -> Bool { count == parameters.count || isVariadic && count > parameters.count }

    func parameter(_ index: Int) -> TypePattern { parameters[min(index, parameters.count - 1)] }

    var takesLambda: Bool {
      parameters.contains { if case .lambda = $0 { true } else { false } }
    }
  }

  let name: String
  let signatures: [Signature]

  init(_ name: String, _ signatures: Signature...) { self.init(name, signatures) }

  init(_ name: String, _ signatures: [Signature]) {
    self.name = name
    self.signatures = signatures
  }

  /// A function that passes its arguments to one of our own as they are.
  init(_ parameters: [TypePattern], _ result: TypePattern, _ native: NativeFunction) {
    let arguments = parameters.indices.map { "$\($0)" }.joined(separator: ", ")
    self.init(native.name, Signature(parameters, result, "\(native)(\(text: arguments))"))
  }
}
