import CacheSupport

/// Which table of Timestream a written series is kept in, under which names, and how tables are made that are not there yet.
///
/// A series' dimensions are exactly its tags; its fields are the measures of one multi-measure record per instant. In
/// ``Tables/multiple(measureName:)`` each measurement has a table of its own; in ``Tables/single(table:)`` all share one, and the measurement is
/// the measure name.
///
/// Timestream takes no record without a dimension: a series without tags has the one dimension `identifier`, which is its identifier.
public struct TimestreamMapping: Sendable, Hashable {
  /// Where measurements are kept.
  public enum Tables: Sendable, Hashable {
    /// A table for each measurement, named like it; every record has the same measure name.
    case multiple(measureName: String)
    /// One table for all measurements; a record's measure name is its measurement.
    case single(table: String)
  }

  /// By what Timestream partitions a table that is made here.
  public enum PartitionKey: Sendable, Hashable {
    /// By measure name.
    case measure
    /// By a dimension.
    ///
    /// - Parameters:
    ///   - name: the dimension.
    ///   - isRequired: true where records without it are refused.
    case dimension(name: String, isRequired: Bool)
  }

  /// A tag of AWS's own, on a database or a table.
  public struct ResourceTag: Sendable, Hashable {
    /// The tag's key.
    public var key: String
    /// The tag's value; may be empty.
    public var value: String

    /// Pairs a key with its value.
    public init(_ key: String, _ value: String) { (self.key, self.value) = (key, value) }
  }

  /// The database of every table.
  public var database: String
  /// Where measurements are kept: a table for each unless told otherwise.
  public var tables: Tables = .multiple(measureName: "influxdb-measure")
  /// Whether the database is made where it is not there: true unless told otherwise.
  public var createsDatabase: Bool = true
  /// Whether tables are made where they are not there: true unless told otherwise.
  public var createsTables: Bool = true
  /// How long a new table keeps records in memory, 1 to 8,766 hours: 12 unless told otherwise.
  public var memoryHours: Int = 12
  /// How long a new table keeps records on disk, 1 to 73,000 days: 8,000 unless told otherwise.
  public var magneticDays: Int = 8000
  /// Whether a new table takes records that are older than its memory reaches: true unless told otherwise.
  public var magneticWrites: Bool = true
  /// The partition key of a new table; nil leaves it to Timestream, which takes the measure name.
  public var partitionKey: PartitionKey?
  /// Tags of a new database.
  public var databaseTags: [ResourceTag] = []
  /// Tags of a new table.
  public var tableTags: [ResourceTag] = []
  /// The KMS key of a new database; nil takes Timestream's own.
  public var kmsKeyID: String?

  /// A mapping into a database, with everything else as it is unless told otherwise.
  public init(database: String) { self.database = database }

  /// The dimension that a series without tags has.
  static let loneDimension: String = "identifier"

  /// The table of a series.
  func table(of key: SeriesKey) -> String {
    switch tables {
    case .multiple: key.measurement.text
    case .single(let table): table
    }
  }

  /// The measure name of a series' records.
  func measureName(of key: SeriesKey) -> String {
    switch tables {
    case .multiple(let measureName): measureName
    case .single: key.measurement.text
    }
  }

  /// The dimensions of a series' records, ordered by the bytes of their names.
  static func dimensions(of key: SeriesKey) -> [SeriesKey.Tag] {
    key.tags.isEmpty ? [SeriesKey.Tag(ByteText(loneDimension), ByteText(key.text))] : key.tags
  }
}
