"""The table of expressions, with AWS's answers, as boto3 sends them: against the local cloud, and against moto, whose differences are
listed with their reasons."""

import base64
import json
import os
import pathlib
import re

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from moto.server import ThreadedMotoServer

FOLDER = pathlib.Path(__file__).parent
TABLE = json.loads((FOLDER / "expressions.json").read_text())
# By section, by how the answers differ and by the reason: the table's rows that moto 5.2.1 answers otherwise than AWS.
DIFFERENCES = json.loads((FOLDER / "moto_differences.json").read_text())
KEY = {"p": {"S": "a"}, "o": {"N": "1"}}


def convert(value, change):
    """An item with its binaries changed: the table has them in base64, boto3 as bytes."""
    if isinstance(value, list):
        return [convert(part, change) for part in value]
    if not isinstance(value, dict):
        return value
    return {name: change(part) if name == "B" and not isinstance(part, dict) else [change(each) for each in part]
            if name == "BS" and isinstance(part, list) else convert(part, change) for name, part in value.items()}


def native(value):
    return convert(value, lambda text: base64.b64decode(text))


def plain(value):
    """An answer in one form: the members of sets in order, binaries in base64."""
    value = convert(value, lambda data: data if isinstance(data, str) else base64.b64encode(data).decode())
    if isinstance(value, list):
        return [plain(part) for part in value]
    if not isinstance(value, dict):
        return value
    return {name: sorted(part) if name in ("SS", "NS", "BS") and isinstance(part, list) else plain(part) for name, part in value.items()}


class Subject:
    """A DynamoDB with the table's items."""

    def __init__(self, endpoint):
        self.client = boto3.client(
            "dynamodb", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test",
            config=Config(parameter_validation=False, retries={"total_max_attempts": 1}))
        keys = [{"AttributeName": "p", "KeyType": "HASH"}, {"AttributeName": "o", "KeyType": "RANGE"}]
        types = [{"AttributeName": name, "AttributeType": kind} for name, kind in (("p", "S"), ("o", "N"), ("g", "S"), ("t", "S"))]
        self.client.create_table(TableName="items", BillingMode="PAY_PER_REQUEST", KeySchema=keys, AttributeDefinitions=types[:2])
        self.client.create_table(
            TableName="keyed", BillingMode="PAY_PER_REQUEST", KeySchema=keys, AttributeDefinitions=types, GlobalSecondaryIndexes=[
                {"IndexName": "byText", "Projection": {"ProjectionType": "ALL"},
                 "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}, {"AttributeName": "t", "KeyType": "RANGE"}]}])
        for item in TABLE["keyed"]:
            self.client.put_item(TableName="keyed", Item=item)
        self.put()

    def put(self):
        self.client.put_item(TableName="items", Item=native(TABLE["item"]))

    def bound(self, text, names, values):
        found = {}
        for member, known in (("ExpressionAttributeNames", names), ("ExpressionAttributeValues", values)):
            used = {name: value for name, value in (TABLE[known] if known else {}).items() if re.search(re.escape(name) + r"\b", text)}
            if used:
                found[member] = native(used)
        return found

    def answer(self, section, row):
        """What is answered, as the table has it; an error by its words."""
        try:
            return getattr(self, section)(*row)
        except ClientError as error:
            assert error.response["Error"]["Code"] == "ValidationException", error
            return error.response["Error"]["Message"]

    def conditions(self, text, _):
        bound = self.bound(text, "names", "values")
        try:
            self.client.transact_write_items(TransactItems=[{"ConditionCheck": {"TableName": "items", "Key": KEY, "ConditionExpression": text, **bound}}])
            return True
        except ClientError as error:
            reasons = error.response.get("CancellationReasons", [{}])
            if reasons[0].get("Code") == "ValidationError":
                return reasons[0]["Message"]
            if error.response["Error"]["Code"] != "TransactionCanceledException":
                raise
            assert reasons[0]["Code"] == "ConditionalCheckFailed"
            return False

    def projections(self, text, _):
        found = self.client.get_item(TableName="items", Key=KEY, ProjectionExpression=text, **self.bound(text, "names", None))
        return plain(found.get("Item"))

    def updates(self, text, values, _, names=None):
        self.put()
        members = {"ExpressionAttributeValues": native(values)} if values else {}
        if names is not None:
            members["ExpressionAttributeNames"] = names
        new = plain(self.client.update_item(TableName="items", Key=KEY, UpdateExpression=text, ReturnValues="ALL_NEW", **members)["Attributes"])
        old = plain(TABLE["item"])
        return {name: new.get(name) for name in old.keys() | new.keys() if new.get(name) != old.get(name)}

    def keyConditions(self, text, _, **members):
        found = self.client.query(TableName="keyed", KeyConditionExpression=text, **self.bound(text, "keyNames", "keyValues"), **members)
        return [int(item["o"]["N"]) for item in found["Items"]]

    def indexKeyConditions(self, text, answer):
        return self.keyConditions(text, answer, IndexName="byText")


SECTIONS = {"conditions": 1, "projections": 1, "updates": 2, "keyConditions": 1, "indexKeyConditions": 1}


@pytest.fixture(scope="module")
def local(client):
    subject = Subject(os.environ["AWS_ENDPOINT_URL"])
    yield subject
    for name in ("items", "keyed"):
        subject.client.delete_table(TableName=name)


@pytest.mark.parametrize("section, place", SECTIONS.items(), ids=SECTIONS)
def test_each_expression_has_awss_answer(local, section, place):
    wrong = [(row, found) for row in TABLE[section] if (found := local.answer(section, row)) != plain(row[place])]
    assert wrong == []


@pytest.fixture(scope="module")
def moto():
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield Subject(f"http://{host}:{port}")
    server.stop()


def kind(expected, found):
    """How an answer differs; None where both refuse: moto does not claim AWS's words."""
    if isinstance(expected, str) and isinstance(found, str):
        return None
    if isinstance(expected, str):
        return "takes what AWS refuses"
    return "refuses what AWS takes" if isinstance(found, str) else "another result"


@pytest.mark.parametrize("section, place", SECTIONS.items(), ids=SECTIONS)
def test_moto_differs_where_it_is_known_to(moto, section, place):
    found = {}
    for row in TABLE[section]:
        try:
            answer = moto.answer(section, row)
        except Exception as error:
            # What moto cannot cope with ends in a status of 500, which botocore cannot always read.
            answer = type(error).__name__
        expected = plain(row[place])
        if answer != expected and (difference := kind(expected, answer)):
            found.setdefault(difference, set()).add(json.dumps(row[:place] + row[place + 1:], ensure_ascii=False))
    if os.environ.get("SHOW_MOTO_DIFFERENCES"):
        print(json.dumps({section: {name: sorted(rows) for name, rows in found.items()}}, ensure_ascii=False))
    known = {}
    for difference, reasons in DIFFERENCES[section].items():
        for rows in reasons.values():
            known.setdefault(difference, set()).update(json.dumps(row, ensure_ascii=False) for row in rows)
    assert found == known
