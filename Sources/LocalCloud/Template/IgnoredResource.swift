/// Resources that do nothing on this machine, for they concern people and accounts: a template may have them and name them,
/// and the plan tells them.
enum IgnoredResource {
  static let prefixes = [
    "AWS::IAM::", "AWS::Logs::", "AWS::CloudWatch::", "AWS::SNS::", "AWS::S3::", "AWS::SQS::QueuePolicy", "AWS::KMS::",
    "AWS::IoT::", "AWS::Lambda::Permission",
  ]

  static func has(_ type: String) -> Bool { prefixes.contains { type.hasPrefix($0) } }

  /// The property that gives the name.
  static let nameProperties: [String: String] = [
    "AWS::Logs::LogGroup": "LogGroupName", "AWS::SNS::Topic": "TopicName", "AWS::S3::Bucket": "BucketName",
    "AWS::IAM::Role": "RoleName", "AWS::CloudWatch::Alarm": "AlarmName", "AWS::CloudWatch::Dashboard": "DashboardName",
    "AWS::IoT::TopicRule": "RuleName",
  ]

  /// What `Ref` is.
  static func reference(_ names: ResourceNames) throws(TemplateError) -> String {
    try names.type == "AWS::SNS::Topic" ? names.arn("sns", names.name()) : names.name()
  }

  /// What `GetAtt` is; nil for an attribute that is not known.
  static func attribute(_ name: String, _ names: ResourceNames) throws(TemplateError) -> String? {
    let own = try names.name()
    switch (names.type, name) {
    case ("AWS::Logs::LogGroup", "Arn"): return names.arn("logs", "log-group:\(own):*")
    case ("AWS::SNS::Topic", "Arn"), ("AWS::SNS::Topic", "TopicArn"): return names.arn("sns", own)
    case ("AWS::SNS::Topic", "TopicName"): return own
    case ("AWS::S3::Bucket", "Arn"): return "arn:aws:s3:::\(own)"
    case ("AWS::IAM::Role", "Arn"): return "arn:aws:iam::\(names.site.accountID):role/\(own)"
    case ("AWS::IoT::TopicRule", "Arn"): return names.arn("iot", "rule/\(own)")
    case ("AWS::CloudWatch::Alarm", "Arn"): return names.arn("cloudwatch", "alarm:\(own)")
    default: return nil
    }
  }
}
