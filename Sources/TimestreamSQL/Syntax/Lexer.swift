/// Cuts a query into tokens.
struct Lexer {
  private let scalars: [Unicode.Scalar]
  private var index = 0
  private var position = Position(line: 1, column: 1)

  private init(_ text: String) { scalars = Array(text.unicodeScalars) }

  static func tokens(_ text: String, _ budget: QueryBudget) throws(QueryError) -> [Token] {
    var lexer = Lexer(text)
    var tokens: [Token] = []
    while true {
      let token = try lexer.next()
      try budget.spend()
      tokens.append(token)
      if token.kind == .end { return tokens }
    }
  }

  private func peek(_ offset: Int = 0) -> Unicode.Scalar? {
    index + offset < scalars.count ? scalars[index + offset] : nil
  }

  private mutating func advance() {
    if scalars[index] == "\n" { position = Position(line: position.line + 1, column: 1) } else { position.column += 1 }
    index += 1
  }

  private mutating func skipBlanksAndComments() throws(QueryError) {
    while let scalar = peek() {
      if scalar.properties.isWhitespace {
        advance()
      } else if scalar == "-", peek(1) == "-" {
        while let scalar = peek(), scalar != "\n" { _ = scalar; advance() }
      } else if scalar == "/", peek(1) == "*" {
        let start = position
        advance()
        advance()
        while !(peek() == "*" && peek(1) == "/") {
          guard peek() != nil else { throw QueryError("a comment is not closed", at: start) }
          advance()
        }
        advance()
        advance()
      } else {
        return
      }
    }
  }

  private mutating func next() throws(QueryError) -> Token {
    try skipBlanksAndComments()
    let start = position
    guard let scalar = peek() else { return Token(kind: .end, position: start) }
    switch scalar {
    case "'": return Token(kind: .string(try delimited("'")), position: start)
    case "\"": return Token(kind: .quoted(try delimited("\"")), position: start)
    case "0"..."9": return Token(kind: number(), position: start)
    case "." where peek(1).map(Self.isDigit) ?? false: return Token(kind: number(), position: start)
    case _ where Self.isWordStart(scalar): return Token(kind: .word(take { Self.isWord($0) }), position: start)
    default:
      if let two = Self.pair(scalar, peek(1)) {
        advance()
        advance()
        return Token(kind: .symbol(two), position: start)
      }
      guard "+-*/%=<>(),.[]@;".unicodeScalars.contains(scalar) else {
        throw QueryError("mismatched input '\(scalar)'", at: start)
      }
      advance()
      return Token(kind: .symbol(String(scalar)), position: start)
    }
  }

  private static func pair(_ first: Unicode.Scalar, _ second: Unicode.Scalar?) -> String? {
    switch (first, second) {
    case ("<", "="): "<="
    case (">", "="): ">="
    case ("<", ">"): "<>"
    case ("!", "="): "!="
    case ("|", "|"): "||"
    case (":", ":"): "::"
    case ("-", ">"): "->"
    default: nil
    }
  }

  private mutating func take(_ condition: (Unicode.Scalar) -> Bool) -> String {
    var text = String.UnicodeScalarView()
    while let scalar = peek(), condition(scalar) {
      text.append(scalar)
      advance()
    }
    return String(text)
  }

  /// A text between delimiters, whose own stands doubled.
  private mutating func delimited(_ delimiter: Unicode.Scalar) throws(QueryError) -> String {
    let start = position
    advance()
    var text = String.UnicodeScalarView()
    while let scalar = peek() {
      advance()
      if scalar == delimiter {
        if peek() != delimiter { return String(text) }
        advance()
      }
      text.append(scalar)
    }
    throw QueryError("mismatched input '\(delimiter)': the text is not closed", at: start)
  }

  private mutating func number() -> Token.Kind {
    var text = take(Self.isDigit)
    var isDecimal = false
    if peek() == ".", peek(1).map(Self.isDigit) ?? true || !(peek(1).map(Self.isWordStart) ?? false) {
      advance()
      text += "." + take(Self.isDigit)
      isDecimal = true
    }
    let sign = peek(1) == "-" || peek(1) == "+"
    if peek() == "e" || peek() == "E", peek(sign ? 2 : 1).map(Self.isDigit) ?? false {
      advance()
      text += "e"
      if sign, let mark = peek() {
        text.unicodeScalars.append(mark)
        advance()
      }
      text += take(Self.isDigit)
      return .decimal(text)
    }
    if isDecimal { return .decimal(text) }
    if peek().map(Self.isWordStart) ?? false { return .interval(text, take(Self.isWord).lowercased()) }
    return .integer(text)
  }

  private static func isDigit(_ scalar: Unicode.Scalar) -> Bool { ("0"..."9").contains(scalar) }
  private static func isWordStart(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.isAlphabetic || scalar == "_" }
  private static func isWord(_ scalar: Unicode.Scalar) -> Bool { isWordStart(scalar) || isDigit(scalar) }
}
