/// Why an expression cannot be evaluated: what was found, where, and what is supported.
///
/// The text begins as Prometheus' own do, `1:5: parse error: `, so that editors find the place.
struct PromQLError: Error, Hashable, CustomStringConvertible {
  /// From 1.
  var line: Int
  /// In bytes, from 1.
  var column: Int
  var reason: String

  /// - Parameters:
  ///   - offset: where in the text, in bytes.
  ///   - text: the whole expression.
  init(at offset: Int, of text: [UInt8], _ reason: String) {
    let before = text.prefix(max(0, offset))
    line = 1 + before.count { $0 == UInt8(ascii: "\n") }
    column = 1 + (before.lastIndex(of: UInt8(ascii: "\n")).map { before.count - $0 - 1 } ?? before.count)
    self.reason = reason
  }

  var description: String { "\(line):\(column): parse error: \(reason)" }

  /// What an expression may be made of, for the end of an error that refuses something else.
  static let supported: String =
    "supported are selectors, offset, @, \(PromQLFunction.allCases.map(\.rawValue).joined(separator: ", ")), "
    + "and + - * / % ^ with numbers"
}
