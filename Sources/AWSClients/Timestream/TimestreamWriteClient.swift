import CacheSupport

/// Writes to Amazon Timestream for LiveAnalytics; its endpoint is discovered, unless one is configured.
///
/// See <https://docs.aws.amazon.com/timestream/latest/developerguide/API_WriteRecords.html>.
public struct TimestreamWriteClient: Sendable {
  let client: AWSClient

  /// Calls Timestream with a client's credentials, region and retries.
  public init(_ client: AWSClient) { self.client = client }

  /// How many records were stored where.
  public struct Ingested: Sendable, Hashable {
    /// Records in both stores.
    public var total: Int
    /// Records in the memory store.
    public var memoryStore: Int
    /// Records in the magnetic store.
    public var magneticStore: Int
  }

  /// Writes 1 to 100 records.
  ///
  /// - Throws: ``AWSError``; its code is ``AWSError/Code/rejectedRecords`` where some were refused. ``AWSError/rejectedRecords`` names
  ///   them, and the others are stored.
  public func writeRecords(
    _ records: [TimestreamRecord], database: String, table: String
  ) async throws(AWSError) -> Ingested {
    let input: JSON = [
      "DatabaseName": .string(database), "TableName": .string(table), "Records": .array(records.map(\.json)),
    ]
    return try await writeRecords(input.bytes, count: records.count)
  }

  /// The same with a request that is written already.
  package func writeRecords(_ input: [UInt8], count: Int) async throws(AWSError) -> Ingested {
    let operation = "Timestream_20181101.WriteRecords"
    let answer = try await client.call(.timestreamWrite, "WriteRecords", input) { body throws(AWSError) in
      try AWSClient.parse(body, operation)
    }
    let counts = try answer.required("RecordsIngested", operation, \.object)
    return Ingested(
      total: counts["Total"]?.int ?? count, memoryStore: counts["MemoryStore"]?.int ?? 0,
      magneticStore: counts["MagneticStore"]?.int ?? 0)
  }
}
