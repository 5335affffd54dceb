"""SQS as boto3 sees it."""

import hashlib
import json
import subprocess
import sys

import pytest
from botocore.exceptions import ClientError

from conftest import wait_until
from readers import Reader


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


def test_readers_that_went_take_no_message_along(cloud, queue):
    sqs, url, _ = queue
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "600"})

    def open_readers(count):
        readers = [Reader(cloud, url) for _ in range(count)]
        wait_until(lambda: all(reader.is_read for reader in readers))
        # Requests are taken in turn, so what came before these is at work.
        for _ in range(32):
            sqs.get_queue_url(QueueName="work")
        return readers

    # One stays, before several that go: each of them that is still waited for would have a message.
    stays, = open_readers(1)
    readers = open_readers(16)
    for reader in readers:
        reader.close()
    wait_until(lambda: all(reader.is_gone for reader in readers))
    # They have not come to the end of their time, for this one would have come to it before them.
    assert not stays.is_answered
    sqs.send_message(QueueUrl=url, MessageBody="first")
    assert [message["Body"] for message in json.loads(stays.answer().partition(b"\r\n\r\n")[2])["Messages"]] == ["first"]
    sqs.send_message(QueueUrl=url, MessageBody="kept")
    assert [message["Body"] for message in sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)["Messages"]] == ["kept"]


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


def test_what_makes_a_queue_fifo_is_refused(queue):
    sqs, url, _ = queue
    for call, arguments, code, words in (
            (sqs.set_queue_attributes, {"QueueUrl": url, "Attributes": {"FifoQueue": "false"}}, "InvalidAttributeName", "Unknown Attribute FifoQueue."),
            (sqs.create_queue, {"QueueName": "n", "Attributes": {"FifoQueue": "true"}}, "InvalidAttributeName",
             "The local cloud does not emulate FIFO queues: attribute FifoQueue."),
            (sqs.create_queue, {"QueueName": "n.fifo"}, "InvalidParameterValue", "The local cloud does not emulate FIFO queues")):
        with pytest.raises(ClientError) as caught:
            call(**arguments)
        assert (caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]) == (code, words)


def test_older_receipt_handles_serve_too(queue):
    sqs, url, _ = queue
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": ""})
    sqs.send_message(QueueUrl=url, MessageBody="x")
    old = sqs.receive_message(QueueUrl=url)["Messages"][0]["ReceiptHandle"]
    new = sqs.receive_message(QueueUrl=url)["Messages"][0]["ReceiptHandle"]
    assert old != new
    # As on AWS, nothing comes of a change to a message that can be received already.
    sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=old, VisibilityTimeout=600)
    newest = sqs.receive_message(QueueUrl=url, VisibilityTimeout=600)["Messages"][0]["ReceiptHandle"]
    sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=old, VisibilityTimeout=0)
    assert len(sqs.receive_message(QueueUrl=url)["Messages"]) == 1
    for handle in (old, newest, new):
        sqs.delete_message(QueueUrl=url, ReceiptHandle=handle)
    assert "Messages" not in sqs.receive_message(QueueUrl=url)
    with pytest.raises(ClientError) as caught:
        sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=old, VisibilityTimeout=600)
    assert caught.value.response["Error"]["Code"] == "InvalidParameterValue"
    assert caught.value.response["Error"]["Message"] == (
        f"Value {old} for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not available for visibility timeout change.")


def test_a_dead_letter_queue_says_whose_messages_it_takes(queue):
    sqs, url, dead = queue
    policy = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["RedrivePolicy"])["Attributes"]["RedrivePolicy"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    for allowed, is_taken in (
            ({"redrivePermission": "denyAll"}, False), ({"redrivePermission": "byQueue", "sourceQueueArns": [arn + "x"]}, False),
            ({"redrivePermission": "byQueue", "sourceQueueArns": [arn]}, True), ({"redrivePermission": "allowAll"}, True)):
        sqs.set_queue_attributes(QueueUrl=dead, Attributes={"RedriveAllowPolicy": json.dumps(allowed)})
        told = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["RedriveAllowPolicy"])["Attributes"]
        assert json.loads(told["RedriveAllowPolicy"]) == allowed
        if is_taken:
            sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": policy})
            continue
        with pytest.raises(ClientError) as caught:
            sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": policy})
        assert caught.value.response["Error"]["Code"] == "InvalidParameterValue"


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


def test_tags(client):
    sqs = client("sqs")
    url = sqs.create_queue(QueueName="tagged", tags={"a": "1", "b": ""})["QueueUrl"]
    sqs.tag_queue(QueueUrl=url, Tags={"b": "2", "c": "3"})
    assert sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"a": "1", "b": "2", "c": "3"}
    sqs.untag_queue(QueueUrl=url, TagKeys=["a", "b", "no"])
    assert sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"c": "3"}
    sqs.untag_queue(QueueUrl=url, TagKeys=["c"])
    assert "Tags" not in sqs.list_queue_tags(QueueUrl=url)
    sqs.delete_queue(QueueUrl=url)


def test_messages_are_moved_back(queue):
    sqs, url, dead = queue
    source = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    assert sqs.list_dead_letter_source_queues(QueueUrl=dead)["queueUrls"] == [url]
    for number in range(3):
        sqs.send_message(QueueUrl=url, MessageBody=str(number))
    for _ in range(3):
        sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)
    with pytest.raises(ClientError) as caught:
        sqs.start_message_move_task(SourceArn=source.replace(":dead", ":work"))
    assert caught.value.response["Error"]["Message"] == "Source queue must be configured as a Dead Letter Queue."
    sqs.start_message_move_task(SourceArn=source)
    wait_until(lambda: sqs.list_message_move_tasks(SourceArn=source)["Results"][0]["Status"] == "COMPLETED")
    got = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, AttributeNames=["All"])["Messages"]
    assert sorted(message["Body"] for message in got) == ["0", "1", "2"]
    assert {message["Attributes"]["ApproximateReceiveCount"] for message in got} == {"1"}
    with pytest.raises(ClientError) as caught:
        sqs.cancel_message_move_task(TaskHandle="x")
    assert caught.value.response["Error"]["Message"] == "Value for parameter TaskHandle is invalid."


def test_a_move_is_cancelled(queue):
    sqs, url, dead = queue
    source = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    # More than a minute and a half of work, so that it is met at it.
    for batch in range(10):
        sqs.send_message_batch(QueueUrl=dead, Entries=[{"Id": str(number), "MessageBody": "m"} for number in range(10)])
    handle = sqs.start_message_move_task(SourceArn=source, DestinationArn=source.replace(":dead", ":work"), MaxNumberOfMessagesPerSecond=1)["TaskHandle"]
    with pytest.raises(ClientError) as caught:
        sqs.start_message_move_task(SourceArn=source)
    assert caught.value.response["Error"]["Code"] == "InvalidParameterValue"
    assert sqs.list_message_move_tasks(SourceArn=source)["Results"][0]["TaskHandle"] == handle
    moved = sqs.cancel_message_move_task(TaskHandle=handle)["ApproximateNumberOfMessagesMoved"]
    task = sqs.list_message_move_tasks(SourceArn=source)["Results"][0]
    assert (task["Status"], task["ApproximateNumberOfMessagesMoved"], task["ApproximateNumberOfMessagesToMove"], "TaskHandle" in task) == ("CANCELLED", moved, 100, False)
