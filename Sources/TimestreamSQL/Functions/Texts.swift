import SQLiteStore

/// Functions of texts. A character is a Unicode scalar, as in Trino.
enum Texts {
  static let functions: [SQLFunction] = whole + places + parts

  /// From one text to another.
  private static func text(_ name: String, _ body: @escaping @Sendable (String) -> String) -> SQLFunction {
    SQLFunction([.varchar], .varchar, .strict(name, 1) { .text(body($0.text(0))) })
  }

  // MARK: The whole

  /// Character by character, as Trino: what would become two stays as it is.
  private static func mapped(_ text: String, _ mapping: (Unicode.Scalar.Properties) -> String) -> String {
    var scalars = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      let mapped = mapping(scalar.properties).unicodeScalars
      scalars.append(mapped.count == 1 ? mapped.first ?? scalar : scalar)
    }
    return String(scalars)
  }

  private static let reversed = NativeFunction.strict("reverse", 1) { arguments in
    var scalars = String.UnicodeScalarView()
    scalars.append(contentsOf: arguments.text(0).unicodeScalars.reversed())
    return .text(String(scalars))
  }

  private static let trim = NativeFunction.strict("trim", 2) { arguments in
    var scalars = Substring(arguments.text(0)).unicodeScalars
    let side = arguments.text(1)
    if side != "right" { scalars = scalars.drop { $0.properties.isWhitespace } }
    if side != "left" { while let last = scalars.last, last.properties.isWhitespace { scalars.removeLast() } }
    return .text(String(Substring(scalars)))
  }

  private static let pad = NativeFunction.failing("pad", 4) { arguments throws(QueryFault) in
    let (scalars, size) = (Array(arguments.text(0).unicodeScalars), arguments.integer(1))
    let padding = Array(arguments.text(2).unicodeScalars)
    guard (0...1_000_000).contains(size) else {
      throw QueryFault(message: "Target length must be in the range [0..1000000]")
    }
    guard !padding.isEmpty else { throw QueryFault(message: "Padding string must not be empty") }
    let missing = max(0, Int(size) - scalars.count)
    let pad = (0..<missing).map { padding[$0 % padding.count] }
    let padded = arguments.text(3) == "left" ? pad + scalars : scalars + pad
    return .text(String(String.UnicodeScalarView(padded.prefix(Int(size)))))
  }

  private static let replace = NativeFunction.metered("replace", 3) { arguments, execution throws(QueryFault) in
    let (text, sought, new) = (arguments.bytes(0), arguments.bytes(1), arguments.bytes(2))
    let search = ByteSearch(sought)
    // Nothing is between every two characters, as Java has it.
    func find(_ start: Int) -> Int? {
      guard sought.isEmpty else { return search.first(in: text, from: start) }
      return start < text.count ? UTF8Text.next(in: text, from: start) : nil
    }
    var result = sought.isEmpty ? new : []
    var start = 0
    while let place = find(start) {
      try execution.spend(1)
      guard result.count + place - start + new.count <= NativeFunction.sizeLimit else { throw NativeFunction.tooLarge }
      result += text[start..<place]
      result += new
      start = place + sought.count
    }
    return .text(String(decoding: result + text[start...], as: UTF8.self))
  }

  private static let whole: [SQLFunction] = [
    SQLFunction("concat", .init([.varchar, .varchar], .varchar, "($||)", isVariadic: true)),
    text("lower") { mapped($0, \.lowercaseMapping) }, text("upper") { mapped($0, \.uppercaseMapping) },
    SQLFunction([.varchar], .varchar, reversed),
    SQLFunction("trim", .init([.varchar], .varchar, "\(trim)($0, 'both')")),
    SQLFunction("ltrim", .init([.varchar], .varchar, "\(trim)($0, 'left')")),
    SQLFunction("rtrim", .init([.varchar], .varchar, "\(trim)($0, 'right')")),
    SQLFunction("lpad", .init([.varchar, .bigint, .varchar], .varchar, "\(pad)($0, $1, $2, 'left')")),
    SQLFunction("rpad", .init([.varchar, .bigint, .varchar], .varchar, "\(pad)($0, $1, $2, 'right')")),
    SQLFunction(
      "replace", .init([.varchar, .varchar], .varchar, "\(replace)($0, $1, '')"),
      .init([.varchar, .varchar, .varchar], .varchar, "\(replace)($0, $1, $2)")),
    SQLFunction(
      [.bigint], .varchar,
      .failing("chr", 1) { arguments throws(QueryFault) in
        let code = arguments.integer(0)
        guard let scalar = UInt32(exactly: code).flatMap(Unicode.Scalar.init) else {
          throw QueryFault(message: "Not a valid Unicode code point: \(code)")
        }
        return .text(String(Character(scalar)))
      }),
    SQLFunction(
      [.varchar], .integer,
      .failing("codepoint", 1) { arguments throws(QueryFault) in
        let scalars = arguments.text(0).unicodeScalars
        guard let scalar = scalars.first, scalars.dropFirst().isEmpty else {
          throw QueryFault(message: "Input string must be a single character string")
        }
        return .integer(Int64(scalar.value))
      }),
  ]

  // MARK: Places and distances

  /// The place of the n-th occurrence, from the front (1) or the end (-1); occurrences may overlap.
  private static let position = NativeFunction.metered("strpos", 4) { arguments, execution throws(QueryFault) in
    let (text, sought) = (arguments.bytes(0), arguments.bytes(1))
    guard case let instance = arguments.integer(2), instance > 0 else {
      throw QueryFault(message: "'instance' must be a positive number.")
    }
    guard !sought.isEmpty else { return .integer(1) }
    let search = ByteSearch(sought)
    /// The place of an occurrence, or how many there are before it.
    func find(_ wanted: Int64) throws(QueryFault) -> (place: Int?, count: Int64) {
      var (count, start): (Int64, Int) = (0, 0)
      while let found = search.first(in: text, from: start) {
        count += 1
        if count == wanted { return (found, count) }
        try execution.spend(1)
        start = found + 1
      }
      return (nil, count)
    }
    var wanted = instance
    if arguments.integer(3) < 0 {
      let count = try find(.max).count
      guard instance <= count else { return .integer(0) }
      wanted = count - instance + 1
    }
    guard let place = try find(wanted).place else { return .integer(0) }
    // In characters: bytes that continue one do not count.
    return .integer(Int64(text[..<place].count { $0 & 0xC0 != 0x80 }) + 1)
  }

  private static let substring = NativeFunction.raw("substr", 4) { arguments, _ in
    let isToEnd = arguments[3] == .integer(0)
    guard arguments[0] != .null, arguments[1] != .null, arguments[2] != .null || isToEnd else { return .null }
    let scalars = Array(arguments.text(0).unicodeScalars)
    let start = arguments.integer(1)
    let first = start > 0 ? start - 1 : Int64(scalars.count) + start
    guard start != 0, (0..<Int64(scalars.count)).contains(first) else { return .text("") }
    let length = isToEnd ? Int64(scalars.count) : max(0, arguments.integer(2))
    let rest = scalars[Int(first)...]
    return .text(String(String.UnicodeScalarView(rest.prefix(Int(min(length, Int64(rest.count)))))))
  }

  private static let levenshtein = NativeFunction.metered("levenshtein_distance", 2) {
    arguments, execution throws(QueryFault) in
    let (one, other) = (Array(arguments.text(0).unicodeScalars), Array(arguments.text(1).unicodeScalars))
    guard !one.isEmpty, !other.isEmpty else { return .integer(Int64(max(one.count, other.count))) }
    guard one.count * other.count <= 1_000_000 else {
      throw QueryFault(message: "The combined inputs for Levenshtein distance are too large")
    }
    var row = Array(0...other.count)
    for (line, scalar) in one.enumerated() {
      try execution.spend(other.count)
      var diagonal = row[0]
      row[0] = line + 1
      for column in other.indices {
        let above = row[column + 1]
        row[column + 1] = min(above + 1, row[column] + 1, diagonal + (scalar == other[column] ? 0 : 1))
        diagonal = above
      }
    }
    return .integer(Int64(row[other.count]))
  }

  private static let places: [SQLFunction] = [
    SQLFunction([.varchar], .bigint, .strict("length", 1) { .integer(Int64($0.text(0).unicodeScalars.count)) }),
    SQLFunction(
      "strpos", .init([.varchar, .varchar], .bigint, "\(position)($0, $1, 1, 1)"),
      .init([.varchar, .varchar, .bigint], .bigint, "\(position)($0, $1, $2, 1)")),
    SQLFunction(
      "strrpos", .init([.varchar, .varchar], .bigint, "\(position)($0, $1, 1, -1)"),
      .init([.varchar, .varchar, .bigint], .bigint, "\(position)($0, $1, $2, -1)")),
    SQLFunction(
      [.varchar, .varchar], .boolean,
      .strict("starts_with", 2) { .integer($0.text(0).utf8.starts(with: $0.text(1).utf8) ? 1 : 0) }),
    SQLFunction([.varchar, .varchar], .bigint, levenshtein),
    SQLFunction(
      [.varchar, .varchar], .bigint,
      .failing("hamming_distance", 2) { arguments throws(QueryFault) in
        let (one, other) = (Array(arguments.text(0).unicodeScalars), Array(arguments.text(1).unicodeScalars))
        guard one.count == other.count else {
          throw QueryFault(message: "The input strings to hamming_distance function must have the same length")
        }
        return .integer(Int64(zip(one, other).count { $0 != $1 }))
      }),
  ]

  // MARK: Parts

  private static let split = NativeFunction.metered("split", 3) { arguments, execution throws(QueryFault) in
    let (text, delimiter, limit) = (arguments.bytes(0), arguments.bytes(1), arguments.integer(2))
    guard !delimiter.isEmpty else { throw QueryFault(message: "The delimiter may not be the empty string") }
    guard limit > 0 else { throw QueryFault(message: "Limit must be positive") }
    guard limit <= Int32.max else { throw QueryFault(message: "Limit is too large") }
    let search = ByteSearch(delimiter)
    var list = QueryList()
    var (start, count): (Int, Int64) = (0, 1)
    while count < limit, let place = search.first(in: text, from: start) {
      try list.append(text: text[start..<place], execution)
      start = place + delimiter.count
      count += 1
    }
    try list.append(text: text[start...], execution)
    return .blob(list.bytes)
  }

  private static let splitPart = NativeFunction.metered("split_part", 3) { arguments, execution throws(QueryFault) in
    let (text, delimiter, index) = (arguments.bytes(0), arguments.bytes(1), arguments.integer(2))
    guard index > 0 else { throw QueryFault(message: "Index must be greater than zero") }
    guard !text.isEmpty || !delimiter.isEmpty else { return .null }
    let search = ByteSearch(delimiter)
    var (start, count): (Int, Int64) = (0, 1)
    func end(_ start: Int) -> Int? {
      guard delimiter.isEmpty else { return search.first(in: text, from: start) }
      let end = UTF8Text.next(in: text, from: start)
      return end < text.count ? end : nil
    }
    while count < index {
      guard let place = end(start) else { return .null }
      try execution.spend(1)
      start = place + delimiter.count
      count += 1
    }
    return .text(String(decoding: text[start..<(end(start) ?? text.count)], as: UTF8.self))
  }

  private static let parts: [SQLFunction] =
    ["substr", "substring"].map { name in
      SQLFunction(
        name, .init([.varchar, .bigint], .varchar, "\(substring)($0, $1, NULL, 0)"),
        .init([.varchar, .bigint, .bigint], .varchar, "\(substring)($0, $1, $2, 1)"))
    } + [
      SQLFunction(
        "split", .init([.varchar, .varchar], .array(.varchar), "\(split)($0, $1, 2147483647)"),
        .init([.varchar, .varchar, .bigint], .array(.varchar), "\(split)($0, $1, $2)")),
      SQLFunction([.varchar, .varchar, .bigint], .varchar, splitPart),
    ]
}
