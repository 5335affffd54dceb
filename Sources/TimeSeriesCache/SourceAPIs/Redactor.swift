import CacheSupport

/// Takes a source's key out of texts: sources give back what they were sent, as it was or encoded.
struct Redactor: Sendable, Hashable {
  private let spellings: Set<KeySpelling>
  /// How far beyond a limit the rest of a key may reach that begins before it.
  private let reach: Int

  /// What a source says is quoted up to here.
  static let wordBytes: Int = 200
  private static let mask = Array("***".utf8)

  /// - Parameter key: nil where the source has none.
  init(key: String?) {
    // Blanks around a key are lost on the way to most sources, and back.
    let key = Array((key ?? "").utf8.drop { $0 <= 0x20 }.reversed().drop { $0 <= 0x20 }.reversed())
    spellings = KeySpelling.all(of: key)
    // Of one byte, escapes within escapes make at most so many.
    reach = 24 * key.count
  }

  /// The text without the key.
  func callAsFunction(_ text: String) -> String {
    spellings.isEmpty ? text : String(decoding: cleaned(Array(text.utf8), upTo: .max), as: UTF8.self)
  }

  /// The error without the key.
  func callAsFunction(_ error: SourceError) -> SourceError {
    var error = error
    error.place = self(error.place)
    error.reason = self(error.reason)
    return error
  }

  /// A URL without the key, without a name and password before its host, and without what its query calls a key.
  func url(_ url: String) -> String {
    let url = Self.withoutSecrets(url)
    guard let scheme = url.firstRange(of: "://") else { return self(url) }
    let rest = url[scheme.upperBound...]
    let authority = rest.prefix { !"/?#".contains($0) }
    guard let at = authority.lastIndex(of: "@") else { return self(url) }
    return self(url[..<scheme.upperBound] + "***" + rest[at...])
  }

  /// How names of parameters end that hold a secret: a description may have one written out.
  private static let secrets = ["key", "token", "secret", "password", "signature", "sig", "auth", "appid"]

  private static func withoutSecrets(_ url: String) -> String {
    guard let query = url.utf8.firstIndex(of: UInt8(ascii: "?")) else { return url }
    let parameters = url.utf8[url.utf8.index(after: query)...]
      .split(separator: UInt8(ascii: "&"), omittingEmptySubsequences: false)
    return url[...query]
      + parameters.map { parameter in
        let name = Substring(parameter.prefix { $0 != UInt8(ascii: "=") })
        let isSecret = name.endIndex < parameter.endIndex && secrets.contains { name.lowercased().hasSuffix($0) }
        return isSecret ? name + "=***" : Substring(parameter)
      }.joined(separator: "&")
  }

  /// The beginning of an answer that is not what it should be, on one line, to follow a reason; empty where it says nothing.
  func words(of body: [UInt8]) -> String {
    let text = beginning(of: body, Self.wordBytes)
    let line = text.split(separator: " ").joined(separator: " ")
    guard !line.isEmpty else { return "" }
    return "; it says: \(line)\(body.count > Self.wordBytes ? " …" : "")"
  }

  /// The beginning of a text, from which the key was taken before it was cut.
  func excerpt(_ text: String, _ limit: Int = 60) -> String { beginning(of: text.utf8, limit) }

  /// Without control characters, which a terminal might obey.
  private func beginning(of text: some Collection<UInt8>, _ limit: Int) -> String {
    let window = Array(text.prefix(limit + reach + 1))
    var text = String(decoding: cleaned(window, upTo: limit), as: UTF8.self)
    if window.count > limit {
      // Half a character at the cut.
      while text.last == "\u{FFFD}" { text.removeLast() }
    }
    let scalars = text.unicodeScalars.map { scalar -> Unicode.Scalar in
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator, .spaceSeparator: " "
      default: scalar
      }
    }
    return String(String.UnicodeScalarView(scalars))
  }

  private func cleaned(_ text: [UInt8], upTo limit: Int) -> [UInt8] {
    var cleaned: [UInt8] = []
    var index = 0
    for place in places(in: text) where place.upperBound > index && place.lowerBound < limit {
      // One that begins within the one before was masked with it.
      if place.lowerBound >= index { cleaned += text[index..<place.lowerBound] + Self.mask }
      index = place.upperBound
    }
    return index < limit ? cleaned + text[index..<min(text.count, limit)] : cleaned
  }

  /// Where the key is, however it is written there, in the order of the text.
  private func places(in text: [UInt8]) -> [Range<Int>] {
    guard !spellings.isEmpty else { return [] }
    return DecodedText.rounds(of: text).flatMap { round in
      spellings.flatMap { $0.ranges(in: round.bytes) }.map {
        round.places[$0.lowerBound].lowerBound..<round.places[$0.upperBound - 1].upperBound
      }
    }.sorted { ($0.lowerBound, $1.upperBound) < ($1.lowerBound, $0.upperBound) }
  }
}
