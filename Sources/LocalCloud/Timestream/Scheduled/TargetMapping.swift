import CacheSupport
import TimestreamSQL

/// How the rows of a scheduled query become records of its target table: `TimestreamConfiguration`.
///
/// See <https://docs.aws.amazon.com/timestream/latest/developerguide/scheduledqueries-mappings.html>.
struct TargetMapping: Sendable {
  struct Attribute: Sendable {
    var source: String
    var target: String
    var type: String
  }
  struct Mixed: Sendable {
    /// The value of the measure-name column for which this entry holds.
    var measureName: String?
    var source: String?
    var target: String?
    var type: String
    var attributes: [Attribute]
  }
  enum Measures: Sendable {
    /// One record a row, of several measures.
    case multi(name: String?, [Attribute])
    /// A record for each entry.
    case mixed([Mixed])
  }

  let database: String
  let table: String
  let timeColumn: String
  let dimensions: [String]
  let measures: Measures
  let measureNameColumn: String?

  private static let scalarTypes = ["BIGINT", "BOOLEAN", "DOUBLE", "VARCHAR"]

  // MARK: Reading

  /// Reads `TargetConfiguration`; nil where it is not given.
  static func read(_ input: inout Input) throws(ServiceError) -> TargetMapping? {
    guard let target = try input.object("TargetConfiguration") else { return nil }
    var outer = Input(target, path: "targetConfiguration")
    let object = try outer.object("TimestreamConfiguration", required: true) ?? [:]
    input.absorb(outer)
    var configuration = Input(object, path: "targetConfiguration.timestreamConfiguration")
    let mapping = try TargetMapping(&configuration)
    input.absorb(configuration)
    return mapping
  }

  private init(_ input: inout Input) throws(ServiceError) {
    database = try input.string("DatabaseName", required: true) ?? ""
    table = try input.string("TableName", required: true) ?? ""
    timeColumn = try input.string("TimeColumn", required: true) ?? ""
    measureNameColumn = try input.string("MeasureNameColumn")
    var names: [String] = []
    for var dimension in try input.structures(
      try input.array("DimensionMappings", required: true) ?? [], of: "DimensionMappings")
    {
      names.append(try dimension.string("Name", required: true) ?? "")
      _ = try dimension.string("DimensionValueType", required: true, values: ["VARCHAR"])
      input.absorb(dimension)
    }
    dimensions = names
    let multi = try input.object("MultiMeasureMappings")
    let mixed = try input.array("MixedMeasureMappings", count: 1...Int.max)
    guard (multi == nil) != (mixed == nil) else {
      throw Self.invalid("Give one of MultiMeasureMappings and MixedMeasureMappings.")
    }
    if let multi {
      var part = Input(multi, path: "targetConfiguration.timestreamConfiguration.multiMeasureMappings")
      let name = try part.string("TargetMultiMeasureName")
      let attributes = try Self.attributes(&part, required: true)
      input.absorb(part)
      guard name != nil || measureNameColumn != nil else {
        throw Self.invalid("MultiMeasureMappings without a MeasureNameColumn needs a TargetMultiMeasureName.")
      }
      measures = .multi(name: name, attributes)
      return
    }
    var entries: [Mixed] = []
    for var entry in try input.structures(mixed ?? [], of: "MixedMeasureMappings") {
      let type =
        try entry.string("MeasureValueType", required: true, values: Self.scalarTypes + ["MULTI"]) ?? ""
      entries.append(
        Mixed(
          measureName: try entry.string("MeasureName"), source: try entry.string("SourceColumn"),
          target: try entry.string("TargetMeasureName"), type: type,
          attributes: try Self.attributes(&entry, required: type == "MULTI")))
      input.absorb(entry)
    }
    measures = .mixed(entries)
  }

  private static func attributes(_ input: inout Input, required: Bool) throws(ServiceError) -> [Attribute] {
    let elements = try input.array("MultiMeasureAttributeMappings", required: required, count: 1...Int.max)
    var attributes: [Attribute] = []
    for var element in try input.structures(elements ?? [], of: "MultiMeasureAttributeMappings") {
      let source = try element.string("SourceColumn", required: true) ?? ""
      let target = try element.string("TargetMultiMeasureAttributeName") ?? source
      let type =
        try element.string("MeasureValueType", required: true, values: scalarTypes + ["TIMESTAMP"]) ?? ""
      input.absorb(element)
      attributes.append(Attribute(source: source, target: target, type: type))
    }
    return attributes
  }

  static func invalid(_ message: String) -> ServiceError { .timestream("ValidationException", message) }

  /// The columns that become measures.
  private var sources: [String] {
    switch measures {
    case .multi(_, let attributes): attributes.map(\.source)
    case .mixed(let entries): entries.flatMap { ($0.source.map { [$0] } ?? []) + $0.attributes.map(\.source) }
    }
  }

  /// The names that the measures of each record get.
  private var targets: [[String]] {
    switch measures {
    case .multi(_, let attributes): [attributes.map(\.target)]
    case .mixed(let entries): entries.map { $0.attributes.map(\.target) }
    }
  }

  // MARK: Checking against the query

  /// - Throws: where a column that is mapped is not among the query's, or of another type.
  func check(_ columns: [QueryColumn], schema: TableSchema) throws(ServiceError) {
    func require(_ name: String, _ types: [TimestreamType], _ use: String) throws(ServiceError) {
      guard let column = columns.first(where: { $0.name.hasSameBytes(as: name) }) else {
        throw Self.invalid("The query has no column '\(name)', which the target configuration names as \(use).")
      }
      guard types.contains(column.type) else {
        throw Self.invalid(
          "The column '\(name)' has the type \(column.type.name), but as \(use) it must be \(types.map(\.name).joined(separator: " or "))."
        )
      }
    }
    func require(_ name: String, _ type: String) throws(ServiceError) {
      let type = TimestreamType(name: type.lowercased()) ?? .varchar
      try require(name, type == .bigint ? [.bigint, .integer] : [type], "a measure")
    }
    let used = Set(([timeColumn] + dimensions + sources + (measureNameColumn.map { [$0] } ?? [])).map { ByteText($0) })
    let given = columns.map { ByteText($0.name) }
    if let twice = used.sorted().first(where: { name in given.count(where: { $0 == name }) > 1 }) {
      throw Self.invalid("The query has two columns '\(twice)', which the target configuration names.")
    }
    let dimensionNames = Set(dimensions.map { ByteText($0) })
    guard dimensionNames.count == dimensions.count else { throw Self.invalid("A dimension is mapped twice.") }
    for names in targets {
      guard Set(names.map { ByteText($0) }).count == names.count else {
        throw Self.invalid("A measure's attribute is mapped twice.")
      }
      if let both = names.first(where: { dimensionNames.contains(ByteText($0)) }) {
        throw Self.invalid("'\(both)' is mapped as a dimension and as a measure.")
      }
    }
    try require(timeColumn, [.timestamp], "the time")
    for name in dimensions { try require(name, [.varchar], "a dimension") }
    if let measureNameColumn { try require(measureNameColumn, [.varchar], "the measure name") }
    switch measures {
    case .multi(_, let attributes): for attribute in attributes { try require(attribute.source, attribute.type) }
    case .mixed(let entries):
      for entry in entries {
        if measureNameColumn != nil, entry.measureName == nil {
          throw Self.invalid("With a MeasureNameColumn each entry of MixedMeasureMappings needs a MeasureName.")
        }
        if entry.type == "MULTI" {
          guard measureNameColumn != nil || entry.target != nil else {
            throw Self.invalid("An entry of the type MULTI needs a TargetMeasureName.")
          }
          for attribute in entry.attributes { try require(attribute.source, attribute.type) }
        } else {
          guard let source = entry.source else {
            throw Self.invalid("An entry of MixedMeasureMappings needs a SourceColumn.")
          }
          try require(source, entry.type)
        }
      }
    }
    if case .dimension(let key, isRequired: true) = schema, !dimensionNames.contains(ByteText(key)) {
      throw Self.invalid(
        "The target table requires the dimension '\(key)' in each record, and no DimensionMapping gives it.")
    }
  }

  // MARK: Records

  /// Why a row gives no record.
  struct RowFault: Error { let reason: String }

  /// The records of one row, as WriteRecords takes them. Nulls are left out; a row of nulls alone is an error.
  func records(_ row: [ByteText: String]) throws(RowFault) -> [JSON] {
    guard let time = row[ByteText(timeColumn)], let nanoseconds = TimestreamType.nanoseconds(time) else {
      throw RowFault(reason: "The time column '\(timeColumn)' is null.")
    }
    var dimensions: [JSON] = []
    for name in self.dimensions {
      guard let value = row[ByteText(name)] else { throw RowFault(reason: "The dimension '\(name)' is null.") }
      dimensions.append(["Name": .string(name), "Value": .string(value)])
    }
    func record(_ name: String, _ type: String, _ values: JSONObject) -> JSON {
      var record: JSONObject = [
        "Dimensions": .array(dimensions), "MeasureName": .string(name), "MeasureValueType": .string(type),
        "Time": .string(String(nanoseconds)), "TimeUnit": "NANOSECONDS",
      ]
      for value in values.members { record[value.name] = value.value }
      return .object(record)
    }
    func multi(_ name: String, _ attributes: [Attribute]) -> JSON? {
      let values = attributes.compactMap { attribute -> JSON? in
        guard let text = row[ByteText(attribute.source)] else { return nil }
        return [
          "Name": .string(attribute.target), "Value": .string(Self.measure(text, attribute.type)),
          "Type": .string(attribute.type),
        ]
      }
      return values.isEmpty ? nil : record(name, "MULTI", ["MeasureValues": .array(values)])
    }
    var ownName: String?
    if let measureNameColumn {
      guard let name = row[ByteText(measureNameColumn)] else {
        throw RowFault(reason: "The measure name column '\(measureNameColumn)' is null.")
      }
      ownName = name
    }
    var records: [JSON] = []
    switch measures {
    case .multi(let name, let attributes):
      records = [multi(ownName ?? name ?? "", attributes)].compactMap(\.self)
    case .mixed(let entries):
      let fitting = entries.filter {
        ownName == nil || $0.measureName.map { ByteText($0) } == ownName.map { ByteText($0) }
      }
      if let ownName, fitting.isEmpty { throw RowFault(reason: "No mapping has the measure name '\(ownName)'.") }
      for entry in fitting {
        let name = entry.target ?? entry.measureName ?? entry.source ?? ""
        if entry.type == "MULTI" {
          if let made = multi(name, entry.attributes) { records.append(made) }
        } else if let text = entry.source.flatMap({ row[ByteText($0)] }) {
          records.append(record(name, entry.type, ["MeasureValue": .string(text)]))
        }
      }
    }
    guard !records.isEmpty else { throw RowFault(reason: "Every measure of the row is null.") }
    return records
  }

  /// A cell's text as WriteRecords takes it: a timestamp is a number of milliseconds there.
  private static func measure(_ text: String, _ type: String) -> String {
    guard type == "TIMESTAMP", let nanoseconds = TimestreamType.nanoseconds(text) else { return text }
    let (milliseconds, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000)
    return String(rest < 0 ? milliseconds - 1 : milliseconds)
  }
}
