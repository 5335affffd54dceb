import CacheSupport

/// A query that is kept in a file, with the parameters that it takes.
///
/// The file is SQL for Timestream. Its first lines are comments: what the query is for, and a line for each parameter,
/// `-- @name type default: words`; without a default a value must be given. In the SQL `{name}` is where the value goes.
///
/// ```sql
/// -- The newest readings, newest first.
/// -- @table table sensors: the table of the readings
/// -- @past duration 1h: how far back to look
/// SELECT * FROM {table} WHERE time >= ago({past}) ORDER BY time DESC
/// ```
///
/// A value is never pasted: each is read as its type, and written as a quoted name or a literal.
package struct SavedQuery: Sendable {
  /// What a parameter's value is read as.
  package enum Kind: String, Sendable, CaseIterable {
    /// A table of the database that the query runs in.
    case table
    /// A column.
    case name
    case text
    /// A decimal number.
    case number
    case integer
    /// `30s`, `15m`, `24h`, `2d`, `1w`; more than nothing.
    case duration
    /// Epoch milliseconds, ISO 8601, `now` or `now-24h`.
    case time
  }

  package struct Parameter: Sendable, Hashable {
    package var name: String
    package var kind: Kind
    /// Nil where a value must be given.
    package var standard: String?
    /// What it is for.
    package var words: String
  }

  /// Why a file is no query, or a value does not fit.
  package struct Failure: Error, Hashable, CustomStringConvertible {
    package let description: String
  }

  enum Piece: Sendable, Hashable {
    case sql(String)
    /// The value of a parameter, by its index.
    case value(Int)
  }

  /// What the query is for.
  package private(set) var words: [String] = []
  /// In the order of the file.
  package private(set) var parameters: [Parameter] = []
  private(set) var pieces: [Piece] = []

  /// The most parameters that a query declares.
  package static let maximumParameters: Int = 32

  /// Reads a file's text.
  ///
  /// - Throws: ``Failure`` that names the line, or the parameter that is not used outside quotes and comments.
  package init(_ text: String) throws(Failure) {
    // A line's end of two bytes is a `Character` of its own.
    let lines = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
    let header = lines.prefix { $0.hasPrefix("--") }
    for (index, line) in header.enumerated() {
      let comment = line.dropFirst(2).trimmingBlanks
      if comment.hasPrefix("@") {
        parameters.append(try Self.parameter(comment.dropFirst(), line: index + 1))
      } else if !comment.isEmpty {
        words.append(String(comment))
      }
    }
    guard parameters.count <= Self.maximumParameters else {
      throw Failure(description: "it declares \(parameters.count) parameters; \(Self.maximumParameters) are the most")
    }
    for (index, parameter) in parameters.enumerated() where find(parameter.name) != index {
      throw Failure(description: "the parameter '\(parameter.name)' is declared twice")
    }
    pieces = try split(lines.dropFirst(header.count).joined(separator: "\n"))
    for (index, parameter) in parameters.enumerated() where !pieces.contains(.value(index)) {
      throw Failure(description: "the parameter '\(parameter.name)' is used nowhere outside quotes and comments")
    }
    // A default that does not fit is found when the file is read, not when somebody leaves the value out.
    for parameter in parameters {
      guard let standard = parameter.standard else { continue }
      _ = try Self.literal(standard, of: parameter, database: "-", now: 0)
    }
  }

  private func find(_ name: String) -> Int? { parameters.firstIndex { $0.name.hasSameBytes(as: name) } }

  /// `name type default: words`
  private static func parameter(_ text: Substring, line: Int) throws(Failure) -> Parameter {
    let form = "line \(line): a parameter is written as `-- @name type default: words`"
    let parts = text.split(separator: " ", maxSplits: 1)
    guard parts.count == 2, isName(parts[0]) else { throw Failure(description: form) }
    guard let colon = parts[1].firstRange(of: ": ") else { throw Failure(description: form) }
    let typed = parts[1][..<colon.lowerBound].split(separator: " ", maxSplits: 1)
    guard let first = typed.first, let kind = Kind(rawValue: String(first)) else {
      let kinds = Kind.allCases.map(\.rawValue).joined(separator: ", ")
      throw Failure(description: "line \(line): the type of a parameter is one of \(kinds)")
    }
    return Parameter(
      name: String(parts[0]), kind: kind, standard: typed.count == 2 ? String(typed[1]) : nil,
      words: String(parts[1][colon.upperBound...]))
  }

  /// A lower-case letter, then such letters, digits and underscores.
  private static func isName(_ text: Substring) -> Bool {
    text.wholeMatch(of: /[a-z][a-z0-9_]{0,63}/) != nil
  }

  /// The SQL, cut where values go. What is within quotes and comments is text, whatever is in it.
  private func split(_ sql: String) throws(Failure) -> [Piece] {
    let bytes = Array(sql.utf8)
    var pieces: [Piece] = []
    var piece: [UInt8] = []
    var index = 0
    func rest(_ text: StaticString) -> Bool {
      bytes[index...].starts(with: "\(text)".utf8)
    }
    /// The index after the next such text, or the end.
    func end(of text: StaticString, from start: Int) -> Int {
      let mark = Array("\(text)".utf8)
      var place = start
      while place < bytes.count {
        if bytes[place...].starts(with: mark) { return place + mark.count }
        place += 1
      }
      return bytes.count
    }
    while index < bytes.count {
      var next = index + 1
      if rest("--") {
        next = end(of: "\n", from: index)
      } else if rest("/*") {
        next = end(of: "*/", from: index + 2)
      } else if rest("'") {
        next = end(of: "'", from: index + 1)
      } else if rest("\"") {
        next = end(of: "\"", from: index + 1)
      } else if rest("{") {
        let close = end(of: "}", from: index)
        let name = String(decoding: bytes[(index + 1)..<max(index + 1, close - 1)], as: UTF8.self)
        guard let parameter = find(name) else {
          throw Failure(description: "{\(name)} names no parameter of the query")
        }
        if !piece.isEmpty { pieces.append(.sql(String(decoding: piece, as: UTF8.self))) }
        piece = []
        pieces.append(.value(parameter))
        index = close
        continue
      }
      piece += bytes[index..<next]
      index = next
    }
    if !piece.isEmpty { pieces.append(.sql(String(decoding: piece, as: UTF8.self))) }
    guard bytes.contains(where: { $0 > UInt8(ascii: " ") }) else { throw Failure(description: "there is no SQL in it") }
    return pieces
  }
}

extension Substring {
  fileprivate var trimmingBlanks: Substring {
    var text = drop { $0 == " " || $0 == "\r" }
    while let last = text.last, last == " " || last == "\r" { text.removeLast() }
    return text
  }
}
