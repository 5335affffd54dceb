import CacheSupport

/// A queue's settings, checked against SQS's bounds.
struct QueueAttributes: Sendable {
  var texts: [String: String]

  static let settable: [String: ClosedRange<Int64>?] = [
    "DelaySeconds": 0...900, "MaximumMessageSize": 1024...1_048_576, "MessageRetentionPeriod": 60...1_209_600,
    "ReceiveMessageWaitTimeSeconds": 0...20, "VisibilityTimeout": 0...43_200, "RedrivePolicy": nil,
    "RedriveAllowPolicy": nil, "Policy": nil, "KmsMasterKeyId": nil, "KmsDataKeyReusePeriodSeconds": 60...86_400,
    "SqsManagedSseEnabled": nil,
  ]
  static let known: Set<String> = Set(settable.keys).union([
    "ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed",
    "CreatedTimestamp", "LastModifiedTimestamp", "QueueArn", "FifoQueue", "ContentBasedDeduplication",
  ])
  static let defaults: [String: String] = [
    "DelaySeconds": "0", "MaximumMessageSize": "1048576", "MessageRetentionPeriod": "345600",
    "ReceiveMessageWaitTimeSeconds": "0", "VisibilityTimeout": "30", "SqsManagedSseEnabled": "true",
  ]

  /// - Throws: what SQS answers for an unknown attribute or a value out of its bounds.
  init(checking given: [String: String], over known: [String: String] = defaults) throws(ServiceError) {
    for (name, value) in given {
      if name == "FifoQueue" || name == "ContentBasedDeduplication" {
        throw .sqs(
          "InvalidAttributeName", "The local cloud does not emulate FIFO queues: attribute \(name).",
          query: "InvalidAttributeName")
      }
      guard let range = Self.settable[name] else {
        throw .sqs("InvalidAttributeName", "Unknown Attribute \(name).", query: "InvalidAttributeName")
      }
      if let range, !(Int64(value).map { range.contains($0) } ?? false) {
        throw .sqs("InvalidAttributeValue", "Invalid value for the parameter \(name).", query: "InvalidAttributeValue")
      }
      if name == "RedrivePolicy", !value.isEmpty, Redrive(value) == nil {
        throw .sqs(
          "InvalidParameterValueException", "Value \(value) for parameter RedrivePolicy is invalid.",
          query: "InvalidParameterValue")
      }
    }
    texts = known.merging(given) { $1 }.filter { !$0.value.isEmpty }
  }

  init(stored: [String: String]) { texts = stored }

  private func number(_ name: String) -> Int64 { texts[name].flatMap { Int64($0) } ?? 0 }
  var delay: Int64 { number("DelaySeconds") }
  var maximumMessageSize: Int { Int(number("MaximumMessageSize")) }
  var retention: Int64 { number("MessageRetentionPeriod") }
  var receiveWait: Int64 { number("ReceiveMessageWaitTimeSeconds") }
  var visibility: Int64 { number("VisibilityTimeout") }
  var redrive: Redrive? { texts["RedrivePolicy"].flatMap { Redrive($0) } }

  /// Where messages go that are received too often.
  struct Redrive: Sendable {
    var queue: String
    var maxReceiveCount: Int64

    init?(_ policy: String) {
      guard let json = try? JSON(parsing: policy), let arn = json["deadLetterTargetArn"]?.string,
        let name = arn.split(separator: ":").last
      else { return nil }
      let count = json["maxReceiveCount"]?.int64 ?? json["maxReceiveCount"]?.string.flatMap { Int64($0) }
      guard let count, (1...1000).contains(count) else { return nil }
      queue = String(name)
      maxReceiveCount = count
    }
  }

  static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
      true
    default: false
    }
  }
}
