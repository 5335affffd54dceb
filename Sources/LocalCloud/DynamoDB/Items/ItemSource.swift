import AWSClients
import CacheSupport
import SQLiteStore

/// Where Query and Scan read: a table, or one of its indexes.
struct ItemSource {
  let table: Table
  /// Nil for the table itself.
  let index: SecondaryIndex?

  /// The keys by which it is ordered.
  var schema: KeySchema { index?.schema ?? table.description.schema }

  /// A place in the order.
  struct Position: Sendable {
    var key: ItemKey
    /// The table's key of an index's entry: several have the same place in the index.
    var item: ItemKey?
  }

  /// - Parameter name: of an index.
  /// - Throws: what DynamoDB says of an index that is not there, or not whole yet.
  init(_ table: Table, index name: String?, _ connection: Connection) throws(ServiceError) {
    self.table = table
    guard let name else {
      index = nil
      return
    }
    guard let index = table.description.indexes.first(where: { $0.name.hasSameBytes(as: name) }) else {
      throw .validation("The table does not have the specified index: \(name)")
    }
    self.index = index
    let filling: [SQLValue]?
    do throws(DatabaseError) {
      filling = try connection.row(
        "SELECT 1 FROM dynamodb_indexes WHERE id = ? AND fill_part IS NOT NULL", .integer(index.number))
    } catch { throw .internal(error) }
    guard filling == nil else {
      throw .validation("Cannot read from backfilling global secondary index: \(name)")
    }
  }

  /// All rows, without an order yet.
  var rows: RowRange {
    if let index {
      return RowRange("dynamodb_index_entries", columns: ", item_hash, item_range", "index_id", index.number)
    }
    return RowRange("dynamodb_items", columns: "", "table_id", table.id)
  }

  /// The columns that order the rows of a hash key, and the values of a position in them.
  func order(_ position: Position?) -> (columns: [String], values: [SQLValue]) {
    let values: [SQLValue] =
      position.map { position in
        [.blob(position.key.range)] + (position.item.map { [.blob($0.hash), .blob($0.range)] } ?? [])
      } ?? []
    return (index == nil ? ["range"] : ["range", "item_hash", "item_range"], values)
  }

  /// Reads the position that a key stands for.
  ///
  /// - Throws: what DynamoDB says of a key that does not fit.
  func position(_ key: EncodedItem) throws(ServiceError) -> Position {
    guard let index else { return Position(key: try tableKey(key, exact: true)) }
    let names = Set((table.description.keys + index.schema.keys).map { ByteText($0.name) })
    let areThere = index.schema.keys.allSatisfy { key.value(of: $0.encodedName) != nil }
    guard key.count == names.count, areThere else { throw .validation("The provided starting key is invalid") }
    return Position(key: try index.schema.part(of: key, isKey: true), item: try tableKey(key, exact: false))
  }

  private func tableKey(_ key: EncodedItem, exact: Bool) throws(ServiceError) -> ItemKey {
    let schema = table.description.schema
    do throws(ServiceError) {
      return try exact ? schema.key(of: key, exact: true) : schema.part(of: key, isKey: true)
    } catch { throw .validation("The provided starting key is invalid: \(error.message ?? "")") }
  }

  /// The attributes that stand for a position.
  func item(of position: Position) -> Item {
    let item = schema.item(of: position.key)
    guard let place = position.item else { return item }
    return item.merging(table.description.schema.item(of: place)) { own, _ in own }
  }
}

/// The rows of a page, in SQL.
struct RowRange {
  private let table: String
  private let columns: String
  private var clauses: [String]
  private(set) var values: [SQLValue]
  var order: [String] = []
  var isBackward = false

  init(_ table: String, columns: String, _ owner: String, _ id: Int64) {
    (self.table, self.columns) = (table, columns)
    clauses = ["\(owner) = ?"]
    values = [.integer(id)]
  }

  mutating func add(_ clause: String, _ values: SQLValue...) {
    clauses.append(clause)
    self.values += values
  }

  /// The rows past a place in the order.
  mutating func start(after values: [SQLValue], in columns: [String]) {
    let marks = Array(repeating: "?", count: columns.count).joined(separator: ", ")
    clauses.append("(\(columns.joined(separator: ", "))) \(isBackward ? "<" : ">") (\(marks))")
    self.values += values
  }

  var sql: String {
    let order = order.map { isBackward ? "\($0) DESC" : $0 }.joined(separator: ", ")
    return
      "SELECT item, size, hash, range\(columns) FROM \(table) WHERE \(clauses.joined(separator: " AND ")) ORDER BY \(order)"
  }
}
