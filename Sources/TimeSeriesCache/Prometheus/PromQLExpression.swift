import CacheSupport
import Glibc

/// An expression of the subset: all that varies with time is one selector, or a function of it.
///
/// Scalars do not vary, so that they are numbers as soon as they are read.
indirect enum PromQLExpression: Sendable, Hashable {
  case number(Double)
  case text(String)
  case selector(PromQLSelector)
  case call(PromQLFunction, number: Double?, PromQLSelector)
  /// The sign of a vector, which takes its name as any arithmetic does.
  case negative(PromQLExpression)
  /// A vector before an operator and a number.
  case after(PromQLExpression, PromQLOperator, Double)
  /// A number and an operator before a vector.
  case before(Double, PromQLOperator, PromQLExpression)

  enum Shape: String {
    case scalar, string, vector, matrix

    var shown: String {
      switch self {
      case .scalar: "a number"
      case .string: "a string"
      case .vector: "an instant vector"
      case .matrix: "a range vector"
      }
    }
  }

  var shape: Shape {
    switch self {
    case .number: .scalar
    case .text: .string
    case .selector(let selector): selector.range == nil ? .vector : .matrix
    case .call, .negative, .after, .before: .vector
    }
  }

  /// The selector that the values come from; nil for a number and a text.
  var selector: PromQLSelector? {
    switch self {
    case .number, .text: nil
    case .selector(let selector), .call(_, _, let selector): selector
    case .negative(let inner), .after(let inner, _, _), .before(_, _, let inner): inner.selector
    }
  }
}

/// Which series, and of which time.
struct PromQLSelector: Sendable, Hashable {
  /// The time that is looked at, where it is not that of each step.
  enum Instant: Sendable, Hashable {
    /// Epoch milliseconds.
    case at(Int64)
    case start, end
  }

  /// With the metric's name among them, as `__name__`.
  var matchers: [LabelMatcher]
  /// Milliseconds; nil for an instant vector.
  var range: Int64?
  /// Milliseconds before the time that is looked at; negative looks ahead.
  var offset: Int64 = 0
  var instant: Instant?

  /// The label that is the metric's name.
  static let name: ByteText = "__name__"
}

extension PromQLExpression: CustomStringConvertible {
  /// An expression that reads back as the same.
  var description: String {
    switch self {
    case .number(let value):
      value.sign == .minus && !value.isNaN ? "(\(PrometheusNumber.text(value)))" : PrometheusNumber.text(value)
    case .text(let text): Self.quoted(text)
    case .selector(let selector): selector.description
    case .call(let function, let number, let selector):
      "\(function.rawValue)(\(number.map { "\(PrometheusNumber.text($0)), " } ?? "")\(selector))"
    case .negative(let inner): "(-\(inner))"
    case .after(let inner, let operation, let number):
      "(\(inner) \(operation.rawValue) \(PromQLExpression.number(number)))"
    case .before(let number, let operation, let inner):
      "(\(PromQLExpression.number(number)) \(operation.rawValue) \(inner))"
    }
  }

  fileprivate static func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": quoted += "\\\(scalar)"
      case "\n": quoted += "\\n"
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}

extension PromQLSelector: CustomStringConvertible {
  var description: String {
    var text = "{"
    text += matchers.map {
      "\(PromQLExpression.quoted($0.label.text))\($0.comparison.rawValue)\(PromQLExpression.quoted($0.value.text))"
    }.joined(separator: ",")
    text += "}"
    if let range { text += "[\(PromQLDuration.text(range))]" }
    if offset != 0 { text += " offset \(PromQLDuration.text(offset))" }
    switch instant {
    case .at(let time): text += " @ \(PrometheusNumber.seconds(time))"
    case .start: text += " @ start()"
    case .end: text += " @ end()"
    case nil: break
    }
    return text
  }
}

extension PromQLOperator {
  /// As IEEE 754 and C have it, which is as Prometheus has it: a division by zero is infinite or no number.
  func apply(_ left: Double, _ right: Double) -> Double {
    switch self {
    case .plus: left + right
    case .minus: left - right
    case .times: left * right
    case .divided: left / right
    case .remainder: fmod(left, right)
    case .power: pow(left, right)
    }
  }
}
