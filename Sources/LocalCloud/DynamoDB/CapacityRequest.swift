import CacheSupport

/// What a request wants to know of the capacity that it consumes, and by which rules that is counted.
///
/// See <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html>. What a failing request consumes
/// DynamoDB does not say, and neither does this.
enum CapacityRequest {
  case none
  case total
  /// Each table and each index by itself as well.
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
  func json(_ table: String, _ units: ConsumedUnits, kind: Kind? = nil) -> JSON? {
    guard self != .none else { return nil }
    func counts(_ units: Double) -> JSONObject {
      var counts: JSONObject = ["CapacityUnits": .double(units)]
      if let kind { counts[kind.rawValue] = .double(units) }
      return counts
    }
    var answer = counts(units.total)
    answer["TableName"] = .string(table)
    guard self == .indexes else { return .object(answer) }
    answer["Table"] = .object(counts(units.table))
    for (kind, parts) in units.indexes.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
      var object = JSONObject()
      for (name, units) in parts.sorted(by: { $0.key < $1.key }) { object[name.text] = .object(counts(units)) }
      answer[kind.rawValue] = .object(object)
    }
    return .object(answer)
  }

  func json(_ table: String, _ units: Double) -> JSON? { json(table, ConsumedUnits(table: units)) }

  /// The same for several tables, in the order of their names.
  func json(_ units: [ByteText: ConsumedUnits], kind: Kind? = nil) -> JSON? {
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

/// What was consumed of a table and of its indexes, in units.
struct ConsumedUnits: Sendable {
  var table = 0.0
  private(set) var indexes: [SecondaryIndex.Kind: [ByteText: Double]] = [:]

  init(table: Double = 0) { self.table = table }

  /// What a write consumes.
  ///
  /// - Parameters:
  ///   - size: the larger of the item before and after it, in bytes.
  ///   - factor: 2 in a transaction.
  init(writing size: Int, _ change: ItemTable.Change, factor: Double = 1) {
    table = factor * CapacityRequest.writeUnits(size)
    for change in change.indexes where change.units > 0 { add(factor * change.units, to: change.index) }
  }

  var total: Double { indexes.values.reduce(table) { $0 + $1.values.reduce(0, +) } }

  mutating func add(_ units: Double, to index: SecondaryIndex) {
    indexes[index.kind, default: [:]][ByteText(index.name), default: 0] += units
  }

  static func += (one: inout Self, other: Self) {
    one.table += other.table
    for (kind, parts) in other.indexes {
      one.indexes[kind, default: [:]].merge(parts) { $0 + $1 }
    }
  }
}
