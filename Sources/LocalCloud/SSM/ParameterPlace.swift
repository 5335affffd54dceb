import CacheSupport

/// The last version that a page had, as the token of the next one has it.
struct ParameterPlace: Sendable, Hashable {
  let name: String
  let version: Int64

  init(_ last: Parameter) {
    name = last.name.text.text
    version = last.version
  }

  /// Reads a token; nil for none.
  ///
  /// - Throws: InvalidNextToken.
  init?(_ token: String?) throws(ServiceError) {
    guard let token else { return nil }
    let parts = (Base64.decode(token.utf8Span.span) ?? []).split(
      separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
    guard parts.count == 2, let version = Int64(String(decoding: parts[1], as: UTF8.self)) else {
      throw ServiceError(type: "InvalidNextToken", message: "The specified token isn't valid.")
    }
    name = String(decoding: parts[0], as: UTF8.self)
    self.version = version
  }

  /// No name has a colon.
  var token: String { Base64.text("\(name):\(version)".utf8Span.span) }
}
