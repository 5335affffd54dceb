"""APIs side by side: their addresses, their events by Powertools' models, and what each kind answers by itself."""

import http.client
import json
import urllib.parse

import pytest
from aws_lambda_powertools.utilities.parser.models import APIGatewayProxyEventModel, APIGatewayProxyEventV2Model

from bootstraps import bootstrap
from stack import Stack
from test_second_project import ask

INTEGRATION = "arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Echo.Arn}/invocations"
TEMPLATE = f"""
Transform: AWS::Serverless-2016-10-31
Resources:
  Rest: {{ Type: AWS::Serverless::Api, Properties: {{ StageName: v1, Variables: {{ color: red }} }} }}
  Http:
    Type: AWS::Serverless::HttpApi
    Properties:
      StageName: v2
      CorsConfiguration:
        AllowOrigins: [https://a.example, "http://*"]
        AllowMethods: [GET, POST]
        AllowHeaders: [x-key]
        ExposeHeaders: [x-answer]
        MaxAge: 60
        AllowCredentials: true
      DefaultRouteSettings: {{ ThrottlingRateLimit: 1000, ThrottlingBurstLimit: 1000 }}
      RouteSettings: {{ GET /few: {{ ThrottlingRateLimit: 0.001, ThrottlingBurstLimit: 1 }} }}
  Quick: {{ Type: AWS::ApiGatewayV2::Api, Properties: {{ Name: quick, ProtocolType: HTTP, Target: !GetAtt Echo.Arn }} }}
  Plain: {{ Type: AWS::ApiGateway::RestApi, Properties: {{ Name: plain }} }}
  Thing: {{ Type: AWS::ApiGateway::Resource, Properties: {{ RestApiId: !Ref Plain, ParentId: !GetAtt Plain.RootResourceId, PathPart: "{{thing}}" }} }}
  GetThing:
    Type: AWS::ApiGateway::Method
    Properties:
      RestApiId: !Ref Plain
      ResourceId: !Ref Thing
      HttpMethod: GET
      AuthorizationType: NONE
      Integration: {{ Type: AWS_PROXY, IntegrationHttpMethod: POST, Uri: !Sub "{INTEGRATION}" }}
  Deployment: {{ Type: AWS::ApiGateway::Deployment, DependsOn: GetThing, Properties: {{ RestApiId: !Ref Plain, StageName: v1 }} }}
  Echo:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: Echo
      Timeout: 900
      Events:
        Items: {{ Type: Api, Properties: {{ RestApiId: !Ref Rest, Path: /items, Method: any }} }}
        Rest: {{ Type: Api, Properties: {{ RestApiId: !Ref Rest, Path: "/all/{{proxy+}}", Method: get }} }}
        SlowRest: {{ Type: Api, Properties: {{ RestApiId: !Ref Rest, Path: /slow, Method: get, TimeoutInMillis: 50 }} }}
        Two: {{ Type: HttpApi, Properties: {{ ApiId: !Ref Http, Path: "/two/{{id}}", Method: get }} }}
        One: {{ Type: HttpApi, Properties: {{ ApiId: !Ref Http, Path: "/one/{{id}}", Method: post, PayloadFormatVersion: "1.0" }} }}
        Few: {{ Type: HttpApi, Properties: {{ ApiId: !Ref Http, Path: /few, Method: get }} }}
        SlowHttp: {{ Type: HttpApi, Properties: {{ ApiId: !Ref Http, Path: /slow, Method: get, TimeoutInMillis: 50 }} }}
Outputs:
  Rest: {{ Value: !Sub "https://${{Rest}}.execute-api.${{AWS::Region}}.amazonaws.com/v1" }}
  RestId: {{ Value: !Ref Rest }}
  Http: {{ Value: !Sub "${{Http.ApiEndpoint}}/v2" }}
  HttpId: {{ Value: !Ref Http }}
  Quick: {{ Value: !GetAtt Quick.ApiEndpoint }}
  Plain: {{ Value: !Sub "https://${{Plain}}.execute-api.${{AWS::Region}}.${{AWS::URLSuffix}}/v1" }}
"""
ECHO = """
import time

def handler(event):
    if (event.get("rawPath") or event.get("path")).endswith("/slow"):
        # Cut short by the gateway; the process goes on.
        time.sleep(1)
    if "fail" in (event.get("queryStringParameters") or {}):
        raise ValueError("asked for")
    return {"statusCode": 200, "headers": {"access-control-allow-origin": "own"}, "body": json.dumps(event)}
"""


@pytest.fixture(scope="module")
def apis(tmp_path_factory):
    stack = Stack(tmp_path_factory.mktemp("apis"), TEMPLATE)
    (stack.folder / "Echo").write_text(bootstrap(ECHO))
    (stack.folder / "Echo").chmod(0o755)
    with stack.running() as cloud:
        yield cloud


def event_of(url, *arguments, **headers):
    status, _, body = ask(url, *arguments, **headers)
    assert status == 200, body
    return json.loads(body)


def by_host(cloud, host, path):
    place = urllib.parse.urlsplit(cloud.address)
    connection = http.client.HTTPConnection(place.hostname, place.port, timeout=300)
    connection.request("GET", path, headers={"Host": f"{host}:{place.port}"})
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read())


def test_several_apis_are_told_apart_by_path_and_by_host(apis):
    rest, http_api = apis.outputs["RestId"], apis.outputs["HttpId"]
    assert len({rest, http_api}) == 2 and all(len(id) == 10 for id in (rest, http_api))
    assert apis.outputs["Rest"] == f"{apis.address}/_aws/execute-api/{rest}/v1"
    assert event_of(apis.outputs["Rest"] + "/items")["requestContext"]["apiId"] == rest
    assert event_of(apis.outputs["Plain"] + "/a%20b")["pathParameters"] == {"thing": "a%20b"}
    # A stage that one API alone has is at the root; v1 is two APIs'.
    assert event_of(apis.address + "/v2/two/x")["rawPath"] == "/v2/two/x"
    assert ask(apis.address + "/v1/items")[0] == 404
    for domain in ("localhost", "us-east-1.amazonaws.com"):
        status, event = by_host(apis, f"{rest}.execute-api.{domain}", "/v1/items?a=b")
        assert status == 200 and event["path"] == "/items" and event["requestContext"]["path"] == "/v1/items"
    assert by_host(apis, f"{rest}.execute-api.localhost", "/") == (403, {"message": "Forbidden"})
    assert by_host(apis, "nobody.execute-api.localhost", "/v1/items") == (403, {"message": "Forbidden"})
    # The stage $default stands in no path, and the route takes what there is.
    quick = event_of(apis.outputs["Quick"] + "/any/thing/", "POST", b"x", Content_Type="text/plain")
    assert (quick["rawPath"], quick["routeKey"], quick["requestContext"]["stage"], quick["body"]) == ("/any/thing/", "$default", "$default", "x")
    assert event_of(apis.outputs["Quick"])["rawPath"] == "/"


def test_an_api_is_found_however_its_path_is_written(apis):
    rest = apis.outputs["RestId"]
    for path in (f"//_aws/execute-api/{rest}/v1/items", f"/_aws//execute-api/{rest}/v1/items", f"/_aws/execute-api/%{ord(rest[0]):x}{rest[1:]}/v1/items"):
        status, event = by_host(apis, "localhost", path)
        assert (status, event.get("path")) == (200, "/items"), path
    assert by_host(apis, "localhost", f"/_aws/execute-api/{rest}") == (403, {"message": "Forbidden"})


def test_a_page_of_another_site_asks_nothing_by_a_name_of_its_own(apis):
    rest, http_api = apis.outputs["RestId"], apis.outputs["HttpId"]
    for path in (f"/_aws/execute-api/{rest}/v1/items", f"/_aws/execute-api/{http_api}/v2/two/x", "/v2/two/x"):
        for host in ("evil.com", "127.0.0.1.evil.com", f"{rest}.execute-api.evil.com"):
            status, answer = by_host(apis, host, path)
            assert status == 403 and answer["message"].startswith("The header Host is not this cloud's: ask 127.0.0.1:"), (host, path)
        assert by_host(apis, "localhost", path)[0] == 200


def test_powertools_models_take_the_events(apis):
    agent = {"User_Agent": "test", "X_Many": "1"}
    for url in (apis.outputs["Rest"] + "/items?a=1&a=2", apis.outputs["Plain"] + "/x", apis.outputs["Rest"] + "/all/a/b/"):
        event = APIGatewayProxyEventModel.model_validate(event_of(url, **agent))
        assert event.requestContext.requestTime and event.requestContext.identity.userAgent == "test" and event.requestContext.extendedRequestId
    one = APIGatewayProxyEventModel.model_validate(event_of(apis.outputs["Http"] + "/one/x?b=", "POST", b"{}", **agent))
    assert one.version == "1.0" and one.requestContext.resourceId == "POST /one/{id}" and one.pathParameters == {"id": "x"}
    two = APIGatewayProxyEventV2Model.model_validate(event_of(apis.outputs["Http"] + "/two/x?b=1&b=2", Cookie="c=1; d=2", **agent))
    assert two.cookies == ["c=1", "d=2"] and two.queryStringParameters == {"b": "1,2"} and two.requestContext.time.endswith(" +0000")


def test_each_kind_has_its_own_errors(apis):
    rest, http_api = apis.outputs["Rest"], apis.outputs["Http"]
    assert event_of(rest + "/items/")["path"] == "/items/" and event_of(rest + "/items")["stageVariables"] == {"color": "red"}
    cases = [
        (rest + "/nothing", 403, b'{"message":"Missing Authentication Token"}'), (rest + "/all", 403, b'{"message":"Missing Authentication Token"}'),
        (rest + "/items?fail=1", 502, b'{"message": "Internal server error"}'), (rest + "/slow", 504, b'{"message": "Endpoint request timed out"}'),
        (rest.replace("/v1", "/v9") + "/items", 403, b'{"message":"Forbidden"}'),
        (http_api + "/nothing", 404, b'{"message":"Not Found"}'), (http_api + "/two/x/", 404, b'{"message":"Not Found"}'),
        (http_api + "/two/x?fail=1", 500, b'{"message":"Internal Server Error"}'), (http_api + "/slow", 503, b'{"message":"Service Unavailable"}'),
        (http_api.replace("/v2", "/v9") + "/two/x", 404, b'{"message":"Not Found"}')]
    for url, status, body in cases:
        found = ask(url)
        assert (found[0], found[2]) == (status, body), url
        names = {name.lower() for name in found[1]}
        assert ({"x-amzn-requestid", "x-amz-apigw-id"} if url.startswith(rest[:-2]) else {"apigw-requestid"}) <= names, url
    large = b"x" * (10 * 1024 * 1024 + 1)
    assert ask(rest + "/items", "POST", large)[2] == b'{"message":"HTTP content length exceeded 10485760 bytes."}'
    assert ask(rest + "/items", "POST", large[:7_000_000])[::2] == (413, b'{"message":"Request Too Long"}')


def test_cors_and_limits_of_an_http_api(apis):
    url = apis.outputs["Http"]
    of = lambda headers: {name: value for name, value in headers.items() if name.startswith("access-control-")}
    status, headers, body = ask(url + "/two/x", "OPTIONS", Origin="https://a.example", Access_Control_Request_Method="GET")
    assert (status, body) == (204, b"") and of(headers) == {
        "access-control-allow-origin": "https://a.example", "access-control-allow-methods": "GET,POST", "access-control-allow-headers": "x-key",
        "access-control-max-age": "60", "access-control-allow-credentials": "true"}
    status, headers, _ = ask(url + "/two/x", "OPTIONS", Origin="https://b.example", Access_Control_Request_Method="GET")
    assert status == 204 and of(headers) == {}
    status, headers, _ = ask(url + "/two/x", Origin="http://any.example")
    assert status == 200 and of(headers) == {
        "access-control-allow-origin": "http://any.example", "access-control-expose-headers": "x-answer", "access-control-allow-credentials": "true"}
    # The function's own headers are nobody's where CORS is the gateway's.
    assert of(ask(url + "/two/x")[1]) == {}
    assert ask(url + "/few")[0] == 200
    status, headers, body = ask(url + "/few")
    assert (status, body) == (429, b'{"message":"Too Many Requests"}') and "x-amzn-errortype" not in {name.lower() for name in headers}
    assert ask(url + "/two/x")[0] == 200
