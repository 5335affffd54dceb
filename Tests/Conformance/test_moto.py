"""The template, deployed with the AWS CLI to AWS as moto emulates it, and the packages at work there: proof against a server that
we did not write."""

import http.server
import json
import os
import pathlib
import re
import subprocess
import sys
import threading
import time

import boto3
import pytest
from moto.cloudformation.parsing import get_model_map
from moto.server import ThreadedMotoServer
from moto.timestreamquery.models import timestreamquery_backends
from moto.timestreamwrite.models import timestreamwrite_backends

import emulator
from conditions import settled
from conftest import CLIENT_ENVIRONMENT, PROJECT, TOOLS
from emulator import api_request

STACK = "cache"
KEY = "an-api-key-of-the-test-0123456789"
# What moto 5.2.1 creates through its services' own APIs alone.
UNKNOWN_TO_MOTO = {
    "AWS::Timestream::Database", "AWS::Timestream::Table", "AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy",
    "AWS::SNS::TopicPolicy", "AWS::SNS::Subscription", "AWS::CloudWatch::Alarm", "AWS::ApiGatewayV2::Api", "AWS::ApiGatewayV2::Stage",
    "AWS::Lambda::EventInvokeConfig", "AWS::IoT::TopicRule",
}


class Source(http.server.BaseHTTPRequestHandler):
    """Six rows: three before now, three after, with a key that must have come from SSM."""

    def do_GET(self):
        now = int(time.time() * 1000)
        rows = [{"time": now + step * 60_000, "value": step} for step in (-3, -2, -1, 1, 2, 3)]
        status = 200 if self.headers["x-key"] == "the-source-key" else 401
        body = json.dumps({"rows": rows}).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words):
        pass


@pytest.fixture(scope="module")
def source():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Source)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


@pytest.fixture(scope="module")
def moto():
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}"} | CLIENT_ENVIRONMENT
    yield environment
    server.stop()


@pytest.fixture(scope="module")
def client(moto):
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
    return lambda service: boto3.client(service, endpoint_url=moto["AWS_ENDPOINT_URL"], **keys)


def run(environment, *command):
    done = subprocess.run(command, env=environment, cwd=PROJECT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def aws(environment, *words):
    return run(environment, pathlib.Path(sys.executable).parent / "aws", *words)


@pytest.fixture(scope="module")
def template(moto, client, tmp_path_factory):
    """The template, packaged by the AWS CLI and expanded by AWS's translator."""
    folder = tmp_path_factory.mktemp("template")
    client("s3").create_bucket(Bucket="artifacts")
    packaged = folder / "packaged.yaml"
    aws(moto, "cloudformation", "package", "--template-file", "Infra/template.yaml", "--s3-bucket", "artifacts", "--output-template-file", packaged)
    # An item a row: moto's own client reads them below.
    return settled(json.loads(run(moto, TOOLS / "sam/bin/python", "Tests/expand-sam.py", packaged)), ForecastLayout="items", AlarmEmail="a@example.com")


def without(value, removed):
    """The value with references to what was removed replaced by its logical ID: moto refuses a template that names them."""
    if isinstance(value, dict):
        if set(value) == {"Ref"} and value["Ref"] in removed:
            return value["Ref"]
        if set(value) == {"Fn::GetAtt"} and value["Fn::GetAtt"][0] in removed:
            return value["Fn::GetAtt"][0]
        if set(value) == {"Fn::Sub"}:
            text, *own = value["Fn::Sub"] if isinstance(value["Fn::Sub"], list) else [value["Fn::Sub"]]
            for name in removed:
                text = re.sub(r"\$\{%s(\.\w+)?\}" % name, name, text)
            return {"Fn::Sub": [text, without(own[0], removed)] if own else text}
        return {name: without(part, removed) for name, part in value.items()}
    return [without(part, removed) for part in value] if isinstance(value, list) else value


@pytest.fixture(scope="module")
def deployed(moto, client, template, source, tmp_path_factory):
    rest = {name: resource for name, resource in template["Resources"].items() if resource["Type"] not in get_model_map()}
    known = without({name: resource for name, resource in template["Resources"].items() if name not in rest}, set(rest))
    for resource in known.values():
        # moto reads the tags of a parameter as a list, which they are everywhere but there.
        if resource["Type"] == "AWS::SSM::Parameter":
            resource["Properties"].pop("Tags")
    outputs = without(template["Outputs"], set(rest))
    text = json.dumps(template | {"Resources": known, "Outputs": outputs}, separators=(",", ":"))
    assert len(text) <= 51_200
    file = tmp_path_factory.mktemp("stack") / "template.json"
    file.write_text(text)
    sources = {"default": {
        "url": source + "/{identifier}", "headers": {"x-key": "{key}"}, "rows": "/rows", "time": {"at": "/time", "format": "milliseconds"},
        "measures": {"value": "/value"}}}
    # In a file, as Infra/deploy.sh gives them.
    overrides = file.with_name("overrides.json")
    overrides.write_text(json.dumps([f"ApiKey={KEY}", "SourceKey=the-source-key", "AlarmEmail=a@example.com", "ForecastLayout=items", f"Sources={json.dumps(sources)}"]))
    aws(moto, "cloudformation", "deploy", "--template-file", file, "--stack-name", STACK, "--capabilities", "CAPABILITY_IAM",
        "--parameter-overrides", f"file://{overrides}")
    yield known, rest


def test_every_type_that_moto_knows_is_created(client, deployed):
    known, rest = deployed
    print("unknown to moto's CloudFormation:", *sorted(f"{name} ({resource['Type']})" for name, resource in rest.items()), sep="\n  ")
    assert {resource["Type"] for resource in rest.values()} == UNKNOWN_TO_MOTO
    resources = client("cloudformation").describe_stack_resources(StackName=STACK)["StackResources"]
    assert {resource["LogicalResourceId"]: resource["ResourceType"] for resource in resources} == {name: resource["Type"] for name, resource in known.items()}
    assert {resource["ResourceStatus"] for resource in resources} == {"CREATE_COMPLETE"}


class Rest:
    """What moto's CloudFormation does not know, with its references replaced by what moto has."""

    def __init__(self, template, rest, physical):
        self.parameters = {name: parameter.get("Default") for name, parameter in template["Parameters"].items()} | {"AlarmEmail": "a@example.com"}
        self.physical, self.rest = physical, rest
        self.pseudo = {"AWS::StackName": STACK, "AWS::Region": "us-east-1", "AWS::AccountId": "123456789012", "AWS::Partition": "aws"}

    def reference(self, name):
        for known in (self.parameters, self.pseudo, self.physical):
            if name in known:
                return known[name]
        return name

    def plain(self, value):
        if isinstance(value, dict):
            if set(value) == {"Ref"}:
                return self.reference(value["Ref"])
            if set(value) == {"Fn::GetAtt"}:
                name, attribute = value["Fn::GetAtt"]
                found = self.reference(name)
                if attribute == "QueueName":
                    return found.rsplit("/", 1)[1]
                return f"arn:aws:s3:::{found}" if name == "RejectedRecords" else f"arn:of:{found}"
            if set(value) == {"Fn::Join"}:
                separator, parts = value["Fn::Join"]
                return separator.join(self.plain(parts))
            if set(value) == {"Fn::Split"}:
                separator, text = value["Fn::Split"]
                return self.plain(text).split(separator)
            if set(value) == {"Fn::Sub"} and isinstance(value["Fn::Sub"], list):
                text, own = value["Fn::Sub"]
                return re.sub(r"\$\{(\w+)\}", lambda found: self.plain(own[found[1]]), text)
            if set(value) == {"Fn::Sub"}:
                return re.sub(r"\$\{([\w:]+)(\.\w+)?\}", lambda found: str(self.reference(found[1])), value["Fn::Sub"])
            return {name: self.plain(part) for name, part in value.items()}
        return [self.plain(part) for part in value] if isinstance(value, list) else value

    def of_type(self, kind):
        return [self.plain(resource["Properties"]) for resource in self.rest.values() if resource["Type"] == kind]


def integers(value):
    """CloudFormation hands numbers on as they are meant; the template's parameters give them as text."""
    if isinstance(value, dict):
        return {name: integers(part) for name, part in value.items()}
    return int(value) if isinstance(value, str) and value.isdigit() else value


@pytest.fixture(scope="module")
def complete(client, deployed, template):
    """The rest, as the template describes it, through the services' own APIs; gives the stack's outputs."""
    _, rest = deployed
    # moto shows no outputs of a stack that a change set made; those that name a resource are its physical ID.
    resources = client("cloudformation").describe_stack_resources(StackName=STACK)["StackResources"]
    physical = {resource["LogicalResourceId"]: resource.get("PhysicalResourceId") for resource in resources}
    rest = Rest(template, rest, physical)
    outputs = {name: rest.reference(output["Value"]["Ref"]) for name, output in template["Outputs"].items() if "Ref" in output["Value"]}
    rest.physical |= {"HistoryDatabase": outputs["HistoryDatabaseName"]}

    write = client("timestream-write")
    for database in rest.of_type("AWS::Timestream::Database"):
        write.create_database(**database)
    for table in rest.of_type("AWS::Timestream::Table"):
        write.create_table(**table | {"RetentionProperties": integers(table["RetentionProperties"])})
    for policy in rest.of_type("AWS::S3::BucketPolicy"):
        client("s3").put_bucket_policy(Bucket=policy["Bucket"], Policy=json.dumps(policy["PolicyDocument"]))
    for policy in rest.of_type("AWS::SQS::QueuePolicy"):
        for queue in policy["Queues"]:
            client("sqs").set_queue_attributes(QueueUrl=queue, Attributes={"Policy": json.dumps(policy["PolicyDocument"])})
    for policy in rest.of_type("AWS::SNS::TopicPolicy"):
        for topic in policy["Topics"]:
            client("sns").set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=json.dumps(policy["PolicyDocument"]))
    for subscription in rest.of_type("AWS::SNS::Subscription"):
        client("sns").subscribe(**subscription)
    for alarm in rest.of_type("AWS::CloudWatch::Alarm"):
        client("cloudwatch").put_metric_alarm(**alarm)
    for configuration in rest.of_type("AWS::Lambda::EventInvokeConfig"):
        client("lambda").put_function_event_invoke_config(FunctionName=configuration["FunctionName"], MaximumRetryAttempts=configuration["MaximumRetryAttempts"])
    for rule in rest.of_type("AWS::IoT::TopicRule"):
        payload = {name[0].lower() + name[1:]: part for name, part in rule["TopicRulePayload"].items()}
        actions = [{"sqs": {name[0].lower() + name[1:]: part for name, part in action["Sqs"].items()} | {"useBase64": False}}
                   for action in [*payload["actions"], payload["errorAction"]]]
        client("iot").create_topic_rule(ruleName=rule["RuleName"], topicRulePayload=payload | {"actions": actions[:-1], "errorAction": actions[-1]})
    (api,), (stage,) = rest.of_type("AWS::ApiGatewayV2::Api"), rest.of_type("AWS::ApiGatewayV2::Stage")
    # SAM describes routes as OpenAPI; moto makes an API of a protocol.
    made = client("apigatewayv2").create_api(Name=api["Body"]["info"]["title"], ProtocolType="HTTP")
    client("apigatewayv2").create_stage(
        ApiId=made["ApiId"], StageName=stage["StageName"], AutoDeploy=stage["AutoDeploy"], AccessLogSettings=stage["AccessLogSettings"],
        DefaultRouteSettings=integers(stage["DefaultRouteSettings"]))
    outputs["paths"] = {path: sorted(method for method in methods) for path, methods in api["Body"]["paths"].items()}
    outputs["api"] = made["ApiId"]

    # moto's CloudFormation overlooks it.
    client("dynamodb").update_time_to_live(
        TableName=outputs["ForecastTableName"], TimeToLiveSpecification=template["Resources"]["ForecastTable"]["Properties"]["TimeToLiveSpecification"])
    # moto would run functions in Docker: the test polls the queue in its place.
    (mapping,) = client("lambda").list_event_source_mappings(FunctionName=outputs["FetchFunctionName"])["EventSourceMappings"]
    client("lambda").update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    return outputs


def test_the_outputs_have_the_references_names_beside_clear_ones(template, complete):
    for clear, reference in (("ApiEndpoint", "APIUrl"), ("IdentifierTableName", "IDTableName"), ("QueueFunctionName", "QueueingLambdaName")):
        assert template["Outputs"][clear]["Value"] == template["Outputs"][reference]["Value"]
    assert complete["IdentifierTableName"] == "cache-identifiers" and complete["QueueFunctionName"] == "cache-queue"


def test_the_settings_arrive(client, complete):
    queue = client("sqs").get_queue_attributes(QueueUrl=complete["IdentifierQueueUrl"], AttributeNames=["All"])["Attributes"]
    assert queue["VisibilityTimeout"] == "360" and json.loads(queue["RedrivePolicy"])["maxReceiveCount"] == 5
    assert "aws:SecureTransport" in queue["Policy"]
    mapping = client("lambda").list_event_source_mappings(FunctionName=complete["FetchFunctionName"])["EventSourceMappings"][0]
    assert mapping["BatchSize"] == 8 and mapping["EventSourceArn"] == queue["QueueArn"]
    assert client("dynamodb").describe_table(TableName=complete["IdentifierTableName"])["Table"]["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert client("lambda").get_function_event_invoke_config(FunctionName=complete["QueueFunctionName"])["MaximumRetryAttempts"] == 1
    mapping = client("lambda").list_event_source_mappings(FunctionName=complete["WriteFunctionName"])["EventSourceMappings"][0]
    writes = client("sqs").get_queue_attributes(QueueUrl=complete["WriteQueueUrl"], AttributeNames=["All"])["Attributes"]
    assert mapping["BatchSize"] == 10 and mapping["EventSourceArn"] == writes["QueueArn"] and "aws:SecureTransport" in writes["Policy"]
    rules = {rule["Name"]: rule["ScheduleExpression"] for rule in client("events").list_rules()["Rules"]}
    assert rules == {"cache-schedule": "cron(0 1 * * ? *)", "cache-due": "cron(0/5 * * * ? *)"}
    inputs = [target.get("Input") for name in rules for target in client("events").list_targets_by_rule(Rule=name)["Targets"]]
    assert inputs == [None, '{"every":"5m"}']
    devices = client("iot").get_topic_rule(ruleName="cache_devices")["rule"]
    assert devices["sql"] == "SELECT * FROM 'sensors/+/data'" and devices["actions"][0]["sqs"]["queueUrl"] == complete["WriteQueueUrl"]
    assert devices["errorAction"]["sqs"]["queueUrl"] == complete["DeadLetterQueueUrl"]
    logs = {group["logGroupName"]: group.get("retentionInDays") for group in client("logs").describe_log_groups()["logGroups"]}
    assert logs == {f"/aws/lambda/cache-{name}": 30 for name in ("queue", "fetch", "write", "api")} | {"/aws/vendedlogs/cache-access": 30}
    table = client("timestream-write").describe_table(DatabaseName="TimeSeriesDB", TableName="identifierTimeSeriesHistory")["Table"]
    assert table["RetentionProperties"] == {"MemoryStoreRetentionPeriodInHours": 72, "MagneticStoreRetentionPeriodInDays": 730}
    magnetic = table["MagneticStoreWriteProperties"]
    assert magnetic["EnableMagneticStoreWrites"] and magnetic["MagneticStoreRejectedDataLocation"]["S3Configuration"]["BucketName"] == complete["RejectedRecordsBucket"]
    alarms = {alarm["AlarmName"]: alarm for alarm in client("cloudwatch").describe_alarms()["MetricAlarms"]}
    assert sorted(alarms) == sorted(f"cache-{name}" for name in (
        "dead-letters", "oldest-message", "errors", "throttles", "rejected-records", "source-errors", "write-latency", "query-latency", "oldest-write", "rejected-points"))
    assert alarms["cache-dead-letters"]["Dimensions"] == [{"Name": "QueueName", "Value": "cache-dead-letters"}]
    assert alarms["cache-dead-letters"]["AlarmActions"] == [complete["AlarmTopicArn"]]
    (subscription,) = client("sns").list_subscriptions_by_topic(TopicArn=complete["AlarmTopicArn"])["Subscriptions"]
    assert (subscription["Protocol"], subscription["Endpoint"]) == ("email", "a@example.com")
    (stage,) = client("apigatewayv2").get_stages(ApiId=complete["api"])["Items"]
    assert stage["StageName"] == "prod" and stage["DefaultRouteSettings"]["ThrottlingRateLimit"] == 50 and "requestId" in stage["AccessLogSettings"]["Format"]
    assert complete["paths"] == {
        "/": ["x-amazon-apigateway-any-method"], "/{proxy+}": ["x-amazon-apigateway-any-method"], "/api/v2/write": ["post"], "/write": ["post"], "/ping": ["x-amazon-apigateway-any-method"],
        "/health": ["get"]}


def working(moto, client, folder, function, package):
    """A package, unpacked, with the environment that the deployed function has."""
    configuration = client("lambda").get_function_configuration(FunctionName=function)
    assert configuration["Runtime"] == "provided.al2023" and configuration["Architectures"] == ["x86_64"]
    task = folder / "task"
    emulator.unpack(package, task)
    # Numbers are texts in an environment, which moto leaves to others.
    variables = {name: str(value) for name, value in configuration["Environment"]["Variables"].items()}
    environment = moto | variables | {"LD_LIBRARY_PATH": str(task / "lib")}
    return emulator.running(environment, folder, task / "bootstrap", "handler")


def test_the_packages_do_their_work(moto, client, complete, tmp_path_factory):
    folder = tmp_path_factory.mktemp
    identifiers = [f"series-{number}" for number in range(45)]
    for identifier in identifiers:
        client("dynamodb").put_item(TableName=complete["IdentifierTableName"], Item={"identifier": {"S": identifier}})
    with working(moto, client, folder("queue"), complete["QueueFunctionName"], "QueueFunction") as function:
        assert function.invoke({})["identifiers"] == 45
    bodies = []
    while received := client("sqs").receive_message(QueueUrl=complete["IdentifierQueueUrl"], MaxNumberOfMessages=10).get("Messages"):
        bodies += [message["Body"] for message in received]
    queued = [json.loads(body)["identifiers"] for body in bodies]
    assert sorted(sum(queued, [])) == sorted(identifiers) and len(bodies) == 23

    with working(moto, client, folder("fetch"), complete["FetchFunctionName"], "FetchFunction") as function:
        event = {"Records": [{"messageId": str(number), "eventSource": "aws:sqs", "body": body} for number, body in enumerate(bodies[:10])]}
        assert function.invoke(event) == {"batchItemFailures": []}
    # One of the messages holds one identifier, the others two; the queue hands them out in no order.
    fetched = sorted(sum(queued[:10], []))
    items = client("dynamodb").scan(TableName=complete["ForecastTableName"])["Items"]
    assert sorted({item["identifier"]["S"] for item in items}) == fetched and len(items) == 3 * len(fetched)
    table = timestreamwrite_backends["123456789012"]["us-east-1"].databases[complete["HistoryDatabaseName"]].tables[complete["HistoryTableName"]]
    # moto keeps the records of a request without their common attributes, which name the series.
    values = [record["MeasureValues"][0]["Value"] for record in table.records]
    assert sorted(values) == sorted(["-1", "-2", "-3"] * len(fetched))

    # moto answers queries with what it was told to; the forecasts are its own.
    now = int(time.time())
    columns = [{"Name": name, "Type": {"ScalarType": kind}} for name, kind in (("time", "TIMESTAMP"), ("value", "DOUBLE"))]
    stamp = time.strftime("%Y-%m-%d %H:%M:%S.000000000", time.gmtime(now - 60))
    rows = [{"Data": [{"ScalarValue": stamp}, {"ScalarValue": "-1.0"}]}]
    answer = {"QueryId": "q", "Rows": rows, "ColumnInfo": columns, "QueryStatus": {"ProgressPercentage": 100.0, "CumulativeBytesMetered": 10}}
    timestreamquery_backends["123456789012"]["us-east-1"].query_result_queue[None] = [answer]
    with working(moto, client, folder("api"), complete["APIFunctionName"], "APIFunction") as function:
        asked = api_request(KEY, f"/v1/series/{fetched[0]}") | {"rawQueryString": "from=now-10m&to=now%2B10m"}
        answer = function.invoke(asked)
        assert answer["statusCode"] == 200, answer
        found = [(row["values"]["value"], row["origin"]) for row in json.loads(answer["body"])["rows"]]
        assert found == [(-1, "history"), (1, "forecast"), (2, "forecast"), (3, "forecast")]
        assert function.invoke(api_request("wrong", "/v1/series/x"))["statusCode"] == 401
