import AWSClients
import CacheSupport
import TestSupport
import Testing

@testable import LocalCloud

/// That a small request cannot ask for much work.
@Suite struct BudgetTests {
  /// A list of so many elements that are equal but for the last.
  private static func list(_ count: Int, last: Bool) -> AttributeValue {
    .l(Array(repeating: .bool(true), count: count - 1) + [.bool(last)])
  }

  private static func steps(_ condition: Condition, _ item: Item) throws -> Int {
    var evaluation = Evaluation()
    _ = try evaluation.holds(condition, for: item)
    return evaluation.steps
  }

  private static func path(_ name: String) -> Condition.Operand {
    .path(DocumentPath(steps: [.name(ByteText(name))]))
  }

  @Test("What a condition looks at is counted, whatever the kind of value") func counted() throws {
    func text(_ count: Int) -> AttributeValue { .s(String(repeating: "x", count: count)) }
    func map(_ count: Int) -> AttributeValue {
      .m(Dictionary(uniqueKeysWithValues: (0..<count).map { (ByteText("\($0)"), .null) }))
    }
    func set(_ count: Int) -> AttributeValue { .ss((0..<count).map { String($0) }) }
    let conditions: [(name: String, condition: (Int) -> Condition, value: (Int) -> AttributeValue)] = [
      ("=", { .compare(Self.path("a"), .equal, .value(Self.list($0, last: false))) }, { Self.list($0, last: true) }),
      ("= map", { .compare(Self.path("a"), .equal, .value(map($0))) }, map),
      ("= set", { .compare(Self.path("a"), .notEqual, .value(set($0))) }, set),
      ("= text", { .compare(Self.path("a"), .equal, .value(text(64 * $0))) }, { text(64 * $0) }),
      ("<", { .compare(Self.path("a"), .less, .value(text(64 * $0))) }, { text(64 * $0) }),
      ("IN", { .isIn(Self.path("a"), [.value(Self.list($0, last: false))]) }, { Self.list($0, last: true) }),
      ("contains text", { _ in .contains(Self.path("a"), .value(.s("y"))) }, { text(64 * $0) }),
      ("contains list", { _ in .contains(Self.path("a"), .value(.null)) }, { Self.list($0, last: true) }),
      ("contains set", { _ in .contains(Self.path("a"), .value(.s("y"))) }, set),
      ("begins_with", { .beginsWith(Self.path("a"), .value(text(64 * $0))) }, { text(64 * $0) }),
    ]
    for (name, condition, value) in conditions {
      let few = try Self.steps(condition(100), ["a": value(100)])
      let many = try Self.steps(condition(1000), ["a": value(1000)])
      #expect(few >= 100 && many > 9 * few && many <= 10 * few, "\(name): \(few), \(many)")
    }
  }

  @Test("A condition that would take too much is refused") func refused() throws {
    let condition = Condition.compare(Self.path("a"), .equal, .value(Self.list(100, last: true)))
    var enough = Evaluation(limit: 150)
    #expect(try enough.holds(condition, for: ["a": Self.list(100, last: true)]))
    // The second time the rest of the budget does not do.
    let error = #expect(throws: ServiceError.self) {
      try enough.holds(condition, for: ["a": Self.list(100, last: true)])
    }
    #expect(error?.message == "The local cloud does not evaluate expressions that compare this much in one request")
  }

  @Test("What writes may compare less: other writes wait for it") func writing() throws {
    let tables = try LocalTables()
    try tables.makeTable(range: nil)
    let text: JSON = .object(JSONObject(["S": .string(String(repeating: "x", count: 390_000))]))
    for key in ["a", "b"] {
      try tables.call("PutItem", ["TableName": "ttt", "Item": ["p": ["S": .string(key)], "x": text]])
    }
    func update(_ key: String, _ count: Int) -> JSONObject {
      [
        "TableName": "ttt", "Key": ["p": ["S": .string(key)]], "UpdateExpression": "SET n = :s",
        "ConditionExpression": .string(Array(repeating: "contains(x, :s)", count: count).joined(separator: " AND ")),
        "ExpressionAttributeValues": [":s": ["S": "x"]],
      ]
    }
    // Each comparison is of 6,095 steps.
    for count in [60, 100] {
      let answer = tables.answer(
        "TransactWriteItems",
        ["TransactItems": .array(["a", "b"].map { ["Update": .object(update($0, count))] })])
      let words =
        "Transaction cancelled, please refer cancellation reasons for specific reasons [None, ValidationError]"
      #expect(answer == (count == 60 ? "{}" : words))
    }
    try tables.call("UpdateItem", update("a", 140))
  }

  @Test("A page whose filter takes much work ends early, and the pages together have every item") func pages() throws {
    let tables = try LocalTables()
    try tables.makeTable()
    let value = JSON.object(JSONObject(["L": .array(Array(repeating: ["NULL": true], count: 10_000))]))
    for number in 0..<6 {
      try tables.call(
        "PutItem",
        ["TableName": "ttt", "Item": ["p": ["S": "a"], "r": ["N": .string(String(number))], "v": value]])
    }
    let filter = Array(repeating: "v = :v", count: 100).joined(separator: " AND ")
    var found: [String] = []
    var counts: [Int] = []
    var start: JSON?
    repeat {
      var input: JSONObject = [
        "TableName": "ttt", "FilterExpression": .string(filter), "ExpressionAttributeValues": [":v": value],
        "ProjectionExpression": "r",
      ]
      input["ExclusiveStartKey"] = start
      let page = try tables.call("Scan", input)
      let items = page["Items"]?.array ?? []
      found += items.compactMap { $0["r"]?["N"]?.string }
      counts.append(items.count)
      start = page["LastEvaluatedKey"]
    } while start != nil && counts.count < 10
    #expect(found == (0..<6).map { String($0) })
    // A million steps an item, and a page ends past five.
    #expect(counts == [5, 1])
  }

  @Test("An update that names a large value many times is refused before it is written out") func update() throws {
    let tables = try LocalTables()
    try tables.makeTable(range: nil)
    let list: JSON = .object(JSONObject(["L": .array(Array(repeating: ["NULL": true], count: 50_000))]))
    try tables.call("PutItem", ["TableName": "ttt", "Item": ["p": ["S": "a"], "v": list]])
    for text in ["v", "list_append(v, v)"] {
      let sets = (0..<150).map { "a\($0) = \(text)" }.joined(separator: ", ")
      #expect(
        tables.answer(
          "UpdateItem",
          ["TableName": "ttt", "Key": ["p": ["S": "a"]], "UpdateExpression": .string("SET \(sets)")])
          == "Item size to update has exceeded the maximum allowed size")
    }
    #expect(tables.answer("GetItem", ["TableName": "ttt", "Key": ["p": ["S": "a"]]]).utf8.count < 1_000_000)
  }

  @Test("Paths are held apart in time that grows with their number") func paths() throws {
    func steps(_ count: Int) -> Int {
      var places = PlaceTree()
      for number in 0..<count {
        #expect(
          places.insert(DocumentPath(steps: [.name("a"), .name(ByteText("b\(number)"))]), number: number) == nil)
      }
      return places.steps
    }
    #expect(steps(1000) == 10 * steps(100))
  }

  @Test(
    "Of paths that touch, the first is told",
    arguments: [
      ("a, b, a", "overlap", "[a]", "[a]"), ("a.b.c, a.b", "overlap", "[a, b, c]", "[a, b]"),
      ("x, a.b, a, a.b.c", "overlap", "[a, b]", "[a]"), ("a[0], b, a.c", "conflict", "[a, [0]]", "[a, c]"),
      ("a.c, a[1], a.c", "conflict", "[a, c]", "[a, [1]]"),
      ("a.b[0], a.b[1].x, a.b[1]", "overlap", "[a, b, [1], x]", "[a, b, [1]]"),
    ])
  func touching(text: String, relation: String, one: String, two: String) throws {
    var bindings = try ExpressionTests.bindings("")
    let error = #expect(throws: ServiceError.self) { try ExpressionParser.projection(text, &bindings) }
    #expect(
      error?.message
        == "Invalid ProjectionExpression: Two document paths \(relation) with each other; must remove or rewrite one of these paths; path one: \(one), path two: \(two)"
    )
  }

  @Test("A part is found wherever it is, as by looking at every place") func parts() {
    var random = SplitMix(seed: 7)
    var found = 0
    for _ in 0..<2000 {
      let bytes = (0..<Int.random(in: 0...12, using: &random)).map { _ in UInt8.random(in: 0...1, using: &random) }
      let part = (0..<Int.random(in: 0...5, using: &random)).map { _ in UInt8.random(in: 0...1, using: &random) }
      let isThere = part.isEmpty || bytes.firstRange(of: part) != nil
      found += isThere ? 1 : 0
      #expect(bytes.hasPart(part) == isThere, "\(bytes) \(part)")
    }
    #expect((500..<1900).contains(found))
  }

  @Test("Of members that are repeated the last counts, and many of them are read in one pass") func members() throws {
    let names = (0..<20_000).map { "\"m\($0)\":1" }.joined(separator: ",")
    let request = try ItemRequest(Array("{\(names),\"m7\":2,\"Key\":{},\"TableName\":\"a\",\"TableName\":\"b\"}".utf8))
    #expect(request.input.object.count == 20_002)
    #expect(request.input.object["m7"] == 2 && request.input.object["TableName"] == "b")
    let tables = try LocalTables()
    try tables.makeTable(range: nil)
    let other: JSON = [["DeleteRequest": ["Key": ["p": ["S": "a"]]]]]
    var many = JSONObject()
    for number in 0..<2000 { many["t\(number)t"] = other }
    #expect(
      tables.answer("BatchWriteItem", ["RequestItems": .object(many)])
        == "Too many items requested for the BatchWriteItem call")
  }

  @Test("What is wrong with each of too many requests is not told") func errors() throws {
    let tables = try LocalTables()
    let name = String(repeating: "n", count: 1000)
    let batch: JSON = .object(JSONObject([name: .array(Array(repeating: ["PutRequest": [:]], count: 5000))]))
    #expect(tables.answer("BatchWriteItem", ["RequestItems": batch]).utf8.count < 40_000)
    for operation in ["TransactWriteItems", "TransactGetItems"] {
      let part: JSON = operation == "TransactGetItems" ? ["Get": [:]] : ["Put": [:]]
      #expect(
        tables.answer(operation, ["TransactItems": .array(Array(repeating: part, count: 101))])
          == "1 validation error detected: Value '[101 elements]' at 'transactItems' failed to satisfy constraint: Member must have length less than or equal to 100"
      )
    }
  }

  @Test("A request of more than 16 MB is refused") func body() throws {
    let tables = try LocalTables()
    let text = String(repeating: "x", count: DynamoDBService.bodyLimit)
    let error = #expect(throws: ServiceError.self) {
      try tables.call("DescribeTable", ["TableName": "ttt", "x": .string(text)])
    }
    #expect(error?.status == 413)
  }
}
