import AWSClients
import CacheSupport
import HTTPTransport
import SQLiteStore
import TestSupport
import Testing

@testable import LocalCloud

/// From a template's text to the stack that it describes.
@Suite struct TemplateTests {
  static let site = Stack.Site(
    address: "http://cloud", accountID: "123", region: "eu-west-1", environment: ["AWS_REGION": "eu-west-1"],
    executables: "/bin", stackName: "s")

  static func stack(_ text: String, _ parameters: [String: String] = [:]) throws(TemplateError) -> Stack {
    let file = TemplateFile(name: "t.yaml", text: text, parameters: parameters)
    var generated: [String: String] = [:]
    return try file.stack(of: file.read(), at: site, generated: &generated)
  }

  /// The value of the output `x` in a template with some usual resources.
  static func output(_ value: String, _ parameters: [String: String] = [:]) throws(TemplateError) -> String? {
    try stack(
      """
      Parameters:
        P: { Type: String, Default: p }
        L: { Type: Number, Default: 5, MinValue: 1.5 }
      Mappings: { M: { eu-west-1: { k: mapped } } }
      Conditions:
        Yes: !Equals [!Ref P, p]
        No: !Not [!Condition Yes]
        Both: !And [{ Condition: Yes }, !Or [!Condition No, !Equals [a, a]]]
      Resources:
        Q: { Type: AWS::SQS::Queue, Properties: { QueueName: !Sub "${AWS::StackName}-q" } }
        T: { Type: AWS::DynamoDB::Table, Properties: { KeySchema: [{ AttributeName: k, KeyType: HASH }], AttributeDefinitions: [{ AttributeName: k, AttributeType: S }] } }
        H: { Type: AWS::Timestream::Table, Properties: { DatabaseName: !Ref D, TableName: h } }
        D: { Type: AWS::Timestream::Database, Properties: { DatabaseName: d } }
        A: { Type: AWS::Serverless::HttpApi, Properties: { StageName: v } }
        N: { Type: AWS::SNS::Topic }
      Outputs:
        x:
          Value: \(value)
      """, parameters
    ).outputs.first?.value
  }

  @Test(
    "Intrinsic functions",
    arguments: [
      ("plain", "plain"), ("12", "12"), ("true", "true"), ("!Ref P", "p"), ("{ Ref: P }", "p"),
      ("!Ref AWS::Region", "eu-west-1"), ("!Sub '${P}-${!P}-${AWS::AccountId}'", "p-${P}-123"),
      ("!Sub ['${a}${P}', { a: !Ref Q }]", "http://cloud/123/s-qp"), ("!Ref Q", "http://cloud/123/s-q"),
      ("!GetAtt Q.Arn", "arn:aws:sqs:eu-west-1:123:s-q"), ("!GetAtt [Q, QueueName]", "s-q"),
      ("{ 'Fn::GetAtt': Q.QueueName }", "s-q"),
      ("{ 'Fn::GetAtt': [T, Arn] }", "arn:aws:dynamodb:eu-west-1:123:table/s-T"), ("!Ref T", "s-T"),
      ("!Ref H", "d|h"), ("!GetAtt H.Name", "h"),
      ("!GetAtt H.Arn", "arn:aws:timestream:eu-west-1:123:database/d/table/h"),
      ("!Sub '${A.ApiEndpoint}/v/'", "http://cloud/v/"), ("!Ref N", "arn:aws:sns:eu-west-1:123:s-N"),
      ("!Join ['-', [a, !Ref P, !Ref AWS::NoValue, b]]", "a-p-b"), ("!Select [1, [a, b]]", "b"),
      ("!Select [2, !Split [':', 'a:b:c:']]", "c"),
      (#"!Select [1, !Split ["\n", "a\r\nb"]]"#, "b"), ("!FindInMap [M, !Ref AWS::Region, k]", "mapped"),
      ("!If [Yes, a, b]", "a"), ("!If [No, a, b]", "b"), ("!If [Both, a, b]", "a"),
    ])
  func intrinsics(value: String, expected: String) throws { #expect(try Self.output(value) == expected) }

  @Test(
    "What cannot be worked out is refused with its line",
    arguments: [
      ("!Ref Nobody", "t.yaml:18: 'Nobody' is neither a resource nor a parameter of this template"),
      ("!Sub '${Nobody.Arn}'", "t.yaml:18: 'Nobody' is neither a resource nor a parameter of this template"),
      ("!GetAtt Q.Nothing", "t.yaml:18: the local cloud does not know Nothing of AWS::SQS::Queue"),
      ("!If [Nobody, a, b]", "t.yaml:18: there is no condition 'Nobody'"),
      ("!Base64 a", "t.yaml:18: the local cloud does not know the function Fn::Base64"),
      ("!Select [9, [a]]", "t.yaml:18: Fn::Select takes an index and a list that reaches so far"),
      ("!FindInMap [M, x, k]", "t.yaml:18: there is no mapping M, x, k"),
      ("[a]", "t.yaml:18: a text is wanted here, not a list"),
      ("&anchor a", "t.yaml:18: CloudFormation takes no YAML anchors"),
      ("*alias", "t.yaml:18: CloudFormation takes no YAML aliases"),
      ("{ <<: a, b: c }", "t.yaml:18: CloudFormation takes no YAML merges"),
      ("!Split ['', a]", "t.yaml:18: Fn::Split takes a delimiter that is not empty"),
      ("{ a: 1, a: 2 }", "t.yaml:18: 'a' stands here twice"),
      ("[a", "t.yaml:19:1: this is not YAML: did not find expected ',' or ']'"),
    ])
  func refusals(value: String, expected: String) {
    #expect { try Self.output(value) } throws: { "\($0)" == expected }
  }

  @Test("What does not hold is not there to be named") func conditional() {
    let text = """
      Conditions: { No: !Equals [a, b] }
      Resources:
        Q: { Type: AWS::SQS::Queue, Condition: No }
        P: { Type: AWS::SQS::Queue, Properties: { QueueName: !GetAtt Q.QueueName } }
      """
    #expect { try Self.stack(text) } throws: {
      "\($0)" == "t.yaml:4: Unresolved resource dependencies [Q]: its condition No does not hold"
    }
  }

  @Test(
    "Small templates that ask for the same without end are worked out, or end",
    arguments: [
      "Conditions:\n"
        + (0..<30).map {
          "  C\($0): !Or [" + Array(repeating: "!Condition C\($0 + 1)", count: 10).joined(separator: ", ") + "]\n"
        }
        .joined() + "  C30: !Equals [a, b]\nResources: { Q: { Type: AWS::SQS::Queue, Condition: C0 } }",
      "Resources:\n"
        + (0..<40).map {
          "  Q\($0): { Type: AWS::SQS::Queue, Properties: { QueueName: !Sub '${Q\($0 + 1).QueueName}${Q\($0 + 1).QueueName}' } }\n"
        }.joined() + "  Q40: { Type: AWS::SQS::Queue }",
    ])
  func laughs(text: String) {
    // A name of 2^40 letters must not be tried; the conditions come to false.
    let stack = try? Self.stack(text)
    #expect(stack?.all(QueueResource.self).isEmpty ?? true)
  }

  @Test(
    "Words for true and false are YAML 1.1's, and nothing else is taken for one",
    arguments: [
      ("yes", true), ("no", false), ("On", true), ("'False'", false), ("TRUE", true),
    ]) func booleans(word: String, expected: Bool) throws
  {
    let text = """
      Resources:
        F:
          Type: AWS::Serverless::Function
          Properties:
            CodeUri: a.zip
            Events: { E: { Type: Schedule, Properties: { Schedule: rate(1 day), Enabled: \(word) } } }
      """
    #expect(try Self.stack(text).all(FunctionResource.self).flatMap(\.schedules).count == (expected ? 1 : 0))
    #expect { try Self.stack(text.replacing("Enabled: \(word)", with: "Enabled: maybe")) } throws: {
      "\($0)" == "t.yaml:6: Enabled of F.Events.E.Properties is true or false, not 'maybe'"
    }
  }

  @Test("A secret is shown in no message and no plan") func secrets() throws {
    let text = """
      Parameters: { S: { Type: String, NoEcho: yes } }
      Resources: { F: { Type: AWS::Serverless::Function, Properties: { CodeUri: a.zip, Timeout: !Ref S } } }
      """
    #expect { try Self.stack(text, ["S": "topsecret"]) } throws: {
      "\($0)" == "t.yaml:2: Timeout of F is '****': give 1 to 900"
    }
    let shown = text.replacing("Timeout: !Ref S", with: "Timeout: 3") + "\nOutputs: { O: { Value: !Sub 'x-${S}' } }"
    #expect(try Self.stack(shown, ["S": "topsecret"]).plan.contains("x-****"))
  }

  @Test("What a secret of SSM comes to is no more shown than an element of a secret list") func storedSecrets() throws {
    let text = """
      Parameters:
        S: { Type: AWS::SSM::Parameter::Value<String>, NoEcho: true, Default: /s }
        L: { Type: CommaDelimitedList, NoEcho: true, Default: "first, second" }
      Resources: { F: { Type: AWS::Serverless::Function, Properties: { CodeUri: a.zip, Timeout: VALUE } } }
      """
    func stack(_ value: String) throws -> Stack {
      let file = TemplateFile(name: "t", text: text.replacing("VALUE", with: value))
      var generated: [String: String] = [:]
      return try file.stack(
        of: file.read(), at: Self.site, stored: { (_) throws(TemplateError) in "topsecret" }, generated: &generated)
    }
    for value in ["!Ref S", "!Select [1, !Ref L]"] {
      #expect { try stack(value) } throws: { "\($0)".contains("Timeout of F is '****'") }
    }
    #expect(try stack("3").secrets.contains("second"))
  }

  @Test("More resources than CloudFormation takes are refused") func resourceLimit() throws {
    func text(_ count: Int) -> String {
      "Resources:\n" + (1...count).map { "  Q\($0): { Type: AWS::SQS::Queue }\n" }.joined()
    }
    #expect(try Self.stack(text(500)).resources.count == 500)
    #expect { try Self.stack(text(501)) } throws: {
      "\($0)".hasSuffix("Template format error: Number of resources, 501, is greater than maximum allowed, 500")
    }
  }

  @Test("References in a circle end") func circle() {
    #expect {
      try Self.stack(
        """
        Resources:
          A: { Type: AWS::SQS::Queue, Properties: { QueueName: !GetAtt B.QueueName } }
          B: { Type: AWS::SQS::Queue, Properties: { QueueName: !GetAtt A.QueueName } }
        """)
    } throws: { "\($0)".contains("references lead in a circle") }
  }

  @Test("Values nested without end are refused, not a stack overflow") func depth() {
    let deep = String(repeating: "[", count: 100_000)
    #expect { try Self.output(deep) } throws: { "\($0)".hasSuffix("values are nested deeper than 64") }
  }

  @Test(
    "Parameters keep their constraints, and secrets are not shown",
    arguments: [
      ("Type: Number, MinValue: 2, MaxValue: 5", "6", "must be a number from 2 to 5. It is '6'."),
      ("Type: Number", "x", "must be a number. It is 'x'."), ("Type: Number", "inf", "must be a number. It is 'inf'."),
      ("Type: Number", "0x10", "must be a number. It is '0x10'."),
      ("Type: String, AllowedValues: [a, b]", "c", "must be one of a, b. It is 'c'."),
      ("Type: String, NoEcho: true, AllowedValues: [hush, hushed]", "c", "must be one of its AllowedValues."),
      ("Type: String, AllowedPattern: '[a-z]+'", "a1", "must match the pattern [a-z]+. It is 'a1'."),
      ("Type: String, AllowedPattern: '[a-z]+'", "a\nb", "must match the pattern [a-z]+. It is 'a\nb'."),
      ("Type: String, MinLength: 3, MaxLength: 4", "12345", "must have 3 to 4 characters. It is '12345'."),
      ("Type: String, NoEcho: true, MinLength: 9", "hush", "must have 9 to 4096 characters."),
      ("Type: String, AllowedPattern: x, ConstraintDescription: must be x.", "y", "must be x. It is 'y'."),
    ])
  func constraints(parameter: String, value: String, expected: String) {
    let text = "Parameters: { K: { \(parameter) } }\nResources: { Q: { Type: AWS::SQS::Queue } }"
    #expect { try Self.stack(text, ["K": value]) } throws: { "\($0)" == "t.yaml:1: Parameter 'K' \(expected)" }
  }

  @Test(
    "Bounds that nothing meets are refused",
    arguments: [
      "Type: String, MinLength: 1e300", "Type: String, MaxLength: inf", "Type: String, MaxLength: -1",
      "Type: Number, MinValue: nan",
      "Type: String, MinLength: 5, MaxLength: 4", "Type: Number, MinValue: 2, MaxValue: 1", "Type: List<String>",
    ]) func bounds(parameter: String)
  {
    #expect(throws: TemplateError.self) {
      try Self.stack("Parameters: { K: { \(parameter), Default: x } }\nResources: { Q: { Type: AWS::SQS::Queue } }")
    }
  }

  @Test("A parameter without a value is asked for; a secret one is generated and kept") func missing() throws {
    let resources = "\nResources: { Q: { Type: AWS::SQS::Queue, Properties: { QueueName: !Ref K } } }"
    #expect { try Self.stack("Parameters: { K: { Type: String } }" + resources) } throws: {
      "\($0)" == "t.yaml: give a value: --parameter K=…"
    }
    let file = TemplateFile(name: "t", text: "Parameters: { K: { Type: String, NoEcho: true } }" + resources)
    var generated: [String: String] = [:]
    let first = try file.stack(of: file.read(), at: Self.site, generated: &generated)
    #expect(first.all(QueueResource.self).map(\.name) == [generated["K"]])
    let second = try file.stack(of: file.read(), at: Self.site, generated: &generated)
    #expect(second.all(QueueResource.self).map(\.name) == first.all(QueueResource.self).map(\.name))
  }

  @Test(
    "What the local cloud does not know is refused with its line",
    arguments: [
      (
        "Q: { Type: AWS::SQS::Queue, Properties: { FifoQueue: true } }",
        "Q: the local cloud does not emulate the property FifoQueue"
      ),
      (
        "Q: { Type: AWS::Kinesis::Stream }",
        "Q: the local cloud does not emulate resources of the type AWS::Kinesis::Stream"
      ),
      ("Q: { Properties: {} }", "the resource Q has no Type"),
      ("Q: { Type: AWS::SQS::Queue, Condition: [No] }", "Condition of Q is a condition's name, not a list"),
      ("Q: { Type: AWS::SQS::Queue, DependsOn: Nowhere }", "'Nowhere' is neither a resource nor a parameter"),
      (
        "Q: { Type: AWS::SQS::Queue, Properties: { VisibilityTimeout: abc } }",
        "the queue s-Q: Invalid value for the parameter VisibilityTimeout."
      ),
      (
        "{ Q: { Type: AWS::SQS::Queue, Properties: { QueueName: n } }, P: { Type: AWS::SQS::Queue, Properties: { QueueName: n } } }",
        "two queues have the name 'n'"
      ),
      (
        "T: { Type: AWS::DynamoDB::Table, Properties: { KeySchema: [{ AttributeName: a, KeyType: RAGNE }], AttributeDefinitions: [{ AttributeName: a, AttributeType: S }] } }",
        "KeyType is HASH once"
      ),
      (
        "F: { Type: AWS::Serverless::Function, Properties: { CodeUri: a.zip, FunctionName: ../evil } }",
        "a FunctionName has 1 to 64"
      ),
      (
        "F: { Type: AWS::Serverless::Function, Properties: { CodeUri: a.zip, Environment: { Variables: { AWS_REGION: x } } } }",
        "F: Lambda was unable to configure your environment variables because the environment variables you have provided contains reserved keys that are currently not supported for modification. Reserved keys used in this request: AWS_REGION"
      ),
      (
        "{ A: { Type: AWS::Serverless::HttpApi, Properties: { StageName: s } }, F: { Type: AWS::Serverless::Function, Properties: { CodeUri: a.zip, Events: { E: { Type: HttpApi, Properties: { ApiId: !Ref A, Path: 'x/{a+}/b' } } } } } }",
        "'ANY x/{a+}/b' is no route"
      ),
      ("Q: { Type: AWS::SQS::Queue, Propertys: {} }", "Q: the local cloud does not know the attribute Propertys"),
      (
        "T: { Type: AWS::DynamoDB::Table, Properties: { StreamSpecification: {}, KeySchema: [{ AttributeName: a, KeyType: HASH }], AttributeDefinitions: [{ AttributeName: a, AttributeType: S }] } }",
        "T: the local cloud does not emulate the property StreamSpecification"
      ),
      (
        "T: { Type: AWS::DynamoDB::Table, Properties: { KeySchema: [{ AttributeName: a, KeyType: HASH }] } }",
        "T: the key 'a' has no AttributeDefinition"
      ),
      (
        "F: { Type: AWS::Serverless::Function, Properties: { Runtime: python3.13, CodeUri: a.zip } }",
        "Runtime of F is 'python3.13'; the local cloud knows provided.al2023, provided.al2"
      ),
      ("F: { Type: AWS::Serverless::Function, Properties: { Runtime: provided.al2023 } }", "F has no CodeUri"),
      (
        "F: { Type: AWS::Serverless::Function, Properties: { CodeUri: a.zip, Timeout: 901 } }",
        "Timeout of F is '901': give 1 to 900"
      ),
      (
        "F: { Type: AWS::Serverless::Function, Properties: { CodeUri: a.zip, Events: { E: { Type: S3, Properties: { Bucket: b } } } } }",
        "F.Events.E: the local cloud knows events of the types Schedule, ScheduleV2, SQS, Api and HttpApi, not S3"
      ),
      (
        "F: { Type: AWS::Serverless::Function, Properties: { CodeUri: a.zip, Events: { E: { Type: SQS, Properties: { Queue: 'arn:aws:sqs:::other' } } } } }",
        "the function s-F reads the queue 'other', which the stack does not have"
      ),
      (
        "F: { Type: AWS::Serverless::Function, Properties: { CodeUri: a.zip, Events: { E: { Type: Schedule, Properties: { Schedule: rate(0 days) } } } } }",
        "Schedule of F.Events.E.Properties: 'rate(0 days)'"
      ),
    ])
  func unknown(resource: String, expected: String) {
    #expect { try Self.stack("Resources:\n  " + resource) } throws: {
      "\($0)".contains(expected) && "\($0)".hasPrefix("t.yaml")
    }
  }

  @Test("SAM's globals are merged: maps joined, lists appended, scalars replaced") func globals() throws {
    let stack = try Self.stack(
      """
      Transform: AWS::Serverless-2016-10-31
      Globals: { Function: { Timeout: 9, MemorySize: 256, Environment: { Variables: { AA: a, BB: b } } } }
      Resources:
        F: { Type: AWS::Serverless::Function, Properties: { CodeUri: ../build/Code.zip, Timeout: 7, Environment: { Variables: { BB: c } } } }
      """)
    let function = try #require(stack.all(FunctionResource.self).first).description
    #expect(function.executable == "/bin/Code" && function.timeout == 7 && function.memory == 256)
    #expect(function.environment == ["AWS_REGION": "eu-west-1", "AA": "a", "BB": "c"])
  }

  @Test("The project's own template, whole") func own() throws {
    let file = try TestCloud.template()
    var generated: [String: String] = [:]
    let stack = try file.stack(of: file.read(), at: Self.site, generated: &generated)
    #expect(
      stack.all(TableResource.self) == [
        .init(name: "s-identifiers", hash: .init(name: "identifier", type: "S"), tags: ["project": "s"]),
        .init(
          name: "s-forecast-chunks", hash: .init(name: "series", type: "S"), range: .init(name: "start", type: "N"),
          timeToLive: "expiry", tags: ["project": "s"]),
      ])
    #expect(
      stack.all(QueueResource.self).map {
        [$0.name, $0.attributes["VisibilityTimeout"] ?? "", $0.deadLetters?.queue ?? ""]
      } == [
        ["s-dead-letters", "", ""], ["s-identifiers", "360", "s-dead-letters"], ["s-writes", "168", "s-dead-letters"],
      ])
    #expect(
      stack.all(HistoryTableResource.self) == [
        .init(
          database: "TimeSeriesDB", table: "identifierTimeSeriesHistory", memoryHours: 72, magneticDays: 730,
          takesLateRecords: true, tags: ["project": "s"])
      ])
    #expect(stack.all(FunctionResource.self).map(\.name) == ["s-queue", "s-fetch", "s-write", "s-api"])
    #expect(
      stack.all(FunctionResource.self).flatMap(\.eventSources) == [
        .init(queue: "s-identifiers", function: "s-fetch", batchSize: 8, concurrency: 5, reportsFailures: true),
        .init(queue: "s-writes", function: "s-write", batchSize: 10, concurrency: 5, reportsFailures: true),
      ])
    #expect(
      stack.all(FunctionResource.self).flatMap(\.schedules).map { [$0.name, $0.times.text, $0.target.name] } == [
        ["s-schedule", "cron(0 1 * * ? *)", "s-queue"], ["s-due", "cron(0/5 * * * ? *)", "s-queue"],
      ])
    #expect(
      stack.apis.map(\.routes) == [
        [("POST", "/api/v2/write"), ("POST", "/write"), ("ANY", "/ping"), ("GET", "/health")].map {
          APIRoute(
            method: $0, path: $1, integration: .function("s-write"), payload: "2.0", timeoutMilliseconds: 30_000)
        }
          + ["/", "/{proxy+}"].map {
            APIRoute(
              method: "ANY", path: $0, integration: .function("s-api"), payload: "2.0", timeoutMilliseconds: 29_000)
          }
      ])
    #expect(
      stack.all(ParameterResource.self).map(\.name) == ["/s/sources", "/s/source-key", "/s/api-key", "/s/access-keys"])
    #expect(generated.keys.sorted() == ["ApiKey"] && stack.all(ParameterResource.self)[2].value == generated["ApiKey"])
    // An existing database: the stack has none, and the functions use the one that is named.
    var existing = file
    existing.parameters.merge(["CreateTimestream": "false", "DatabaseName": "mine", "TableName": "rows"]) { $1 }
    let other = try existing.stack(of: existing.read(), at: Self.site, generated: &generated)
    #expect(other.all(DatabaseResource.self).isEmpty && other.all(HistoryTableResource.self).isEmpty)
    #expect(other.all(FunctionResource.self).last?.description.environment["TS_DB_NAME"] == "mine")
    #expect(other.all(FunctionResource.self).last?.description.environment["TS_TABLE_NAME"] == "rows")
    #expect(!other.outputs.contains { $0.name == "RejectedRecordsBucket" })
  }
}
