struct Token: Hashable, Sendable {
  enum Kind: Hashable, Sendable {
    /// Unquoted, as it stands; words are compared without regard to case.
    case word(String)
    /// In double quotes, undone.
    case quoted(String)
    /// In single quotes, undone.
    case string(String)
    case integer(String)
    /// With a point or an exponent.
    case decimal(String)
    /// `10ms`: a count and a unit.
    case interval(String, String)
    case symbol(String)
    case end
  }
  let kind: Kind
  let position: Position
  /// The word in lower case; empty where it is none.
  let keyword: String

  init(kind: Kind, position: Position) {
    self.kind = kind
    self.position = position
    keyword = if case .word(let text) = kind { text.lowercased() } else { "" }
  }

  /// As messages show it.
  var text: String {
    switch kind {
    case .word(let text), .integer(let text), .decimal(let text), .symbol(let text): text
    case .quoted(let text): "\"\(text)\""
    case .string(let text): "'\(text)'"
    case .interval(let count, let unit): count + unit
    case .end: "<EOF>"
    }
  }
}
