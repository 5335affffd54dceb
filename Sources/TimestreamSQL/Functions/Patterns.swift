import SQLiteStore

/// Functions of regular expressions.
enum Patterns {
  private static let like = NativeFunction.metered("regexp_like", 2) { arguments, execution throws(QueryFault) in
    let found = try execution.pattern(arguments.text(1)).firstMatch(in: arguments.bytes(0), execution)
    return .integer(found == nil ? 0 : 1)
  }

  private static func checkGroup(_ group: Int64, of pattern: RegularExpression) throws(QueryFault) -> Int {
    guard group >= 0 else { throw QueryFault(message: "Group cannot be negative") }
    guard group <= pattern.groupCount else {
      throw QueryFault(message: "Pattern has \(pattern.groupCount) groups. Cannot access group \(group)")
    }
    return Int(group)
  }

  private static let extract = NativeFunction.metered("regexp_extract", 3) { arguments, execution throws(QueryFault) in
    let (text, pattern) = (arguments.bytes(0), try execution.pattern(arguments.text(1)))
    let group = try checkGroup(arguments.integer(2), of: pattern)
    guard let range = try pattern.firstMatch(in: text, execution)?[group] else { return .null }
    return .text(String(decoding: text[range], as: UTF8.self))
  }

  private static let extractAll = NativeFunction.metered("regexp_extract_all", 3) {
    arguments, execution throws(QueryFault) in
    let (text, pattern) = (arguments.bytes(0), try execution.pattern(arguments.text(1)))
    let group = try checkGroup(arguments.integer(2), of: pattern)
    var list = QueryList()
    try pattern.forEachMatch(in: text, execution) { match throws(QueryFault) in
      if let range = match[group] { try list.append(text: text[range], execution) } else { list.append(.null) }
    }
    return .blob(list.bytes)
  }

  private static let split = NativeFunction.metered("regexp_split", 2) { arguments, execution throws(QueryFault) in
    let text = arguments.bytes(0)
    var list = QueryList()
    var start = 0
    try execution.pattern(arguments.text(1)).forEachMatch(in: text, execution) { match throws(QueryFault) in
      try list.append(text: text[start..<match.range.lowerBound], execution)
      start = match.range.upperBound
    }
    try list.append(text: text[start...], execution)
    return .blob(list.bytes)
  }

  private static let replace = NativeFunction.metered("regexp_replace", 3) { arguments, execution throws(QueryFault) in
    let (text, pattern) = (arguments.bytes(0), try execution.pattern(arguments.text(1)))
    let replacement = try PatternReplacement(arguments.text(2), for: pattern)
    var result: [UInt8] = []
    var start = 0
    try pattern.forEachMatch(in: text, execution) { match throws(QueryFault) in
      result += text[start..<match.range.lowerBound]
      try replacement.append(match, of: text, to: &result)
      start = match.range.upperBound
    }
    return .text(String(decoding: result + text[start...], as: UTF8.self))
  }

  static let functions: [SQLFunction] = [
    SQLFunction([.varchar, .varchar], .boolean, like),
    SQLFunction(
      "regexp_extract", .init([.varchar, .varchar], .varchar, "\(extract)($0, $1, 0)"),
      .init([.varchar, .varchar, .bigint], .varchar, "\(extract)($0, $1, $2)")),
    SQLFunction(
      "regexp_extract_all", .init([.varchar, .varchar], .array(.varchar), "\(extractAll)($0, $1, 0)"),
      .init([.varchar, .varchar, .bigint], .array(.varchar), "\(extractAll)($0, $1, $2)")),
    SQLFunction([.varchar, .varchar], .array(.varchar), split),
    SQLFunction(
      "regexp_replace", .init([.varchar, .varchar], .varchar, "\(replace)($0, $1, '')"),
      .init([.varchar, .varchar, .varchar], .varchar, "\(replace)($0, $1, $2)")),
  ]
}
