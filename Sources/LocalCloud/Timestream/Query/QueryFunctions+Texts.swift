import CacheSupport
import Foundation

/// Functions of texts.
extension QueryFunctions {
  // MARK: Texts

  private static func mapped(_ text: String, _ mapping: (Unicode.Scalar.Properties) -> String) -> String {
    var scalars = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      let mapped = mapping(scalar.properties).unicodeScalars
      scalars.append(mapped.count == 1 ? mapped.first ?? scalar : scalar)
    }
    return String(scalars)
  }

  /// The parts of a text between delimiters, by their bytes: Swift's own methods take a letter with its accents as one.
  static func parts(_ text: String, _ delimiter: String) -> [String] {
    let (bytes, sought) = (Array(text.utf8), Array(delimiter.utf8))
    var parts: [String] = []
    let search = ByteSearch(sought)
    var start = 0
    while let place = search.first(in: bytes, from: start) {
      parts.append(String(decoding: bytes[start..<place], as: UTF8.self))
      start = place + sought.count
    }
    return parts + [String(decoding: bytes[start...], as: UTF8.self)]
  }

  static let texts: [Function] = [
    // Code point by code point, as Trino: what would become two stays as it is.
    text("lower") { mapped($0, \.lowercaseMapping) }, text("upper") { mapped($0, \.uppercaseMapping) },
    strict("length", 1) { arguments in .integer(Int64((arguments[0].text ?? "").unicodeScalars.count)) },
    strict("codepoint", 1, canFail: true) { arguments throws(QueryFault) in
      let scalars = (arguments[0].text ?? "").unicodeScalars
      guard scalars.count == 1, let scalar = scalars.first else {
        throw QueryFault(message: "Input string must be a single character string")
      }
      return .integer(Int64(scalar.value))
    },
    text("reverse") { text in
      var scalars = String.UnicodeScalarView()
      scalars.append(contentsOf: text.unicodeScalars.reversed())
      return String(scalars)
    },
    strict("trim", 2) { arguments in
      var scalars = Substring(arguments[0].text ?? "").unicodeScalars
      let side = arguments[1].text
      if side != "right" { scalars = scalars.drop { $0.properties.isWhitespace } }
      if side != "left" {
        while let last = scalars.last, last.properties.isWhitespace { scalars.removeLast() }
      }
      return .text(String(Substring(scalars)))
    },
    strict("pad", 4, canFail: true) { arguments throws(QueryFault) in
      let (scalars, size) = (Array((arguments[0].text ?? "").unicodeScalars), arguments[1].integer ?? 0)
      let padding = Array((arguments[2].text ?? "").unicodeScalars)
      guard (0...1_000_000).contains(size) else {
        throw QueryFault(message: "Target length must be in the range [0..1000000]")
      }
      guard !padding.isEmpty else { throw QueryFault(message: "Padding string must not be empty") }
      let missing = max(0, Int(size) - scalars.count)
      let pad = (0..<missing).map { padding[$0 % padding.count] }
      let padded = arguments[3].text == "left" ? pad + scalars : scalars + pad
      let kept = arguments[3].text == "left" && missing == 0 ? scalars.prefix(Int(size)) : padded.prefix(Int(size))
      return .text(String(String.UnicodeScalarView(kept)))
    },
    strict("replace", 3, canFail: true) { arguments throws(QueryFault) in
      let (text, search) = (arguments[0].text ?? "", arguments[1].text ?? "")
      let new = arguments[2].text ?? ""
      // More than once for each byte it cannot occur.
      guard text.utf8.count / max(1, search.utf8.count) * new.utf8.count <= sizeLimit else { throw tooLarge }
      guard search.isEmpty else { return .text(text.replacingOccurrences(of: search, with: new, options: .literal)) }
      // Between every two characters, as Java does.
      return .text(new + text.unicodeScalars.map { String($0) + new }.joined())
    },
    Function(name: "substr", count: 4, canFail: false) { arguments in
      guard arguments[0] != .null, arguments[1] != .null, arguments[2] != .null || arguments[3] == .integer(0) else {
        return .null
      }
      let scalars = Array((arguments[0].text ?? "").unicodeScalars)
      let start = arguments[1].integer ?? 0
      let first = start > 0 ? start - 1 : Int64(scalars.count) + start
      guard start != 0, (0..<Int64(scalars.count)).contains(first) else { return .text("") }
      let length = arguments[3] == .integer(0) ? Int64(scalars.count) : max(0, arguments[2].integer ?? 0)
      let rest = scalars[Int(first)...]
      return .text(String(String.UnicodeScalarView(rest.prefix(Int(min(length, Int64(rest.count)))))))
    },
    strict("split_part", 3, canFail: true) { arguments throws(QueryFault) in
      let index = arguments[2].integer ?? 0
      guard index > 0 else { throw QueryFault(message: "Index must be greater than zero") }
      let (text, delimiter) = (arguments[0].text ?? "", arguments[1].text ?? "")
      let parts = delimiter.isEmpty ? text.unicodeScalars.map { String($0) } : parts(text, delimiter)
      return index <= Int64(parts.count) ? .text(parts[Int(index) - 1]) : .null
    },
    strict("chr", 1, canFail: true) { arguments throws(QueryFault) in
      guard let code = UInt32(exactly: arguments[0].integer ?? -1), let scalar = Unicode.Scalar(code) else {
        throw QueryFault(message: "Not a valid Unicode code point: \(arguments[0].integer ?? -1)")
      }
      return .text(String(Character(scalar)))
    },
    strict("levenshtein", 2, canFail: true) { arguments throws(QueryFault) in
      let (one, other) = (
        Array((arguments[0].text ?? "").unicodeScalars), Array((arguments[1].text ?? "").unicodeScalars)
      )
      guard one.count * other.count <= 1_000_000 else {
        throw QueryFault(message: "The combined inputs for Levenshtein distance are too large")
      }
      var row = Array(0...other.count)
      for (line, scalar) in one.enumerated() {
        var diagonal = row[0]
        row[0] = line + 1
        for column in other.indices {
          let above = row[column + 1]
          row[column + 1] = min(above + 1, row[column] + 1, diagonal + (scalar == other[column] ? 0 : 1))
          diagonal = above
        }
      }
      return .integer(Int64(row[other.count]))
    },
    strict("json_length", 1) { arguments in
      (try? JSON(parsing: arguments[0].text ?? ""))?.array.map { .integer(Int64($0.count)) } ?? .null
    },
    strict("json_scalar", 2, canFail: true) { arguments throws(QueryFault) in
      let path = arguments[1].text ?? ""
      guard path.hasPrefix("$") else { throw QueryFault(message: "Invalid JSON path: '\(path)'") }
      guard var json = try? JSON(parsing: arguments[0].text ?? "") else { return .null }
      for step in path.dropFirst().split(whereSeparator: { ".[".contains($0) }) {
        let name = step.hasSuffix("]") ? step.dropLast().filter { $0 != "\"" } : String(step)
        let next =
          step.hasSuffix("]")
          ? Int(name).flatMap { index in json.array.flatMap { $0.indices.contains(index) ? $0[index] : nil } }
            ?? json[name] : json[name]
        guard let next else { return .null }
        json = next
      }
      switch json {
      case .string(let text): return .text(text)
      case .number, .bool: return .text(json.text)
      case .null, .array, .object: return .null
      }
    },
  ]

  // MARK: Regular expressions

  static func expression(_ pattern: String) throws(QueryFault) -> NSRegularExpression {
    // The empty pattern fits everywhere, which this library must be told.
    do { return try NSRegularExpression(pattern: pattern.isEmpty ? "(?:)" : pattern) } catch {
      throw QueryFault(message: "Invalid regular expression: \(pattern)")
    }
  }

  static func checkGroup(_ group: Int64, _ pattern: NSRegularExpression) throws(QueryFault) {
    guard group >= 0 else { throw QueryFault(message: "Group cannot be negative") }
    guard group <= pattern.numberOfCaptureGroups else {
      throw QueryFault(message: "Pattern has \(pattern.numberOfCaptureGroups) groups. Cannot access group \(group)")
    }
  }

  static let expressions: [Function] = [
    strict("regexp_like", 2, canFail: true) { arguments throws(QueryFault) in
      let text = arguments[0].text ?? ""
      let found = try expression(arguments[1].text ?? "").firstMatch(
        in: text, range: NSRange(text.startIndex..., in: text))
      return .integer(found == nil ? 0 : 1)
    },
    strict("regexp_extract", 3, canFail: true) { arguments throws(QueryFault) in
      let (text, group) = (arguments[0].text ?? "", arguments[2].integer ?? 0)
      let pattern = try expression(arguments[1].text ?? "")
      try checkGroup(group, pattern)
      guard let found = pattern.firstMatch(in: text, range: NSRange(text.startIndex..., in: text)),
        let range = Range(found.range(at: Int(group)), in: text)
      else { return .null }
      return .text(String(text[range]))
    },
    strict("regexp_replace", 3, canFail: true) { arguments throws(QueryFault) in
      let text = (arguments[0].text ?? "") as NSString
      let pattern = try expression(arguments[1].text ?? "")
      let replacement = try Replacement(arguments[2].text ?? "", groups: pattern.numberOfCaptureGroups)
      var result = ""
      var start = 0
      for match in pattern.matches(in: text as String, range: NSRange(location: 0, length: text.length)) {
        result += text.substring(with: NSRange(location: start, length: match.range.location - start))
        result += try replacement.text(match, text)
        start = match.range.location + match.range.length
        guard result.utf8.count <= sizeLimit else { throw tooLarge }
      }
      return .text(result + text.substring(from: start))
    },
  ]

  /// What stands for a match, in Java's syntax: `$1`, `${name}`, and a backslash before what is meant literally.
  private struct Replacement {
    private enum Part {
      case text(String)
      case group(Int)
      case named(String)
    }
    private var parts: [Part] = []

    init(_ text: String, groups: Int) throws(QueryFault) {
      var rest = text.unicodeScalars[...]
      func illegal(_ what: String) -> QueryFault { QueryFault(message: "Illegal replacement sequence: \(what)") }
      while let scalar = rest.popFirst() {
        switch scalar {
        case "\\":
          guard let next = rest.popFirst() else { throw illegal(text) }
          parts.append(.text(String(next)))
        case "$":
          if rest.first == "{" {
            let name = rest.dropFirst().prefix { $0 != "}" }
            guard name.count + 1 < rest.count, !name.isEmpty else { throw illegal(text) }
            rest = rest.dropFirst(name.count + 2)
            parts.append(.named(String(name)))
            continue
          }
          guard let digit = rest.popFirst(), ("0"..."9").contains(digit), var group = Int(String(digit)) else {
            throw illegal(text)
          }
          guard group <= groups else { throw illegal("unknown group \(group)") }
          // As many digits as make a group that there is.
          while let next = rest.first, ("0"..."9").contains(next), let digit = Int(String(next)),
            group * 10 + digit <= groups
          {
            group = group * 10 + digit
            rest = rest.dropFirst()
          }
          parts.append(.group(group))
        default: parts.append(.text(String(scalar)))
        }
      }
    }

    func text(_ match: NSTextCheckingResult, _ text: NSString) throws(QueryFault) -> String {
      var result = ""
      for part in parts {
        let range: NSRange
        switch part {
        case .text(let literal):
          result += literal
          continue
        case .group(let group): range = match.range(at: group)
        case .named(let name): range = match.range(withName: name)
        }
        if range.location != NSNotFound { result += text.substring(with: range) }
        guard result.utf8.count <= sizeLimit else { throw tooLarge }
      }
      return result
    }
  }
}

/// Looks for bytes among others in time that grows with both and not with their product: Knuth, Morris and Pratt's way.
struct ByteSearch {
  private let sought: [UInt8]
  /// For each place how much of what was found up to there is also its beginning.
  private let borders: [Int]

  init(_ sought: [UInt8]) {
    self.sought = sought
    var borders = Array(repeating: 0, count: sought.count)
    var length = 0
    for place in sought.indices.dropFirst() {
      while length > 0, sought[place] != sought[length] { length = borders[length - 1] }
      if sought[place] == sought[length] { length += 1 }
      borders[place] = length
    }
    self.borders = borders
  }

  /// Where they are first found from a place on; nil for none, and for no bytes.
  func first(in bytes: [UInt8], from start: Int) -> Int? {
    guard !sought.isEmpty else { return nil }
    var length = 0
    var place = start
    while place < bytes.count {
      while length > 0, bytes[place] != sought[length] { length = borders[length - 1] }
      if bytes[place] == sought[length] { length += 1 }
      place += 1
      if length == sought.count { return place - length }
    }
    return nil
  }
}
