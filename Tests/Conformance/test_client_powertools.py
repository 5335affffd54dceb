"""Powertools for AWS Lambda: parameters, and Python functions of the local cloud with idempotency, batches, routes and event models."""

import concurrent.futures
import datetime
import ipaddress
import json
import sys
import time
import urllib.error
import urllib.request

import boto3
import pytest
from aws_lambda_powertools.utilities import parameters
from aws_lambda_powertools.utilities.parser.models import APIGatewayProxyEventModel, APIGatewayProxyEventV2Model, EventBridgeModel, SqsModel

from conftest import wait_until
from stack import Stack, client as client_of

# As the models have addresses.
HERE = ipaddress.ip_network("127.0.0.1")

# Parameters


@pytest.fixture
def ssm(client):
    ssm = client("ssm")
    names = []

    def put(name, value, kind="String"):
        ssm.put_parameter(Name=name, Value=value, Type=kind)
        names.append(name)
    parameters.clear_caches()
    yield put
    parameters.clear_caches()
    for start in range(0, len(names), 10):
        ssm.delete_parameters(Names=names[start:start + 10])


def test_parameters_of_the_store(client, ssm):
    ssm("/shop/rate", "0.19")
    ssm("/shop/secret", "hush", "SecureString")
    ssm("/shop/list", "a,b", "StringList")
    ssm("/shop/app/config.json", '{"deep": [1]}')
    ssm("/shop/app/blob.binary", "aGVsbG8=")
    assert parameters.get_parameter("/shop/rate") == "0.19"
    assert parameters.get_parameter("/shop/secret", decrypt=True) == "hush" and parameters.get_parameter("/shop/list") == "a,b"
    assert parameters.get_parameter("/shop/app/config.json", transform="json") == {"deep": [1]}
    shallow = parameters.get_parameters("/shop", recursive=False)
    assert sorted(shallow) == ["list", "rate", "secret"] and shallow["rate"] == "0.19"
    assert parameters.get_parameters("/shop/app", transform="auto") == {"config.json": {"deep": [1]}, "blob.binary": b"hello"}
    assert sorted(parameters.get_parameters("/shop", decrypt=True, force_fetch=True)) == ["app/blob.binary", "app/config.json", "list", "rate", "secret"]
    # Kept for its time, and not longer.
    client("ssm").put_parameter(Name="/shop/rate", Value="0.07", Overwrite=True)
    assert parameters.get_parameter("/shop/rate") == "0.19" and parameters.get_parameter("/shop/rate", force_fetch=True) == "0.07"
    assert parameters.set_parameter("/shop/rate", "0.16", overwrite=True, description="of taxes")["Version"] == 3
    assert parameters.get_parameter("/shop/rate:2", force_fetch=True) == "0.07"
    with pytest.raises(parameters.exceptions.GetParameterError, match="ParameterNotFound"):
        parameters.get_parameter("/shop/gone")
    with pytest.raises(parameters.exceptions.SetParameterError, match="already exists"):
        parameters.set_parameter("/shop/rate", "1")


def test_many_parameters(ssm):
    # More than a page of a path, and than a request by name.
    for number in range(25):
        ssm(f"/many/{number:02}", str(number), "SecureString" if number % 5 == 0 else "String")
    assert parameters.get_parameters("/many", decrypt=True, max_age=0) == {f"{number:02}": str(number) for number in range(25)}
    names = {f"/many/{number:02}": {"decrypt": number % 5 == 0, "transform": "json"} for number in range(25)} | {"/many/gone": {}}
    found = parameters.get_parameters_by_name(names, raise_on_error=False)
    assert found == {f"/many/{number:02}": number for number in range(25)} | {"_errors": ["/many/gone"]}


def test_parameters_of_a_table(client):
    dynamodb = client("dynamodb")
    for name, keys in (("settings", ["id"]), ("settings-of", ["id", "sk"])):
        dynamodb.create_table(
            TableName=name, BillingMode="PAY_PER_REQUEST", AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
            KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, ("HASH", "RANGE"))])
        dynamodb.get_waiter("table_exists").wait(TableName=name)
    table, tables = (boto3.resource("dynamodb").Table(name) for name in ("settings", "settings-of"))
    table.put_item(Item={"id": "rate", "value": '{"tax": 19}'})
    with tables.batch_writer() as batch:
        for number in range(30):
            # Three pages.
            batch.put_item(Item={"id": "app", "sk": f"s{number:02}", "value": f"{number}" + "x" * 80_000})
    assert parameters.DynamoDBProvider("settings").get("rate", transform="json") == {"tax": 19}
    found = parameters.DynamoDBProvider("settings-of").get_multiple("app")
    assert {name: value.rstrip("x") for name, value in found.items()} == {f"s{number:02}": str(number) for number in range(30)}
    for name in ("settings", "settings-of"):
        dynamodb.delete_table(TableName=name)


# Functions

APP = '''
import json, os, time
import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer, IdempotencyConfig, idempotent
from aws_lambda_powertools.utilities.parser import BaseModel, event_parser
from aws_lambda_powertools.utilities.parser.models import EventBridgeModel, SqsRecordModel
from pydantic import Json

logger = Logger(service="shop")
runs = boto3.resource("dynamodb").Table(os.environ["RUNS"])


def note(word, event):
    """Adds to what has been done of a kind."""
    runs.update_item(
        Key={"id": word}, UpdateExpression="SET events = list_append(if_not_exists(events, :none), :one)",
        ExpressionAttributeValues={":none": [], ":one": [event]})


store = DynamoDBPersistenceLayer(table_name=os.environ["STORE"])
config = IdempotencyConfig(
    event_key_jmespath="order", payload_validation_jmespath="amount", expires_after_seconds=3600, raise_on_no_idempotency_key=True)


@logger.inject_lambda_context
@idempotent(config=config, persistence_store=store)
def pay(event, context):
    note("pay " + event["order"], event.get("amount", 0))
    if event.get("fails"):
        raise ValueError("the card was refused")
    # Until another has been told that this one is under way.
    while event.get("waits") and "Item" not in runs.get_item(Key={"id": "go"}, ConsistentRead=True):
        time.sleep(0.05)
    return {"paid": event["order"], "request": context.aws_request_id}


class Order(BaseModel):
    number: int


class OrderRecord(SqsRecordModel):
    body: Json[Order]


sqs = boto3.client("sqs")
processor = BatchProcessor(event_type=EventType.SQS, model=OrderRecord)


def ship(record):
    if record.body.number % 4 == 3:
        # Again in a second, not when the queue would have it.
        sqs.change_message_visibility(QueueUrl=os.environ["QUEUE"], ReceiptHandle=record.receiptHandle, VisibilityTimeout=1)
        raise ValueError("out of stock")
    note("shipped", record.body.number)


def work(event, context):
    if "Records" not in event or len(event["Records"]) == 0:
        raise ValueError("no records")
    note("batches", json.dumps(event))
    return process_partial_response(event=event, record_handler=ship, processor=processor, context=context)


app = APIGatewayHttpResolver()
older = APIGatewayRestResolver(strip_prefixes=["/prod"])


@app.get("/orders/<number>")
def order(number):
    if number == "0":
        raise NotFoundError("no such order")
    return {"number": number, "state": app.current_event.get_query_string_value("state"), "who": app.current_event.headers.get("x-who")}


@app.post("/orders")
def create():
    return Response(201, "text/plain", app.current_event.json_body["name"], headers={"x-made": "yes"}, cookies=[])


@older.get("/older/<word>")
def older_word(word):
    return {"word": word, "all": older.current_event.multi_value_query_string_parameters}


def route(event, context):
    # What came, beside what it answers.
    note("http", json.dumps(event))
    return (app if event["version"] == "2.0" else older).resolve(event, context)


@event_parser(model=EventBridgeModel)
def tick(event, context):
    note("ticks", event.model_dump_json(by_alias=True))


handlers = {"pay": pay, "pay-short": pay, "work": work, "route": route}


def handler(event, context):
    kind = tick if event.get("source") == "aws.scheduler" else handlers[context.function_name]
    return kind(event, context)
'''
TEMPLATE = """
Globals:
  Function:
    CodeUri: App
    Handler: app.handler
    Timeout: 120
    Environment: { Variables: { STORE: idempotency, RUNS: runs } }
Resources:
  Store:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: idempotency
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{ AttributeName: id, AttributeType: S }]
      KeySchema: [{ AttributeName: id, KeyType: HASH }]
      TimeToLiveSpecification: { AttributeName: expiration, Enabled: true }
  Runs:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: runs
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{ AttributeName: id, AttributeType: S }]
      KeySchema: [{ AttributeName: id, KeyType: HASH }]
  Dead: { Type: AWS::SQS::Queue, Properties: { QueueName: orders-dead } }
  Orders:
    Type: AWS::SQS::Queue
    Properties:
      QueueName: orders
      VisibilityTimeout: 720
      RedrivePolicy: { deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 2 }
  Api: { Type: AWS::Serverless::HttpApi, Properties: { StageName: prod } }
  Pay: { Type: AWS::Serverless::Function, Properties: { FunctionName: pay, ReservedConcurrentExecutions: 2 } }
  PayShort: { Type: AWS::Serverless::Function, Properties: { FunctionName: pay-short, Timeout: 2 } }
  Work:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: work
      Environment: { Variables: { QUEUE: !Ref Orders } }
      Events:
        Orders:
          Type: SQS
          Properties: { Queue: !GetAtt Orders.Arn, BatchSize: 10, MaximumBatchingWindowInSeconds: 1, FunctionResponseTypes: [ReportBatchItemFailures] }
  Route:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: route
      Events:
        Orders: { Type: HttpApi, Properties: { ApiId: !Ref Api, Method: ANY, Path: "/orders/{proxy+}" } }
        Create: { Type: HttpApi, Properties: { ApiId: !Ref Api, Method: POST, Path: /orders } }
        Older: { Type: HttpApi, Properties: { ApiId: !Ref Api, Method: GET, Path: "/older/{word}", PayloadFormatVersion: "1.0" } }
  Once:
    Type: AWS::Scheduler::Schedule
    Properties:
      Name: once
      ScheduleExpression: at(%s)
      FlexibleTimeWindow: { Mode: "OFF" }
      Target: { Arn: !GetAtt Route.Arn, RoleArn: "arn:aws:iam::000000000000:role/scheduler" }
Outputs:
  ApiUrl: { Value: !Sub "${Api.ApiEndpoint}/prod" }
"""
# AWS's own client of the Runtime API, which itself asks $api/next.
RUNTIME = f'PYTHONPATH="$home" PYTHONDONTWRITEBYTECODE=1 exec {sys.executable} -m awslambdaric "$_HANDLER" # $api/next\n'


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shop")
    soon = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=60)
    stack = Stack(folder, TEMPLATE % soon.strftime("%Y-%m-%dT%H:%M:%S"), App=RUNTIME)
    (folder / "app.py").write_text(APP)
    with stack.running() as cloud:
        cloud.due = soon.replace(microsecond=0)
        yield cloud


def runs(shop, word):
    """What the functions have noted under a word."""
    item = client_of(shop, "dynamodb").get_item(TableName="runs", Key={"id": {"S": word}}, ConsistentRead=True).get("Item", {"events": {"L": []}})
    return [next(iter(value.values())) for value in item["events"]["L"]]


def invoke(shop, function, event):
    answer = client_of(shop, "lambda").invoke(FunctionName=function, Payload=json.dumps(event))
    return json.loads(answer["Payload"].read()) | ({"failed": True} if "FunctionError" in answer else {})


def test_what_was_paid_is_not_paid_again(shop):
    first = invoke(shop, "pay", {"order": "a", "amount": 5})
    assert first["paid"] == "a" and invoke(shop, "pay", {"order": "a", "amount": 5}) == first and runs(shop, "pay a") == ["5"]
    other = invoke(shop, "pay", {"order": "a", "amount": 6})
    assert other["failed"] and other["errorType"] == "IdempotencyValidationError"
    assert invoke(shop, "pay", {"amount": 6})["errorType"] == "IdempotencyKeyError"
    # What failed may be tried again.
    assert invoke(shop, "pay", {"order": "b", "fails": True})["errorMessage"] == "the card was refused"
    assert invoke(shop, "pay", {"order": "b"})["paid"] == "b" and len(runs(shop, "pay b")) == 2
    record, = [item for item in client_of(shop, "dynamodb").scan(TableName="idempotency")["Items"] if first["request"] in item["data"]["S"]]
    assert record["status"]["S"] == "COMPLETED" and 3500 < int(record["expiration"]["N"]) - time.time() <= 3600


def test_of_two_at_once_one_pays(shop):
    with concurrent.futures.ThreadPoolExecutor() as pool:
        answers = [pool.submit(invoke, shop, "pay", {"order": "c", "waits": True}) for _ in range(2)]
        first = next(concurrent.futures.as_completed(answers, timeout=300)).result()
        # The one that was first waits until the other has been refused.
        assert first["failed"] and first["errorType"] == "IdempotencyAlreadyInProgressError"
        client_of(shop, "dynamodb").put_item(TableName="runs", Item={"id": {"S": "go"}})
        assert sorted(str(answer.result(timeout=300).get("paid")) for answer in answers) == ["None", "c"]
    assert invoke(shop, "pay", {"order": "c"})["paid"] == "c" and len(runs(shop, "pay c")) == 1


def test_what_expired_or_was_cut_off_is_paid_again(shop):
    dynamodb = client_of(shop, "dynamodb")
    first = invoke(shop, "pay", {"order": "d"})
    record, = [item for item in dynamodb.scan(TableName="idempotency")["Items"] if first["request"] in item["data"]["S"]]
    dynamodb.update_item(
        TableName="idempotency", Key={"id": record["id"]}, UpdateExpression="SET expiration = :then", ExpressionAttributeValues={":then": {"N": str(int(time.time()) - 10)}})
    assert invoke(shop, "pay", {"order": "d"})["request"] != first["request"] and len(runs(shop, "pay d")) == 2
    # What a function that was ended has begun, is begun again when its time is over.
    dynamodb.delete_item(TableName="runs", Key={"id": {"S": "go"}})
    assert invoke(shop, "pay-short", {"order": "e", "waits": True})["errorType"] == "Sandbox.Timedout"
    wait_until(lambda: invoke(shop, "pay-short", {"order": "e"}).get("paid") == "e")
    assert len(runs(shop, "pay e")) >= 2


def test_a_batch_gives_back_what_failed(shop):
    sqs = client_of(shop, "sqs")
    url = sqs.get_queue_url(QueueName="orders")["QueueUrl"]
    sqs.send_message_batch(QueueUrl=url, Entries=[
        {"Id": str(number), "MessageBody": json.dumps({"number": number}), "MessageAttributes": {"n": {"DataType": "Number", "StringValue": str(number)}}}
        for number in range(8)] + [{"Id": "broken", "MessageBody": "no order"}])
    wait_until(lambda: sorted(runs(shop, "shipped"), key=int) == ["0", "1", "2", "4", "5", "6"])
    numbers = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    dead = sqs.get_queue_url(QueueName="orders-dead")["QueueUrl"]
    count = lambda url: [int(value) for value in sqs.get_queue_attributes(QueueUrl=url, AttributeNames=numbers)["Attributes"].values()]
    wait_until(lambda: count(dead) == [2, 0])
    # What could not be read waits for as long as the queue says.
    assert count(url) == [0, 1]
    for text in runs(shop, "batches"):
        # Every member, with its type.
        batch = SqsModel.model_validate_json(text)
        assert batch.Records[0].eventSourceARN == "arn:aws:sqs:us-east-1:000000000000:orders" and batch.Records[0].awsRegion == "us-east-1"
    received = [message["Body"] for _ in range(2) for message in sqs.receive_message(QueueUrl=dead, WaitTimeSeconds=5)["Messages"]]
    assert sorted(received) == ['{"number": 3}', '{"number": 7}']
    assert sorted(runs(shop, "shipped"), key=int) == ["0", "1", "2", "4", "5", "6"]


def ask(shop, path, body=None, **headers):
    try:
        with urllib.request.urlopen(urllib.request.Request(shop.outputs["ApiUrl"] + path, body, headers), timeout=300) as response:
            return response.status, response.headers, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read().decode()


@pytest.fixture(scope="module")
def requests(shop):
    """What was answered, and the events of the requests, by their format."""
    asked = [
        ask(shop, "/orders/7?state=open&a=1&a=2", **{"x-who": "me", "Cookie": "a=1; b=2"}), ask(shop, "/orders/0"),
        ask(shop, "/orders", b'{"name": "h\\u00e9"}', **{"Content-Type": "application/json"}), ask(shop, "/older/word?a=1&a=2", **{"x-who": "me"})]
    events = [json.loads(text) for text in runs(shop, "http")]
    return asked, {version: [event for event in events if event["version"] == version] for version in ("1.0", "2.0")}


def test_routes_of_an_api(requests):
    (status, headers, body), missing, (made, more, name), older = requests[0]
    assert (status, headers["Content-Type"], json.loads(body)) == (200, "application/json", {"number": "7", "state": "open", "who": "me"})
    assert (missing[0], json.loads(missing[2])) == (404, {"statusCode": 404, "message": "no such order"})
    assert (made, more["x-made"], name) == (201, "yes", "hé")
    assert (older[0], json.loads(older[2])) == (200, {"word": "word", "all": {"a": ["1", "2"]}})


def test_events_of_an_api(requests):
    first, _, third = (APIGatewayProxyEventV2Model.model_validate(event) for event in requests[1]["2.0"])
    assert (first.routeKey, first.rawPath, first.rawQueryString) == ("ANY /orders/{proxy+}", "/prod/orders/7", "state=open&a=1&a=2")
    assert (first.queryStringParameters, first.pathParameters, first.cookies) == ({"state": "open", "a": "1,2"}, {"proxy": "7"}, ["a=1", "b=2"])
    assert first.headers["x-who"] == "me" and first.requestContext.http.sourceIp == HERE and first.requestContext.stage == "prod"
    assert abs(first.requestContext.timeEpoch.timestamp() - time.time()) < 300 and first.requestContext.http.userAgent.startswith("Python-urllib")
    assert datetime.datetime.strptime(first.requestContext.time, "%d/%b/%Y:%H:%M:%S %z") == first.requestContext.timeEpoch.replace(microsecond=0)
    assert third.body == '{"name": "h\\u00e9"}' and third.requestContext.routeKey == "POST /orders" and not third.isBase64Encoded


def test_events_of_the_older_format(requests):
    event, = (APIGatewayProxyEventModel.model_validate(event) for event in requests[1]["1.0"])
    assert (event.resource, event.path, event.httpMethod, event.pathParameters) == ("/older/{word}", "/prod/older/word", "GET", {"word": "word"})
    assert (event.queryStringParameters, event.multiValueQueryStringParameters) == ({"a": "2"}, {"a": ["1", "2"]})
    assert event.requestContext.identity.sourceIp == HERE and event.requestContext.stage == "prod"
    assert datetime.datetime.strptime(event.requestContext.requestTime, "%d/%b/%Y:%H:%M:%S %z") == event.requestContext.requestTimeEpoch.replace(microsecond=0)


def test_an_event_of_a_schedule(shop):
    text, = wait_until(lambda: runs(shop, "ticks"))
    event = EventBridgeModel.model_validate_json(text)
    assert (event.source, event.detail_type, event.detail, event.time) == ("aws.scheduler", "Scheduled Event", {}, shop.due)
    assert event.resources == ["arn:aws:scheduler:us-east-1:000000000000:schedule/default/once"]
