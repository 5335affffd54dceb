import CacheSupport

/// Where a list goes on: the names after which the next page starts. A token is not for reading.
enum ListToken {
  private static let mark = "AYAB"

  static func make(_ names: String...) -> JSON {
    .string(mark + Hex.encode(Array(JSON.array(names.map { .string($0) }).text.utf8)))
  }

  /// The names of the request's `NextToken`; empty texts where it has none.
  ///
  /// - Throws: for what is no token of ours.
  static func read(_ input: inout Input, count: Int = 1) throws(ServiceError) -> [String] {
    guard let token = try input.string("NextToken") else { return Array(repeating: "", count: count) }
    let digits = Array(token.utf8.dropFirst(mark.utf8.count))
    let bytes = stride(from: 0, to: digits.count - 1, by: 2).compactMap { place in
      UInt8(String(decoding: digits[place...(place + 1)], as: UTF8.self), radix: 16)
    }
    guard token.hasPrefix(mark), bytes.count * 2 == digits.count,
      let names = (try? JSON(parsing: bytes))?.array?.compactMap(\.string), names.count == count
    else { throw .timestream("ValidationException", "Invalid pagination token") }
    return names
  }
}
