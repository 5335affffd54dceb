import AWSClients
import CacheSupport

extension ChunkStore {
  /// What became of a write that names the revision which it replaces.
  enum Written: Sendable {
    case done
    /// Somebody else was faster: what is known of the items now. Nothing was written.
    case conflict([Found])
  }

  /// What an item was found to be.
  enum Found: Sendable, Hashable {
    case item(ChunkItem)
    case none(start: Int64)
    /// Another transaction is writing it, or DynamoDB wants fewer writes of it.
    case busy(start: Int64)
  }

  /// An item, and what it replaces.
  struct Replacement: Sendable {
    var item: ChunkItem
    /// nil where there is no item, or one that has expired.
    var old: ChunkItem?
  }

  /// Reads one item; nil where there is none.
  func read(
    _ start: Int64, of identifier: Identifier, consistent: Bool
  ) async throws(StoreError) -> ChunkItem? {
    let item = try await StoreError.translating { () async throws(AWSError) in
      try await client.getItem(ChunkItem.key(of: identifier, start), from: table, consistent: consistent)
    }
    return try item.map { item throws(StoreError) in try ChunkItem(item: item) }
  }

  /// Items of which one request reads at most so many: the next ones then reads more.
  private static let pageSizes: [Int] = [3, 16, 64, 256]

  /// Reads the items that start from the last of some times back to the one that covers the first, or to the cell's first.
  ///
  /// - Returns: the items, and the starts between which there are no others.
  func readBack(
    from last: Int64, to first: Int64, notBefore start: Int64, of identifier: Identifier
  ) async throws(StoreError) -> (items: [ChunkItem], seen: ClosedRange<Int64>) {
    var query = DynamoDBClient.Query(
      table: table, keyCondition: "#series = :series AND #start BETWEEN :first AND :last",
      names: ["#series": "series", "#start": "start"],
      values: [":series": .s(identifier.text), ":first": .n(start), ":last": .n(last)])
    query.ascending = false
    var items: [ChunkItem] = []
    var next: Item?
    for number in 0... {
      query.limit = Self.pageSizes[min(number, Self.pageSizes.count - 1)]
      let (page, after) = (query, next)
      let answer = try await StoreError.translating { () async throws(AWSError) in
        try await client.query(page, after: after)
      }
      for item in answer.items { items.append(try ChunkItem(item: item)) }
      if let earliest = items.last, earliest.start <= first { return (items, earliest.start...last) }
      guard let key = answer.lastKey else { break }
      next = key
    }
    return (items, start...last)
  }

  /// Writes items, all or none, each in the place of what it replaces alone.
  ///
  /// - Parameters:
  ///   - replacements: up to ``ChunkTiers/mostParts``, each of another start.
  ///   - now: epoch milliseconds.
  func write(
    _ replacements: [Replacement], of identifier: Identifier, now: Int64
  ) async throws(StoreError) -> Written {
    do throws(AWSError) {
      if replacements.count == 1, let only = replacements.first {
        let (condition, names, values) = Self.condition(only.old, now)
        try await client.putItem(
          only.item.item(of: identifier), into: table, condition: condition, names: names, values: values,
          itemOnFailure: true)
      } else {
        let actions = replacements.map { replacement in
          let (condition, names, values) = Self.condition(replacement.old, now)
          return TransactAction.put(
            replacement.item.item(of: identifier), into: table, condition: condition, names: names, values: values,
            itemOnFailure: true)
        }
        try await client.transactWrite(actions, token: RandomID.uuid())
      }
      return .done
    } catch {
      guard let found = try Self.found(error, replacements) else { throw StoreError(error) }
      return .conflict(found)
    }
  }

  /// That an item is still what it replaces.
  private static func condition(
    _ old: ChunkItem?, _ now: Int64
  ) -> (condition: String, names: [String: String], values: Item) {
    if let old { return ("#revision = :revision", ["#revision": "revision"], [":revision": .n(old.revision)]) }
    return (
      "attribute_not_exists(#series) OR #expiry <= :now", ["#series": "series", "#expiry": "expiry"],
      [":now": .n(ChunkTiers.seconds(now))]
    )
  }

  /// What a write's error tells of the items; nil where it is no conflict.
  private static func found(
    _ error: AWSError, _ replacements: [Replacement]
  ) throws(StoreError) -> [Found]? {
    func found(_ item: Item?, _ start: Int64) throws(StoreError) -> Found {
      try item.map { item throws(StoreError) in .item(try ChunkItem(item: item)) } ?? .none(start: start)
    }
    switch error.code {
    case .conditionalCheckFailed:
      guard let only = replacements.first else { return nil }
      return [try found(error.item, only.item.start)]
    case .transactionConflict: return replacements.map { .busy(start: $0.item.start) }
    case .transactionCanceled:
      let reasons = error.cancellationReasons
      guard reasons.count == replacements.count else { return nil }
      var all: [Found] = []
      for (reason, replacement) in zip(reasons, replacements) {
        switch reason.code {
        case .none: continue
        case .conditionalCheckFailed: all.append(try found(reason.item, replacement.item.start))
        case .transactionConflict, "ThrottlingError", "ProvisionedThroughputExceeded":
          all.append(.busy(start: replacement.item.start))
        default: return nil
        }
      }
      return all.isEmpty ? nil : all
    default: return nil
    }
  }
}
