"""DynamoDB's transactions and the capacity that it says was consumed, as boto3 sees them; where moto claims the same, it is asked as well."""

import concurrent.futures
import os

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from moto.server import ThreadedMotoServer

KEYS = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}


@pytest.fixture(scope="module")
def addresses(client):
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield {"local": os.environ["AWS_ENDPOINT_URL"], "moto": f"http://127.0.0.1:{port}"}
    server.stop()


@pytest.fixture
def connect(addresses):
    """Makes a client of one of the two, with two empty tables."""
    made = []

    def connect(which="local"):
        client = boto3.client(
            "dynamodb", endpoint_url=addresses[which], config=Config(parameter_validation=False, max_pool_connections=16), **KEYS)
        for name in ("one", "two"):
            client.create_table(
                TableName=name, BillingMode="PAY_PER_REQUEST",
                AttributeDefinitions=[{"AttributeName": "p", "AttributeType": "S"}, {"AttributeName": "r", "AttributeType": "N"}],
                KeySchema=[{"AttributeName": "p", "KeyType": "HASH"}, {"AttributeName": "r", "KeyType": "RANGE"}])
            made.append((client, name))
        return client

    yield connect
    for client, name in made:
        client.delete_table(TableName=name)


def key(p="a", r=1):
    return {"p": {"S": p}, "r": {"N": str(r)}}


def item(p="a", r=1, **texts):
    return key(p, r) | {name: {"S": text} for name, text in texts.items()}


def sized(bytes, p="a", r=1):
    """An item of so many bytes: p and r take 2 and 3 of them, the name of x 1."""
    return item(p, r, x="x" * (bytes - 6))


def put(members, table="one", **more):
    return {"Put": {"TableName": table, "Item": members} | more}


def delete(members, table="one", **more):
    return {"Delete": {"TableName": table, "Key": members} | more}


def update(members, expression, values, table="one", **more):
    return {"Update": {"TableName": table, "Key": members, "UpdateExpression": expression, "ExpressionAttributeValues": values} | more}


def check(members, condition="attribute_exists(p)", table="one", **more):
    return {"ConditionCheck": {"TableName": table, "Key": members, "ConditionExpression": condition} | more}


def get(members, table="one", **more):
    return {"Get": {"TableName": table, "Key": members} | more}


def everything(client, table="one"):
    return sorted(client.scan(TableName=table)["Items"], key=lambda found: (found["p"]["S"], float(found["r"]["N"])))


def failure(call, **members):
    """Code, message, and the reasons as pairs of code and message."""
    with pytest.raises(ClientError) as caught:
        call(**members)
    response = caught.value.response
    reasons = [(reason["Code"], reason.get("Message")) for reason in response.get("CancellationReasons", [])]
    return response["Error"]["Code"], response["Error"]["Message"], reasons


NO = ("None", None)
FAILED = ("ConditionalCheckFailed", "The conditional request failed")


def cancelled(*reasons):
    codes = ", ".join(reason[0] for reason in reasons)
    return (
        "TransactionCanceledException", f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]", list(reasons))


BOTH = pytest.mark.parametrize("which", ["local", "moto"])


@BOTH
def test_all_actions_are_carried_out_at_once(connect, which):
    client = connect(which)
    client.put_item(TableName="one", Item=item("old", x="1"))
    client.put_item(TableName="two", Item=item("kept", x="1"))
    client.put_item(TableName="two", Item=item("gone"))
    client.transact_write_items(TransactItems=[
        put(item("new", x="2"), ConditionExpression="attribute_not_exists(p)"),
        update(key("old"), "SET #x = :x", {":x": {"S": "3"}, ":before": {"S": "1"}}, ExpressionAttributeNames={"#x": "x"}, ConditionExpression="#x = :before"),
        delete(key("gone"), "two"), check(key("kept"), table="two"),
        update(key("made"), "SET x = :x", {":x": {"S": "4"}}, "two")])
    assert everything(client) == [item("new", x="2"), item("old", x="3")]
    assert everything(client, "two") == [item("kept", x="1"), item("made", x="4")]


@BOTH
def test_where_one_condition_fails_nothing_is_changed(connect, which):
    client = connect(which)
    for name in ("held", "there"):
        client.put_item(TableName="one", Item=item(name, x="1"))
    exists, missing = {"ConditionExpression": "attribute_exists(p)"}, {"ConditionExpression": "attribute_not_exists(p)"}
    shown = {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    actions = [
        put(item("new"), **missing), put(item("there", x="2"), **missing), delete(key("absent"), **exists, **shown), check(key("held"), "x = :x", ExpressionAttributeValues={":x": {"S": "7"}}, **shown),
        update(key("third"), "SET x = :x", {":x": {"S": "4"}}, "two")]
    assert failure(client.transact_write_items, TransactItems=actions) == cancelled(NO, FAILED, FAILED, FAILED, NO)
    with pytest.raises(client.exceptions.TransactionCanceledException) as caught:
        client.transact_write_items(TransactItems=actions)
    # Only what was asked for, and only where there is an item.
    assert [reason.get("Item") for reason in caught.value.response["CancellationReasons"]] == [None, None, None, item("held", x="1"), None]
    assert everything(client) == [item("held", x="1"), item("there", x="1")] and everything(client, "two") == []


@BOTH
def test_two_actions_on_one_item_are_refused(connect, which):
    client = connect(which)
    words = "Transaction request cannot include multiple operations on one item"
    for actions in ([put(item()), put(item())], [put(item()), check(key(), "attribute_not_exists(p)")], [delete(key("b")), put(item()), update(key(r="1"), "SET x = :x", {":x": {"S": "4"}})]):
        assert failure(client.transact_write_items, TransactItems=actions) == ("ValidationException", words, [])
    client.transact_write_items(TransactItems=[put(item()), put(item(r=2)), put(item("b")), put(item(), "two")])
    assert len(everything(client)) == 3


@BOTH
def test_items_are_got_in_the_order_asked_for(connect, which):
    client = connect(which)
    client.put_item(TableName="one", Item=item("a", x="1"))
    client.put_item(TableName="two", Item=item("b", r=2, x="2", y="3"))
    answer = client.transact_get_items(TransactItems=[get(key("b", 2), "two"), get(key("absent")), get(key("a"))])
    assert answer["Responses"] == [{"Item": item("b", 2, x="2", y="3")}, {}, {"Item": item("a", x="1")}]


def test_of_items_what_was_asked_for_is_got(connect):
    client = connect()
    client.put_item(TableName="one", Item=item(x="1", y="2"))
    names = {"ExpressionAttributeNames": {"#x": "x"}}
    projected = lambda expression, **more: client.transact_get_items(TransactItems=[get(key(), ProjectionExpression=expression, **more)])["Responses"]
    assert projected("#x, r", **names) == [{"Item": {"r": {"N": "1"}, "x": {"S": "1"}}}]
    assert projected("z") == [{"Item": {}}]
    assert failure(client.transact_get_items, TransactItems=[get(key(), ProjectionExpression="y", **names)])[1] == "Value provided in ExpressionAttributeNames unused in expressions: keys: {#x}"


def test_a_number_in_another_spelling_is_the_same_key(connect):
    client = connect()
    assert failure(client.transact_write_items, TransactItems=[put(item(r="1.0")), put(item(r=1))])[1] == "Transaction request cannot include multiple operations on one item"
    assert failure(client.transact_get_items, TransactItems=[get(key(r="1.0")), get(key(r=1))])[1] == "Transaction request cannot include multiple operations on one item"


def test_what_the_model_rules_out_is_refused_before_anything_is_looked_at(connect):
    client = connect()
    one = "1 validation error detected: Value "
    for members, message in (
            ({"TransactItems": []}, one + "'[]' at 'transactItems' failed to satisfy constraint: Member must have length greater than or equal to 1"),
            ({}, one + "null at 'transactItems' failed to satisfy constraint: Member must not be null"),
            ({"TransactItems": [put(item())], "ClientRequestToken": "x" * 37}, one + f"'{'x' * 37}' at 'clientRequestToken' failed to satisfy constraint: Member must have length less than or equal to 36"),
            ({"TransactItems": [put(item())], "ReturnConsumedCapacity": "ALL"}, one + "'ALL' at 'returnConsumedCapacity' failed to satisfy constraint: Member must satisfy enum value set: [INDEXES, TOTAL, NONE]"),
            ({"TransactItems": [put(item()), check(key("b"), None)]}, one + "null at 'transactItems.2.member.conditionCheck.conditionExpression' failed to satisfy constraint: Member must not be null"),
            ({"TransactItems": [{"Update": {"TableName": "one", "Key": key()}}]}, one + "null at 'transactItems.1.member.update.updateExpression' failed to satisfy constraint: Member must not be null"),
            ({"TransactItems": [put(item(), ReturnValuesOnConditionCheckFailure="ALL_NEW")]}, one + "'ALL_NEW' at 'transactItems.1.member.put.returnValuesOnConditionCheckFailure' failed to satisfy constraint: Member must satisfy enum value set: [ALL_OLD, NONE]"),
            ({"TransactItems": [put(item()) | delete(key("b"))]}, "TransactItems can only contain one of Check, Put, Update or Delete"),
            ({"TransactItems": [{}]}, "TransactItems can only contain one of Check, Put, Update or Delete"),
            ({"TransactItems": [put(item(), ConditionExpression="p = ")]}, 'Invalid ConditionExpression: Syntax error; token: "<EOF>", near: "="')):
        members.setdefault("ClientRequestToken", "token")
        assert failure(client.transact_write_items, **members) == ("ValidationException", message, [])
    code, message, reasons = failure(client.transact_write_items, TransactItems=[put(item(r=n)) for n in range(101)])
    assert message.endswith("at 'transactItems' failed to satisfy constraint: Member must have length less than or equal to 100")
    assert failure(client.transact_write_items, TransactItems=[put(item()), put(item(), "three")]) == ("ResourceNotFoundException", "Requested resource not found", [])
    assert failure(client.transact_get_items, TransactItems=[{}])[1] == one + "null at 'transactItems.1.member.get' failed to satisfy constraint: Member must not be null"
    assert failure(client.transact_get_items, TransactItems=[get(key(r=n)) for n in range(101)])[0] == "ValidationException"
    assert everything(client) == []


def test_an_action_that_is_not_as_dynamodb_wants_it_is_a_reason(connect):
    client = connect()
    client.put_item(TableName="one", Item=item("text", x="1"))
    client.put_item(TableName="one", Item=item("there"))
    cases = [
        (put({"p": {"S": "a"}}), "One or more parameter values were invalid: Missing the key r in the item"),
        (delete({"p": {"S": "a"}}), "The provided key element does not match the schema"),
        (put(item("large", x="x" * 410_000)), "Item size has exceeded the maximum allowed size"),
        (update(key("text"), "SET x = x + :x", {":x": {"N": "1"}}), "An operand in the update expression has an incorrect data type"),
        (update(key("absent"), "SET x = y, z = :x", {":x": {"N": "1"}}), "The provided expression refers to an attribute that does not exist in the item"),
        (update(key("b"), "SET r = :x", {":x": {"N": "1"}}), "One or more parameter values were invalid: Cannot update attribute r. This attribute is part of the key"),
    ]
    for action, message in cases:
        assert failure(client.transact_write_items, TransactItems=[put(item("new")), action]) == cancelled(NO, ("ValidationError", message))
    assert failure(client.transact_write_items, TransactItems=[cases[1][0], put(item("there"), ConditionExpression="attribute_not_exists(p)"), put(item("new"))]) == cancelled(
        ("ValidationError", cases[1][1]), NO, NO)
    assert failure(client.transact_get_items, TransactItems=[get(key("there")), get({"p": {"S": "a"}})]) == cancelled(NO, ("ValidationError", cases[1][1]))
    assert [found["p"]["S"] for found in everything(client)] == ["text", "there"]


def test_a_transaction_is_about_100_items_and_4_megabytes_at_most(connect):
    client = connect()
    client.transact_write_items(TransactItems=[put(item(r=n)) for n in range(100)])
    assert len(everything(client)) == 100
    # 4,194,304 bytes, and one more.
    items = [sized(400_000, letter) for letter in "abcdefghij"] + [sized(194_304, "k")]
    keys = [get({name: found[name] for name in "pr"}) for found in items]
    client.transact_write_items(TransactItems=[put(found) for found in items])
    assert [found["Item"] for found in client.transact_get_items(TransactItems=keys)["Responses"]] == items
    items[-1] = sized(194_305, "k")
    words = ("ValidationException", "Transaction payload size cannot exceed 4194304 bytes", [])
    assert failure(client.transact_write_items, TransactItems=[put(found) for found in items]) == words
    client.put_item(TableName="one", Item=items[-1])
    read = ("ValidationException", "The aggregate size of the items in the transaction exceeds 4 MB", [])
    assert failure(client.transact_get_items, TransactItems=keys) == read
    # What is written counts, not what is there: https://github.com/scylladb/scylladb, test_transact_write_items_delete_5MB.
    client.transact_write_items(TransactItems=[delete(found["Get"]["Key"]) for found in keys])
    assert client.transact_get_items(TransactItems=keys)["Responses"] == [{} for _ in keys]


def test_a_token_stands_for_one_transaction(connect):
    client = connect()
    add = [update(key(), "ADD n :one", {":one": {"N": "1"}}), put(item("b", x="x" * 5000))]
    first = client.transact_write_items(TransactItems=add, ClientRequestToken="once-" + "a" * 31, ReturnConsumedCapacity="TOTAL")
    again = client.transact_write_items(TransactItems=add, ClientRequestToken="once-" + "a" * 31, ReturnConsumedCapacity="TOTAL")
    assert first["ConsumedCapacity"] == [{"TableName": "one", "CapacityUnits": 12.0, "WriteCapacityUnits": 12.0}]
    assert again["ConsumedCapacity"] == [{"TableName": "one", "CapacityUnits": 6.0, "ReadCapacityUnits": 6.0}]
    assert everything(client)[0]["n"] == {"N": "1"}
    assert failure(client.transact_write_items, TransactItems=add[:1], ClientRequestToken="once-" + "a" * 31)[0] == "IdempotentParameterMismatchException"
    client.transact_write_items(TransactItems=add, ClientRequestToken="twice")
    assert everything(client)[0]["n"] == {"N": "2"}
    # One that was cancelled has done nothing, and may succeed with the same token.
    held = [update(key(), "ADD n :one", {":one": {"N": "1"}, ":two": {"N": "3"}}, ConditionExpression="n = :two")]
    for _ in range(2):
        assert failure(client.transact_write_items, TransactItems=held, ClientRequestToken="held") == cancelled(FAILED)
    client.transact_write_items(TransactItems=add)
    client.transact_write_items(TransactItems=held, ClientRequestToken="held")
    client.transact_write_items(TransactItems=held, ClientRequestToken="held")
    assert everything(client)[0]["n"] == {"N": "4"}


def test_transactions_side_by_side_keep_what_they_share(connect):
    """Every transaction takes from one item and gives to another; whoever looks at all of them at once sees the same sum."""
    client = connect()
    names = "abcd"
    for name in names:
        client.put_item(TableName="one", Item=key(name) | {"n": {"N": "100"}})

    def move(number):
        source, target = names[number % 4], names[(number + 1 + number // 4 % 3) % 4]
        client.transact_write_items(TransactItems=[
            update(key(source), "ADD n :less", {":less": {"N": "-1"}, ":zero": {"N": "0"}}, ConditionExpression="n > :zero"),
            update(key(target), "ADD n :more", {":more": {"N": "1"}})])
        return sum(int(found["Item"]["n"]["N"]) for found in client.transact_get_items(TransactItems=[get(key(name)) for name in names])["Responses"])

    with concurrent.futures.ThreadPoolExecutor(16) as threads:
        assert set(threads.map(move, range(200))) == {400}


def units(answer):
    return answer["ConsumedCapacity"]["CapacityUnits"]


def test_writing_costs_a_unit_for_each_kilobyte_of_the_larger_item(connect):
    client = connect()
    total = {"TableName": "one", "ReturnConsumedCapacity": "TOTAL"}
    put_units = lambda bytes: units(client.put_item(Item=sized(bytes), **total))
    assert [put_units(bytes) for bytes in (7, 1024, 1025, 2048, 2049, 10, 10)] == [1, 1, 2, 2, 3, 3, 1]
    put_units(1025)
    shrink = {"Key": key(), "UpdateExpression": "SET x = :x", "ExpressionAttributeValues": {":x": {"S": "x"}}}
    assert [units(client.update_item(**shrink, **total)) for _ in range(2)] == [2, 1]
    assert units(client.update_item(Key=key(), UpdateExpression="SET x = :x", ExpressionAttributeValues={":x": {"S": "x" * 1019}}, **total)) == 2
    assert [units(client.delete_item(Key=key(), **total)) for _ in range(2)] == [2, 1]
    put_units(3000)
    answer = client.batch_write_item(
        RequestItems={"two": [{"PutRequest": {"Item": sized(1025)}}],
                      "one": [{"PutRequest": {"Item": sized(10)}}, {"PutRequest": {"Item": sized(1025, "b")}}, {"DeleteRequest": {"Key": key("absent")}}]}, ReturnConsumedCapacity="TOTAL")
    assert answer["ConsumedCapacity"] == [{"TableName": "one", "CapacityUnits": 6.0}, {"TableName": "two", "CapacityUnits": 2.0}]


def test_reading_costs_a_unit_for_each_four_kilobytes(connect):
    client = connect()
    total = {"TableName": "one", "ReturnConsumedCapacity": "TOTAL"}
    for bytes, consistent in ((4096, 1), (4097, 2), (8192, 2), (8193, 3)):
        client.put_item(TableName="one", Item=sized(bytes))
        assert units(client.get_item(Key=key(), **total)) == consistent / 2
        assert units(client.get_item(Key=key(), ConsistentRead=True, ProjectionExpression="r", **total)) == consistent
    assert units(client.get_item(Key=key("absent"), **total)) == 0.5 and units(client.get_item(Key=key("absent"), ConsistentRead=True, **total)) == 1
    # A page is rounded up once, whatever a filter or a projection leaves of it.
    for number in range(1, 5):
        client.put_item(TableName="one", Item=sized(2048, "q", number))
    query = {"KeyConditionExpression": "p = :p", "ExpressionAttributeValues": {":p": {"S": "q"}}, **total}
    assert units(client.query(**query)) == 1 and units(client.query(**query, ConsistentRead=True)) == 2
    assert units(client.query(**query, Limit=1)) == 0.5 and units(client.query(**query, Limit=3)) == 1
    assert units(client.query(**query, ProjectionExpression="r")) == 1 and units(client.query(**query, Select="COUNT")) == 1
    assert units(client.query(**query, FilterExpression="attribute_not_exists(x)")) == 1
    query["ExpressionAttributeValues"] = {":p": {"S": "absent"}}
    assert units(client.query(**query)) == 0.5 and units(client.query(**query, ConsistentRead=True)) == 1
    assert units(client.scan(**total)) == (8193 + 4 * 2048 + 4095) // 4096 / 2 and units(client.scan(TableName="two", ReturnConsumedCapacity="TOTAL", ConsistentRead=True)) == 1


def test_a_transaction_costs_twice_as_much(connect):
    client = connect()
    client.put_item(TableName="two", Item=sized(1025, "there"))
    client.put_item(TableName="two", Item=sized(4097, "large"))
    written = client.transact_write_items(
        TransactItems=[put(sized(1024)), put(sized(1025, "b")), check(key("there"), table="two"), delete(key("absent"), "two"), update(key("large"), "REMOVE y SET x = :x", {":x": {"S": "x"}}, "two")],
        ReturnConsumedCapacity="INDEXES")
    one, two = {"CapacityUnits": 6.0, "WriteCapacityUnits": 6.0}, {"CapacityUnits": 16.0, "WriteCapacityUnits": 16.0}
    assert written["ConsumedCapacity"] == [{"TableName": "one", "Table": one} | one, {"TableName": "two", "Table": two} | two]
    client.put_item(TableName="two", Item=sized(4097, "large"))
    read = client.transact_get_items(TransactItems=[get(key("large"), "two"), get(key("absent"), "two"), get(key())], ReturnConsumedCapacity="TOTAL")
    assert read["ConsumedCapacity"] == [
        {"TableName": "one", "CapacityUnits": 2.0, "ReadCapacityUnits": 2.0}, {"TableName": "two", "CapacityUnits": 6.0, "ReadCapacityUnits": 6.0}]


def test_capacity_is_told_to_whoever_asks_and_before_anything_is_done(connect):
    client = connect()
    arn = client.describe_table(TableName="one")["Table"]["TableArn"]
    assert client.put_item(TableName=arn, Item=item(), ReturnConsumedCapacity="INDEXES")["ConsumedCapacity"] == {"TableName": arn, "CapacityUnits": 1.0, "Table": {"CapacityUnits": 1.0}}
    for members in ({}, {"ReturnConsumedCapacity": "NONE"}):
        assert "ConsumedCapacity" not in client.get_item(TableName="one", Key=key(), **members)
        assert "ConsumedCapacity" not in client.transact_write_items(TransactItems=[put(item())], **members)
    words = "1 validation error detected: Value 'ALL' at 'returnConsumedCapacity' failed to satisfy constraint: Member must satisfy enum value set: [INDEXES, TOTAL, NONE]"
    for call in (
            lambda: client.put_item(TableName="one", Item=item("b"), ReturnConsumedCapacity="ALL"),
            lambda: client.batch_write_item(RequestItems={"one": [{"PutRequest": {"Item": item("b")}}]}, ReturnConsumedCapacity="ALL"),
            lambda: client.query(TableName="one", KeyConditionExpression="p = :p", ExpressionAttributeValues={":p": {"S": "q"}}, ReturnConsumedCapacity="ALL"),
            lambda: client.transact_get_items(TransactItems=[get(key())], ReturnConsumedCapacity="ALL")):
        assert failure(call)[:2] == ("ValidationException", words)
    assert everything(client) == [item()]


def test_a_scan_goes_on_after_a_key_that_is_not_there(connect):
    """As the chunks' list of series does: from one series to the next, over all of its items at once."""
    client = connect()
    for p in "abc":
        for r in (-5, 0, 7):
            client.put_item(TableName="one", Item=item(p, r))
    greatest = 2 ** 63 - 1
    order = list(dict.fromkeys(found["p"]["S"] for found in client.scan(TableName="one")["Items"]))
    series, last = [], None
    while True:
        page = client.scan(TableName="one", Limit=1, ProjectionExpression="p", **({"ExclusiveStartKey": key(last, greatest)} if last else {}))["Items"]
        if not page:
            break
        last = page[0]["p"]["S"]
        series.append(last)
    assert series == order
    # The partition may have gone meanwhile.
    for r in (-5, 0, 7):
        client.delete_item(TableName="one", Key=key(order[1], r))
    assert client.scan(TableName="one", Limit=1, ExclusiveStartKey=key(order[0], greatest))["Items"] == [item(order[2], -5)]
    assert len(client.scan(TableName="one", ExclusiveStartKey=key(order[1], greatest))["Items"]) == 3
