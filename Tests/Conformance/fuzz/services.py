"""Requests of the other services: what is right, then mutated."""

import random as randomness
import time
import urllib.parse

from . import hostile

URL = "http://cloud/000000000000/fuzz"
DEAD = '{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:fuzz%s","maxReceiveCount":1}'
ATTRIBUTES = {"n": {"DataType": "Number", "StringValue": "5"}, "b": {"DataType": "Binary", "BinaryValue": "AAE="}, "s": {"DataType": "String.x", "StringValue": "é"}}


class Messages:
    """SQS and SSM."""

    def __init__(self, random):
        self.random, self.handles = random, ["x"]

    def learn(self, answer):
        for message in answer.get("Messages") or []:
            self.handles = self.handles[-50:] + [message["ReceiptHandle"]]

    def queue(self):
        random = self.random
        handle = {"QueueUrl": URL, "ReceiptHandle": random.choice(self.handles)}
        message = {"MessageBody": random.choice(hostile.TEXTS), "DelaySeconds": random.choice([0, 0, 1, 900]), "MessageAttributes": ATTRIBUTES}
        return random.choice([
            ("SendMessage", {"QueueUrl": URL} | message), ("SendMessageBatch", {"QueueUrl": URL, "Entries": [{"Id": str(n)} | message for n in range(random.choice([0, 1, 10, 11]))]}),
            ("ReceiveMessage", {"QueueUrl": URL, "MaxNumberOfMessages": 10, "VisibilityTimeout": random.choice([0, 0, 1, 30]), "WaitTimeSeconds": random.choice([0, 0, 1]),
                "MessageAttributeNames": ["All", ".*", "n.*"], "AttributeNames": ["All"]}),
            ("DeleteMessage", handle), ("ChangeMessageVisibility", handle | {"VisibilityTimeout": random.choice([0, 1, 43_200, 43_201])}),
            ("DeleteMessageBatch", {"QueueUrl": URL, "Entries": [{"Id": "a", "ReceiptHandle": handle["ReceiptHandle"]}, {"Id": "b", "ReceiptHandle": "é"}]}),
            ("ChangeMessageVisibilityBatch", {"QueueUrl": URL, "Entries": [{"Id": "a", "VisibilityTimeout": 0} | handle]}),
            ("SetQueueAttributes", {"QueueUrl": URL, "Attributes": random.choice([
                {"RedrivePolicy": DEAD % ""}, {"RedrivePolicy": DEAD % "-dead"}, {"RedrivePolicy": ""}, {"VisibilityTimeout": "0"}, {"MaximumMessageSize": "262144"}, {"Policy": "{}"}])}),
            ("SetQueueAttributes", {"QueueUrl": URL + "-dead", "Attributes": {"RedrivePolicy": DEAD % ""}}), ("GetQueueAttributes", {"QueueUrl": URL, "AttributeNames": ["All"]}),
            ("CreateQueue", {"QueueName": random.choice(["fuzz", "fuzz-dead", "other"]), "Attributes": {}}), ("ListQueues", {"QueueNamePrefix": "f", "MaxResults": random.choice([1, 1000])}),
            ("GetQueueUrl", {"QueueName": "fuzz"}), ("PurgeQueue", {"QueueUrl": URL}), ("DeleteQueue", {"QueueUrl": URL.replace("fuzz", "other")})])

    def parameter(self):
        random = self.random
        name = random.choice(["/fuzz/a", "/fuzz/b", "fuzz", "/fuzz/a:1", "arn:aws:ssm:us-east-1:000000000000:parameter/fuzz"] + hostile.TEXTS)
        return random.choice([
            ("PutParameter", {"Name": name, "Value": random.choice(hostile.TEXTS), "Type": random.choice(["String", "SecureString", "StringList"]), "Overwrite": True}),
            ("GetParameter", {"Name": name, "WithDecryption": True}), ("GetParameters", {"Names": [name, name, "/fuzz/b"]}), ("DeleteParameter", {"Name": name}),
            ("GetParametersByPath", {"Path": random.choice(["/", "/fuzz"]), "Recursive": True, "MaxResults": 1}), ("DeleteParameters", {"Names": [name]})])


class Timestream:
    def __init__(self, random, queries):
        self.random, self.queries, self.tokens = random, queries, ["x"]

    def learn(self, answer):
        if answer.get("NextToken"):
            self.tokens = self.tokens[-20:] + [answer["NextToken"]]

    def query(self):
        random, text = self.random, self.queries.query()
        kind = random.random()
        if kind < 0.7:
            more = random.choice([{}, {}, {"MaxRows": random.choice([1, 1000, 0])}, {"NextToken": random.choice(self.tokens)}, {"ClientToken": "x" * 32}, {"QueryInsights": {"Mode": "ENABLED_WITH_RATE_CONTROL"}}])
            return "Query", {"QueryString": text} | more
        if kind < 0.85:
            return "PrepareQuery", {"QueryString": text, "ValidateOnly": random.random() < 0.5}
        if kind < 0.9:
            return "CancelQuery", {"QueryId": random.choice(self.tokens)}
        return "CreateScheduledQuery", {
            "Name": f"fuzz{random.randrange(9)}", "QueryString": text, "ScheduleConfiguration": {"ScheduleExpression": random.choice(["rate(1 hour)", "cron(0 0 1 1 ? 2199)", "rate(0 days)", "cron(* * * * ? *)"])},
            "NotificationConfiguration": {"SnsConfiguration": {"TopicArn": "arn:aws:sns:us-east-1:000000000000:t"}}, "ScheduledQueryExecutionRoleArn": "arn:aws:iam::000000000000:role/r",
            "ErrorReportConfiguration": {"S3Configuration": {"BucketName": "b"}}}

    def write(self):
        random = self.random
        record = {
            "Dimensions": [{"Name": "id", "Value": random.choice(["a", "é", "e\u0301"])}], "MeasureName": "m", "MeasureValue": random.choice(["1", "1e400", "NaN", "-0", "9" * 40]), "MeasureValueType": "DOUBLE",
            "Time": random.choice([str(int(time.time() * 1000)), "0", "-1", str(2**63 - 1)]), "TimeUnit": random.choice(["MILLISECONDS", "SECONDS", "NANOSECONDS"]), "Version": random.choice([1, 2**63 - 1])}
        place = {"DatabaseName": "fuzz", "TableName": "fuzz"}
        return random.choice([
            ("WriteRecords", place | {"Records": [record] * random.choice([1, 2, 100, 101]), "CommonAttributes": random.choice([{}, {"Version": 5}, record])}),
            ("CreateTable", place | {"TableName": random.choice(["fuzz", "other", "é"])}), ("DescribeTable", place), ("ListTables", {"MaxResults": random.choice([1, 20, 0]), "NextToken": "x"}),
            ("UpdateTable", place | {"RetentionProperties": {"MemoryStoreRetentionPeriodInHours": 8766, "MagneticStoreRetentionPeriodInDays": 73_000}}), ("DescribeDatabase", {"DatabaseName": "fuzz"}),
            ("CreateDatabase", {"DatabaseName": random.choice(["other", "fuzz", "x" * 257])}), ("ListScheduledQueries", {"MaxResults": 1}), ("DescribeEndpoints", {}), ("DescribeAccountSettings", {})])


def path(random: randomness.Random):
    """A path of the sample source, the gateway, or nobody's."""
    number = lambda: random.choice(hostile.NUMBERS + ["", "x", "now", "now-1h", "now%2B10m", "1e3"])  # noqa: E731
    part = lambda: urllib.parse.quote(random.choice(hostile.TEXTS).encode("utf-8", "replace"), safe=random.choice(["", "%/"]))[:3000]  # noqa: E731
    return random.choice([
        lambda: f"/sample/v1/sun?from={number()}&to={number()}", lambda: f"/sample/v1/sun?place={number()},{number()}&from={number()}&to={number()}&step={number()}", lambda: "/sample/v1/sun?" + part(),
        lambda: f"/prod/v1/series/{part()}?from={number()}&to={number()}&limit={number()}", lambda: f"/prod/{part()}", lambda: f"/{part()}/{part()}", lambda: "/prod/health", lambda: "/prod/v1/series/a?" + part(),
        lambda: f"/runtime/{part()}/2018-06-01/runtime/invocation/next", lambda: f"/runtime/{part()}/2018-06-01/runtime/invocation/{part()}/response", lambda: "/runtime/x/2018-06-01/runtime/init/error",
        lambda: f"/2015-03-31/functions/{part()}/invocations", lambda: "/" + "a/" * 5000, lambda: "//", lambda: "/%", lambda: "/%zz%00?%=%&&&=", lambda: "/?x-amz-algorithm=" + part()])()
