/// Resources that do nothing on this machine, for they concern people and accounts: a template may have them and name them,
/// and the plan tells them.
enum IgnoredResource {
  static let prefixes = [
    "AWS::IAM::", "AWS::Logs::", "AWS::CloudWatch::", "AWS::SNS::", "AWS::S3::", "AWS::SQS::QueuePolicy", "AWS::KMS::",
    "AWS::IoT::", "AWS::Lambda::Permission", "AWS::Scheduler::ScheduleGroup", "AWS::ApplicationAutoScaling::",
  ]

  static func has(_ type: String) -> Bool { prefixes.contains { type.hasPrefix($0) } }

  /// The property that gives the name.
  static let nameProperties: [String: String] = [
    "AWS::Logs::LogGroup": "LogGroupName", "AWS::SNS::Topic": "TopicName", "AWS::S3::Bucket": "BucketName",
    "AWS::IAM::Role": "RoleName", "AWS::CloudWatch::Alarm": "AlarmName", "AWS::CloudWatch::Dashboard": "DashboardName",
    "AWS::IoT::TopicRule": "RuleName", "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
    "AWS::Scheduler::ScheduleGroup": "Name", "AWS::KMS::Alias": "AliasName",
  ]

  /// What `Ref` is.
  static func reference(_ names: ResourceNames) throws(TemplateError) -> String {
    let own = try names.name()
    return switch names.type {
    case "AWS::SNS::Topic": names.arn("sns", own)
    case "AWS::IAM::ManagedPolicy": "arn:aws:iam::\(names.site.accountID):policy/\(own)"
    default: own
    }
  }

  /// What `GetAtt` is; nil for an attribute that is not known.
  static func attribute(_ name: String, _ names: ResourceNames) throws(TemplateError) -> String? {
    let own = try names.name()
    switch (names.type, name) {
    case ("AWS::Logs::LogGroup", "Arn"): return names.arn("logs", "log-group:\(own):*")
    case ("AWS::SNS::Topic", "Arn"), ("AWS::SNS::Topic", "TopicArn"): return names.arn("sns", own)
    case ("AWS::SNS::Topic", "TopicName"): return own
    case ("AWS::S3::Bucket", "Arn"): return "arn:aws:s3:::\(own)"
    case ("AWS::S3::Bucket", "DomainName"): return "\(own).s3.amazonaws.com"
    case ("AWS::S3::Bucket", "RegionalDomainName"): return "\(own).s3.\(names.site.region).amazonaws.com"
    case ("AWS::KMS::Key", "Arn"): return names.arn("kms", "key/\(own)")
    case ("AWS::KMS::Key", "KeyId"), ("AWS::SQS::QueuePolicy", "Id"): return own
    case ("AWS::IAM::ManagedPolicy", "PolicyArn"): return try reference(names)
    case ("AWS::Scheduler::ScheduleGroup", "Arn"): return names.arn("scheduler", "schedule-group/\(own)")
    case ("AWS::IAM::Role", "Arn"): return "arn:aws:iam::\(names.site.accountID):role/\(own)"
    case ("AWS::IoT::TopicRule", "Arn"): return names.arn("iot", "rule/\(own)")
    case ("AWS::CloudWatch::Alarm", "Arn"): return names.arn("cloudwatch", "alarm:\(own)")
    default: return nil
    }
  }
}
