import Foundation
import Testing

@testable import TimestreamSQL

/// docs/timestream-sql.md says of every function whether it is there.
@Suite struct QueryDocumentationTests {
  @Test("The documentation lists each function that there is, and none that is not") func functions() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardizedFileURL
    let text = try String(contentsOf: root.appending(path: "docs/timestream-sql.md"), encoding: .utf8)
    var supported: Set<String> = []
    var refused: Set<String> = []
    for row in text.split(separator: "\n") where row.hasPrefix("| ") && row.contains("`") {
      let cells = row.split(separator: "|", omittingEmptySubsequences: false)
      func names(_ cell: Substring) -> Set<String> {
        Set(cell.split(separator: " ").filter { $0.hasPrefix("`") }.map { $0.filter { $0 != "`" } })
      }
      supported.formUnion(names(cells[2]))
      refused.formUnion(names(cells[3]))
    }
    let syntax: Set = ["extract", "case", "cast", "try_cast", "try", "unnest", "position"]
    let known = Set(FunctionTable.scalars.keys).union(SpecialFunction.allCases.map(\.rawValue)).union(
      FunctionTable.windows.keys
    )
    .union(supported.filter { FunctionTable.isAggregate($0) })
    #expect(supported.subtracting(syntax).subtracting(known) == [])
    #expect(known.subtracting(supported) == [])
    #expect(refused.filter(known.contains) == [])
  }
}
