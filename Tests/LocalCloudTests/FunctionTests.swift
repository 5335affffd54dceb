import AWSClients
import CacheSupport
import Foundation
import HTTPTransport
import TestSupport
import Testing

@testable import LocalCloud

/// Several functions in one stack: behind one API, on queues, on schedules; each a script of a few lines.
@Suite struct FunctionTests {
  static let template = """
    Resources:
      Failures: { Type: 'AWS::SQS::Queue', Properties: { QueueName: failures } }
      Orders: { Type: 'AWS::SQS::Queue', Properties: { QueueName: orders } }
      Letters: { Type: 'AWS::SQS::Queue', Properties: { QueueName: letters } }
      Api: { Type: 'AWS::Serverless::HttpApi', Properties: { StageName: prod } }
      DeviceRule:
        Type: AWS::IoT::TopicRule
        Properties:
          TopicRulePayload: { Sql: SELECT * FROM 'devices/+', Actions: [{ Lambda: { FunctionArn: !GetAtt Write.Arn } }] }
      DevicePermission:
        Type: AWS::Lambda::Permission
        Properties: { Action: 'lambda:InvokeFunction', FunctionName: !Ref Write, SourceArn: !GetAtt DeviceRule.Arn }
      Read:
        Type: AWS::Serverless::Function
        Properties:
          FunctionName: read
          Runtime: provided.al2023
          CodeUri: Echo
          Events:
            Get: { Type: HttpApi, Properties: { ApiId: !Ref Api, Path: '/{proxy+}', Method: GET } }
            Head: { Type: HttpApi, Properties: { ApiId: !Ref Api, Path: '/{proxy+}', Method: HEAD } }
            Series: { Type: HttpApi, Properties: { ApiId: !Ref Api, Path: '/v1/series/{id}', Method: PUT } }
            Old: { Type: HttpApi, Properties: { ApiId: !Ref Api, Path: /old, PayloadFormatVersion: '1.0' } }
            Orders: { Type: SQS, Properties: { Queue: !GetAtt Letters.Arn, BatchSize: 1 } }
      Write:
        Type: AWS::Serverless::Function
        Properties:
          FunctionName: write
          Runtime: provided.al2023
          CodeUri: Echo
          Events:
            Write: { Type: HttpApi, Properties: { ApiId: !Ref Api, Path: /api/v2/write, Method: POST } }
            Health: { Type: HttpApi, Properties: { ApiId: !Ref Api, Path: /health, Method: ANY } }
            Ping: { Type: HttpApi, Properties: { ApiId: !Ref Api, Path: '/v1/{name}/ping', Method: GET } }
            Orders: { Type: SQS, Properties: { Queue: !GetAtt Orders.Arn, BatchSize: 1 } }
            Tick:
              Type: Schedule
              Properties: { Schedule: 'cron(* * * * ? *)', Input: '{"every":"5m"}' }
      Sink:
        Type: AWS::Serverless::Function
        Properties:
          FunctionName: sink
          Runtime: provided.al2023
          CodeUri: Sink
          Events: { All: { Type: HttpApi, Properties: { ApiId: !Ref Api, Path: /sink, Method: POST } } }
      Broken:
        Type: AWS::Serverless::Function
        Properties:
          FunctionName: broken
          Runtime: provided.al2023
          CodeUri: Broken
          EventInvokeConfig:
            MaximumRetryAttempts: 0
            DestinationConfig: { OnFailure: { Type: SQS, Destination: !GetAtt Failures.Arn } }
    Outputs:
      Endpoint: { Value: !Sub '${Api.ApiEndpoint}/prod' }
    """

  /// Runs a body beside functions that note every event in a file of the folder.
  static func with(
    clock: WallClock = .system, polls: Bool = false, _ body: (TestCloud, URL) async throws -> Void
  ) async throws {
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "functions-\(RandomID.uuid())", directoryHint: .isDirectory)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let scripts = [
      "Echo": #"""
      cp "$folder/event" "$(dirname "$0")/$AWS_LAMBDA_FUNCTION_NAME.$id"
      printf '{"statusCode":200,"headers":{"x-function":"%s"},"isBase64Encoded":true,"body":"%s"}' \
        "$AWS_LAMBDA_FUNCTION_NAME" "$(base64 -w0 "$folder/event")" | curl -s --data-binary @- "$api/$id/response"
      """#,
      "Sink": #"curl -s --data '{"statusCode":204}' "$api/$id/response""#,
      "Broken": #"""
      curl -s -H 'Lambda-Runtime-Function-Error-Type: Function.Bad' --data '{"errorType":"Bad","errorMessage":"no"}' \
        "$api/$id/error"
      """#,
    ]
    for (name, script) in scripts {
      try SandboxTests.Scripts.write(LambdaServiceTests.serving(script), to: folder.appending(path: name).path)
    }
    try await TestCloud.with(
      clock: clock, polls: polls,
      configure: {
        $0.template = TemplateFile(name: "functions.yaml", text: template)
        $0.executables = folder.path
      }
    ) { try await body($0, folder) }
  }

  /// The events that a function got, in no order.
  static func events(of function: String, in folder: URL) throws -> [JSON] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasPrefix("\(function).") }.compactMap
    {
      try? JSON(parsing: [UInt8](Data(contentsOf: folder.appending(path: $0))))
    }
  }

  @Test("Of the routes that fit, the most specific has the request; a body comes through whole, and so does an answer")
  func routes() async throws {
    let binary: [UInt8] = [0x1F, 0x8B, 0xFF, 0x00, 0x0A]
    let text = Array("m,t=\u{E9} v=1 1\n".utf8)
    let requests:
      [(method: String, path: String, type: String, encoding: String?, body: [UInt8], route: String?, isText: Bool)] = [
        ("GET", "/v1/series", "", nil, [], "read GET /{proxy+}", false),
        ("GET", "/api/v2/write", "", nil, [], "read GET /{proxy+}", false),
        ("POST", "/api/v2/write", "text/plain; charset=utf-8", nil, text, "write POST /api/v2/write", true),
        ("POST", "/api/v2/write", "text/plain", "gzip", binary, "write POST /api/v2/write", false),
        ("POST", "/api/v2/write", "text/plain", "gzip", text, "write POST /api/v2/write", false),
        ("POST", "/api/v2/write", "text/plain", "identity", text, "write POST /api/v2/write", true),
        ("POST", "/api/v2/write", "text/plain", nil, binary, "write POST /api/v2/write", false),
        ("POST", "/api/v2/write", "Application/JSON", nil, text, "write POST /api/v2/write", true),
        ("POST", "/api/v2/write", "application/xml;charset=utf-8", nil, text, "write POST /api/v2/write", true),
        ("POST", "/api/v2/write", "application/problem+json", nil, text, "write POST /api/v2/write", false),
        ("POST", "/api/v2/write", "application/x-www-form-urlencoded", nil, text, "write POST /api/v2/write", false),
        ("POST", "/api/v2/write", "application/octet-stream", nil, text, "write POST /api/v2/write", false),
        ("POST", "/health", "text/plain", nil, text, "write ANY /health", true),
        ("GET", "/health", "", nil, [], "write ANY /health", false),
        ("GET", "/v1/a/ping", "", nil, [], "write GET /v1/{name}/ping", false),
        ("GET", "/v1/a/pong", "", nil, [], "read GET /{proxy+}", false),
        ("PUT", "/v1/series/a", "text/plain", nil, text, "read PUT /v1/series/{id}", true),
        ("DELETE", "/old", "text/plain", nil, text, "read ", true),
        ("PUT", "/v1/series/a/b", "text/plain", nil, text, nil, false),
        ("POST", "/", "text/plain", nil, text, nil, false),
      ]
    try await Self.with { cloud, _ in
      for (method, path, type, encoding, body, route, isText) in requests {
        var headers: HTTPHeaders = [:]
        if !type.isEmpty { headers["content-type"] = type }
        headers["content-encoding"] = encoding
        let answer = try await cloud.http.send(
          HTTPRequest(method: method, url: cloud.output("Endpoint") + path, headers: headers, body: body))
        guard let route else {
          #expect(answer.status == 404 && answer.body == Array(#"{"message":"Not Found"}"#.utf8), "\(method) \(path)")
          continue
        }
        let event = try JSON(parsing: answer.body)
        #expect("\(answer.headers["x-function"] ?? "") \(event["routeKey"]?.string ?? "")" == route)
        #expect(event["isBase64Encoded"]?.bool == (!isText && !body.isEmpty), "\(type)")
        let sent = event["body"]?.string.map { Array($0.utf8) } ?? []
        #expect((isText ? sent : Base64.decode(sent.span)) == body, "\(type)")
      }
    }
  }

  @Test("HEAD has the headers of the answer and no body") func head() async throws {
    try await Self.with { cloud, _ in
      let answer = try await cloud.http.send(HTTPRequest(method: "HEAD", url: cloud.output("Endpoint") + "/v1/series"))
      #expect(answer.status == 200 && answer.headers["x-function"] == "read" && answer.body.isEmpty)
      #expect(Int(answer.headers["content-length"] ?? "") ?? 0 > 100)
    }
  }

  @Test(
    "The event of a function has at most 6 MB, its body's Base64 included, and a request 10 MB",
    arguments: [
      ("text/plain", 6_200_000, 204), ("text/plain", 6 << 20, 413), ("application/octet-stream", 4_650_000, 204),
      ("application/octet-stream", 4_750_000, 413), ("text/plain", 10 << 20, 413), ("text/plain", (10 << 20) + 1, 413),
    ]) func limits(type: String, size: Int, status: Int) async throws
  {
    try await Self.with { cloud, _ in
      let answer = try await cloud.http.send(
        HTTPRequest(
          method: "POST", url: cloud.output("Endpoint") + "/sink", headers: ["content-type": type],
          body: [UInt8](repeating: 0x61, count: size)))
      #expect(answer.status == status)
      if status == 413 { #expect(answer.body == Array(#"{"message":"Request Entity Too Large"}"#.utf8)) }
    }
  }

  @Test("Each queue's messages go to its own function, and a schedule's input is the event") func sources() async throws
  {
    // A moment before the minute, at which the schedule is due.
    let time = ManualClock(1_800_000_059_980)
    try await Self.with(clock: time.clock, polls: true) { cloud, folder in
      time.advance(20)
      let queues = SQSClient(cloud.client)
      for name in ["orders", "letters"] {
        #expect(try await queues.sendMessageBatch([.init(id: "a", body: name)], to: queues.queueURL(named: name)) == [])
      }
      func has(_ function: String, _ wanted: (JSON) -> Bool) async throws -> Bool {
        try await eventually { try Self.events(of: function, in: folder).filter(wanted).isEmpty == false }
      }
      func isFrom(_ queue: String, _ event: JSON) -> Bool { event["Records"]?.array?.first?["body"]?.string == queue }
      #expect(try await has("write") { isFrom("orders", $0) })
      #expect(try await has("read") { isFrom("letters", $0) })
      #expect(try await has("write") { $0 == ["every": "5m"] })
      let others = try Self.events(of: "read", in: folder).filter { !isFrom("letters", $0) }
      #expect(others == [])
    }
  }

  @Test("An event that failed each time is told to the queue that the function names") func failures() async throws {
    try await Self.with(clock: .fixed(1_800_000_000_000)) { cloud, _ in
      let invocation = try await LambdaClient(cloud.client).invoke(
        "broken", payload: Array(#"{"device":"a"}"#.utf8), type: .event)
      #expect(invocation.status == 202)
      let queues = SQSClient(cloud.client)
      let queue = try await queues.queueURL(named: "failures")
      let messages = try await queues.receiveMessages(from: queue, wait: 20)
      #expect(messages.count == 1)
      let message = try #require(messages.first)
      var record = try #require(try JSON(parsing: Array(message.body.utf8)).object)
      let context = try #require(record["requestContext"])
      record["requestContext"] = nil
      #expect(
        JSON.object(record) == [
          "version": "1.0", "timestamp": "2027-01-15T08:00:00Z", "requestPayload": ["device": "a"],
          "responseContext": ["statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"],
          "responsePayload": ["errorType": "Bad", "errorMessage": "no"],
        ])
      #expect(
        context == [
          "requestId": context["requestId"] ?? .null,
          "functionArn": "arn:aws:lambda:us-east-1:000000000000:function:broken:$LATEST",
          "condition": "RetriesExhausted",
          "approximateInvokeCount": 1,
        ])
      #expect(context["requestId"]?.string?.count == 36)
    }
  }

  @Test("What does nothing here is named; a queue for failures must be there") func named() async throws {
    try await Self.with { cloud, _ in
      #expect(
        cloud.cloud.ignored == ["AWS::IoT::TopicRule: DeviceRule", "AWS::Lambda::Permission: DevicePermission"])
      #expect(cloud.cloud.plan.contains("failures to failures"))
    }
    var options = LocalCloud.Options(
      template: TemplateFile(
        name: "functions.yaml",
        text: Self.template.replacing("Destination: !GetAtt Failures.Arn", with: "Destination: 'arn:aws:sqs:r:1:no'")))
    options.port = 0
    #expect { try LocalCloud.plan(options) } throws: {
      "\($0)".contains("the function broken tells failures to the queue 'no', which the stack does not have")
    }
  }
}
