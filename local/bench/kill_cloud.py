#!/usr/bin/env python3
"""Kills the local cloud (kill -9) again and again while boto3 writes to four of its services, and starts it anew on the same folder.

Usage: BUILD=.build/release TOOLS=.build/tools .build/tools/clients/bin/python local/bench/kill_cloud.py [KILLS]
The default is 100 kills. It ends with 0 where, after each kill, the cloud starts as if nothing had happened and every write that it had
acknowledged is there; and at the end, none is there twice.

A write without an answer may have been done or not. No write is repeated, neither here nor by boto3, so that what is there twice was written
twice by the cloud. Power that fails is another matter: kill -9 leaves to the system what was handed to it.
"""

import collections
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import threading
import time

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from functions import children

BUILD = pathlib.Path(os.environ["BUILD"]).resolve()
# Longer than any answer takes on a machine that is busy.
PATIENCE = 120
TABLE, QUEUE, JOBS, DATABASE, PARAMETER = "kill-items", "kill-messages", "kill-jobs", "kill-database", "/kill/parameter"
WRITERS = 2
# Seconds of load before a kill.
SPAN = (0.02, 0.5)


class Cloud:
    """A local cloud on a folder; `errors` gets what it says on its standard error."""

    def __init__(self, folder, temporary, errors):
        environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        self.errors = errors
        self.process = subprocess.Popen(
            [BUILD / "local-cloud", "--port", "0", "--data", folder], stdout=subprocess.PIPE, stderr=errors, text=True,
            env=environment | {"TMPDIR": str(temporary)})
        self.address = self.process.stdout.readline().strip()
        for line in self.process.stdout:
            if line == "ready\n":
                break
        else:
            self.process.wait(timeout=PATIENCE)
            raise AssertionError(f"the cloud did not start: {pathlib.Path(errors.name).read_text()}")

    def client(self, service, session=None):
        """A session has read a service's description once, which takes longer than many calls."""
        config = Config(
            retries={"total_max_attempts": 1}, connect_timeout=PATIENCE, read_timeout=PATIENCE, max_pool_connections=16,
            endpoint_discovery_enabled=False)
        return (session or boto3.session.Session()).client(
            service, endpoint_url=self.address, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test", config=config)

    def kill(self):
        """Ends it without a word; the functions that it runs find that out, and end."""
        started = [pid for name in ("APIFunction", "FetchFunction", "QueueFunction", "WriteFunction") for pid in children(self.process.pid, BUILD / name)]
        self.process.kill()
        self.process.wait(timeout=PATIENCE)
        self.process.stdout.close()
        end = time.monotonic() + PATIENCE
        while any(is_function(pid) for pid in started):
            assert time.monotonic() < end, "a function outlived its cloud"
            time.sleep(0.02)

    def stop(self):
        self.process.terminate()
        status = self.process.wait(timeout=PATIENCE)
        self.process.stdout.close()
        assert status == 0, f"the cloud ended with status {status}"


def is_function(pid):
    """True where a process is still one of the functions: numbers of processes come again."""
    try:
        return pathlib.Path(os.readlink(f"/proc/{pid}/exe")).parent == BUILD
    except OSError:
        return False


class Writer:
    """Writes with one client, one call after the other. `done` has what was acknowledged, `open` what had no answer."""

    service = ""

    def __init__(self, name):
        self.name, self.count, self.done, self.open, self.failures = name, 0, set(), set(), []
        self.session = boto3.session.Session()

    def run(self, cloud, is_over):
        """Until the cloud is gone."""
        client = cloud.client(self.service, self.session)
        while not is_over.is_set():
            numbers = range(self.count, self.count + self.width())
            self.count = numbers.stop
            try:
                self.write(client, numbers)
                self.done.update(numbers)
            except ClientError as error:
                # The cloud answered: none of these writes is to be refused.
                self.failures.append(f"{self.name} {numbers}: {error}")
                return
            except BotoCoreError:
                self.open.update(numbers)
                return

    def width(self):
        return 1

    def compare(self, found, what):
        """`found` may have a number more than once, which is one too many."""
        counts = collections.Counter(found)
        twice = [number for number, count in counts.items() if count > 1]
        missing = self.done - counts.keys()
        unknown = counts.keys() - self.done - self.open
        assert not missing, f"{self.name}: {len(missing)} acknowledged {what} are lost, such as {min(missing)} of {self.count}"
        assert not twice and not unknown, f"{self.name}: {what} that are there twice {twice[:5]}, or were never written {list(unknown)[:5]}"


class Items(Writer):
    """Items one by one, in batches and in transactions; each counts itself in an item that only adds."""

    service = "dynamodb"

    def __init__(self, name):
        super().__init__(name)
        # How often the counter was added to, and how often that may have been.
        self.added = self.maybe = 0

    def width(self):
        return random.choice((1, 1, 5, 25))

    def write(self, client, numbers):
        items = [{"writer": {"S": self.name}, "number": {"N": str(number)}, "load": {"S": "x" * (number * 37 % 3000)}} for number in numbers]
        if len(items) == 1:
            client.put_item(TableName=TABLE, Item=items[0])
            self.maybe += 1
            client.update_item(
                TableName=TABLE, Key={"writer": {"S": self.name + "-count"}, "number": {"N": "0"}}, UpdateExpression="ADD additions :one",
                ExpressionAttributeValues={":one": {"N": "1"}})
            self.added += 1
        elif len(items) == 5:
            client.transact_write_items(TransactItems=[{"Put": {"TableName": TABLE, "Item": item}} for item in items])
        else:
            answer = client.batch_write_item(RequestItems={TABLE: [{"PutRequest": {"Item": item}} for item in items]})
            assert answer["UnprocessedItems"] == {}

    def check(self, cloud, is_last):
        client = cloud.client(self.service, self.session)
        pages = client.get_paginator("query").paginate(
            TableName=TABLE, ConsistentRead=True, KeyConditionExpression="writer = :w", ProjectionExpression="#n, #l",
            ExpressionAttributeNames={"#n": "number", "#l": "load"}, ExpressionAttributeValues={":w": {"S": self.name}})
        found = []
        for page in pages:
            for item in page["Items"]:
                found.append(int(item["number"]["N"]))
                assert len(item["load"]["S"]) == found[-1] * 37 % 3000, f"{self.name}: item {found[-1]} is not as it was written"
        self.compare(found, "items")
        key = {"writer": {"S": self.name + "-count"}, "number": {"N": "0"}}
        counter = client.get_item(TableName=TABLE, Key=key, ConsistentRead=True).get("Item", {"additions": {"N": "0"}})
        total = int(counter["additions"]["N"])
        assert self.added <= total <= self.maybe, f"{self.name}: the counter is {total} after {self.added} to {self.maybe} additions"


class Messages(Writer):
    """Messages that stay in their queue to the end."""

    service = "sqs"

    def __init__(self, name):
        super().__init__(name)
        self.queue = None

    def width(self):
        return random.choice((1, 10))

    def write(self, client, numbers):
        if len(numbers) == 1:
            client.send_message(QueueUrl=self.url(client, QUEUE), MessageBody=str(numbers[0]))
        else:
            answer = client.send_message_batch(
                QueueUrl=self.url(client, QUEUE), Entries=[{"Id": str(number), "MessageBody": str(number)} for number in numbers])
            assert len(answer["Successful"]) == len(numbers)

    @staticmethod
    def url(client, name):
        return client.get_queue_url(QueueName=name)["QueueUrl"]

    def check(self, cloud, is_last):
        client = cloud.client(self.service, self.session)
        if is_last:
            return self.compare(map(int, drain(client, self.url(client, QUEUE))), "messages")
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        attributes = client.get_queue_attributes(QueueUrl=self.url(client, QUEUE), AttributeNames=names)["Attributes"]
        count = sum(int(attributes[name]) for name in names)
        most = len(self.done) + len(self.open)
        assert len(self.done) <= count <= most, f"{self.name}: {count} messages are there of {len(self.done)} to {most}"


class Jobs(Messages):
    """Messages that are sent, received and deleted: those whose deletion was acknowledged never come again."""

    def __init__(self, name):
        super().__init__(name)
        self.deleted, self.maybe_deleted = set(), set()

    def width(self):
        return 1

    def write(self, client, numbers):
        url = self.url(client, JOBS)
        client.send_message(QueueUrl=url, MessageBody=str(numbers[0]))
        self.done.update(numbers)
        for message in client.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
            number = int(message["Body"])
            assert number not in self.deleted, f"{self.name}: message {number} came again after it was deleted"
            self.maybe_deleted.add(number)
            client.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            self.deleted.add(number)

    def check(self, cloud, is_last):
        if not is_last:
            return
        client = cloud.client(self.service, self.session)
        found = list(map(int, drain(client, self.url(client, JOBS))))
        again = self.deleted & set(found)
        assert not again, f"{self.name}: {len(again)} deleted messages are there"
        self.done -= self.maybe_deleted
        self.open |= self.maybe_deleted - self.deleted
        self.compare(found, "jobs")


class Records(Writer):
    """Rows of Timestream, a millisecond each."""

    service = "timestream-write"

    def __init__(self, name):
        super().__init__(name)
        self.start = int(time.time() * 1000) - 3_600_000

    def width(self):
        return random.choice((1, 20, 100))

    def write(self, client, numbers):
        records = [{"Time": str(self.start + number), "MeasureValue": str(number)} for number in numbers]
        common = {"Dimensions": [{"Name": "writer", "Value": self.name}], "MeasureName": "number", "MeasureValueType": "BIGINT"}
        client.write_records(DatabaseName=DATABASE, TableName=TABLE, CommonAttributes=common, Records=records)

    def check(self, cloud, is_last):
        query = f"SELECT measure_value::bigint AS number, to_milliseconds(time) AS at FROM \"{DATABASE}\".\"{TABLE}\" WHERE writer = '{self.name}'"
        found = []
        for page in cloud.client("timestream-query", self.session).get_paginator("query").paginate(QueryString=query):
            for row in page["Rows"]:
                number, at = (int(cell["ScalarValue"]) for cell in row["Data"])
                assert at == self.start + number
                found.append(number)
        self.compare(found, "records")


class Parameters(Writer):
    """Values of one parameter, each of which is its number."""

    service = "ssm"

    def __init__(self, name):
        super().__init__(name)
        self.least = 0

    def write(self, client, numbers):
        answer = client.put_parameter(Name=PARAMETER, Value=str(numbers[0]), Type="String", Overwrite=True)
        assert answer["Version"] > self.least, f"{self.name}: version {answer['Version']} came after {self.least}"
        self.least = answer["Version"]

    def check(self, cloud, is_last):
        if not self.done:
            return
        parameter = cloud.client(self.service, self.session).get_parameter(Name=PARAMETER)["Parameter"]
        value, version = int(parameter["Value"]), parameter["Version"]
        newest = max(self.done)
        assert value == newest or value > newest and value in self.open, f"{self.name}: {value} is the value after {newest} was acknowledged"
        assert len(self.done) <= version <= len(self.done) + len(self.open), f"{self.name}: version {version} after {len(self.done)} writes"


def drain(client, queue):
    """The bodies of all messages; they are left unseen for longer than this takes."""
    found, empty = [], 0
    while empty < 3:
        messages = client.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, VisibilityTimeout=3600).get("Messages", [])
        empty = 0 if messages else empty + 1
        found += [message["Body"] for message in messages]
    return found


def prepare(cloud):
    cloud.client("dynamodb").create_table(
        TableName=TABLE, BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "writer", "AttributeType": "S"}, {"AttributeName": "number", "AttributeType": "N"}],
        KeySchema=[{"AttributeName": "writer", "KeyType": "HASH"}, {"AttributeName": "number", "KeyType": "RANGE"}])
    # What a killed cloud had received is seen again at once.
    for name, seconds in ((QUEUE, "3600"), (JOBS, "0")):
        cloud.client("sqs").create_queue(QueueName=name, Attributes={"VisibilityTimeout": seconds})
    cloud.client("timestream-write").create_database(DatabaseName=DATABASE)
    cloud.client("timestream-write").create_table(
        DatabaseName=DATABASE, TableName=TABLE, RetentionProperties={"MemoryStoreRetentionPeriodInHours": 24, "MagneticStoreRetentionPeriodInDays": 30})


def write_and_kill(cloud, writers):
    """Kills the cloud under load, at a moment that nobody chose; each writer ends with it."""
    is_over = threading.Event()
    failures = []

    def run(writer):
        try:
            writer.run(cloud, is_over)
        except Exception as error:
            failures.append(f"{writer.name}: {error!r}")

    before = sum(len(writer.done) for writer in writers)
    threads = [threading.Thread(target=run, args=(writer,)) for writer in writers]
    for thread in threads:
        thread.start()
    end = time.monotonic() + PATIENCE
    # Not before something was acknowledged, however busy the machine is.
    while sum(len(writer.done) for writer in writers) == before and not failures and time.monotonic() < end:
        time.sleep(0.005)
    time.sleep(random.uniform(*SPAN))
    cloud.kill()
    is_over.set()
    for thread in threads:
        thread.join(timeout=2 * PATIENCE)
    failures += [failure for writer in writers for failure in writer.failures]
    assert not failures, failures


def run(kills):
    """Gives a line of figures; fails where something is lost, there twice, or left behind."""
    writers = [Items(f"items-{number}") for number in range(WRITERS)] + [
        Messages("messages"), Jobs("jobs"), Records("records"), Parameters("parameter")]
    slowest = 0.0
    with tempfile.TemporaryDirectory() as home:
        home = pathlib.Path(home)
        temporary = home / "temporary"
        temporary.mkdir()
        began = time.monotonic()
        with open(home / "errors", "w") as errors:
            cloud = Cloud(home / "data", temporary, errors)
            try:
                prepare(cloud)
                usual = len(list(temporary.iterdir()))
                for kill in range(kills):
                    write_and_kill(cloud, writers)
                    start = time.monotonic()
                    cloud = Cloud(home / "data", temporary, errors)
                    slowest = max(slowest, time.monotonic() - start)
                    left = sorted(entry.name for entry in temporary.iterdir())
                    assert len(left) <= usual, f"the temporary folder has {left} after kill {kill + 1}"
                    for writer in writers:
                        writer.check(cloud, is_last=kill + 1 == kills)
            finally:
                if cloud.process.poll() is None:
                    cloud.stop()
        assert not list(temporary.iterdir()), f"the temporary folder has {list(temporary.iterdir())} after the end"
        said = (home / "errors").read_text()
        assert "damaged" not in said and "malformed" not in said, said
    acknowledged = collections.Counter()
    for writer in writers:
        acknowledged[writer.service] += len(writer.done)
    counts = ", ".join(f"{count:,} {service}" for service, count in sorted(acknowledged.items()))
    return (f"{kills} kills in {time.monotonic() - began:.0f} s: every acknowledged write is there, none twice ({counts}; "
            f"{sum(len(writer.open) for writer in writers):,} without an answer); slowest start {slowest * 1000:.0f} ms")


if __name__ == "__main__":
    print(run(int(sys.argv[1]) if len(sys.argv) > 1 else 100))
