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
    ARN = "arn:aws:timestream:us-east-1:000000000000:"

    def __init__(self, random, queries):
        self.random, self.queries, self.tokens, self.scheduled = random, queries, ["x"], [self.ARN + "scheduled-query/x"]

    def learn(self, answer):
        if answer.get("NextToken"):
            self.tokens = self.tokens[-20:] + [answer["NextToken"]]
        if answer.get("Arn"):
            self.scheduled = self.scheduled[-20:] + [answer["Arn"]]

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

    def manage(self):
        """What makes, changes and deletes; now and then it is the table that all others use."""
        random = self.random
        place = {"DatabaseName": random.choice(["fuzz", "fuzz", "other"]), "TableName": random.choice(["other", "other", "third", "fuzz"] if random.random() < 0.2 else ["other", "third"])}
        arn = {"ResourceARN": self.ARN + random.choice(["database/fuzz", "database/fuzz/table/fuzz", "database/other/table/other", "database", "x"])}
        scheduled = {"ScheduledQueryArn": random.choice(self.scheduled)}
        record = {"Dimensions": [{"Name": "id", "Value": "a"}], "MeasureName": "m", "MeasureValue": "1", "Time": str(int(time.time() * 1000))}
        return random.choice([
            ("CreateTable", place), ("CreateTable", place | {"Schema": {"CompositePartitionKey": [{"Type": "DIMENSION", "Name": "id", "EnforcementInRecord": "REQUIRED"}]}}), ("DeleteTable", place),
            ("WriteRecords", place | {"Records": [record]}), ("DeleteDatabase", {"DatabaseName": place["DatabaseName"]}), ("CreateDatabase", {"DatabaseName": "other"}),
            ("UpdateDatabase", {"DatabaseName": "other", "KmsKeyId": random.choice(hostile.TEXTS)}), ("UpdateTable", place | {"MagneticStoreWriteProperties": {"EnableMagneticStoreWrites": random.random() < 0.5}}),
            ("TagResource", arn | {"Tags": [{"Key": random.choice(hostile.TEXTS), "Value": "v"}] * random.choice([0, 1, 201])}), ("UntagResource", arn | {"TagKeys": [random.choice(hostile.TEXTS)]}),
            ("ListTagsForResource", arn | {"MaxResults": random.choice([1, 200])}), ("UpdateAccountSettings", {"MaxQueryTCU": random.choice([4, 1000, 5, 0])}), ("DescribeScheduledQuery", scheduled),
            ("UpdateScheduledQuery", scheduled | {"State": random.choice(["ENABLED", "DISABLED", "x"])}), ("DeleteScheduledQuery", scheduled),
            ("ExecuteScheduledQuery", scheduled | {"InvocationTime": random.choice([0, time.time(), -1, 1e18])})])


class Tables:
    """DynamoDB's tables: made, filled in transactions and batches, changed and deleted."""

    def __init__(self, random):
        self.random = random

    def request(self):
        random = self.random
        name = random.choice(["other", "third"])
        key = {"pk": {"S": random.choice("abc")}}
        operations = [random.choice([
            {"Put": {"TableName": random.choice([name, "fuzz"]), "Item": key | {"sk": {"N": "1"}, "a": {"N": "1"}}}}, {"Delete": {"TableName": name, "Key": key}},
            {"Update": {"TableName": name, "Key": key, "UpdateExpression": "ADD a :n", "ExpressionAttributeValues": {":n": {"N": "1"}}}},
            {"ConditionCheck": {"TableName": name, "Key": key, "ConditionExpression": "attribute_exists(pk)"}}]) for _ in range(random.choice([1, 2, 100, 101]))]
        return random.choice([
            ("CreateTable", {"TableName": name, "BillingMode": "PAY_PER_REQUEST", "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}], "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}]}),
            ("DeleteTable", {"TableName": name}), ("DescribeTable", {"TableName": name}), ("DescribeTimeToLive", {"TableName": name}),
            ("UpdateTimeToLive", {"TableName": name, "TimeToLiveSpecification": {"AttributeName": random.choice(["a", "b"]), "Enabled": random.random() < 0.7}}),
            ("UpdateTable", {"TableName": name, "BillingMode": random.choice(["PAY_PER_REQUEST", "PROVISIONED"])}),
            ("TransactWriteItems", {"TransactItems": operations, "ClientRequestToken": random.choice(["t", "v"])}), ("TransactWriteItems", {"TransactItems": operations}),
            ("TransactGetItems", {"TransactItems": [{"Get": {"TableName": name, "Key": key}}] * random.choice([1, 100, 101])}),
            ("BatchWriteItem", {"RequestItems": {name: [{"PutRequest": {"Item": {"pk": {"S": str(n)}, "a": {"N": str(int(time.time()) - n)}}}} for n in range(25)]}}), ("Scan", {"TableName": name, "Limit": 5})])


def runtime(random: randomness.Random):
    """A method and a path of the Runtime API, as a process would use it that nobody started."""
    part = lambda: urllib.parse.quote(random.choice(hostile.TEXTS).encode("utf-8", "replace"), safe=random.choice(["", "%/"]))[:3000]  # noqa: E731
    base = f"/runtime/{random.choice(['x', part()])}/2018-06-01/runtime"
    return random.choice([
        ("GET", base + "/invocation/next"), ("POST", f"{base}/invocation/{part()}/response"), ("POST", f"{base}/invocation/x/error"), ("POST", base + "/init/error"), ("PUT", base + "/invocation/next"),
        ("GET", base + "/" + part()), ("POST", "/"), ("GET", "/2018-06-01/runtime/invocation/next"), ("GET", path(random))])


def path(random: randomness.Random):
    """A path of the sample source, the gateway, or nobody's."""
    number = lambda: random.choice(hostile.NUMBERS + ["", "x", "now", "now-1h", "now%2B10m", "1e3"])  # noqa: E731
    part = lambda: urllib.parse.quote(random.choice(hostile.TEXTS).encode("utf-8", "replace"), safe=random.choice(["", "%/"]))[:3000]  # noqa: E731
    return random.choice([
        lambda: f"/sample/v1/sun?from={number()}&to={number()}", lambda: f"/sample/v1/sun?place={number()},{number()}&from={number()}&to={number()}&step={number()}", lambda: "/sample/v1/sun?" + part(),
        lambda: f"/prod/v1/series/{part()}?from={number()}&to={number()}&limit={number()}", lambda: f"/prod/{part()}", lambda: f"/{part()}/{part()}", lambda: "/prod/health", lambda: "/prod/v1/series/a?" + part(),
        lambda: f"/runtime/{part()}/2018-06-01/runtime/invocation/next", lambda: f"/runtime/{part()}/2018-06-01/runtime/invocation/{part()}/response", lambda: "/runtime/x/2018-06-01/runtime/init/error",
        lambda: f"/2015-03-31/functions/{part()}/invocations", lambda: "/" + "a/" * 5000, lambda: "//", lambda: "/%", lambda: "/%zz%00?%=%&&&=", lambda: "/?x-amz-algorithm=" + part()])()
