import CacheSupport
import Testing

@testable import LocalCloud

/// What templates make of API Gateway's resources.
@Suite struct GatewayTemplateTests {
  private static let function = "Type: AWS::Serverless::Function, Properties: { CodeUri: a.zip, Events: "

  private static func id(_ logicalID: String) -> String { GatewayAPI.id(of: logicalID, in: "s") }

  @Test("Events without an API make SAM's own, by the template's globals") func implicit() throws {
    let stack = try TemplateTests.stack(
      """
      Globals: { Api: { Cors: "'*'", StageName: other }, HttpApi: { StageVariables: { a: b } } }
      Resources:
        F: { \(Self.function) {
          A: { Type: Api, Properties: { Path: /hello/, Method: get } },
          B: { Type: HttpApi, Properties: { Path: /x, Method: GET, RouteSettings: { ThrottlingBurstLimit: 3 } } },
          C: { Type: HttpApi } } } }
      Outputs:
        Rest: { Value: !Sub "https://${ServerlessRestApi}.execute-api.${AWS::Region}.amazonaws.com/Prod/hello/" }
        Http: { Value: !Sub "https://${ServerlessHttpApi}.execute-api.${AWS::Region}.${AWS::URLSuffix}" }
        Role: { Value: !GetAtt FRole.Arn }
        Stage: { Value: !Ref ServerlessRestApi.Stage }
        Stages: { Value: !Sub "${ServerlessRestApi.Stage} ${ServerlessHttpApi.Stage}" }
      """)
    let address = TemplateTests.site.address + "/_aws/execute-api/"
    #expect(
      stack.outputs.map(\.value) == [
        address + Self.id("ServerlessRestApi") + "/Prod/hello/", address + Self.id("ServerlessHttpApi"),
        "arn:aws:iam::123:role/s-FRole", "Prod", "Prod $default",
      ])
    let (rest, http) = (stack.apis[0], stack.apis[1])
    #expect(rest.kind == .rest && rest.stages == [GatewayStage(name: "Prod")])
    #expect(rest.routes.map(\.key) == ["GET /hello", "OPTIONS /hello"])
    #expect(
      rest.routes[1].integration
        == .preflight([
          HeaderLine(name: "Access-Control-Allow-Origin", value: "*"),
          HeaderLine(name: "Access-Control-Allow-Methods", value: "GET,OPTIONS"),
        ]))
    #expect(http.kind == .http && http.stages == [GatewayStage(name: "$default", variables: ["a": "b"])])
    #expect(http.routes.map(\.key) == ["GET /x", "$default"])
    #expect(http.stages[0].throttle(of: http.routes[0]) == Throttle(burst: 3))
  }

  @Test(
    "SAM's own API is there where one of its functions is",
    arguments: [("a", "b", 0), ("a", "a", 1), ("b", "b", 1), ("b", "a", 2)])
  func conditions(first: String, second: String, functions: Int) throws {
    let event = "{ A: { Type: Api, Properties: { Path: '/PATH', Method: get } } }"
    let stack = try TemplateTests.stack(
      """
      Conditions: { One: !Equals [\(first), b], Two: !Equals [\(second), a] }
      Resources:
        Q: { Type: AWS::SQS::Queue }
        F: { Condition: One, \(Self.function) \(event.replacing("PATH", with: "f")) } }
        G: { Condition: Two, \(Self.function) \(event.replacing("PATH", with: "g")) } }
      """)
    #expect(stack.apis.map(\.routes.count) == (functions == 0 ? [] : [functions]))
  }

  @Test("What SAM makes of APIs and their events is told") func parts() throws {
    let stack = try TemplateTests.stack(
      """
      Resources:
        F: { \(Self.function) {
          A: { Type: Api, Properties: { Path: /a, Method: get } },
          B: { Type: Api, Properties: { Path: /b, Method: get, RestApiId: !Ref R } },
          C: { Type: HttpApi } } } }
        R: { Type: AWS::Serverless::Api, Properties: { StageName: v1 } }
        H: { Type: AWS::Serverless::HttpApi, Properties: { StageName: v2 } }
      """)
    let found = stack.members.map { "\($0.type) \($0.logicalID) \($0.isEmulated)" }
      .map { $0.replacing(/Deployment[0-9a-f]{10}/, with: "DeploymentX") }
    #expect(
      found.filter { $0.contains("ApiGateway") || $0.contains("Permission") }.sorted() == [
        "AWS::ApiGateway::Deployment RDeploymentX true",
        "AWS::ApiGateway::Deployment ServerlessRestApiDeploymentX true",
        "AWS::ApiGateway::RestApi R true", "AWS::ApiGateway::RestApi ServerlessRestApi true",
        "AWS::ApiGateway::Stage Rv1Stage true", "AWS::ApiGateway::Stage ServerlessRestApiProdStage true",
        "AWS::ApiGatewayV2::Api H true", "AWS::ApiGatewayV2::Api ServerlessHttpApi true",
        "AWS::ApiGatewayV2::Stage Hv2Stage true",
        "AWS::ApiGatewayV2::Stage ServerlessHttpApiApiGatewayDefaultStage true",
        "AWS::Lambda::Permission FAPermissionProd false", "AWS::Lambda::Permission FBPermissionv1 false",
        "AWS::Lambda::Permission FCPermission false",
      ])
  }

  @Test(
    "A stage is not called as this cloud's own paths begin",
    arguments: ["_local-cloud", "2015-03-31", "_aws", "page", "sample", "runtime", "000000000000", "123456789012"])
  func reserved(name: String) {
    for type in ["AWS::Serverless::Api", "AWS::Serverless::HttpApi"] {
      #expect {
        try TemplateTests.stack("Resources:\n  A: { Type: \(type), Properties: { StageName: '\(name)' } }")
      } throws: {
        "\($0)".contains("the local cloud has paths of its own below /\(name)")
      }
    }
  }

  @Test("One API with a named stage is at the root") func single() throws {
    let stack = try TemplateTests.stack(
      """
      Resources:
        A: { Type: AWS::Serverless::Api, Properties: { StageName: v1 } }
      Outputs: { U: { Value: !Join ["", ["https://", !Ref A, .execute-api., !Ref AWS::Region, ".amazonaws.com/v1"]] } }
      """)
    #expect(stack.outputs.map(\.value) == [TemplateTests.site.address + "/v1"])
  }

  @Test("CloudFormation's own resources make the same APIs") func cloudFormation() throws {
    let integration =
      "arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${F.Arn}/invocations"
    let stack = try TemplateTests.stack(
      """
      Resources:
        F: { Type: AWS::Serverless::Function, Properties: { CodeUri: a.zip, FunctionName: f } }
        R: { Type: AWS::ApiGateway::RestApi, Properties: { Name: r, BinaryMediaTypes: ['*/*'] } }
        Items: { Type: AWS::ApiGateway::Resource, Properties: { RestApiId: !Ref R, ParentId: !GetAtt R.RootResourceId, PathPart: items } }
        Item: { Type: AWS::ApiGateway::Resource, Properties: { RestApiId: !Ref R, ParentId: !Ref Items, PathPart: '{id}' } }
        Get:
          Type: AWS::ApiGateway::Method
          Properties:
            RestApiId: !Ref R
            ResourceId: !Ref Item
            HttpMethod: GET
            AuthorizationType: NONE
            Integration: { Type: AWS_PROXY, IntegrationHttpMethod: POST, Uri: !Sub "\(integration)", TimeoutInMillis: 50 }
        D: { Type: AWS::ApiGateway::Deployment, DependsOn: Get, Properties: { RestApiId: !Ref R, StageName: one } }
        S:
          Type: AWS::ApiGateway::Stage
          Properties:
            RestApiId: !Ref R
            DeploymentId: !Ref D
            StageName: two
            Variables: { a: b }
            MethodSettings: [{ ResourcePath: "/~1items~1{id}", HttpMethod: GET, ThrottlingRateLimit: 0.5 }]
        H: { Type: AWS::ApiGatewayV2::Api, Properties: { Name: h, ProtocolType: HTTP } }
        I: { Type: AWS::ApiGatewayV2::Integration, Properties: { ApiId: !Ref H, IntegrationType: AWS_PROXY, IntegrationUri: !GetAtt F.Arn, PayloadFormatVersion: '2.0' } }
        P: { Type: AWS::ApiGatewayV2::Route, Properties: { ApiId: !Ref H, RouteKey: 'POST /items', Target: !Join [/, [integrations, !Ref I]] } }
        V: { Type: AWS::ApiGatewayV2::Stage, Properties: { ApiId: !Ref H, StageName: $default, AutoDeploy: true } }
        Q: { Type: AWS::ApiGatewayV2::Api, Properties: { Name: q, ProtocolType: HTTP, Target: !GetAtt F.Arn, CorsConfiguration: { AllowOrigins: ['*'] } } }
      """)
    func route(_ method: String, _ path: String, _ payload: String, _ limit: Int) -> APIRoute {
      APIRoute(
        method: method, path: path, integration: .function("f"), payload: payload, timeoutMilliseconds: limit)
    }
    #expect(
      stack.apis == [
        GatewayAPI(
          kind: .rest, id: Self.id("R"),
          stages: [
            GatewayStage(
              name: "two", variables: ["a": "b"], routeThrottles: ["GET /items/{id}": Throttle(rate: 0.5)]),
            GatewayStage(name: "one"),
          ], routes: [route("GET", "/items/{id}", "1.0", 50)], binaryTypes: [try #require(MediaTypeRange("*/*"))]),
        GatewayAPI(
          kind: .http, id: Self.id("H"), stages: [GatewayStage(name: "$default")],
          routes: [route("POST", "/items", "2.0", 30_000)]),
        GatewayAPI(
          kind: .http, id: Self.id("Q"), stages: [GatewayStage(name: "$default")],
          routes: [route("", "$default", "2.0", 30_000)], cors: CORSConfiguration(origins: ["*"])),
      ])
  }

  @Test(
    "What AWS refuses, and what is not emulated, is refused by name",
    arguments: [
      ("A: { Type: AWS::Serverless::Api, Properties: {} }", "A has no StageName"),
      ("A: { Type: AWS::Serverless::Api, Properties: { StageName: v, Cors: '*' } }", "wants it in single quotes"),
      (
        "A: { Type: AWS::Serverless::Api, Properties: { StageName: v, Auth: { ApiKeyRequired: true } } }",
        "does not emulate the property Auth"
      ),
      ("A: { Type: AWS::Serverless::Api, Properties: { StageName: $default } }", "give letters, digits"),
      (
        "A: { Type: AWS::Serverless::HttpApi, Properties: { RouteSettings: { GET /x: { ThrottlingRateLimit: 1 } } } }",
        "the stage $default of A has settings of the route 'GET /x', which is not there"
      ),
      (
        "A: { Type: AWS::Serverless::HttpApi, Properties: { CorsConfiguration: { AllowOrigins: ['*'], AllowCredentials: true } } }",
        "AllowCredentials cannot be true"
      ),
      (
        "A: { Type: AWS::Serverless::HttpApi, Properties: { DefaultRouteSettings: { ThrottlingRateLimit: nan } } }",
        "ThrottlingRateLimit of A.DefaultRouteSettings is 'nan': give a number from 0"
      ),
      ("A: { Type: AWS::ApiGatewayV2::Api, Properties: { ProtocolType: WEBSOCKET } }", "the local cloud knows HTTP"),
      (
        "A: { Type: AWS::ApiGateway::Resource, Properties: { RestApiId: x, ParentId: y, PathPart: z } }",
        "A: there is no REST API 'x'"
      ),
      (
        "{ R: { Type: AWS::ApiGateway::RestApi }, A: { Type: AWS::ApiGateway::Resource, Properties: { RestApiId: !Ref R, ParentId: !Ref A, PathPart: z } } }",
        "below its root"
      ),
      (
        "{ R: { Type: AWS::ApiGateway::RestApi }, A: { Type: AWS::ApiGateway::Resource, Properties: { RestApiId: !Ref R, ParentId: y, PathPart: z } } }",
        "A: R has no resource 'y' below its root"
      ),
      (
        "F: { Type: AWS::Serverless::Function, Properties: { CodeUri: a.zip, Events: { E: { Type: Api, Properties: { RestApiId: x, Path: /, Method: GET } } } } }",
        "there is no AWS::Serverless::Api 'x'"
      ),
      (
        "F: { Type: AWS::Serverless::Function, Properties: { CodeUri: a.zip, Events: { E: { Type: Api, Properties: { Path: /, Method: GET } }, G: { Type: Api, Properties: { Path: /, Method: get } } } } }",
        "two routes of ServerlessRestApi have the name 'GET /'"
      ),
      (
        "F: { Type: AWS::Serverless::Function, Properties: { CodeUri: a.zip, Events: { E: { Type: Api, Properties: { Path: '/a/{id}', Method: GET } }, G: { Type: Api, Properties: { Path: '/a/{name}/b', Method: GET } } } } }",
        "the route GET /a/{name}/b of ServerlessRestApi: A sibling ({id}) of this resource already has a variable path part -- only one is allowed"
      ),
      (
        "F: { Type: AWS::Serverless::Function, Properties: { CodeUri: a.zip, Events: { E: { Type: Api, Properties: { Path: '/{proxy+}', Method: ANY } }, G: { Type: Api, Properties: { Path: '/{id}', Method: GET } } } } }",
        "A sibling ({proxy+}) of this resource"
      ),
    ])
  func refused(resource: String, expected: String) {
    #expect { try TemplateTests.stack("Resources:\n  " + resource) } throws: { "\($0)".contains(expected) }
  }
}
