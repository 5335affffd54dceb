"""`--prune`: what has left the template is deleted with its data, on the whole process."""

import os
import re
import subprocess
import time

import pytest
from botocore.exceptions import ClientError

from conftest import CLIENT_ENVIRONMENT
from stack import Stack, client

KEEPS = "Resources: { Kept: { Type: AWS::SQS::Queue, Properties: { QueueName: kept } } }\n"
TABLE = "{ %sType: AWS::DynamoDB::Table, Properties: { TableName: %s, AttributeDefinitions: [{ AttributeName: k, AttributeType: S }], KeySchema: [{ AttributeName: k, KeyType: HASH }] } }"
ALL = f"""
Resources:
  Kept: {{ Type: AWS::SQS::Queue, Properties: {{ QueueName: kept }} }}
  Queue: {{ Type: AWS::SQS::Queue, Properties: {{ QueueName: gone, RedrivePolicy: {{ deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 3 }} }} }}
  Dead: {{ Type: AWS::SQS::Queue, Properties: {{ QueueName: dead }} }}
  Table: {TABLE % ("", "gone")}
  Retained: {TABLE % ("DeletionPolicy: Retain, ", "retained")}
  Parameter: {{ Type: AWS::SSM::Parameter, Properties: {{ Name: /app/gone, Type: String, Value: v }} }}
  Database: {{ Type: AWS::Timestream::Database, Properties: {{ DatabaseName: gone }} }}
  Rows: {{ Type: AWS::Timestream::Table, Properties: {{ DatabaseName: !Ref Database, TableName: a.b }} }}
  Function: {{ Type: AWS::Serverless::Function, Properties: {{ FunctionName: f, CodeUri: F, Events: {{ Q: {{ Type: SQS, Properties: {{ Queue: !GetAtt Queue.Arn, Enabled: false }} }} }} }} }}
  Rule: {{ Type: AWS::Events::Rule, Properties: {{ Name: r, ScheduleExpression: rate(1 day), Targets: [{{ Id: q, Arn: !GetAtt Queue.Arn }}] }} }}
"""
LEFT = ["database gone", "parameter /app/gone", "queue dead", "queue gone", "table gone", "Timestream table gone.a.b"]


def fill(cloud):
    """Puts data into all that will go, and makes what no template has."""
    dynamodb, sqs, ssm = (client(cloud, service) for service in ("dynamodb", "sqs", "ssm"))
    for table in ("gone", "retained"):
        for start in range(0, 500, 25):
            dynamodb.batch_write_item(RequestItems={table: [{"PutRequest": {"Item": {"k": {"S": str(start + i)}}}} for i in range(25)]})
    for name in ("gone", "dead", "kept"):
        sqs.send_message(QueueUrl=f"{cloud.address}/000000000000/{name}", MessageBody="body")
    sqs.create_queue(QueueName="mine")
    ssm.put_parameter(Name="/app/gone", Value="w", Overwrite=True)
    ssm.put_parameter(Name="/app/mine", Value="v", Type="String")
    client(cloud, "timestream-write").write_records(DatabaseName="gone", TableName="a.b", Records=[
        {"Dimensions": [{"Name": "d", "Value": "v"}], "MeasureName": "m", "MeasureValue": "1", "MeasureValueType": "DOUBLE",
         "Time": str(int(time.time() * 1000)), "TimeUnit": "MILLISECONDS"}])


def what_is_there(cloud):
    queues = client(cloud, "sqs").list_queues().get("QueueUrls", [])
    return {
        "queues": sorted(url.rsplit("/", 1)[1] for url in queues), "tables": client(cloud, "dynamodb").list_tables()["TableNames"],
        "parameters": sorted(one["Name"] for one in client(cloud, "ssm").describe_parameters()["Parameters"]),
        "databases": [one["DatabaseName"] for one in client(cloud, "timestream-write").list_databases()["Databases"]]}


WHOLE = {"queues": ["dead", "gone", "kept", "mine"], "tables": ["gone", "retained"], "parameters": ["/app/gone", "/app/mine"], "databases": ["gone"]}
PRUNED = {"queues": ["kept", "mine"], "tables": ["retained"], "parameters": ["/app/mine"], "databases": []}


def filled(folder):
    stack = Stack(folder, ALL, F="true")
    with stack.running() as cloud:
        fill(cloud)
        assert what_is_there(cloud) == WHOLE
    return stack


def plan(stack, *options):
    done = subprocess.run([stack.folder / "local-cloud", "plan", "--data", stack.folder / "data", "--template", stack.folder / "template.yaml", *options],
                          capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


def told(stack, *options):
    """What a start says of what has left the template."""
    process = subprocess.Popen(
        [stack.folder / "local-cloud", "--port", "0", "--data", stack.folder / "data", "--template", stack.folder / "template.yaml", *options],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={"PATH": os.environ["PATH"]} | CLIENT_ENVIRONMENT)
    for line in process.stdout:
        if line == "ready\n":
            break
    process.terminate()
    return [line for line in process.communicate(timeout=300)[1].splitlines() if re.search("deleted|no longer", line)]


def test_what_left_the_template_stays_until_it_is_pruned(tmp_path):
    stack = filled(tmp_path)
    assert "no longer" not in plan(stack)
    (tmp_path / "template.yaml").write_text(KEEPS)
    listed = "\n".join(f"  {words}" for words in sorted(LEFT))
    section = ("\nIs no longer in the template; --prune deletes it with its data\n" + listed
               + "\n\nIs no longer in the template; its DeletionPolicy retains it\n  table retained\n")
    # The plan tells it before, whilst and after a start without the option.
    assert plan(stack).endswith(section)
    with stack.running() as cloud:
        assert what_is_there(cloud) == WHOLE
        assert plan(stack).endswith(section)
    assert told(stack) == ["local-cloud: no longer in the template, still in the data: " + ", ".join(sorted([*LEFT, "table retained (retained)"])) + "; there is nothing to do"]
    assert told(stack, "--prune") == [
        "local-cloud: deleted: " + ", ".join(sorted(LEFT)), "local-cloud: no longer in the template, still in the data: table retained (retained); there is nothing to do"]
    with stack.running("--prune") as cloud:
        assert what_is_there(cloud) == PRUNED
        assert client(cloud, "dynamodb").get_item(TableName="retained", Key={"k": {"S": "499"}})["Item"]
        message = client(cloud, "sqs").receive_message(QueueUrl=f"{cloud.address}/000000000000/kept")["Messages"]
        assert [one["Body"] for one in message] == ["body"]
    # What comes back is new, and what was retained is taken over.
    (tmp_path / "template.yaml").write_text(ALL)
    with stack.running("--prune") as cloud:
        assert what_is_there(cloud) == WHOLE
        assert client(cloud, "dynamodb").scan(TableName="gone", Select="COUNT")["Count"] == 0
        assert client(cloud, "dynamodb").scan(TableName="retained", Select="COUNT")["Count"] == 500
        assert client(cloud, "ssm").get_parameter(Name="/app/gone")["Parameter"]["Value"] == "v"
        assert "Messages" not in client(cloud, "sqs").receive_message(QueueUrl=f"{cloud.address}/000000000000/gone")
    assert "no longer" not in plan(stack)


def test_a_resource_whose_condition_holds_no_more_has_left_as_well(tmp_path):
    text = "Parameters: { On: { Type: String, Default: 'yes' } }\nConditions: { Is: !Equals [!Ref On, 'yes'] }\n" + KEEPS.replace(
        "Resources: {", "Resources: { Queue: { Type: AWS::SQS::Queue, Condition: Is, Properties: { QueueName: gone } },")
    stack = Stack(tmp_path, text)
    with stack.running():
        pass
    assert "  queue gone\n" in plan(stack, "--parameter", "On=no")
    with stack.running("--prune", "--parameter", "On=no") as cloud:
        assert what_is_there(cloud)["queues"] == ["kept"]


def test_what_cannot_be_deleted_is_told_and_stays(tmp_path):
    stack = filled(tmp_path)
    with stack.running() as cloud:
        client(cloud, "timestream-write").create_table(DatabaseName="gone", TableName="mine")
    (tmp_path / "template.yaml").write_text(KEEPS)
    lines = told(stack, "--prune", "--quiet")
    assert lines[0].startswith("local-cloud: the database gone cannot be deleted: ") and len(lines) == 3
    assert lines[1:] == [
        "local-cloud: deleted: " + ", ".join(sorted(set(LEFT) - {"database gone"})),
        "local-cloud: no longer in the template, still in the data: database gone, table retained (retained); there is nothing to do"]
    with stack.running() as cloud:
        write = client(cloud, "timestream-write")
        assert [one["TableName"] for one in write.list_tables(DatabaseName="gone")["Tables"]] == ["mine"]
        write.delete_table(DatabaseName="gone", TableName="mine")
    assert told(stack, "--prune")[0] == "local-cloud: deleted: database gone"


def test_what_somebody_deleted_already_is_no_trouble(tmp_path):
    stack = filled(tmp_path)
    with stack.running() as cloud:
        client(cloud, "dynamodb").delete_table(TableName="gone")
        client(cloud, "sqs").delete_queue(QueueUrl=f"{cloud.address}/000000000000/gone")
        client(cloud, "ssm").delete_parameter(Name="/app/gone")
    (tmp_path / "template.yaml").write_text(KEEPS)
    with stack.running("--prune") as cloud:
        assert what_is_there(cloud) == PRUNED


@pytest.mark.parametrize("steps", range(6))
def test_a_pruning_that_was_killed_goes_on(tmp_path, steps):
    stack = filled(tmp_path)
    (tmp_path / "template.yaml").write_text(KEEPS)
    process = subprocess.Popen(
        [tmp_path / "local-cloud", "--port", "0", "--data", tmp_path / "data", "--template", tmp_path / "template.yaml", "--prune"],
        stdout=subprocess.PIPE, env={"PATH": os.environ["PATH"]} | CLIENT_ENVIRONMENT)
    # Whatever it has come to by then: a start takes some tens of milliseconds.
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(timeout=0.008 * steps)
    process.kill()
    process.communicate(timeout=300)
    with stack.running("--prune") as cloud:
        assert what_is_there(cloud) == PRUNED
        with pytest.raises(ClientError):
            client(cloud, "dynamodb").describe_table(TableName="gone")
    assert plan(stack).endswith("its DeletionPolicy retains it\n  table retained\n")
