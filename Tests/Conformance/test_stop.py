"""SIGTERM while there is work that would go on for minutes, years or for ever: the cloud ends, and ends well."""

import os
import pathlib
import queue
import threading

from conftest import Cloud as StackCloud, wait_until
from fuzz.client import Client, Cloud
from readers import Reader
from stack import FUNCTION, Stack, client, lives

BUILD = pathlib.Path(os.environ.get("BUILD", ".build/release")).resolve()
# Seconds after which something hangs, however busy the machine is.
LIMIT = 600
# What runs and what waits: one more is throttled.
PLACES = 64

ROWS = "UNNEST(sequence(1, 9000))"
ENDLESS = f"SELECT count(*) FROM {ROWS} AS a(x), " + ", ".join(f"{ROWS} AS t{number}(x)" for number in range(5))
QUERIES = [
    ENDLESS, ENDLESS + " WHERE reduce(sequence(1, 9000), 0, (s, y) -> s + y * a.x % 7, s -> s) >= 0", ENDLESS + " WHERE regexp_like(lpad('', 5000, 'a') || cast(a.x AS varchar), '(a*)*b')"]


def test_sigterm_ends_what_runs(tmp_path):
    cloud, answers = Cloud(BUILD, tmp_path / "cloud.log"), queue.Queue()

    def ask(number):
        client = Client(cloud.port, LIMIT)
        try:
            answers.put(client.call("timestream", "Query", {"QueryString": QUERIES[number % 3]})[1])
        except Exception as error:
            answers.put({"Message": repr(error)})
        finally:
            client.close()

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(PLACES + 1)]
    for thread in threads:
        thread.start()
    # The one for which no place is left: all others have theirs.
    assert "ThrottlingException" in answers.get(timeout=LIMIT)["__type"]
    assert cloud.stop(LIMIT) == 0
    for thread in threads:
        thread.join()
    # None has come to the end of its time.
    assert {answers.get_nowait()["Message"] for _ in range(PLACES)} == {"the query was cancelled"}


# The queue is its own dead-letter queue, and its function takes no message. A template's queue hides a message for as long as its function may
# run; the test sets that to nothing, and each comes again at once.
CIRCLE = """
Resources:
  Round:
    Type: AWS::SQS::Queue
    Properties:
      QueueName: round
      VisibilityTimeout: 1
      RedrivePolicy: { deadLetterTargetArn: "arn:aws:sqs:us-east-1:000000000000:round", maxReceiveCount: 1 }
  F:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: f
      CodeUri: F
      Timeout: 1
      Events: { Round: { Type: SQS, Properties: { Queue: !GetAtt Round.Arn, BatchSize: 1 } } }
"""
REFUSES = """
echo tried >> "$home/tries"
curl -s --data '{"errorType":"Bad","errorMessage":"no"}' "$api/$id/error"
"""


def test_sigterm_ends_a_queue_that_goes_round(tmp_path):
    stack = Stack(tmp_path, CIRCLE, F=REFUSES)
    tries = 0
    for start in range(3):
        with stack.running() as cloud:
            sqs = client(cloud, "sqs")
            url = sqs.get_queue_url(QueueName="round")["QueueUrl"]
            sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "0"})
            if start == 0:
                sqs.send_message(QueueUrl=url, MessageBody="m")
            # The message outlives each end, and goes on.
            wait_until(lambda: len(stack.lines("tries")) >= tries + 5)
            assert cloud.stop() == 0
        tries = len(stack.lines("tries"))


def test_sigterm_ends_long_polls():
    cloud = StackCloud()
    try:
        sqs = client(cloud, "sqs")
        url = sqs.create_queue(QueueName="polled")["QueueUrl"]
        readers = [Reader(cloud, url) for _ in range(20)]
        wait_until(lambda: all(reader.is_read for reader in readers))
        # Requests are taken in turn, so what came before these is at work.
        for _ in range(32):
            sqs.get_queue_url(QueueName="polled")
        assert cloud.stop() == 0
        # None is left without its answer, which says that there is no message.
        assert [reader.answer().partition(b"\r\n\r\n")[2] for reader in readers] == [b"{}"] * 20
    finally:
        cloud.process.kill()


def test_sigterm_ends_a_message_move_task_which_goes_on_later(tmp_path):
    task = lambda cloud: client(cloud, "sqs").list_message_move_tasks(SourceArn="arn:aws:sqs:us-east-1:000000000000:dead")["Results"][0]
    moved = -1
    for start in range(2):
        cloud = StackCloud("--data", str(tmp_path))
        try:
            if start == 0:
                sqs = client(cloud, "sqs")
                dead = sqs.create_queue(QueueName="dead")["QueueUrl"]
                policy = '{"deadLetterTargetArn": "arn:aws:sqs:us-east-1:000000000000:dead", "maxReceiveCount": 1}'
                sqs.create_queue(QueueName="work", Attributes={"RedrivePolicy": policy})
                for _ in range(60):
                    sqs.send_message_batch(QueueUrl=dead, Entries=[{"Id": str(number), "MessageBody": "m"} for number in range(10)])
                # Ten minutes of work.
                sqs.start_message_move_task(
                    SourceArn="arn:aws:sqs:us-east-1:000000000000:dead", DestinationArn="arn:aws:sqs:us-east-1:000000000000:work",
                    MaxNumberOfMessagesPerSecond=1)
            wait_until(lambda: task(cloud)["ApproximateNumberOfMessagesMoved"] > moved)
            assert task(cloud)["Status"] == "RUNNING"
            moved = task(cloud)["ApproximateNumberOfMessagesMoved"]
            assert cloud.stop() == 0
        finally:
            cloud.process.kill()


def test_sigterm_ends_a_function_that_ignores_everything(tmp_path):
    stack = Stack(tmp_path, FUNCTION % 1, F='trap "" HUP INT QUIT PIPE TERM USR1 USR2; sleep 1000 & echo $! >> "$home/processes"; echo $$ >> "$home/processes"; while :; do sleep 1000; done')
    with stack.running() as cloud:
        client(cloud, "lambda").invoke(FunctionName="f", InvocationType="Event")
        wait_until(lambda: len(stack.lines("processes")) == 2)
        assert all(map(lives, stack.lines("processes")))
        assert cloud.stop() == 0
        wait_until(lambda: not any(map(lives, stack.lines("processes"))))
