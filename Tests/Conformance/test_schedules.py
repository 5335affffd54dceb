"""Schedules of a template, in a real process."""

import contextlib
import datetime
import json
import sqlite3

import stack
from conftest import wait_until

TEMPLATE = """
Resources:
  Beats: { Type: AWS::SQS::Queue, Properties: { QueueName: beats } }
  Ticks: { Type: AWS::SQS::Queue, Properties: { QueueName: ticks } }
  Dead: { Type: AWS::SQS::Queue, Properties: { QueueName: dead } }
  Patient:
    Type: AWS::Scheduler::Schedule
    Properties:
      Name: patient
      ScheduleExpression: at(%s)
      FlexibleTimeWindow: { Mode: 'OFF' }
      Target: { Arn: !GetAtt Ticks.Arn, RoleArn: r, Input: patient }
  Impatient:
    Type: AWS::Events::Rule
    Properties:
      Name: impatient
      ScheduleExpression: rate(1 minute)
      Targets:
        - { Id: a, Arn: !GetAtt Beats.Arn, RetryPolicy: { MaximumRetryAttempts: 0 }, DeadLetterConfig: { Arn: !GetAtt Dead.Arn } }
"""


def test_what_cannot_be_sent_is_tried_again_or_goes_to_its_dead_letter_queue(tmp_path):
    now = lambda: datetime.datetime.now(datetime.timezone.utc)
    # The rule is due a minute after the start.
    due = now() + datetime.timedelta(seconds=45)
    stands = stack.Stack(tmp_path, TEMPLATE % due.strftime("%Y-%m-%dT%H:%M:%S"))
    with stands.running() as cloud:
        sqs = stack.client(cloud, "sqs")
        dead = sqs.get_queue_url(QueueName="dead")["QueueUrl"]
        for name in ("ticks", "beats"):
            sqs.delete_queue(QueueUrl=sqs.get_queue_url(QueueName=name)["QueueUrl"])
        assert now() < due - datetime.timedelta(seconds=1), "the machine is too slow for this test"
        letter, = wait_until(lambda: sqs.receive_message(QueueUrl=dead, WaitTimeSeconds=20, MessageAttributeNames=["All"]).get("Messages"))
        assert json.loads(letter["Body"])["resources"] == ["arn:aws:events:us-east-1:000000000000:rule/impatient"]
        assert {name: value["StringValue"] for name, value in letter["MessageAttributes"].items()} == {
            "RULE_ARN": "arn:aws:events:us-east-1:000000000000:rule/impatient", "TARGET_ARN": "arn:aws:sqs:us-east-1:000000000000:beats",
            "ERROR_CODE": "QueueDoesNotExist", "ERROR_MESSAGE": "The specified queue does not exist.",
            "EXHAUSTED_RETRY_CONDITION": "MaximumRetryAttempts", "RETRY_ATTEMPTS": "0"}
        # It is killed once the other schedule's event is kept.
        with contextlib.closing(sqlite3.connect(f"file:{stands.folder / 'data/local-cloud.sqlite'}?mode=ro", uri=True)) as file:
            wait_until(lambda: file.execute("SELECT count(*) FROM schedule_deliveries WHERE arn LIKE '%/patient'").fetchone() == (1,))
    with stands.running() as cloud:
        sqs = stack.client(cloud, "sqs")
        ticks = sqs.get_queue_url(QueueName="ticks")["QueueUrl"]
        bodies = wait_until(lambda: [one["Body"] for one in sqs.receive_message(QueueUrl=ticks, WaitTimeSeconds=20).get("Messages", [])])
        assert bodies == ["patient"]
