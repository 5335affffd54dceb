"""DynamoDB's parameters from before expressions, and BatchGetItem, as boto3 sends them."""

import decimal

import pytest
from botocore.exceptions import ClientError

INVALID = "One or more parameter values were invalid: "


@pytest.fixture(scope="module")
def dynamodb(client):
    return client("dynamodb")


@pytest.fixture(scope="module")
def table(dynamodb):
    dynamodb.create_table(
        TableName="older", BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "p", "AttributeType": "S"}, {"AttributeName": "r", "AttributeType": "N"}],
        KeySchema=[{"AttributeName": "p", "KeyType": "HASH"}, {"AttributeName": "r", "KeyType": "RANGE"}])
    dynamodb.get_waiter("table_exists").wait(TableName="older")
    yield "older"
    dynamodb.delete_table(TableName="older")


def message_of(call, **members):
    with pytest.raises(ClientError) as caught:
        call(**members)
    assert caught.value.response["Error"]["Code"] == "ValidationException"
    return caught.value.response["Error"]["Message"]


def key(p, r=0):
    return {"p": {"S": p}, "r": {"N": str(r)}}


def condition(operator, *values):
    return {"ComparisonOperator": operator} | ({"AttributeValueList": list(values)} if values else {})


N1, N2, TEXT = {"N": "1"}, {"N": "2"}, {"S": "text"}

# What holds of {a: 1, t: "text", s: {"x", "y"}, l: [1, "text"], m: {}, f: false}.
HOLDING = [
    ("a", "EQ", [N1], True), ("a", "EQ", [{"N": "1.0"}], True), ("a", "EQ", [N2], False), ("a", "NE", [N2], True), ("gone", "NE", [N1], True),
    ("gone", "EQ", [N1], False), ("a", "LT", [N2], True), ("a", "LE", [N1], True), ("a", "GT", [N1], False), ("a", "GE", [N1], True), ("a", "GT", [TEXT], False),
    ("a", "NULL", [], False), ("gone", "NULL", [], True), ("a", "NOT_NULL", [], True), ("t", "CONTAINS", [{"S": "ex"}], True), ("s", "CONTAINS", [{"S": "x"}], True),
    ("l", "CONTAINS", [N1], True), ("l", "CONTAINS", [{"N": "3"}], False), ("t", "NOT_CONTAINS", [{"S": "z"}], True), ("gone", "NOT_CONTAINS", [{"S": "z"}], False),
    ("s", "NOT_CONTAINS", [{"S": "x"}], False), ("t", "BEGINS_WITH", [{"S": "te"}], True), ("t", "BEGINS_WITH", [{"S": "ex"}], False), ("a", "IN", [N2, N1], True),
    ("a", "IN", [N2], False), ("a", "BETWEEN", [{"N": "0"}, N1], True), ("t", "BETWEEN", [{"S": "a"}, {"S": "b"}], False), ("s", "EQ", [{"SS": ["y", "x"]}], True),
    ("m", "EQ", [{"M": {}}], True), ("f", "EQ", [{"BOOL": False}], True), ("f", "NE", [{"BOOL": False}], False),
]


@pytest.mark.parametrize("name, operator, values, holds", HOLDING)
def test_older_conditions_hold_as_filters_and_as_expectations(dynamodb, table, name, operator, values, holds):
    item = key("holds") | {"a": N1, "t": TEXT, "s": {"SS": ["x", "y"]}, "l": {"L": [N1, TEXT]}, "m": {"M": {}}, "f": {"BOOL": False}}
    dynamodb.put_item(TableName=table, Item=item)
    conditions = {name: condition(operator, *values)}
    found = dynamodb.query(TableName=table, KeyConditions={"p": condition("EQ", {"S": "holds"})}, QueryFilter=conditions)
    assert (found["Count"], found["ScannedCount"]) == (int(holds), 1)
    found = dynamodb.scan(TableName=table, ScanFilter=conditions | {"p": condition("EQ", {"S": "holds"})}, ConditionalOperator="AND")
    assert found["Items"] == ([item] if holds else [])
    if holds:
        dynamodb.put_item(TableName=table, Item=item, Expected=conditions)
    else:
        with pytest.raises(dynamodb.exceptions.ConditionalCheckFailedException):
            dynamodb.put_item(TableName=table, Item=item, Expected=conditions)


def test_expectations_say_what_is_there_or_that_nothing_is(dynamodb, table):
    put = lambda **members: dynamodb.put_item(TableName=table, Item=key("expected") | {"a": N1}, **members)
    put(Expected={"p": {"Exists": False}})
    with pytest.raises(dynamodb.exceptions.ConditionalCheckFailedException):
        put(Expected={"p": {"Exists": False}})
    put(Expected={"a": {"Value": N1}})
    put(Expected={"a": {"Value": N1, "Exists": True}, "b": {"Exists": False}})
    put(Expected={"a": {"Value": N2}, "b": {"Exists": False}}, ConditionalOperator="OR")
    put(Expected={"a": {"Value": N2, "ComparisonOperator": "LT"}})
    with pytest.raises(dynamodb.exceptions.ConditionalCheckFailedException):
        put(Expected={"a": {"Value": N2}, "b": {"Exists": False}})
    with pytest.raises(dynamodb.exceptions.ConditionalCheckFailedException):
        dynamodb.delete_item(TableName=table, Key=key("expected"), Expected={"a": {"Value": N2}})
    gone = dynamodb.delete_item(TableName=table, Key=key("expected"), Expected={"a": {"Value": N1}}, ReturnValues="ALL_OLD")
    assert gone["Attributes"]["a"] == N1


def test_attribute_updates(dynamodb, table):
    def update(updates, **members):
        answer = dynamodb.update_item(TableName=table, Key=key("updates"), AttributeUpdates=updates, ReturnValues="ALL_NEW", **members)
        return {name: value for name, value in answer.get("Attributes", {}).items() if name not in "pr"}
    # What only takes away makes no item.
    assert update({"a": {"Action": "DELETE"}}) == {}
    assert "Item" not in dynamodb.get_item(TableName=table, Key=key("updates"))
    assert update({"a": {"Value": N1}, "t": {"Value": TEXT, "Action": "PUT"}}) == {"a": N1, "t": TEXT}
    assert update({"a": {"Value": N2, "Action": "ADD"}, "n": {"Value": N2, "Action": "ADD"}, "t": {"Action": "DELETE"}}) == {"a": {"N": "3"}, "n": N2}
    assert update({"s": {"Value": {"SS": ["x", "y"]}, "Action": "ADD"}})["s"] == {"SS": ["x", "y"]}
    assert update({"s": {"Value": {"SS": ["z"]}, "Action": "ADD"}})["s"] == {"SS": ["x", "y", "z"]}
    assert update({"s": {"Value": {"SS": ["x", "q"]}, "Action": "DELETE"}})["s"] == {"SS": ["y", "z"]}
    assert "s" not in update({"s": {"Value": {"SS": ["y", "z"]}, "Action": "DELETE"}})
    assert update({"l": {"Value": {"L": [N1]}, "Action": "ADD"}})["l"] == {"L": [N1]}
    assert update({"l": {"Value": {"L": [N2]}, "Action": "ADD"}})["l"] == {"L": [N1, N2]}
    assert update({"x.y": {"Value": N1}})["x.y"] == N1
    with pytest.raises(dynamodb.exceptions.ConditionalCheckFailedException):
        update({"a": {"Value": N1}}, Expected={"a": {"Value": N1}})
    changed = dynamodb.update_item(TableName=table, Key=key("updates"), AttributeUpdates={"a": {"Value": N1}}, ReturnValues="UPDATED_OLD")
    assert changed["Attributes"] == {"a": {"N": "3"}}
    assert message_of(update, updates={"n": {"Value": {"SS": ["x"]}, "Action": "ADD"}}) == "Type mismatch for attribute to update"


def test_attributes_to_get(dynamodb, table):
    dynamodb.put_item(TableName=table, Item=key("get") | {"a": N1, "x.y": N2, "t": TEXT})
    wanted = ["a", "x.y", "gone"]
    assert dynamodb.get_item(TableName=table, Key=key("get"), AttributesToGet=wanted)["Item"] == {"a": N1, "x.y": N2}
    found = dynamodb.query(TableName=table, KeyConditions={"p": condition("EQ", {"S": "get"})}, AttributesToGet=wanted, Select="SPECIFIC_ATTRIBUTES")
    assert found["Items"] == [{"a": N1, "x.y": N2}]
    assert {"a": N1, "x.y": N2} in dynamodb.scan(TableName=table, AttributesToGet=wanted)["Items"]


def test_key_conditions(dynamodb, table):
    for number in range(5):
        dynamodb.put_item(TableName=table, Item=key("keys", number))

    def found(operator, *values, **members):
        conditions = {"p": condition("EQ", {"S": "keys"})} | ({"r": condition(operator, *({"N": str(value)} for value in values))} if operator else {})
        return [int(item["r"]["N"]) for item in dynamodb.query(TableName=table, KeyConditions=conditions, **members)["Items"]]
    assert found(None) == [0, 1, 2, 3, 4]
    assert found(None, ScanIndexForward=False, Limit=2) == [4, 3]
    assert [found("EQ", 2), found("LT", 2), found("LE", 2), found("GT", 2), found("GE", 2), found("BETWEEN", 1, 3)] == [[2], [0, 1], [0, 1, 2], [3, 4], [2, 3, 4], [1, 2, 3]]
    # Beside an expression of another part.
    beside = dynamodb.query(
        TableName=table, KeyConditions={"p": condition("EQ", {"S": "keys"})}, FilterExpression="attribute_not_exists(a)", ProjectionExpression="r")
    assert [item["r"]["N"] for item in beside["Items"]] == ["0", "1", "2", "3", "4"]


MIXED = "Can not use both expression and non-expression parameters in the same request: Non-expression parameters: {%s} Expression parameters: {%s}"
EQ = condition("EQ", N1)
QUERIES = [
    (dict(ScanFilter={"a": EQ}, ProjectionExpression="a"), MIXED % ("ScanFilter", "ProjectionExpression")),
    (dict(AttributesToGet=["a"], ConditionalOperator="AND", FilterExpression="a = :a", ProjectionExpression="b"),
     MIXED % ("AttributesToGet, ConditionalOperator", "ProjectionExpression, FilterExpression")),
    (dict(ConditionalOperator="AND"), "ConditionalOperator cannot be used without Filter or Expected"),
    (dict(ConditionalOperator="OR", ScanFilter={}), "ConditionalOperator cannot be used without Filter or Expected"),
    (dict(ConditionalOperator="AND", ScanFilter={"a": EQ}), "ConditionalOperator can only be used when Filter or Expected has two or more elements"),
    (dict(AttributesToGet=["a", "b", "a"]), INVALID + "Duplicate value in attribute name: a"),
    (dict(AttributesToGet=["a"], Select="COUNT"), "Cannot specify the AttributesToGet when choosing to get only the Count"),
    (dict(ScanFilter={"a": condition("EQ", N1, N2)}), INVALID + "Invalid number of argument(s) for the EQ ComparisonOperator"),
    (dict(ScanFilter={"a": condition("NULL", N1)}), INVALID + "Invalid number of argument(s) for the NULL ComparisonOperator"),
    (dict(ScanFilter={"a": condition("IN")}), INVALID + "Invalid number of argument(s) for the IN ComparisonOperator"),
    (dict(ScanFilter={"a": condition("IN", N1, TEXT)}), INVALID + "AttributeValues inside AttributeValueList must be of same type"),
    (dict(ScanFilter={"a": condition("LT", {"SS": ["a"]})}), INVALID + "ComparisonOperator LT is not valid for SS AttributeValue type"),
    (dict(ScanFilter={"a": condition("BEGINS_WITH", N1)}), INVALID + "ComparisonOperator BEGINS_WITH is not valid for N AttributeValue type"),
    (dict(ScanFilter={"a": condition("BETWEEN", N2, N1)}),
     "The BETWEEN condition was provided a range where the lower bound is greater than the upper bound"),
    (dict(ScanFilter={"a": condition("EQ", {"N": "x"})}), "The parameter cannot be converted to a numeric value: x"),
    (dict(ScanFilter={"a": {"ComparisonOperator": "LIKE"}}),
     "1 validation error detected: Value 'LIKE' at 'scanFilter.a.member.comparisonOperator' failed to satisfy constraint: Member must satisfy enum value set: "
     "[IN, NULL, BETWEEN, LT, NOT_CONTAINS, EQ, GT, NOT_NULL, NE, LE, BEGINS_WITH, GE, CONTAINS]"),
    (dict(ExpressionAttributeNames={"#a": "a"}), "ExpressionAttributeNames can only be specified when using expressions"),
    (dict(ExpressionAttributeValues={":a": N1}), "ExpressionAttributeValues can only be specified when using expressions: FilterExpression is null"),
    (dict(ExpressionAttributeValues={":a": N1}, ProjectionExpression="a"),
     "ExpressionAttributeValues can only be specified when using expressions: FilterExpression is null"),
]


@pytest.mark.parametrize("members, message", QUERIES)
def test_scans_that_are_refused(dynamodb, table, members, message):
    assert message_of(dynamodb.scan, TableName=table, **members) == message


@pytest.mark.parametrize("members, message", [
    ({}, "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request."),
    (dict(KeyConditions={}), "Conditions can be of length 1 or 2 only"),
    (dict(KeyConditions={"p": EQ}), INVALID + "Condition parameter type does not match schema type"),
    (dict(KeyConditions={"p": condition("GT", TEXT)}), "Query key condition not supported"),
    (dict(KeyConditions={"p": condition("NE", TEXT)}), "Attempted conditional constraint is not an indexable operation"),
    (dict(KeyConditions={"r": EQ}), "Query condition missed key schema element: p"),
    (dict(KeyConditions={"p": condition("EQ", TEXT), "a": EQ}), "Query condition missed key schema element: r"),
    (dict(KeyConditions={"p": condition("EQ", TEXT)}, QueryFilter={"r": EQ}), "QueryFilter can only contain non-primary key attributes: Primary key attribute: r"),
    (dict(KeyConditions={"p": condition("EQ", TEXT)}, KeyConditionExpression="p = :p"), MIXED % ("KeyConditions", "KeyConditionExpression")),
    (dict(ExpressionAttributeValues={":a": N1}), "ExpressionAttributeValues can only be specified when using expressions: FilterExpression and KeyConditionExpression are null"),
])
def test_queries_that_are_refused(dynamodb, table, members, message):
    assert message_of(dynamodb.query, TableName=table, **members) == message


@pytest.mark.parametrize("members, message", [
    (dict(Expected={"a": {"Value": N1, "AttributeValueList": [N1]}}), INVALID + "Value and AttributeValueList cannot be used together for Attribute: a"),
    (dict(Expected={"a": {"Exists": True, "ComparisonOperator": "NULL"}}), INVALID + "Exists and ComparisonOperator cannot be used together for Attribute: a"),
    (dict(Expected={"a": {"AttributeValueList": [N1]}}), INVALID + "AttributeValueList can only be used with a ComparisonOperator for Attribute: a"),
    (dict(Expected={"a": {}}), INVALID + "Value must be provided when Exists is null for Attribute: a"),
    (dict(Expected={"a": {"Exists": True}}), INVALID + "Value must be provided when Exists is true for Attribute: a"),
    (dict(Expected={"a": {"Exists": False, "Value": N1}}), INVALID + "Value cannot be used when Exists is false for Attribute: a"),
    (dict(Expected={"a": {"Value": N1}}, ConditionalOperator="OR"), "ConditionalOperator can only be used when Filter or Expected has two or more elements"),
    (dict(Expected={"a": {"Value": N1}}, ConditionalOperator="OR", UpdateExpression="REMOVE b"), MIXED % ("Expected, ConditionalOperator", "UpdateExpression")),
    (dict(AttributeUpdates={"a": {"Value": N1}}, ConditionExpression="attribute_exists(p)"), MIXED % ("AttributeUpdates", "ConditionExpression")),
    (dict(AttributeUpdates={"a": {"Action": "PUT"}}), INVALID + "Only DELETE action is allowed when no attribute value is specified"),
    (dict(AttributeUpdates={"a": {"Action": "DELETE", "Value": N1}}), INVALID + "DELETE action with value is not supported for the type N"),
    (dict(AttributeUpdates={"a": {"Action": "ADD", "Value": TEXT}}), INVALID + "ADD action is not supported for the type S"),
    (dict(AttributeUpdates={"p": {"Value": TEXT}}), INVALID + "Cannot update attribute p. This attribute is part of the key"),
    (dict(ExpressionAttributeValues={":a": N1}), "ExpressionAttributeValues can only be specified when using expressions: UpdateExpression and ConditionExpression are null"),
])
def test_updates_that_are_refused(dynamodb, table, members, message):
    # A write's faults are counted, but for those that only the table tells of.
    counted = "" if "part of the key" in message else "1 validation error detected: "
    assert message_of(dynamodb.update_item, TableName=table, Key=key("refused"), **members) == counted + message


# BatchGetItem

def test_a_batch_reads_from_several_tables(dynamodb, table):
    dynamodb.create_table(
        TableName="other", BillingMode="PAY_PER_REQUEST", AttributeDefinitions=[{"AttributeName": "p", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "p", "KeyType": "HASH"}])
    dynamodb.put_item(TableName="other", Item={"p": {"S": "o"}, "a": N1, "b": N2, "m": {"M": {"x": N1}}})
    for number in range(3):
        dynamodb.put_item(TableName=table, Item=key("batch", number) | {"a": N1})
    answer = dynamodb.batch_get_item(ReturnConsumedCapacity="TOTAL", RequestItems={
        table: {"Keys": [key("batch", 2), key("batch", 9), key("batch", 0)], "ConsistentRead": True},
        "other": {"Keys": [{"p": {"S": "o"}}], "ProjectionExpression": "#a, m.x", "ExpressionAttributeNames": {"#a": "a"}}})
    assert answer["Responses"] == {table: [key("batch", 2) | {"a": N1}, key("batch", 0) | {"a": N1}], "other": [{"a": N1, "m": {"M": {"x": N1}}}]}
    assert answer["UnprocessedKeys"] == {}
    assert {part["TableName"]: part["CapacityUnits"] for part in answer["ConsumedCapacity"]} == {table: 3, "other": 0.5}
    older = dynamodb.batch_get_item(RequestItems={"other": {"Keys": [{"p": {"S": "o"}}, {"p": {"S": "gone"}}], "AttributesToGet": ["b"]}, table: {"Keys": [key("nothing")]}})
    assert older["Responses"] == {"other": [{"b": N2}], table: []}
    dynamodb.delete_table(TableName="other")


def test_a_batch_gives_back_the_keys_past_16_megabytes(dynamodb, table):
    count = 45
    for number in range(count):
        dynamodb.put_item(TableName=table, Item=key("large", number) | {"v": {"S": "x" * 399_000}})
    asked = {table: {"Keys": [key("large", number) for number in range(count)], "ProjectionExpression": "#r, v", "ExpressionAttributeNames": {"#r": "r"}, "ConsistentRead": True}}
    first = dynamodb.batch_get_item(RequestItems=asked)
    read = [int(item["r"]["N"]) for item in first["Responses"][table]]
    assert read == list(range((16 << 20) // 399_003))
    rest = first["UnprocessedKeys"][table]
    assert rest == asked[table] | {"Keys": [key("large", number) for number in range(len(read), count)]}
    second = dynamodb.batch_get_item(RequestItems=first["UnprocessedKeys"])
    assert [int(item["r"]["N"]) for item in second["Responses"][table]] == list(range(len(read), count)) and second["UnprocessedKeys"] == {}
    for number in range(count):
        dynamodb.delete_item(TableName=table, Key=key("large", number))


@pytest.mark.parametrize("requests, message", [
    ({"older": {"Keys": [key("a"), key("a")]}}, "Provided list of item keys contains duplicates"),
    ({"older": {"Keys": [{"p": {"S": "a"}}]}}, "The provided key element does not match the schema"),
    ({"older": {"Keys": [{"p": {"S": "a"}, "r": {"S": "1"}}]}}, "The provided key element does not match the schema"),
    ({"older": {"Keys": [key("a")], "AttributesToGet": ["a"], "ProjectionExpression": "a"}}, MIXED % ("AttributesToGet", "ProjectionExpression")),
    ({"older": {"Keys": [key("a")], "ExpressionAttributeNames": {"#a": "a"}}}, "ExpressionAttributeNames can only be specified when using expressions"),
    ({"older": {"Keys": [key("a")], "AttributesToGet": ["a", "a"]}}, INVALID + "Duplicate value in attribute name: a"),
    ({"older": {"Keys": [key("a", number) for number in range(60)]}, "other": {"Keys": [key("a", number) for number in range(60)]}},
     "Too many items requested for the BatchGetItem call"),
    ({"older": {"Keys": [key("a", number) for number in range(101)]}},
     "1 validation error detected: Value '[101 elements]' at 'requestItems.older.member.keys' failed to satisfy constraint: Member must have length less than or equal to 100"),
    ({}, "1 validation error detected: Value '{}' at 'requestItems' failed to satisfy constraint: Member must have length greater than or equal to 1"),
])
def test_batches_that_are_refused(client, table, requests, message):
    from botocore.config import Config
    unchecked = client("dynamodb", config=Config(parameter_validation=False))
    assert message_of(unchecked.batch_get_item, RequestItems=requests) == message


def test_a_batch_from_no_table(dynamodb):
    with pytest.raises(dynamodb.exceptions.ResourceNotFoundException):
        dynamodb.batch_get_item(RequestItems={"nowhere": {"Keys": [key("a")]}})


def test_the_resource_reads_a_batch_again_until_it_is_whole(client, table):
    import os

    import boto3
    resource = boto3.resource("dynamodb", endpoint_url=os.environ["AWS_ENDPOINT_URL"])
    resource.Table(table).put_item(Item={"p": "resource", "r": decimal.Decimal(1), "v": "x"})
    answer = resource.batch_get_item(RequestItems={table: {"Keys": [{"p": "resource", "r": 1}]}})
    assert answer["Responses"][table] == [{"p": "resource", "r": 1, "v": "x"}]
