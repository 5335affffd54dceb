import AWSClients
import CacheSupport
import Foundation
import TestSupport
import Testing

@testable import LocalCloud

/// CloudFormation's own resources of Lambda, beside SAM's.
@Suite struct LambdaResourceTests {
  static let template = """
    Resources:
      Q: { Type: AWS::SQS::Queue, Properties: { QueueName: orders, VisibilityTimeout: 900 } }
      D: { Type: AWS::SQS::Queue, Properties: { QueueName: done } }
      F: { Type: AWS::Serverless::Function, Properties: { FunctionName: f, CodeUri: Answer, Timeout: 900 } }
      M:
        Type: AWS::Lambda::EventSourceMapping
        Properties:
          FunctionName: !GetAtt F.Arn
          EventSourceArn: !GetAtt Q.Arn
          BatchSize: 3
          ScalingConfig: { MaximumConcurrency: 12 }
      C:
        Type: AWS::Lambda::EventInvokeConfig
        Properties:
          FunctionName: !Ref F
          Qualifier: $LATEST
          MaximumRetryAttempts: 0
          DestinationConfig: { OnSuccess: { Destination: !GetAtt D.Arn } }
    Outputs:
      Mapping: { Value: !Ref M }
      Arn: { Value: !GetAtt M.EventSourceMappingArn }
    """

  @Test("A queue's messages and an event that nobody waits for go as the resources say") func runs() async throws {
    let script = #"cp "$folder/event" "$home/$id.event"; "# + LambdaServiceTests.done
    try await LambdaServiceTests.with(Self.template, ["Answer": script]) { cloud, folder in
      let mapping = EventSourceMapping(queue: "orders", function: "f", batchSize: 3, concurrency: 12)
      #expect(cloud.output("Mapping") == mapping.id)
      #expect(cloud.output("Arn") == "arn:aws:lambda:us-east-1:000000000000:event-source-mapping:\(mapping.id)")
      #expect(cloud.cloud.plan.contains("12 at once") && cloud.cloud.plan.contains("0 retries, successes to done"))
      let queues = SQSClient(cloud.client)
      let orders = try await queues.queueURL(named: "orders")
      let entries = (0..<3).map { SQSClient.Entry(id: "\($0)", body: "\($0)") }
      #expect(try await queues.sendMessageBatch(entries, to: orders) == [])
      #expect(try await LambdaServiceTests.isEmpty(orders, queues))
      let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".event") }
      #expect(files.count == 1)
      _ = try await LambdaClient(cloud.client).invoke("f", payload: Array(#"{"a":1}"#.utf8), type: .event)
      let done = try await queues.queueURL(named: "done")
      var told: [String] = []
      #expect(
        try await eventually {
          told += try await queues.receiveMessages(from: done, wait: 20).map(\.body)
          return !told.isEmpty
        })
      #expect(try JSON(parsing: told[0])["requestPayload"] == ["a": 1])
    }
  }

  @Test(
    "What does not fit together is refused",
    arguments: [
      ("FunctionName: !GetAtt F.Arn", "FunctionName: g", "invokes the function 'g', which the stack does not have"),
      ("FunctionName: !GetAtt F.Arn", "FunctionName: !GetAtt Q.Arn", "is no function"),
      ("EventSourceArn: !GetAtt Q.Arn", "EventSourceArn: !GetAtt F.Arn", "is no queue"),
      ("EventSourceArn: !GetAtt Q.Arn", "EventSourceArn: 'arn:aws:sqs:r:1:no'", "reads the queue 'no', which"),
      ("BatchSize: 3", "BatchSize: 11", "M: Maximum batch window in seconds must be greater than 0"),
      (
        "CodeUri: Answer, Timeout: 900 }",
        "CodeUri: Answer, Events: { E: { Type: SQS, Properties: { Queue: !GetAtt Q.Arn } } } }",
        "reads the queue 'orders' twice"
      ),
      (
        "{ Destination: !GetAtt D.Arn }", "{ Destination: 'arn:aws:sqs:r:1:no' }",
        "tells successes to the queue 'no', which"
      ),
      ("{ Destination: !GetAtt D.Arn }", "{ Type: Lambda, Destination: !GetAtt D.Arn }", "whatever the Type says"),
      ("Qualifier: $LATEST", "Qualifier: live", "the local cloud knows $LATEST"),
    ])
  func mistakes(old: String, new: String, words: String) {
    #expect(Self.template.ranges(of: old).count == 1)
    let text = Self.template.replacing(old, with: new)
    #expect { try TemplateTests.stack(text) } throws: { "\($0)".contains(words) }
  }
}
