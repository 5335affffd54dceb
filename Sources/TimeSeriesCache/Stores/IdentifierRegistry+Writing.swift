import AWSClients
package import CacheSupport

extension IdentifierRegistry {
  /// What became of a series that was to be registered.
  package enum Registration: Sendable, Hashable {
    case new
    /// It was there before, as this.
    case existing(Entry)
  }

  /// How often a write is tried where others change the item between a look at it and the write: 5 times.
  package static let attempts: Int = 5
  /// The most attributes of an item beside the registry's own.
  package static let maximumAttributes: Int = 64
  /// The most bytes of their names and values in all.
  package static let maximumAttributeBytes: Int = 16_384

  /// Registers a series that somebody writes, in one request.
  ///
  /// - Parameters:
  ///   - bucket: of its first writer, which owns it from then on.
  ///   - now: epoch milliseconds.
  /// - Returns: what is there already where something is; nothing of it is changed.
  package func register(_ series: Series, bucket: String, now: Int64) async throws(StoreError) -> Registration {
    let item: Item = [
      "identifier": .s(series.identifier.text), "kind": .s(SeriesKind.written.rawValue), "bucket": .s(bucket),
      "registered": .n(now),
    ]
    switch try await put(item, where: "attribute_not_exists(#id)", names: ["#id": "identifier"]) {
    case .done: return .new
    case .refused(let found?): return .existing(try Self.entry(found))
    case .refused(nil):
      throw StoreError(.unavailable, "'\(series)' was removed while it was being registered: try again")
    }
  }

  /// Registers a series that a source knows, or gives it another source and other attributes.
  ///
  /// Since when it is registered, and its status, stay as they are.
  ///
  /// - Parameters:
  ///   - source: the name of its source; nil takes the default.
  ///   - attributes: for the source's template, in the place of those that are there.
  ///   - now: epoch milliseconds.
  /// - Returns: what was there before; nothing of it is changed where that is a series that somebody writes.
  /// - Throws: ``StoreError``, also for attributes of the registry's own names (``SeriesEntry/ownNames``), or too many of them.
  package func put(
    _ identifier: Identifier, source: String?, attributes: [ByteText: String] = [:], now: Int64
  ) async throws(StoreError) -> Registration {
    try Self.check(attributes)
    var found: Item?
    for _ in 1...Self.attempts {
      let before = try found.map { item throws(StoreError) in try Self.entry(item) }
      if let before, before.kind == .written { return .existing(before) }
      var item: Item = ["identifier": .s(identifier.text), "registered": found?["registered"] ?? .n(now)]
      item["source"] = source.map { .s($0) }
      item["status"] = found?["status"]
      for (name, value) in attributes { item[name] = .s(value) }
      let (condition, names, values) = Self.isUnchanged(found)
      switch try await put(item, where: condition, names: names, values: values) {
      case .done: return before.map { .existing($0) } ?? .new
      case .refused(let item): found = item
      }
    }
    throw Self.contended(identifier)
  }

  /// The condition that an item is what was found, in what stays of it.
  private static func isUnchanged(_ found: Item?) -> (condition: String, names: [String: String], values: Item) {
    guard let found else { return ("attribute_not_exists(#id)", ["#id": "identifier"], [:]) }
    var conditions = ["attribute_exists(#id)", "(attribute_not_exists(#kind) OR #kind <> :written)"]
    var names = ["#id": "identifier", "#kind": "kind"]
    var values: Item = [":written": .s(SeriesKind.written.rawValue)]
    for name in ["registered", "status"] {
      names["#\(name)"] = name
      conditions.append(found[name] == nil ? "attribute_not_exists(#\(name))" : "#\(name) = :\(name)")
      values[":\(name)"] = found[name]
    }
    return (conditions.joined(separator: " AND "), names, values)
  }

  /// Removes a series from the table; its samples stay where they are until they expire.
  ///
  /// - Returns: false where it was not there.
  package func remove(_ identifier: Identifier) async throws(StoreError) -> Bool {
    let outcome = try await Self.conditionally { () async throws(AWSError) in
      try await client.deleteItem(
        ["identifier": .s(identifier.text)], from: table, condition: "attribute_exists(#id)",
        names: ["#id": "identifier"])
    }
    return outcome == .done
  }

  static func contended(_ identifier: Identifier) -> StoreError {
    StoreError(
      .unavailable,
      "the item of '\(identifier)' was changed by others \(attempts) times while it was written: try again")
  }

  private static func check(_ attributes: [ByteText: String]) throws(StoreError) {
    if let own = attributes.keys.filter({ SeriesEntry.ownNames.contains($0) }).min() {
      throw StoreError(.failed, "'\(own)' is no name for an attribute: the registry keeps it for itself")
    }
    if attributes.keys.contains("") { throw StoreError(.failed, "an attribute has no name") }
    let bytes = attributes.reduce(0) { $0 + $1.key.text.utf8.count + $1.value.utf8.count }
    guard attributes.count <= maximumAttributes, bytes <= maximumAttributeBytes else {
      throw StoreError(
        .failed,
        "\(attributes.count) attributes of \(bytes) bytes are too many: give at most \(maximumAttributes) of \(maximumAttributeBytes) bytes in all"
      )
    }
  }
}
