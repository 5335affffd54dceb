"""Secondary indexes, UpdateTable and tags, as boto3 sees them."""

import pytest
from botocore.exceptions import ClientError

from conftest import wait_until

INVALID = "One or more parameter values were invalid: "
S, N = {"S": "a"}, {"N": "1"}


@pytest.fixture(scope="module")
def dynamodb(client):
    return client("dynamodb")


def definitions(names):
    return [{"AttributeName": name, "AttributeType": kind} for name, kind in names.items()]


def schema(*names):
    return [{"AttributeName": name, "KeyType": kind} for name, kind in zip(names, ("HASH", "RANGE"))]


def index(name, *keys, projection="ALL", **members):
    included = {"NonKeyAttributes": projection} if isinstance(projection, list) else {}
    return {"IndexName": name, "KeySchema": schema(*keys),
            "Projection": {"ProjectionType": "INCLUDE" if included else projection} | included} | members


TABLE = {
    "TableName": "indexed", "BillingMode": "PAY_PER_REQUEST", "AttributeDefinitions": definitions({"p": "S", "r": "N", "g": "S", "h": "N", "l": "B"}),
    "KeySchema": schema("p", "r"),
    "LocalSecondaryIndexes": [index("local", "p", "l", projection=["x"]), index("localAll", "p", "h"), index("localKeys", "p", "h", projection="KEYS_ONLY")],
    "GlobalSecondaryIndexes": [index("all", "g", "h"), index("keys", "g", projection="KEYS_ONLY"), index("some", "h", projection=["x", "y"])]}


@pytest.fixture
def table(dynamodb):
    made = dynamodb.create_table(**TABLE)["TableDescription"]
    assert [part["IndexStatus"] for part in made["GlobalSecondaryIndexes"]] == ["CREATING"] * 3
    dynamodb.get_waiter("table_exists").wait(TableName="indexed")
    yield "indexed"
    dynamodb.delete_table(TableName="indexed")


def item(p, r, **attributes):
    return {"p": {"S": p}, "r": {"N": str(r)}} | attributes


def place(found):
    return [(each["p"]["S"], int(each["r"]["N"])) for each in found]


def refused(call, **members):
    with pytest.raises(ClientError) as caught:
        call(**members)
    return caught.value.response["Error"]["Message"]


def query(dynamodb, name, condition, values, **members):
    return dynamodb.query(TableName="indexed", IndexName=name, KeyConditionExpression=condition, ExpressionAttributeValues=values, **members)


def test_a_table_describes_its_indexes(dynamodb, table):
    dynamodb.put_item(TableName=table, Item=item("a", 1, g={"S": "g"}, h={"N": "5"}, x={"S": "xx"}, z={"S": "zz"}))
    described = dynamodb.describe_table(TableName=table)["Table"]
    assert described["AttributeDefinitions"] == TABLE["AttributeDefinitions"]
    for kind in ("LocalSecondaryIndexes", "GlobalSecondaryIndexes"):
        assert [{name: part[name] for name in ("IndexName", "KeySchema", "Projection")} for part in described[kind]] == TABLE[kind]
        assert all(part["IndexArn"] == f"{described['TableArn']}/index/{part['IndexName']}" for part in described[kind])
    assert [part["IndexStatus"] for part in described["GlobalSecondaryIndexes"]] == ["ACTIVE"] * 3
    # Sizes: p a, r and a number of two bytes: 5; g and one byte: 2; h and two: 3; x, xx: 3; z, zz: 3.
    assert [(part["ItemCount"], part["IndexSizeBytes"]) for part in described["LocalSecondaryIndexes"]] == [(0, 0), (1, 16), (1, 8)]
    assert [(part["ItemCount"], part["IndexSizeBytes"]) for part in described["GlobalSecondaryIndexes"]] == [(1, 16), (1, 7), (1, 11)]
    assert (described["ItemCount"], described["TableSizeBytes"]) == (1, 16)


def test_indexes_follow_every_kind_of_write_at_once(dynamodb, table):
    def places():
        return (place(query(dynamodb, "all", "g = :g", {":g": {"S": "g"}})["Items"]), place(query(dynamodb, "keys", "g = :g", {":g": {"S": "g"}})["Items"]),
                place(dynamodb.scan(TableName=table, IndexName="localAll")["Items"]))
    dynamodb.put_item(TableName=table, Item=item("a", 1, g={"S": "g"}))
    assert places() == ([], [("a", 1)], [])
    dynamodb.update_item(TableName=table, Key=item("a", 1), UpdateExpression="SET h = :h", ExpressionAttributeValues={":h": {"N": "7"}})
    assert places() == ([("a", 1)], [("a", 1)], [("a", 1)])
    dynamodb.batch_write_item(RequestItems={table: [{"PutRequest": {"Item": item("b", 2, g={"S": "g"}, h={"N": "6"})}}, {"PutRequest": {"Item": item("c", 3)}}]})
    assert places()[:2] == ([("b", 2), ("a", 1)], [("a", 1), ("b", 2)]) and sorted(places()[2]) == [("a", 1), ("b", 2)]
    dynamodb.transact_write_items(TransactItems=[
        {"Update": {"TableName": table, "Key": item("a", 1), "UpdateExpression": "REMOVE g"}}, {"Delete": {"TableName": table, "Key": item("b", 2)}},
        {"Put": {"TableName": table, "Item": item("d", 4, g={"S": "g"}, h={"N": "1"})}}])
    assert places()[:2] == ([("d", 4)], [("d", 4)]) and sorted(places()[2]) == [("a", 1), ("d", 4)]
    dynamodb.put_item(TableName=table, Item=item("d", 4, g={"S": "other"}, h={"N": "1"}))
    assert places()[:2] == ([], [])
    assert place(query(dynamodb, "all", "g = :g AND h = :h", {":g": {"S": "other"}, ":h": N})["Items"]) == [("d", 4)]
    dynamodb.delete_item(TableName=table, Key=item("d", 4))
    dynamodb.delete_item(TableName=table, Key=item("a", 1))
    described = dynamodb.describe_table(TableName=table)["Table"]
    assert [(part["ItemCount"], part["IndexSizeBytes"]) for kind in ("LocalSecondaryIndexes", "GlobalSecondaryIndexes") for part in described[kind]] == [(0, 0)] * 6
    # A condition that fails changes no index.
    dynamodb.put_item(TableName=table, Item=item("e", 5, g={"S": "g"}))
    with pytest.raises(ClientError):
        dynamodb.put_item(TableName=table, Item=item("e", 5), ConditionExpression="attribute_not_exists(p)")
    assert places()[1] == [("e", 5)]


def test_pages_go_on_from_keys_of_both_and_entries_of_one_place_are_many(dynamodb, table):
    for number in range(9):
        dynamodb.put_item(TableName=table, Item=item(f"p{number % 3}", number, g={"S": "g"}, h={"N": str(number // 4)}))
    for name, condition in (("all", "g = :g"), ("keys", "g = :g")):
        for forward in (True, False):
            found, start, pages = [], {}, 0
            while pages < 20:
                page = query(dynamodb, name, condition, {":g": {"S": "g"}}, Limit=2, ScanIndexForward=forward, **start)
                found += place(page["Items"])
                pages += 1
                if "LastEvaluatedKey" not in page:
                    break
                assert set(page["LastEvaluatedKey"]) == ({"p", "r", "g", "h"} if name == "all" else {"p", "r", "g"})
                start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
            assert sorted(found) == sorted((f"p{number % 3}", number) for number in range(9)) and pages == 5
            if name == "all":
                heights = [number // 4 for _, number in found]
                assert heights == sorted(heights, reverse=not forward)
    found, start = [], {}
    while True:
        page = dynamodb.scan(TableName=table, IndexName="some", Limit=2, **start)
        found += place(page["Items"])
        if "LastEvaluatedKey" not in page:
            break
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
    assert sorted(found) == sorted((f"p{number % 3}", number) for number in range(9))
    segments = [dynamodb.scan(TableName=table, IndexName="some", TotalSegments=3, Segment=number)["Items"] for number in range(3)]
    assert sorted(sum(map(place, segments), [])) == sorted(found)


def test_an_index_gives_what_it_projects(dynamodb, table):
    whole = item("a", 1, g={"S": "g"}, h=N, l={"B": b"x"}, x=S, y=S, z=S)
    dynamodb.put_item(TableName=table, Item=whole)
    part = lambda *names: {name: whole[name] for name in names}
    get = lambda name, **members: (query(dynamodb, name, "p = :p", {":p": S}, **members) if name.startswith("local") else query(
        dynamodb, name, "h = :h" if name == "some" else "g = :g", {":h": N} if name == "some" else {":g": {"S": "g"}}, **members))["Items"]
    assert get("all") == [whole] and get("all", Select="ALL_ATTRIBUTES") == [whole]
    assert get("keys") == [part("p", "r", "g")] and get("keys", Select="ALL_PROJECTED_ATTRIBUTES") == [part("p", "r", "g")]
    assert get("some") == [part("p", "r", "h", "x", "y")]
    assert get("local") == [part("p", "r", "l", "x")] and get("localKeys") == [part("p", "r", "h")]
    # A local index looks into the table for more.
    assert get("local", Select="ALL_ATTRIBUTES") == [whole] and get("localKeys", ProjectionExpression="z, h") == [part("z", "h")]
    assert get("localKeys", FilterExpression="z = :p") == [whole] and get("localKeys", FilterExpression="z <> :p") == []
    assert refused(get, name="keys", Select="ALL_ATTRIBUTES") == (
        INVALID + "Select type ALL_ATTRIBUTES is not supported for global secondary index keys because its projection type is not ALL")
    assert refused(get, name="keys", FilterExpression="z = :g OR attribute_exists(x)") == (
        INVALID + "Secondary index keys does not project one or more filter attributes: [x, z]")
    assert dynamodb.scan(TableName=table, IndexName="keys", FilterExpression="attribute_exists(x)")["Count"] == 0
    assert refused(get, name="some", ProjectionExpression="x, z") == INVALID + "Global secondary index some does not project [z]"
    assert get("all", ConsistentRead=False) == [whole] and get("local", ConsistentRead=True) == [part("p", "r", "l", "x")]
    assert refused(get, name="all", ConsistentRead=True) == "Consistent reads are not supported on global secondary indexes"
    assert refused(get, name="all", FilterExpression="h = :g") == "Filter Expression can only contain non-primary key attributes: Primary key attribute: h"
    assert refused(query, dynamodb=dynamodb, name="none", condition="g = :g", values={":g": S}) == "The table does not have the specified index: none"
    assert refused(query, dynamodb=dynamodb, name="all", condition="p = :g", values={":g": S}) == "Query condition missed key schema element: g"
    assert refused(query, dynamodb=dynamodb, name="all", condition="g = :g", values={":g": S}, ExclusiveStartKey={"p": S, "r": N}) == "The provided starting key is invalid"
    assert refused(query, dynamodb=dynamodb, name="all", condition="g = :g", values={":g": S}, ExclusiveStartKey={"p": S, "r": N, "g": N, "h": N}) == (
        "The provided key element does not match the schema")


def test_keys_of_an_index_have_its_type(dynamodb, table):
    wrong = INVALID + "Type mismatch for Index Key g Expected: S Actual: N IndexName: all"
    assert refused(dynamodb.put_item, TableName=table, Item=item("a", 1, g=N)) == wrong
    assert refused(dynamodb.batch_write_item, RequestItems={table: [{"PutRequest": {"Item": item("a", 1, g=N)}}]}) == wrong
    dynamodb.put_item(TableName=table, Item=item("a", 1, g=S))
    assert refused(dynamodb.update_item, TableName=table, Key=item("a", 1), UpdateExpression="SET g = :n", ExpressionAttributeValues={":n": N}) == wrong
    with pytest.raises(dynamodb.exceptions.TransactionCanceledException) as caught:
        dynamodb.transact_write_items(TransactItems=[{"Put": {"TableName": table, "Item": item("a", 1, g=N)}}])
    assert caught.value.response["CancellationReasons"] == [{"Code": "ValidationError", "Message": wrong}]
    assert refused(dynamodb.put_item, TableName=table, Item=item("a", 1, g={"S": ""})) == (
        "One or more parameter values are not valid. A value specified for a secondary index key is not supported. "
        "The AttributeValue for a key attribute cannot contain an empty string value. IndexName: all, IndexKey: g")
    assert refused(dynamodb.scan, TableName=table, FilterExpression="g.x = :n", ExpressionAttributeValues={":n": N}) == (
        "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: IndexKey: g")


def test_capacity_is_told_by_index(dynamodb, table):
    def units(answer):
        consumed = answer["ConsumedCapacity"]
        return (consumed["CapacityUnits"], consumed["Table"]["CapacityUnits"]) + tuple(
            {name: part["CapacityUnits"] for name, part in consumed.get(kind, {}).items()} for kind in ("LocalSecondaryIndexes", "GlobalSecondaryIndexes"))
    put = lambda **attributes: units(dynamodb.put_item(TableName=table, Item=item("a", 1, **attributes), ReturnConsumedCapacity="INDEXES"))
    assert put() == (1, 1, {}, {})
    assert put(g=S) == (2, 1, {}, {"keys": 1})
    assert put(g=S, z=S) == (1, 1, {}, {})
    assert put(g={"S": "b"}, h=N) == (7, 1, {"localAll": 1, "localKeys": 1}, {"all": 1, "keys": 2, "some": 1})
    assert units(query(dynamodb, "all", "g = :g", {":g": {"S": "b"}}, ReturnConsumedCapacity="INDEXES")) == (0.5, 0, {}, {"all": 0.5})
    assert units(query(dynamodb, "localKeys", "p = :p", {":p": S}, ReturnConsumedCapacity="INDEXES", ConsistentRead=True)) == (1, 0, {"localKeys": 1}, {})
    assert units(query(dynamodb, "localKeys", "p = :p", {":p": S}, ReturnConsumedCapacity="INDEXES", Select="ALL_ATTRIBUTES")) == (1, 0.5, {"localKeys": 0.5}, {})
    written = dynamodb.transact_write_items(TransactItems=[{"Delete": {"TableName": table, "Key": item("a", 1)}}], ReturnConsumedCapacity="INDEXES")["ConsumedCapacity"][0]
    assert (written["CapacityUnits"], written["WriteCapacityUnits"], written["GlobalSecondaryIndexes"]["keys"]["CapacityUnits"]) == (12, 12, 2)
    metrics = dynamodb.put_item(TableName=table, Item=item("a", 1), ReturnItemCollectionMetrics="SIZE")["ItemCollectionMetrics"]
    collection = {"ItemCollectionKey": {"p": S}, "SizeEstimateRangeGB": [0, 1]}
    assert metrics == collection
    # Two items of one collection are told once.
    puts = [{"PutRequest": {"Item": item("a", number)}} for number in range(2)] + [{"DeleteRequest": {"Key": item("b", 1)}}]
    other = collection | {"ItemCollectionKey": {"p": {"S": "b"}}}
    assert dynamodb.batch_write_item(RequestItems={table: puts}, ReturnItemCollectionMetrics="SIZE")["ItemCollectionMetrics"] == {table: [collection, other]}
    written = dynamodb.transact_write_items(TransactItems=[{"Put": {"TableName": table, "Item": item("b", 1)}}], ReturnItemCollectionMetrics="SIZE")
    assert written["ItemCollectionMetrics"] == {table: [other]}
    assert "ItemCollectionMetrics" not in dynamodb.put_item(TableName=table, Item=item("a", 1))


CREATE = {name: value for name, value in TABLE.items() if not name.endswith("Indexes")} | {"TableName": "wrong"}


@pytest.mark.parametrize("members, message", [
    ({"LocalSecondaryIndexes": []}, "List of LocalSecondaryIndexes is empty"), ({"GlobalSecondaryIndexes": []}, "List of GlobalSecondaryIndexes is empty"),
    ({"KeySchema": schema("p"), "LocalSecondaryIndexes": [index("one", "p", "l")]},
     "Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex"),
    ({"LocalSecondaryIndexes": [index("one", "p")]}, "Index KeySchema does not have a range key for index: one"),
    ({"LocalSecondaryIndexes": [index("one", "g", "h")]},
     "Index KeySchema does not have the same leading hash key as table KeySchema for index: one. index hash key: g, table hash key: p"),
    ({"GlobalSecondaryIndexes": [index("one", "q")]}, "Some index key attributes are not defined in AttributeDefinitions. Keys: [q], AttributeDefinitions: [p, r, g, h, l]"),
    ({"GlobalSecondaryIndexes": [index("one", "g") | {"Projection": {}}]}, "Unknown ProjectionType: null"),
    ({"GlobalSecondaryIndexes": [index("one", "g") | {"Projection": {"ProjectionType": "ALL", "NonKeyAttributes": ["x"]}}]},
     "ProjectionType is ALL, but NonKeyAttributes is specified"),
    ({"GlobalSecondaryIndexes": [index("one", "g"), index("one", "h")]}, "Duplicate index name: one"),
    ({"GlobalSecondaryIndexes": [index("one", "g")], "LocalSecondaryIndexes": [index("one", "p", "l")]}, "Duplicate index name: one"),
    ({"LocalSecondaryIndexes": [index(f"one{number}", "p", "l") for number in range(6)]}, "Number of LocalSecondaryIndexes exceeds per-table limit of 5"),
    ({"GlobalSecondaryIndexes": [index(f"one{number}", "g") for number in range(21)]}, "GlobalSecondaryIndex count exceeds the per-table limit of 20"),
    ({"GlobalSecondaryIndexes": [index("one", "g", ProvisionedThroughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 1})]},
     "ProvisionedThroughput should not be specified for index: one when BillingMode is PAY_PER_REQUEST"),
    ({"GlobalSecondaryIndexes": [index("one", "g")]}, "Some AttributeDefinitions are not used. AttributeDefinitions: [p, r, g, h, l], keys used: [g, p, r]"),
])
def test_tables_whose_indexes_cannot_be_are_refused(dynamodb, members, message):
    assert refused(dynamodb.create_table, **CREATE | members) == INVALID + message


# UpdateTable

def until_active(dynamodb, name):
    def active():
        described = dynamodb.describe_table(TableName=name)["Table"]
        return described if all(part["IndexStatus"] == "ACTIVE" for part in described.get("GlobalSecondaryIndexes", [])) else None
    return wait_until(active)


@pytest.fixture
def plain(dynamodb):
    dynamodb.create_table(TableName="plain", BillingMode="PAY_PER_REQUEST", AttributeDefinitions=definitions({"p": "S"}), KeySchema=schema("p"))
    yield "plain"
    dynamodb.update_table(TableName="plain", DeletionProtectionEnabled=False)
    dynamodb.delete_table(TableName="plain")


def test_an_index_is_made_of_a_table_with_items_and_deleted(dynamodb, plain):
    for start in range(0, 1200, 25):
        dynamodb.batch_write_item(RequestItems={plain: [
            {"PutRequest": {"Item": {"p": {"S": f"p{number}"}, "g": {"S": "even"} if number % 2 == 0 else N}}} for number in range(start, start + 25)]})
    update = lambda create: dynamodb.update_table(
        TableName=plain, AttributeDefinitions=definitions({"p": "S", "g": "S"}), GlobalSecondaryIndexUpdates=[{"Create": create}])
    answer = update(index("later", "g", projection="KEYS_ONLY"))["TableDescription"]
    assert answer["TableStatus"] == "UPDATING" and answer["GlobalSecondaryIndexes"][0]["IndexStatus"] == "CREATING"
    # What is written meanwhile is in the index once.
    dynamodb.put_item(TableName=plain, Item={"p": {"S": "p0"}, "g": {"S": "changed"}})
    dynamodb.delete_item(TableName=plain, Key={"p": {"S": "p2"}})
    described = until_active(dynamodb, plain)
    found = dynamodb.query(TableName=plain, IndexName="later", KeyConditionExpression="g = :g", ExpressionAttributeValues={":g": {"S": "even"}})
    assert sorted(each["p"]["S"] for each in found["Items"]) == sorted(f"p{number}" for number in range(4, 1200, 2))
    assert described["GlobalSecondaryIndexes"][0]["ItemCount"] == 599
    assert described["AttributeDefinitions"] == definitions({"p": "S", "g": "S"})
    assert refused(update, create=index("later", "g")) == "Attempting to create an index which already exists: later"
    dynamodb.update_table(TableName=plain, GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "later"}}])
    described = dynamodb.describe_table(TableName=plain)["Table"]
    assert "GlobalSecondaryIndexes" not in described and described["AttributeDefinitions"] == definitions({"p": "S"})
    assert refused(dynamodb.scan, TableName=plain, IndexName="later") == "The table does not have the specified index: later"


def test_billing_throughput_and_protection_change(dynamodb, plain):
    units = {"ReadCapacityUnits": 3, "WriteCapacityUnits": 4}
    update = lambda **members: dynamodb.update_table(TableName=plain, **members)["TableDescription"]
    assert refused(update, BillingMode="PROVISIONED") == INVALID + "ProvisionedThroughput must be specified when BillingMode is PROVISIONED"
    assert refused(update, ProvisionedThroughput=units) == (
        INVALID + "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST")
    update(BillingMode="PROVISIONED", ProvisionedThroughput=units)
    described = dynamodb.describe_table(TableName=plain)["Table"]
    assert {name: described["ProvisionedThroughput"][name] for name in units} == units and "BillingModeSummary" not in described
    assert refused(update, ProvisionedThroughput=units).startswith("The provisioned throughput for the table will not change.")
    update(BillingMode="PAY_PER_REQUEST")
    assert dynamodb.describe_table(TableName=plain)["Table"]["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert update(DeletionProtectionEnabled=True)["DeletionProtectionEnabled"] is True
    assert refused(dynamodb.delete_table, TableName=plain) == (
        "Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.")
    assert refused(update).startswith("At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled")
    update(StreamSpecification={"StreamEnabled": False})
    assert "StreamSpecification" in refused(update, StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"})
    assert refused(update, GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "none"}}]) == "Requested resource not found: Index: none for table: plain"
    assert refused(update, GlobalSecondaryIndexUpdates=[{}]).startswith(INVALID + "One of GlobalSecondaryIndexUpdate.Update")


# Tags, and what the service says of itself

def test_tags_are_kept(dynamodb, plain):
    arn = dynamodb.describe_table(TableName=plain)["Table"]["TableArn"]
    tags = lambda: {tag["Key"]: tag["Value"] for tag in dynamodb.list_tags_of_resource(ResourceArn=arn)["Tags"]}
    assert tags() == {}
    dynamodb.tag_resource(ResourceArn=arn, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": ""}])
    dynamodb.tag_resource(ResourceArn=arn, Tags=[{"Key": "a", "Value": "2"}, {"Key": "é", "Value": "c"}])
    assert tags() == {"a": "2", "b": "", "é": "c"}
    dynamodb.untag_resource(ResourceArn=arn, TagKeys=["b", "gone"])
    assert tags() == {"a": "2", "é": "c"}
    # A change of the table leaves them.
    dynamodb.update_table(TableName=plain, DeletionProtectionEnabled=True)
    assert tags() == {"a": "2", "é": "c"}
    invalid = "One or more parameter values were invalid: "
    assert refused(dynamodb.tag_resource, ResourceArn=arn, Tags=[{"Key": f"k{number}", "Value": "v"} for number in range(49)]) == (
        invalid + "Too many tags: 51, the limit is 50")
    for tag in ({"Key": "hi!", "Value": "v"}, {"Key": "k", "Value": 'a "word"'}):
        assert refused(dynamodb.tag_resource, ResourceArn=arn, Tags=[tag]).startswith(invalid + "A tag has a character that is not allowed: ")
    for call, members, message in (
            (dynamodb.tag_resource, {"Tags": []}, "Atleast one Tag needs to be provided as Input."),
            (dynamodb.untag_resource, {"TagKeys": []}, "Atleast one Tag Key needs to be provided as Input.")):
        assert refused(call, ResourceArn=arn, **members) == message
        assert refused(call, ResourceArn=arn + "/x", **members).startswith("Invalid TableArn: Invalid ResourceArn provided as input")
    with pytest.raises(dynamodb.exceptions.ResourceNotFoundException):
        dynamodb.list_tags_of_resource(ResourceArn=arn + "gone")


def test_tags_come_with_the_table(dynamodb):
    made = dynamodb.create_table(
        TableName="tagged", BillingMode="PAY_PER_REQUEST", AttributeDefinitions=definitions({"p": "S"}), KeySchema=schema("p"),
        Tags=[{"Key": "project", "Value": "x"}], SSESpecification={"Enabled": False}, StreamSpecification={"StreamEnabled": False})["TableDescription"]
    assert dynamodb.list_tags_of_resource(ResourceArn=made["TableArn"])["Tags"] == [{"Key": "project", "Value": "x"}]
    dynamodb.delete_table(TableName="tagged")


def test_the_service_tells_its_limits_and_its_address(client, dynamodb):
    import os
    assert dynamodb.describe_limits()["TableMaxReadCapacityUnits"] == 40_000
    assert dynamodb.describe_endpoints()["Endpoints"] == [{"Address": os.environ["AWS_ENDPOINT_URL"].split("//")[1], "CachePeriodInMinutes": 1440}]
