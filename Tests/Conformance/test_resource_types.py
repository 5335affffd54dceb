"""A second project's template: what its resources are set up with, and what another start changes of it, by boto3."""

import time

import pytest

from conftest import wait_until
from stack import Stack, client

TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Parameters:
  Names: { Type: CommaDelimitedList, Default: "alpha, beta" }
Mappings: { Stages: { test: { Delay: "5" } } }
Conditions: { Tests: !Equals [!Select [0, !Ref Names], alpha] }
Globals: { Function: { Runtime: provided.al2023, Handler: bootstrap } }
Resources:
  Queue:
    Type: AWS::SQS::Queue
    Properties:
      QueueName: !Join ["-", !Ref Names]
      DelaySeconds: !FindInMap [Stages, test, Delay]
      Tags: [{ Key: team, Value: blue }, { Key: stage, Value: !If [Tests, test, prod] }]
  Table: { Type: AWS::Serverless::SimpleTable, Properties: { TableName: simple, PrimaryKey: { Name: k, Type: String }, Tags: { team: blue } } }
  Setting:
    Type: AWS::SSM::Parameter
    Properties: { Name: /app/setting, Type: String, Value: one, Description: What it is, Tier: Advanced, DataType: text, Tags: { team: blue } }
  Url: { Type: AWS::SSM::Parameter, Properties: { Name: /app/url, Type: String, Value: !Ref Queue, Description: Where it is } }
  Database: { Type: AWS::Timestream::Database, Properties: { DatabaseName: metrics, Tags: [{ Key: team, Value: blue }] } }
  Rows: { Type: AWS::Timestream::Table, Properties: { DatabaseName: !Ref Database, TableName: rows, Tags: [{ Key: team, Value: blue }] } }
  Plain:
    Type: AWS::Lambda::Function
    DependsOn: [Queue, Role]
    Properties: { FunctionName: plain, Code: ./Plain, Role: !GetAtt Role.Arn, Runtime: provided.al2023, Handler: bootstrap, Timeout: 30 }
  Allowed: { Type: AWS::Lambda::Permission, Properties: { FunctionName: !Ref Plain, Action: lambda:InvokeFunction, Principal: events.amazonaws.com } }
  Role: { Type: AWS::IAM::Role }
  Log: { Type: AWS::Logs::LogGroup, Properties: { LogGroupName: !Sub "/aws/lambda/${Plain}" } }
  Policy: { Type: AWS::SQS::QueuePolicy, Properties: { Queues: [!Ref Queue] } }
  Timed:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: timed
      CodeUri: Timed
      Timeout: 30
      Events:
        Once: { Type: ScheduleV2, Properties: { ScheduleExpression: "rate(1 minute)", Input: '{"own": 1}' } }
"""
SCHEDULED = """  Query:
    Type: AWS::Timestream::ScheduledQuery
    Properties:
      ScheduledQueryName: rollup
      QueryString: !Sub SELECT d, avg(measure_value::double) AS mean FROM "metrics"."rows" WHERE time > ago(1h) GROUP BY d
      ScheduleConfiguration: { ScheduleExpression: rate(1 hour) }
      NotificationConfiguration: { SnsConfiguration: { TopicArn: !Ref Topic } }
      ErrorReportConfiguration: { S3Configuration: { BucketName: errors } }
      ScheduledQueryExecutionRoleArn: !GetAtt Role.Arn
      Tags: [{ Key: team, Value: blue }]
  Topic: { Type: AWS::SNS::Topic }
Outputs: { QueryArn: { Value: !Ref Query }, SameArn: { Value: !GetAtt Query.Arn } }
"""
ECHO = 'curl -sf -X POST --data-binary @"$folder/event" "$api/$id/response" > /dev/null'


@pytest.fixture
def stack(tmp_path):
    return Stack(tmp_path, TEMPLATE, Plain=ECHO, Timed=ECHO)


def tags(cloud, query=None):
    write = client(cloud, "timestream-write")
    base = "arn:aws:timestream:us-east-1:000000000000:database/metrics"
    found = {
        "queue": client(cloud, "sqs").list_queue_tags(QueueUrl=f"{cloud.address}/000000000000/alpha-beta").get("Tags", {}),
        "table": client(cloud, "dynamodb").list_tags_of_resource(ResourceArn="arn:aws:dynamodb:us-east-1:000000000000:table/simple")["Tags"],
        "parameter": client(cloud, "ssm").list_tags_for_resource(ResourceType="Parameter", ResourceId="/app/setting")["TagList"],
        "database": write.list_tags_for_resource(ResourceARN=base)["Tags"],
        "rows": write.list_tags_for_resource(ResourceARN=base + "/table/rows")["Tags"]}
    if query:
        found["query"] = client(cloud, "timestream-query").list_tags_for_resource(ResourceARN=query)["Tags"]
    return {name: one if isinstance(one, dict) else {tag["Key"]: tag["Value"] for tag in one} for name, one in found.items()}


def test_tags_are_the_templates_and_a_persons_stay(stack):
    blue = {"team": "blue"}
    with stack.running() as cloud:
        assert tags(cloud) == {"queue": {"team": "blue", "stage": "test"}, "table": blue, "parameter": blue, "database": blue, "rows": blue}
        client(cloud, "sqs").tag_queue(QueueUrl=f"{cloud.address}/000000000000/alpha-beta", Tags={"mine": "1", "team": "red"})
    text = TEMPLATE.replace("{ Key: stage, Value: !If [Tests, test, prod] }", "{ Key: new, Value: x }").replace("Tags: { team: blue }", "Tags: {}")
    (stack.folder / "template.yaml").write_text(text)
    for _ in range(2):
        with stack.running() as cloud:
            assert tags(cloud) == {"queue": {"team": "blue", "new": "x", "mine": "1"}, "table": {}, "parameter": {}, "database": blue, "rows": blue}


def test_a_parameters_settings(stack):
    def look(cloud):
        one, url = sorted(client(cloud, "ssm").describe_parameters()["Parameters"], key=lambda one: one["Name"])
        # It follows the port, and keeps its description.
        assert client(cloud, "ssm").get_parameter(Name="/app/url")["Parameter"]["Value"] == f"{cloud.address}/000000000000/alpha-beta"
        assert url["Description"] == "Where it is"
        value = client(cloud, "ssm").get_parameter(Name="/app/setting")["Parameter"]["Value"]
        return value, one["Version"], one.get("Description"), one["Tier"], one["DataType"]
    with stack.running() as cloud:
        assert look(cloud) == ("one", 1, "What it is", "Advanced", "text")
        client(cloud, "ssm").put_parameter(Name="/app/setting", Value="mine", Overwrite=True)
    with stack.running() as cloud:
        # Nothing new in the template: a person's value stays.
        assert look(cloud)[:2] == ("mine", 2)
    (stack.folder / "template.yaml").write_text(TEMPLATE.replace("Description: What it is", "Description: Another"))
    with stack.running() as cloud:
        assert look(cloud) == ("mine", 3, "Another", "Advanced", "text")
    (stack.folder / "template.yaml").write_text(TEMPLATE.replace("Description: What it is, ", "").replace("Value: one", "Value: two"))
    # The template's value goes over a person's only where that is asked for.
    for options in (("--reset", "/app/setting"), ()):
        with stack.running(*options) as cloud:
            assert look(cloud) in [("two", 4, "", "Advanced", "text"), ("two", 4, None, "Advanced", "text")]


def test_lambdas_own_function_and_what_is_passed_over(stack):
    with stack.running() as cloud:
        functions = client(cloud, "lambda")
        assert functions.invoke(FunctionName="plain", Payload=b'{"a": 1}')["Payload"].read() == b'{"a": 1}'
        told = functions.get_function_configuration(FunctionName="plain")
        assert (told["Role"], told["Timeout"], told["Runtime"]) == ("arn:aws:iam::000000000000:role/timeseries-cache-Role", 30, "provided.al2023")
        assert client(cloud, "sqs").get_queue_attributes(
            QueueUrl=f"{cloud.address}/000000000000/alpha-beta", AttributeNames=["DelaySeconds"])["Attributes"] == {"DelaySeconds": "5"}
        client(cloud, "dynamodb").put_item(TableName="simple", Item={"k": {"S": "a"}})
        resources = {one["LogicalResourceId"]: one["ResourceType"] for one in client(cloud, "cloudformation").describe_stack_resources(
            StackName="timeseries-cache")["StackResources"]}
        assert resources["TimedOnce"] == "AWS::Scheduler::Schedule" and resources["Table"] == "AWS::DynamoDB::Table"


def test_a_schedule_of_sam_invokes_its_function(tmp_path):
    stack = Stack(tmp_path, TEMPLATE.replace("rate(1 minute)", time.strftime("at(%Y-%m-%dT%H:%M:%S)", time.gmtime(time.time() + 3))),
                  Plain=ECHO, Timed='cat "$folder/event" >> "$home/seen"; ' + ECHO)
    with stack.running():
        wait_until(lambda: stack.lines("seen"))
    assert stack.lines("seen") == ['{"own": 1}']


def test_a_parameter_that_stands_for_one_of_ssm(tmp_path):
    plain = "Resources: { Setting: { Type: AWS::SSM::Parameter, Properties: { Name: /app/name, Type: String, Value: first } } }\n"
    stack = Stack(tmp_path, plain)
    with stack.running():
        pass
    (tmp_path / "template.yaml").write_text(
        "Parameters: { Name: { Type: 'AWS::SSM::Parameter::Value<String>', Default: /app/name } }\n"
        + plain.replace("Resources: {", "Resources: { Queue: { Type: AWS::SQS::Queue, Properties: { QueueName: !Sub '${Name}-queue' } },"))
    with stack.running() as cloud:
        assert client(cloud, "sqs").get_queue_url(QueueName="first-queue")
        (told,) = client(cloud, "cloudformation").describe_stacks()["Stacks"]
        assert told["Parameters"] == [{"ParameterKey": "Name", "ParameterValue": "/app/name", "ResolvedValue": "first"}]
        assert told["StackStatus"] == "UPDATE_COMPLETE"
        client(cloud, "ssm").put_parameter(Name="/app/name", Value="second", Overwrite=True)
    with stack.running("--prune") as cloud:
        assert [url.rsplit("/", 1)[1] for url in client(cloud, "sqs").list_queues()["QueueUrls"]] == ["second-queue"]


def test_a_scheduled_query(stack):
    with stack.running() as cloud:
        client(cloud, "timestream-write").write_records(DatabaseName="metrics", TableName="rows", Records=[
            {"Dimensions": [{"Name": "d", "Value": "v"}], "MeasureName": "m", "MeasureValue": "1.5", "MeasureValueType": "DOUBLE",
             "Time": str(int(time.time() * 1000)), "TimeUnit": "MILLISECONDS"}])

    def look():
        with stack.running() as cloud:
            arn = cloud.outputs["QueryArn"]
            assert arn == cloud.outputs["SameArn"] and arn.startswith("arn:aws:timestream:us-east-1:000000000000:scheduled-query/rollup-")
            return client(cloud, "timestream-query").describe_scheduled_query(ScheduledQueryArn=arn)["ScheduledQuery"], tags(cloud, arn)["query"]
    (stack.folder / "template.yaml").write_text(TEMPLATE + SCHEDULED)
    first, blue = look()
    assert (first["Name"], first["State"], blue) == ("rollup", "ENABLED", {"team": "blue"})
    assert first["ScheduleConfiguration"] == {"ScheduleExpression": "rate(1 hour)"}
    assert look()[0] == first
    # Another query is a new one under the same ARN.
    (stack.folder / "template.yaml").write_text(TEMPLATE + SCHEDULED.replace("rate(1 hour)", "rate(2 hours)").replace("Value: blue", "Value: red"))
    second, red = look()
    assert second["ScheduleConfiguration"] == {"ScheduleExpression": "rate(2 hours)"} and second["Arn"] == first["Arn"]
    assert second["CreationTime"] > first["CreationTime"] and red == {"team": "red"}
    (stack.folder / "template.yaml").write_text(TEMPLATE)
    with stack.running() as cloud:
        assert len(client(cloud, "timestream-query").list_scheduled_queries()["ScheduledQueries"]) == 1
    with stack.running("--prune") as cloud:
        assert client(cloud, "timestream-query").list_scheduled_queries()["ScheduledQueries"] == []
