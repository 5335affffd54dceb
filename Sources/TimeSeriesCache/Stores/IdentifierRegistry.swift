public import AWSClients
public import CacheSupport

/// The table of the series to cache: key `identifier`; `source` and any other text or number are the source's to use.
public struct IdentifierRegistry: Sendable {
  private let client: DynamoDBClient
  private let table: String

  public init(_ client: AWSClient, table: String) {
    self.client = DynamoDBClient(client)
    self.table = table
  }

  /// What a series' item says.
  public struct Entry: Sendable, Hashable {
    /// The name of its source; nil takes the default.
    public var source: String?
    /// The item's texts, numbers and booleans by name, for the source's template.
    public var attributes: [ByteText: String]
  }

  public struct Page: Sendable {
    public var identifiers: [Identifier]
    /// Why an item's identifier is none, one text an item.
    public var invalid: [String]
    /// Where the next page starts; nil at the end.
    public var last: Item?
  }

  /// One page of identifiers, up to 1 MB of the table.
  ///
  public func page(after start: Item?) async throws(StoreError) -> Page {
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
  public func entry(_ identifier: Identifier) async throws(StoreError) -> Entry? {
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
