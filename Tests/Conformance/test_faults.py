"""Faults on purpose: each kind as boto3 sees it, by service and protocol, and the endpoint that controls them."""

import concurrent.futures
import datetime
import email.utils
import gzip
import http.client
import json
import os
import pathlib
import re
import subprocess
import time
import urllib.parse

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError

from conftest import BUILD, PROJECT, wait_until
from stack import KEYS, Stack

ONCE = Config(retries={"total_max_attempts": 1})
TEMPLATE = """
Resources:
  Api: { Type: AWS::Serverless::HttpApi, Properties: { StageName: v1 } }
  Echo:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: echo
      CodeUri: Echo
      Timeout: 60
      Events:
        Read: { Type: HttpApi, Properties: { ApiId: !Ref Api, Method: GET, Path: /read } }
        Queue: { Type: SQS, Properties: { Queue: !GetAtt Work.Arn, BatchSize: 1 } }
  Other: { Type: AWS::Serverless::Function, Properties: { FunctionName: other, CodeUri: Echo, Timeout: 60 } }
  Work: { Type: AWS::SQS::Queue, Properties: { QueueName: work, VisibilityTimeout: 60 } }
"""
ECHO = """
echo invoked >> "$home/invoked"
curl -s -d '{"statusCode": 200, "body": "here"}' "$api/$id/response"
"""


class Control:
    """The control endpoint of a cloud."""

    def __init__(self, cloud):
        self.cloud, self.place = cloud, urllib.parse.urlsplit(cloud.address).netloc

    def ask(self, method, body=None, path="/_local-cloud/faults", **headers):
        given = {"X-Local-Cloud": "test"} | {name.replace("_", "-"): value for name, value in headers.items()}
        connection = http.client.HTTPConnection(self.place, timeout=300)
        connection.request(method, path, body, {name: value for name, value in given.items() if value is not None})
        response = connection.getresponse()
        status, content = response.status, response.read()
        connection.close()
        return status, json.loads(content)

    def put(self, *rules, seed=7):
        status, answer = self.ask("PUT", json.dumps({"seed": seed, "faults": rules}))
        assert status == 200, answer

    @property
    def counts(self):
        """How often each rule was asked, and how often it struck."""
        return [(rule["requests"], rule["struck"]) for rule in self.ask("GET")[1]["faults"]]

    def end(self):
        assert self.ask("DELETE") == (200, {"seed": self.ask("GET")[1]["seed"], "faults": []})


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    stack = Stack(tmp_path_factory.mktemp("faults"), TEMPLATE, Echo=ECHO)
    with stack.running() as cloud:
        cloud.stack = stack
        # A template may not have less than its function's timeout.
        sqs = client(cloud, "sqs")
        sqs.set_queue_attributes(QueueUrl=sqs.get_queue_url(QueueName="work")["QueueUrl"], Attributes={"VisibilityTimeout": "1"})
        keys = {"KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}], "AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "S"}]}
        for name in ("one", "two"):
            client(cloud, "dynamodb").create_table(TableName=name, BillingMode="PAY_PER_REQUEST", **keys)
        client(cloud, "sqs").create_queue(QueueName="batches")
        client(cloud, "timestream-write").create_database(DatabaseName="fault")
        client(cloud, "timestream-write").create_table(DatabaseName="fault", TableName="rows")
        client(cloud, "ssm").put_parameter(Name="/p", Value="v", Type="String")
        yield cloud


@pytest.fixture
def control(stack):
    control = Control(stack)
    yield control
    control.end()


def client(cloud, service, config=ONCE):
    return boto3.client(service, endpoint_url=cloud.address, config=config, **KEYS)


def refused(call, **arguments):
    with pytest.raises(ClientError) as error:
        call(**arguments)
    found = error.value.response
    return found["ResponseMetadata"]["HTTPStatusCode"], found["Error"]["Code"], found["Error"].get("Message") or found.get("message")


def calls(cloud):
    """One request to each service."""
    queue = client(cloud, "sqs").get_queue_url(QueueName="batches")["QueueUrl"]
    return {
        "dynamodb": (client(cloud, "dynamodb").get_item, {"TableName": "one", "Key": {"k": {"S": "a"}}}),
        "sqs": (client(cloud, "sqs").receive_message, {"QueueUrl": queue}),
        "ssm": (client(cloud, "ssm").get_parameter, {"Name": "/p"}),
        "timestream": (client(cloud, "timestream-write").describe_table, {"DatabaseName": "fault", "TableName": "rows"}),
        "sts": (client(cloud, "sts").get_caller_identity, {}),
        "lambda": (client(cloud, "lambda").get_function, {"FunctionName": "echo"}),
    }


RATE = "Rate exceeded"
THROUGHPUT = "The level of configured provisioned throughput for the table was exceeded. Consider increasing your provisioning level with the UpdateTable API."
UNKNOWN = "The request processing has failed because of an unknown error, exception or failure."
TEMPORARY = "The request has failed due to a temporary failure of the server."
WORDS = {
    ("throttling", None): {
        "dynamodb": (400, "ProvisionedThroughputExceededException", THROUGHPUT), "sqs": (403, "RequestThrottled", "Request is throttled."),
        "ssm": (400, "ThrottlingException", RATE), "timestream": (400, "ThrottlingException", RATE), "sts": (400, "Throttling", RATE),
        "lambda": (429, "TooManyRequestsException", RATE)},
    ("server-error", 500): {
        "dynamodb": (500, "InternalServerError", "Internal server error"), "sqs": (500, "InternalFailure", UNKNOWN),
        "ssm": (500, "InternalServerError", "An error occurred on the server side."),
        "timestream": (500, "InternalServerException", "The service was unable to fully process this request because of an internal server error."),
        "sts": (500, "InternalFailure", UNKNOWN), "lambda": (500, "ServiceException", "The Lambda service encountered an internal error.")},
    ("server-error", 503): {
        "dynamodb": (503, "ServiceUnavailableException", TEMPORARY), "sqs": (503, "ServiceUnavailable", TEMPORARY),
        "ssm": (503, "ServiceUnavailableException", TEMPORARY), "timestream": (503, "ServiceUnavailableException", TEMPORARY),
        "sts": (503, "ServiceUnavailable", TEMPORARY), "lambda": (503, "ServiceUnavailableException", TEMPORARY)},
}


@pytest.mark.parametrize("kind, status", WORDS)
def test_each_service_has_its_own_words(stack, control, kind, status):
    made = calls(stack)
    control.put({"fault": kind} | ({"status": status} if status else {}))
    assert {service: refused(call, **arguments) for service, (call, arguments) in made.items()} == WORDS[kind, status]
    assert control.counts == [(len(made), len(made))]


def test_operations_on_tables_are_throttled_in_other_words(stack, control):
    control.put({"fault": "throttling", "service": "dynamodb"})
    assert refused(client(stack, "dynamodb").describe_table, TableName="one") == (400, "ThrottlingException", RATE)


def test_the_query_protocol_of_sqs_says_it_in_xml(stack, control):
    def ask():
        request = AWSRequest("POST", stack.address + "/", data="Action=ListQueues&Version=2012-11-05", headers={"content-type": "application/x-www-form-urlencoded"})
        SigV4Auth(Credentials("test", "test"), "sqs", "us-east-1").add_auth(request)
        connection = http.client.HTTPConnection(control.place, timeout=300)
        connection.request("POST", "/", request.data, dict(request.headers))
        response = connection.getresponse()
        return response.status, response.read().decode()

    control.put({"fault": "throttling", "service": "sqs", "operation": "ListQueues", "first": 1}, {"fault": "server-error", "service": "sqs", "first": 1}, {"fault": "server-error", "status": 503, "first": 1})
    status, body = ask()
    assert status == 403 and "<Type>Sender</Type><Code>RequestThrottled</Code><Message>Request is throttled.</Message>" in body
    status, body = ask()
    assert status == 500 and f"<Type>Receiver</Type><Code>InternalFailure</Code><Message>{UNKNOWN}</Message>" in body
    status, body = ask()
    assert status == 503 and f"<Type>Receiver</Type><Code>ServiceUnavailable</Code><Message>{TEMPORARY}</Message>" in body
    status, body = ask()
    assert status == 200 and "<ListQueuesResponse" in body


def test_a_client_that_tries_again_gets_there(stack, control):
    control.put({"fault": "throttling", "service": "dynamodb", "first": 1}, {"fault": "server-error", "service": "dynamodb", "first": 1}, {"fault": "drop-before", "service": "dynamodb", "first": 1})
    patient = client(stack, "dynamodb", Config(retries={"total_max_attempts": 4, "mode": "standard"}))
    assert patient.get_item(TableName="one", Key={"k": {"S": "nobody"}})["ResponseMetadata"]["RetryAttempts"] == 3
    assert control.counts == [(4, 1), (3, 1), (2, 1)]


def test_a_rule_is_for_a_service_an_operation_and_a_resource(stack, control):
    dynamodb, sqs = client(stack, "dynamodb"), client(stack, "sqs")
    put = lambda table: dynamodb.put_item(TableName=table, Item={"k": {"S": "a"}})
    queue = sqs.get_queue_url(QueueName="batches")["QueueUrl"]
    control.put({"fault": "server-error", "service": "dynamodb", "operation": "PutItem", "resource": "two"}, {"fault": "throttling", "service": "sqs", "operation": "*", "resource": "batches"}, {"fault": "throttling", "resource": "/p"}, {"fault": "throttling", "service": "lambda", "resource": "other"})
    put("one")
    dynamodb.get_item(TableName="two", Key={"k": {"S": "a"}})
    assert refused(put, table="two")[:2] == (500, "InternalServerError")
    assert refused(put, table="arn:aws:dynamodb:us-east-1:000000000000:table/two")[:2] == (500, "InternalServerError")
    assert refused(dynamodb.describe_table, TableName="nobody")[1] == "ResourceNotFoundException"
    sqs.list_queues()
    assert refused(sqs.get_queue_attributes, QueueUrl=queue)[1] == "RequestThrottled" and refused(sqs.get_queue_url, QueueName="batches")[1] == "RequestThrottled"
    assert refused(client(stack, "ssm").get_parameters, Names=["/x", "/p"])[1] == "ThrottlingException"
    functions = client(stack, "lambda")
    functions.get_function(FunctionName="echo")
    assert refused(functions.get_function, FunctionName="arn:aws:lambda:us-east-1:000000000000:function:other")[1] == "TooManyRequestsException"
    batch = {"RequestItems": {"two": [{"PutRequest": {"Item": {"k": {"S": "b"}}}}]}}
    transaction = {"TransactItems": [{"Put": {"TableName": "two", "Item": {"k": {"S": "c"}}}}]}
    control.put({"fault": "throttling", "service": "dynamodb", "resource": "two"})
    assert refused(dynamodb.batch_write_item, **batch)[1] == refused(dynamodb.transact_write_items, **transaction)[1] == "ProvisionedThroughputExceededException"
    packed = gzip.compress(json.dumps(batch).encode())
    assert signed(stack, "dynamodb", "DynamoDB_20120810.BatchWriteItem", packed, {"content-encoding": "gzip"})[0] == 400
    assert control.counts == [(3, 3)]


def signed(cloud, service, target, body, headers=None, at=None):
    """A request of the JSON protocol, with its headers, signed at a time."""
    request = AWSRequest("POST", cloud.address + "/", data=body, headers={"x-amz-target": target, "content-type": "application/x-amz-json-1.0"} | (headers or {}))
    signer = SigV4Auth(Credentials("test", "test"), service, "us-east-1")
    if at is None:
        signer.add_auth(request)
    else:
        request.context["timestamp"] = at.strftime("%Y%m%dT%H%M%SZ")
        signer._modify_request_before_signing(request)
        canonical = signer.canonical_request(request)
        signer._inject_signature_to_request(request, signer.signature(signer.string_to_sign(request, canonical), request))
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(cloud.address).netloc, timeout=300)
    connection.request("POST", "/", body, dict(request.headers))
    response = connection.getresponse()
    return response.status, response.headers, json.loads(response.read() or b"null")


def test_latency_holds_back_and_no_thread_waits(stack, control):
    dynamodb = client(stack, "dynamodb", Config(max_pool_connections=80, retries={"total_max_attempts": 1}))
    get = lambda _=0: dynamodb.get_item(TableName="one", Key={"k": {"S": "a"}})
    control.put({"fault": "latency", "milliseconds": 10_000, "service": "dynamodb", "operation": "GetItem"})
    start = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(60) as pool:
        waiting = [pool.submit(get) for _ in range(60)]
        wait_until(lambda: control.counts[0][0] == 60)
        # More than there are threads are held back, and others are served.
        dynamodb.list_tables()
        assert not any(one.done() for one in waiting)
        for one in waiting:
            one.result()
    took = time.monotonic() - start
    assert took >= 10 and control.counts == [(60, 60)]
    control.put({"fault": "latency", "milliseconds": [1, 40]}, {"fault": "latency", "milliseconds": 30}, {"fault": "throttling"})
    start = time.monotonic()
    assert refused(get)[1] == "ProvisionedThroughputExceededException"
    assert time.monotonic() - start >= 0.031


def test_a_client_that_goes_while_it_is_held_back_has_nothing_done(stack, control):
    hasty, patient = client(stack, "dynamodb", Config(read_timeout=1, retries={"total_max_attempts": 1})), client(stack, "dynamodb")
    control.put({"fault": "latency", "milliseconds": 5000, "service": "dynamodb", "operation": "PutItem"})
    with pytest.raises(ReadTimeoutError):
        hasty.put_item(TableName="one", Item={"k": {"S": "hasty"}})
    # One that is held back after it has its turn after it.
    patient.put_item(TableName="one", Item={"k": {"S": "patient"}})
    assert control.counts == [(2, 2)]
    there = lambda key: "Item" in patient.get_item(TableName="one", Key={"k": {"S": key}}, ConsistentRead=True)
    assert (there("hasty"), there("patient")) == (False, True)


def test_dropped_before_and_after_the_work(stack, control):
    dynamodb = client(stack, "dynamodb")
    item = lambda key: dynamodb.get_item(TableName="one", Key={"k": {"S": key}}).get("Item")
    for kind, there in (("drop-before", False), ("drop-after", True)):
        control.put({"fault": kind, "operation": "PutItem"})
        with pytest.raises(ConnectionClosedError):
            dynamodb.put_item(TableName="one", Item={"k": {"S": kind}})
        assert control.counts == [(1, 1)] and (item(kind) is not None) == there
    # A message whose answer is lost comes again.
    sqs = client(stack, "sqs")
    queue = sqs.create_queue(QueueName="lost", Attributes={"VisibilityTimeout": "1"})["QueueUrl"]
    sqs.send_message(QueueUrl=queue, MessageBody="x")
    control.put({"fault": "drop-after", "operation": "ReceiveMessage", "first": 1})
    with pytest.raises(ConnectionClosedError):
        sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=20)
    again = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=20, AttributeNames=["ApproximateReceiveCount"])["Messages"]
    assert [message["Attributes"]["ApproximateReceiveCount"] for message in again] == ["2"]
    # An error is lost, too.
    control.put({"fault": "drop-after", "service": "dynamodb"})
    with pytest.raises(ConnectionClosedError):
        dynamodb.get_item(TableName="nobody", Key={"k": {"S": "a"}})
    functions = client(stack, "lambda")
    for kind, more in (("drop-before", 0), ("drop-after", 1)):
        before = len(stack.stack.lines("invoked"))
        control.put({"fault": kind, "service": "lambda", "operation": "Invoke"})
        with pytest.raises(ConnectionClosedError):
            functions.invoke(FunctionName="echo", Payload="{}")
        assert len(stack.stack.lines("invoked")) == before + more


def test_unprocessed_items_and_keys(stack, control):
    dynamodb = client(stack, "dynamodb")
    names = [f"u{number}" for number in range(10)]
    batch = lambda some: {"one": [{"PutRequest": {"Item": {"k": {"S": name}}}} for name in some[:6]], "two": [{"PutRequest": {"Item": {"k": {"S": name}}}} for name in some[6:]]}
    control.put({"fault": "unprocessed", "share": 0.3, "first": 2})
    left = dynamodb.batch_write_item(RequestItems=batch(names))["UnprocessedItems"]
    count = lambda requests: sum(len(entry if isinstance(entry, list) else entry["Keys"]) for entry in requests.values())
    assert count(left) == 3 and all(request in batch(names)[table] for table in left for request in left[table])
    keys = {table: {"Keys": [write["PutRequest"]["Item"] for write in writes], "ConsistentRead": True} for table, writes in batch(names).items()}
    answer = dynamodb.batch_get_item(RequestItems=keys)
    back = answer["UnprocessedKeys"]
    assert count(back) == 3 and all(entry["ConsistentRead"] for entry in back.values())
    # The writes that were left are not there; the others are, unless their keys were given back.
    whole = dynamodb.batch_get_item(RequestItems=keys)["Responses"]
    assert sum(map(len, whole.values())) == 7
    for table, entry in whole.items():
        assert all({"PutRequest": {"Item": item}} not in left.get(table, []) for item in entry)
    assert dynamodb.batch_write_item(RequestItems=left)["UnprocessedItems"] == {}
    assert sum(map(len, dynamodb.batch_get_item(RequestItems=keys)["Responses"].values())) == 10
    assert control.counts == [(5, 2)]
    # Never all: then DynamoDB refuses. And what is wrong is told first.
    control.put({"fault": "unprocessed", "share": 1})
    assert refused(dynamodb.batch_write_item, RequestItems={"one": batch(names)["one"][:1]})[:2] == (400, "ProvisionedThroughputExceededException")
    assert count(dynamodb.batch_write_item(RequestItems=batch(names))["UnprocessedItems"]) == 9
    many = [{"PutRequest": {"Item": {"k": {"S": str(number)}}}} for number in range(26)]
    assert refused(dynamodb.batch_write_item, RequestItems={"one": many})[1] == "ValidationException"
    dynamodb.get_item(TableName="one", Key={"k": {"S": "u1"}})
    assert control.counts == [(3, 3)]


def test_entries_of_batches_fail(stack, control):
    sqs = client(stack, "sqs")
    queue = sqs.create_queue(QueueName="entries", Attributes={"VisibilityTimeout": "43200"})["QueueUrl"]
    entries = [{"Id": str(number), "MessageBody": f"m{number}"} for number in range(10)]
    control.put({"fault": "failed-entries", "share": 0.4, "operation": "SendMessageBatch"})
    answer = sqs.send_message_batch(QueueUrl=queue, Entries=entries)
    failed = [entry["Id"] for entry in answer["Failed"]]
    assert len(failed) == 4 and sorted(failed + [entry["Id"] for entry in answer["Successful"]]) == [str(number) for number in range(10)]
    assert {(entry["Code"], entry["SenderFault"]) for entry in answer["Failed"]} == {("InternalError", False)}
    control.end()
    found = {}
    while len(found) < 6:
        for message in sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=20)["Messages"]:
            found[message["Body"]] = message["ReceiptHandle"]
    assert set(found) == {f"m{number}" for number in range(10) if str(number) not in failed}
    control.put({"fault": "failed-entries", "share": 1})
    handles = [{"Id": body, "ReceiptHandle": handle} for body, handle in found.items()]
    answer = sqs.delete_message_batch(QueueUrl=queue, Entries=handles)
    assert len(answer["Failed"]) == 6 and "Successful" not in answer
    answer = sqs.change_message_visibility_batch(QueueUrl=queue, Entries=[entry | {"VisibilityTimeout": 0} for entry in handles])
    assert len(answer["Failed"]) == 6
    assert refused(sqs.delete_message_batch, QueueUrl=queue, Entries=[])[1] == "AWS.SimpleQueueService.EmptyBatchRequest"
    assert sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["ApproximateNumberOfMessagesNotVisible"])["Attributes"] == {"ApproximateNumberOfMessagesNotVisible": "6"}
    assert control.counts == [(3, 3)]


def test_records_are_rejected(stack, control):
    write, query = client(stack, "timestream-write"), client(stack, "timestream-query")
    now = int(time.time() * 1000)
    records = [{"Dimensions": [{"Name": "n", "Value": str(number)}], "MeasureName": "m", "MeasureValue": "1", "Time": str(now if number != 3 else 0)} for number in range(10)]
    control.put({"fault": "rejected-records", "share": 0.2, "reason": "too wet"})
    with pytest.raises(ClientError) as error:
        write.write_records(DatabaseName="fault", TableName="rows", Records=records)
    answer = error.value.response
    assert answer["Error"]["Code"] == "RejectedRecordsException" and answer["ResponseMetadata"]["HTTPStatusCode"] == 419
    reasons = {entry["RecordIndex"]: entry["Reason"] for entry in answer["RejectedRecords"]}
    wet = {index for index, reason in reasons.items() if reason == "too wet"}
    assert len(wet) == 2 and set(reasons) == wet | {3} and list(reasons) == sorted(reasons)
    control.end()
    rows = query.query(QueryString='SELECT n FROM "fault"."rows"')["Rows"]
    assert {row["Data"][0]["ScalarValue"] for row in rows} == {str(number) for number in range(10) if number not in reasons}


def test_a_function_fails_and_is_throttled_whoever_asks(stack, control):
    functions, sqs = client(stack, "lambda"), client(stack, "sqs")
    invoke = lambda name="echo": functions.invoke(FunctionName=name, Payload="{}")
    before = len(stack.stack.lines("invoked"))
    control.put({"fault": "function-error", "resource": "echo"})
    failed = invoke()
    assert failed["StatusCode"] == 200 and failed["FunctionError"] == "Unhandled"
    assert json.loads(failed["Payload"].read()) == {"errorType": "Runtime.ExitError", "errorMessage": "The function fails by a fault on purpose"}
    assert len(stack.stack.lines("invoked")) == before and "FunctionError" not in invoke("other")
    control.put({"fault": "throttling", "service": "lambda", "operation": "Invoke"})
    assert refused(invoke) == (429, "TooManyRequestsException", "Rate Exceeded.")
    # What comes by a queue: it comes again, until it is done.
    before = len(stack.stack.lines("invoked"))
    control.put({"fault": "function-error", "first": 1}, {"fault": "throttling", "service": "lambda", "operation": "Invoke", "first": 1})
    sqs.send_message(QueueUrl=sqs.get_queue_url(QueueName="work")["QueueUrl"], MessageBody="x")
    wait_until(lambda: len(stack.stack.lines("invoked")) == before + 1)
    assert control.counts == [(3, 1), (2, 1)]


def test_the_gateway_fails(stack, control):
    def read(path="/v1/read"):
        connection = http.client.HTTPConnection(control.place, timeout=300)
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read()

    assert read() == (200, b"here")
    control.put({"fault": "throttling", "service": "execute-api", "first": 1}, {"fault": "server-error", "service": "execute-api", "first": 1}, {"fault": "server-error", "status": 503, "service": "execute-api", "first": 1}, {"fault": "drop-after", "service": "execute-api", "resource": "echo", "first": 1})
    assert read() == (429, b'{"message":"Too Many Requests"}')
    assert read() == (500, b'{"message":"Internal Server Error"}')
    assert read() == (503, b'{"message":"Service Unavailable"}')
    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
        read()
    assert read() == (200, b"here") and read("/v1/nobody")[0] == 404
    control.put({"fault": "function-error"})
    assert read() == (500, b'{"message":"Internal Server Error"}')
    control.put({"fault": "throttling", "service": "lambda"})
    assert read() == (503, b'{"message":"Service Unavailable"}')


def test_a_service_whose_clock_is_off(stack, control):
    now = lambda: datetime.datetime.now(datetime.timezone.utc)
    control.put({"fault": "clock-skew", "seconds": 7200, "service": "dynamodb"}, {"fault": "clock-skew", "seconds": -7200, "service": "lambda"}, {"fault": "clock-skew", "seconds": 7200, "service": "sts"})
    status, headers, answer = signed(stack, "dynamodb", "DynamoDB_20120810.ListTables", b"{}")
    assert status == 400 and answer["__type"] == "com.amazon.coral.service#InvalidSignatureException" and answer["message"].startswith("Signature expired: ")
    assert len(headers.get_all("date")) == 1
    date = email.utils.parsedate_to_datetime(headers["date"])
    assert abs((date - now()).total_seconds() - 7200) < 60
    # Who goes by that date gets in.
    status, headers, answer = signed(stack, "dynamodb", "DynamoDB_20120810.ListTables", b"{}", at=date)
    assert status == 200 and "one" in answer["TableNames"] and len(headers.get_all("date")) == 1
    assert abs((email.utils.parsedate_to_datetime(headers["date"]) - date).total_seconds()) < 60
    status, code, message = refused(client(stack, "lambda").list_functions)
    assert (status, code) == (403, "InvalidSignatureException") and message.startswith("Signature not yet current: ")
    status, code, message = refused(client(stack, "sts").get_caller_identity)
    assert (status, code) == (403, "SignatureDoesNotMatch") and message.startswith("Signature expired: ")
    client(stack, "sqs").list_queues()
    assert control.counts == [(2, 2), (1, 1), (1, 1)]
    control.end()
    _, headers, _ = signed(stack, "dynamodb", "DynamoDB_20120810.ListTables", b"{}")
    assert abs((email.utils.parsedate_to_datetime(headers["date"]) - now()).total_seconds()) < 60


def test_a_clock_that_is_off_for_one_queue_in_the_query_protocol(stack, control):
    control.put({"fault": "clock-skew", "seconds": 7200, "service": "sqs", "resource": "wrong"})
    def code(path, **fields):
        body = urllib.parse.urlencode({"Action": "GetQueueAttributes", "Version": "2012-11-05", **fields}).encode()
        request = AWSRequest("POST", stack.address + path, headers={"Content-Type": "application/x-www-form-urlencoded"}, data=body)
        SigV4Auth(Credentials("test", "test"), "sqs", "us-east-1").add_auth(request)
        connection = http.client.HTTPConnection(control.place, timeout=300)
        connection.request("POST", path, body, dict(request.headers))
        return re.search(b"<Code>(.*)</Code>", connection.getresponse().read())[1]
    # By the field, and by the path.
    assert code("/", QueueUrl=stack.address + "/000000000000/wrong") == code("/000000000000/wrong") == b"SignatureDoesNotMatch"
    assert code("/", QueueUrl=stack.address + "/000000000000/right") == code("/000000000000/right") == b"AWS.SimpleQueueService.NonExistentQueue"
    assert control.counts == [(2, 2)]


def test_the_same_seed_gives_the_same_faults(stack, control):
    dynamodb = client(stack, "dynamodb")

    def outcomes(seed, *more):
        control.put({"fault": "throttling", "service": "dynamodb", "probability": 0.3}, *more, seed=seed)
        found = []
        for _ in range(60):
            try:
                dynamodb.list_tables()
                found.append(True)
            except ClientError:
                found.append(False)
        assert control.counts[0] == (60, found.count(False))
        return found

    first = outcomes(7)
    # A rule more changes nothing of another.
    assert outcomes(7) == first and outcomes(7, {"fault": "latency", "milliseconds": [0, 1]}) == first and outcomes(8) != first
    assert 5 < first.count(False) < 35
    control.put({"fault": "throttling", "service": "dynamodb", "every": 3})
    results = []
    for _ in range(9):
        try:
            dynamodb.list_tables()
            results.append(True)
        except ClientError:
            results.append(False)
    assert results == [True, True, False] * 3


def test_counts_are_exact_with_several_clients(stack, control):
    control.put({"fault": "throttling", "service": "dynamodb", "first": 37}, {"fault": "server-error", "service": "dynamodb", "every": 5})

    def run(_):
        dynamodb, codes = client(stack, "dynamodb"), []
        for _ in range(40):
            try:
                dynamodb.list_tables()
            except ClientError as error:
                codes.append(error.response["Error"]["Code"])
        return codes

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        codes = sum(pool.map(run, range(4)), [])
    assert codes.count("ThrottlingException") == 37 and codes.count("InternalServerError") == (160 - 37) // 5
    assert control.counts == [(160, 37), (123, 24)]
    # Whoever is not let in counts for nothing.
    other = boto3.client("dynamodb", endpoint_url=stack.address, config=ONCE, region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="y")
    assert refused(other.list_tables)[1] == "UnrecognizedClientException"
    assert control.counts == [(160, 37), (123, 24)]


def test_who_may_control_them(stack, control):
    own = "http://" + control.place
    port = control.place.split(":")[1]
    for headers in ({}, {"Origin": own}, {"Host": f"localhost:{port}"}, {"Host": f"LOCALHOST:{port}", "Origin": f"http://localhost:{port}"}):
        assert control.ask("GET", **headers)[0] == 200, headers
    for headers, words in (
        ({"X_Local_Cloud": None}, "send the header X-Local-Cloud: 1"), ({"X_Local_Cloud": ""}, "send the header X-Local-Cloud: 1"),
        ({"Origin": "https://example.com"}, "another site may not ask this"), ({"Origin": "null"}, "another site may not ask this"),
        ({"Host": f"example.com:{port}"}, "the header Host is not this cloud's"), ({"Host": "127.0.0.1"}, "the header Host"),
        ({"Origin": f"https://127.0.0.1:{port}"}, "another site may not ask this")):
        for method in ("GET", "PUT", "DELETE", "POST"):
            status, answer = control.ask(method, '{"faults": []}' if method == "PUT" else None, **headers)
            assert status == 403 and words in answer["message"], (method, headers, answer)
    assert control.ask("POST", "{}") == (405, {"message": "There are GET, PUT and DELETE of /_local-cloud/faults"})
    # What a browser asks before it sends another site's request is never granted.
    connection = http.client.HTTPConnection(control.place, timeout=300)
    connection.request("OPTIONS", "/_local-cloud/faults", headers={"Origin": "https://example.com", "Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "x-local-cloud"})
    response = connection.getresponse()
    assert response.status == 403 and not [name for name in response.headers if name.lower().startswith("access-control")]


REFUSED = {
    "": "request: it is empty; give faults: […]",
    "[]": "request:1: the file is a map, not a list",
    "{}": "request:1: faults is missing: a list of rules",
    "faults: 7": "request:1: faults is a list of rules, not a scalar",
    "seed: -1\nfaults: []": "request:1: seed is a whole number from 0 to 9007199254740992, not '-1'",
    "faults: []\nmore: 1": "request:2: the file has no member 'more' here; it has seed, faults",
    "faults:\n- 7": "request:2: rule 1: a rule is a map, not a scalar",
    "faults:\n- service: sqs": "request:2: rule 1: fault is missing: one of throttling, server-error, latency, drop-before, drop-after, unprocessed, failed-entries, rejected-records, function-error, clock-skew",
    "faults:\n- {fault: latency, milliseconds: 5}\n- fault: slow": "request:3: rule 2: there is no fault 'slow'; there are throttling, server-error, latency, drop-before, drop-after, unprocessed, failed-entries, rejected-records, function-error, clock-skew",
    "faults:\n- fault: throttling\n  servce: sqs": "request:3: rule 1: a rule has no member 'servce' here; it has fault, service, operation, resource, probability, first, every",
    "faults:\n- {fault: throttling, service: s3}": "request:2: rule 1: there is no service 's3'; there are cloudformation, dynamodb, execute-api, lambda, sqs, ssm, sts, timestream",
    "faults:\n- {fault: throttling, service: sts, operation: PutItem}": "request:2: rule 1: sts has no operation 'PutItem'; it has GetCallerIdentity",
    "faults:\n- {fault: throttling, operation: PutItems}": "request:2: rule 1: no service has an operation 'PutItems'",
    "faults:\n- {fault: throttling, probability: 1.5}": "request:2: rule 1: probability is a number above 0 and up to 1, not '1.5'",
    "faults:\n- {fault: throttling, probability: 0}": "request:2: rule 1: probability is a number above 0 and up to 1, not '0'",
    "faults:\n- {fault: throttling, first: 1, every: 2}": "request:2: rule 1: give probability, first or every, not several of them",
    "faults:\n- {fault: throttling, every: x}": "request:2: rule 1: every is a whole number from 1 to 1000000000, not 'x'",
    "faults:\n- {fault: latency}": "request:2: rule 1: milliseconds is missing: a number, or a list of the least and the most",
    "faults:\n- {fault: latency, milliseconds: [5, 1]}": "request:2: rule 1: milliseconds has the least first: [1, 5]",
    "faults:\n- {fault: latency, milliseconds: [5]}": "request:2: rule 1: milliseconds is a number, or a list of two: the least and the most",
    "faults:\n- {fault: latency, milliseconds: 900001}": "request:2: rule 1: milliseconds is a whole number from 0 to 900000, not '900001'",
    "faults:\n- {fault: server-error, status: 502}": "request:2: rule 1: status is 500 or 503, not 502",
    "faults:\n- {fault: clock-skew}": "request:2: rule 1: seconds is missing: how far the service's clock is ahead",
    "faults:\n- {fault: clock-skew, seconds: 9, service: execute-api}": "request:2: rule 1: clock-skew is only a fault of ",
    "faults:\n- {fault: unprocessed, operation: PutItem}": "request:2: rule 1: unprocessed is only a fault of dynamodb BatchGetItem, dynamodb BatchWriteItem",
    "faults:\n- {fault: failed-entries, service: dynamodb}": "request:2: rule 1: failed-entries is only a fault of sqs ChangeMessageVisibilityBatch, sqs DeleteMessageBatch, sqs SendMessageBatch",
    "faults:\n- {fault: rejected-records, share: 2}": "request:2: rule 1: share is a number above 0 and up to 1, not '2'",
    "faults:\n- {fault: function-error, service: sqs}": "request:2: rule 1: function-error is only a fault of lambda Invoke",
    "faults:\n- {fault: throttling, service: ''}": "request:2: rule 1: service is a text, not an empty one",
    "faults: [" + "{fault: throttling}, " * 100 + "{fault: throttling}]": "request:1: there are at most 100 rules, not 101",
    "faults: {": "request:2:1: this is not YAML: ",
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_wrong_is_told_with_its_line(stack, control, text):
    control.put({"fault": "throttling", "service": "sts"})
    status, answer = control.ask("PUT", text)
    assert status == 400 and (answer["message"] == REFUSED[text] or REFUSED[text].endswith(" ") and answer["message"].startswith(REFUSED[text])), answer
    # The rules stay as they are.
    assert refused(client(stack, "sts").get_caller_identity)[1] == "Throttling"


def test_what_is_told_of_the_rules(control):
    rules = [
        {"fault": "throttling", "service": "dynamodb", "operation": "PutItem", "resource": "one", "probability": 0.25}, {"fault": "server-error", "first": 3, "status": 503},
        {"fault": "latency", "every": 2, "milliseconds": [5, 9]}, {"fault": "drop-before"}, {"fault": "unprocessed", "share": 0.5},
        {"fault": "rejected-records", "share": 1.0, "reason": "x"}, {"fault": "clock-skew", "service": "sqs", "seconds": -60}]
    control.put(*rules)
    assert control.ask("GET") == (200, {"seed": 7, "faults": [rule | {"requests": 0, "struck": 0} for rule in rules]})
    status, answer = control.ask("PUT", "faults: []")
    assert status == 200 and answer["faults"] == [] and answer["seed"] >= 0


def test_the_page_has_each_fault_and_an_example_that_works(control):
    page = (PROJECT / "docs" / "local-cloud.md").read_text()
    section = page.split("## Faults on purpose\n")[1].split("\n## ")[0]
    told = re.findall(r"^\| `([a-z-]+)` \| ", section, re.M)
    assert told[1:] == REFUSED["faults:\n- service: sqs"].split("one of ")[1].split(", ")
    example = re.search(r"```yaml\n(.*?)```", section, re.S).group(1)
    status, answer = control.ask("PUT", example)
    assert status == 200 and answer["seed"] == 7 and len(answer["faults"]) == 3


def start(folder, *options):
    """What a start prints to standard error, and how it ends: None where it stands."""
    log = pathlib.Path(folder) / "log"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    with open(log, "w") as file:
        process = subprocess.Popen([BUILD / "local-cloud", "--port", "0", "--ephemeral", "--template", folder / "template.yaml", *options], stdout=subprocess.PIPE, stderr=file, text=True, env=environment)
        lines = []
        for line in process.stdout:
            lines.append(line.strip())
            if line == "ready\n":
                break
        status = None if lines and lines[-1] == "ready" else process.wait(timeout=300)
    return process, lines, log.read_text(), status


def test_a_start_with_faults_says_so(tmp_path):
    (tmp_path / "template.yaml").write_text("Resources: { Q: { Type: AWS::SQS::Queue } }")
    file = tmp_path / "faults.yaml"
    file.write_text("seed: 3\nfaults:\n- fault: throttling # all of them\n  service: sts\n- { fault: latency, milliseconds: 1 }\n")
    process, lines, told, status = start(tmp_path, "--faults", file)
    try:
        assert status is None and f"local-cloud: faults on purpose by {file}: throttling, latency; seed 3\n" in told
        sts = boto3.client("sts", endpoint_url=lines[0], config=ONCE, **KEYS)
        assert refused(sts.get_caller_identity)[1] == "Throttling"
    finally:
        process.terminate()
        assert process.wait(timeout=300) == 0
    file.write_text("faults:\n- { fault: throttling, service: s3 }\n")
    process, lines, told, status = start(tmp_path, "--faults", file)
    assert status == 1 and told.startswith(f"local-cloud: {file}:2: rule 1: there is no service 's3'; there are cloudformation, dynamodb, ") and lines == []
    process, lines, told, status = start(tmp_path, "--faults", tmp_path / "nobody")
    assert status == 1 and told == f"local-cloud: --faults: cannot read {tmp_path}/nobody: No such file or directory\n"
    process, lines, told, status = start(tmp_path, "--host", "0.0.0.0")
    try:
        address = lines[0].replace("0.0.0.0", "127.0.0.1")
        connection = http.client.HTTPConnection(urllib.parse.urlsplit(address).netloc, timeout=300)
        connection.request("GET", "/_local-cloud/faults", headers={"X-Local-Cloud": "x"})
        response = connection.getresponse()
        assert response.status == 403 and b"listens on more than loopback" in response.read()
    finally:
        process.terminate()
        assert process.wait(timeout=300) == 0


def test_the_end_of_the_cloud_waits_for_nothing_that_is_held_back(tmp_path):
    (tmp_path / "template.yaml").write_text("Resources: { Q: { Type: AWS::SQS::Queue } }")
    file = tmp_path / "faults.yaml"
    file.write_text('{"faults": [{"fault": "latency", "milliseconds": 900000}]}')
    process, lines, _, _ = start(tmp_path, "--faults", file)
    sts = boto3.client("sts", endpoint_url=lines[0], config=ONCE, **KEYS)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(refused, sts.get_caller_identity)
        class Place:
            address = lines[0]
        wait_until(lambda: Control(Place).counts == [(1, 1)])
        process.terminate()
        assert process.wait(timeout=60) == 0
        assert waiting.result() == (503, "ServiceUnavailable", "the local cloud is stopping")
