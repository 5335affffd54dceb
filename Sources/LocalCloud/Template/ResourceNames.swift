/// What `Ref` and `GetAtt` of a resource are on this machine.
///
/// See "Return values" of each type in
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html>.
struct ResourceNames {
  private let resource: Template.Resource
  private let evaluator: Evaluator

  init(_ resource: Template.Resource, _ evaluator: Evaluator) {
    self.resource = resource
    self.evaluator = evaluator
  }

  private static let nameProperties: [String: String] = [
    "AWS::DynamoDB::Table": "TableName", "AWS::SQS::Queue": "QueueName", "AWS::Timestream::Database": "DatabaseName",
    "AWS::Timestream::Table": "TableName", "AWS::SSM::Parameter": "Name", "AWS::Serverless::Function": "FunctionName",
    "AWS::Logs::LogGroup": "LogGroupName", "AWS::SNS::Topic": "TopicName", "AWS::S3::Bucket": "BucketName",
    "AWS::IAM::Role": "RoleName", "AWS::CloudWatch::Alarm": "AlarmName", "AWS::CloudWatch::Dashboard": "DashboardName",
    "AWS::IoT::TopicRule": "RuleName",
  ]

  /// The name that the template gives, else one of the stack's name and the logical ID.
  func name() throws(TemplateError) -> String {
    try evaluator.name(of: resource.logicalID) { () throws(TemplateError) in try givenName() }
  }

  private func givenName() throws(TemplateError) -> String {
    if let property = Self.nameProperties[resource.type], let value = resource.properties[property],
      let name = try evaluator.value(value)?.text
    {
      return name
    }
    return "\(evaluator.site.stackName)-\(resource.logicalID)"
  }

  var reference: String? {
    get throws(TemplateError) {
      let name = try name()
      switch resource.type {
      case "AWS::SQS::Queue": return "\(evaluator.site.address)/\(evaluator.site.accountID)/\(name)"
      case "AWS::Timestream::Table": return "\(try database())|\(name)"
      case "AWS::Serverless::HttpApi": return resource.logicalID.lowercased()
      case "AWS::SNS::Topic": return try attribute("Arn")
      default: return name
      }
    }
  }

  private func database() throws(TemplateError) -> String {
    guard let database = resource.properties["DatabaseName"] else {
      throw TemplateError("\(resource.logicalID) has no DatabaseName", line: resource.line)
    }
    return try evaluator.text(database)
  }

  func attribute(_ attribute: String) throws(TemplateError) -> String? {
    let name = try name()
    let site = evaluator.site
    func arn(_ service: String, _ rest: String) -> String {
      "arn:aws:\(service):\(site.region):\(site.accountID):\(rest)"
    }
    switch (resource.type, attribute) {
    case ("AWS::DynamoDB::Table", "Arn"): return arn("dynamodb", "table/\(name)")
    case ("AWS::SQS::Queue", "Arn"): return arn("sqs", name)
    case ("AWS::SQS::Queue", "QueueName"): return name
    case ("AWS::SQS::Queue", "QueueUrl"): return try reference
    case ("AWS::Timestream::Database", "Arn"): return arn("timestream", "database/\(name)")
    case ("AWS::Timestream::Table", "Arn"): return arn("timestream", "database/\(try database())/table/\(name)")
    case ("AWS::Timestream::Table", "Name"): return name
    case ("AWS::Serverless::Function", "Arn"): return arn("lambda", "function:\(name)")
    // The address without the stage.
    case ("AWS::Serverless::HttpApi", "ApiEndpoint"): return site.address
    case ("AWS::SSM::Parameter", "Type"), ("AWS::SSM::Parameter", "Value"):
      return try resource.properties[attribute].map { (value) throws(TemplateError) in try evaluator.text(value) }
    case ("AWS::Logs::LogGroup", "Arn"): return arn("logs", "log-group:\(name):*")
    case ("AWS::SNS::Topic", "Arn"), ("AWS::SNS::Topic", "TopicArn"): return arn("sns", name)
    case ("AWS::SNS::Topic", "TopicName"): return name
    case ("AWS::S3::Bucket", "Arn"): return "arn:aws:s3:::\(name)"
    case ("AWS::IAM::Role", "Arn"): return "arn:aws:iam::\(site.accountID):role/\(name)"
    case ("AWS::IoT::TopicRule", "Arn"): return arn("iot", "rule/\(name)")
    case ("AWS::CloudWatch::Alarm", "Arn"): return arn("cloudwatch", "alarm:\(name)")
    default: return nil
    }
  }
}
