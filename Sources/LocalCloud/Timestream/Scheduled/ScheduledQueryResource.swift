import CacheSupport

/// `AWS::Timestream::ScheduledQuery`.
struct ScheduledQueryResource: TemplateResource {
  static let type = "AWS::Timestream::ScheduledQuery"
  static let nameProperty: String? = "ScheduledQueryName"
  static let noun = "scheduled query"

  var name: String
  var tags: ResourceTags = [:]
  /// What CreateScheduledQuery takes, without the tags.
  var input: JSONObject

  private static let members = [
    "QueryString", "ScheduleConfiguration", "NotificationConfiguration", "TargetConfiguration",
    "ScheduledQueryExecutionRoleArn", "KmsKeyId", "ErrorReportConfiguration",
  ]

  init(_ name: String, _ properties: inout ResourceProperties, at site: Stack.Site) throws(TemplateError) {
    self.name = name
    input = ["Name": .string(name)]
    for member in Self.members { input[member] = properties.value(member)?.json }
    tags = try properties.tags()
    // A template says the same only once.
    properties.ignore("ClientToken")
  }

  /// The end of its ARN: AWS takes letters at random, here they are the same at each start.
  var path: String { Self.path(name) }

  private static func path(_ name: String) -> String {
    "scheduled-query/\(name)-\(RandomID.uuid(of: Array(name.utf8)).replacing("-", with: "").prefix(12))"
  }

  static func reference(_ names: ResourceNames) throws(TemplateError) -> String {
    names.arn("timestream", path(try names.name()))
  }

  static func attribute(_ name: String, _ names: ResourceNames) throws(TemplateError) -> String? {
    switch name {
    case "Arn": try reference(names)
    case "SQName": try names.name()
    case "SQQueryString", "SQScheduledQueryExecutionRoleArn", "SQKmsKeyId":
      try names.text(name == "SQQueryString" ? "QueryString" : String(name.dropFirst(2)))
    default: nil
    }
  }

  static func plan(of queries: [ScheduledQueryResource], in stack: Stack) -> [PlanLine] {
    queries.map {
      PlanLine("Scheduled query", $0.name, $0.input["ScheduleConfiguration"]?["ScheduleExpression"]?.string ?? "")
    }
  }
}

extension ScheduledQueryStore {
  /// Makes a query that a template has. One that asks for something else than before is made anew, as on AWS.
  ///
  /// - Throws: what CreateScheduledQuery says of it, and ConflictException where somebody else's query has the name.
  func standUp(_ query: ScheduledQueryResource) throws(ServiceError) {
    var input = Input(query.input)
    let draft = try draft(&input)
    let arn = "arn:aws:timestream:\(store.account.region):\(store.account.id):\(query.path)"
    let known = try store.storage.read { connection throws(ServiceError) in
      try find(named: draft.name, connection)?.query
    }
    if let known {
      guard known.arn.hasSameBytes(as: arn) else {
        throw .timestream("ConflictException", "A scheduled query with the name \(draft.name) already exists.")
      }
      if known.request == draft.request { return }
    }
    let now = engine.now
    let due = try check(draft, now, engine.budget())
    try store.storage.writeAndWait { connection throws(ServiceError) in
      if known != nil { try remove(arn, connection) }
      _ = try insert(draft, as: arn, created: now, due: due, connection)
    }
    changed()
  }
}
