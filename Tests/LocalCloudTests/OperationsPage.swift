import Foundation

/// docs/local-cloud-operations.md, read: its sections, and the rows of their tables.
struct OperationsPage {
  /// A row's cells, as they are written.
  typealias Row = [String]

  /// The rows of each section's table, by its heading.
  let sections: [String: [Row]]

  init() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardizedFileURL
    let text = try String(contentsOf: root.appending(path: "docs/local-cloud-operations.md"), encoding: .utf8)
    var sections: [String: [Row]] = [:]
    var heading = ""
    for line in text.split(separator: "\n") {
      if line.hasPrefix("## ") {
        heading = String(line.dropFirst(3))
        sections[heading] = []
      }
      guard line.hasPrefix("| "), line.hasSuffix("|") else { continue }
      let cells = line.dropFirst().dropLast().split(separator: "|", omittingEmptySubsequences: false)
      sections[heading, default: []].append(cells.map { $0.trimmingCharacters(in: .whitespaces) })
    }
    // The first row of a table is its head.
    self.sections = sections.mapValues { Array($0.dropFirst()) }
  }

  /// The names in a cell, each between backquotes.
  static func names(_ cell: String) -> [String] {
    cell.split(separator: "`", omittingEmptySubsequences: false).enumerated().filter { $0.offset % 2 == 1 }
      .map { String($0.element) }
  }

  /// The operations of a section that are in one of some states.
  func operations(_ section: String, _ states: String...) -> [String] {
    (sections[section] ?? []).filter { $0.count == 3 && states.contains($0[1]) }.flatMap { Self.names($0[0]) }
  }
}
