import CacheSupport
import Foundation
import SQLiteStore
import Testing

@testable import LocalCloud

/// Parameter Store: lists, history, labels, tags and tiers.
@Suite struct ParameterListTests {
  typealias Service = ModuleCaller<SSMService>

  static func put(_ service: Service, _ name: String, _ members: JSONObject = [:]) async throws {
    var input: JSONObject = ["Name": .string(name), "Value": "v", "Type": "String"]
    for member in members.members { input[member.name] = member.value }
    _ = try await service("PutParameter", .object(input))
  }

  /// Parameters of all kinds.
  static func filled() async throws -> Service {
    let service = try ParameterStoreTests.service()
    try await put(service, "/a/b", ["Description": "d", "Tags": [["Key": "team", "Value": "x"]]])
    try await put(service, "/a/b/c", ["Type": "StringList", "Tags": [["Key": "team", "Value": "xy"]]])
    try await put(service, "/a/s", ["Type": "SecureString"])
    try await put(service, "/a/t", ["Type": "SecureString", "KeyId": "alias/k"])
    try await put(
      service, "large", ["Tier": "Intelligent-Tiering", "Value": .string(String(repeating: "v", count: 4097))])
    try await put(service, "top", ["DataType": "aws:ec2:image"])
    return service
  }

  static func names(_ answer: JSON) -> [String] {
    (answer["Parameters"]?.array ?? []).compactMap { $0["Name"]?.string }
  }

  @Test(
    "A list has what its filters let through",
    arguments: [
      ("[]", ["/a/b", "/a/b/c", "/a/s", "/a/t", "large", "top"]),
      (#"[{"Key":"Name","Values":["/a/b","/top"]}]"#, ["/a/b", "top"]),
      (#"[{"Key":"Name","Option":"BeginsWith","Values":["/a/b","l"]}]"#, ["/a/b", "/a/b/c", "large"]),
      (#"[{"Key":"Name","Option":"Contains","Values":["/b"]}]"#, ["/a/b", "/a/b/c"]),
      (#"[{"Key":"Type","Values":["SecureString","StringList"]}]"#, ["/a/b/c", "/a/s", "/a/t"]),
      (#"[{"Key":"KeyId","Values":["alias/k"]}]"#, ["/a/t"]), (#"[{"Key":"Tier","Values":["Advanced"]}]"#, ["large"]),
      (#"[{"Key":"DataType","Values":["aws:ec2:image"]}]"#, ["top"]),
      (#"[{"Key":"Path","Values":["/a"]}]"#, ["/a/b", "/a/s", "/a/t"]),
      (#"[{"Key":"Path","Option":"OneLevel","Values":["/"]}]"#, ["large", "top"]),
      (#"[{"Key":"Path","Option":"Recursive","Values":["/a/b/","/none"]}]"#, ["/a/b/c"]),
      (#"[{"Key":"tag:team"}]"#, ["/a/b", "/a/b/c"]), (#"[{"Key":"tag:team","Values":["x"]}]"#, ["/a/b"]),
      (#"[{"Key":"tag:team","Option":"BeginsWith","Values":["x"]}]"#, ["/a/b", "/a/b/c"]),
      (#"[{"Key":"tag:\"'","Values":["x"]}]"#, []),
      (#"[{"Key":"Path","Values":["/a"]},{"Key":"Type","Values":["String"]}]"#, ["/a/b"]),
    ])
  func filters(filters: String, expected: [String]) async throws {
    let service = try await Self.filled()
    let found = try await service("DescribeParameters", ["ParameterFilters": JSON(parsing: filters)])
    #expect(Self.names(found) == expected)
  }

  @Test(
    "What is no filter is refused in Parameter Store's words",
    arguments: [
      (
        #"{"Key":"x","Values":["a"]}"#,
        "ValidationException: 1 validation error detected: Value 'x' at 'parameterFilters.1.member.key' failed to satisfy constraint: Member must satisfy regular expression pattern: tag:.+|Name|Type|KeyId|Path|Label|Tier|DataType"
      ),
      (
        #"{"Key":"Label","Values":["a"]}"#,
        "InvalidFilterKey: The following filter key is not valid: Label. Valid filter keys include: [Path, Name, Type, KeyId, Tier]."
      ),
      (#"{"Key":"Name"}"#, "InvalidFilterValue: The following filter values are missing : null for filter key Name."),
      (
        #"{"Key":"Name","Values":["a"]},{"Key":"Name","Values":["b"]}"#,
        "InvalidFilterKey: The following filter is duplicated in the request: Name. A request can contain only one occurrence of a specific filter."
      ),
      (
        #"{"Key":"Path","Option":"Equals","Values":["/a"]}"#,
        "InvalidFilterOption: The following filter option is not valid: Equals. Valid options include: [Recursive, OneLevel]."
      ),
      (
        #"{"Key":"Type","Option":"Contains","Values":["String"]}"#,
        "InvalidFilterOption: The following filter option is not valid: Contains. Valid options include: [BeginsWith, Equals]."
      ),
      (
        #"{"Key":"Type","Values":["x"]}"#,
        "InvalidFilterOption: The following filter value is not valid: x. Valid values include: [String, StringList, SecureString]."
      ),
      (#"{"Key":"Name","Values":[1]}"#, "SerializationException: Unexpected field type"),
      (
        (0...50).map { #"{"Key":"tag:\#($0)"}"# }.joined(separator: ","),
        "ValidationException: 1 validation error detected: Value '[51 elements]' at 'parameterFilters' failed to satisfy constraint: Member must have length less than or equal to 50"
      ),
    ])
  func badFilters(filters: String, words: String) async throws {
    let service = try ParameterStoreTests.service()
    #expect(
      await service.refusal("DescribeParameters", ["ParameterFilters": try JSON(parsing: "[\(filters)]")]) == words)
  }

  @Test("A list comes in pages, and tells all of a parameter but its value") func pages() async throws {
    let service = try await Self.filled()
    var pages: [[String]] = []
    var token: JSON?
    repeat {
      var input: JSONObject = ["MaxResults": 4]
      input["NextToken"] = token
      let page = try await service("DescribeParameters", .object(input))
      pages.append(Self.names(page))
      token = page["NextToken"]
    } while token != nil
    #expect(pages == [["/a/b", "/a/b/c", "/a/s", "/a/t"], ["large", "top"]])
    let one = try await service("DescribeParameters", ["ParameterFilters": [["Key": "Name", "Values": ["/a/t"]]]])
    #expect(
      one["Parameters"] == [
        [
          "Name": "/a/t", "Type": "SecureString", "LastModifiedDate": 5,
          "LastModifiedUser": "arn:aws:iam::000000000000:root", "Version": 1, "Tier": "Standard", "Policies": [],
          "DataType": "text", "KeyId": "alias/k", "ARN": "arn:aws:ssm:us-east-1:000000000000:parameter/a/t",
        ]
      ])
  }

  // MARK: Versions

  @Test("Labels name versions, move from one to another, and go with their parameter") func labels() async throws {
    let service = try ParameterStoreTests.service()
    for value in ["1", "2", "3"] { _ = try await ParameterStoreTests.put(service, "/a", value) }
    func label(_ labels: JSON, _ version: JSON = .null) async throws -> JSON {
      try await service("LabelParameterVersion", ["Name": "a", "Labels": labels, "ParameterVersion": version])
    }
    #expect(
      try await label(["new", "1st", "aws.x", "SSM", "a b"])
        == ["InvalidLabels": ["1st", "aws.x", "SSM", "a b"], "ParameterVersion": 3])
    #expect(try await label(["old", "both"], 1) == ["InvalidLabels": [], "ParameterVersion": 1])
    #expect(try await ParameterStoreTests.value(service, "a:old") == "1")
    #expect(try await ParameterStoreTests.value(service, "arn:aws:ssm:us-east-1:000000000000:parameter/a:new") == "3")
    #expect(
      await service.refusal("GetParameter", ["Name": "a:none"])
        == "ParameterVersionNotFound: Systems Manager could not find label none for parameter a. Verify the label and try again."
    )
    let found = try await service("GetParameters", ["Names": ["a:old", "a:2", "a:none", "a:old"]])
    #expect(found["Parameters"]?.array?.map { $0["Selector"] } == [":old", ":2"])
    #expect(found["InvalidParameters"] == ["a:none"])
    _ = try await label(["both"], 2)
    func history() async throws -> [JSON?] {
      (try await service("GetParameterHistory", ["Name": "/a"])["Parameters"]?.array ?? []).map { $0["Labels"] }
    }
    #expect(try await history() == [["old"], ["both"], ["new"]])
    let by = try await service(
      "GetParametersByPath", ["Path": "/", "ParameterFilters": [["Key": "Label", "Values": ["old"]]]])
    #expect(by["Parameters"]?.array?.map { $0["Value"] } == ["1"])
    // Versions of one parameter, on two pages.
    var pages: [[JSON?]] = []
    var token: JSON?
    repeat {
      var input: JSONObject = [
        "Path": "/", "MaxResults": 2, "ParameterFilters": [["Key": "Label", "Values": ["old", "both", "new"]]],
      ]
      input["NextToken"] = token
      let page = try await service("GetParametersByPath", .object(input))
      pages.append((page["Parameters"]?.array ?? []).map { $0["Value"] })
      token = page["NextToken"]
    } while token != nil
    #expect(pages == [["1", "2"], ["3"]])
    #expect(
      try await service("UnlabelParameterVersion", ["Name": "a", "ParameterVersion": 1, "Labels": ["old", "both"]])
        == ["RemovedLabels": ["old"], "InvalidLabels": ["both"]])
    #expect(
      await service.refusal("LabelParameterVersion", ["Name": "a", "Labels": ["x"], "ParameterVersion": 9])
        == "ParameterVersionNotFound: Systems Manager could not find version 9 of a. Verify the version and try again.")
    #expect(
      await service.refusal("LabelParameterVersion", ["Name": "no", "Labels": ["x"]]) == "ParameterNotFound")
    let nine: JSON = .array((0..<9).map { .string("l\($0)") })
    _ = try await label(nine)
    #expect(
      await service.refusal("LabelParameterVersion", ["Name": "a", "Labels": ["more"]])?
        .hasPrefix("ParameterVersionLabelLimitExceeded") ?? false)
    _ = try await service("DeleteParameter", ["Name": "a"])
    _ = try await ParameterStoreTests.put(service, "a", "again")
    #expect(try await history() == [[]])
  }

  @Test("The history tells every version in pages; the oldest goes, unless it has a label") func history()
    async throws
  {
    let service = try ParameterStoreTests.service()
    for version in 1...100 {
      try await Self.put(
        service, "a", ["Value": .string("v\(version)"), "Overwrite": true, "Type": "SecureString", "Description": "d"])
    }
    let first = try await service("GetParameterHistory", ["Name": "a", "WithDecryption": true, "MaxResults": 2])
    #expect(
      first["Parameters"]?.array?.first == [
        "Name": "a", "Type": "SecureString", "LastModifiedDate": 5,
        "LastModifiedUser": "arn:aws:iam::000000000000:root", "Version": 1, "Tier": "Standard", "Policies": [],
        "DataType": "text", "KeyId": "alias/aws/ssm", "Description": "d", "Value": "v1", "Labels": [],
      ])
    let second = try await service(
      "GetParameterHistory", ["Name": "a", "MaxResults": 50, "NextToken": first["NextToken"] ?? .null])
    #expect(second["Parameters"]?.array?.compactMap { $0["Version"]?.int64 } == Array(3...52))
    #expect(second["Parameters"]?.array?.first?["Value"] != "v3")
    #expect(
      await service.refusal("GetParameterHistory", ["Name": "a", "NextToken": "eA=="])?.hasPrefix("InvalidNextToken")
        ?? false)
    _ = try await service("LabelParameterVersion", ["Name": "a", "Labels": ["kept"], "ParameterVersion": 1])
    let more: JSON = ["Name": "a", "Value": "v101", "Overwrite": true]
    #expect(
      await service.refusal("PutParameter", more)
        == "ParameterMaxVersionLimitExceeded: You attempted to create a new version of a by calling the PutParameter API with the overwrite flag. Version 1, the oldest version, can't be deleted because it has a label associated with it. Move the label to another version of the parameter, and try again."
    )
    _ = try await service("LabelParameterVersion", ["Name": "a", "Labels": ["kept"], "ParameterVersion": 2])
    #expect(try await service("PutParameter", more) == ["Version": 101, "Tier": "Standard"])
    #expect(await service.refusal("GetParameter", ["Name": "a:1"])?.hasPrefix("ParameterVersionNotFound") ?? false)
    #expect(await service.refusal("GetParameterHistory", ["Name": "no"]) == "ParameterNotFound")
  }

  // MARK: Tags and tiers

  @Test("Tags come with a parameter, change one by one, and stay through its versions") func tags() async throws {
    let service = try ParameterStoreTests.service()
    func list(_ name: String = "/a") async throws -> JSON? {
      try await service("ListTagsForResource", ["ResourceType": "Parameter", "ResourceId": .string(name)])["TagList"]
    }
    try await Self.put(service, "a", ["Tags": [["Key": "k", "Value": "1"], ["Key": "K", "Value": "2"]]])
    _ = try await service(
      "AddTagsToResource",
      [
        "ResourceType": "Parameter", "ResourceId": "a",
        "Tags": [["Key": "k", "Value": "3"], ["Key": "l", "Value": ""]],
      ])
    _ = try await ParameterStoreTests.put(service, "a", "w")
    #expect(
      try await list() == [
        ["Key": "K", "Value": "2"], ["Key": "k", "Value": "3"], ["Key": "l", "Value": ""],
      ])
    _ = try await service(
      "RemoveTagsFromResource", ["ResourceType": "Parameter", "ResourceId": "a", "TagKeys": ["K", "l", "no"]])
    #expect(try await list() == [["Key": "k", "Value": "3"]])
    let many: JSON = .array((0..<50).map { ["Key": .string("t\($0)"), "Value": ""] })
    #expect(
      await service.refusal(
        "AddTagsToResource", ["ResourceType": "Parameter", "ResourceId": "a", "Tags": many])?
        .hasPrefix("TooManyTagsError") ?? false)
    #expect(
      await service.refusal("ListTagsForResource", ["ResourceType": "Parameter", "ResourceId": "no"])?
        .hasPrefix("InvalidResourceId") ?? false)
    #expect(
      await service.refusal("ListTagsForResource", ["ResourceType": "Document", "ResourceId": "a"])?
        .contains("does not emulate the resource type Document") ?? false)
    #expect(
      await service.refusal(
        "PutParameter",
        ["Name": "a", "Value": "v", "Overwrite": true, "Tags": [["Key": "k", "Value": "1"]]])?
        .hasPrefix("ValidationException: Invalid request: tags and overwrite can't be used together.") ?? false)
    _ = try await service("DeleteParameter", ["Name": "a"])
    _ = try await ParameterStoreTests.put(service, "a", "w")
    #expect(try await list() == [])
  }

  @Test(
    "A value's size and a version's tier go together",
    arguments: [
      (nil, 4096, nil, "Standard"), (nil, 4097, nil, nil), ("Standard", 4097, nil, nil),
      ("Advanced", 1, nil, "Advanced"),
      ("Advanced", 8192, nil, "Advanced"), ("Advanced", 8193, nil, nil), ("Intelligent-Tiering", 4096, nil, "Standard"),
      ("Intelligent-Tiering", 4097, nil, "Advanced"), (nil, 8192, "Advanced", "Advanced"),
      ("Intelligent-Tiering", 1, "Advanced", "Advanced"), ("Standard", 1, "Advanced", nil), (nil, 0, nil, nil),
    ] as [(String?, Int, String?, String?)])
  func tiers(wanted: String?, size: Int, known: String?, tier: String?) {
    let value = String(repeating: "v", count: size)
    #expect((try? ParameterTier.tier(wanted, over: known, of: value)) == tier)
  }

  @Test("What a new version does not say stays as it was") func stays() async throws {
    let service = try ParameterStoreTests.service()
    try await Self.put(
      service, "a",
      [
        "Type": "SecureString", "KeyId": "alias/k", "Description": "d", "Tier": "Advanced",
        "DataType": "aws:ssm:integration",
      ])
    #expect(
      try await service("PutParameter", ["Name": "a", "Value": "w", "Overwrite": true])
        == ["Version": 2, "Tier": "Advanced"])
    let found = try await service("DescribeParameters", [:])["Parameters"]?.array?.first
    for (name, value) in [
      ("Type", "SecureString"), ("KeyId", "alias/k"), ("Description", "d"), ("DataType", "aws:ssm:integration"),
    ] as [(String, JSON)] { #expect(found?[name] == value) }
    #expect(
      await service.refusal("PutParameter", ["Name": "b", "Value": "w", "Type": "String", "DataType": "Text"])
        == "ValidationException: The following data type is not supported: Text (Data type names are all lowercase.)")
    #expect(
      await service.refusal("PutParameter", ["Name": "b", "Value": "w", "Type": "String", "KeyId": "k"])
        == "ValidationException: KeyId is required for SecureString type parameter only.")
    #expect(
      await service.refusal("PutParameter", ["Name": "b", "Value": "w"])
        == "ValidationException: A parameter type is required when you create a parameter.")
  }

  @Test("Versions of an older file have the tier of their size, and secure ones a key") func migration() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "tiers-\(UUID())").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    do {
      let old = try Storage(
        folder: folder, schemas: [StorageSchema(module: "ssm", steps: Array(SSMService.schema.steps[..<3]))])
      try old.database.with { connection throws(DatabaseError) in
        try connection.execute(
          """
          INSERT INTO ssm_names VALUES ('l', '/', 1), ('s', '/', 1);
          INSERT INTO ssm_versions VALUES ('l', 1, 'String', printf('%04097d', 0), 1), ('s', 1, 'SecureString', 'v', 1);
          """)
      }
    }
    let service = try ParameterStoreTests.service(folder)
    let found = try await service("DescribeParameters", [:])["Parameters"]?.array ?? []
    #expect(found.map { $0["Tier"] } == ["Advanced", "Standard"])
    #expect(found.map { $0["KeyId"] } == [nil, "alias/aws/ssm"])
  }
}
