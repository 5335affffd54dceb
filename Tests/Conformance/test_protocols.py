"""What no service here does is refused so that every client can read it; and STS, and SQS's query protocol."""

import json
import pathlib
import subprocess
import sys
import urllib.error
import urllib.request
import xml.etree.ElementTree

import boto3
import botocore.auth
import botocore.awsrequest
import botocore.config
import botocore.credentials
import botocore.model
import pytest
from botocore.exceptions import ClientError

import test_operations
from conftest import TOOLS


def aws(cloud, *words):
    return subprocess.run(
        [pathlib.Path(sys.executable).parent / "aws", *words], env=cloud.environment, capture_output=True, text=True, timeout=300)


def refusal(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return caught.value.response


def test_who_one_is(cloud, client):
    identity = client("sts").get_caller_identity()
    assert [identity[name] for name in ("Account", "UserId", "Arn")] == ["000000000000", "000000000000", "arn:aws:iam::000000000000:root"]
    assert json.loads(aws(cloud, "sts", "get-caller-identity").stdout)["Account"] == "000000000000"
    error = refusal(client("sts").get_session_token)["Error"]
    assert [error[name] for name in ("Type", "Code", "Message")] == [
        "Sender", "InvalidAction", "The operation GetSessionToken is not emulated by the local cloud"]


@pytest.mark.parametrize("service, call, arguments, code, status, words", [
    ("iam", "list_roles", {}, "InvalidAction", 400, "ListRoles of the service iam"),
    ("sns", "list_topics", {}, "InvalidAction", 400, "ListTopics of the service sns"),
    ("cloudformation", "list_stack_sets", {}, "InvalidAction", 400, "The operation ListStackSets is not emulated"),
    ("ec2", "describe_instances", {}, "InvalidAction", 400, "DescribeInstances of the service ec2"),
    ("route53", "list_hosted_zones", {}, "InvalidAction", 400, "GET /2013-04-01/hostedzone of the service route53"),
    ("s3", "list_buckets", {}, "NotImplemented", 501, "GET / of the service s3"),
    ("s3", "list_objects_v2", {"Bucket": "bucket"}, "NotImplemented", 501, "of the service s3"),
    ("s3", "put_object", {"Bucket": "bucket", "Key": "a b", "Body": b"x"}, "NotImplemented", 501, "of the service s3"),
    ("cloudwatch", "list_metrics", {}, "UnknownOperationException", 400, "ListMetrics"),
    ("apigateway", "get_rest_apis", {}, "UnknownOperationException", 404, "GET /restapis of the service apigateway"),
    ("events", "list_rules", {}, "UnknownOperationException", 400, "AWSEvents.ListRules"),
    ("secretsmanager", "list_secrets", {}, "UnknownOperationException", 400, "secretsmanager.ListSecrets"),
    ("sqs", "add_permission", {"QueueUrl": "http://c/0/q", "Label": "l", "AWSAccountIds": ["0"], "Actions": ["*"]}, "UnknownOperationException", 400, "AddPermission"),
])
def test_what_is_not_here_is_refused_at_once(client, service, call, arguments, code, status, words):
    response = refusal(getattr(client(service), call), **arguments)
    assert response["Error"]["Code"] == code
    assert words in response["Error"]["Message"]
    assert response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert response["ResponseMetadata"]["RetryAttempts"] == 0


# What ends within botocore: it wants an ARN, a token of its own or an account's number first.
ASKS_NOBODY = {"cloudfront-keyvaluestore", "codecatalyst", "s3control"}
# Those whose requests look like another's: they read the status alone. Three of them do not sign, and one asks for a path of the API's stage.
READS_THE_STATUS = {"cloudsearchdomain": 400, "medialive": 401, "s3outposts": 400, "signin": 404, "sso": 404, "sso-oidc": 404}
REFUSALS = {
    "json": {("UnknownOperationException", 400)}, "query": {("InvalidAction", 400)}, "ec2": {("InvalidAction", 400)},
    "rest-json": {("UnknownOperationException", 404)}, "rest-xml": {("InvalidAction", 400), ("NotImplemented", 501)}}


def test_the_first_operation_of_every_service_is_answered_so_that_its_client_can_read_it(client):
    here = set(test_operations.SERVICES.values()) - {"cloudformation", "events", "scheduler", "apigateway", "apigatewayv2"}
    wrong = {}
    services = set(boto3.session.Session().get_available_services()) - here - ASKS_NOBODY
    assert len(services) > 300
    for service in services:
        asking = client(service, config=botocore.config.Config(
            parameter_validation=False, inject_host_prefix=False, retries={"max_attempts": 0}, read_timeout=60))
        # Anything but an error that the client has read is raised here.
        answer = test_operations.refusal(asking, asking.meta.service_model.operation_names[0])
        protocol = asking.meta.service_model.resolved_protocol
        expected = {(str(READS_THE_STATUS[service]), READS_THE_STATUS[service])} if service in READS_THE_STATUS else REFUSALS[protocol]
        if answer not in expected:
            wrong[service] = protocol, answer
    assert not wrong


def test_a_client_that_prefers_cbor_is_told(client, monkeypatch):
    monkeypatch.setattr(botocore.model, "PRIORITY_ORDERED_SUPPORTED_PROTOCOLS", ["smithy-rpc-v2-cbor"])
    response = refusal(boto3.session.Session().client("cloudwatch").list_metrics)
    assert response["ResponseMetadata"]["HTTPHeaders"]["smithy-protocol"] == "rpc-v2-cbor"
    assert response["Error"]["Code"] == "UnknownOperationException"
    assert "ListMetrics of the service monitoring" in response["Error"]["Message"]


@pytest.mark.parametrize("words, told", [
    (("s3", "ls"), "(NotImplemented) when calling the ListBuckets operation"),
    (("iam", "list-roles"), "(InvalidAction) when calling the ListRoles operation"),
    (("cloudformation", "list-change-sets", "--stack-name", "s"), "(InvalidAction) when calling the ListChangeSets operation"),
])
def test_the_command_line_is_told(cloud, words, told):
    run = aws(cloud, *words)
    assert run.returncode != 0 and told in run.stderr, run.stderr


def test_signatures_are_refused_in_the_words_of_the_protocol(client):
    for arguments, code in (({"aws_access_key_id": "other"}, "InvalidClientTokenId"), ({"aws_secret_access_key": "other"}, "SignatureDoesNotMatch")):
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"} | arguments
        response = refusal(client("sts", **keys).get_caller_identity)
        assert response["Error"]["Code"] == code
        assert response["ResponseMetadata"]["HTTPStatusCode"] == 403


def ask(address, data=None, method=None, **headers):
    """What a plain HTTP client gets."""
    try:
        with urllib.request.urlopen(urllib.request.Request(address, data, headers, method=method), timeout=300) as response:
            return response.status, response.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def signed(cloud, service, method, path, data=b"", **headers):
    request = botocore.awsrequest.AWSRequest(method, cloud.address + path, headers, data)
    botocore.auth.SigV4Auth(botocore.credentials.Credentials("test", "test"), service, "us-east-1").add_auth(request)
    return ask(request.url, data or None, method, **dict(request.headers))


def test_health_is_for_who_does_not_sign(cloud):
    assert ask(cloud.address + "/") == (200, b"healthy: dynamodb.us-east-1.amazonaws.com ")
    assert ask(cloud.address + "/", method="HEAD")[0] == 200
    status, body = signed(cloud, "s3", "GET", "/")
    assert status == 501 and b"<Code>NotImplemented</Code>" in body
    assert ask(cloud.address + "/nothing/here")[0] == 404
    status, body = ask(cloud.address + "/", b"Action=ListQueues&Version=2012-11-05")
    assert status == 403 and b"<Code>MissingAuthenticationToken</Code>" in body


FORM = "application/x-www-form-urlencoded"


def test_forms_that_are_none(cloud):
    for form, code in (
            (b"Action=Nothing", b"InvalidAction"), (b"", b"MissingAction"), (b"Action=CreateQueue&QueueName=%ff", b"MalformedQueryString"),
            (b"&" * 10_000, b"MalformedQueryString"), (b"Action=ListQueues&MaxResults=x", b"MalformedInput"),
            (b"Action=CreateQueue", b"MissingParameter"), (b"Action=GetQueueUrl&QueueName=nowhere", b"AWS.SimpleQueueService.NonExistentQueue")):
        status, body = signed(cloud, "sqs", "POST", "/", form, **{"Content-Type": FORM})
        assert status == 400 and b"<Code>" + code + b"</Code>" in body, (form[:50], body)
        assert xml.etree.ElementTree.fromstring(body).tag == "{http://queue.amazonaws.com/doc/2012-11-05/}ErrorResponse"


def test_a_queue_is_asked_at_its_address(cloud, client):
    sqs = client("sqs")
    url = sqs.create_queue(QueueName="address")["QueueUrl"]
    path = url.removeprefix(cloud.address)
    status, body = signed(cloud, "sqs", "POST", path, b"Action=SendMessage&MessageBody=a%26b+%C3%A9%0D%0A", **{"Content-Type": FORM})
    assert status == 200, body
    name = "{http://queue.amazonaws.com/doc/2012-11-05/}"
    root = xml.etree.ElementTree.fromstring(body)
    assert root.tag == name + "SendMessageResponse" and root.find(f"{name}ResponseMetadata/{name}RequestId").text
    status, body = signed(cloud, "sqs", "GET", path + "?Action=ReceiveMessage")
    assert status == 200 and xml.etree.ElementTree.fromstring(body).find(f".//{name}Body").text == "a&b é\r\n"
    # As some clients ask in JSON.
    headers = {"X-Amz-Target": "AmazonSQS.GetQueueAttributes", "Content-Type": "application/x-amz-json-1.0"}
    assert signed(cloud, "sqs", "POST", path, json.dumps({"QueueUrl": url}).encode(), **headers) == (200, b"{}")
    sqs.delete_queue(QueueUrl=url)


def test_a_form_without_numbers_has_one_element(cloud, client):
    sqs = client("sqs")
    def call(path, form, query="", method="POST"):
        status, body = signed(cloud, "sqs", method, path + query, form, **{"Content-Type": FORM})
        return status, body.decode()
    assert call("/", b"Action=CreateQueue&QueueName=single&Attribute.Name=VisibilityTimeout&Attribute.Value=77")[0] == 200
    url = sqs.get_queue_url(QueueName="single")["QueueUrl"]
    path = url.removeprefix(cloud.address)
    assert sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])["Attributes"] == {"VisibilityTimeout": "77"}
    assert "<Value>77</Value>" in call(path, b"Action=GetQueueAttributes&AttributeName=All")[1]
    # The action in the address, the rest in the body.
    attribute = b"&MessageAttribute.Name=n&MessageAttribute.Value.DataType=String&MessageAttribute.Value.StringValue=v"
    assert "<MD5OfMessageAttributes>" in call(path, b"MessageBody=m" + attribute, "?Action=SendMessage&MessageBody=lost")[1]
    message, = sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"])["Messages"]
    assert message["Body"] == "m" and message["MessageAttributes"] == {"n": {"StringValue": "v", "DataType": "String"}}
    for method in ("PUT", "DELETE"):
        assert call(path, b"", "?Action=DeleteQueue", method)[0] == 404
    assert sqs.get_queue_url(QueueName="single")["QueueUrl"] == url
    sqs.delete_queue(QueueUrl=url)


OLDER = r"""
import boto3, botocore, json, sys
from botocore.exceptions import ClientError
sqs = boto3.client("sqs")
assert sqs.meta.service_model.metadata["protocol"] == "query"
told = {}
def refused(call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        return [error.response["Error"]["Code"], error.response["Error"]["Message"], error.response["ResponseMetadata"]["HTTPStatusCode"]]
url = sqs.create_queue(QueueName="older", Attributes={"VisibilityTimeout": "600", "DelaySeconds": "0"})["QueueUrl"]
told["url"] = sqs.get_queue_url(QueueName="older")["QueueUrl"] == url
told["listed"] = sqs.list_queues(QueueNamePrefix="older", MaxResults=5)["QueueUrls"] == [url]
sqs.set_queue_attributes(QueueUrl=url, Attributes={"MessageRetentionPeriod": "61"})
told["attributes"] = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout", "MessageRetentionPeriod"])["Attributes"]
told["none"] = "Attributes" in sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[])
attributes = {"n": {"DataType": "Number", "StringValue": "5"}, "b": {"DataType": "Binary", "BinaryValue": b"\x00\xff"}}
# It checks the digests itself.
sent = sqs.send_message(QueueUrl=url, MessageBody="h\u00e9 <&>\r\n\t", MessageAttributes=attributes, MessageGroupId="g",
    MessageSystemAttributes={"AWSTraceHeader": {"DataType": "String", "StringValue": "Root=1"}})
got = sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"], AttributeNames=["All"], MaxNumberOfMessages=10)["Messages"]
told["messages"] = [[message["Body"], message["MessageId"] == sent["MessageId"], message["Attributes"]["AWSTraceHeader"], message["Attributes"]["MessageGroupId"],
    message["MessageAttributes"]["n"]["StringValue"], message["MessageAttributes"]["b"]["BinaryValue"].hex()] for message in got]
told["empty"] = "Messages" in sqs.receive_message(QueueUrl=url)
handle = got[0]["ReceiptHandle"]
sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=601)
changed = sqs.change_message_visibility_batch(QueueUrl=url, Entries=[
    {"Id": "a", "ReceiptHandle": handle, "VisibilityTimeout": 602}, {"Id": "b", "ReceiptHandle": "x", "VisibilityTimeout": 1}])
told["changed"] = [changed["Successful"], [[entry["Id"], entry["Code"], entry["SenderFault"]] for entry in changed["Failed"]]]
sqs.delete_message(QueueUrl=url, ReceiptHandle=handle)
batch = sqs.send_message_batch(QueueUrl=url, Entries=[{"Id": str(number), "MessageBody": "m" * number, "MessageAttributes": attributes} for number in range(1, 10)])
told["batch"] = [entry["Id"] for entry in batch["Successful"]]
got = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
told["received"] = sorted(len(message["Body"]) for message in got)
deleted = sqs.delete_message_batch(QueueUrl=url, Entries=[{"Id": str(number), "ReceiptHandle": message["ReceiptHandle"]} for number, message in enumerate(got)])
told["deleted"] = len(deleted["Successful"])
told["refused"] = [
    refused(sqs.get_queue_url, QueueName="nowhere"),
    refused(sqs.send_message, QueueUrl=url, MessageBody=""),
    refused(sqs.send_message_batch, QueueUrl=url, Entries=[{"Id": str(number), "MessageBody": "m"} for number in range(11)]),
    refused(sqs.send_message_batch, QueueUrl=url, Entries=[]),
    refused(sqs.delete_message_batch, QueueUrl=url, Entries=[{"Id": "", "ReceiptHandle": "x"}]),
    refused(sqs.create_queue, QueueName="older", Attributes={"DelaySeconds": "9"}),
    refused(sqs.add_permission, QueueUrl=url, Label="l", AWSAccountIds=["0"], Actions=["*"]),
    refused(boto3.client("sqs", aws_access_key_id="other", aws_secret_access_key="x").list_queues),
]
sqs.tag_queue(QueueUrl=url, Tags={"a": "1", "b": "2"})
sqs.untag_queue(QueueUrl=url, TagKeys=["b"])
told["tags"] = sqs.list_queue_tags(QueueUrl=url)["Tags"]
arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 9})})
told["sources"] = sqs.list_dead_letter_source_queues(QueueUrl=url)["queueUrls"] == [url]
told["task"] = sqs.start_message_move_task(SourceArn=arn)["TaskHandle"] != ""
told["tasks"] = [task["SourceArn"] == arn for task in sqs.list_message_move_tasks(SourceArn=arn, MaxResults=5)["Results"]]
sqs.purge_queue(QueueUrl=url)
told["purged"] = refused(sqs.purge_queue, QueueUrl=url)
sqs.delete_queue(QueueUrl=url)
print(json.dumps(told))
"""


def test_a_client_from_before_the_json_protocol(cloud):
    # That boto3 does not know AWS_ENDPOINT_URL yet.
    script = f"import boto3, functools\nboto3.client = functools.partial(boto3.client, endpoint_url={cloud.address!r})\n" + OLDER
    run = subprocess.run(
        [TOOLS / "older/bin/python", "-c", script], env=cloud.environment, capture_output=True, text=True, timeout=300)
    assert run.returncode == 0, run.stderr
    prefix = "AWS.SimpleQueueService."
    told = json.loads(run.stdout)
    refused = told.pop("refused")
    assert told == {
        "url": True, "listed": True, "attributes": {"VisibilityTimeout": "600", "MessageRetentionPeriod": "61"}, "none": False,
        "messages": [["hé <&>\r\n\t", True, "Root=1", "g", "5", "00ff"]], "empty": False,
        "changed": [[{"Id": "a"}], [["b", "ReceiptHandleIsInvalid", True]]], "batch": [str(number) for number in range(1, 10)],
        "received": list(range(1, 10)), "deleted": 9, "tags": {"a": "1"}, "sources": True, "task": True, "tasks": [True],
        "purged": [prefix + "PurgeQueueInProgress", "Only one PurgeQueue operation on older is allowed every 60 seconds.", 403]}
    assert refused == [
        [prefix + "NonExistentQueue", "The specified queue does not exist for this wsdl version.", 400],
        ["MissingParameter", "The request must contain the parameter MessageBody.", 400],
        [prefix + "TooManyEntriesInBatchRequest", "Maximum number of entries per request are 10. You have sent 11.", 400],
        [prefix + "EmptyBatchRequest", "There should be at least one SendMessageBatchRequestEntry in the request.", 400],
        [prefix + "InvalidBatchEntryId", "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.", 400],
        ["QueueAlreadyExists", "A queue already exists with the same name and a different value for attribute DelaySeconds", 400],
        ["InvalidAction", "The operation AddPermission is not emulated by the local cloud", 400],
        ["InvalidClientTokenId", "The security token included in the request is invalid.", 403],
    ]
