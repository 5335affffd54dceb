package import AWSClients
import CacheSupport

/// The table of the series: key `identifier`, and what ``SeriesEntry`` says of it.
///
/// | attribute | means |
/// |---|---|
/// | `kind` | `written` for a series that somebody writes; absent, a source knows it |
/// | `source` | the name of its source |
/// | `bucket` | of a written series: the bucket that owns it |
/// | `registered` | since when it is here, epoch milliseconds |
/// | `status` | a map, kept by the functions that fetch and write: ``SeriesStatus`` |
///
/// Any other text, number or boolean is the source's to use.
package struct IdentifierRegistry: Sendable {
  package typealias Entry = SeriesEntry

  let client: DynamoDBClient
  let table: String

  package init(_ client: AWSClient, table: String) {
    self.client = DynamoDBClient(client)
    self.table = table
  }

  /// A series to be fetched.
  package struct Fetchable: Sendable, Hashable {
    package var identifier: Identifier
    /// The name of its source; nil takes the default.
    package var source: String?
  }

  /// A page of the table's series that a source knows.
  package struct Page: Sendable {
    package var series: [Fetchable]
    /// Why an item has no valid identifier, one text for each.
    package var invalid: [String]
    /// Where the next page starts; nil at the end.
    package var last: Item?
  }

  /// One page of what is to be fetched, up to 1 MB of the table; those that somebody writes are passed over.
  package func page(after start: Item?) async throws(StoreError) -> Page {
    let page = try await StoreError.translating { () async throws(AWSError) in
      try await client.scan(
        table, filter: "attribute_not_exists(#kind) OR #kind <> :written", projection: "#id, #source",
        names: ["#id": "identifier", "#kind": "kind", "#source": "source"],
        values: [":written": .s(SeriesKind.written.rawValue)], after: start)
    }
    var found = Page(series: [], invalid: [], last: page.lastKey)
    for item in page.items {
      do throws(InvalidIdentifier) {
        found.series.append(
          Fetchable(identifier: try Identifier(item["identifier"]?.string ?? ""), source: item["source"]?.string))
      } catch { found.invalid.append(error.description) }
    }
    return found
  }

  /// - Returns: nil for an identifier that is not registered.
  package func entry(_ identifier: Identifier) async throws(StoreError) -> Entry? {
    let item = try await StoreError.translating { () async throws(AWSError) in
      try await client.getItem(["identifier": .s(identifier.text)], from: table)
    }
    return try item.map { item throws(StoreError) in try Self.entry(item) }
  }

  /// The most pages of the table, 1 MB each, that one ``list(prefix:after:limit:)`` reads.
  package static let pagesPerList: Int = 10

  /// Series in the table's own order, which is none that a reader knows.
  ///
  /// - Parameters:
  ///   - prefix: what the identifiers begin with, compared by bytes; nil lists all.
  ///   - identifier: the last one of the list before; nil begins.
  ///   - limit: the most series, 1 to 1,000.
  /// - Returns: the series, possibly fewer than the limit or none, and where the next list goes on; nil at the end.
  package func list(
    prefix: String? = nil, after identifier: Identifier? = nil, limit: Int
  ) async throws(StoreError) -> (entries: [Entry], next: Identifier?) {
    var entries: [Entry] = []
    var start: Item? = identifier.map { ["identifier": .s($0.text)] }
    let limit = min(max(1, limit), 1000)
    // An empty text is no value for a condition on a key.
    let prefix = prefix.flatMap { $0.isEmpty ? nil : $0 }
    var pages = 0
    while true {
      // With a prefix most of a page's items may be others': a page of them is as large as it can be.
      let pageLimit = prefix == nil ? max(1, limit - entries.count) : nil
      let page = try await StoreError.translating { () async throws(AWSError) in
        try await client.scan(
          table, filter: prefix.map { _ in "begins_with(#id, :prefix)" },
          names: prefix.map { _ in ["#id": "identifier"] } ?? [:],
          values: prefix.map { [":prefix": .s($0)] } ?? [:], limit: pageLimit, after: start)
      }
      pages += 1
      for item in page.items {
        guard let entry = try? SeriesEntry(item) else { continue }
        // What follows on this page is read again by the next list.
        if entries.count == limit { return (entries, entries.last?.identifier) }
        entries.append(entry)
      }
      guard let last = page.lastKey else { return (entries, nil) }
      start = last
      // An item without a valid identifier is no place to go on from.
      guard entries.count == limit || pages >= Self.pagesPerList,
        let next = try? Identifier(last["identifier"]?.string ?? "")
      else { continue }
      return (entries, next)
    }
  }

  static func entry(_ item: Item) throws(StoreError) -> Entry {
    do throws(InvalidIdentifier) { return try SeriesEntry(item) } catch {
      throw StoreError(.failed, "an item of the identifiers' table cannot be read: \(error)")
    }
  }
}
