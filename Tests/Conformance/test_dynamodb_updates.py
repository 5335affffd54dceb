"""UpdateItem as boto3 sees it: the same updates against the local cloud and against moto, and what AWS does where moto differs."""

import concurrent.futures
import decimal
import os

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from moto.server import ThreadedMotoServer

D = decimal.Decimal
KEY = {"p": "a", "r": 1}
ITEM = KEY | {
    "n": 5, "s": "text", "l": [0, 1, 2, 3], "m": {"k": 1, "deep": {"l": ["a", {"x": 1}]}}, "ss": {"b", "a"}, "ns": {1, 2},
    "bs": {b"x", b"y"}, "z": None, "t": True}
INVALID = "Invalid UpdateExpression: "
ABSENT = "The provided expression refers to an attribute that does not exist in the item"
WRONG = "An operand in the update expression has an incorrect data type"
PATH = "The document path provided in the update expression is invalid for update"


def make(endpoint):
    dynamodb = boto3.resource(
        "dynamodb", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}))
    table = dynamodb.create_table(
        TableName="updates", BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "p", "AttributeType": "S"}, {"AttributeName": "r", "AttributeType": "N"}],
        KeySchema=[{"AttributeName": "p", "KeyType": "HASH"}, {"AttributeName": "r", "KeyType": "RANGE"}])
    table.wait_until_exists()
    return table


@pytest.fixture(scope="module")
def table(client):
    made = make(os.environ["AWS_ENDPOINT_URL"])
    yield made
    made.delete()


@pytest.fixture(scope="module")
def moto():
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield make(f"http://{host}:{port}")
    server.stop()


def outcome(table, before, expression, values, names, **members):
    """What an update answers, and what the item is after it."""
    table.delete_item(Key=KEY)
    if before:
        table.put_item(Item=before)
    if expression is not None:
        members["UpdateExpression"] = expression
    if values is not None:
        members["ExpressionAttributeValues"] = values
    if names is not None:
        members["ExpressionAttributeNames"] = names
    try:
        answer = table.update_item(Key=KEY, **members).get("Attributes")
    except ClientError as error:
        assert error.response["Error"]["Code"] == "ValidationException", error
        answer = error.response["Error"]["Message"]
    return answer, table.get_item(Key=KEY, ConsistentRead=True).get("Item")


# Update expression, values of :a, :b, :c: the same answer and the same item from both, whether or not there was an item.
AGREED = [
    ("SET n = :a", 7), ("set n = :a", 7), ("SET n = :a, x = :b", 7, "x"), ("SET x = n",), ("SET n = n + :a", 2), ("SET n = n - :a", 2),
    ("SET n = :a - n", 2), ("SET n = n + n",), ("SET x = :a + :b", D("0.1"), D("0.2")), ("SET n = n - :a", 5),
    ("SET n = n + :a", D("-12.5")), ("SET n = if_not_exists(n, :a)", 1), ("SET x = if_not_exists(x, :a)", 1),
    ("SET x = if_not_exists(x, :a) + :b", 1, 2), ("SET n = if_not_exists(n, :a) - :b", 1, 2), ("SET l = list_append(l, :a)", [9]),
    ("SET l = list_append(l, l)",), ("SET x = list_append(if_not_exists(x, :a), :b)", [], ["x"]), ("SET l[1] = :a", "x"),
    ("SET l[9] = :a", "x"), ("SET m.k = :a", 2), ("SET m.x = :a", {"x": [1]}), ("SET m.deep.l[1].x = :a", 2), ("SET m.deep.l[7] = :a", 2),
    ("SET s = :a", None), ("SET s = :a, n = :b", {"x", "y"}, b"\x00"), ("SET x = m.deep",), ("ADD n :a", 3), ("ADD n :a", D("-0.5")),
    ("ADD x :a", 3), ("ADD ss :a", {"c", "a"}), ("ADD ns :a", {2, 3}), ("ADD bs :a", {b"z"}), ("ADD x :a", {"x"}), ("ADD m.k :a", 1),
    ("ADD l[1] :a", 10), ("SET n = s REMOVE s",), ("REMOVE s ADD n :a DELETE ss :b SET x = :c", 1, {"a"}, "x"),
    ("SET e = :a, f = :b, g = :c", [], {}, ""), ("SET n[0] = :a", 1), ("SET n = n + x",),
    ("ADD s :a", 1), ("ADD n :a", {"x"}), ("DELETE n :a SET x = :b", {"x"}, 1),
]
# The same where there is an item. Where there is none, these make one in moto, or find fault with its paths; AWS leaves it absent:
# https://github.com/scylladb/scylladb/issues/5862, and test_nested_attribute_remove_from_absent_item of the same project.
ONLY_REMOVES = [
    ("REMOVE n",), ("REMOVE n, s",), ("REMOVE x",), ("REMOVE m.k",), ("REMOVE m.deep.l[0]",), ("REMOVE m.x",), ("REMOVE l[0]",),
    ("REMOVE l[9]",), ("REMOVE l[0], l[2]",), ("DELETE ss :a", {"a", "nothing"}), ("DELETE ns :a", {1}), ("DELETE bs :a", {b"y"}),
    ("DELETE ss :a", {"a", "b"}), ("DELETE x :a", {"x"}), ("REMOVE n DELETE ss :a", {"a"}),
]
MODES = ["NONE", "ALL_OLD", "ALL_NEW"]


@pytest.mark.parametrize("index", range(len(AGREED + ONLY_REMOVES)), ids=lambda index: (AGREED + ONLY_REMOVES)[index][0])
def test_the_same_as_moto(table, moto, index):
    expression, *values = (AGREED + ONLY_REMOVES)[index]
    values = dict(zip((":a", ":b", ":c"), values)) or None
    mode = MODES[index % 3]
    ours, theirs = (outcome(each, ITEM, expression, values, None, ReturnValues=mode) for each in (table, moto))
    assert ours == theirs
    ours = outcome(table, None, expression, values, None, ReturnValues=mode)
    assert ours == ((None, None) if index >= len(AGREED) else outcome(moto, None, expression, values, None, ReturnValues=mode))


# What moto gets wrong: update, values, and what AWS makes of ITEM.
ALONE = [
    ("REMOVE l[1] SET l[3] = :a", [17], {"l": [0, 2, 17]}), ("SET l[3] = :a REMOVE l[1]", [17], {"l": [0, 2, 17]}),
    ("SET l[84] = :a, l[37] = :b, l[50] = :c", ["a", "b", "c"], {"l": [0, 1, 2, 3, "b", "c", "a"]}),
    ("SET l = list_append(:a, l)", [[9, [8]]], {"l": [9, [8], 0, 1, 2, 3]}),
    ("SET m.deep.l[1].y = m.k, m.k = m.deep.l[1].x", [], {"m": {"k": 1, "deep": {"l": ["a", {"x": 1, "y": 1}]}}}),
    ("REMOVE m.deep.l[1].x, m.k", [], {"m": {"deep": {"l": ["a", {}]}}}),
    ("SET x = (:a + n)", [1], {"x": 6}), ("SET x = (n) - (:a)", [1], {"x": 4}),
    ("SET x = if_not_exists(y, if_not_exists(z.q, :a))", [1], {"x": 1}), ("ADD m.y :a", [1], {"m": ITEM["m"] | {"y": 1}}),
    ("SET n = n + :a", [D("1E+20")], {"n": D("100000000000000000005")}),
    ("SET n = n + :a", [D("0.0000000000000000000000000000000000001")], {"n": D("5.0000000000000000000000000000000000001")}),
    ("ADD n :a", [D("-5.0000000000000000000000000000000000001")], {"n": D("-1E-37")}),
    ("SET x = :a - :b", [D("1E-130"), D("2E-130")], {"x": D("-1E-130")}),
    ("SET x = :a + :b", [D("9E+125"), D("9E+124")], {"x": D("9.9E+125")}),
    ("SET x = :a + :b", [D("99999999999999999999999999999999999999"), 1], {"x": D("1E+38")}),
    ("SET x = :a - :b", [D("10000000000000000000000"), 1], {"x": D("9999999999999999999999")}),
]


@pytest.mark.parametrize("case", ALONE, ids=lambda case: case[0])
def test_as_aws_has_it(table, case):
    expression, values, changed = case
    values = dict(zip((":a", ":b", ":c"), values)) or None
    after = ITEM | changed
    assert outcome(table, ITEM, expression, values, None, ReturnValues="ALL_NEW") == (after, after)


OVERLAP = INVALID + "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: "
CONFLICT = INVALID + "Two document paths conflict with each other; must remove or rewrite one of these paths; path one: "
OPERAND = INVALID + "Incorrect operand type for operator or function; "
OVERFLOW = "Number overflow. Attempting to store a number with magnitude larger than supported range"
KEYED = "One or more parameter values were invalid: Cannot update attribute %s. This attribute is part of the key"
# Update, values, names, AWS's words.
REFUSED = [
    ("", [], None, INVALID + "The expression can not be empty;"),
    ("SET", [], None, INVALID + 'Syntax error; token: "<EOF>", near: "SET"'),
    ("HELLO n = :a", [1], None, INVALID + 'Syntax error; token: "HELLO", near: "HELLO n"'),
    ("SET n = :a,", [1], None, INVALID + 'Syntax error; token: "<EOF>", near: ","'),
    ("SET n = :a SET s = :a", [1], None, INVALID + 'The "SET" section can only be used once in an update expression;'),
    ("SET n = :a + :b + :c", [1, 2, 3], None, INVALID + 'Syntax error; token: "+", near: ":b + :c"'),
    ("SET n = if_not_exists(n, :a + :b)", [1, 2], None, INVALID + 'Syntax error; token: "+", near: ":a + :b"'),
    ("SET l[:a] = :b", [1, 2], None, INVALID + 'Syntax error; token: ":a", near: "[ :a ]"'),
    ("SET name = :a", [1], None, INVALID + "Attribute name is a reserved keyword; reserved keyword: name"),
    ("SET m.name = :a", [1], None, INVALID + "Attribute name is a reserved keyword; reserved keyword: name"),
    ("SET #x = :a", [1], None, INVALID + "An expression attribute name used in the document path is not defined; attribute name: #x"),
    ("SET n = :a", [], None, INVALID + "An expression attribute value used in expression is not defined; attribute value: :a"),
    ("SET n = :a", [1, 2], None, "Value provided in ExpressionAttributeValues unused in expressions: keys: {:b}"),
    ("SET n = :a", [1], {"#x": "n"}, "Value provided in ExpressionAttributeNames unused in expressions: keys: {#x}"),
    ("SET n = :a", [1], {"x": "n"}, 'ExpressionAttributeNames contains invalid key: Syntax error; key: "x"'),
    ("SET n = f(:a)", [1], None, INVALID + "Invalid function name; function: f"),
    ("SET n = LIST_APPEND(l, :a)", [[1]], None, INVALID + "Invalid function name; function: LIST_APPEND"),
    ("SET n = size(l)", [], None, INVALID + "The function is not allowed to be used in an update expression; function: size"),
    ("SET l = list_append(:a)", [[1]], None, INVALID + "Incorrect number of operands for operator or function; operator or function: list_append, number of operands: 1"),
    ("SET l = list_append(list_append(l, :a), :b)", [[1], [2]], None, INVALID + "The function is not allowed to be used this way in an expression; function: list_append"),
    ("SET n = if_not_exists(:a, :b)", [1, 2], None, INVALID + "Operator or function requires a document path; operator or function: if_not_exists"),
    ("SET n = :a + :b", ["x", 1], None, OPERAND + "operator or function: +, operand type: S"),
    ("SET n = n - :a", [[1]], None, OPERAND + "operator or function: -, operand type: L"),
    ("SET l = list_append(l, :a)", ["x"], None, OPERAND + "operator or function: list_append, operand type: S"),
    ("ADD n :a", ["x"], None, OPERAND + "operator: ADD, operand type: STRING, typeSet: ALLOWED_FOR_ADD_OPERAND"),
    ("ADD l :a", [[1]], None, OPERAND + "operator: ADD, operand type: LIST, typeSet: ALLOWED_FOR_ADD_OPERAND"),
    ("DELETE ss :a", ["x"], None, OPERAND + "operator: DELETE, operand type: STRING, typeSet: ALLOWED_FOR_DELETE_OPERAND"),
    ("DELETE ns :a", [1], None, OPERAND + "operator: DELETE, operand type: NUMBER, typeSet: ALLOWED_FOR_DELETE_OPERAND"),
    ("SET n = :a REMOVE n", [1], None, OVERLAP + "[n], path two: [n]"),
    ("SET m.k = :a, m = :b", [1, 2], None, OVERLAP + "[m, k], path two: [m]"),
    ("SET l[1] = :a, l[1][2] = :b", [1, 2], None, OVERLAP + "[l, [1]], path two: [l, [1], [2]]"),
    ("SET #x = :a, n = :b", [1, 2], {"#x": "n"}, OVERLAP + "[n], path two: [n]"),
    ("SET m.k = :a, m[1] = :b", [1, 2], None, CONFLICT + "[m, k], path two: [m, [1]]"),
    ("SET p = :a", ["b"], None, KEYED % "p"), ("REMOVE r", [], None, KEYED % "r"), ("ADD r :a", [1], None, KEYED % "r"),
    ("SET x = absent", [], None, ABSENT), ("SET x = n + absent", [], None, ABSENT), ("SET x = list_append(absent, :a)", [[1]], None, ABSENT),
    ("SET x = n + s", [], None, WRONG), ("SET x = list_append(n, :a)", [[1]], None, WRONG), ("ADD s :a", [1], None, WRONG),
    ("ADD ss :a", [{1}], None, WRONG), ("DELETE ss :a", [{1}], None, WRONG), ("DELETE n :a", [{"a"}], None, WRONG),
    ("SET s.x = :a", [1], None, PATH), ("SET l.x = :a", [1], None, PATH), ("SET x.y = :a", [1], None, PATH), ("SET m[0] = :a", [1], None, PATH),
    ("SET l[9].x = :a", [1], None, PATH), ("REMOVE x.y", [], None, PATH), ("REMOVE s[0]", [], None, PATH), ("ADD x.y :a", [1], None, PATH),
    ("SET x = :a + :b", [D("9E+125"), D("9E+125")], None, OVERFLOW),
    # AWS's own words for a sum of more than 38 digits.
    ("SET x = :a + :b", [D("1E+50"), 1], None, OVERFLOW),
    ("SET x = :a", ["x" * 409_600], None, "Item size to update has exceeded the maximum allowed size"),
    ("SET " + ".".join(["m"] * 33) + " = :a", [1], None, INVALID + "The document path has too many nesting levels; nesting levels: 33"),
]


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case[0][:40])
def test_refused_in_awss_words_with_nothing_changed(table, case):
    expression, values, names, message = case
    values = dict(zip((":a", ":b", ":c"), values)) or None
    assert outcome(table, ITEM, expression, values, names, ReturnValues="ALL_NEW") == (message, ITEM)


@pytest.mark.parametrize("kind, words", [("SS", "An string set  may"), ("NS", "An number set  may"), ("BS", "Binary sets should")])
def test_an_empty_set_is_refused(table, kind, words):
    with pytest.raises(ClientError) as caught:
        # The resource would not say which kind of set an empty one is.
        boto3.client("dynamodb", endpoint_url=os.environ["AWS_ENDPOINT_URL"]).update_item(
            TableName=table.name, Key={"p": {"S": "a"}, "r": {"N": "1"}}, UpdateExpression="SET x = :a", ExpressionAttributeValues={":a": {kind: []}})
    assert caught.value.response["Error"]["Message"] == (
        f"ExpressionAttributeValues contains invalid value: One or more parameter values were invalid: {words} not be empty for key :a")


# Update, values, UPDATED_OLD, UPDATED_NEW.
UPDATED = [
    ("SET n = :a, x = :b", [7, 8], {"n": 5}, {"n": 7, "x": 8}), ("SET x = :a", [1], None, {"x": 1}), ("REMOVE n", [], {"n": 5}, None),
    ("SET n = n + :a", [1], {"n": 5}, {"n": 6}), ("SET m.k = :a", [2], {"m": {"k": 1}}, {"m": {"k": 2}}),
    ("SET m.deep.l[0] = :a", ["b"], {"m": {"deep": {"l": ["a"]}}}, {"m": {"deep": {"l": ["b"]}}}),
    ("SET l[2] = :a, l[0] = :b", [8, 9], {"l": [0, 2]}, {"l": [9, 8]}), ("SET l[9] = :a", [1], None, None),
    ("REMOVE l[1]", [], {"l": [1]}, {"l": [2]}), ("DELETE ss :a", [{"a", "b"}], {"ss": {"a", "b"}}, None), ("REMOVE x, l[9]", [], None, None),
]


@pytest.mark.parametrize("case", UPDATED, ids=lambda case: case[0])
def test_what_was_updated_is_returned_and_nothing_else(table, case):
    expression, values, old, new = case
    values = dict(zip((":a", ":b"), values)) or None
    assert outcome(table, ITEM, expression, values, None, ReturnValues="UPDATED_OLD")[0] == old
    assert outcome(table, ITEM, expression, values, None, ReturnValues="UPDATED_NEW")[0] == new


def test_without_an_expression_the_key_alone_is_there(table):
    assert outcome(table, None, None, None, None) == (None, KEY)
    assert outcome(table, ITEM, None, None, None, ReturnValues="ALL_NEW") == (ITEM, ITEM)
    assert outcome(table, None, None, None, None, ReturnValues="UPDATED_NEW") == (None, KEY)


def test_what_an_update_returns_has_a_name(table):
    assert outcome(table, ITEM, "SET n = :a", {":a": 1}, None, ReturnValues="ALL")[0] == (
        "1 validation error detected: Value 'ALL' at 'returnValues' failed to satisfy constraint: Member must satisfy enum value set: "
        "[ALL_NEW, UPDATED_OLD, ALL_OLD, NONE, UPDATED_NEW]")


WRITES = {
    "put": lambda table, **members: table.put_item(Item=KEY | {"n": 9}, **members),
    "update": lambda table, **members: table.update_item(Key=KEY, UpdateExpression="SET n = if_not_exists(n, n) + n", **members),
    "delete": lambda table, **members: table.delete_item(Key=KEY, **members)}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_a_condition_that_is_not_met_brings_the_item(table, write):
    condition = {"ConditionExpression": "n = :c", "ExpressionAttributeValues": {":c": 7}}
    for before, members, item in (
            (ITEM, {}, None), (ITEM, {"ReturnValuesOnConditionCheckFailure": "NONE"}, None), (None, {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}, None),
            (KEY | {"n": 6}, {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}, {"p": {"S": "a"}, "r": {"N": "1"}, "n": {"N": "6"}})):
        table.delete_item(Key=KEY)
        if before:
            table.put_item(Item=before)
        with pytest.raises(table.meta.client.exceptions.ConditionalCheckFailedException) as caught:
            write(table, **condition, **members)
        assert caught.value.response.get("Item") == item
        assert table.get_item(Key=KEY).get("Item") == before


def test_updates_side_by_side_are_one_after_the_other(table):
    table.delete_item(Key=KEY)
    plain = boto3.client("dynamodb", endpoint_url=os.environ["AWS_ENDPOINT_URL"], config=Config(max_pool_connections=16))

    def add(_):
        return int(plain.update_item(
            TableName=table.name, Key={"p": {"S": "a"}, "r": {"N": "1"}}, UpdateExpression="ADD n :one SET l = list_append(if_not_exists(l, :none), :some)",
            ExpressionAttributeValues={":one": {"N": "1"}, ":none": {"L": []}, ":some": {"L": [{"NULL": True}]}},
            ReturnValues="UPDATED_NEW")["Attributes"]["n"]["N"])

    with concurrent.futures.ThreadPoolExecutor(16) as threads:
        counts = list(threads.map(add, range(400)))
    assert sorted(counts) == list(range(1, 401))
    item = table.get_item(Key=KEY)["Item"]
    assert item["n"] == 400 and len(item["l"]) == 400
