import CacheSupport
import Foundation
import SQLiteStore
import TestSupport
import Testing

@testable import LocalCloud

/// What is remembered of a stack between two runs, and what has left its template.
@Suite struct StackStateTests {
  static let all = """
    Resources:
      Q: { Type: AWS::SQS::Queue, Properties: { QueueName: q } }
      T: { Type: AWS::DynamoDB::Table, DeletionPolicy: RetainExceptOnCreate, Properties: { TableName: ttt, KeySchema: [{ AttributeName: k, KeyType: HASH }], AttributeDefinitions: [{ AttributeName: k, AttributeType: S }] } }
      D: { Type: AWS::Timestream::Database, DeletionPolicy: Delete, Properties: { DatabaseName: d } }
      R: { Type: AWS::IAM::Role }
      F: { Type: AWS::Serverless::Function, Properties: { CodeUri: f, Role: r } }
    """
  static let none = "Resources: { R: { Type: AWS::IAM::Role } }"

  private static func storage() throws -> Storage { try Storage(folder: nil, schemas: LocalCloud.schemas) }

  /// The state after a template has been stood up without any module, at a time.
  private static func after(_ text: String, _ state: StackState, now: Int64) throws -> StackState {
    var state = state
    try TemplateTests.stack(text).standUp([], &state, now: now)
    return state
  }

  @Test("A state reads back as it was written") func roundTrip() throws {
    let storage = try Self.storage()
    let fresh = try StackState(of: "s", in: storage)
    #expect(fresh.resources.isEmpty && fresh.left.isEmpty && fresh.created == nil)
    let first = try Self.after(Self.all, fresh, now: 10)
    let second = try Self.after(Self.none, first, now: 20)
    for state in [first, second] {
      try state.save(of: "s", in: storage)
      let read = try StackState(of: "s", in: storage)
      #expect(read.resources == state.resources && read.left == state.left)
      #expect((read.created, read.updated) == (state.created, state.updated) && read.digest == state.digest)
    }
    #expect(first.resources.map(\.logicalID) == ["Q", "T", "D", "R", "F"])
    #expect(second.left.map(\.leftover) == ["queue q", "table ttt (retained)", "database d"])
    // Another stack has a state of its own.
    #expect(try StackState(of: "other", in: storage).left.isEmpty)
  }

  @Test("A stack's times are those of its creation and of its last change") func times() throws {
    let storage = try Self.storage()
    func stack(_ state: StackState) -> [Int64?] { [state.created, state.updated] }
    let first = try Self.after(Self.all, StackState(of: "s", in: storage), now: 10)
    #expect(stack(first) == [10, nil])
    let same = try Self.after(Self.all, first, now: 20)
    #expect(stack(same) == [10, nil] && same.resources == first.resources)
    let changed = try Self.after(
      Self.all.replacing("QueueName: q", with: "QueueName: q, DelaySeconds: 1"), same, now: 30)
    #expect(stack(changed) == [10, 30])
    #expect(
      changed.resources.map { [$0.created, $0.updated] } == [[10, 30], [10, 10], [10, 10], [10, 10], [10, 10]])
    // Another name is another queue under the same logical ID.
    let renamed = try Self.after(Self.all.replacing("QueueName: q", with: "QueueName: p"), changed, now: 40)
    #expect(renamed.left.map(\.leftover) == ["queue q"])
    let back = try Self.after(Self.all, renamed, now: 50)
    #expect(back.left.map(\.leftover) == ["queue p"])
    // What comes back after it had gone is made anew.
    let again = try Self.after(Self.all, Self.after(Self.none, back, now: 60), now: 70)
    #expect(again.resources.map(\.created) == [70, 70, 70, 10, 70] && again.left.map(\.leftover) == ["queue p"])
  }

  @Test("What earlier versions wrote of a stack's resources is taken over") func words() throws {
    let storage = try Self.storage()
    let json = #"{"resources": ["queue a b", "Timestream table d.t", "table t", "parameter /p", "comet c", 5]}"#
    try storage.writeAndWait { connection throws(ServiceError) in
      try storing { try connection.run("INSERT INTO local_state VALUES ('stack/s', ?)", .text(json)) }
    }
    let state = try Self.after(Self.none, StackState(of: "s", in: storage), now: 10)
    #expect(
      state.left.map(\.leftover) == [
        "queue a b (retained)", "Timestream table d.t (retained)", "table t (retained)", "parameter /p (retained)",
      ])
    #expect(
      state.left.map(\.type) == [
        "AWS::SQS::Queue", "AWS::Timestream::Table", "AWS::DynamoDB::Table", "AWS::SSM::Parameter",
      ])
    #expect(state.created == 10)
  }

  @Test("What an earlier version wrote stays: it did not keep whether the template retains it") func legacy()
    async throws
  {
    let folder = FileManager.default.temporaryDirectory.appending(path: "legacy-\(RandomID.uuid())").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    func with(_ text: String, _ body: (LocalCloud) throws -> Void) async throws {
      try await TestCloud.with(
        polls: false,
        configure: {
          $0.folder = folder
          $0.template = TemplateFile(name: "t", text: text)
          $0.prunes = true
        }
      ) { try body($0.cloud) }
    }
    let database = "D: { Type: AWS::Timestream::Database, Properties: { DatabaseName: ddd } }"
    try await with(
      "Resources: { \(database), T: { Type: AWS::Timestream::Table, Properties: { DatabaseName: !Ref D, TableName: ttt } } }"
    ) { cloud in
      #expect(cloud.pruned == [])
    }
    try Database(path: folder + "/local-cloud.sqlite").with { connection in
      try connection.run(
        "UPDATE local_state SET value = json_set(value, '$.resources', json('[\"Timestream table ddd.ttt\"]'))")
    }
    try await with("Resources: { \(database) }") { cloud in
      #expect(cloud.pruned == [] && cloud.leftovers == ["Timestream table ddd.ttt (retained)"])
      let timestream = try #require(cloud.modules.compactMap { $0 as? TimestreamService }.first)
      let tables = try timestream.call("ListTables", ["DatabaseName": "ddd"], in: cloud.storage)
      #expect(tables["Tables"]?.array?.count == 1)
    }
  }

  @Test("What a start made that failed is left, told and pruned") func failed() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "failed-\(RandomID.uuid())").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    func table(_ name: String, key: String) -> String {
      """
      \(name): { Type: AWS::DynamoDB::Table, Properties: { TableName: \(name), KeySchema: [{ AttributeName: \(key), KeyType: HASH }], \
      AttributeDefinitions: [{ AttributeName: \(key), AttributeType: S }] } }
      """
    }
    func start(_ tables: String..., prunes: Bool = false) async throws -> [[String]] {
      let text = "Resources:\n" + tables.map { "  \($0)\n" }.joined()
      return try await TestCloud.with(
        polls: false,
        configure: {
          $0.folder = folder
          $0.template = TemplateFile(name: "t", text: text)
          $0.prunes = prunes
        }
      ) { [$0.cloud.pruned, $0.cloud.leftovers] }
    }
    let told = table("told", key: "k")
    #expect(try await start(told) == [[], []])
    await #expect { _ = try await start(table("tnew", key: "k"), table("told", key: "j")) } throws: {
      "\($0)".contains("the table told is there with another key")
    }
    #expect(try await start(told) == [[], ["table tnew"]])
    #expect(try await start(told, prunes: true) == [["table tnew"], []])
    #expect(try await start(told) == [[], []])
  }

  @Test("A plan reads the parameters of data that an earlier version wrote") func oldData() throws {
    let text = """
      Parameters: { P: { Type: AWS::SSM::Parameter::Value<String>, Default: /x } }
      Resources: { Q: { Type: AWS::SQS::Queue, Properties: { QueueName: !Ref P } } }
      """
    for (table, name) in [("ssm_parameters", "/x"), ("ssm_versions", "x")] {
      let folder = FileManager.default.temporaryDirectory.appending(path: "old-\(RandomID.uuid())").path
      defer { try? FileManager.default.removeItem(atPath: folder) }
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      try Database(path: folder + "/local-cloud.sqlite").with { connection in
        try connection.execute(
          """
          CREATE TABLE local_state (name TEXT PRIMARY KEY, value TEXT NOT NULL);
          CREATE TABLE \(table) (name TEXT, type TEXT, value TEXT, version INTEGER, modified INTEGER);
          INSERT INTO \(table) VALUES ('\(name)', 'String', 'of-old', 1, 0)
          """)
      }
      var options = LocalCloud.Options(template: TemplateFile(name: "t", text: text))
      options.folder = folder
      #expect(try LocalCloud.plan(options).text.contains("of-old"))
    }
  }

  @Test(
    "A policy of deletion that is none is refused with its line",
    arguments: [("Snapshot", "not Snapshot"), ("delete", "not delete"), ("[Retain]", "not a list")])
  func policies(policy: String, words: String) {
    #expect {
      try TemplateTests.stack("Resources:\n  Q: { Type: AWS::SQS::Queue, DeletionPolicy: \(policy) }")
    } throws: {
      "\($0)"
        == "t.yaml:2: Q: the local cloud knows the DeletionPolicy Delete, Retain and RetainExceptOnCreate, \(words)"
    }
  }

  @Test("A plan without data, and one of data that are none") func plans() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "plan-\(RandomID.uuid())").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var options = LocalCloud.Options(template: TemplateFile(name: "t", text: Self.none))
    options.folder = folder
    #expect(try !LocalCloud.plan(options).text.contains("no longer"))
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try "this is no database, whatever its name says".write(
      toFile: folder + "/local-cloud.sqlite", atomically: true, encoding: .utf8)
    #expect { try LocalCloud.plan(options) } throws: { "\($0)".contains("local-cloud.sqlite cannot be read: ") }
  }
}
