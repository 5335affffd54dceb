import AWSClients
import CacheSupport

/// An answer as text: a table for people, or CSV (RFC 4180) for programs.
enum QueryTable {
  typealias Datum = TimestreamQueryClient.Datum

  /// A line per row, as wide as their widest cells; control characters would break it and are written as `\u{…}`.
  static func text(_ columns: [String], _ rows: [[Datum]]) -> [String] {
    let table = [columns.map(plain)] + rows.map { $0.map { plain(text($0)) } }
    let widths = columns.indices.map { column in table.map { $0[column].count }.max() ?? 0 }
    func line(_ cells: [String]) -> String {
      let padded = zip(cells, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }.joined(separator: "  ")
      return String(padded.reversed().drop { $0 == " " }.reversed())
    }
    return [line(table[0]), line(widths.map { String(repeating: "-", count: $0) })] + table.dropFirst().map(line)
  }

  static func csv(_ cells: [String]) -> String { cells.map(field).joined(separator: ",") }

  /// The text of a cell; null is nothing.
  static func text(_ datum: Datum) -> String {
    switch datum {
    case .scalar(let text): text
    case .null: ""
    case .other(let json): json.text
    }
  }

  private static func field(_ text: String) -> String {
    let needsQuotes = text.utf8.contains { [UInt8(ascii: ","), UInt8(ascii: "\""), 10, 13].contains($0) }
    return needsQuotes ? Quoting.doubled(text, quote: "\"") : text
  }

  private static func plain(_ text: String) -> String {
    text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? $0.escaped(asASCII: true) : String($0) }.joined()
  }
}
