import Foundation
import TestSupport
import Testing

extension HistoryStoreTests {
  @Suite struct Page {
    @Test("The page of the documentation has the table that the tests hold the stores to")
    func table() throws {
      let page = SharedData.package.appending(path: "docs/history-stores.md")
      let text = try String(contentsOf: page, encoding: .utf8)
      let table = Facts.table.joined(separator: "\n")
      #expect(text.contains("\n\n\(table)\n\n"), "it is to be:\n\(table)")
    }

    @Test("InfluxDB is among the stores", .enabled(if: InfluxServer.isPresent, "\(InfluxServer.absence)"))
    func influx() { #expect(StoreKind.allCases == StoreKind.everyKind) }
  }
}
