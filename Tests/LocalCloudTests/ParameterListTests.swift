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
    try await put(service, "/slashed")
    try await put(service, "top", ["DataType": "aws:ec2:image"])
    return service
  }

  static func names(_ answer: JSON) -> [String] {
    (answer["Parameters"]?.array ?? []).compactMap { $0["Name"]?.string }
  }

  @Test(
    "A list has what its filters let through",
    arguments: [
      ("[]", ["/a/b", "/a/b/c", "/a/s", "/a/t", "large", "/slashed", "top"]),
      (#"[{"Key":"Name","Values":["/a/b","/top"]}]"#, ["/a/b", "top"]),
      (#"[{"Key":"Name","Option":"BeginsWith","Values":["/a/b","l"]}]"#, ["/a/b", "/a/b/c", "large"]),
      (#"[{"Key":"Name","Option":"Contains","Values":["/b"]}]"#, ["/a/b", "/a/b/c"]),
      (#"[{"Key":"Name","Option":"BeginsWith","Values":["/slash"]}]"#, ["/slashed"]),
      (#"[{"Key":"Name","Option":"BeginsWith","Values":["slash"]}]"#, ["/slashed"]),
      (#"[{"Key":"Name","Values":["slashed"]}]"#, ["/slashed"]),
      (#"[{"Key":"Type","Values":["SecureString","StringList"]}]"#, ["/a/b/c", "/a/s", "/a/t"]),
      (#"[{"Key":"KeyId","Values":["alias/k"]}]"#, ["/a/t"]), (#"[{"Key":"Tier","Values":["Advanced"]}]"#, ["large"]),
      (#"[{"Key":"DataType","Values":["aws:ec2:image"]}]"#, ["top"]),
      (#"[{"Key":"Path","Values":["/a"]}]"#, ["/a/b", "/a/s", "/a/t"]),
      (#"[{"Key":"Path","Option":"OneLevel","Values":["/"]}]"#, ["large", "/slashed", "top"]),
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
      (
        #"{"Key":"Name","Values":["a",""]}"#,
        "ValidationException: 1 validation error detected: Value '[a, ]' at 'parameterFilters.1.member.values' failed to satisfy constraint: Member must satisfy constraint: [Member must have length less than or equal to 1024, Member must have length greater than or equal to 1]"
      ),
      (
        #"{"Key":"Path","Values":["/a","/AWS/x"]}"#,
        #"ValidationException: Filters for common parameters can't be prefixed with "aws" or "ssm" (case-insensitive). When using global parameters, please specify within a global namespace."#
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

  @Test(
    "The older form of filters has three keys",
    arguments: [
      (#"[{"Key":"Name","Values":["/a/b","l"]}]"#, ["/a/b", "/a/b/c", "large"]),
      (#"[{"Key":"Type","Values":["SecureString","StringList"]}]"#, ["/a/b/c", "/a/s", "/a/t"]),
      (#"[{"Key":"KeyId","Values":["alias/k"]},{"Key":"Type","Values":["SecureString"]}]"#, ["/a/t"]),
    ])
  func olderFilters(filters: String, expected: [String]) async throws {
    let service = try await Self.filled()
    #expect(Self.names(try await service("DescribeParameters", ["Filters": JSON(parsing: filters)])) == expected)
    #expect(
      await service.refusal(
        "DescribeParameters", ["Filters": try JSON(parsing: filters), "ParameterFilters": []])
        == "ValidationException: You can use either Filters or ParameterFilters in a single request.")
  }

  @Test("The older form of filters has one enumeration of keys, and nobody shares parameters") func olderKeys()
    async throws
  {
    let service = try await Self.filled()
    #expect(
      await service.refusal("DescribeParameters", ["Filters": [["Key": "Path", "Values": ["/a"]]]])
        == "ValidationException: 1 validation error detected: Value 'Path' at 'filters.1.member.key' failed to satisfy constraint: Member must satisfy enum value set: [Name, Type, KeyId]"
    )
    #expect(try await service("DescribeParameters", ["Shared": true]) == ["Parameters": []])
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
    #expect(pages == [["/a/b", "/a/b/c", "/a/s", "/a/t"], ["large", "/slashed", "top"]])
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
        == "ParameterVersionNotFound: Systems Manager could not find label none for parameter /a. Verify the label and try again."
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
        == "ParameterVersionNotFound: Systems Manager could not find version 9 of /a. Verify the version and try again."
    )
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
      ("Intelligent-Tiering", 1, "Advanced", "Advanced"), ("Standard", 1, "Advanced", nil),
    ] as [(String?, Int, String?, String?)])
  func tiers(wanted: String?, size: Int, known: String?, tier: String?) {
    let value = String(repeating: "v", count: size)
    #expect((try? ParameterTier.tier(wanted, over: known, of: value)) == tier)
  }

  @Test("A value matches the pattern of its parameter as a whole, that of later versions, too") func pattern()
    async throws
  {
    let service = try ParameterStoreTests.service()
    func put(_ value: String, _ members: JSONObject = [:]) async -> String? {
      var input: JSONObject = ["Name": "/p/n", "Value": .string(value), "Type": "String", "Overwrite": true]
      for member in members.members { input[member.name] = member.value }
      return await service.refusal("PutParameter", .object(input))
    }
    let mismatch =
      #"ParameterPatternMismatchException: Parameter value, cannot be validated against allowedPattern: \d{1,4}"#
    #expect(await put("10,000", ["AllowedPattern": #"\d{1,4}"#]) == mismatch)
    #expect(await put("100", ["AllowedPattern": #"\d{1,4}"#]) == nil)
    #expect(await put("10,000") == mismatch)
    #expect(await put("1000\n") == mismatch)
    #expect(await put("1000") == nil)
    let told = try await service("DescribeParameters", [:])["Parameters"]?.array?.map { $0["AllowedPattern"] }
    #expect(told == [#"\d{1,4}"#])
    #expect(await put("x", ["AllowedPattern": "a|x"]) == nil)
    #expect(await put("ax")?.hasPrefix("ParameterPatternMismatchException") ?? false)
    // An empty one takes it away.
    #expect(await put("ax", ["AllowedPattern": ""]) == nil)
    #expect(await put("anything") == nil)
    let history = try await service("GetParameterHistory", ["Name": "/p/n"])["Parameters"]?.array
    #expect(
      history?.map { $0["AllowedPattern"] } == [#"\d{1,4}"#, #"\d{1,4}"#, "a|x", nil, nil])
    for pattern in ["(", "a)(b", "(?=a)", "a{5000}{5000}"] {
      #expect(
        await put("a", ["AllowedPattern": .string(pattern)])?
          .hasPrefix("InvalidAllowedPatternException: The request does not meet the regular expression requirement. ")
          ?? false)
    }
    #expect(
      await put(String(repeating: "a", count: 4096), ["AllowedPattern": "(.*.*){500}"])
        == "InvalidAllowedPatternException: The request does not meet the regular expression requirement. the local cloud does not match a pattern that takes this much work"
    )
  }

  @Test("A value that was looked at is not written where the parameter has another pattern by then")
  func changedPattern() throws {
    for (text, value, now, type) in [
      ("a", "a", "a", nil), ("a", "b", "a", "ParameterPatternMismatchException"), (nil, "b", "", nil),
      ("", "b", nil, nil), ("a", "a", "b", "TooManyUpdates"), (nil, "b", "a", "TooManyUpdates"),
    ] as [(String?, String, String?, String?)] {
      let allowed = try AllowedPattern(text, for: value)
      let found: String?
      do throws(ServiceError) {
        try allowed.check(now)
        found = nil
      } catch { found = error.type }
      #expect(found == type)
    }
  }

  @Test("Messages show a parameter's name as it was written, and a cipher text its key") func shown() async throws {
    let service = try ParameterStoreTests.service()
    _ = try await service("PutParameter", ["Name": "/x", "Value": "v", "Type": "SecureString", "KeyId": "alias/mine"])
    for name in ["x:9", "/x:9"] {
      #expect(
        await service.refusal("GetParameter", ["Name": .string(name)])
          == "ParameterVersionNotFound: Systems Manager could not find version 9 of /x. Verify the version and try again."
      )
    }
    let value = try await service("GetParameter", ["Name": "x"])["Parameter"]?["Value"]?.string
    #expect(value?.hasPrefix("kms:alias/mine:") ?? false)
  }

  @Test("Labels, tags and versions of an older file stay, without a pattern") func lastStep() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "patterns-\(UUID())").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    do {
      let old = try Storage(
        folder: folder, schemas: [StorageSchema(module: "ssm", steps: Array(SSMService.schema.steps[..<4]))])
      try old.database.with { connection throws(DatabaseError) in
        try connection.execute(
          """
          INSERT INTO ssm_names VALUES ('a', '/', 2, '{"k":"v"}');
          INSERT INTO ssm_versions VALUES ('a', 1, 'String', 'one', 1000, 'd', NULL, 'Standard', 'text'),
            ('a', 2, 'SecureString', 'two', 2000, NULL, 'alias/mine', 'Advanced', 'text');
          INSERT INTO ssm_labels VALUES ('a', 'old', 1);
          """)
      }
    }
    let service = try ParameterStoreTests.service(folder)
    let found = try await service("GetParameterHistory", ["Name": "a", "WithDecryption": true])["Parameters"]?.array
    let user: JSON = "arn:aws:iam::000000000000:root"
    #expect(
      found == [
        [
          "Name": "a", "Type": "String", "Value": "one", "Version": 1, "LastModifiedDate": .double(1),
          "LastModifiedUser": user, "Tier": "Standard", "Policies": [], "DataType": "text", "Description": "d",
          "Labels": ["old"],
        ],
        [
          "Name": "a", "Type": "SecureString", "Value": "two", "Version": 2, "LastModifiedDate": .double(2),
          "LastModifiedUser": user, "Tier": "Advanced", "Policies": [], "DataType": "text", "KeyId": "alias/mine",
          "Labels": [],
        ],
      ])
    #expect(
      try await service("ListTagsForResource", ["ResourceType": "Parameter", "ResourceId": "a"])
        == ["TagList": [["Key": "k", "Value": "v"]]])
    #expect(try await service("GetParameter", ["Name": "a:old"])["Parameter"]?["Value"] == "one")
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
