import AWSClients
package import CacheSupport

/// What the identifiers' table says of one series.
package struct SeriesEntry: Sendable, Hashable {
  /// Its name.
  package var identifier: Identifier
  /// Who gives it its samples.
  package var kind: SeriesKind = .source
  /// The name of its source; nil takes the default.
  package var source: String?
  /// Of a written series: the bucket of its first writer, which owns it.
  package var bucket: String?
  /// Since when it is in the table, epoch milliseconds; nil for an item that was put there by hand.
  package var registered: Int64?
  /// How it has fared; nil before its first run.
  package var status: SeriesStatus?
  /// The item's texts, numbers and booleans by name, for the source's template.
  package var attributes: [ByteText: String] = [:]

  /// A series that a source knows, unless told otherwise.
  package init(
    _ identifier: Identifier, kind: SeriesKind = .source, source: String? = nil, bucket: String? = nil,
    registered: Int64? = nil, status: SeriesStatus? = nil, attributes: [ByteText: String] = [:]
  ) {
    self.identifier = identifier
    self.kind = kind
    self.source = source
    self.bucket = bucket
    self.registered = registered
    self.status = status
    self.attributes = attributes
  }

  /// The series that is read and written under the identifier: with measurement and tags where it is written.
  package var series: Series {
    guard kind == .written, let key = SeriesKey(identifier.text), let series = try? Series(key) else {
      return Series(identifier)
    }
    return series
  }

  /// The names that the registry keeps for itself: no attribute of a source may have one of them.
  package static let ownNames: Set<ByteText> = ["identifier", "kind", "source", "bucket", "registered", "status"]

  /// Reads an item of the table.
  init(_ item: Item) throws(InvalidIdentifier) {
    self.init(try Identifier(item["identifier"]?.string ?? ""))
    // Any other word is the source's to use.
    kind = item["kind"]?.string.flatMap { SeriesKind(rawValue: $0) } ?? .source
    source = item["source"]?.string
    bucket = kind == .written ? item["bucket"]?.string : nil
    registered = item["registered"]?.number.flatMap { Int64($0) }
    status = item["status"]?.map.flatMap { SeriesStatus($0) }
    for (name, value) in item {
      switch value {
      case .s(let text), .n(let text): attributes[name] = text
      case .bool(let flag): attributes[name] = flag ? "true" : "false"
      default: continue
      }
    }
  }

  /// True for an item whose attribute `status` is not this registry's: it is never written over.
  static func hasForeignStatus(_ item: Item) -> Bool {
    item["status"].map { $0.map.flatMap { SeriesStatus($0) } == nil } ?? false
  }
}
