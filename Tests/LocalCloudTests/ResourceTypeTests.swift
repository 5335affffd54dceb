import CacheSupport
import TestSupport
import Testing

@testable import LocalCloud

/// Resource types beside those of the project's own template, and parameters that are lists or stand for others.
@Suite struct ResourceTypeTests {
  private static func output(_ value: String, _ parameters: String, stored: [String: String] = [:]) throws -> String? {
    let file = TemplateFile(
      name: "t.yaml",
      text:
        "Parameters: { \(parameters) }\nResources: { Q: { Type: AWS::SQS::Queue } }\nOutputs: { x: { Value: \(value) } }"
    )
    var generated: [String: String] = [:]
    return try file.stack(
      of: file.read(), at: TemplateTests.site, stored: { stored[$0] }, generated: &generated
    ).outputs.first?.value
  }

  @Test(
    "A parameter may be a list",
    arguments: [
      ("!Join ['-', !Ref L]", "CommaDelimitedList, Default: 'a, b ,c'", "a-b-c"),
      ("!Select [1, !Ref L]", "CommaDelimitedList, Default: 'a,b'", "b"),
      ("!Join ['', !Ref L]", "CommaDelimitedList, Default: ',a,'", "a"),
      ("!Join ['+', !Ref L]", "List<Number>, Default: '1, 2.5'", "1+2.5"),
      ("!Join ['+', !Ref L]", "List<Number>, Default: 7", "7"),
      ("!Ref L", "AWS::SSM::Parameter::Name, Default: /a", "/a"),
      ("!Sub '${L}!'", "AWS::SSM::Parameter::Value<String>, Default: /a", "x, y!"),
      ("!Join ['-', !Ref L]", "AWS::SSM::Parameter::Value<List<String>>, Default: /a", "x-y"),
      ("!Join ['-', !Ref L]", "AWS::SSM::Parameter::Value<CommaDelimitedList>, Default: /a", "x-y"),
    ])
  func lists(value: String, parameter: String, expected: String) throws {
    #expect(try Self.output(value, "L: { Type: \(parameter) }", stored: ["/a": "x, y"]) == expected)
  }

  @Test("A secret that stands for a parameter of SSM is shown in no plan") func storedSecrets() throws {
    let file = TemplateFile(
      name: "t.yaml",
      text: """
        Parameters: { S: { Type: 'AWS::SSM::Parameter::Value<String>', NoEcho: true, Default: /secret } }
        Resources: { Q: { Type: AWS::SQS::Queue } }
        Outputs: { x: { Value: !Sub 'x-${S}' } }
        """)
    var generated: [String: String] = [:]
    let stack = try file.stack(
      of: file.read(), at: TemplateTests.site, stored: { _ in "topsecret" }, generated: &generated)
    #expect(stack.outputs.first?.value == "x-topsecret" && stack.plan.contains("x-****"))
    #expect(stack.parameters == [.init(name: "S", value: "/secret", resolved: "topsecret", isHidden: true)])
  }

  @Test(
    "A list where a text is wanted, an element that breaks a constraint, and a name that SSM does not have are refused",
    arguments: [
      ("!Ref L", "CommaDelimitedList, Default: 'a,b'", "a text is wanted here, not a list"),
      ("!Sub '${L}'", "CommaDelimitedList, Default: 'a,b'", "a text is wanted here, not a list"),
      ("x", "List<Number>, Default: '1,b'", "Parameter 'L' must be a number. It is 'b'."),
      (
        "x", "CommaDelimitedList, AllowedValues: [a, b], Default: 'a,c'",
        "Parameter 'L' must be one of a, b. It is 'c'."
      ),
      (
        "x", "AWS::SSM::Parameter::Value<String>, Default: /b",
        "Unable to fetch parameters [/b] from parameter store for this account: "
      ),
      ("!Select [5, !Ref L]", "CommaDelimitedList, Default: 'a,b'", "t.yaml:3: Fn::Select takes an index"),
      ("x", "AWS::EC2::KeyPair::KeyName, Default: k", "the parameter L has the type 'AWS::EC2::KeyPair::KeyName'"),
    ])
  func badLists(value: String, parameter: String, words: String) {
    #expect { try Self.output(value, "L: { Type: \(parameter) }", stored: ["/a": "x"]) } throws: {
      "\($0)".contains(words)
    }
  }

  @Test("Lambda's own functions are functions as SAM's are") func functions() throws {
    let stack = try TemplateTests.stack(
      """
      Resources:
        F: { Type: AWS::Lambda::Function, Properties: { FunctionName: f, Code: ../build/Code.zip, Role: !GetAtt R.Arn, Runtime: provided.al2, Timeout: 9, TracingConfig: { Mode: Active } } }
        R: { Type: AWS::IAM::Role }
        Q: { Type: AWS::SQS::Queue }
        M: { Type: AWS::Lambda::EventSourceMapping, Properties: { FunctionName: !Ref F, EventSourceArn: !GetAtt Q.Arn } }
        P: { Type: AWS::Lambda::Permission }
      Outputs: { x: { Value: !GetAtt F.Arn } }
      """)
    let function = try #require(stack.all(FunctionResource.self).first).description
    #expect(function.executable == "/bin/Code" && function.timeout == 9 && function.runtime == "provided.al2")
    #expect(function.role == "arn:aws:iam::123:role/s-R" && function.maximumConcurrency == 10)
    #expect(stack.outputs.first?.value == "arn:aws:lambda:eu-west-1:123:function:f")
    #expect(stack.eventSources.map(\.function) == ["f"])
    #expect(
      stack.members.map { "\($0.logicalID) \($0.type)" } == [
        "F AWS::Lambda::Function", "R AWS::IAM::Role", "Q AWS::SQS::Queue", "M AWS::Lambda::EventSourceMapping",
        "P AWS::Lambda::Permission",
      ])
    #expect(stack.plan.contains("\n  Function          f "))
    #expect(stack.ignored.contains("AWS::Lambda::Function: the properties TracingConfig"))
    #expect(stack.ignored.contains("AWS::Lambda::Permission: P"))
  }

  @Test(
    "What cannot be is refused",
    arguments: [
      (
        "F: { Type: AWS::Lambda::Function, Properties: { Code: { ZipFile: x }, Role: r } }",
        "Code of F is a text, not a map"
      ),
      ("F: { Type: AWS::Lambda::Function, Properties: { Code: f } }", "F has no Role"),
      (
        "F: { Type: AWS::Lambda::Function, Properties: { Code: f, Role: r, Layers: [l] } }",
        "emulate the property Layers"
      ),
      ("F: { Type: AWS::Lambda::Function, Properties: { Code: f, Role: r, PackageType: Image } }", "knows Zip"),
      ("U: { Type: AWS::Lambda::Url }", "does not emulate resources of the type AWS::Lambda::Url"),
      ("A: { Type: AWS::Lambda::Alias }", "does not emulate resources of the type AWS::Lambda::Alias"),
      (
        "T: { Type: AWS::Serverless::SimpleTable, Properties: { PrimaryKey: { Type: Text } } }",
        "knows Binary, Number, String"
      ),
      (
        "{ T: { Type: AWS::Serverless::SimpleTable, Properties: { TableName: ttt } }, U: { Type: AWS::Serverless::SimpleTable, Properties: { TableName: ttt } } }",
        "two tables have the name 'ttt'"
      ),
      (
        "F: { Type: AWS::Serverless::Function, Properties: { CodeUri: f, Events: { A: { Type: ScheduleV2, Properties: { ScheduleExpression: rate(1 day), Name: n } }, B: { Type: ScheduleV2, Properties: { ScheduleExpression: rate(1 day), Name: n } } } } }",
        "two schedules of the group 'default' have the name 'n'"
      ),
      (
        "F: { Type: AWS::Serverless::Function, Properties: { CodeUri: f, Events: { A: { Type: ScheduleV2, Properties: { ScheduleExpression: rate(1 day), StartDate: d } } } } }",
        "F.Events.A.Properties: the local cloud does not emulate the property StartDate"
      ),
      ("Q: { Type: AWS::SQS::Queue, Properties: { Tags: [{ Key: k }] } }", "a tag of Q has a Key and a Value"),
      ("Q: { Type: AWS::SQS::Queue, Properties: { Tags: blue } }", "Tags of Q is a list or a map, not a scalar"),
      (
        "Q: { Type: AWS::SQS::Queue, Properties: { QueueName: !ImportValue x } }",
        "does not know the function Fn::ImportValue"
      ),
    ])
  func refusals(resource: String, words: String) {
    #expect { try TemplateTests.stack("Resources:\n  \(resource)") } throws: { "\($0)".contains(words) }
  }

  @Test(
    "What does nothing here can be named",
    arguments: [
      ("AWS::IAM::ManagedPolicy", "!Ref R", "arn:aws:iam::123:policy/s-R"), ("AWS::IAM::Role", "!Ref R", "s-R"),
      ("AWS::S3::Bucket", "!GetAtt R.RegionalDomainName", "s-R.s3.eu-west-1.amazonaws.com"),
      ("AWS::KMS::Key", "!GetAtt R.Arn", "arn:aws:kms:eu-west-1:123:key/s-R"),
      ("AWS::Scheduler::ScheduleGroup", "!Ref R", "s-R"), ("AWS::SQS::QueuePolicy", "!GetAtt R.Id", "s-R"),
      ("AWS::Logs::LogGroup", "!GetAtt R.Arn", "arn:aws:logs:eu-west-1:123:log-group:s-R:*"),
    ])
  func ignored(type: String, value: String, expected: String) throws {
    let stack = try TemplateTests.stack("Resources: { R: { Type: \(type) } }\nOutputs: { x: { Value: \(value) } }")
    #expect(stack.outputs.first?.value == expected)
    #expect(stack.members.map(\.isEmulated) == [false] && stack.members.compactMap(\.data) == [])
  }

  @Test("A simple table is a table with one key") func simpleTables() throws {
    let stack = try TemplateTests.stack(
      """
      Globals: { SimpleTable: { SSESpecification: { SSEEnabled: true } } }
      Resources:
        T: { Type: AWS::Serverless::SimpleTable }
        U: { Type: AWS::Serverless::SimpleTable, Properties: { TableName: uuu, PrimaryKey: { Name: k, Type: Number }, Tags: { a: b } } }
      Outputs: { x: { Value: !Sub '${T} ${U.Arn}' } }
      """)
    #expect(
      stack.all(TableResource.self) == [
        .init(name: "s-T", hash: .init(name: "id", type: "S")),
        .init(name: "uuu", hash: .init(name: "k", type: "N"), tags: ["a": "b"]),
      ])
    #expect(stack.outputs.first?.value == "s-T arn:aws:dynamodb:eu-west-1:123:table/uuu")
    #expect(stack.members.map(\.type) == ["AWS::DynamoDB::Table", "AWS::DynamoDB::Table"])
    #expect(stack.members.compactMap(\.data?.words) == ["table s-T", "table uuu"])
  }

  @Test("SAM's ScheduleV2 events are schedules of EventBridge Scheduler") func schedules() throws {
    let stack = try TemplateTests.stack(
      """
      Resources:
        F:
          Type: AWS::Serverless::Function
          Properties:
            CodeUri: f
            Events:
              A: { Type: ScheduleV2, Properties: { ScheduleExpression: rate(1 day), Input: plain words, RetryPolicy: {} } }
              B: { Type: ScheduleV2, Properties: { ScheduleExpression: 'at(2027-01-15T08:01:00)', Name: b, GroupName: g, FlexibleTimeWindow: { Mode: 'OFF' } } }
              C: { Type: ScheduleV2, Properties: { ScheduleExpression: rate(1 day), OmitName: true, RoleArn: r } }
              D: { Type: ScheduleV2, Properties: { ScheduleExpression: rate(1 day), State: DISABLED } }
              E: { Type: Schedule, Properties: { Schedule: rate(1 day), State: DISABLED } }
      """)
    let schedules = stack.all(FunctionResource.self).flatMap(\.schedules)
    #expect(
      schedules.map { $0.arn(Account()) }
        == ["default/FA", "g/b", "default/s-FC"].map {
          "arn:aws:scheduler:us-east-1:000000000000:schedule/\($0)"
        })
    #expect(schedules.map(\.input) == ["plain words", nil, nil])
    #expect(
      stack.members.map { "\($0.logicalID) \($0.physicalID)" } == [
        "F s-F", "FRole s-FRole", "FA FA", "FARole s-FARole", "FB b", "FBRole s-FBRole", "FC s-FC", "FD FD",
        "FDRole s-FDRole", "FE s-FE", "FEPermission s-FEPermission",
      ])
  }
}
