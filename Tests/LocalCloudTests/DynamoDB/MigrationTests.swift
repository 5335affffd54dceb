import AWSClients
import CacheSupport
import Foundation
import SQLiteStore
import TestSupport
import Testing

@testable import LocalCloud

@Suite struct DynamoDBMigrationTests {
  @Test("Tables and items of the first layouts are there, in their parts, counted, and expire") func oldData() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "dynamodb-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let hashes = ["a", "\u{E9}", "e\u{301}", "sensor-7", String(repeating: "x", count: 300)]
    do {
      let connection = try Connection(path: folder.appending(path: "local-cloud.sqlite").path, readOnly: false)
      // The tables as they were with two steps.
      try connection.execute(
        "CREATE TABLE schema_versions (module TEXT PRIMARY KEY, version INTEGER NOT NULL) WITHOUT ROWID")
      for step in DynamoDBService.schema.steps.prefix(2) { try connection.execute(step) }
      try connection.execute("INSERT INTO schema_versions VALUES ('dynamodb', 2)")
      try connection.run(
        "INSERT INTO dynamodb_tables VALUES (7, 'ttt', ?, 'r')",
        .text(
          #"{"hash":"p","hashType":"S","billing":"PAY_PER_REQUEST","read":0,"write":0,"created":5,"id":"x","range":"r","rangeType":"N"}"#
        ))
      for hash in hashes {
        for number in [1, 2_000_000_000] {
          let item: Item = ["p": .s(hash), "r": .n(number)]
          try connection.run(
            "INSERT INTO dynamodb_items VALUES (7, ?, ?, ?, ?, ?)", .blob(Array(hash.utf8)),
            .blob(try AttributeNumber(String(number)).sortable), .text(JSON(item: item).text), .integer(10),
            .integer(Int64(number)))
        }
      }
    }
    let tables = try LocalTables(clock: .fixed(1_000_000), folder: folder.path)
    let table = try tables.call("DescribeTable", ["TableName": "ttt"])["Table"]
    #expect(table?["ItemCount"] == 10 && table?["TableSizeBytes"] == 100 && table?["TableId"] == "x")
    for hash in hashes {
      let key: Item = ["p": .s(hash), "r": .n(1)]
      #expect(
        try tables.call("GetItem", ["TableName": "ttt", "Key": JSON(item: key)])["Item"] == JSON(item: key))
    }
    try tables.sweep()
    let left = try tables.call("Scan", ["TableName": "ttt"])
    #expect(left["Count"] == 5)
    #expect(left["Items"]?.array?.allSatisfy { $0["r"] == ["N": "2000000000"] } == true)
    // A number that was used is not used again.
    try tables.makeTable("other")
    let number = try tables.service.storage.database.with { connection throws(DatabaseError) in
      try connection.row("SELECT id FROM dynamodb_tables WHERE name = 'other'")?.first
    }
    #expect(number == .integer(8))
  }
  /// Items as they were once written: attributes in any order, sets without one, numbers with every digit, blanks and escapes.
  private static let oldItems: [(hash: [UInt8], text: String)] = [
    (
      [0, 255],
      #"{"z":{"SS":["b","a","\u00e9"]},"r":{"B":"AAE="},"a":{"NS":["10","9"]},"p":{"B":"AP8="}}"#
    ),
    (
      [1],
      #"{ "p" : {"B":"AQ=="}, "m":{"M":{"y":{"L":[{"BS":["Yg==","YQ=="]},{"NULL":true}]},"x":{"BOOL":false}}}, "r":{"B":"AAE="} }"#
    ),
    (
      [2],
      #"{"n":{"N":"1000000000000000000000000000000000000000"},"r":{"B":"AAE="},"s":{"S":"\ud83d\ude00\/"},"p":{"B":"Ag=="}}"#
    ),
  ]

  @Test("Items of earlier encodings are found by binary keys, compare, and can be changed") func oldItems() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "dynamodb-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    do {
      let connection = try Connection(path: folder.appending(path: "local-cloud.sqlite").path, readOnly: false)
      try connection.execute(
        "CREATE TABLE schema_versions (module TEXT PRIMARY KEY, version INTEGER NOT NULL) WITHOUT ROWID")
      for step in DynamoDBService.schema.steps.prefix(2) { try connection.execute(step) }
      try connection.execute("INSERT INTO schema_versions VALUES ('dynamodb', 2)")
      try connection.run(
        "INSERT INTO dynamodb_tables VALUES (1, 'old', ?, NULL)",
        .text(
          #"{"hash":"p","hashType":"B","billing":"PAY_PER_REQUEST","read":0,"write":0,"created":5,"id":"x","range":"r","rangeType":"B"}"#
        ))
      for (hash, text) in Self.oldItems {
        try connection.run(
          "INSERT INTO dynamodb_items VALUES (1, ?, ?, ?, 10, NULL)", .blob(hash), .blob([0, 1]), .text(text))
      }
    }
    let tables = try LocalTables(folder: folder.path)
    func key(_ hash: [UInt8]) -> JSON {
      ["p": ["B": .string(Base64.text(hash.span))], "r": ["B": "AAE="]]
    }
    for (hash, text) in Self.oldItems {
      let item = try tables.call("GetItem", ["TableName": "old", "Key": key(hash)])["Item"]
      #expect(item == (try JSON(parsing: text)))
      let query: JSONObject = [
        "TableName": "old", "KeyConditionExpression": "p = :p AND begins_with(r, :r)",
        "ExpressionAttributeValues": [":p": ["B": .string(Base64.text(hash.span))], ":r": ["B": "AA=="]],
      ]
      #expect(try tables.call("Query", query)["Items"] == .array([item ?? .null]))
    }
    // Sets are equal whatever their order, numbers whatever their form, on whatever level.
    let conditions: [(text: String, value: JSON)] = [
      ("z = :v", ["SS": ["\u{E9}", "a", "b"]]), ("a = :v", ["NS": ["9.0", "10"]]),
      ("m.y = :v", ["L": [["BS": ["YQ==", "Yg=="]], ["NULL": true]]]), ("n = :v", ["N": "1e39"]),
      ("s = :v", ["S": "\u{1F600}/"]),
    ]
    for (text, value) in conditions {
      let scan: JSONObject = [
        "TableName": "old", "FilterExpression": .string(text), "ExpressionAttributeValues": [":v": value],
      ]
      #expect(try tables.call("Scan", scan)["Count"] == 1, "\(text)")
    }
    let changed = try tables.call(
      "UpdateItem",
      [
        "TableName": "old", "Key": key([0, 255]), "UpdateExpression": "ADD z :v DELETE a :n",
        "ExpressionAttributeValues": [":v": ["SS": ["A"]], ":n": ["NS": ["10"]]], "ReturnValues": "ALL_NEW",
      ])["Attributes"]
    #expect(changed?["z"] == ["SS": ["A", "a", "b", "\u{E9}"]] && changed?["a"] == ["NS": ["9"]])
    #expect(changed?["p"] == ["B": "AP8="])
  }
}
