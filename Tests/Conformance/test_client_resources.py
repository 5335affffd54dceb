"""boto3's resources: tables, queues and messages as objects, as most programs in Python use them."""

import decimal
import threading

import boto3
import pytest
from boto3.dynamodb.conditions import Attr, Key
from botocore.exceptions import ClientError

from conftest import wait_until


@pytest.fixture
def resource(client):
    return lambda service: boto3.resource(service)


@pytest.fixture
def orders(resource):
    dynamodb = resource("dynamodb")
    table = dynamodb.create_table(
        TableName="orders", BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": kind} for name, kind in (("customer", "S"), ("number", "N"), ("state", "S"), ("placed", "S"))],
        KeySchema=[{"AttributeName": "customer", "KeyType": "HASH"}, {"AttributeName": "number", "KeyType": "RANGE"}],
        GlobalSecondaryIndexes=[{
            "IndexName": "by-state", "Projection": {"ProjectionType": "ALL"},
            "KeySchema": [{"AttributeName": "state", "KeyType": "HASH"}, {"AttributeName": "placed", "KeyType": "RANGE"}]}],
        Tags=[{"Key": "team", "Value": "shop"}])
    table.wait_until_exists()
    # What the answer of its making said is kept until then.
    assert table.table_status == "CREATING"
    table.reload()
    yield table
    table.delete()
    table.wait_until_not_exists()
    with pytest.raises(table.meta.client.exceptions.ResourceNotFoundException):
        table.reload()


def order(customer, number, **more):
    return {"customer": customer, "number": number, "state": "open", "placed": "2024-01-%02d" % number, "total": decimal.Decimal("9.90")} | more


def test_a_table_knows_itself(resource, orders):
    assert (orders.table_status, orders.item_count, orders.billing_mode_summary["BillingMode"]) == ("ACTIVE", 0, "PAY_PER_REQUEST")
    assert [part["AttributeName"] for part in orders.key_schema] == ["customer", "number"]
    assert [index["IndexName"] for index in orders.global_secondary_indexes] == ["by-state"]
    assert orders.table_arn.endswith(":table/orders") and orders.creation_date_time.tzinfo is not None
    dynamodb = resource("dynamodb")
    assert orders in list(dynamodb.tables.all()) and orders in list(dynamodb.tables.limit(100))
    assert orders.meta.client.list_tags_of_resource(ResourceArn=orders.table_arn)["Tags"] == [{"Key": "team", "Value": "shop"}]


def test_a_batch_writer_sends_any_number_of_items(orders):
    with orders.batch_writer(overwrite_by_pkeys=["customer", "number"]) as batch:
        for number in range(1, 61):
            batch.put_item(order("anna", number, note="first"))
            batch.put_item(order("anna", number, note="x" * 1000))
        batch.delete_item(Key={"customer": "anna", "number": 60})
    found = orders.query(KeyConditionExpression=Key("customer").eq("anna"))
    assert [item["number"] for item in found["Items"]] == list(range(1, 60)) and {len(item["note"]) for item in found["Items"]} == {1000}
    with pytest.raises(ClientError, match="Provided list of item keys contains duplicates"):
        with orders.batch_writer() as batch:
            batch.put_item(order("anna", 1))
            batch.put_item(order("anna", 1))


CONDITIONS = [
    (Attr("state").eq("open"), [1, 3]), (Attr("state").ne("open"), [2]), (Attr("total").lt(5), [3]), (Attr("total").lte(decimal.Decimal("9.90")), [1, 3]),
    (Attr("total").gt(10), [2]), (Attr("total").gte(decimal.Decimal("9.9")), [1, 2]), (Attr("total").between(3, 12), [1, 2, 3]),
    (Attr("state").is_in(["paid", "gone"]), [2]), (Attr("note").exists(), [2]), (Attr("note").not_exists(), [1, 3]),
    (Attr("note").begins_with("gift"), [2]), (Attr("note").contains("wrap"), [2]), (Attr("items").contains("tea"), [1]),
    (Attr("items").size().gt(1), [1]), (Attr("address").attribute_type("M"), [1]), (Attr("address.city").eq("Bonn"), [1]),
    (Attr("lines[1].sku").eq("b"), [1]), (~Attr("state").eq("open"), [2]), (Attr("state").eq("open") & Attr("total").gt(5), [1]),
    (Attr("state").eq("paid") | Attr("total").lt(5), [2, 3]), (~(Attr("state").eq("paid") | Attr("total").lt(5)) & Attr("lines").exists(), [1]),
]


def test_conditions_filter(orders):
    orders.put_item(Item=order("otto", 1, items={"tea", "cup"}, address={"city": "Bonn"}, lines=[{"sku": "a"}, {"sku": "b"}]))
    orders.put_item(Item=order("otto", 2, state="paid", total=12, note="gift wrapped"))
    orders.put_item(Item=order("otto", 3, total=3, items={"milk"}))
    for condition, numbers in CONDITIONS:
        found = orders.query(KeyConditionExpression=Key("customer").eq("otto"), FilterExpression=condition)
        assert [item["number"] for item in found["Items"]] == numbers, condition.get_expression()
    for condition, numbers in (
            (Key("number").lt(2), [1]), (Key("number").lte(2), [1, 2]), (Key("number").gt(2), [3]), (Key("number").gte(2), [2, 3]),
            (Key("number").between(2, 9), [2, 3]), (Key("number").eq(3), [3])):
        assert [item["number"] for item in orders.query(KeyConditionExpression=Key("customer").eq("otto") & condition)["Items"]] == numbers
    placed = orders.query(
        IndexName="by-state", KeyConditionExpression=Key("state").eq("open") & Key("placed").begins_with("2024-01"), ScanIndexForward=False,
        ProjectionExpression="#n, address.city", ExpressionAttributeNames={"#n": "number"})
    assert placed["Items"] == [{"number": 3}, {"number": 1, "address": {"city": "Bonn"}}]
    paid = orders.scan(FilterExpression=Attr("state").eq("paid"), Select="COUNT")
    assert (paid["Count"], paid["ScannedCount"]) == (1, 3)


def test_an_order_is_paid_once(orders):
    orders.put_item(Item=order("once", 1), ConditionExpression=Attr("customer").not_exists())
    with pytest.raises(orders.meta.client.exceptions.ConditionalCheckFailedException):
        orders.put_item(Item=order("once", 1), ConditionExpression=Attr("customer").not_exists())
    outcomes = []

    def pay(payer):
        # A session is not to be shared by threads.
        table = boto3.session.Session().resource("dynamodb").Table("orders")
        try:
            table.update_item(
                Key={"customer": "once", "number": 1}, UpdateExpression="SET #s = :paid, payer = :payer ADD tries :one",
                ConditionExpression=Attr("state").eq("open"), ExpressionAttributeNames={"#s": "state"},
                ExpressionAttributeValues={":paid": "paid", ":payer": payer, ":one": 1})
            outcomes.append(payer)
        except ClientError as error:
            assert error.response["Error"]["Code"] == "ConditionalCheckFailedException"
    payers = [threading.Thread(target=pay, args=[number]) for number in range(6)]
    for thread in payers:
        thread.start()
    for thread in payers:
        thread.join()
    assert len(outcomes) == 1
    item = orders.get_item(Key={"customer": "once", "number": 1}, ConsistentRead=True)["Item"]
    assert (item["state"], item["payer"], item["tries"]) == ("paid", outcomes[0], 1)
    gone = orders.delete_item(Key={"customer": "once", "number": 1}, ReturnValues="ALL_OLD")
    assert gone["Attributes"] == item


def test_a_transaction_moves_what_two_items_share(orders):
    for number, total in ((1, 10), (2, 0)):
        orders.put_item(Item=order("moves", number, total=total))
    # The resource's client takes and gives Python's values, too.
    move = lambda amount: orders.meta.client.transact_write_items(TransactItems=[{"Update": {
        "TableName": "orders", "Key": {"customer": "moves", "number": number}, "UpdateExpression": "SET #t = #t + :by",
        "ConditionExpression": "#t >= :least", "ExpressionAttributeNames": {"#t": "total"}, "ExpressionAttributeValues": {":by": by, ":least": least}}}
        for number, by, least in ((1, -amount, amount), (2, amount, 0))])
    move(7)
    with pytest.raises(orders.meta.client.exceptions.TransactionCanceledException) as caught:
        move(7)
    assert [reason["Code"] for reason in caught.value.response["CancellationReasons"]] == ["ConditionalCheckFailed", "None"]
    read = orders.meta.client.transact_get_items(TransactItems=[
        {"Get": {"TableName": "orders", "Key": {"customer": "moves", "number": number}, "ProjectionExpression": "#t", "ExpressionAttributeNames": {"#t": "total"}}} for number in (1, 2, 3)])
    assert read["Responses"] == [{"Item": {"total": 3}}, {"Item": {"total": 7}}, {}]


@pytest.fixture
def queue(resource):
    made = resource("sqs").create_queue(QueueName="jobs", Attributes={"VisibilityTimeout": "30", "ReceiveMessageWaitTimeSeconds": "1"}, tags={"team": "shop"})
    yield made
    made.delete()


def test_a_queue_and_its_messages(resource, queue):
    sqs = resource("sqs")
    assert queue == sqs.get_queue_by_name(QueueName="jobs") and queue in list(sqs.queues.filter(QueueNamePrefix="job"))
    assert queue.attributes["QueueArn"].endswith(":jobs") and queue.attributes["VisibilityTimeout"] == "30"
    sent = queue.send_message(MessageBody="pack", MessageAttributes={"order": {"DataType": "Number", "StringValue": "7"}})
    message, = queue.receive_messages(AttributeNames=["All"], MessageAttributeNames=["order"], WaitTimeSeconds=5)
    assert (message.body, message.message_id, message.message_attributes["order"]["StringValue"]) == ("pack", sent["MessageId"], "7")
    assert (message.attributes["ApproximateReceiveCount"], message.queue_url) == ("1", queue.url)
    message.change_visibility(VisibilityTimeout=0)
    again, = queue.receive_messages(AttributeNames=["ApproximateReceiveCount"], WaitTimeSeconds=5)
    assert (again.body, again.attributes["ApproximateReceiveCount"], again.message_attributes) == ("pack", "2", None)
    again.delete()
    assert queue.receive_messages(WaitTimeSeconds=0) == []
    queue.set_attributes(Attributes={"VisibilityTimeout": "5"})
    assert queue.attributes["VisibilityTimeout"] == "5"


def test_batches_of_messages(queue):
    answer = queue.send_messages(Entries=[{"Id": str(number), "MessageBody": f"job {number}", "DelaySeconds": 0} for number in range(10)])
    assert [entry["Id"] for entry in answer["Successful"]] == [str(number) for number in range(10)] and "Failed" not in answer
    taken = {}

    def take():
        for message in queue.receive_messages(MaxNumberOfMessages=10, WaitTimeSeconds=1):
            taken[message.body] = message
        return len(taken) == 10
    wait_until(take)
    entries = [{"Id": str(number), "ReceiptHandle": message.receipt_handle} for number, message in enumerate(taken.values())]
    changed = queue.change_message_visibility_batch(Entries=[entry | {"VisibilityTimeout": 60} for entry in entries])
    assert len(changed["Successful"]) == 10
    deleted = queue.delete_messages(Entries=entries[:9] + [{"Id": "none", "ReceiptHandle": "none"}])
    assert len(deleted["Successful"]) == 9 and [(entry["Id"], entry["Code"]) for entry in deleted["Failed"]] == [("none", "ReceiptHandleIsInvalid")]
    queue.reload()
    assert queue.attributes["ApproximateNumberOfMessagesNotVisible"] == "1"
    queue.purge()
    wait_until(lambda: queue.reload() or queue.attributes["ApproximateNumberOfMessagesNotVisible"] == "0")


def test_a_message_that_nobody_can_work_goes_to_the_dead_letters(resource, queue):
    sqs = resource("sqs")
    dead = sqs.create_queue(QueueName="jobs-dead")
    queue.set_attributes(Attributes={"RedrivePolicy": '{"deadLetterTargetArn":"%s","maxReceiveCount":"2"}' % dead.attributes["QueueArn"]})
    assert [source.url for source in dead.dead_letter_source_queues.all()] == [queue.url]
    queue.send_message(MessageBody="broken")
    for _ in range(2):
        for message in queue.receive_messages(WaitTimeSeconds=5):
            message.change_visibility(VisibilityTimeout=0)
    assert queue.receive_messages(WaitTimeSeconds=0) == []
    message, = dead.receive_messages(WaitTimeSeconds=5, AttributeNames=["All"])
    assert message.body == "broken" and message.attributes["DeadLetterQueueSourceArn"] == queue.attributes["QueueArn"]
    dead.delete()
