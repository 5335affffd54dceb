"""SQS and SSM as boto3 sees them."""

import hashlib
import json
import subprocess
import sys

import pytest
from botocore.exceptions import ClientError

from conftest import wait_until


@pytest.fixture
def queue(client):
    sqs = client("sqs")
    dead = sqs.create_queue(QueueName="dead")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 2})
    url = sqs.create_queue(QueueName="work", Attributes={"VisibilityTimeout": "0", "RedrivePolicy": policy})["QueueUrl"]
    yield sqs, url, dead
    sqs.delete_queue(QueueUrl=url)
    sqs.delete_queue(QueueUrl=dead)


def test_messages_with_attributes(queue):
    sqs, url, _ = queue
    sent = sqs.send_message(
        QueueUrl=url, MessageBody="hé", MessageAttributes={"n": {"DataType": "Number", "StringValue": "5"}, "b": {"DataType": "Binary", "BinaryValue": b"\x00"}})
    assert sent["MD5OfMessageBody"] == hashlib.md5("hé".encode()).hexdigest()
    got = sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"], AttributeNames=["All"])["Messages"][0]
    assert got["Body"] == "hé" and got["MessageId"] == sent["MessageId"]
    assert got["MessageAttributes"]["b"]["BinaryValue"] == b"\x00"
    assert got["MD5OfMessageAttributes"] == sent["MD5OfMessageAttributes"]
    assert got["Attributes"]["ApproximateReceiveCount"] == "1"


def test_redrive_keeps_id_and_count(queue):
    sqs, url, dead = queue
    sent = sqs.send_message(QueueUrl=url, MessageBody="poison")["MessageId"]
    for _ in range(2):
        assert len(sqs.receive_message(QueueUrl=url)["Messages"]) == 1
    assert "Messages" not in sqs.receive_message(QueueUrl=url)
    got = sqs.receive_message(QueueUrl=dead, AttributeNames=["All"])["Messages"][0]
    assert got["MessageId"] == sent and got["Attributes"]["ApproximateReceiveCount"] == "3"
    assert got["Attributes"]["DeadLetterQueueSourceArn"].endswith(":work")


def test_batches_fail_by_entry(queue):
    sqs, url, _ = queue
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"MaximumMessageSize": "1024"})
    answer = sqs.send_message_batch(QueueUrl=url, Entries=[{"Id": "a", "MessageBody": "x"}, {"Id": "b", "MessageBody": "x" * 1025}])
    assert [entry["Id"] for entry in answer["Successful"]] == ["a"]
    assert answer["Failed"][0]["SenderFault"] and answer["Failed"][0]["Code"] == "InvalidParameterValue"
    for count, code in ((11, "AWS.SimpleQueueService.TooManyEntriesInBatchRequest"), (0, "AWS.SimpleQueueService.EmptyBatchRequest")):
        with pytest.raises(ClientError) as caught:
            sqs.send_message_batch(QueueUrl=url, Entries=[{"Id": str(n), "MessageBody": "x"} for n in range(count)])
        assert caught.value.response["Error"]["Code"] == code


def test_a_long_poll_wakes_for_a_message(queue):
    sqs, url, _ = queue
    waiting = subprocess.Popen(
        [sys.executable, "-c", f"import boto3; print(boto3.client('sqs').receive_message(QueueUrl={url!r}, WaitTimeSeconds=20)['Messages'][0]['Body'])"],
        stdout=subprocess.PIPE, text=True)
    sqs.send_message(QueueUrl=url, MessageBody="woken", DelaySeconds=1)
    assert waiting.communicate(timeout=300)[0].strip() == "woken"


def test_a_reader_that_went_takes_no_message_along(queue):
    sqs, url, _ = queue
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "600"})
    waiting = subprocess.Popen(
        [sys.executable, "-u", "-c", f"import boto3; s = boto3.client('sqs'); print('up'); s.receive_message(QueueUrl={url!r}, WaitTimeSeconds=20)"],
        stdout=subprocess.PIPE, text=True)
    waiting.stdout.readline()
    waiting.kill()
    waiting.wait()
    sqs.send_message(QueueUrl=url, MessageBody="kept", DelaySeconds=2)
    got = wait_until(lambda: sqs.receive_message(QueueUrl=url, WaitTimeSeconds=5).get("Messages"))
    assert got[0]["Body"] == "kept"


def test_unknown_queues_and_handles(queue, client):
    sqs, url, _ = queue
    with pytest.raises(sqs.exceptions.QueueDoesNotExist):
        sqs.get_queue_url(QueueName="nowhere")
    with pytest.raises(ClientError) as caught:
        sqs.delete_message(QueueUrl=url, ReceiptHandle="x")
    assert caught.value.response["Error"]["Code"] == "ReceiptHandleIsInvalid"


def test_a_queue_that_is_its_own_dead_letter_queue_hands_out_and_ends(client):
    sqs = client("sqs")
    url = sqs.create_queue(QueueName="circle", Attributes={"VisibilityTimeout": "0"})["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 1})})
    sqs.send_message(QueueUrl=url, MessageBody="x")
    for count in range(1, 5):
        got = sqs.receive_message(QueueUrl=url, AttributeNames=["ApproximateReceiveCount"])["Messages"]
        assert [message["Attributes"]["ApproximateReceiveCount"] for message in got] == [str(count)]
    sqs.delete_queue(QueueUrl=url)


def test_an_older_receipt_handle_serves(queue):
    sqs, url, _ = queue
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": ""})
    sqs.send_message(QueueUrl=url, MessageBody="x")
    old = sqs.receive_message(QueueUrl=url)["Messages"][0]["ReceiptHandle"]
    new = sqs.receive_message(QueueUrl=url, VisibilityTimeout=600)["Messages"][0]["ReceiptHandle"]
    assert old != new
    sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=old, VisibilityTimeout=0)
    assert len(sqs.receive_message(QueueUrl=url)["Messages"]) == 1
    sqs.delete_message(QueueUrl=url, ReceiptHandle=old)
    assert "Messages" not in sqs.receive_message(QueueUrl=url)


def test_queues_are_listed_in_pages(client):
    sqs = client("sqs")
    urls = [sqs.create_queue(QueueName=f"page-{number}")["QueueUrl"] for number in range(5)]
    first = sqs.list_queues(QueueNamePrefix="page-", MaxResults=2)
    assert first["QueueUrls"] == urls[:2]
    pages = sqs.get_paginator("list_queues").paginate(QueueNamePrefix="page-", PaginationConfig={"PageSize": 2})
    assert [url for page in pages for url in page["QueueUrls"]] == urls
    assert "NextToken" not in sqs.list_queues(QueueNamePrefix="page-")
    for url in urls:
        sqs.delete_queue(QueueUrl=url)


def test_what_is_wrong_with_a_batch_is_named(queue):
    sqs, url, _ = queue
    prefix = "AWS.SimpleQueueService."
    for ids, code in ((["a", "a"], "BatchEntryIdsNotDistinct"), (["é"], "InvalidBatchEntryId"), ([""], "InvalidBatchEntryId"), (["x" * 81], "InvalidBatchEntryId"), ([], "EmptyBatchRequest")):
        for call, entry in ((sqs.delete_message_batch, {"ReceiptHandle": "x"}), (sqs.change_message_visibility_batch, {"ReceiptHandle": "x", "VisibilityTimeout": 1}), (sqs.send_message_batch, {"MessageBody": "x"})):
            with pytest.raises(ClientError) as caught:
                call(QueueUrl=url, Entries=[{"Id": name} | entry for name in ids])
            assert caught.value.response["Error"]["Code"] == prefix + code, (ids, call)


def test_groups_and_traces_come_with_a_message(queue):
    sqs, url, _ = queue
    trace = "Root=1-5759e988-bd862e3fe1be46a994272793"
    sqs.send_message(
        QueueUrl=url, MessageBody="x", MessageGroupId="tenant", MessageSystemAttributes={"AWSTraceHeader": {"DataType": "String", "StringValue": trace}})
    got = sqs.receive_message(QueueUrl=url, MessageSystemAttributeNames=["All"])["Messages"][0]["Attributes"]
    assert (got["MessageGroupId"], got["AWSTraceHeader"]) == ("tenant", trace)


def test_parameters(client):
    ssm = client("ssm")
    assert ssm.put_parameter(Name="/a/b", Value="v", Type="SecureString")["Version"] == 1
    with pytest.raises(ssm.exceptions.ParameterAlreadyExists):
        ssm.put_parameter(Name="/a/b", Value="w", Type="SecureString")
    assert ssm.put_parameter(Name="/a/b", Value="w", Overwrite=True)["Version"] == 2
    found = ssm.get_parameter(Name="/a/b", WithDecryption=True)["Parameter"]
    assert (found["Value"], found["Type"], found["Version"]) == ("w", "SecureString", 2)
    assert ssm.get_parameter(Name="/a/b")["Parameter"]["Value"] != "w"
    assert ssm.get_parameters(Names=["/a/b", "/no"])["InvalidParameters"] == ["/no"]
    ssm.delete_parameter(Name="/a/b")
    with pytest.raises(ssm.exceptions.ParameterNotFound):
        ssm.get_parameter(Name="/a/b")


def test_parameters_below_a_path(client):
    ssm = client("ssm")
    names = ["/below/a", "/below/b", "/below/c/d"]
    for name in names:
        ssm.put_parameter(Name=name, Value=name, Type="String")
    assert [found["Name"] for found in ssm.get_parameters_by_path(Path="/below")["Parameters"]] == names[:2]
    pages = ssm.get_paginator("get_parameters_by_path").paginate(Path="/below", Recursive=True, PaginationConfig={"PageSize": 1})
    assert [found["Name"] for page in pages for found in page["Parameters"]] == names
    ssm.put_parameter(Name="/below/a", Value="new", Overwrite=True)
    assert [ssm.get_parameter(Name=name)["Parameter"]["Value"] for name in ("/below/a", "/below/a:1", "/below/a:2")] == ["new", "/below/a", "new"]
    assert ssm.delete_parameters(Names=names + ["/no"])["InvalidParameters"] == ["/no"]
