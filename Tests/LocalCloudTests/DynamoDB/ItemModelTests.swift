import AWSClients
import CacheSupport
import TestSupport
import Testing

@testable import LocalCloud

/// Sequences of writes, each held to a model in memory.
@Suite struct ItemModelTests {
  static let attributes = ["a1", "b1", "c1", "d1"]
  static let keys = ["one", "two", "three", "four"]

  /// One write of one item, and what it must make.
  private struct Write {
    var key: String
    var kind: String
    var input: JSONObject
    var outcome: Outcome
  }

  private enum Outcome {
    case makes(ModelItem?)
    case conditionFails
    case isRefused
  }

  private static func item(_ key: String, _ item: ModelItem) -> JSON {
    var object = JSONObject(item.mapValues(\.json))
    object["p"] = ["S": .string(key)]
    return .object(object)
  }

  private static func write(
    _ items: [String: ModelItem], key: String, isPart: Bool, _ random: inout SplitMix
  ) -> Write {
    let old = items[key]
    var input: JSONObject = ["TableName": "ttt"]
    var values: [String: ModelValue] = [:]
    var result: Result<ModelItem?, ModelChange.Refused>
    let kinds = ["Put", "Delete", "Update", "Update", "Update", "Update"] + (isPart ? ["ConditionCheck"] : [])
    let kind = kinds.randomElement(using: &random) ?? "Put"
    switch kind {
    case "Put":
      var new: ModelItem = [:]
      for name in attributes where Bool.random(using: &random) { new[name] = .random(&random) }
      if Bool.random(using: &random) { new["g"] = .text(Bool.random(using: &random) ? "g1" : "g2") }
      input["Item"] = item(key, new)
      result = .success(new)
    case "Delete":
      input["Key"] = item(key, [:])
      result = .success(nil)
    case "ConditionCheck":
      input["Key"] = item(key, [:])
      result = .success(old)
    default:
      let changed = attributes.shuffled(using: &random).prefix(Int.random(in: 1...3, using: &random))
      let changes = changed.enumerated().map { index, name in
        ModelChange.random(name, value: ":v\(index)", among: attributes, &random)
      }
      input["Key"] = item(key, [:])
      let sections = Dictionary(grouping: changes, by: \.section).sorted { $0.key < $1.key }
      input["UpdateExpression"] = .string(
        sections.map { "\($0.key) \($0.value.map(\.text).joined(separator: ", "))" }.joined(separator: " "))
      for change in changes { values.merge(change.values) { $1 } }
      result = Result { () throws(ModelChange.Refused) in try ModelChange.applied(changes, to: old) }
    }
    var fails = false
    if kind == "ConditionCheck" || Int.random(in: 0..<3, using: &random) == 0,
      let name = attributes.randomElement(using: &random)
    {
      let condition = ModelCondition.random(name, 2, &random)
      input["ConditionExpression"] = .string(condition.text)
      values.merge(condition.values) { $1 }
      fails = !condition.holds(old ?? [:])
    }
    if !values.isEmpty { input["ExpressionAttributeValues"] = .object(JSONObject(values.mapValues(\.json))) }
    let outcome: Outcome
    switch result {
    case _ where fails: outcome = .conditionFails
    case .success(let item): outcome = .makes(item)
    case .failure: outcome = .isRefused
    }
    return Write(key: key, kind: kind, input: input, outcome: outcome)
  }

  @Test("A thousand writes and transactions do what a model of them does", arguments: 0..<10 as Range<UInt64>)
  func sequence(seed: UInt64) throws {
    var random = SplitMix(seed: seed)
    let tables = try LocalTables()
    try tables.call(
      "CreateTable",
      [
        "TableName": "ttt", "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [
          ["AttributeName": "p", "AttributeType": "S"], ["AttributeName": "g", "AttributeType": "S"],
        ], "KeySchema": [["AttributeName": "p", "KeyType": "HASH"]],
        "GlobalSecondaryIndexes": [
          [
            "IndexName": "byG", "KeySchema": [["AttributeName": "g", "KeyType": "HASH"]],
            "Projection": ["ProjectionType": "INCLUDE", "NonKeyAttributes": ["a1"]],
          ],
          [
            "IndexName": "allByG", "KeySchema": [["AttributeName": "g", "KeyType": "HASH"]],
            "Projection": ["ProjectionType": "ALL"],
          ],
        ],
      ])
    var items: [String: ModelItem] = [:]
    var outcomes: [String: Int] = [:]
    for step in 0..<1000 {
      let count = Int.random(in: 0..<4, using: &random) == 0 ? Int.random(in: 2...3, using: &random) : 1
      let keys = Self.keys.shuffled(using: &random).prefix(count)
      let writes = keys.map { Self.write(items, key: $0, isPart: count > 1, &random) }
      let expected = writes.map { write in
        switch write.outcome {
        case .makes: "None"
        case .conditionFails: "ConditionalCheckFailed"
        case .isRefused: "ValidationError"
        }
      }
      var found = [String](repeating: "None", count: count)
      do {
        if count == 1 {
          let write = writes[0]
          let returns = (["NONE", "ALL_OLD"] + (write.kind == "Update" ? ["ALL_NEW"] : [])).randomElement(
            using: &random)
          var input = write.input
          input["ReturnValues"] = returns.map { .string($0) }
          let answer = try tables.call("\(write.kind)Item", input)
          let new: ModelItem? = if case .makes(let made) = write.outcome { made } else { nil }
          var item: JSON?
          switch returns {
          case "ALL_OLD": item = items[write.key].map { Self.item(write.key, $0) }
          case "ALL_NEW": item = new.map { Self.item(write.key, $0) }
          default: break
          }
          try #require(answer["Attributes"] == item, "step \(step): \(input)")
        } else {
          let actions = writes.map { JSON.object(JSONObject([$0.kind: .object($0.input)])) }
          let input: JSONObject = ["TransactItems": .array(actions), "ClientRequestToken": .string("token \(step)")]
          try tables.call("TransactWriteItems", input)
          // The same again is no second transaction; another one under its token is refused.
          try tables.call("TransactWriteItems", input)
          var other = input
          other["TransactItems"] = .array(Array(actions.dropLast()))
          let words = tables.answer("TransactWriteItems", other)
          try #require(words.contains("an idempotent token that was already used"), "step \(step): \(words)")
        }
      } catch let error as ServiceError {
        if let reasons = error.members["CancellationReasons"]?.array {
          found = reasons.compactMap { $0["Code"]?.string }
        } else {
          found = [
            error.code == "ConditionalCheckFailedException" ? "ConditionalCheckFailed" : "ValidationError"
          ]
        }
      }
      try #require(found == expected, "step \(step): \(writes.map { JSON.object($0.input).text })")
      for code in expected { outcomes[code, default: 0] += 1 }
      if expected.allSatisfy({ $0 == "None" }) {
        for case (let key, .makes(let item)) in writes.map({ ($0.key, $0.outcome) }) { items[key] = item }
      }
      if count > 1 {
        let gets = keys.map { JSON.object(["Get": ["TableName": "ttt", "Key": Self.item($0, [:])]]) }
        let read = try tables.call("TransactGetItems", ["TransactItems": .array(gets)])["Responses"]?.array
        let wanted = keys.map { key in items[key].map { JSON.object(["Item": Self.item(key, $0)]) } ?? [:] }
        try #require(read == wanted, "step \(step)")
      }
      for write in writes {
        let item = try tables.call("GetItem", ["TableName": "ttt", "Key": Self.item(write.key, [:])])["Item"]
        try #require(
          item == items[write.key].map { Self.item(write.key, $0) }, "step \(step): \(JSON.object(write.input).text)")
      }
      if step % 100 == 99 { try Self.checkAll(tables, items) }
    }
    // Every kind of outcome came up often.
    for code in ["None", "ConditionalCheckFailed", "ValidationError"] {
      #expect(outcomes[code] ?? 0 > 50, "\(outcomes)")
    }
  }

  /// The table and its indexes have what the model has, and count it.
  private static func checkAll(_ tables: LocalTables, _ items: [String: ModelItem]) throws {
    let all = try tables.call("Scan", ["TableName": "ttt"])["Items"]?.array ?? []
    try #require(Set(all) == Set(items.map { item($0.key, $0.value) }) && all.count == items.count)
    func size(_ items: [JSON]) throws -> JSON {
      .integer(try items.map { try EncodedItem(json: $0.bytes).size }.reduce(0, +))
    }
    let table = try tables.call("DescribeTable", ["TableName": "ttt"])["Table"]
    try #require(table?["ItemCount"] == .integer(items.count))
    try #require(try table?["TableSizeBytes"] == size(items.map { item($0.key, $0.value) }))
    let indexed = items.filter { $0.value["g"] != nil }
    let parts = indexed.mapValues { $0.filter { ["g", "a1"].contains($0.key) } }
    for (name, wanted) in [("byG", parts), ("allByG", indexed)] {
      let entries = wanted.map { item($0.key, $0.value) }
      let found = try tables.call("Scan", ["TableName": "ttt", "IndexName": .string(name)])["Items"]?.array ?? []
      try #require(Set(found) == Set(entries) && found.count == entries.count)
      let index = table?["GlobalSecondaryIndexes"]?.array?.first { $0["IndexName"]?.string == name }
      try #require(index?["ItemCount"] == .integer(entries.count))
      try #require(try index?["IndexSizeBytes"] == size(entries))
    }
  }
}
