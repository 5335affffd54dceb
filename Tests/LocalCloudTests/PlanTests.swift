import Testing

@testable import LocalCloud

/// What the plan checks across resources, and what it says in short.
@Suite struct PlanTests {
  static func function(_ properties: String) -> String {
    "F: { Type: AWS::Serverless::Function, Properties: { FunctionName: f, CodeUri: a.zip, \(properties) } }"
  }

  static let event = "Events: { E: { Type: SQS, Properties: { Queue: !GetAtt Q.Arn } } }"

  static let queue = "Q: { Type: AWS::SQS::Queue, Properties: { QueueName: q } }\n  "
  static let advice = "Give the queue a VisibilityTimeout of at least"

  static let refusals: [(resources: String, words: String)] = [
    (
      queue + function("Timeout: 60, \(event)"),
      """
      the function f cannot read the queue q: Queue visibility timeout: 30 seconds is less than Function timeout: 60 seconds. \
      \(advice) 60, or the function a Timeout of at most 30
      """
    ),
    (
      """
      Q: { Type: AWS::SQS::Queue, Properties: { QueueName: q, VisibilityTimeout: 9 } }
        \(function("Timeout: 10"))
        M: { Type: AWS::Lambda::EventSourceMapping, Properties: { FunctionName: f, EventSourceArn: !GetAtt Q.Arn } }
      """,
      """
      the function f cannot read the queue q: Queue visibility timeout: 9 seconds is less than Function timeout: 10 seconds. \
      \(advice) 10, or the function a Timeout of at most 9
      """
    ),
    (
      function("Events: { E: { Type: SQS, Properties: { Queue: 'arn:aws:sqs:eu-west-1:123:none' } } }"),
      "the function f reads the queue 'none', which the stack does not have"
    ),
    (
      queue + function("Events: { E: { Type: SQS, Properties: { Queue: !GetAtt Q.Arn, BatchSize: 11 } } }"),
      "F.Events.E.Properties: "
    ),
    (
      """
      Q:
          Type: AWS::SQS::Queue
          Properties:
            QueueName: q
            RedrivePolicy: { deadLetterTargetArn: 'arn:aws:sqs:eu-west-1:123:none', maxReceiveCount: 3 }
      """,
      "the queue q sends dead letters to 'none', which the stack does not have"
    ),
    (function("Timeout: 901"), "Timeout of F is '901': give 1 to 900"),
    (
      "P: { Type: AWS::SSM::Parameter, Properties: { Name: a/b, Type: String, Value: x } }",
      "the parameter 'a/b' cannot have this Name: Parameter name must be a fully qualified name."
    ),
    (
      "P: { Type: AWS::SSM::Parameter, Properties: { Name: p, Type: String, Value: x, AllowedPattern: '[0-9]+' } }",
      "the parameter p cannot be set: Parameter value, cannot be validated against allowedPattern: [0-9]+"
    ),
    (
      "P: { Type: AWS::SSM::Parameter, Properties: { Name: p, Type: String, Value: x, DataType: Text } }",
      "the parameter p cannot be set: The following data type is not supported: Text"
    ),
    (
      "T: { Type: AWS::Serverless::SimpleTable, Properties: { TableName: tt } }",
      "the table 'tt' cannot have this TableName: TableName must be at least 3 characters long"
    ),
  ]

  @Test(
    "What AWS refuses across resources is refused with the resource, the property and what to do",
    arguments: refusals.indices)
  func refused(index: Int) {
    let (resources, words) = Self.refusals[index]
    #expect { try TemplateTests.stack("Resources:\n  \(resources)\n") } throws: { "\($0)".contains(words) }
  }

  @Test("A visibility as long as the function may run is enough, and a queue that nobody reads may have any")
  func enough() throws {
    let queue = Self.queue.replacing("QueueName: q", with: "QueueName: q, VisibilityTimeout: 60")
    for function in ["Timeout: 60, \(Self.event)", "Timeout: 900"] {
      _ = try TemplateTests.stack("Resources:\n  \(queue)\(Self.function(function))")
    }
  }

  @Test("An API that waits less long than its function may run is a warning", arguments: [(30, 0), (31, 1)])
  func warnings(timeout: Int, count: Int) throws {
    let events = "Events: { E: { Type: HttpApi, Properties: { ApiId: !Ref A, Path: /x, Method: get } } }"
    let stack = try TemplateTests.stack(
      """
      Resources:
        A: { Type: AWS::Serverless::HttpApi, Properties: { StageName: v } }
        \(Self.function("Timeout: \(timeout), \(events)"))
      """)
    let words =
      "GET /x: the API waits 30000 ms and then answers 503, while the function f may run 31 s: give it a smaller Timeout"
    #expect(stack.warnings == Array(repeating: words, count: count))
  }

  @Test("What does nothing is told in one short line") func short() throws {
    let text = """
      Resources:
        A: { Type: AWS::SNS::Topic }
        B: { Type: AWS::SNS::Topic }
        C: { Type: AWS::CloudWatch::Alarm, Properties: {} }
        D: { Type: AWS::Timestream::Database, Properties: { KmsKeyId: k } }
      """
    #expect(try TemplateTests.stack(text).ignoredWords == "3 resources (CloudWatch, SNS) and 1 property")
    #expect(try TemplateTests.stack("Resources: { Q: { Type: AWS::SQS::Queue } }").ignoredWords == nil)
  }

  @Test(
    "What is no YAML is told with line and column",
    arguments: [
      ("Resources: [", "t.yaml:2:1: this is not YAML: did not find expected node content"),
      ("a: b: c", "t.yaml:1:5: this is not YAML: mapping values are not allowed in this context"),
      ("", "t.yaml: the file is empty"),
      ("Resources: {}\nFoo: 1", "t.yaml:2: the local cloud does not know the section Foo"),
    ])
  func syntax(text: String, words: String) {
    #expect { try TemplateTests.stack(text) } throws: { "\($0)" == words }
  }
}
