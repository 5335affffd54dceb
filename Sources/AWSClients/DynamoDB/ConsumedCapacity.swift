import CacheSupport

/// What a call of DynamoDB's was charged for in one table.
///
/// See <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ConsumedCapacity.html>.
public struct ConsumedCapacity: Sendable, Hashable {
  /// Such as `Query`.
  public var operation: String
  /// The table's name, as DynamoDB gives it.
  public var table: String
  /// Read units: each is 4 KB read consistently, or twice as much without consistency.
  public var readUnits: Double
  /// Write units: each is 1 KB of an item written.
  public var writeUnits: Double

  /// What was charged in one table.
  ///
  /// - Parameters:
  ///   - operation: such as `Query`.
  ///   - table: the table's name.
  ///   - readUnits: none where it is not given.
  ///   - writeUnits: none where it is not given.
  public init(operation: String, table: String, readUnits: Double = 0, writeUnits: Double = 0) {
    self.operation = operation
    self.table = table
    self.readUnits = readUnits
    self.writeUnits = writeUnits
  }

  private static let reads: Set<String> = ["GetItem", "Query", "Scan"]

  /// Reads `ConsumedCapacity` of an answer: an object, or a list with one for each table.
  static func all(in json: JSON?, of operation: String) -> [ConsumedCapacity] {
    (json?.array ?? json.map { [$0] } ?? []).compactMap { capacity in
      guard let table = capacity["TableName"]?.string, let units = capacity["CapacityUnits"]?.double else { return nil }
      let read = capacity["ReadCapacityUnits"]?.double
      let write = capacity["WriteCapacityUnits"]?.double
      var consumed = ConsumedCapacity(
        operation: operation, table: table, readUnits: read ?? 0, writeUnits: write ?? 0)
      // Most operations give the sum alone.
      if read == nil, write == nil {
        if reads.contains(operation) { consumed.readUnits = units } else { consumed.writeUnits = units }
      }
      return consumed
    }
  }
}

extension DynamoDBClient {
  /// Asks for the capacity, where someone listens.
  func ask(_ input: inout JSONObject) {
    if onCapacity != nil { input["ReturnConsumedCapacity"] = "TOTAL" }
  }

  /// Tells what an answer says of the capacity, where someone listens.
  func tell(_ capacity: JSON?, of operation: String) {
    guard let onCapacity else { return }
    for consumed in ConsumedCapacity.all(in: capacity, of: operation) { onCapacity(consumed) }
  }
}
