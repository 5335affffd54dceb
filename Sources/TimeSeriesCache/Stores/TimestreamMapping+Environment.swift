public import CacheSupport

extension TimestreamMapping {
  /// Reads the mapping from variables, each of which may be absent.
  ///
  /// | variable | takes | default |
  /// |---|---|---|
  /// | `database_name` | the database of the tables | `TS_DB_NAME` |
  /// | `table_mapping` | `multi-table` (a table for each measurement) or `single-table` | `multi-table` |
  /// | `measure_name_for_multi_measure_records` | with `multi-table`: the measure name of every record | `influxdb-measure` |
  /// | `single_table_name` | with `single-table`: the table | `influxdb-measures` |
  /// | `enable_database_creation` | whether the database is made where it is not there | `true` |
  /// | `enable_table_creation` | whether tables are made where they are not there | `true` |
  /// | `mem_store_retention_period` | hours in memory, 1 to 8766 | `12` |
  /// | `mag_store_retention_period` | days on disk, 1 to 73000 | `8000` |
  /// | `enable_mag_store_writes` | whether a new table takes records older than its memory reaches | `true` |
  /// | `custom_partition_key_type` | `dimension` or `measure` | Timestream's own |
  /// | `custom_partition_key_dimension` | with `dimension`: which one | none |
  /// | `enforce_custom_partition_key` | with `dimension`: whether records without it are refused | `false` |
  /// | `database_tags`, `table_tags` | `key=value,key=value` | none |
  /// | `kms_key_id` | the KMS key of a new database | Timestream's own |
  ///
  /// A boolean is `true`, `t` or `1`, or `false`, `f` or `0`, in capitals too. `enforce_custom_partition_key` is `required` or `optional` as well.
  ///
  /// - Throws: `EnvironmentError`, which names the variable and what it takes.
  public init(environment: ProcessEnvironment) throws(EnvironmentError) {
    let database: String
    if let name = environment["database_name"] {
      database = try Self.resourceName(name, of: "database_name")
    } else {
      database = try environment.require(
        "TS_DB_NAME", "the Timestream database (or give the one for written series in database_name)")
    }
    self.init(database: database)
    switch environment["table_mapping"] ?? "multi-table" {
    case "multi-table":
      let name = environment["measure_name_for_multi_measure_records"] ?? "influxdb-measure"
      guard name.utf8.count <= TimestreamLimits.nameBytes else {
        throw Self.invalid(
          "measure_name_for_multi_measure_records", name, "give at most \(TimestreamLimits.nameBytes) bytes")
      }
      tables = .multiple(measureName: name)
    case "single-table":
      tables = .single(
        table: try Self.resourceName(
          environment["single_table_name"] ?? "influxdb-measures", of: "single_table_name"))
    case let other: throw Self.invalid("table_mapping", other, "give multi-table or single-table")
    }
    createsDatabase = try environment.boolean("enable_database_creation", default: true)
    createsTables = try environment.boolean("enable_table_creation", default: true)
    memoryHours = try environment.integer("mem_store_retention_period", default: 12, in: 1...8766)
    magneticDays = try environment.integer("mag_store_retention_period", default: 8000, in: 1...73_000)
    magneticWrites = try environment.boolean("enable_mag_store_writes", default: true)
    partitionKey = try Self.partitionKey(environment)
    databaseTags = try Self.tags("database_tags", environment)
    tableTags = try Self.tags("table_tags", environment)
    kmsKeyID = environment["kms_key_id"]
  }

  private static func partitionKey(_ environment: ProcessEnvironment) throws(EnvironmentError) -> PartitionKey? {
    let enforcement = "enforce_custom_partition_key"
    let isRequired =
      switch environment[enforcement]?.lowercased() {
      case "required": true
      case "optional": false
      default:
        try environment.boolean(enforcement, default: false, also: "required or optional, ")
      }
    switch environment["custom_partition_key_type"] {
    case nil: return nil
    case "measure": return .measure
    case "dimension":
      let name = try environment.require(
        "custom_partition_key_dimension", "the dimension that custom_partition_key_type=dimension partitions by")
      if let fault = TimestreamLimits.dimensionFault(name) {
        throw EnvironmentError(
          description: "the environment variable custom_partition_key_dimension is '\(name)': \(fault)")
      }
      return .dimension(name: name, isRequired: isRequired)
    case let other?: throw invalid("custom_partition_key_type", other, "give dimension or measure")
    }
  }

  /// Reads `key=value,key=value`: blanks around keys and values do not count, nor do commas without anything between them; a key alone
  /// has an empty value, and further equals signs belong to the value.
  static func tags(_ name: String, _ environment: ProcessEnvironment) throws(EnvironmentError) -> [ResourceTag] {
    var tags: [ResourceTag] = []
    for part in (environment[name] ?? "").utf8.split(separator: UInt8(ascii: ",")) {
      let pair = part.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
      let texts = pair.map { trimmed($0) }
      if texts.allSatisfy(\.isEmpty), pair.count == 1 { continue }
      guard let key = texts.first, !key.isEmpty else {
        throw invalid(name, environment[name] ?? "", "'\(Substring(part))' has no key; give key=value,key=value")
      }
      tags.append(ResourceTag(key, texts.dropFirst().first ?? ""))
    }
    guard tags.count <= TimestreamLimits.resourceTags else {
      throw EnvironmentError(
        description:
          "the environment variable \(name) has \(tags.count) tags: give at most \(TimestreamLimits.resourceTags)")
    }
    return tags
  }

  private static func trimmed(_ text: Substring.UTF8View) -> String {
    let isBlank = { (byte: UInt8) in byte == UInt8(ascii: " ") || (9...13).contains(byte) }
    let start = text.drop(while: isBlank)
    return String(Substring(start.prefix(start.count - start.reversed().prefix(while: isBlank).count)))
  }

  private static func resourceName(_ name: String, of variable: String) throws(EnvironmentError) -> String {
    if let fault = TimestreamLimits.resourceNameFault(name) { throw invalid(variable, name, fault) }
    return name
  }

  private static func invalid(_ name: String, _ text: String, _ takes: String) -> EnvironmentError {
    EnvironmentError(description: "the environment variable \(name) is '\(text)': \(takes)")
  }
}

extension ProcessEnvironment {
  /// A boolean as people write it: `true`, `t` or `1`, or `false`, `f` or `0`, in capitals too; the default where it is absent.
  func boolean(
    _ name: String, default: Bool, also: String = ""
  ) throws(EnvironmentError) -> Bool {
    switch self[name]?.lowercased() {
    case nil: return `default`
    case "true", "t", "1": return true
    case "false", "f", "0": return false
    default:
      throw EnvironmentError(
        description:
          "the environment variable \(name) is '\(self[name] ?? "")': give \(also)true, t or 1, or false, f or 0")
    }
  }
}
