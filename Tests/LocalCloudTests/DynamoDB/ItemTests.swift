import AWSClients
import CacheSupport
import TestSupport
import Testing

@testable import LocalCloud

/// Keys, values, numbers: what an item is, before any request.
@Suite struct ItemTests {
  @Test("A table may have two keys whose names are one text to Swift") func keySpellings() throws {
    let names = ["\u{E9}", "e\u{301}"]
    let table = try TableDescription(
      [
        "TableName": "ttt", "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": .array(
          zip(names, ["S", "N"]).map { ["AttributeName": .string($0.0), "AttributeType": .string($0.1)] }),
        "KeySchema": .array(
          zip(names, ["HASH", "RANGE"]).map { ["AttributeName": .string($0.0), "KeyType": .string($0.1)] }),
      ], now: LocalTables.now)
    #expect(table.keys.map { ByteText($0.name) } == names.map { ByteText($0) })
    #expect(table.keys.map(\.type) == [.s, .n])
  }

  @Test(
    "Numbers are decimals: kept, compared and bounded as DynamoDB's",
    arguments: [
      ("1.50", "1.5"), ("-0", "0"), ("00012", "12"), ("1e3", "1000"), ("-1.2E-3", "-0.0012"),
      ("12345678901234567890123456789012345678", "12345678901234567890123456789012345678"),
      (".5", "0.5"), ("5.", "5"), ("1E-130", "0." + String(repeating: "0", count: 129) + "1"),
    ])
  func decimals(text: String, stored: String) throws { #expect(try AttributeNumber(text).text == stored) }

  @Test("Numbers sort as numbers") func order() throws {
    let texts = [
      "-9.9e125", "-1000", "-10.5", "-10.4", "-1", "-1e-130", "0", "1e-130", "0.5", "1", "1.0000001", "9", "10", "10.4",
      "99", "100", "1e125",
    ]
    let keys = try texts.map { try AttributeNumber($0).sortable }
    for index in 1..<keys.count { #expect(keys[index - 1].lexicographicallyPrecedes(keys[index]), "\(texts[index])") }
    for bad in ["", "a", "1e", "1.2.3", "--1", "1e126", "1e-131", "1234567890123456789012345678901234567890.1"] {
      #expect(throws: AttributeNumber.Failure.self) { try AttributeNumber(bad) }
    }
  }

  @Test(
    "What a value counts",
    arguments: [
      (.n("0"), 1), (.n("1"), 2), (.n("-1"), 3), (.n("10"), 2), (.n("99"), 2), (.n("100"), 2), (.n("101"), 3),
      (.n("1000"), 2), (.n("1234"), 3), (.n("123"), 3), (.n("0.1"), 2), (.n("0.01"), 2), (.n("0.001"), 2),
      (.n("12.34"), 3), (.n("1.234"), 4), (.n("1.23"), 3), (.n("1800000000000"), 3), (.n("1800000300000"), 6),
      (.n("-1800000300000"), 7), (.n(String(repeating: "9", count: 38)), 20),
      (.n("-" + String(repeating: "9", count: 38)), 21), (.n("-0." + String(repeating: "9", count: 37) + "9"), 21),
      (.n("-9." + String(repeating: "9", count: 37)), 21), (.s(""), 0), (.s("é😀"), 6), (.b("AAEC"), 3), (.b(""), 0),
      (.bool(true), 1), (.null, 1), (.l([]), 3), (.l([.s("ab"), .null]), 8), (.m([:]), 3), (.m(["ab": .s("c")]), 7),
      (.l([.l([.n("1")])]), 10), (.ss(["ab", "c"]), 3), (.ns(["1", "123"]), 5), (.bs(["AAEC", "AA=="]), 4),
    ] as [(AttributeValue, Int)]) func size(value: AttributeValue, size: Int) throws
  {
    let item: Item = ["né": value]
    #expect(try EncodedItem(item).size == size + 3)
    #expect(item.isWithin(size + 3) && !item.isWithin(size + 2))
  }
}
