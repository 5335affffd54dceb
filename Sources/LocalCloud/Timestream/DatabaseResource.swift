import CacheSupport

/// `AWS::Timestream::Database`.
struct DatabaseResource: TemplateResource, Hashable {
  static let type = "AWS::Timestream::Database"
  static let nameProperty: String? = "DatabaseName"
  static let noun = "database"

  var name: String
  var tags: ResourceTags = [:]

  static func attribute(_ name: String, _ names: ResourceNames) throws(TemplateError) -> String? {
    name == "Arn" ? names.arn("timestream", "database/\(try names.name())") : nil
  }

  static func plan(of databases: [DatabaseResource], in stack: Stack) -> [PlanLine] {
    databases.map { PlanLine("Timestream", $0.name) }
  }
}

extension DatabaseResource {
  init(_ name: String, _ properties: inout ResourceProperties, at site: Stack.Site) throws(TemplateError) {
    self.init(name: name)
    tags = try properties.tags()
    properties.ignore("KmsKeyId")
  }
}
