import Foundation
import TestSupport
import Testing

@testable import LocalCloud

/// docs/local-cloud-operations.md says of each operation and each type of resource whether it is there.
@Suite struct OperationsPageTests {
  private static let services = [
    "DynamoDB", "SQS", "SSM", "STS", "Lambda", "Timestream Write", "Timestream Query", "EventBridge",
    "EventBridge Scheduler", "CloudFormation", "API Gateway", "API Gateway V2",
  ]

  /// The sections of a module's operations.
  private static func sections(of module: any ServiceModule) -> [String] {
    switch module {
    case is DynamoDBService: ["DynamoDB"]
    case is SQSService: ["SQS"]
    case is SSMService: ["SSM"]
    case is STSService: ["STS"]
    case is CloudFormationService: ["CloudFormation"]
    case is LambdaService: ["Lambda"]
    // They share a target prefix.
    case is TimestreamService: ["Timestream Write", "Timestream Query"]
    default: []
    }
  }

  /// What Lambda's API calls its routes.
  private static let routes = [
    "POST /2015-03-31/functions/{FunctionName}/invocations": "Invoke",
    "GET /2015-03-31/functions": "ListFunctions",
    "GET /2015-03-31/functions/{FunctionName}": "GetFunction",
    "GET /2015-03-31/functions/{FunctionName}/configuration": "GetFunctionConfiguration",
    "GET /2015-03-31/event-source-mappings": "ListEventSourceMappings",
    "GET /2015-03-31/event-source-mappings/{UUID}": "GetEventSourceMapping",
    "PUT /2015-03-31/event-source-mappings/{UUID}": "UpdateEventSourceMapping",
  ]

  /// A module's operations; a route that is not known goes by itself.
  private static func operations(of module: any ServiceModule) -> [String] {
    guard module is LambdaService else { return module.operations.map(\.name) }
    // The Runtime API is plain; what has no method refuses the rest.
    return module.routes.filter { !$0.isPlain && $0.method != nil }.map { route in
      let path = route.pattern.parts.map { part in
        switch part {
        case .fixed(let text): "/\(text)"
        case .one(let name): "/{\(name)}"
        case .rest(let name): "/{\(name)+}"
        }
      }
      let text = "\(route.method ?? "") \(path.joined())"
      return routes[text] ?? text
    }
  }

  @Test("Each row has operations, their state, and words on what is not all there") func rows() throws {
    let page = try OperationsPage()
    for service in Self.services {
      let rows = try #require(page.sections[service], "\(service)")
      #expect(!rows.isEmpty, "\(service)")
      for row in rows {
        try #require(row.count == 3, "\(row)")
        #expect(!OperationsPage.names(row[0]).isEmpty || row[0] == "every operation", "\(row)")
        #expect(["supported", "partial", "refused"].contains(row[1]), "\(row)")
        #expect(row[1] == "supported" || !row[2].isEmpty, "\(row)")
      }
      let names = page.operations(service, "supported", "partial", "refused")
      #expect(Set(names).count == names.count, "\(service)")
    }
  }

  @Test("The page has every operation that a service has here, and no other as one that is there")
  func operations() async throws {
    let page = try OperationsPage()
    try await TestCloud.with(polls: false) { test in
      for module in test.cloud.modules {
        let sections = Self.sections(of: module)
        let told = Set(sections.flatMap { page.operations($0, "supported", "partial") })
        let operations = Self.operations(of: module)
        #expect(Set(operations).subtracting(told) == [], "\(type(of: module))")
        #expect(told.subtracting(operations) == [], "\(type(of: module))")
        if !operations.isEmpty { #expect(!sections.isEmpty, "\(type(of: module))") }
      }
    }
  }

  // MARK: Templates

  /// Properties without which a type is refused.
  private static let properties: [String: String] = [
    "AWS::DynamoDB::Table":
      "{ KeySchema: [{ AttributeName: k, KeyType: HASH }], AttributeDefinitions: [{ AttributeName: k, AttributeType: S }] }",
    "AWS::Serverless::SimpleTable": "{}", "AWS::Timestream::ScheduledQuery": "{}",
    "AWS::Lambda::Function": "{ Code: f, Role: r }",
    "AWS::SQS::Queue": "{}", "AWS::Timestream::Database": "{}", "AWS::Timestream::Table": "{ DatabaseName: d }",
    "AWS::SSM::Parameter": "{ Value: v }", "AWS::Serverless::Function": "{ CodeUri: f.zip }",
    "AWS::Lambda::EventSourceMapping": "{ FunctionName: f, EventSourceArn: 'arn:aws:sqs:r:1:q' }",
    "AWS::Lambda::EventInvokeConfig": "{ FunctionName: f }",
    "AWS::Events::Rule": "{ ScheduleExpression: rate(1 hour) }",
    "AWS::Scheduler::Schedule":
      "{ ScheduleExpression: rate(1 hour), Target: { Arn: 'arn:aws:sqs:r:1:q' }, FlexibleTimeWindow: { Mode: 'OFF' } }",
    "AWS::Serverless::Api": "{ StageName: v }", "AWS::Serverless::HttpApi": "{}",
    "AWS::ApiGateway::RestApi": "{}", "AWS::ApiGateway::Resource": "{ RestApiId: a, ParentId: p, PathPart: x }",
    "AWS::ApiGateway::Method":
      "{ RestApiId: a, ResourceId: r, HttpMethod: GET, Integration: { Type: AWS_PROXY, IntegrationHttpMethod: POST, Uri: 'arn:aws:lambda:r:1:function:f' } }",
    "AWS::ApiGateway::Deployment": "{ RestApiId: a }", "AWS::ApiGateway::Stage": "{ RestApiId: a, StageName: v }",
    "AWS::ApiGatewayV2::Api": "{}",
    "AWS::ApiGatewayV2::Integration":
      "{ ApiId: a, IntegrationType: AWS_PROXY, IntegrationUri: 'arn:aws:lambda:r:1:function:f' }",
    "AWS::ApiGatewayV2::Route": "{ ApiId: a, RouteKey: GET /, Target: integrations/i }",
    "AWS::ApiGatewayV2::Stage": "{ ApiId: a, StageName: v }",
  ]

  /// The properties that a type reads, and those that it passes over.
  private static func known<Resource: TemplateResource>(
    _ type: Resource.Type
  ) throws -> (read: Set<String>, passedOver: Set<String>) {
    let text = try #require(properties[type.type], "give \(type.type) the properties that it must have")
    var properties = try ResourceProperties("R", YAMLReader.parse(text))
    _ = try Resource("name", &properties, at: TemplateTests.site)
    var read = properties.known.read
    if let name = type.nameProperty { read.insert(name) }
    return (read, properties.known.passedOver)
  }

  @Test("The page has every type of resource that is set up, with its properties") func resources() throws {
    let page = try OperationsPage()
    let rows = try #require(page.sections["Resources of a template"])
    #expect(rows.allSatisfy { $0.count == 3 })
    let types = LocalCloud.resourceTypes.all
    #expect(Set(rows.flatMap { OperationsPage.names($0[0]) }) == Set(types.map { $0.type }))
    #expect(rows.count == types.count)
    for row in rows {
      let type = try #require(types.first { OperationsPage.names(row[0]) == [$0.type] })
      let (read, passedOver) = try Self.known(type)
      #expect(Set(OperationsPage.names(row[1])) == read, "\(type.type)")
      #expect(Set(OperationsPage.names(row[2])) == passedOver, "\(type.type)")
    }
  }

  @Test("The page has every type of resource that is passed over") func passedOver() throws {
    let rows = try #require(try OperationsPage().sections["Resources that are passed over"])
    #expect(rows.flatMap { OperationsPage.names($0[0]) } == IgnoredResource.prefixes)
  }
}
