"""Requests of the other services: what is right, then mutated."""

import json
import random as randomness
import time
import urllib.parse

from . import hostile

URL = "http://cloud/000000000000/fuzz"
ARN = "arn:aws:sqs:us-east-1:000000000000:"
TABLE = "arn:aws:dynamodb:us-east-1:000000000000:table/"
DEAD = '{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:fuzz%s","maxReceiveCount":1}'
ATTRIBUTES = {"n": {"DataType": "Number", "StringValue": "5"}, "b": {"DataType": "Binary", "BinaryValue": "AAE="}, "s": {"DataType": "String.x", "StringValue": "é"}}


class Messages:
    """SQS and SSM."""

    def __init__(self, random):
        self.random, self.handles, self.tasks = random, ["x"], ["x"]

    def learn(self, answer):
        if answer.get("TaskHandle"):
            self.tasks = self.tasks[-20:] + [answer["TaskHandle"]]
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
            ("GetQueueUrl", {"QueueName": "fuzz"}), ("PurgeQueue", {"QueueUrl": URL}), ("DeleteQueue", {"QueueUrl": URL.replace("fuzz", "other")}),
            ("TagQueue", {"QueueUrl": URL, "Tags": {random.choice(hostile.TEXTS): random.choice(hostile.TEXTS) for _ in range(random.choice([0, 1, 51]))}}), ("ListQueueTags", {"QueueUrl": URL}),
            ("UntagQueue", {"QueueUrl": URL, "TagKeys": [random.choice(hostile.TEXTS)] * random.choice([0, 1, 51])}),
            ("ListDeadLetterSourceQueues", {"QueueUrl": URL + "-dead", "MaxResults": random.choice([1, 1000, 0])}),
            ("StartMessageMoveTask", {"SourceArn": ARN + random.choice(["fuzz", "fuzz-dead", "x"]), "DestinationArn": ARN + "fuzz", "MaxNumberOfMessagesPerSecond": random.choice([1, 500, 0])}),
            ("StartMessageMoveTask", {"SourceArn": ARN + "fuzz-dead"}), ("ListMessageMoveTasks", {"SourceArn": ARN + "fuzz-dead", "MaxResults": random.choice([1, 10, 11])}),
            ("CancelMessageMoveTask", {"TaskHandle": random.choice(self.tasks)})])

    def form(self):
        """A request of the query protocol, of SQS or STS: its body."""
        random = self.random
        if random.random() < 0.2:
            name, value, version = random.choice(["GetCallerIdentity", "AssumeRole", "x"]), {"RoleArn": "x"}, "2011-06-15"
        else:
            (name, value), version = self.queue(), "2012-11-05"
        if random.random() < 0.4:
            value = hostile.mutated(random, value)
        fields = [("Action", name), ("Version", random.choice([version, version, "x"])), *flat(value)]
        if random.random() < 0.1:
            fields += [(random.choice(hostile.TEXTS), random.choice(hostile.TEXTS))] * random.choice([1, 20_000])
        text = "&".join(f"{part(name)}={part(value)}" for name, value in fields)
        return ("sts" if version.startswith("2011") else "sqs"), text.encode() if random.random() < 0.9 else text.replace("%", random.choice(["%", "%%", "&", "="])).encode()

    def parameter(self):
        random = self.random
        name = random.choice(["/fuzz/a", "/fuzz/b", "fuzz", "/fuzz/a:1", "arn:aws:ssm:us-east-1:000000000000:parameter/fuzz"] + hostile.TEXTS)
        return random.choice([
            ("PutParameter", {"Name": name, "Value": random.choice(hostile.TEXTS), "Type": random.choice(["String", "SecureString", "StringList"]), "Overwrite": True}),
            ("GetParameter", {"Name": name, "WithDecryption": True}), ("GetParameters", {"Names": [name, name, "/fuzz/b"]}), ("DeleteParameter", {"Name": name}),
            ("GetParametersByPath", {"Path": random.choice(["/", "/fuzz"]), "Recursive": True, "MaxResults": 1, "ParameterFilters": [self.filter()]}), ("DeleteParameters", {"Names": [name]}),
            ("GetParameterHistory", {"Name": name, "MaxResults": random.choice([1, 50, 0]), "NextToken": random.choice(hostile.TEXTS)}), ("GetParameterHistory", {"Name": name, "WithDecryption": True}),
            ("LabelParameterVersion", {"Name": name, "Labels": [random.choice(hostile.TEXTS + ["one", "two"])] * random.choice([1, 11]), "ParameterVersion": random.choice([1, 2, 0, 2**63 - 1])}),
            ("UnlabelParameterVersion", {"Name": name, "Labels": [random.choice(["one", "two", ""])], "ParameterVersion": random.choice([1, 2])}),
            ("DescribeParameters", {"MaxResults": random.choice([1, 50]), "ParameterFilters": [self.filter()] * random.choice([0, 1, 6])}),
            ("AddTagsToResource", {"ResourceType": "Parameter", "ResourceId": name, "Tags": [{"Key": random.choice(hostile.TEXTS), "Value": "v"}] * random.choice([0, 1, 1001])}),
            ("ListTagsForResource", {"ResourceType": random.choice(["Parameter", "Document", "x"]), "ResourceId": name}),
            ("RemoveTagsFromResource", {"ResourceType": "Parameter", "ResourceId": name, "TagKeys": [random.choice(hostile.TEXTS)]})])

    def filter(self):
        random = self.random
        return {"Key": random.choice(["Name", "Type", "KeyId", "Path", "Label", "Tier", "DataType", "tag:x", "x"]), "Option": random.choice(["Equals", "BeginsWith", "Contains", "Recursive", "OneLevel", "x"]), "Values": [random.choice(hostile.TEXTS + ["/fuzz", "String"])]}


def part(value):
    """A name or a value of a form."""
    return urllib.parse.quote(str(value).encode("utf-8", "surrogatepass"), safe="")


def flat(value, name=""):
    """The fields of a form for a value, as SQS flattens it: lists by numbers, maps as lists of their entries."""
    inner = lambda key: f"{name}.{key}" if name else str(key)  # noqa: E731
    if isinstance(value, dict):
        for key, one in list(value.items())[:50]:
            yield from flat(one, inner(key))
    elif isinstance(value, list):
        for index, one in enumerate(value[:50]):
            yield from flat(one, inner(index + 1))
    else:
        yield name, "true" if value is True else "false" if value is False else value


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
        index = {
            "IndexName": random.choice(["by-a", "by-b"]), "KeySchema": [{"AttributeName": "a", "KeyType": "HASH"}],
            "Projection": random.choice([{"ProjectionType": "ALL"}, {"ProjectionType": "KEYS_ONLY"}, {"ProjectionType": "INCLUDE", "NonKeyAttributes": [random.choice(hostile.TEXTS)]}])}
        operations = [random.choice([
            {"Put": {"TableName": random.choice([name, "fuzz"]), "Item": key | {"sk": {"N": "1"}, "a": {"N": "1"}}}}, {"Delete": {"TableName": name, "Key": key}},
            {"Update": {"TableName": name, "Key": key, "UpdateExpression": "ADD a :n", "ExpressionAttributeValues": {":n": {"N": "1"}}}},
            {"ConditionCheck": {"TableName": name, "Key": key, "ConditionExpression": "attribute_exists(pk)"}}]) for _ in range(random.choice([1, 2, 100, 101]))]
        return random.choice([
            ("CreateTable", {"TableName": name, "BillingMode": "PAY_PER_REQUEST", "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}], "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}]}),
            ("DeleteTable", {"TableName": name}), ("DescribeTable", {"TableName": name}), ("DescribeTimeToLive", {"TableName": name}),
            ("UpdateTimeToLive", {"TableName": name, "TimeToLiveSpecification": {"AttributeName": random.choice(["a", "b"]), "Enabled": random.random() < 0.7}}),
            ("UpdateTable", {"TableName": name, "BillingMode": random.choice(["PAY_PER_REQUEST", "PROVISIONED"])}),
            ("UpdateTable", {"TableName": name, "AttributeDefinitions": [{"AttributeName": "a", "AttributeType": "N"}], "GlobalSecondaryIndexUpdates": [{"Create": index}] * random.choice([1, 2])}),
            ("UpdateTable", {"TableName": name, "GlobalSecondaryIndexUpdates": [{random.choice(["Delete", "Update"]): {"IndexName": index["IndexName"]}}]}),
            ("CreateTable", {"TableName": name, "BillingMode": "PAY_PER_REQUEST", "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}], "GlobalSecondaryIndexes": [index] * random.choice([1, 21]),
                "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}, {"AttributeName": "a", "AttributeType": "N"}], "Tags": [{"Key": "k", "Value": random.choice(hostile.TEXTS)}]}),
            ("Query", {"TableName": name, "IndexName": index["IndexName"], "KeyConditionExpression": "a = :n", "ExpressionAttributeValues": {":n": {"N": "1"}}, "Limit": random.choice([1, 5])}),
            ("Scan", {"TableName": name, "IndexName": index["IndexName"], "Select": random.choice(["COUNT", "ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES"]), "ExclusiveStartKey": key | {"a": {"N": "1"}}}),
            ("BatchGetItem", {"RequestItems": {name: {"Keys": [{"pk": {"S": str(n)}} for n in range(random.choice([1, 100, 101]))], "ProjectionExpression": random.choice(["a", "#x", "a.b[0]"])}}}),
            ("TagResource", {"ResourceArn": random.choice([TABLE + name, "x"]), "Tags": [{"Key": random.choice(hostile.TEXTS), "Value": "v"}] * random.choice([0, 1, 51])}),
            ("UntagResource", {"ResourceArn": TABLE + name, "TagKeys": [random.choice(hostile.TEXTS)]}), ("ListTagsOfResource", {"ResourceArn": TABLE + name, "NextToken": random.choice(hostile.TEXTS)}),
            ("ListTables", {"Limit": random.choice([1, 100, 0]), "ExclusiveStartTableName": name}), ("DescribeLimits", {}), ("DescribeEndpoints", {}),
            ("TransactWriteItems", {"TransactItems": operations, "ClientRequestToken": random.choice(["t", "v"])}), ("TransactWriteItems", {"TransactItems": operations}),
            ("TransactGetItems", {"TransactItems": [{"Get": {"TableName": name, "Key": key}}] * random.choice([1, 100, 101])}),
            ("BatchWriteItem", {"RequestItems": {name: [{"PutRequest": {"Item": {"pk": {"S": str(n)}, "a": {"N": str(int(time.time()) - n)}}}} for n in range(25)]}}), ("Scan", {"TableName": name, "Limit": 5})])


def functions(random: randomness.Random, names):
    """A method, a path and a body of Lambda's API, beside Invoke."""
    name = random.choice([*names, "nobody", "function:x", part(random.choice(hostile.TEXTS))[:300]])
    query = random.choice(["", "?MaxItems=" + random.choice(["1", "0", "x", "99999999999999999999"]), "?Marker=" + part(random.choice(hostile.TEXTS))[:300], "?EventSourceArn=" + part(ARN + "fuzz"), "?FunctionName=" + name, "?Qualifier=7"])
    mapping = hostile.mutated(random, {
        "Enabled": random.random() < 0.5, "BatchSize": random.choice([1, 10_000, 0]), "MaximumBatchingWindowInSeconds": random.choice([0, 300, 301]), "ScalingConfig": {"MaximumConcurrency": random.choice([2, 1])},
        "FunctionResponseTypes": ["ReportBatchItemFailures"]})
    base = "/2015-03-31"
    return random.choice([
        ("GET", f"{base}/functions{query}", b""), ("GET", f"{base}/functions/{name}{query}", b""), ("GET", f"{base}/functions/{name}/configuration{query}", b""),
        ("GET", f"{base}/event-source-mappings{query}", b""), ("GET", f"{base}/event-source-mappings/{name}", b""), ("PUT", f"{base}/event-source-mappings/{name}", json.dumps(mapping).encode()),
        ("DELETE", f"{base}/functions/{name}", b""), ("POST", f"{base}/functions", json.dumps(mapping).encode())])


def faults(random: randomness.Random):
    """A method and a body for the control of faults on purpose. None that would strike: a member that there is not comes last."""
    rule = {
        "fault": random.choice(["throttling", "server-error", "latency", "drop-before", "drop-after", "unprocessed", "failed-entries", "rejected-records", "function-error", "clock-skew", "x"]),
        random.choice(["probability", "first", "every", "share", "x"]): random.choice(hostile.NUMBERS), "milliseconds": random.choice([5, [1, 2], [2, 1], hostile.leaf(random)]),
        "service": random.choice(["dynamodb", "*", *hostile.TEXTS]), "operation": random.choice(["PutItem", "*", *hostile.TEXTS]), "seconds": random.choice(hostile.NUMBERS), "resource": random.choice(hostile.TEXTS)}
    kept = {name: value for name, value in rule.items() if name == "fault" or random.random() < 0.5}
    value = hostile.mutated(random, {"seed": random.choice(hostile.NUMBERS), "faults": [kept] * random.choice([0, 1, 100, 101])})
    return random.choice([("GET", b""), ("DELETE", b""), ("PUT", json.dumps(value | {"nobody": 1}).encode("utf-8", "replace")), ("PUT", random.choice(hostile.TEXTS).encode("utf-8", "replace")), ("POST", b"{}")])


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
