"""aioboto3: every service on one event loop, many requests at once. Its botocore is older than the other clients', so it runs as a program of its own."""

import json
import subprocess

from conftest import TOOLS

PROGRAM = r'''
import asyncio, json, os, time
import aioboto3
from aiobotocore.config import AioConfig
from boto3.dynamodb.conditions import Attr, Key
from botocore.exceptions import ClientError

session = aioboto3.Session()
config = AioConfig(max_pool_connections=50)
told = {}
# The most requests at once.
many = asyncio.Semaphore(50)


async def gather(calls):
    async def one(call):
        async with many:
            return await call
    return await asyncio.gather(*(one(call) for call in calls))


async def table():
    async with session.resource("dynamodb", config=config) as dynamodb:
        table = await dynamodb.create_table(
            TableName="async", BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "p", "AttributeType": "S"}, {"AttributeName": "r", "AttributeType": "N"}],
            KeySchema=[{"AttributeName": "p", "KeyType": "HASH"}, {"AttributeName": "r", "KeyType": "RANGE"}])
        await table.wait_until_exists()
        async with table.batch_writer() as batch:
            for number in range(120):
                await batch.put_item(Item={"p": "items", "r": number, "v": "x" * 20_000})
        # Each adds one: none is lost.
        await gather(table.update_item(
            Key={"p": "count", "r": 0}, UpdateExpression="ADD n :one SET seen = list_append(if_not_exists(seen, :none), :this)",
            ExpressionAttributeValues={":one": 1, ":none": [], ":this": [number]}) for number in range(200))
        item = (await table.get_item(Key={"p": "count", "r": 0}, ConsistentRead=True))["Item"]
        told["count"] = [int(item["n"]), sorted(int(number) for number in item["seen"]) == list(range(200))]

        async def first(number):
            try:
                await table.put_item(Item={"p": "first", "r": 0, "by": number}, ConditionExpression=Attr("p").not_exists())
                return 1
            except ClientError as error:
                assert error.response["Error"]["Code"] == "ConditionalCheckFailedException"
                return 0
        told["first"] = sum(await gather(first(number) for number in range(40)))

    async with session.client("dynamodb", config=config) as client:
        pages = client.get_paginator("query").paginate(TableName="async", KeyConditionExpression="p = :p", ExpressionAttributeValues={":p": {"S": "items"}})
        sizes = [len(page["Items"]) async for page in pages]
        told["pages"] = [len(sizes), sum(sizes)]

        async def move(number):
            try:
                await client.transact_write_items(TransactItems=[
                    {"Update": {"TableName": "async", "Key": {"p": {"S": "moves"}, "r": {"N": str(row)}}, "UpdateExpression": "ADD n :by",
                                "ExpressionAttributeValues": {":by": {"N": str(by)}}}} for row, by in ((0, -1), (1, 1))])
                return 1
            except client.exceptions.TransactionCanceledException as error:
                assert {reason["Code"] for reason in error.response["CancellationReasons"]} <= {"None", "TransactionConflict"}
                return 0
        moved = sum(await gather(move(number) for number in range(40)))
        read = await client.transact_get_items(TransactItems=[{"Get": {"TableName": "async", "Key": {"p": {"S": "moves"}, "r": {"N": str(row)}}}} for row in (0, 1)])
        told["moved"] = moved > 0 and [int(answer["Item"]["n"]["N"]) for answer in read["Responses"]] == [-moved, moved]
        await client.delete_table(TableName="async")
        await client.get_waiter("table_not_exists").wait(TableName="async")


async def queue():
    async with session.client("sqs", config=config) as sqs:
        url = (await sqs.create_queue(QueueName="async", Attributes={"VisibilityTimeout": "600"}))["QueueUrl"]
        got = set()

        async def take():
            # Long polls wait beside all that others do.
            while len(got) < 300:
                answer = await sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=2)
                for message in answer.get("Messages", []):
                    assert message["Body"] not in got
                    got.add(message["Body"])
                if answer.get("Messages"):
                    entries = [{"Id": str(number), "ReceiptHandle": message["ReceiptHandle"]} for number, message in enumerate(answer["Messages"])]
                    assert "Failed" not in await sqs.delete_message_batch(QueueUrl=url, Entries=entries)
        takers = [asyncio.create_task(take()) for _ in range(10)]
        await gather(sqs.send_message_batch(
            QueueUrl=url, Entries=[{"Id": str(number), "MessageBody": f"{batch}-{number}"} for number in range(10)]) for batch in range(30))
        await asyncio.gather(*takers)
        told["messages"] = len(got)
        try:
            await sqs.send_message(QueueUrl=url + "-gone", MessageBody="x")
        except sqs.exceptions.QueueDoesNotExist as error:
            told["gone"] = error.response["Error"]["Code"]
        await sqs.delete_queue(QueueUrl=url)


async def parameters():
    async with session.client("ssm", config=config) as ssm:
        await gather(ssm.put_parameter(Name=f"/async/{number}", Value=str(number), Type="String") for number in range(30))
        found = [parameter["Value"] async for page in ssm.get_paginator("get_parameters_by_path").paginate(Path="/async") for parameter in page["Parameters"]]
        told["parameters"] = sorted(map(int, found)) == list(range(30))
        await gather(ssm.delete_parameters(Names=[f"/async/{number}" for number in range(start, start + 10)]) for start in range(0, 30, 10))


async def series():
    async with session.client("timestream-write", config=config) as write, session.client("timestream-query", config=config) as query:
        await write.create_database(DatabaseName="async")
        await write.create_table(DatabaseName="async", TableName="hosts")
        now = int(time.time() * 1000)
        await gather(write.write_records(
            DatabaseName="async", TableName="hosts", CommonAttributes={"MeasureName": "v", "MeasureValueType": "BIGINT", "Dimensions": [{"Name": "host", "Value": str(host)}]},
            Records=[{"Time": str(now - number), "MeasureValue": str(number)} for number in range(100)]) for host in range(20))
        counts = await gather(query.query(QueryString=f"SELECT count(*), max(measure_value::bigint) FROM async.hosts WHERE host = '{host}'") for host in range(20))
        told["counts"] = {tuple(cell["ScalarValue"] for cell in answer["Rows"][0]["Data"]) for answer in counts} == {("100", "99")}
        rows = 0
        async for page in query.get_paginator("query").paginate(QueryString="SELECT * FROM async.hosts", PaginationConfig={"PageSize": 600}):
            rows += len(page["Rows"])
        told["rows"] = rows
        await write.delete_table(DatabaseName="async", TableName="hosts")
        await write.delete_database(DatabaseName="async")


async def functions():
    async with session.client("lambda", config=config) as functions, session.client("sts", config=config) as sts:
        answers = await gather(functions.invoke(FunctionName=os.environ["FUNCTION"], Payload=b"{}") for _ in range(5))
        told["answers"] = [(await answer["Payload"].read() != b"", answer.get("FunctionError")) for answer in answers] == [(True, None)] * 5
        told["who"] = (await sts.get_caller_identity())["Account"]
        names = [function["FunctionName"] async for page in functions.get_paginator("list_functions").paginate() for function in page["Functions"]]
        told["listed"] = os.environ["FUNCTION"] in names


async def cancelled():
    """What nobody waits for any more keeps nobody else from working."""
    async with session.client("sqs", config=config) as sqs:
        url = (await sqs.create_queue(QueueName="async-cancelled", Attributes={"VisibilityTimeout": "1"}))["QueueUrl"]
        begun, all_begun = [], asyncio.Event()

        def begin(**_):
            begun.append(True)
            if len(begun) == 20:
                all_begun.set()
        sqs.meta.events.register("before-send.sqs.ReceiveMessage", begin, unique_id="begin")
        polls = [asyncio.create_task(sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)) for _ in range(20)]
        await all_begun.wait()
        sqs.meta.events.unregister("before-send.sqs.ReceiveMessage", unique_id="begin")
        for poll in polls:
            poll.cancel()
        await asyncio.gather(*polls, return_exceptions=True)
        await sqs.send_message(QueueUrl=url, MessageBody="left")
        answer = await sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)
        told["left"] = [message["Body"] for message in answer.get("Messages", [])]
        await sqs.delete_queue(QueueUrl=url)


async def main():
    await asyncio.gather(table(), queue(), parameters(), series(), functions(), cancelled())

asyncio.run(main())
print(json.dumps(told))
'''


def test_every_service_at_once(cloud):
    run = subprocess.run(
        [TOOLS / "async/bin/python", "-c", PROGRAM], env=cloud.environment | {"FUNCTION": cloud.outputs["QueueFunctionName"]}, capture_output=True, text=True, timeout=300)
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout) == {
        "count": [200, True], "first": 1, "pages": [3, 120], "moved": True, "messages": 300, "gone": "AWS.SimpleQueueService.NonExistentQueue", "parameters": True,
        "counts": True, "rows": 2000, "answers": True, "who": "000000000000", "listed": True, "left": ["left"]}
