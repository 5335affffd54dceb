import AWSClients
import CacheSupport

extension IdentifierRegistry {
  /// What became of a write that has a condition.
  enum Conditional: Sendable, Hashable {
    case done
    /// The condition is not met by the item that is there; nil where there is none.
    case refused(Item?)
  }

  /// Keeps what a write throws where its condition is not met.
  static func conditionally(_ write: () async throws(AWSError) -> Void) async throws(StoreError) -> Conditional {
    do throws(AWSError) {
      try await write()
      return .done
    } catch {
      guard error.code == .conditionalCheckFailed else { throw StoreError(error) }
      return .refused(error.item)
    }
  }

  func put(
    _ item: Item, where condition: String, names: [String: String], values: Item = [:]
  ) async throws(StoreError) -> Conditional {
    try await Self.conditionally { () async throws(AWSError) in
      try await client.putItem(
        item, into: table, condition: condition, names: names, values: values, itemOnFailure: true)
    }
  }

  func update(
    _ identifier: Identifier, _ update: String, where condition: String, names: [String: String], values: Item
  ) async throws(StoreError) -> Conditional {
    try await Self.conditionally { () async throws(AWSError) in
      try await client.updateItem(
        ["identifier": .s(identifier.text)], in: table, update: update, condition: condition, names: names,
        values: values, itemOnFailure: true)
    }
  }
}
