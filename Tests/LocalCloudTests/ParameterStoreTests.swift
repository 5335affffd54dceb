import CacheSupport
import Foundation
import SQLiteStore
import Testing

@testable import LocalCloud

/// Parameter Store: names, versions, and two who write at once.
@Suite struct ParameterStoreTests {
  static func service(_ folder: String? = nil) throws -> ModuleCaller<SSMService> {
    let storage = try Storage(folder: folder, schemas: [SSMService.schema])
    return ModuleCaller(SSMService(storage: storage, account: Account(), clock: .fixed(5000)), storage)
  }

  static func put(_ service: ModuleCaller<SSMService>, _ name: String, _ value: String) async throws -> Int64? {
    try await service(
      "PutParameter", ["Name": .string(name), "Value": .string(value), "Type": "String", "Overwrite": true])[
        "Version"]?.int64
  }

  static func value(_ service: ModuleCaller<SSMService>, _ name: String) async throws -> String? {
    try await service("GetParameter", ["Name": .string(name)])["Parameter"]?["Value"]?.string
  }

  @Test("Writers at the same time get a version each, and each is kept") func races() async throws {
    let service = try Self.service()
    let versions = try await withThrowingTaskGroup(of: Int64?.self) { group in
      for number in 1...20 { group.addTask { try await Self.put(service, "/a/b", "v\(number)") } }
      return try await group.reduce(into: []) { $0.append($1 ?? 0) }
    }
    #expect(versions.sorted() == Array(1...20))
    var values: Set<String?> = []
    for version in 1...20 { values.insert(try await Self.value(service, "/a/b:\(version)")) }
    #expect(values == Set((1...20).map { "v\($0)" }))
    #expect(
      await service.refusal("GetParameter", ["Name": "/a/b:21"])
        == "ParameterVersionNotFound: Systems Manager could not find version 21 of /a/b. Verify the version and try again."
    )
  }

  @Test("A name of one level is the same with a slash and without; others are told apart by their bytes")
  func names() async throws {
    let service = try Self.service()
    _ = try await Self.put(service, "/x", "one")
    #expect(try await Self.value(service, "x") == "one")
    #expect(try await Self.value(service, "/x") == "one")
    #expect(try await Self.value(service, "arn:aws:ssm:us-east-1:000000000000:parameter/x") == "one")
    #expect(try await Self.put(service, "x", "two") == 2)
    _ = try await Self.put(service, "/a/x", "deep")
    #expect(try await Self.value(service, "arn:aws:ssm:us-east-1:000000000000:parameter/a/x:1") == "deep")
    #expect(await service.refusal("GetParameter", ["Name": "a/x"]) == "ParameterNotFound")
    #expect(await service.refusal("GetParameter", ["Name": "X"]) == "ParameterNotFound")
    let both = try await service("GetParameters", ["Names": ["x", "/x", "/a/x", "no", "no"]])
    #expect(both["Parameters"]?.array?.compactMap { $0["Name"]?.string } == ["/x", "/a/x"])
    // As it was written when it was made, whatever a newer version is put by.
    let list = try await service("DescribeParameters", [:])["Parameters"]
    #expect(list?.array?.compactMap { $0["Name"]?.string } == ["/a/x", "/x"])
    #expect(both["InvalidParameters"] == ["no"])
  }

  @Test("A version is no name: what changes a parameter finds none by it") func versions() async throws {
    let service = try Self.service()
    for value in ["1", "2"] { _ = try await Self.put(service, "/a/x", value) }
    for name in ["/a/x:1", "arn:aws:ssm:us-east-1:000000000000:parameter/a/x:1"] {
      #expect(await service.refusal("DeleteParameter", ["Name": .string(name)]) == "ParameterNotFound")
      #expect(await service.refusal("GetParameterHistory", ["Name": .string(name)]) == "ParameterNotFound")
      #expect(
        await service.refusal("LabelParameterVersion", ["Name": .string(name), "Labels": ["l"]]) == "ParameterNotFound")
      #expect(
        try await service("DeleteParameters", ["Names": [.string(name)]])
          == ["DeletedParameters": [], "InvalidParameters": [.string(name)]])
    }
    #expect(try await Self.value(service, "/a/x") == "2")
    let arn: JSON = "arn:aws:ssm:us-east-1:000000000000:parameter/a/x"
    #expect(try await service("DeleteParameters", ["Names": [arn]])["DeletedParameters"] == [arn])
    #expect(await service.refusal("GetParameter", ["Name": "/a/x"]) == "ParameterNotFound")
  }

  @Test(
    "Names that Parameter Store does not take are refused",
    arguments: [
      ("", "1 validation error detected"), ("/", "each sub-path"), ("aws", "\"aws\" or \"ssm\""),
      ("/AWS/x", "No access to reserved parameter name: /AWS/x."), ("ssm-x", "\"aws\" or \"ssm\""),
      ("/ssm/x", "can't be prefixed with \"ssm\""), ("a/b", "fully qualified name"), ("/a/b/", "each sub-path"),
      ("e\u{301}", "each sub-path"), ("a b", "each sub-path"),
      ((1...16).map { "/\($0)" }.joined(), "maximum of 15 levels"),
    ])
  func badName(name: String, words: String) async throws {
    let service = try Self.service()
    let refusal = await service.refusal(
      "PutParameter", ["Name": .string(name), "Value": "v", "Type": "String"])
    #expect(refusal?.contains(words) ?? false, "\(refusal ?? "none")")
  }

  @Test(
    "A name that cannot be a parameter's is told as such",
    arguments: [
      ("/x:1:2", true, "ParameterNotFound"), ("/x:9", true, "ParameterVersionNotFound"),
      (
        "/aws/reference/secretsmanager/s", false,
        "ValidationException: WithDecryption flag must be True for retrieving a Secret Manager secret."
      ),
      (
        "/aws/reference/secretsmanager/s", true,
        "ParameterNotFound: An error occurred (ParameterNotFound) when referencing Secrets Manager: Secret /aws/reference/secretsmanager/s not found."
      ),
    ])
  func nobody(name: String, decrypts: Bool, words: String) async throws {
    let service = try Self.service()
    _ = try await Self.put(service, "/x", "v")
    let refusal = await service.refusal("GetParameter", ["Name": .string(name), "WithDecryption": .bool(decrypts)])
    #expect(refusal?.hasPrefix(words) ?? false, "\(refusal ?? "none")")
  }

  @Test("An empty value is refused") func emptyValue() async throws {
    let service = try Self.service()
    #expect(
      await service.refusal("PutParameter", ["Name": "x", "Value": "", "Type": "Text"])
        == "ValidationException: 2 validation errors detected: Value '' at 'value' failed to satisfy constraint: Member must have length greater than or equal to 1; Value 'Text' at 'type' failed to satisfy constraint: Member must satisfy enum value set: [SecureString, StringList, String]"
    )
  }

  @Test("What is below a path comes in pages, in the order of names") func paths() async throws {
    let service = try Self.service()
    for name in ["/p/a", "/p/b", "/p/c/d", "/pq", "top"] { _ = try await Self.put(service, name, name) }
    func names(_ path: String, _ isRecursive: Bool, _ most: Int64) async throws -> [[String]] {
      var pages: [[String]] = []
      var token: JSON?
      repeat {
        var input: JSONObject = ["Path": .string(path), "Recursive": .bool(isRecursive), "MaxResults": .integer(most)]
        input["NextToken"] = token
        let page = try await service("GetParametersByPath", .object(input))
        pages.append((page["Parameters"]?.array ?? []).compactMap { $0["Name"]?.string })
        token = page["NextToken"]
      } while token != nil
      return pages
    }
    #expect(try await names("/p", false, 10) == [["/p/a", "/p/b"]])
    #expect(try await names("/p/", true, 2) == [["/p/a", "/p/b"], ["/p/c/d"]])
    #expect(try await names("/", false, 10) == [["/pq", "top"]])
    #expect(try await names("/no", true, 10) == [[]])
  }

  @Test("A page of a path costs the same whatever is below it and beside it") func pathCost() async throws {
    func steps(_ count: Int) async throws -> [Int] {
      let service = try Self.service()
      for name in ["/p/a", "/p/b", "/p/c"] {
        for value in ["old", "new"] { _ = try await Self.put(service, name, value) }
      }
      // Deeper, in the midst, beside, and on one level.
      try service.storage.database.with { connection throws(DatabaseError) in
        for (prefix, folder) in [("/p/aa/x", "/p/aa/"), ("/p/z", "/p/"), ("/q/x", "/q/"), ("x", "/")] {
          try connection.execute(
            """
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < \(count))
            INSERT INTO ssm_names (name, folder, version) SELECT printf('\(prefix)%06d', i), '\(folder)', 2 FROM n;
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < \(count))
            INSERT INTO ssm_versions (name, version, type, value, modified)
            SELECT printf('\(prefix)%06d', i), v.column1, 'String', 'v', 1 FROM n, (VALUES (1), (2)) AS v
            """)
        }
      }
      var steps: [Int] = []
      for (path, isRecursive, first) in [("/p", false, "/p/a"), ("/p", true, "/p/a"), ("/", false, "x000001")] {
        let input: JSON = ["Path": .string(path), "Recursive": .bool(isRecursive), "MaxResults": 3]
        _ = try await service("GetParametersByPath", input)
        _ = service.storage.takeStepCount()
        let page = try await service("GetParametersByPath", input)
        steps.append(service.storage.takeStepCount())
        #expect(page["Parameters"]?.array?.first?["Name"] == .string(first))
        #expect(page["Parameters"]?.array?.count == 3)
        #expect(page["NextToken"] != nil)
      }
      return steps
    }
    let (few, many) = (try await steps(50), try await steps(500))
    #expect(few == many)
  }

  @Test("Parameters of an older version are there after an update") func migration() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "parameters-\(UUID())").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    do {
      let old = try Storage(
        folder: folder, schemas: [StorageSchema(module: "ssm", steps: [SSMService.schema.steps[0]])])
      try old.database.with { connection throws(DatabaseError) in
        try connection.execute(
          "INSERT INTO ssm_parameters VALUES ('/k', 'SecureString', 'v', 3, 1000), ('/a/b', 'String', 'w', 1, 1000)")
      }
    }
    let service = try Self.service(folder)
    let found = try await service("GetParameter", ["Name": "/k", "WithDecryption": true])["Parameter"]
    #expect(
      found == [
        "Name": "k", "Type": "SecureString", "Value": "v", "Version": 3, "LastModifiedDate": 1,
        "ARN": "arn:aws:ssm:us-east-1:000000000000:parameter/k", "DataType": "text",
      ])
    #expect(try await Self.value(service, "/a/b") == "w")
    #expect(try await Self.put(service, "/k", "x") == 4)
  }

  @Test(
    "Of two spellings of a name in an older version, the one that was written last is kept",
    arguments: [
      ("('/k', 'String', 'a', 3, 1000), ('k', 'String', 'b', 1, 2000)", "b", 1),
      ("('/k', 'String', 'a', 1, 2000), ('k', 'String', 'b', 3, 1000)", "a", 1),
      ("('/k', 'String', 'a', 1, 1000), ('k', 'String', 'b', 1, 2000)", "b", 1),
      ("('k', 'String', 'b', 1, 1000), ('/k', 'String', 'a', 1, 2000)", "a", 1),
      ("('k', 'String', 'b', 2, 1000), ('/k', 'String', 'a', 1, 1000)", "b", 2),
    ])
  func spellings(rows: String, value: String, version: Int64) async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "parameters-\(UUID())").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    do {
      let old = try Storage(
        folder: folder, schemas: [StorageSchema(module: "ssm", steps: [SSMService.schema.steps[0]])])
      try old.database.with { connection throws(DatabaseError) in
        try connection.execute("INSERT INTO ssm_parameters VALUES \(rows)")
      }
    }
    let service = try Self.service(folder)
    for name in ["k", "/k"] {
      let found = try await service("GetParameter", ["Name": .string(name)])["Parameter"]
      #expect(found?["Value"] == .string(value))
      #expect(found?["Version"] == .integer(version))
    }
    #expect(try await Self.put(service, "k", "x") == version + 1)
    let all = try await service("GetParametersByPath", ["Path": "/"])
    #expect(all["Parameters"]?.array?.map { $0["Value"] } == ["x"])
  }

  @Test("Names of an older version lie in their folders") func folders() async throws {
    let names = ["one", "/a/b", "/a/b/c", "/a.b/c-d_e", "two"]
    let folder = FileManager.default.temporaryDirectory.appending(path: "parameters-\(UUID())").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    do {
      let old = try Storage(
        folder: folder, schemas: [StorageSchema(module: "ssm", steps: Array(SSMService.schema.steps[..<2]))])
      try old.database.with { connection throws(DatabaseError) in
        for name in names {
          try connection.run(
            "INSERT INTO ssm_versions (name, version, type, value, modified) VALUES (?, 1, 'String', 'v', 1), (?, 2, 'String', 'w', 1)",
            .text(name),
            .text(name))
        }
      }
    }
    let service = try Self.service(folder)
    let rows = try service.storage.database.with { connection throws(DatabaseError) in
      try connection.rows("SELECT name, folder, version FROM ssm_names ORDER BY name")
    }
    let wanted = names.sorted().map { [SQLValue.text($0), .text(ParameterName($0).folder), .integer(2)] }
    #expect(rows == wanted)
  }
}
