import CacheSupport
import Foundation
import Testing

@testable import LocalCloud

/// The cases of Tests/Conformance/expressions.json, each with AWS's answer. The names and values that an expression uses are bound for
/// it; an update brings its own. test_dynamodb_expressions.py runs the same table through boto3.
@Suite struct ExpressionTableTests {
  static let file = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../Conformance/expressions.json")
  static let table: JSON = (try? JSON(parsing: Array(Data(contentsOf: file)))) ?? .null

  static func cases(_ section: String) -> [[JSON]] { (table[section]?.array ?? []).compactMap(\.array) }

  private static func used(_ member: String, _ text: String) -> JSON? {
    let used = (table[member]?.object?.members ?? []).filter { name, _ in
      text.range(of: name + "\\b", options: .regularExpression) != nil
    }
    return used.isEmpty ? nil : .object(JSONObject(Dictionary(used.map { ($0.name, $0.value) }) { $1 }))
  }

  private static func tables() throws -> LocalTables {
    let tables = try LocalTables()
    func key(_ name: String, _ type: JSON) -> JSON { ["AttributeName": .string(name), "AttributeType": type] }
    func schema(_ hash: String, _ range: String) -> JSON {
      [
        ["AttributeName": .string(hash), "KeyType": "HASH"], ["AttributeName": .string(range), "KeyType": "RANGE"],
      ]
    }
    try tables.call(
      "CreateTable",
      [
        "TableName": "items", "BillingMode": "PAY_PER_REQUEST", "KeySchema": schema("p", "o"),
        "AttributeDefinitions": [key("p", "S"), key("o", "N")],
      ])
    try tables.call(
      "CreateTable",
      [
        "TableName": "keyed", "BillingMode": "PAY_PER_REQUEST", "KeySchema": schema("p", "o"),
        "AttributeDefinitions": [key("p", "S"), key("o", "N"), key("g", "S"), key("t", "S")],
        "GlobalSecondaryIndexes": [
          ["IndexName": "byText", "KeySchema": schema("g", "t"), "Projection": ["ProjectionType": "ALL"]]
        ],
      ])
    try tables.call("PutItem", ["TableName": "items", "Item": table["item"] ?? .null])
    for item in table["keyed"]?.array ?? [] { try tables.call("PutItem", ["TableName": "keyed", "Item": item]) }
    return tables
  }

  /// An answer, or the words of the error.
  private static func outcome(_ body: () throws(ServiceError) -> JSON) -> JSON {
    do throws(ServiceError) { return try body() } catch { return .string(error.message ?? error.type) }
  }

  @Test("The table is there, with every kind of expression") func whole() {
    let counts = ["conditions", "projections", "updates", "keyConditions", "indexKeyConditions"].map {
      Self.cases($0).count
    }
    #expect(counts.allSatisfy { $0 >= 20 } && counts.reduce(0, +) >= 600, "\(counts)")
  }

  @Test("Conditions hold, or are refused, where they filter and where they guard a write") func conditions() throws {
    let tables = try Self.tables()
    for row in Self.cases("conditions") {
      let (text, answer) = (row[0].string ?? "", row[1])
      var input: JSONObject = ["TableName": "items"]
      input["ExpressionAttributeNames"] = Self.used("names", text)
      input["ExpressionAttributeValues"] = Self.used("values", text)
      var scan = input
      scan["FilterExpression"] = .string(text)
      let found = Self.outcome { () throws(ServiceError) in .bool(try tables.call("Scan", scan)["Count"] == 1) }
      let filtered = answer.string.map { JSON.string($0.replacing("ConditionExpression", with: "FilterExpression")) }
      #expect(found == filtered ?? answer, "\(text)")

      input["Key"] = ["p": ["S": "a"], "o": ["N": "1"]]
      input["ConditionExpression"] = .string(text)
      let written = Self.outcome { () throws(ServiceError) in
        do throws(ServiceError) { try tables.call("UpdateItem", input) } catch {
          guard error.code == "ConditionalCheckFailedException" else { throw error }
          return false
        }
        return true
      }
      // What the table's keys do not allow is found once the table is known, and not counted.
      let guarded = answer.string.map { text in
        JSON.string(text.hasPrefix("Invalid ") ? "1 validation error detected: \(text)" : text)
      }
      #expect(written == guarded ?? answer, "\(text)")
    }
  }

  @Test("Projections give the parts that they name, or are refused") func projections() throws {
    let tables = try Self.tables()
    for row in Self.cases("projections") {
      let text = row[0].string ?? ""
      var input: JSONObject = ["TableName": "items", "Key": ["p": ["S": "a"], "o": ["N": "1"]]]
      input["ProjectionExpression"] = .string(text)
      input["ExpressionAttributeNames"] = Self.used("names", text)
      let found = Self.outcome { () throws(ServiceError) in try tables.call("GetItem", input)["Item"] ?? .null }
      #expect(found == row[1], "\(text)")
    }
  }

  @Test("Updates make of an item what they say, or change nothing") func updates() throws {
    let tables = try Self.tables()
    let item = Self.table["item"]?.object ?? [:]
    for row in Self.cases("updates") {
      let (text, values, answer) = (row[0].string ?? "", row[1].object ?? [:], row[2])
      try tables.call("PutItem", ["TableName": "items", "Item": .object(item)])
      var input: JSONObject = ["TableName": "items", "Key": ["p": ["S": "a"], "o": ["N": "1"]]]
      input["UpdateExpression"] = .string(text)
      input["ExpressionAttributeValues"] = values.isEmpty ? nil : .object(values)
      input["ExpressionAttributeNames"] = row.count > 3 ? row[3] : nil
      input["ReturnValues"] = "ALL_NEW"
      var changed = item
      for (name, value) in answer.object?.members ?? [] { changed[name] = value.isNull ? nil : value }
      let made = Self.outcome { () throws(ServiceError) in
        try tables.call("UpdateItem", input)["Attributes"] ?? .null
      }
      #expect(made == (answer.string == nil ? .object(changed) : answer), "\(text)")
      let kept = try tables.call("GetItem", ["TableName": "items", "Key": input["Key"] ?? .null])["Item"]
      #expect(kept == .object(changed), "\(text)")
    }
  }

  @Test("Key conditions pick their rows, or are refused", arguments: ["keyConditions", "indexKeyConditions"])
  func keyConditions(section: String) throws {
    let tables = try Self.tables()
    for row in Self.cases(section) {
      let text = row[0].string ?? ""
      var input: JSONObject = ["TableName": "keyed", "KeyConditionExpression": .string(text)]
      input["IndexName"] = section == "keyConditions" ? nil : "byText"
      input["ExpressionAttributeNames"] = Self.used("keyNames", text)
      input["ExpressionAttributeValues"] = Self.used("keyValues", text)
      let found = Self.outcome { () throws(ServiceError) in
        .array(
          (try tables.call("Query", input)["Items"]?.array ?? []).map { item in
            (item["o"]?["N"]?.string).flatMap { Int64($0) }.map { .integer($0) } ?? .null
          })
      }
      #expect(found == row[1], "\(text)")
    }
  }
}
