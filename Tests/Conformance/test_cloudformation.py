"""CloudFormation's operations by boto3 and the AWS CLI, on stacks of the tests' own."""

import datetime
import json
import os
import re
import subprocess
import sys

import boto3
import pytest
from botocore.exceptions import ClientError, WaiterError

from conftest import CLIENT_ENVIRONMENT, PROJECT, TOOLS
from stack import KEYS, Stack, client

TEMPLATE = """
AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::Serverless-2016-10-31
Description: Orders & <their> items
Metadata: { Note: one }
Parameters:
  Stage: { Type: String, Default: test, AllowedValues: [test, prod], Description: Which stage }
  Secret: { Type: String, NoEcho: true, Default: hush-hush }
Resources:
  Orders: { Type: AWS::SQS::Queue, Properties: { QueueName: !Sub "orders-${Stage}" } }
  Items:
    Type: AWS::DynamoDB::Table
    Properties: { AttributeDefinitions: [{ AttributeName: k, AttributeType: S }], KeySchema: [{ AttributeName: k, KeyType: HASH }] }
  Worker:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: worker
      Runtime: provided.al2023
      Handler: bootstrap
      CodeUri: Worker
      Events:
        Queue: { Type: SQS, Properties: { Queue: !GetAtt Orders.Arn } }
        Nightly: { Type: Schedule, Properties: { Schedule: rate(1 day) } }
  Daily:
    Type: AWS::Events::Rule
    Properties: { Name: daily, ScheduleExpression: rate(1 day), Targets: [{ Id: q, Arn: !GetAtt Orders.Arn }] }
  Settings: { Type: AWS::SSM::Parameter, Properties: { Name: /orders/settings, Type: String, Value: !Sub "${Orders} ${Secret}" } }
  Role: { Type: AWS::IAM::Role, Properties: { RoleName: orders-role } }
Outputs:
  QueueUrl: { Value: !Ref Orders, Description: Where orders go, Export: { Name: !Sub "${AWS::StackName}-queue" } }
  Table: { Value: !Ref Items }
  Id: { Value: !Ref AWS::StackId }
"""
NAME = "timeseries-cache"
QUEUES = "Resources:\n" + "".join(f"  Q{number:03}: {{ Type: AWS::SQS::Queue, Properties: {{ QueueName: q{number} }} }}\n" for number in range(203))
QUEUES += "Outputs:\n" + "".join(f"  O{number:03}: {{ Value: v{number}, Export: {{ Name: e{number:03} }} }}\n" for number in range(101))


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    return Stack(tmp_path_factory.mktemp("cloudformation"), TEMPLATE)


@pytest.fixture(scope="module")
def cloud(stack):
    with stack.running() as running:
        yield running


@pytest.fixture(scope="module")
def formation(cloud):
    return client(cloud, "cloudformation")


def command(cloud, *words, home=None, tool="clients/bin/aws"):
    environment = {"PATH": os.environ["PATH"], "HOME": str(home or "/nonexistent"), "AWS_ENDPOINT_URL": cloud.address, "SAM_CLI_TELEMETRY": "0"} | CLIENT_ENVIRONMENT
    return subprocess.run([str(TOOLS / tool), *words], env=environment, capture_output=True, text=True, timeout=300)


def refusal(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"], caught.value.response["ResponseMetadata"]["HTTPStatusCode"]


def no_stack(name):
    return "ValidationError", f"Stack with id {name} does not exist", 400


# Stacks


def test_a_stack_is_described(formation, cloud):
    (found,) = formation.describe_stacks(StackName=NAME)["Stacks"]
    made = found.pop("CreationTime")
    assert datetime.timedelta(0) <= datetime.datetime.now(datetime.timezone.utc) - made < datetime.timedelta(minutes=20)
    identifier = found.pop("StackId")
    assert re.fullmatch(r"arn:aws:cloudformation:us-east-1:000000000000:stack/timeseries-cache/[0-9a-f-]{36}", identifier)
    assert found == {
        "StackName": NAME, "Description": "Orders & <their> items", "StackStatus": "CREATE_COMPLETE", "DisableRollback": False,
        "RollbackConfiguration": {}, "NotificationARNs": [], "Tags": [], "EnableTerminationProtection": False,
        "DriftInformation": {"StackDriftStatus": "NOT_CHECKED"},
        "Parameters": [{"ParameterKey": "Stage", "ParameterValue": "test"}, {"ParameterKey": "Secret", "ParameterValue": "****"}],
        "Outputs": [
            {"OutputKey": "QueueUrl", "OutputValue": f"{cloud.address}/000000000000/orders-test", "Description": "Where orders go",
             "ExportName": "timeseries-cache-queue"},
            {"OutputKey": "Table", "OutputValue": "timeseries-cache-Items"}, {"OutputKey": "Id", "OutputValue": identifier}]}
    assert [one["StackId"] for one in formation.describe_stacks()["Stacks"]] == [identifier]
    assert formation.describe_stacks(StackName=identifier)["Stacks"][0]["StackName"] == NAME


@pytest.mark.parametrize("name", ["other", "arn:aws:cloudformation:us-east-1:000000000000:stack/other/1", "timeseries-cache ", "TIMESERIES-CACHE"])
def test_a_stack_that_is_not_there(formation, name):
    for call in (formation.describe_stacks, formation.describe_stack_resources, formation.list_stack_resources, formation.get_template,
                 formation.get_template_summary):
        assert refusal(call, StackName=name) == no_stack(name)


def test_an_empty_name_is_none(formation):
    for call in (formation.describe_stacks, formation.describe_stack_resources, formation.list_stack_resources, formation.get_template):
        assert refusal(call, StackName="") == (
            "ValidationError", "1 validation error detected: Value '' at 'stackName' failed to satisfy constraint: "
            "Member must have length greater than or equal to 1", 400)
    assert refusal(formation.describe_stack_resources, PhysicalResourceId="")[1].startswith("1 validation error detected: Value '' at 'physicalResourceId'")


def test_stacks_are_listed_by_status(formation):
    def names(*statuses):
        return [one["StackName"] for one in formation.list_stacks(StackStatusFilter=list(statuses))["StackSummaries"]]
    assert names() == names("CREATE_COMPLETE") == names("DELETE_COMPLETE", "CREATE_COMPLETE") == [NAME]
    assert names("UPDATE_COMPLETE") == []
    (summary,) = formation.list_stacks()["StackSummaries"]
    assert set(summary) == {"StackId", "StackName", "TemplateDescription", "CreationTime", "StackStatus", "DriftInformation"}
    code, message, status = refusal(formation.list_stacks, StackStatusFilter=["GONE"])
    assert (code, status) == ("ValidationError", 400)
    assert message.startswith("1 validation error detected: Value '[GONE]' at 'stackStatusFilter' failed to satisfy constraint: Member must satisfy "
                              "constraint: [Member must satisfy enum value set: [")


def test_waiters_and_boto3s_resource(cloud, formation):
    formation.get_waiter("stack_exists").wait(StackName=NAME)
    formation.get_waiter("stack_create_complete").wait(StackName=NAME)
    with pytest.raises(WaiterError):
        formation.get_waiter("stack_exists").wait(StackName="other", WaiterConfig={"Delay": 0, "MaxAttempts": 2})
    formation.get_waiter("stack_delete_complete").wait(StackName="other", WaiterConfig={"Delay": 0, "MaxAttempts": 1})
    resource = boto3.resource("cloudformation", endpoint_url=cloud.address, **KEYS)
    stack = resource.Stack(NAME)
    assert stack.stack_status == "CREATE_COMPLETE" and len(stack.outputs) == 3
    assert [one.stack_name for one in resource.stacks.all()] == [NAME]
    assert "Orders" in [one.logical_id for one in stack.resource_summaries.all()]
    assert stack.Resource("Orders").physical_resource_id.endswith("/orders-test")


def test_the_command_line(cloud):
    done = command(cloud, "cloudformation", "describe-stacks", "--stack-name", NAME, "--query", "Stacks[0].Outputs[?OutputKey=='Table'].OutputValue", "--output", "text")
    assert (done.stdout, done.returncode) == ("timeseries-cache-Items\n", 0), done.stderr
    done = command(cloud, "cloudformation", "wait", "stack-exists", "--stack-name", NAME)
    assert done.returncode == 0, done.stderr
    done = command(cloud, "cloudformation", "list-stack-resources", "--stack-name", NAME, "--query", "StackResourceSummaries[].LogicalResourceId")
    assert "Orders" in json.loads(done.stdout)
    done = command(cloud, "cloudformation", "describe-stacks", "--stack-name", "other")
    assert done.stderr.strip() == "An error occurred (ValidationError) when calling the DescribeStacks operation: Stack with id other does not exist"


def test_sam_lists_outputs_and_resources(cloud, stack, tmp_path):
    done = command(cloud, "list", "stack-outputs", "--stack-name", NAME, "--output", "json", "--region", "us-east-1", home=tmp_path, tool="sam/bin/sam")
    assert done.returncode == 0, done.stderr
    assert {one["OutputKey"] for one in json.loads(done.stdout)} == {"QueueUrl", "Table", "Id"}
    done = command(cloud, "list", "resources", "--stack-name", NAME, "--output", "json", "--region", "us-east-1", "--template-file",
                   str(stack.folder / "template.yaml"), home=tmp_path, tool="sam/bin/sam")
    assert done.returncode == 0, done.stderr
    # All that SAM makes of the template is there.
    found = {one["LogicalResourceId"]: one["PhysicalResourceId"] for one in json.loads(done.stdout)}
    assert found.keys() == RESOURCES.keys() and all(re.fullmatch(RESOURCES[name][1], physical) for name, physical in found.items())


# Resources

IGNORED = ("AWS::IAM::Role", "AWS::Lambda::Permission")
RESOURCES = {
    "Daily": ("AWS::Events::Rule", "daily"), "Items": ("AWS::DynamoDB::Table", "timeseries-cache-Items"),
    "Orders": ("AWS::SQS::Queue", "http://.*/000000000000/orders-test"), "Role": ("AWS::IAM::Role", "orders-role"),
    "Settings": ("AWS::SSM::Parameter", "/orders/settings"), "Worker": ("AWS::Lambda::Function", "worker"),
    "WorkerNightly": ("AWS::Events::Rule", "timeseries-cache-WorkerNightly"), "WorkerQueue": ("AWS::Lambda::EventSourceMapping", "[0-9a-f-]{36}"),
    "WorkerNightlyPermission": ("AWS::Lambda::Permission", "timeseries-cache-WorkerNightlyPermission"), "WorkerRole": ("AWS::IAM::Role", "timeseries-cache-WorkerRole")}


def test_resources_are_described_and_listed(formation, cloud):
    (stack,) = formation.describe_stacks()["Stacks"]
    described = formation.describe_stack_resources(StackName=NAME)["StackResources"]
    listed = formation.list_stack_resources(StackName=stack["StackId"])["StackResourceSummaries"]
    for found in (described, listed):
        assert [one["LogicalResourceId"] for one in found] == sorted(RESOURCES)
        for one in found:
            kind, physical = RESOURCES[one["LogicalResourceId"]]
            assert one["ResourceType"] == kind and re.fullmatch(physical, one["PhysicalResourceId"]), one
            assert one["ResourceStatus"] == "CREATE_COMPLETE"
            assert one.get("ResourceStatusReason") == ("The local cloud does not emulate this type: it does nothing here" if kind in IGNORED else None)
            assert one["DriftInformation"] == {"StackResourceDriftStatus": "NOT_CHECKED"}
    assert {one["StackId"] for one in described} == {stack["StackId"]} and {one["StackName"] for one in described} == {NAME}
    assert {one["Timestamp"] for one in described} == {one["LastUpdatedTimestamp"] for one in listed} == {stack["CreationTime"]}
    mapping = next(one for one in described if one["LogicalResourceId"] == "WorkerQueue")["PhysicalResourceId"]
    assert client(cloud, "lambda").get_event_source_mapping(UUID=mapping)["FunctionArn"].endswith(":worker")


def test_one_resource(formation):
    detail = formation.describe_stack_resource(StackName=NAME, LogicalResourceId="Items")["StackResourceDetail"]
    assert (detail["PhysicalResourceId"], detail["StackName"], detail["ResourceType"]) == ("timeseries-cache-Items", NAME, "AWS::DynamoDB::Table")
    (one,) = formation.describe_stack_resources(StackName=NAME, LogicalResourceId="Items")["StackResources"]
    assert one["PhysicalResourceId"] == "timeseries-cache-Items"
    # All of the stack that one belongs to.
    found = formation.describe_stack_resources(PhysicalResourceId="timeseries-cache-Items")["StackResources"]
    assert [one["LogicalResourceId"] for one in found] == sorted(RESOURCES)


def test_resources_that_are_not_there(formation):
    assert refusal(formation.describe_stack_resource, StackName=NAME, LogicalResourceId="X") == (
        "ValidationError", "Resource X does not exist for stack timeseries-cache", 400)
    assert refusal(formation.describe_stack_resource, StackName="other", LogicalResourceId="X") == ("ValidationError", "Stack 'other' does not exist", 400)
    assert refusal(formation.describe_stack_resources, StackName=NAME, LogicalResourceId="X")[:2] == (
        "ValidationError", "Resource X does not exist for stack timeseries-cache")
    assert refusal(formation.describe_stack_resources, PhysicalResourceId="i-0") == ("ValidationError", "Stack for i-0 does not exist", 400)
    for arguments in ({}, {"StackName": NAME, "PhysicalResourceId": "worker"}):
        assert refusal(formation.describe_stack_resources, **arguments)[0] == "ValidationError"


# Templates and exports


def test_the_template(formation):
    found = formation.get_template(StackName=NAME, TemplateStage="Original")
    assert found["TemplateBody"] == TEMPLATE and found["StagesAvailable"] == ["Original"]
    assert formation.get_template(StackName=NAME)["TemplateBody"] == TEMPLATE
    assert refusal(formation.get_template, StackName=NAME, TemplateStage="Processed")[0] == "ValidationError"
    assert refusal(formation.get_template)[:2] == (
        "ValidationError", "1 validation error detected: Value null at 'stackName' failed to satisfy constraint: Member must not be null")
    assert "ChangeSetName" in refusal(formation.get_template, StackName=NAME, ChangeSetName="c")[1]


def test_the_summary_of_the_template(formation):
    found = formation.get_template_summary(StackName=NAME)
    del found["ResponseMetadata"]
    assert found == {
        "Description": "Orders & <their> items", "Version": "2010-09-09", "Metadata": '{"Note":"one"}', "DeclaredTransforms": ["AWS::Serverless-2016-10-31"],
        "ResourceTypes": ["AWS::SQS::Queue", "AWS::DynamoDB::Table", "AWS::Serverless::Function", "AWS::Events::Rule", "AWS::SSM::Parameter", "AWS::IAM::Role"],
        "Parameters": [
            {"ParameterKey": "Stage", "DefaultValue": "test", "ParameterType": "String", "NoEcho": False, "Description": "Which stage",
             "ParameterConstraints": {"AllowedValues": ["test", "prod"]}},
            {"ParameterKey": "Secret", "DefaultValue": "****", "ParameterType": "String", "NoEcho": True, "ParameterConstraints": {}}]}
    assert "TemplateBody" in refusal(formation.get_template_summary, TemplateBody=TEMPLATE)[1]


def test_exports(formation, cloud):
    (stack,) = formation.describe_stacks()["Stacks"]
    assert formation.list_exports()["Exports"] == [
        {"ExportingStackId": stack["StackId"], "Name": "timeseries-cache-queue", "Value": f"{cloud.address}/000000000000/orders-test"}]


def test_long_lists_come_in_pages(tmp_path):
    with Stack(tmp_path, QUEUES).running() as cloud:
        formation = client(cloud, "cloudformation")
        pages = list(formation.get_paginator("list_stack_resources").paginate(StackName=NAME))
        assert [len(page["StackResourceSummaries"]) for page in pages] == [100, 100, 3]
        assert [one["LogicalResourceId"] for page in pages for one in page["StackResourceSummaries"]] == [f"Q{number:03}" for number in range(203)]
        pages = list(formation.get_paginator("list_exports").paginate())
        assert [len(page["Exports"]) for page in pages] == [100, 1]
        assert len(formation.describe_stack_resources(StackName=NAME)["StackResources"]) == 100
        for token in ("x", "####", "UTk5OQ=="):
            assert refusal(formation.list_stack_resources, StackName=NAME, NextToken=token)[0] == "ValidationError"
        assert "length less than or equal to 1024" in refusal(formation.list_exports, NextToken="x" * 1025)[1]
        assert formation.get_template(StackName=NAME, TemplateStage="Processed")["StagesAvailable"] == ["Original", "Processed"]


# Updates


def test_ids_and_times_hold_over_a_restart_and_an_update_is_one(tmp_path):
    stack = Stack(tmp_path, TEMPLATE)

    def look():
        with stack.running() as cloud:
            formation = client(cloud, "cloudformation")
            (found,) = formation.describe_stacks()["Stacks"]
            return found, {one["LogicalResourceId"]: one for one in formation.describe_stack_resources(StackName=NAME)["StackResources"]}
    first, resources = look()
    again, same = look()
    # The port is another, and nothing else.
    assert {**first, "Outputs": 0} == {**again, "Outputs": 0}
    assert {name: one["Timestamp"] for name, one in resources.items()} == {name: one["Timestamp"] for name, one in same.items()}
    (tmp_path / "template.yaml").write_text(TEMPLATE.replace("QueueName: !Sub", "VisibilityTimeout: 77, QueueName: !Sub"))
    updated, changed = look()
    assert (updated["StackStatus"], updated["StackId"], updated["CreationTime"]) == ("UPDATE_COMPLETE", first["StackId"], first["CreationTime"])
    assert updated["LastUpdatedTime"] > first["CreationTime"]
    assert {name for name, one in changed.items() if one["ResourceStatus"] == "UPDATE_COMPLETE"} == {"Orders"}
    assert changed["Orders"]["Timestamp"] == updated["LastUpdatedTime"]
    assert look()[0]["LastUpdatedTime"] == updated["LastUpdatedTime"]
