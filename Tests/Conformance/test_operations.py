"""docs/local-cloud-operations.md against AWS's own lists of operations, and against the running cloud."""

import re

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from conftest import PROJECT

SERVICES = {
    "DynamoDB": "dynamodb", "SQS": "sqs", "SSM": "ssm", "STS": "sts", "Lambda": "lambda", "Timestream Write": "timestream-write",
    "Timestream Query": "timestream-query", "EventBridge": "events", "EventBridge Scheduler": "scheduler",
    "CloudFormation": "cloudformation", "API Gateway": "apigateway", "API Gateway V2": "apigatewayv2"}

# How each protocol says that an operation is not there.
REFUSALS = {"json": ("UnknownOperationException", 400), "query": ("InvalidAction", 400), "rest-json": ("UnknownOperationException", 404)}


def states(section):
    """The page's state of each operation; "every operation" stands for those that AWS has."""
    text = (PROJECT / "docs/local-cloud-operations.md").read_text()
    found = {}
    body = re.search(rf"^## {re.escape(section)}\n(.*?)(?=^## |\Z)", text, re.M | re.S).group(1)
    for operations, state, _ in re.findall(r"^\| (.+?) \| (supported|partial|refused) \|(.*)\|$", body, re.M):
        names = model(section).operation_names if operations == "every operation" else re.findall(r"`(\w+)`", operations)
        for name in names:
            assert name not in found, name
            found[name] = state
    return found


def model(section):
    return caller(section).meta.service_model


def caller(section):
    """A client that sends what is not complete, once."""
    config = Config(parameter_validation=False, inject_host_prefix=False, retries={"max_attempts": 0})
    return boto3.client(SERVICES[section], config=config)


def least(shape):
    """The parts of the path that are the caller's, and empty maps and lists, out of which botocore reads names."""
    arguments = {}
    for name, member in (shape.members if shape else {}).items():
        if member.serialization.get("location") == "uri":
            arguments[name] = "x"
        elif name in shape.required_members and member.type_name in ("map", "list"):
            arguments[name] = {} if member.type_name == "map" else []
    return arguments


def refusal(client, name):
    """The code and the status of the error that an operation answers when it is asked for nothing; none where it answers."""
    try:
        client._make_api_call(name, least(client.meta.service_model.operation_model(name).input_shape))
    except ClientError as error:
        return error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]


@pytest.mark.parametrize("section", SERVICES)
def test_each_operation_of_the_service_is_told(client, section):
    assert sorted(states(section)) == sorted(model(section).operation_names)


@pytest.mark.parametrize("section", SERVICES)
def test_each_operation_is_there_or_refused_so_that_its_client_can_read_it(client, section):
    asking = caller(section)
    protocol = REFUSALS[model(section).resolved_protocol]
    wrong = {}
    for name, state in states(section).items():
        answer = refusal(asking, name)
        if (answer == protocol) != (state == "refused") or answer and answer[1] >= 500:
            wrong[name] = state, answer
    assert not wrong
