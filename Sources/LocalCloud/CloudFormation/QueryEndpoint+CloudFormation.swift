import CacheSupport

extension QueryEndpoint {
  /// CloudFormation's forms and their XML.
  static let cloudFormation = QueryEndpoint(
    signingName: "cloudformation", version: "2010-05-15",
    namespace: "http://cloudformation.amazonaws.com/doc/2010-05-15/",
    shapes: [
      "DescribeStacks": .init(
        [QueryMember("StackName"), nextToken], [QueryMember("Stacks", .members(.structure(stack))), nextToken]),
      "ListStacks": .init(
        [nextToken, QueryMember("StackStatusFilter", .members(.text))],
        [QueryMember("StackSummaries", .members(.structure(stackSummary))), nextToken]),
      "ListExports": .init(
        [nextToken],
        [
          QueryMember(
            "Exports", .members(.structure(["ExportingStackId", "Name", "Value"].map { QueryMember($0) }))), nextToken,
        ]),
      "DescribeStackResource": .init(
        [QueryMember("StackName"), QueryMember("LogicalResourceId")],
        [QueryMember("StackResourceDetail", .structure(stackNames + resource("LastUpdatedTimestamp")))]),
      "DescribeStackResources": .init(
        [QueryMember("StackName"), QueryMember("LogicalResourceId"), QueryMember("PhysicalResourceId")],
        [QueryMember("StackResources", .members(.structure(stackNames + resource("Timestamp"))))]),
      "ListStackResources": .init(
        [QueryMember("StackName"), nextToken],
        [QueryMember("StackResourceSummaries", .members(.structure(resource("LastUpdatedTimestamp")))), nextToken]),
      "GetTemplate": .init(
        [QueryMember("StackName"), QueryMember("TemplateStage"), QueryMember("ChangeSetName")],
        [QueryMember("TemplateBody"), QueryMember("StagesAvailable", .members(.text))]),
      "GetTemplateSummary": .init(
        ["StackName", "TemplateBody", "TemplateURL", "StackSetName"].map { QueryMember($0) },
        [
          QueryMember("Parameters", .members(.structure(parameterDeclaration))), QueryMember("Description"),
          QueryMember("ResourceTypes", .members(.text)), QueryMember("Version"), QueryMember("Metadata"),
          QueryMember("DeclaredTransforms", .members(.text)),
        ]),
    ])

  private static let nextToken = QueryMember("NextToken")

  private static let stackNames = [QueryMember("StackId"), QueryMember("StackName")]

  private static let stackDrift = QueryMember("DriftInformation", .structure([QueryMember("StackDriftStatus")]))

  private static let times = [QueryMember("CreationTime"), QueryMember("LastUpdatedTime")]

  private static let stack: [QueryMember] =
    stackNames + times + [
      QueryMember("Description"), QueryMember("StackStatus"), QueryMember("DisableRollback"),
      QueryMember("RollbackConfiguration", .structure([])), QueryMember("NotificationARNs", .members(.text)),
      QueryMember("Tags", .members(.text)), QueryMember("EnableTerminationProtection"), stackDrift,
      QueryMember(
        "Parameters",
        .members(
          .structure([QueryMember("ParameterKey"), QueryMember("ParameterValue"), QueryMember("ResolvedValue")]))),
      QueryMember(
        "Outputs",
        .members(.structure(["OutputKey", "OutputValue", "Description", "ExportName"].map { QueryMember($0) }))),
    ]

  private static let stackSummary: [QueryMember] =
    stackNames + times + [QueryMember("TemplateDescription"), QueryMember("StackStatus"), stackDrift]

  private static func resource(_ timeName: String) -> [QueryMember] {
    ["LogicalResourceId", "PhysicalResourceId", "ResourceType", timeName, "ResourceStatus", "ResourceStatusReason"]
      .map { QueryMember($0) }
      + [QueryMember("DriftInformation", .structure([QueryMember("StackResourceDriftStatus")]))]
  }

  private static let parameterDeclaration: [QueryMember] =
    ["ParameterKey", "DefaultValue", "ParameterType", "NoEcho", "Description"].map { QueryMember($0) } + [
      QueryMember("ParameterConstraints", .structure([QueryMember("AllowedValues", .members(.text))]))
    ]
}
