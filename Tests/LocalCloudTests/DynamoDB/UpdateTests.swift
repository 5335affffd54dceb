import AWSClients
import CacheSupport
import TestSupport
import Testing

/// Updates through our own client; Tests/Conformance/test_dynamodb_updates.py has the language whole.
@Suite struct UpdateTests {
  @Test("A status is kept by conditional updates, and who comes second is told what is there") func status()
    async throws
  {
    try await TestCloud.with(polls: false) { cloud async throws in
      let client = DynamoDBClient(cloud.client)
      let table = cloud.output("IdentifierTableName")
      let key: Item = ["identifier": .s("a")]
      func record(_ revision: Int, after known: Int?) async throws(AWSError) -> Item? {
        var values: Item = [":s": .m(["revision": .n(revision), "e\u{301}": .s("one"), "\u{E9}": .s("other")])]
        values[":known"] = known.map { .n($0) }
        return try await client.updateItem(
          key, in: table, update: "SET #s = :s",
          condition: "attribute_exists(identifier) AND "
            + (known == nil ? "attribute_not_exists(#s)" : "#s.revision = :known"), names: ["#s": "status"],
          values: values, returning: .allNew, itemOnFailure: true)
      }
      let absent = await #expect(throws: AWSError.self) { try await record(1, after: nil) }
      #expect(absent?.code == .conditionalCheckFailed && absent?.item == nil)
      #expect(try await client.getItem(key, from: table) == nil)

      #expect(try await client.putItem(key, into: table, condition: "attribute_not_exists(identifier)") == nil)
      let status: Item = ["revision": .n(1), "e\u{301}": .s("one"), "\u{E9}": .s("other")]
      #expect(try await record(1, after: nil) == ["identifier": .s("a"), "status": .m(status)])
      let lost = await #expect(throws: AWSError.self) { try await record(1, after: nil) }
      #expect(lost?.item == ["identifier": .s("a"), "status": .m(status)])
      #expect(try await record(2, after: 1)?["status"]?.map?["revision"] == .n(2))

      #expect(try await client.deleteItem(key, from: table, returning: .allOld)?["identifier"] == .s("a"))
      #expect(try await client.deleteItem(key, from: table, returning: .allOld) == nil)
    }
  }

  @Test("Members of sets and names that look alike stay two") func bytes() async throws {
    try await TestCloud.with(polls: false) { cloud async throws in
      let client = DynamoDBClient(cloud.client)
      let table = cloud.output("IdentifierTableName")
      func update(_ update: String, _ values: Item = [:], _ names: [String: String] = [:]) async throws(AWSError)
        -> Item?
      {
        try await client.updateItem(
          ["identifier": .s("a")], in: table, update: update, names: names, values: values, returning: .allNew)
      }
      #expect(
        try await update("ADD x :v", [":v": .ss(["e\u{301}", "\u{E9}"])])?["x"] == .ss(["e\u{301}", "\u{E9}"]))
      #expect(try await update("DELETE x :v", [":v": .ss(["\u{E9}"])])?["x"] == .ss(["e\u{301}"]))
      #expect(
        try await update("SET #a = :v, #b = :v", [":v": .n(1)], ["#a": "e\u{301}", "#b": "\u{E9}"])?.count == 4)
      #expect(try await update("REMOVE #a", [:], ["#a": "e\u{301}"])?["\u{E9}"] == .n(1))
      #expect(
        try await client.scan(
          table, filter: "contains(x, :v)", values: [":v": .s("\u{E9}")]
        ).items == [])
    }
  }
}
