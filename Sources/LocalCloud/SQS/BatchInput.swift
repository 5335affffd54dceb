import CacheSupport

/// A batch of entries, checked as SQS checks them before it looks at what is in them.
struct BatchInput<Members> {
  let queue: String
  let entries: [(id: String, members: Members)]

  /// Entries that a batch has at most.
  private static var most: Int { 10 }

  /// - Parameters:
  ///   - kind: the entries' name in messages.
  ///   - empty: an entry without members.
  ///   - take: reads the member whose name was read last; false where it is none of an entry's.
  /// - Throws: SQS's words for a batch without entries, with too many, or whose ids are wrong.
  init(
    _ request: OperationRequest, of kind: String, _ empty: Members,
    _ take: (inout Members, inout JSONReader) throws -> Bool
  ) throws(ServiceError) {
    var entries: [(id: String?, members: Members)] = []
    var count = 0
    queue = try SQSService.queueName(request) { reader in
      guard reader.isNamed("Entries"), try reader.opensArray() else {
        if !reader.isNamed("Entries") { try reader.skip() }
        return
      }
      while try reader.nextElement() {
        count += 1
        // Past the most, they are only counted.
        guard count <= Self.most else {
          try reader.skip()
          continue
        }
        var entry: (id: String?, members: Members) = (nil, empty)
        if try reader.opensObject() {
          while try reader.nextMember() {
            if reader.isNamed("Id") {
              entry.id = try reader.optionalText()
            } else if try !take(&entry.members, &reader) {
              try reader.skip()
            }
          }
        }
        entries.append(entry)
      }
    }
    guard count > 0 else {
      throw .sqs(
        "EmptyBatchRequest", "There should be at least one \(kind) in the request.",
        query: "AWS.SimpleQueueService.EmptyBatchRequest")
    }
    guard count <= Self.most else {
      throw .sqs(
        "TooManyEntriesInBatchRequest",
        "Maximum number of entries per request are \(Self.most). You have sent \(count).",
        query: "AWS.SimpleQueueService.TooManyEntriesInBatchRequest")
    }
    var seen: Set<ByteText> = []
    var checked: [(id: String, members: Members)] = []
    for entry in entries {
      guard let id = entry.id, (1...80).contains(id.utf8.count), id.utf8.allSatisfy(ASCII.isNameByte) else {
        throw .sqs(
          "InvalidBatchEntryId",
          "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.",
          query: "AWS.SimpleQueueService.InvalidBatchEntryId")
      }
      guard seen.insert(ByteText(id)).inserted else {
        throw .sqs(
          "BatchEntryIdsNotDistinct", "Id \(id) repeated.", query: "AWS.SimpleQueueService.BatchEntryIdsNotDistinct")
      }
      checked.append((id, entry.members))
    }
    self.entries = checked
  }
}

extension BatchInput: Sendable where Members: Sendable {}
