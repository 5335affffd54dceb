import AWSClients
import CacheSupport

extension ChunkItem {
  /// The next item of a page, with the attributes that were asked for; nil at the page's end.
  ///
  /// Base64 is undone straight from the answer's bytes.
  ///
  /// - Parameters:
  ///   - series: becomes the series that the item belongs to, where that was asked for.
  ///   - problem: becomes what is wrong with the item; then it is of no use.
  static func next(
    in items: inout DynamoDBItems, series: inout String?, problem: inout String?
  ) throws(AWSError) -> ChunkItem? {
    guard try items.nextItem() else { return nil }
    var item = ChunkItem(start: 0, widths: [], revision: 0, head: [], rows: [])
    var hasStart = false
    while try items.nextAttribute() {
      let attribute = Attribute(items.reader)
      switch (attribute, try items.value()) {
      case (.start, .n(let token)):
        if let start = items.reader.int64(token) { (item.start, hasStart) = (start, true) }
      case (.revision, .n(let token)): item.revision = items.reader.int64(token) ?? 0
      case (.expiry, .n(let token)):
        item.expiry = items.reader.int64(token)
        if item.expiry == nil { problem = "its 'expiry' is no whole number of 64 bits" }
      case (.widths, .l(let position)): item.widths = try items.wholeNumbers(at: position) ?? []
      case (.head, .b(let token)):
        if let bytes = try items.bytes(token) { item.head = bytes } else { problem = "its 'head' is no Base64" }
      case (.rows, .b(let token)):
        if let bytes = try items.bytes(token) { item.rows = bytes } else { problem = "its 'rows' are no Base64" }
      case (.series, .s(let token)): series = try items.text(token)
      case (.other, _): break
      default: problem = "its '\(attribute)' is of another type"
      }
    }
    if !hasStart { problem = "its 'start' is no whole number of 64 bits" }
    problem = problem ?? item.problem
    return item
  }

  private enum Attribute {
    case series, start, widths, revision, head, rows, expiry, other

    init(_ reader: borrowing JSONReader) {
      self =
        if reader.isNamed("start") {
          .start
        } else if reader.isNamed("widths") {
          .widths
        } else if reader.isNamed("rows") {
          .rows
        } else if reader.isNamed("head") {
          .head
        } else if reader.isNamed("expiry") {
          .expiry
        } else if reader.isNamed("revision") {
          .revision
        } else if reader.isNamed("series") {
          .series
        } else {
          .other
        }
    }
  }
}
