import CacheSupport

/// Where messages go that are received too often.
struct RedrivePolicy: Sendable, Hashable {
  /// The dead-letter queue's name.
  var queue: String
  /// The dead-letter queue's ARN, as it was given.
  var target: String
  /// Receives in the source queue before a message moves, 1 to 1,000.
  var maxReceiveCount: Int64

  private static let counts: ClosedRange<Int64> = 1...1000

  /// Reads the attribute's text; nil where it is no policy.
  init?(_ policy: String) {
    guard let json = try? JSON(parsing: policy), let target = json["deadLetterTargetArn"]?.string,
      let name = target.utf8.split(separator: UInt8(ascii: ":")).last, let count = Self.count(json),
      Self.counts.contains(count)
    else { return nil }
    queue = String(Substring(name))
    self.target = target
    maxReceiveCount = count
  }

  /// A policy's text with the count as a number, as SQS tells it, also where it was given as a text.
  static func withNumber(_ text: String) -> String {
    guard var policy = (try? JSON(parsing: text))?.object, policy["maxReceiveCount"]?.string != nil,
      let count = count(.object(policy))
    else { return text }
    policy["maxReceiveCount"] = .integer(count)
    return JSON.object(policy).text
  }

  /// A number, or a text of one.
  private static func count(_ policy: JSON) -> Int64? {
    let count = policy["maxReceiveCount"]
    return count?.int64 ?? count?.string.flatMap { Int64($0) }
  }

  /// - Throws: SQS's words for a text that is no policy.
  static func check(_ text: String) throws(ServiceError) {
    guard let json = try? JSON(parsing: text), let policy = json.object else {
      throw refusal(text, "Redrive policy is not a valid JSON map.")
    }
    for name in ["maxReceiveCount", "deadLetterTargetArn"] where policy[name] == nil {
      throw refusal(text, "Redrive policy does not contain mandatory attribute: \(name).")
    }
    guard let count = count(json), counts.contains(count) else {
      let given = policy["maxReceiveCount"].map { $0.string ?? $0.text } ?? ""
      throw refusal(
        text, "Invalid value for maxReceiveCount: \(given), valid values are from 1 to 1000 both inclusive.")
    }
    let target = policy["deadLetterTargetArn"]?.string ?? ""
    let parts = target.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
    guard parts.count == 6, parts[0].elementsEqual("arn".utf8) else {
      throw refusal(text, "Dead-letter target ARN should be fully qualified ARN.")
    }
    guard policy.members.count == 2 else {
      throw refusal(text, "Only following attributes are supported: [maxReceiveCount, deadLetterTargetArn].")
    }
  }

  static func refusal(_ text: String, _ reason: String) -> ServiceError {
    .invalidParameter("Value \(text) for parameter RedrivePolicy is invalid. Reason: \(reason)")
  }
}

/// Which queues may name a queue as their dead-letter queue.
enum RedriveAllowPolicy: Sendable, Hashable {
  case all
  case none
  /// Those of these ARNs.
  case only(Set<ByteText>)

  /// ARNs that a policy names at most.
  private static let mostSources: Int = 10

  /// Reads the attribute's text.
  ///
  /// - Throws: SQS's words for a text that is no policy.
  init(_ text: String) throws(ServiceError) {
    let permissions = ["allowAll", "denyAll", "byQueue"]
    guard let policy = (try? JSON(parsing: text))?.object, let permission = policy["redrivePermission"]?.string,
      permissions.contains(where: permission.hasSameBytes),
      policy.members.allSatisfy({ ["redrivePermission", "sourceQueueArns"].contains($0.name) })
    else { throw Self.unsupported }
    var sources: Set<ByteText>?
    if let list = policy["sourceQueueArns"] {
      guard let elements = list.array else { throw Self.unsupported }
      let texts = elements.compactMap(\.string)
      guard texts.count == elements.count else { throw Self.unsupported }
      sources = Set(texts.map { ByteText($0) })
    }
    guard permission.hasSameBytes(as: "byQueue") else {
      guard sources == nil else {
        throw Self.refusal(
          text, "To specify one or more source queue ARNs, you must set redrivePermission to byQueue.")
      }
      self = permission.hasSameBytes(as: "denyAll") ? .none : .all
      return
    }
    guard let sources, !sources.isEmpty else {
      throw Self.refusal(
        text,
        "When you specify the byQueue permission type, you must also specify one or more sourceQueueArns values.")
    }
    guard sources.count <= Self.mostSources else {
      throw Self.refusal(text, "The maximum number of source queue ARNs you can specify is \(Self.mostSources).")
    }
    self = .only(sources)
  }

  func allows(_ arn: String) -> Bool {
    switch self {
    case .all: true
    case .none: false
    case .only(let sources): sources.contains(ByteText(arn))
    }
  }

  private static let unsupported: ServiceError = .invalidAttribute(
    "RedriveAllowPolicy",
    reason: "Amazon SQS can't create the redrive allow policy, as it’s in an unsupported format.")

  private static func refusal(_ text: String, _ reason: String) -> ServiceError {
    .invalidParameter(
      "Value \(text) for parameter RedriveAllowPolicy is invalid. Reason: Amazon SQS can't create the redrive allow policy. \(reason)"
    )
  }
}
