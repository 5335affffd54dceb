import CacheSupport

/// `AWS::Timestream::Table`.
struct HistoryTableResource: TemplateResource, Hashable {
  static let type = "AWS::Timestream::Table"
  static let nameProperty: String? = "TableName"
  static let noun = "Timestream table"

  var database: String
  var table: String
  var memoryHours: Int
  var magneticDays: Int
  var takesLateRecords: Bool
  var tags: ResourceTags = [:]

  var name: String { "\(database).\(table)" }

  static func reference(_ names: ResourceNames) throws(TemplateError) -> String {
    "\(try names.required("DatabaseName"))|\(try names.name())"
  }

  static func attribute(_ name: String, _ names: ResourceNames) throws(TemplateError) -> String? {
    switch name {
    case "Arn":
      names.arn("timestream", "database/\(try names.required("DatabaseName"))/table/\(try names.name())")
    case "Name": try names.name()
    default: nil
    }
  }

  static func plan(of tables: [HistoryTableResource], in stack: Stack) -> [PlanLine] {
    tables.map {
      PlanLine(
        "Timestream table", $0.name, "memory \($0.memoryHours) h", "magnetic \($0.magneticDays) d",
        $0.takesLateRecords ? "takes late records" : "")
    }
  }

  /// What CreateTable and UpdateTable take.
  var input: JSONObject {
    [
      "DatabaseName": .string(database), "TableName": .string(table),
      "RetentionProperties": [
        "MemoryStoreRetentionPeriodInHours": .integer(Int64(memoryHours)),
        "MagneticStoreRetentionPeriodInDays": .integer(Int64(magneticDays)),
      ],
      "MagneticStoreWriteProperties": ["EnableMagneticStoreWrites": .bool(takesLateRecords)],
    ]
  }
}

extension HistoryTableResource {
  init(_ name: String, _ properties: inout ResourceProperties, at site: Stack.Site) throws(TemplateError) {
    self.init(
      database: try properties.required("DatabaseName"), table: name, memoryHours: 6, magneticDays: 73_000,
      takesLateRecords: false)
    if var part = try properties.part("RetentionProperties") {
      memoryHours = try part.integer("MemoryStoreRetentionPeriodInHours", in: 1...8766) ?? 6
      magneticDays = try part.integer("MagneticStoreRetentionPeriodInDays", in: 1...73_000) ?? 73_000
      try properties.absorb(part)
    }
    if var part = try properties.part("MagneticStoreWriteProperties") {
      takesLateRecords = try part.boolean("EnableMagneticStoreWrites") ?? false
      part.ignore("MagneticStoreRejectedDataLocation")
      try properties.absorb(part)
    }
    tags = try properties.tags()
  }
}
