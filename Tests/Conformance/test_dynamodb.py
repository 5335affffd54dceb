"""DynamoDB as boto3 sees it."""

import decimal
import gzip
import os

import boto3
import pytest
from boto3.dynamodb.conditions import Attr, Key
from botocore.exceptions import ClientError


@pytest.fixture
def table(client):
    dynamodb = boto3.resource("dynamodb", endpoint_url=os.environ["AWS_ENDPOINT_URL"])
    made = dynamodb.create_table(
        TableName="conformance", BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "p", "AttributeType": "S"}, {"AttributeName": "r", "AttributeType": "N"}],
        KeySchema=[{"AttributeName": "p", "KeyType": "HASH"}, {"AttributeName": "r", "KeyType": "RANGE"}])
    made.wait_until_exists()
    yield made
    made.delete()
    made.wait_until_not_exists()


def error_of(call, *arguments, **members):
    with pytest.raises(ClientError) as caught:
        call(*arguments, **members)
    return caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]


def test_items_come_back_as_they_were(table):
    item = {
        "p": "a", "r": decimal.Decimal("-1.5"), "s": "é😀", "n": decimal.Decimal("1E+20"), "large": decimal.Decimal("-1.25E+125"), "b": b"\x00\xff", "t": True, "z": None,
        "l": [1, "x", [2]], "m": {"k": {"deep": 1}}, "ss": {"b", "a"}, "ns": {1, 2}, "bs": {b"x"},
    }
    table.put_item(Item=item)
    found = table.get_item(Key={"p": "a", "r": decimal.Decimal("-1.5")})["Item"]
    assert found["b"].value == b"\x00\xff"
    assert {k: v for k, v in found.items() if k not in ("b", "bs")} == {k: v for k, v in item.items() if k not in ("b", "bs")}
    assert "Item" not in table.get_item(Key={"p": "a", "r": 7})
    assert table.get_item(Key={"p": "a", "r": decimal.Decimal("-1.5")}, ProjectionExpression="m.k, l[2]")["Item"] == {"m": {"k": {"deep": 1}}, "l": [[2]]}


def test_query_pages_in_order_of_numbers(table):
    numbers = [decimal.Decimal(n) for n in ("-100", "-9.5", "-9", "0", "0.001", "2", "10", "9.99e30")]
    with table.batch_writer() as batch:
        for number in reversed(numbers):
            batch.put_item(Item={"p": "q", "r": number, "even": number == 2})
    pages = list(table.meta.client.get_paginator("query").paginate(
        TableName=table.name, KeyConditionExpression=Key("p").eq("q"), PaginationConfig={"PageSize": 3}))
    assert [item["r"] for page in pages for item in page["Items"]] == numbers
    assert len(pages) == 3
    backwards = table.query(KeyConditionExpression=Key("p").eq("q") & Key("r").between(-9, 2), ScanIndexForward=False)
    assert [item["r"] for item in backwards["Items"]] == [2, decimal.Decimal("0.001"), 0, -9]
    filtered = table.query(KeyConditionExpression=Key("p").eq("q"), FilterExpression=Attr("even").eq(True))
    assert (filtered["Count"], filtered["ScannedCount"]) == (1, 8)
    assert table.query(KeyConditionExpression=Key("p").eq("q") & Key("r").gt(0), Select="COUNT")["Count"] == 4


def test_the_one_item_of_a_hash_key_in_pages_of_one(client):
    dynamodb = client("dynamodb")
    dynamodb.create_table(
        TableName="single", BillingMode="PAY_PER_REQUEST", AttributeDefinitions=[{"AttributeName": "p", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "p", "KeyType": "HASH"}])
    dynamodb.get_waiter("table_exists").wait(TableName="single")
    dynamodb.put_item(TableName="single", Item={"p": {"S": "a"}})
    try:
        pages = list(dynamodb.get_paginator("query").paginate(
            TableName="single", KeyConditionExpression="p = :p", ExpressionAttributeValues={":p": {"S": "a"}}, PaginationConfig={"PageSize": 1}))
        assert [page["Items"] for page in pages] == [[{"p": {"S": "a"}}], []]
    finally:
        dynamodb.delete_table(TableName="single")


def test_a_page_ends_at_one_megabyte(table):
    with table.batch_writer() as batch:
        for number in range(30):
            batch.put_item(Item={"p": "big", "r": number, "text": "x" * 100_000})
    pages = list(table.meta.client.get_paginator("scan").paginate(TableName=table.name))
    assert [len(page["Items"]) for page in pages] == [10, 10, 10]
    segments = [table.scan(Segment=n, TotalSegments=4)["ScannedCount"] for n in range(4)]
    assert sum(segments) <= 30 and max(segments) > 0


def test_a_scan_filters_counts_and_starts_where_it_is_told(table):
    with table.batch_writer() as batch:
        for hash_key in ("a", "b", "c"):
            for number in range(4):
                batch.put_item(Item={"p": hash_key, "r": number, "kind": "written" if number % 2 else "source"})
    pages = list(table.meta.client.get_paginator("scan").paginate(
        TableName=table.name, FilterExpression=Attr("kind").eq("written"), ProjectionExpression="r", PaginationConfig={"PageSize": 5}))
    # The limit counts what is read, the filter comes after it; DynamoDB does not look whether anything follows the last page.
    assert [(page["Count"], page["ScannedCount"]) for page in pages] == [(2, 5), (3, 5), (1, 2)]
    assert all(set(item) == {"r"} for page in pages for item in page["Items"])
    counted = table.scan(Select="COUNT", FilterExpression=Attr("kind").eq("written"))
    assert (counted["Count"], counted["ScannedCount"], "Items" in counted) == (6, 12, False)
    exact = table.scan(Limit=12)
    assert exact["LastEvaluatedKey"] == {name: exact["Items"][-1][name] for name in ("p", "r")}
    assert table.scan(Limit=12, ExclusiveStartKey=exact["LastEvaluatedKey"])["Items"] == []
    # A key made by hand, of an item that there is not.
    everything = [(item["p"], item["r"]) for item in exact["Items"]]
    after = table.scan(ExclusiveStartKey={"p": "b", "r": decimal.Decimal("1.5")})
    place = everything.index(("b", 1))
    assert [(item["p"], item["r"]) for item in after["Items"]] == everything[place + 1:]
    assert error_of(table.scan, ExclusiveStartKey={"p": "b"})[1] == "The provided starting key is invalid: The provided key element does not match the schema"


def test_conditions_protect(table):
    table.put_item(Item={"p": "c", "r": 1, "v": 1}, ConditionExpression=Attr("p").not_exists())
    assert error_of(table.put_item, Item={"p": "c", "r": 1}, ConditionExpression=Attr("p").not_exists()) == (
        "ConditionalCheckFailedException", "The conditional request failed")
    assert error_of(table.delete_item, Key={"p": "c", "r": 1}, ConditionExpression=Attr("v").gt(5))[0] == "ConditionalCheckFailedException"
    assert table.delete_item(Key={"p": "c", "r": 1}, ConditionExpression=Attr("v").eq(1), ReturnValues="ALL_OLD")["Attributes"] == {"p": "c", "r": 1, "v": 1}


def test_errors_are_dynamodbs(table, client):
    plain = client("dynamodb")
    assert error_of(plain.get_item, TableName="nowhere", Key={"p": {"S": "a"}}) == ("ResourceNotFoundException", "Requested resource not found")
    assert error_of(plain.describe_table, TableName="nowhere")[1] == "Requested resource not found: Table: nowhere not found"
    assert error_of(table.get_item, Key={"p": "a"}) == ("ValidationException", "The provided key element does not match the schema")
    assert error_of(table.put_item, Item={"p": "a"})[1] == "One or more parameter values were invalid: Missing the key r in the item"
    assert error_of(table.put_item, Item={"p": "a", "r": "x"})[1] == "One or more parameter values were invalid: Type mismatch for key r expected: N actual: S"
    assert error_of(table.put_item, Item={"p": "a", "r": 1, "text": "x" * 410_000})[1] == "Item size has exceeded the maximum allowed size"
    assert error_of(table.scan, FilterExpression="name = :x", ExpressionAttributeValues={":x": 1})[1] == (
        "Invalid FilterExpression: Attribute name is a reserved keyword; reserved keyword: name")
    assert error_of(table.query, KeyConditionExpression=Key("r").eq(1))[1] == "Query condition missed key schema element: p"
    put = {"PutRequest": {"Item": {"p": {"S": "a"}, "r": {"N": "1"}}}}
    assert error_of(plain.batch_write_item, RequestItems={table.name: [put, put]})[1] == "Provided list of item keys contains duplicates"
    assert error_of(plain.list_backups)[0] == "UnknownOperationException"
    with pytest.raises(plain.exceptions.ResourceInUseException):
        plain.create_table(
            TableName=table.name, BillingMode="PAY_PER_REQUEST", AttributeDefinitions=[{"AttributeName": "p", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "p", "KeyType": "HASH"}])


def test_time_to_live(table, client):
    plain = client("dynamodb")
    specification = {"AttributeName": "expiry", "Enabled": True}
    assert plain.update_time_to_live(TableName=table.name, TimeToLiveSpecification=specification)["TimeToLiveSpecification"] == specification
    assert plain.describe_time_to_live(TableName=table.name)["TimeToLiveDescription"] == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expiry"}


def test_a_packed_request_is_signed_as_it_is_sent(table):
    """botocore packs requests of services that say so, before it signs them; DynamoDB's are packed here the same way."""
    dynamodb = table.meta.client

    def pack(params, **_):
        params["body"] = gzip.compress(params["body"].encode() if isinstance(params["body"], str) else params["body"])
        params["headers"]["Content-Encoding"] = "gzip"

    dynamodb.meta.events.register("before-call.dynamodb.PutItem", pack)
    table.put_item(Item={"p": "packed", "r": 1, "s": "é" * 100_000})
    assert table.get_item(Key={"p": "packed", "r": 1})["Item"]["s"] == "é" * 100_000
    assert error_of(table.put_item, Item={"p": "packed"}) == ("ValidationException", "One or more parameter values were invalid: Missing the key r in the item")

    def pack_again(request, **_):
        request.body = gzip.compress(gzip.decompress(request.body), mtime=1)

    dynamodb.meta.events.register("before-send.dynamodb.PutItem", pack_again)
    assert error_of(table.put_item, Item={"p": "packed", "r": 2})[0] == "InvalidSignatureException"
