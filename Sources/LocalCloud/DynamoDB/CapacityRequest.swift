import CacheSupport

/// What a request wants to know of the capacity that it consumes, and by which rules that is counted.
///
/// See <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html>. What a failing request consumes
/// DynamoDB does not say, and neither does this.
enum CapacityRequest {
  case none
  case total
  /// Each table by itself as well; there are no indexes.
  case indexes

  /// Reads `ReturnConsumedCapacity`.
  init(_ input: inout Input) throws(ServiceError) {
    switch try input.string("ReturnConsumedCapacity", values: ["INDEXES", "TOTAL", "NONE"]) {
    case "INDEXES": self = .indexes
    case "TOTAL": self = .total
    default: self = .none
    }
  }

  /// The name of the member that a transaction's units have besides `CapacityUnits`.
  enum Kind: String {
    case read = "ReadCapacityUnits"
    case write = "WriteCapacityUnits"
  }

  /// What was consumed of a table, for the answer; nil where nobody wants to know.
  ///
  /// - Parameter table: as the request named it: by its name, or by its ARN.
  func json(_ table: String, _ units: Double, kind: Kind? = nil) -> JSON? {
    guard self != .none else { return nil }
    var counts: JSONObject = ["CapacityUnits": .double(units)]
    if let kind { counts[kind.rawValue] = .double(units) }
    var answer = counts
    answer["TableName"] = .string(table)
    if self == .indexes { answer["Table"] = .object(counts) }
    return .object(answer)
  }

  /// The same for several tables, in the order of their names.
  func json(_ units: [ByteText: Double], kind: Kind? = nil) -> JSON? {
    guard self != .none else { return nil }
    return .array(units.sorted { $0.key < $1.key }.compactMap { json($0.key.text, $0.value, kind: kind) })
  }

  /// A unit for each started KB, and one for an item that is not there.
  ///
  /// - Parameter size: the larger of what was there and what is there now, in bytes.
  static func writeUnits(_ size: Int) -> Double { Double(max(1, (size + 1023) / 1024)) }

  /// A unit for each started 4 KB, and one where nothing was found; half of it without consistency.
  ///
  /// - Parameter size: of an item, or of all items that a page looked at, in bytes.
  static func readUnits(_ size: Int, consistent: Bool) -> Double {
    Double(max(1, (size + 4095) / 4096)) * (consistent ? 1 : 0.5)
  }
}
