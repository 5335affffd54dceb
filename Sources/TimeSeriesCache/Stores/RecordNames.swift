import CacheSupport

/// What tells the records of one written series from others of a table: its dimensions and, in a shared table, its measure name.
///
/// The values of these columns are one text, which sorts and parts again: no identifier has the mark that is between two of them.
struct RecordNames: Sendable, Hashable {
  let columns: [ByteText]
  let text: String

  /// The column of measure names, which no dimension can be called.
  static let measureName: ByteText = "measure_name"
  private static let mark: String = "\u{1F}"

  /// The text of a record; a value that it lacks is empty, as none that it has can be.
  static func text(of columns: [ByteText]) -> TimestreamExpression {
    .joined(
      columns.map { .when(.isNull(.column($0)), then: .literal(.text("")), otherwise: .column($0)) }, mark: mark)
  }

  /// By column, without those that are empty; nil where a value has the mark in it: such a series has no identifier.
  var values: [ByteText: ByteText]? {
    let parts = text.utf8.split(separator: 0x1F, omittingEmptySubsequences: false)
    guard parts.count == columns.count else { return nil }
    var values: [ByteText: ByteText] = [:]
    for (column, part) in zip(columns, parts) where !part.isEmpty { values[column] = ByteText(Substring(part)) }
    return values
  }

  /// The text among others that may have more columns: those that it lacks do not change the order of the others.
  ///
  /// - Throws: ``StoreError`` where the columns have changed and the text cannot be parted.
  func text(in columns: [ByteText]) throws(StoreError) -> String {
    if columns == self.columns { return text }
    guard let values else {
      throw StoreError(.failed, "the columns of the table have changed: ask for the list of series from its start")
    }
    return columns.map { values[$0]?.text ?? "" }.joined(separator: Self.mark)
  }
}

/// A place in the list of series: where the next page starts.
enum SeriesPlace: Hashable {
  /// Among the series that sources know.
  case source(after: String?)
  /// Among the written series of a table.
  case written(table: ByteText, after: RecordNames?)

  var text: String {
    let json: JSON =
      switch self {
      case .source(let last): .array([.string("source")] + (last.map { [.string($0)] } ?? []))
      case .written(let table, let last):
        .array(
          [.string("written"), .string(table.text)]
            + (last.map { [.string($0.text)] + $0.columns.map { .string($0.text) } } ?? []))
      }
    return String(decoding: json.bytes, as: UTF8.self)
  }

  /// - Throws: ``StoreError`` for a text that is no place.
  init(_ text: String) throws(StoreError) {
    let parts = (try? JSON(parsing: Array(text.utf8)))?.array?.map(\.string) ?? []
    let texts = parts.compactMap { $0 }
    guard texts.count == parts.count, let kind = texts.first else { throw Self.unknown }
    switch (kind, texts.count) {
    case ("source", 1...2): self = .source(after: texts.dropFirst().first)
    case ("written", 2): self = .written(table: ByteText(texts[1]), after: nil)
    case ("written", 4...):
      self = .written(
        table: ByteText(texts[1]), after: RecordNames(columns: texts.dropFirst(3).map { ByteText($0) }, text: texts[2]))
    default: throw Self.unknown
    }
  }

  private static let unknown = StoreError(.failed, "the start is no place in Timestream's list of series")
}
