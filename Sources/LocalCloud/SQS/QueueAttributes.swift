import CacheSupport

/// A queue's settings, checked against SQS's bounds.
struct QueueAttributes: Sendable, Hashable {
  /// By name, as they were given.
  private(set) var texts: [ByteText: String]

  private static let bounds: [ByteText: ClosedRange<Int64>?] = [
    "DelaySeconds": 0...900, "MaximumMessageSize": 1024...1_048_576, "MessageRetentionPeriod": 60...1_209_600,
    "ReceiveMessageWaitTimeSeconds": 0...20, "VisibilityTimeout": 0...43_200, "RedrivePolicy": nil,
    "RedriveAllowPolicy": nil, "Policy": nil, "KmsMasterKeyId": nil, "KmsDataKeyReusePeriodSeconds": 60...86_400,
    "SqsManagedSseEnabled": nil,
  ]
  /// The attributes that are counted when somebody asks for them.
  static let counts: Set<ByteText> = [
    "ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed",
  ]
  private static let readOnly: Set<ByteText> = counts.union(["CreatedTimestamp", "LastModifiedTimestamp", "QueueArn"])
  private static let ofFIFO: Set<ByteText> = [
    "FifoQueue", "ContentBasedDeduplication", "DeduplicationScope", "FifoThroughputLimit",
  ]
  static let defaults: [ByteText: String] = [
    "DelaySeconds": "0", "MaximumMessageSize": "1048576", "MessageRetentionPeriod": "345600",
    "ReceiveMessageWaitTimeSeconds": "0", "VisibilityTimeout": "30", "SqsManagedSseEnabled": "true",
  ]

  /// The attributes of a template.
  static func named(_ texts: [String: String]) -> [ByteText: String] {
    Dictionary(texts.map { (ByteText($0), $1) }) { $1 }
  }

  /// Whether a queue may be asked for an attribute of this name.
  static func isKnown(_ name: ByteText) -> Bool {
    bounds[name] != nil || readOnly.contains(name) || ofFIFO.contains(name)
  }

  /// - Throws: what SQS answers for an unknown attribute or a value out of its bounds.
  init(checking given: [ByteText: String], over known: [ByteText: String] = defaults) throws(ServiceError) {
    for (name, value) in given {
      // A standard queue has no such attribute: only a wish for a FIFO queue is one.
      if Self.ofFIFO.contains(name), name != "FifoQueue" || value == "true" {
        throw .unknownAttribute("The local cloud does not emulate FIFO queues: attribute \(name).")
      }
      guard let range = Self.bounds[name] else { throw .unknownAttribute("Unknown Attribute \(name).") }
      if let range, !(Int64(value).map { range.contains($0) } ?? false) { throw .invalidAttribute(name) }
      if !value.isEmpty { try Self.check(value, of: name) }
    }
    texts = known.merging(given) { $1 }.filter { !$0.value.isEmpty }
    if let policy = texts["RedrivePolicy"] { texts["RedrivePolicy"] = RedrivePolicy.withNumber(policy) }
  }

  /// - Throws: what SQS answers for a policy that is none.
  private static func check(_ value: String, of name: ByteText) throws(ServiceError) {
    switch name {
    case "RedrivePolicy": try RedrivePolicy.check(value)
    case "RedriveAllowPolicy": _ = try RedriveAllowPolicy(value)
    // Kept and told; nobody is refused by it.
    case "Policy": guard (try? JSON(parsing: value))?.object != nil else { throw .invalidAttribute(name) }
    default: break
    }
  }

  /// Whether others say the same of an attribute; for policies the order of members does not matter.
  func hasSame(_ name: ByteText, as others: QueueAttributes) -> Bool {
    let (one, other) = (texts[name], others.texts[name])
    if one.map({ ByteText($0) }) == other.map({ ByteText($0) }) { return true }
    guard ["RedrivePolicy", "RedriveAllowPolicy", "Policy"].contains(name), let one, let other,
      let policy = try? JSON(parsing: one)
    else { return false }
    return policy == (try? JSON(parsing: other))
  }

  private func number(_ name: ByteText) -> Int64 { texts[name].flatMap { Int64($0) } ?? 0 }
  /// Seconds.
  var delay: Int64 { number("DelaySeconds") }
  /// Bytes.
  var maximumMessageSize: Int { Int(clamping: number("MaximumMessageSize")) }
  /// Seconds.
  var retention: Int64 { number("MessageRetentionPeriod") }
  /// Seconds.
  var receiveWait: Int64 { number("ReceiveMessageWaitTimeSeconds") }
  /// Seconds.
  var visibility: Int64 { number("VisibilityTimeout") }
  var redrive: RedrivePolicy? { texts["RedrivePolicy"].flatMap { RedrivePolicy($0) } }

  /// Whether a queue may name this one as its dead-letter queue.
  func allowsRedrive(from arn: String) -> Bool {
    // Earlier versions kept any text; one that is no policy forbids nothing.
    guard let text = texts["RedriveAllowPolicy"], let policy = try? RedriveAllowPolicy(text) else { return true }
    return policy.allows(arn)
  }

  // MARK: As it is stored

  init(stored text: String) {
    texts = ((try? JSON(parsing: text))?.object?.members ?? []).reduce(into: [:]) {
      $0[ByteText($1.name)] = $1.value.string
    }
  }

  var stored: String { Self.json(texts).text }

  /// In the order of names.
  static func json(_ texts: [ByteText: String]) -> JSON {
    .object(
      texts.sorted { $0.key < $1.key }.reduce(into: JSONObject()) { $0[$1.key.text] = .string($1.value) })
  }
}
