import AWSClients
import CacheSupport

/// `ItemCollectionMetrics`: how large the items of a hash key may be together, with their entries in local indexes.
///
/// Only tables with local indexes have such collections. The estimate goes from nothing to what the whole table holds.
struct ItemCollections {
  private let isWanted: Bool
  /// The collections that a request changed, by the table's name as the request has it, then by the hash key.
  private var changed: [ByteText: (table: Table, hashes: [[UInt8]: ItemKey])] = [:]

  private static let gigabyte: Int64 = 1 << 30

  /// - Parameter isWanted: what ``isWanted(_:)`` read.
  init(isWanted: Bool) { self.isWanted = isWanted }

  /// Reads `ReturnItemCollectionMetrics`.
  static func isWanted(_ input: inout Input) throws(ServiceError) -> Bool {
    try input.string("ReturnItemCollectionMetrics", values: ["SIZE", "NONE"]) == "SIZE"
  }

  mutating func add(_ key: ItemKey, in table: Table, named name: String) {
    guard isWanted, table.description.indexes.contains(where: { $0.kind == .local }) else { return }
    changed[ByteText(name), default: (table, [:])].hashes[key.hash] = key
  }

  /// The metrics of each table, in the order of their names.
  ///
  /// - Parameter state: what a table holds.
  func metrics(
    _ state: (Table) throws(ServiceError) -> TableDescription.State
  ) throws(ServiceError) -> [(table: String, metrics: [JSON])] {
    try changed.sorted { $0.key < $1.key }.map { name, part throws(ServiceError) in
      let description = part.table.description
      let state = try state(part.table)
      let local = description.indexes.filter { $0.kind == .local }
      let bytes = local.reduce(state.bytes) { $0 + (state.indexes[$1.number]?.bytes ?? 0) }
      let most = max(1, (bytes + Self.gigabyte - 1) / Self.gigabyte)
      let hash = KeySchema(hash: description.hash, range: nil)
      let hashes = part.hashes.sorted { $0.key.lexicographicallyPrecedes($1.key) }
      return (
        name.text,
        hashes.map {
          ["ItemCollectionKey": JSON(item: hash.item(of: $0.value)), "SizeEstimateRangeGB": [0, .integer(most)]]
        }
      )
    }
  }

  /// What a request about several tables answers; nil where nothing is to be told.
  func json(_ state: (Table) throws(ServiceError) -> TableDescription.State) throws(ServiceError) -> JSON? {
    guard isWanted else { return nil }
    var answer = JSONObject()
    for (table, metrics) in try metrics(state) { answer[table] = .array(metrics) }
    return .object(answer)
  }
}
