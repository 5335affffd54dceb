/// A word of an expression, and where it begins.
struct PromQLToken: Hashable {
  enum Kind: Hashable {
    /// A name, a function or a keyword: which of them, the parser knows.
    case name(String)
    case number(Double)
    /// Milliseconds.
    case duration(Int64)
    case string(String)
    /// An operator or a bracket, such as `=~`.
    case sign(String)
    case end
  }

  var kind: Kind
  /// In bytes from the start of the expression.
  var offset: Int

  /// The token as an error names it.
  var shown: String {
    switch kind {
    case .name(let name): "'\(name.prefix(60))'"
    case .number(let value): "the number \(PrometheusNumber.text(value))"
    case .duration(let length): "the duration \(PromQLDuration.text(length))"
    case .string: "a string"
    case .sign(let sign): "'\(sign)'"
    case .end: "the end of the expression"
    }
  }
}
