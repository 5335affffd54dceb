package import CacheSupport

extension TimestreamWriteClient {
  /// Makes a database.
  ///
  /// See <https://docs.aws.amazon.com/timestream/latest/developerguide/API_CreateDatabase.html>.
  ///
  /// - Parameters:
  ///   - name: 3 to 256 letters, digits, `_`, `.` and `-`.
  ///   - kmsKeyID: the key that encrypts it; nil takes Timestream's own.
  ///   - tags: up to 200 pairs of a key and a value.
  /// - Throws: ``AWSError``; its code is ``AWSError/Code/conflict`` where it is there already.
  package func createDatabase(
    _ name: String, kmsKeyID: String? = nil, tags: [(key: String, value: String)] = []
  ) async throws(AWSError) {
    var input: JSONObject = ["DatabaseName": .string(name)]
    input["KmsKeyId"] = kmsKeyID.map { .string($0) }
    input["Tags"] = Self.json(tags)
    try await call("CreateDatabase", input)
  }

  /// What a new table is to be.
  package struct TableProperties: Sendable, Hashable {
    /// 1 to 8,766 hours.
    package var memoryHours: Int
    /// 1 to 73,000 days.
    package var magneticDays: Int
    /// Whether records older than the memory reaches are taken.
    package var magneticWrites: Bool
    /// The member of `CompositePartitionKey`; nil takes Timestream's own.
    package var partitionKey: JSON?

    /// The properties of a table.
    package init(memoryHours: Int, magneticDays: Int, magneticWrites: Bool, partitionKey: JSON? = nil) {
      self.memoryHours = memoryHours
      self.magneticDays = magneticDays
      self.magneticWrites = magneticWrites
      self.partitionKey = partitionKey
    }
  }

  /// Makes a table in a database.
  ///
  /// See <https://docs.aws.amazon.com/timestream/latest/developerguide/API_CreateTable.html>.
  ///
  /// - Throws: ``AWSError``; its code is ``AWSError/Code/conflict`` where it is there already, and ``AWSError/Code/resourceNotFound`` where the
  ///   database is not.
  package func createTable(
    _ name: String, in database: String, _ properties: TableProperties, tags: [(key: String, value: String)] = []
  ) async throws(AWSError) {
    var input: JSONObject = [
      "DatabaseName": .string(database), "TableName": .string(name),
      "RetentionProperties": [
        "MemoryStoreRetentionPeriodInHours": .integer(properties.memoryHours),
        "MagneticStoreRetentionPeriodInDays": .integer(properties.magneticDays),
      ],
      "MagneticStoreWriteProperties": ["EnableMagneticStoreWrites": .bool(properties.magneticWrites)],
    ]
    input["Schema"] = properties.partitionKey.map { ["CompositePartitionKey": [$0]] }
    input["Tags"] = Self.json(tags)
    try await call("CreateTable", input)
  }

  private static func json(_ tags: [(key: String, value: String)]) -> JSON? {
    tags.isEmpty ? nil : .array(tags.map { ["Key": .string($0.key), "Value": .string($0.value)] })
  }

  private func call(_ operation: String, _ input: JSONObject) async throws(AWSError) {
    _ = try await client.call(.timestreamWrite, operation, JSON.object(input).bytes) { body throws(AWSError) in
      try AWSClient.parse(body, "Timestream_20181101.\(operation)")
    }
  }
}
