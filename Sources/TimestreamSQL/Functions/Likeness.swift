import SQLiteStore

/// `LIKE`, which SQLite calls as a function: `like(pattern, text)` and `like(pattern, text, escape)`. Its own takes time that grows with
/// the text to the power of the pattern's `%`, and nothing can interrupt it.
enum Likeness {
  static let plain = NativeFunction.metered("like", 2) { arguments, execution throws(QueryFault) in
    try matches(arguments.text(1), arguments.text(0), escape: nil, execution)
  }

  static let escaped = NativeFunction.metered("like", 3) { arguments, execution throws(QueryFault) in
    let escape = arguments.text(2).unicodeScalars
    guard let sign = escape.first, escape.dropFirst().isEmpty else {
      throw QueryFault(message: "Escape string must be a single character")
    }
    return try matches(arguments.text(1), arguments.text(0), escape: sign, execution)
  }

  enum Part: Equatable {
    case any, one
    case only(Unicode.Scalar)
  }

  private static func parts(_ pattern: String, escape: Unicode.Scalar?) throws(QueryFault) -> [Part] {
    var parts: [Part] = []
    var rest = pattern.unicodeScalars.makeIterator()
    while let sign = rest.next() {
      switch sign {
      case escape:
        guard let meant = rest.next(), meant == "%" || meant == "_" || meant == escape else {
          throw QueryFault(
            message: "Escape character must be followed by '%', '_' or the escape character itself")
        }
        parts.append(.only(meant))
      case "%": if parts.last != .any { parts.append(.any) }
      case "_": parts.append(.one)
      default: parts.append(.only(sign))
      }
    }
    return parts
  }

  /// The last `%` is where another try starts: none before it can do better.
  private static func matches(
    _ text: String, _ pattern: String, escape: Unicode.Scalar?, _ execution: Execution
  ) throws(QueryFault) -> SQLValue {
    let key = escape.map { "e\($0)\(pattern)" } ?? "p\(pattern)"
    let parts = try execution.likes.form(of: key) { _ throws(QueryFault) in
      try execution.spend(pattern.utf8.count)
      return try Self.parts(pattern, escape: escape)
    }
    let scalars = Array(text.unicodeScalars)
    var (place, part) = (0, 0)
    var (lastPlace, lastPart): (Int, Int?) = (0, nil)
    while place < scalars.count {
      try execution.spend(1)
      if part < parts.count, parts[part] == .one || parts[part] == .only(scalars[place]) {
        (place, part) = (place + 1, part + 1)
      } else if part < parts.count, parts[part] == .any {
        (lastPlace, lastPart) = (place, part)
        part += 1
      } else if let again = lastPart {
        lastPlace += 1
        (place, part) = (lastPlace, again + 1)
      } else {
        return .integer(0)
      }
    }
    return .integer(parts[part...].allSatisfy { $0 == .any } ? 1 : 0)
  }
}
