import CacheSupport
import SQLiteStore

/// Functions of JSON texts, which are read from left to right as far as they must, without a tree.
enum Documents {
  static let functions: [SQLFunction] = [
    SQLFunction([.varchar, .varchar], .varchar, scalar),
    SQLFunction([.varchar], .bigint, length),
  ]

  private static let scalar = NativeFunction.metered("json_extract_scalar", 2) {
    arguments, execution throws(QueryFault) in
    let path = try execution.jsonPaths.form(of: arguments.text(1)) { text throws(QueryFault) in try JSONPath(text) }
    let bytes = arguments.bytes(0)
    try execution.spend(bytes.count / 16)
    // What is no JSON has no values.
    guard let text = try? path.scalar(in: bytes) else { return .null }
    return .text(text)
  }

  private static let length = NativeFunction.metered("json_array_length", 1) {
    arguments, execution throws(QueryFault) in
    let bytes = arguments.bytes(0)
    try execution.spend(bytes.count / 16)
    guard let count = try? count(bytes) else { return .null }
    return .integer(count)
  }

  /// The elements of an array; nil for any other value.
  private static func count(_ bytes: [UInt8]) throws(JSONError) -> Int64? {
    var reader = JSONReader(bytes.span)
    guard try reader.peek() == .array else { return nil }
    try reader.beginArray()
    var count: Int64 = 0
    while try reader.nextElement() {
      try reader.skip()
      count += 1
    }
    return count
  }
}
