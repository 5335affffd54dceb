import CacheSupport
import Foundation
import SQLiteStore
import Testing

@testable import LocalCloud

/// Parameter Store: names, versions, and two who write at once.
@Suite struct ParameterTests {
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
    #expect(both["Parameters"]?.array?.compactMap { $0["Name"]?.string } == ["x", "/a/x"])
    #expect(both["InvalidParameters"] == ["no"])
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
    #expect(try await names("/", false, 10) == [["pq", "top"]])
    #expect(try await names("/no", true, 10) == [[]])
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
}
