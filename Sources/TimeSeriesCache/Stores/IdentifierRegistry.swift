package import AWSClients
package import CacheSupport

/// The table of the series to cache: key `identifier`; `source` and any other text or number are the source's to use.
package struct IdentifierRegistry: Sendable {
  private let client: DynamoDBClient
  private let table: String

  package init(_ client: AWSClient, table: String) {
    self.client = DynamoDBClient(client)
    self.table = table
  }

  /// What a series' item says.
  package struct Entry: Sendable, Hashable {
    /// The name of its source; nil takes the default.
    package var source: String?
    /// The item's texts, numbers and booleans by name, for the source's template.
    package var attributes: [ByteText: String]
  }

  /// A page of the table.
  package struct Page: Sendable {
    package var identifiers: [Identifier]
    /// Why an item has no valid identifier, one text for each.
    package var invalid: [String]
    /// Where the next page starts; nil at the end.
    package var last: Item?
  }

  /// One page of identifiers, up to 1 MB of the table.
  package func page(after start: Item?) async throws(StoreError) -> Page {
    let page = try await StoreError.translating { () async throws(AWSError) in
      try await client.scan(table, projection: "#id", names: ["#id": "identifier"], after: start)
    }
    var identifiers: [Identifier] = []
    var invalid: [String] = []
    for item in page.items {
      do throws(InvalidIdentifier) { identifiers.append(try Identifier(item["identifier"]?.string ?? "")) } catch {
        invalid.append(error.description)
      }
    }
    return Page(identifiers: identifiers, invalid: invalid, last: page.lastKey)
  }

  /// - Returns: nil for an identifier that is not registered.
  package func entry(_ identifier: Identifier) async throws(StoreError) -> Entry? {
    let item = try await StoreError.translating { () async throws(AWSError) in
      try await client.getItem(["identifier": .s(identifier.text)], from: table)
    }
    guard let item else { return nil }
    var attributes: [ByteText: String] = [:]
    for (name, value) in item {
      switch value {
      case .s(let text), .n(let text): attributes[name] = text
      case .bool(let flag): attributes[name] = flag ? "true" : "false"
      default: continue
      }
    }
    return Entry(source: item["source"]?.string, attributes: attributes)
  }
}
