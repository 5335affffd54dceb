import Foundation
import SQLiteStore

/// Functions of numbers.
enum Mathematics {
  static let functions: [SQLFunction] = general + rounding + powers + bits

  private static func number(_ name: String, _ body: @escaping @Sendable (Double) -> Double) -> SQLFunction {
    SQLFunction([.double], .double, .strict(name, 1) { .real(body($0.double(0))) })
  }

  private static func test(_ name: String, _ body: @escaping @Sendable (Double) -> Bool) -> SQLFunction {
    SQLFunction([.double], .boolean, .strict(name, 1) { .integer(body($0.double(0)) ? 1 : 0) })
  }

  // MARK: General

  private static let absolute = NativeFunction.strict("abs", 1) { .real(Swift.abs($0.double(0))) }

  private static let absoluteInteger = NativeFunction.failing("abs_integer", 2) { arguments throws(QueryFault) in
    let (value, type) = (arguments.integer(0), arguments.text(1))
    guard value != .min, type == "bigint" || value != Int64(Int32.min) else {
      throw QueryFault(message: "Value \(value) is out of range for abs(\(type))")
    }
    return .integer(Swift.abs(value))
  }

  private static let sign = NativeFunction.strict("sign", 1) { arguments in
    switch arguments[0] {
    case .integer(let number): .integer(number.signum())
    case let value: .real(value.double.map { $0 > 0 ? 1 : $0 < 0 ? -1 : $0 == 0 ? 0 : .nan } ?? 0)
    }
  }

  private static let random = NativeFunction.failing("random", 2) { arguments throws(QueryFault) in
    guard arguments.integer(0) > 0 else { throw QueryFault(message: "bound must be positive") }
    return .integer(Int64(arguments.integer(1).magnitude % UInt64(arguments.integer(0))))
  }

  // Not deterministic: SQLite's own generator, which runs for each row.
  private static let randomShare: SQLTemplate = "(abs(random() % 9007199254740992) / 9007199254740992.0)"

  private static let widthBucket = NativeFunction.failing("width_bucket", 4) { arguments throws(QueryFault) in
    let (value, low, high, count) = (
      arguments.double(0), arguments.double(1), arguments.double(2), arguments.integer(3)
    )
    guard count > 0 else { throw QueryFault(message: "bucketCount must be greater than 0") }
    guard !value.isNaN else { throw QueryFault(message: "operand must not be NaN") }
    guard low.isFinite else { throw QueryFault(message: "first bound must be finite") }
    guard high.isFinite else { throw QueryFault(message: "second bound must be finite") }
    guard low != high else { throw QueryFault(message: "bounds cannot equal each other") }
    return .integer(try Numbers.bucket(of: value, from: low, to: high, count))
  }

  private static let general: [SQLFunction] = [
    SQLFunction(
      "abs", .init([.integer], .integer, "\(absoluteInteger)($0, 'integer')"),
      .init([.bigint], .bigint, "\(absoluteInteger)($0, 'bigint')"), .init([.double], .double, "\(absolute)($0)")),
    SQLFunction(
      "sign", .init([.integer], .integer, "\(sign)($0)"), .init([.bigint], .bigint, "\(sign)($0)"),
      .init([.double], .double, "\(sign)($0)")),
    SQLFunction("e", .init([], .double, "2.718281828459045")),
    SQLFunction("pi", .init([], .double, "3.141592653589793")),
    SQLFunction([], .double, .strict("infinity", 0) { _ in .real(.infinity) }),
    SQLFunction([], .double, .strict("nan", 0) { _ in .real(.nan) }),
    test("is_finite", \.isFinite), test("is_infinite", \.isInfinite), test("is_nan", \.isNaN),
    SQLFunction(
      "mod", [TypePattern.integer, .bigint, .double].map { .init([$0, $0], $0, "\(Operators.modulo)($0, $1)") }),
    SQLFunction("rand", .init([], .double, randomShare)),
    SQLFunction(
      "random", .init([], .double, randomShare), .init([.integer], .integer, "\(random)($0, random())"),
      .init([.bigint], .bigint, "\(random)($0, random())")),
    SQLFunction([.double, .double, .double, .bigint], .bigint, widthBucket),
    SQLFunction(
      [.varchar, .bigint], .bigint,
      .failing("from_base", 2) { arguments throws(QueryFault) in
        let radix = try radix(arguments.integer(1))
        guard let number = Int64(arguments.text(0), radix: radix) else {
          throw QueryFault(message: "Not a valid base-\(radix) number: \(arguments.text(0))")
        }
        return .integer(number)
      }),
    SQLFunction(
      [.bigint, .bigint], .varchar,
      .failing("to_base", 2) { arguments throws(QueryFault) in
        .text(String(arguments.integer(0), radix: try radix(arguments.integer(1))))
      }),
  ]

  private static func radix(_ radix: Int64) throws(QueryFault) -> Int {
    guard (2...36).contains(radix) else { throw QueryFault(message: "Radix must be between 2 and 36") }
    return Int(radix)
  }

  // MARK: Rounding

  private static let round = NativeFunction.strict("round", 2) {
    .real(Numbers.round($0.double(0), $0.integer(1)))
  }
  private static let roundInteger = NativeFunction.strict("round_integer", 2) {
    .integer(Numbers.round($0.integer(0), $0.integer(1)))
  }
  private static let truncate = NativeFunction.strict("truncate", 2) {
    .real(Numbers.truncate($0.double(0), $0.integer(1)))
  }
  private static let ceiling = NativeFunction.strict("ceil_double", 1) { .real($0.double(0).rounded(.up)) }
  private static let floor = NativeFunction.strict("floor_double", 1) { .real($0.double(0).rounded(.down)) }

  private static func whole(_ name: String, _ native: NativeFunction) -> SQLFunction {
    SQLFunction(
      name, .init([.integer], .integer, "$0"), .init([.bigint], .bigint, "$0"),
      .init([.double], .double, "\(native)($0)"))
  }

  private static let rounding: [SQLFunction] = [
    whole("ceil", ceiling), whole("ceiling", ceiling), whole("floor", floor),
    SQLFunction(
      "round", .init([.integer], .integer, "$0"), .init([.bigint], .bigint, "$0"),
      .init([.double], .double, "\(round)($0, 0)"),
      .init([.integer, .integer], .integer, "\(roundInteger)($0, $1)"),
      .init([.bigint, .integer], .bigint, "\(roundInteger)($0, $1)"),
      .init([.double, .integer], .double, "\(round)($0, $1)")),
    SQLFunction(
      "truncate", .init([.double], .double, "\(truncate)($0, 0)"),
      .init([.double, .integer], .double, "\(truncate)($0, $1)")),
  ]

  // MARK: Powers, logarithms, angles

  static let naturalLogarithm = NativeFunction.strict("ln", 1) { .real(Foundation.log($0.double(0))) }
  static let exponential = NativeFunction.strict("exp", 1) { .real(Foundation.exp($0.double(0))) }
  private static let power = NativeFunction.strict("power", 2) { .real(Foundation.pow($0.double(0), $0.double(1))) }

  private static let powers: [SQLFunction] =
    ["power", "pow"].map { SQLFunction($0, .init([.double, .double], .double, "\(power)($0, $1)")) }
    + [
      SQLFunction(
        [.double, .double], .double, .strict("atan2", 2) { .real(Foundation.atan2($0.double(0), $0.double(1))) }),
      SQLFunction(
        [.double, .double], .double,
        .strict("log", 2) { .real(Foundation.log($0.double(1)) / Foundation.log($0.double(0))) }),
      SQLFunction([.double], .double, naturalLogarithm), SQLFunction([.double], .double, exponential),
      number("degrees") { $0 * 180 / .pi }, number("radians") { $0 * .pi / 180 },
      number("cot") { 1 / Foundation.tan($0) }, number("acos") { Foundation.acos($0) },
      number("asin") { Foundation.asin($0) }, number("atan") { Foundation.atan($0) },
      number("cbrt") { Foundation.cbrt($0) }, number("cos") { Foundation.cos($0) },
      number("cosh") { Foundation.cosh($0) }, number("log2") { Foundation.log2($0) },
      number("log10") { Foundation.log10($0) }, number("sin") { Foundation.sin($0) },
      number("sinh") { Foundation.sinh($0) }, number("sqrt") { $0.squareRoot() },
      number("tan") { Foundation.tan($0) }, number("tanh") { Foundation.tanh($0) },
    ]

  // MARK: Bits

  private static let bits: [SQLFunction] = [
    SQLFunction(
      [.bigint, .bigint], .bigint,
      .failing("bit_count", 2) { arguments throws(QueryFault) in
        let (number, bits) = (arguments.integer(0), arguments.integer(1))
        guard (2...64).contains(bits) else {
          throw QueryFault(message: "Bits specified in bit_count must be between 2 and 64, got \(bits)")
        }
        let limit = Int64.max >> (64 - bits)
        guard (~limit...limit).contains(number) else {
          throw QueryFault(
            message:
              "Number must be representable with the bits specified. \(number) can not be represented with \(bits) bits"
          )
        }
        return .integer(Int64((UInt64(bitPattern: number) & UInt64.max >> UInt64(64 - bits)).nonzeroBitCount))
      }),
    SQLFunction("bitwise_and", .init([.bigint, .bigint], .bigint, "($0 & $1)")),
    SQLFunction("bitwise_or", .init([.bigint, .bigint], .bigint, "($0 | $1)")),
    SQLFunction("bitwise_not", .init([.bigint], .bigint, "(~$0)")),
    SQLFunction("bitwise_xor", .init([.bigint, .bigint], .bigint, "(($0 | $1) - ($0 & $1))")),
  ]
}
