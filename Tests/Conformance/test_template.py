"""The template by the checkers of its field, by rules of our own, and through each of its doors."""

import copy
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile

import hcl2
import pytest
import yaml
from awscli.customizations.cloudformation.yamlhelper import yaml_parse

from conditions import names_in, settled
from conftest import BUILD, PROJECT, TOOLS

TEMPLATE = PROJECT / "Infra/template.yaml"


@pytest.fixture(scope="module")
def template():
    # CloudFormation's own forms of the functions, and plain maps.
    return json.loads(json.dumps(yaml_parse(TEMPLATE.read_text())))


def of_type(template, kind):
    return {name: resource["Properties"] for name, resource in template["Resources"].items() if resource["Type"] == kind}


def run(*command, **environment):
    # Tools that write into a home get one that goes.
    with tempfile.TemporaryDirectory() as home:
        variables = {"PATH": os.environ["PATH"], "HOME": home, "AWS_DEFAULT_REGION": "us-east-1", "SAM_CLI_TELEMETRY": "0"} | environment
        return subprocess.run([str(word) for word in command], cwd=PROJECT, env=variables, capture_output=True, text=True, timeout=300)


# Checkers


@pytest.mark.parametrize("command", [
    ("sam/bin/cfn-lint", "Infra/template.yaml"),
    ("sam/bin/sam", "validate", "--lint", "--template", "Infra/template.yaml"),
    ("checkov/bin/checkov", "--config-file", "Infra/checkov.yaml"),
], ids=["cfn-lint", "sam validate --lint", "checkov"])
def test_a_checker_passes(command):
    done = run(TOOLS / command[0], *command[1:])
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("command,arguments,edit", [
    ("sam/bin/cfn-lint", [], ("PAY_PER_REQUEST", "PAY_PER_QUEST")),
    ("sam/bin/sam", ["validate", "--lint", "--template"], ("PAY_PER_REQUEST", "PAY_PER_QUEST")),
    ("checkov/bin/checkov", ["--config-file", "Infra/checkov.yaml", "--file"], ("BlockPublicAcls: true", "BlockPublicAcls: false")),
])
def test_a_checker_can_fail(command, arguments, edit, tmp_path):
    broken = tmp_path / "template.yaml"
    text = TEMPLATE.read_text()
    assert edit[0] in text
    broken.write_text(text.replace(*edit))
    assert run(TOOLS / command, *arguments, broken).returncode != 0


def test_every_waiver_of_a_policy_has_its_reason():
    lines = (PROJECT / "Infra/checkov.yaml").read_text().split("skip-check:\n")[1].splitlines()
    for number, line in enumerate(lines):
        assert "#" in line or lines[number - 1].lstrip().startswith("#"), line
    for resource in yaml_parse(TEMPLATE.read_text())["Resources"].values():
        for waiver in resource.get("Metadata", {}).get("checkov", {}).get("skip", []):
            assert len(waiver["comment"]) > 20


# Rules of our own


def test_no_alias_that_cloudformation_would_refuse():
    events = yaml.parse(TEMPLATE.read_text())
    assert not [event for event in events if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None)]


def test_a_message_stays_hidden_six_times_as_long_as_the_function_may_take(template):
    queues, functions = of_type(template, "AWS::SQS::Queue"), of_type(template, "AWS::Serverless::Function")
    for function in functions.values():
        for event in function["Events"].values():
            if event["Type"] == "SQS":
                queue = queues[event["Properties"]["Queue"]["Fn::GetAtt"][0]]
                assert queue["VisibilityTimeout"] >= 6 * function["Timeout"]
                assert queue["RedrivePolicy"]["maxReceiveCount"] == 5
                assert event["Properties"]["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def resource_of(statement):
    """What a statement is about: logical IDs, or the text of what is no resource of the stack."""
    def one(resource):
        if isinstance(resource, str):
            return resource
        if "Fn::GetAtt" in resource:
            return ".".join(resource["Fn::GetAtt"])
        return resource["Fn::Sub"].replace("AWS::", "AWS ").rsplit(":", 1)[1].replace("AWS ", "AWS::")
    resources = statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]]
    return [one(resource) for resource in resources]


# What the history's place gives the functions that write both stores, and the one that reads them.
TIMESTREAM, ENDPOINTS = ["database/${DatabaseName}/table/*"], {"timestream:DescribeEndpoints": ["*"]}
WRITES, CHUNK_WRITES = {"timestream:WriteRecords": TIMESTREAM}, ("dynamodb:Query", "dynamodb:GetItem", "dynamodb:PutItem")
READS = {"timestream:Select": TIMESTREAM, "timestream:DescribeTable": TIMESTREAM} | ENDPOINTS
HISTORIES = {
    "timestream": ({}, WRITES | {"timestream:CreateTable": TIMESTREAM, "timestream:TagResource": TIMESTREAM} | ENDPOINTS, READS),
    "timestream, no tables": ({"EnableTableCreation": "false"}, WRITES | ENDPOINTS, READS),
    "dynamodb": ({}, {action: ["HistoryChunks.Arn"] for action in CHUNK_WRITES}, {"dynamodb:Query": ["HistoryChunks.Arn"]}),
    "dynamodb, a table of one's own": (
        {"HistoryChunkTable": "mine"}, {action: ["table/${HistoryChunkTable}"] for action in CHUNK_WRITES}, {"dynamodb:Query": ["table/${HistoryChunkTable}"]}),
    "influxdb": ({}, {}, {}),
    "influxdb, parameter": ({"InfluxTokenParameter": "/t"}, {"ssm:GetParameter": ["parameter${InfluxTokenParameter}"]}, {"ssm:GetParameter": ["parameter${InfluxTokenParameter}"]}),
    "influxdb, secret": (
        {"InfluxTokenSecret": "t"}, {"secretsmanager:GetSecretValue": ["${InfluxTokenSecret}-??????"]},
        {"secretsmanager:GetSecretValue": ["${InfluxTokenSecret}-??????"]}),
}


# The keys of sources that have one of their own.
SOURCE_KEYS = "parameter/${AWS::StackName}/source-keys/*"


@pytest.mark.parametrize("layout", ["chunks", "items"])
@pytest.mark.parametrize("history", HISTORIES)
def test_a_role_has_what_its_function_calls_and_nothing_else(template, history, layout):
    given, writes, reads_history = HISTORIES[history]
    template = settled(template, HistoryStore=history.split(",")[0], ForecastLayout=layout, **given)
    def lets(service, **condition):
        return [{"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"} | condition]
    granted = {}
    own = {name: (role["AssumeRolePolicyDocument"]["Statement"], role["Policies"]) for name, role in of_type(template, "AWS::IAM::Role").items()}
    # IoT Core takes the role for this account's rules alone.
    account = {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
    for name, (principals, policies) in own.items():
        assert principals == (lets("iot.amazonaws.com", Condition=account) if name == "DeviceRuleRole" else lets("lambda.amazonaws.com"))
        shared = [policy for policy in of_type(template, "AWS::IAM::Policy").values() if {"Ref": name} in policy["Roles"]]
        for policy in policies + shared:
            for statement in policy["PolicyDocument"]["Statement"]:
                assert statement["Effect"] == "Allow" and set(statement) == {"Effect", "Action", "Resource"}
                for action in statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]:
                    granted.setdefault(name, {}).setdefault(action, []).extend(resource_of(statement))

    def logs(name):
        return {"logs:CreateLogStream": [f"{name}Log.Arn"], "logs:PutLogEvents": [f"{name}Log.Arn"]}

    def reads(queue):
        return {action: [queue] for action in ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")}

    def together(*grants):
        """Each action with the resources of all the grants."""
        return {action: sorted(sum((grant.get(action, []) for grant in grants), [])) for grant in grants for action in grant}
    identifiers, letters = ["IdentifierTable.Arn"], ["WriteQueue.Arn", "DeadLetterQueue.Arn"]
    forecast, packed = ["ForecastTable.Arn"], ["ForecastChunks.Arn"]
    stores = [
        {"dynamodb:PutItem": identifiers, "dynamodb:UpdateItem": identifiers}, writes,
        {action: packed for action in CHUNK_WRITES} if layout == "chunks" else {"dynamodb:BatchWriteItem": forecast, "dynamodb:Query": forecast}]
    granted = {role: together(grants) for role, grants in granted.items()}
    assert granted == {
        "QueueFunctionRole": {
            "dynamodb:Scan": identifiers, "sqs:SendMessage": ["IdentifierQueue.Arn"], "ssm:GetParameter": ["parameter${SourcesParameter}"]} | logs("QueueFunction"),
        "FetchFunctionRole": together(*stores, reads("IdentifierQueue.Arn"), logs("FetchFunction"), {
            "dynamodb:GetItem": identifiers, "ssm:GetParameter": ["parameter${SourcesParameter}", "parameter${SourceKeyParameter}", SOURCE_KEYS]}),
        "WriteFunctionRole": together(*stores, reads("WriteQueue.Arn"), logs("WriteFunction"), {
            "sqs:SendMessage": letters, "ssm:GetParameter": ["parameter${AccessKeysParameter}"]}),
        "DeviceRuleRole": {"sqs:SendMessage": sorted(letters)},
        "APIFunctionRole": together(reads_history, logs("APIFunction"), {
            "dynamodb:GetItem": identifiers, "dynamodb:PutItem": identifiers, "dynamodb:DeleteItem": identifiers, "dynamodb:Scan": identifiers,
            "dynamodb:Query": packed if layout == "chunks" else forecast,
            "ssm:GetParameter": ["parameter${ApiKeyParameter}", "parameter${AccessKeysParameter}"]}),
    }


def test_the_keys_that_the_documents_name_may_be_read():
    below = SOURCE_KEYS.removeprefix("parameter").removesuffix("*").replace("${AWS::StackName}", "[A-Za-z][A-Za-z0-9-]*")
    pages = [*(PROJECT / "docs").glob("*.md"), PROJECT / "README.md"]
    named = {(page.name, name) for page in pages for name in re.findall(r'"keyParameter": *"([^"]*)"', page.read_text())}
    assert named and not [(page, name) for page, name in named if not re.fullmatch(below + ".+", name)]


def dashboard(stack):
    """The body, where names stand for what they are."""
    text, values = of_type(stack, "AWS::CloudWatch::Dashboard")["Dashboard"]["DashboardBody"]["Fn::Sub"]
    for name, value in values.items():
        text = text.replace("${%s}" % name, value if isinstance(value, str) else value.get("Fn::Sub") or value["Ref"])
    return json.loads(text)


# What one store, or one layout of forecasts, has that no other has.
OF_TIMESTREAM = {"HistoryDatabase", "HistoryTable", "RejectedRecords", "RejectedRecordsPolicy"}
OWN = OF_TIMESTREAM | {"WriteLatencyAlarm", "HistoryChunks", "InfluxParameterPolicy", "InfluxSecretPolicy", "ForecastChunks", "ForecastTable"}


@pytest.mark.parametrize("given,own,outputs", [
    ({}, OF_TIMESTREAM | {"WriteLatencyAlarm", "ForecastChunks"}, {"HistoryDatabaseName", "HistoryTableName", "RejectedRecordsBucket"}),
    ({"CreateTimestream": "false"}, {"WriteLatencyAlarm", "ForecastChunks"}, {"HistoryDatabaseName", "HistoryTableName"}),
    ({"HistoryStore": "dynamodb"}, {"HistoryChunks", "ForecastChunks"}, {"HistoryChunkTableName"}),
    ({"HistoryStore": "dynamodb", "ForecastLayout": "items", "InfluxTokenSecret": "t", "InfluxTokenParameter": "/t"}, {"HistoryChunks", "ForecastTable"}, {"HistoryChunkTableName"}),
    ({"HistoryStore": "dynamodb", "HistoryChunkTable": "mine"}, {"ForecastChunks"}, {"HistoryChunkTableName"}),
    ({"HistoryStore": "influxdb"}, {"ForecastChunks"}, set()),
    ({"HistoryStore": "influxdb", "InfluxTokenParameter": "/t"}, {"InfluxParameterPolicy", "ForecastChunks"}, set()),
    ({"HistoryStore": "influxdb", "InfluxTokenSecret": "t"}, {"InfluxSecretPolicy", "ForecastChunks"}, set()),
])
def test_a_store_brings_what_it_needs_and_nothing_of_the_others(template, given, own, outputs):
    stack = settled(template, AlarmEmail="a@example.com", **given)
    assert set(stack["Resources"]) & OWN == own and set(template["Resources"]) - set(stack["Resources"]) == OWN - own
    of_stores = {"HistoryDatabaseName", "HistoryTableName", "RejectedRecordsBucket", "HistoryChunkTableName"}
    assert set(stack["Outputs"]) & of_stores == outputs
    # Nothing names what is not there; the dashboard is whole.
    there = set(stack["Resources"]) | set(template["Parameters"])
    for name, part in (*stack["Resources"].items(), *stack["Outputs"].items(), ("Globals", stack["Globals"])):
        assert names_in(part) <= there, name
    widgets = dashboard(stack)["widgets"]
    places = {(widget["x"], widget["y"]): widget["properties"]["title"] for widget in widgets}
    assert len(places) == len(set(places.values())) == len(widgets)
    assert ("AWS/Timestream" in json.dumps(widgets)) == (given.get("HistoryStore", "timestream") == "timestream")
    variables = stack["Globals"]["Function"]["Environment"]["Variables"]
    assert variables["FUTURE_TABLE"] == {"Ref": "ForecastTable" if "ForecastTable" in own else "ForecastChunks"}
    assert variables["HISTORY_TABLE"] == {"Ref": "HistoryChunks" if "HistoryChunks" in own else "HistoryChunkTable"}


def test_only_timestream_calls_timestream(template):
    for store in ("dynamodb", "influxdb"):
        assert "timestream:" not in json.dumps(settled(template, HistoryStore=store)["Resources"])


def test_each_parameter_reaches_what_it_is_for(template):
    """The places that name a parameter, as `Resource.Property…`."""
    places = {}

    def walk(value, path):
        if isinstance(value, dict):
            name = value.get("Ref")
            if name in template["Parameters"]:
                places.setdefault(name, set()).add(path)
            for key, part in value.items():
                walk(part, f"{path}.{key}")
        elif isinstance(value, list):
            for part in value:
                walk(part, path)
    for name, resource in template["Resources"].items():
        walk(resource["Properties"], name)
    for section in ("Globals", "Conditions"):
        walk(template[section], section)
    logs = {f"{name}.RetentionInDays" for name in of_type(template, "AWS::Logs::LogGroup")}
    variable = "Globals.Function.Environment.Variables."
    retention = "HistoryTable.RetentionProperties"
    assert places == {
        "Sources": {"SourcesParameter.Value"}, "SourceKey": {"SourceKeyParameter.Value"}, "ApiKey": {"ApiKeyParameter.Value"},
        "AccessKeys": {"AccessKeysParameter.Value"},
        "Schedule": {"QueueFunction.Events.Daily.Properties.Schedule", "FetchFunction.Environment.Variables.SCHEDULE"},
        "FetchConcurrency": {"FetchFunction.Events.Identifiers.Properties.ScalingConfig.MaximumConcurrency"},
        "WriteConcurrency": {"WriteFunction.Events.Queued.Properties.ScalingConfig.MaximumConcurrency"},
        "EnableAsyncInvocation": {"WriteFunction.Environment.Variables.ENABLE_ASYNC_INVOCATION"},
        "DeviceTopic": {"Conditions.TakesDevices.Fn::Not.Fn::Equals"}, "DeviceTags": {"WriteFunction.Environment.Variables.DEVICE_TAGS"},
        "DeviceIntegers": {"WriteFunction.Environment.Variables.DEVICE_INTEGERS"},
        "CorsOrigins": {"APIFunction.Environment.Variables.CORS_ORIGINS"},
        "AnswersKeptSeconds": {"APIFunction.Environment.Variables.ANSWERS_KEPT_SECONDS"},
        "ApiRateLimit": {"Api.DefaultRouteSettings.ThrottlingRateLimit"}, "ApiBurstLimit": {"Api.DefaultRouteSettings.ThrottlingBurstLimit"},
        "CreateTimestream": {"Conditions.CreatesTimestream.Fn::And.Fn::Equals"},
        "DatabaseName": {"HistoryDatabase.DatabaseName", "WriteLatencyAlarm.Dimensions.Value", variable + "TS_DB_NAME"},
        "TableName": {"HistoryTable.TableName", "WriteLatencyAlarm.Dimensions.Value", variable + "TS_TABLE_NAME"},
        "MemoryStoreHours": {retention + ".MemoryStoreRetentionPeriodInHours", variable + "mem_store_retention_period"},
        "MagneticStoreDays": {retention + ".MagneticStoreRetentionPeriodInDays", variable + "mag_store_retention_period", variable + "HISTORY_RETENTION_DAYS"},
        "HistoryStore": {variable + "HISTORY_STORE"} | {f"Conditions.Uses{store}.Fn::Equals" for store in ("Timestream", "DynamoDB", "InfluxDB")},
        "HistoryChunkTable": {variable + "HISTORY_TABLE.Fn::If", "Dashboard.DashboardBody.Fn::Sub.History.Fn::If.Fn::If", "Conditions.CreatesHistoryChunks.Fn::And.Fn::Equals"},
        "ForecastLayout": {variable + "FORECAST_LAYOUT", "Conditions.PacksForecasts.Fn::Equals", "Conditions.SpreadsForecasts.Fn::Equals"},
        "InfluxUrl": {variable + "INFLUX_URL"}, "InfluxDatabase": {variable + "INFLUX_DATABASE"}, "InfluxRetentionPolicy": {variable + "INFLUX_RETENTION_POLICY"},
        "InfluxAuthorization": {variable + "INFLUX_AUTHORIZATION"},
        "InfluxTokenParameter": {variable + "INFLUX_TOKEN_SSM_ID", "Conditions.ReadsInfluxParameter.Fn::And.Fn::Not.Fn::Equals"},
        "InfluxTokenSecret": {variable + "INFLUX_TOKEN_SECRET_ID", "Conditions.ReadsInfluxSecret.Fn::And.Fn::Not.Fn::Equals"},
        "TableMapping": {variable + "table_mapping"}, "SingleTableName": {variable + "single_table_name"},
        "MeasureName": {variable + "measure_name_for_multi_measure_records"},
        "EnableTableCreation": {variable + "enable_table_creation", "Conditions.CreatesTables.Fn::Equals"},
        "PartitionKeyType": {variable + "custom_partition_key_type"}, "PartitionKeyDimension": {variable + "custom_partition_key_dimension"},
        "EnforcePartitionKey": {variable + "enforce_custom_partition_key"},
        "AlarmEmail": {"AlarmSubscription.Endpoint", "Conditions.HasAlarmEmail.Fn::Not.Fn::Equals"}, "LogRetentionDays": logs,
        "LogLevel": {variable + "LOG_LEVEL"}, "Architecture": {"Globals.Function.Architectures"},
    }


def test_clients_that_write_get_the_write_function_and_everyone_else_the_api(template):
    def routes(function):
        events = of_type(template, "AWS::Serverless::Function")[function]["Events"].values()
        return {(event["Properties"]["Method"], event["Properties"]["Path"]) for event in events if event["Type"] == "HttpApi"}
    assert routes("WriteFunction") == {("POST", "/api/v2/write"), ("POST", "/write"), ("ANY", "/ping"), ("GET", "/health")}
    assert routes("APIFunction") == {("ANY", "/"), ("ANY", "/{proxy+}")} and routes("QueueFunction") == routes("FetchFunction") == set()


def test_devices_messages_go_through_the_queue_and_none_is_lost(template):
    rule = of_type(template, "AWS::IoT::TopicRule")["DeviceRule"]
    # IoT Core wants letters, digits and underscores; a stack's name may have hyphens.
    assert rule["RuleName"] == {"Fn::Sub": ["${Name}_devices", {"Name": {"Fn::Join": ["_", {"Fn::Split": ["-", {"Ref": "AWS::StackName"}]}]}}]}
    payload = rule["TopicRulePayload"]
    assert payload["Sql"] == {"Fn::Sub": "SELECT * FROM '${DeviceTopic}'"} and payload["AwsIotSqlVersion"] == "2016-03-23"
    role = {"Fn::GetAtt": ["DeviceRuleRole", "Arn"]}
    assert payload["Actions"] == [{"Sqs": {"QueueUrl": {"Ref": "WriteQueue"}, "RoleArn": role}}]
    assert payload["ErrorAction"] == {"Sqs": {"QueueUrl": {"Ref": "DeadLetterQueue"}, "RoleArn": role}}
    assert template["Resources"]["DeviceRule"]["Condition"] == template["Resources"]["DeviceRuleRole"]["Condition"] == "TakesDevices"


@pytest.mark.parametrize("name,good,bad", [
    ("AccessKeys", ["[]", ' [{"name":"a","key":"b","buckets":["*"],"allow":["write"]}]\n'], ["", "{}", "none"]),
    ("DeviceTopic", ["", "sensors/+/data", "#", "$aws/things/+/shadow/update"], ["it's", "a b", '"', "x" * 257]),
    ("DeviceTags", ["device_id", "a,b"], ["", ",", "a,,b", "a, b"]),
    ("CorsOrigins", ["", "*", "https://a.example", "http://localhost:3000,https://b.example"], ["a.example", "https://a, https://b", "*,https://a"]),
    ("HistoryStore", ["timestream", "dynamodb", "influxdb"], ["", "Timestream", "sqlite"]), ("ForecastLayout", ["chunks", "items"], ["", "rows"]),
    ("HistoryChunkTable", ["", "a.b-c_d"], ["ab", "a/b", "x" * 256]), ("InfluxUrl", ["", "https://influx.example.org:8086", "http://127.0.0.1:1/a"], ["influx", "https://u:p@h", "https://h?a=b", "http://h:8086", "http://localhosts", "http://localhost.example.org:8086"]),
    ("InfluxTokenParameter", ["", "/cache/influx-token"], ["influx-token", "/a b"]), ("InfluxTokenSecret", ["", "cache/influx-token"], ["arn:aws:secretsmanager:x", "*"]),
    ("PartitionKeyDimension", ["", "device_id"], ["a b", "x" * 61]), ("MeasureName", ["influxdb-measure"], ["", "a b"]),
])
def test_what_a_parameter_takes(template, name, good, bad):
    pattern = re.compile(template["Parameters"][name].get("AllowedPattern") or "|".join(template["Parameters"][name]["AllowedValues"]))
    assert [text for text in good if not pattern.fullmatch(text)] == [] and [text for text in bad if pattern.fullmatch(text)] == []


def compact(template):
    """As Infra/upload.sh writes it; the AWS CLI writes JSON so."""
    done = subprocess.run(["jq", "-rf", PROJECT / "Infra/compact.jq"], input=json.dumps(template, indent=4), capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def packaged(template, tmp_path_factory):
    """What the doors deploy, with the longest name that a bucket may have."""
    template = copy.deepcopy(template)
    for function in of_type(template, "AWS::Serverless::Function").values():
        function["CodeUri"] = f"s3://{'b' * 63}/{'0' * 32}"
    file = tmp_path_factory.mktemp("packaged") / "packaged.yaml"
    file.write_text(compact(template))
    return file, template


def test_the_packaged_template_fits_where_no_bucket_takes_it(packaged):
    """`aws cloudformation deploy`, CDK without a bootstrap and Terraform's template_body hand the text itself over: 51,200 bytes at most."""
    print(packaged[0].stat().st_size, "bytes")
    assert packaged[0].stat().st_size <= 51_200 - 3_000


def test_the_packaged_template_is_the_template(packaged):
    file, template = packaged
    for resource in template["Resources"].values():
        # For checkers, not for CloudFormation.
        resource.pop("Metadata", None)
    assert json.loads(json.dumps(yaml_parse(file.read_text()))) == template
    done = run(TOOLS / "sam/bin/cfn-lint", "--ignore-checks", "W3697", "--", file)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("value", [
    "true", "No", "y", "null", "~", "", "1", "1e3", "2012-10-17", "12:30:45", "a: b", "a:", "AWS::Region", "- a", "# a", "a #b", "{a}", "!Ref a", "'", '"', "\\", "é\u2028",
    "a\nb\t", "/a/b", "%a", "@a", "<<", "=", "sqs:SendMessage", "0x1F", "x" * 3000, True, False, None, 0, -1.5, [], {}, [[]], {"a": {"b": []}},
    {"Ref": "AWS::NoValue"}, {"Fn::If": ["C", {"Ref": "A"}, {"Fn::Sub": ["${x}", {"x": {"Fn::GetAtt": ["A", "B.C"]}}]}]}, {"Fn::Base64": {"Ref": "A"}},
    {"Condition": "C", "Fn::Sub": "x"}, [{"Fn::Not": [{"Condition": "C"}]}]])
def test_every_value_survives_being_made_compact(value):
    template = {"Resources": {"A": {"Type": "T", "Properties": {"on": value, "a b": [value, value]}}}}
    assert json.loads(json.dumps(yaml_parse(compact(template)))) == template


def test_what_holds_data(template):
    resources = template["Resources"]
    assert resources["IdentifierTable"]["Properties"]["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert resources["HistoryTable"]["DependsOn"] == ["RejectedRecordsPolicy"]
    # Losing sight of the history must not delete it.
    assert {name: resource["DeletionPolicy"] for name, resource in resources.items() if resource.get("DeletionPolicy", "Delete") != "Delete"} == {
        "HistoryDatabase": "RetainExceptOnCreate", "HistoryTable": "RetainExceptOnCreate", "HistoryChunks": "RetainExceptOnCreate"}
    keys = {name: [(key["AttributeName"], key["KeyType"]) for key in resources[name]["Properties"]["KeySchema"]] for name in ("HistoryChunks", "ForecastChunks", "ForecastTable")}
    chunks = [("series", "HASH"), ("start", "RANGE")]
    assert keys == {"HistoryChunks": chunks, "ForecastChunks": chunks, "ForecastTable": [("identifier", "HASH"), ("time", "RANGE")]}
    assert all(resources[name]["Properties"]["TimeToLiveSpecification"] == {"AttributeName": "expiry", "Enabled": True} for name in keys)
    assert resources["HistoryChunks"]["Properties"]["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    magnetic = resources["HistoryTable"]["Properties"]["MagneticStoreWriteProperties"]
    assert magnetic["EnableMagneticStoreWrites"] and magnetic["MagneticStoreRejectedDataLocation"]["S3Configuration"]["BucketName"] == {"Ref": "RejectedRecords"}
    assert all(queue["SqsManagedSseEnabled"] for queue in of_type(template, "AWS::SQS::Queue").values())


def test_each_function_logs_where_lines_expire(template):
    groups = of_type(template, "AWS::Logs::LogGroup")
    assert len(groups) == 5 and all(group["RetentionInDays"] == {"Ref": "LogRetentionDays"} for group in groups.values())
    for function in of_type(template, "AWS::Serverless::Function").values():
        assert function["LoggingConfig"]["LogGroup"]["Ref"] in groups


def test_the_alarms_watch_what_they_say_and_tell_someone(template):
    def metric(space, name, **dimensions):
        return space, name, dimensions

    def watched(alarm):
        def one(source):
            def plain(value):
                return value["Ref"] if "Ref" in value else ".".join(value["Fn::GetAtt"])
            dimensions = {entry["Name"]: entry["Value"] if isinstance(entry["Value"], str) else plain(entry["Value"]) for entry in source["Dimensions"]}
            return metric(source["Namespace"], source["MetricName"], **dimensions)
        if "Metrics" in alarm:
            return [one(entry["MetricStat"]["Metric"]) for entry in alarm["Metrics"] if "MetricStat" in entry]
        return [one(alarm)]

    def each(name):
        return [metric("AWS/Lambda", name, FunctionName=function) for function in ("QueueFunction", "FetchFunction", "WriteFunction", "APIFunction")]
    alarms = of_type(template, "AWS::CloudWatch::Alarm")
    table = {"Operation": "WriteRecords", "DatabaseName": "DatabaseName", "TableName": "TableName"}
    assert {name: (watched(alarm), alarm["Threshold"]) for name, alarm in alarms.items()} == {
        "DeadLetterAlarm": ([metric("AWS/SQS", "ApproximateNumberOfMessagesVisible", QueueName="DeadLetterQueue.QueueName")], 0),
        "OldestMessageAlarm": ([metric("AWS/SQS", "ApproximateAgeOfOldestMessage", QueueName="IdentifierQueue.QueueName")], 3600),
        "OldestWriteAlarm": ([metric("AWS/SQS", "ApproximateAgeOfOldestMessage", QueueName="WriteQueue.QueueName")], 600),
        "ErrorAlarm": (each("Errors"), 0), "ThrottleAlarm": (each("Throttles"), 0),
        "RejectedRecordsAlarm": ([metric("TimeSeriesCache", "RecordsRejected", FunctionName="FetchFunction")], 0),
        "RejectedPointsAlarm": ([metric("TimeSeriesCache", "PointsRejected", FunctionName="WriteFunction")], 0),
        "SourceErrorAlarm": ([metric("TimeSeriesCache", "SourceErrors", FunctionName="FetchFunction")], 3),
        "WriteLatencyAlarm": ([metric("AWS/Timestream", "SuccessfulRequestLatency", **table)], 1000),
        "QueryLatencyAlarm": ([metric("TimeSeriesCache", "MergeTime", FunctionName="APIFunction")], 5000),
    }
    for alarm in alarms.values():
        assert alarm["AlarmActions"] == [{"Ref": "AlarmTopic"}] and alarm["TreatMissingData"] == "notBreaching" and alarm["AlarmDescription"]


def test_our_metrics_exist(template):
    """What alarms and dashboard name is what the functions write."""
    text = (PROJECT / "Sources/TimeSeriesCache/Functions/CacheMetric.swift").read_text()
    body = dashboard(settled(template))
    named = {alarm["MetricName"] for alarm in of_type(template, "AWS::CloudWatch::Alarm").values() if alarm.get("Namespace") == "TimeSeriesCache"}
    for widget in body["widgets"]:
        space = None
        for metric in widget["properties"].get("metrics", []):
            if isinstance(metric[0], str):
                space = metric[0] if metric[0] != "." else space
                named |= {metric[1]} if space == "TimeSeriesCache" and metric[1] != "." else set()
    assert named == {"IdentifiersQueued", "SamplesFetched", "HistoryRecords", "ForecastRecords", "RecordsRejected", "SourceErrors", "MergeTime", "BytesMetered",
                     "PointsWritten", "PointsRejected", "SeriesRegistered"}
    assert all(f'"{name}"' in text for name in named)


def test_the_deployer_may_do_what_the_scripts_and_the_template_need():
    policy = json.loads((PROJECT / "Infra/deployer-policy.json").read_text())
    allowed = {action for statement in policy["Statement"] for action in statement["Action"]}
    needed = {
        "cloudformation:CreateChangeSet", "cloudformation:ExecuteChangeSet", "cloudformation:DeleteStack", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy",
        "iam:PassRole", "iam:PutRolePolicy", "lambda:CreateEventSourceMapping", "lambda:InvokeFunction", "dynamodb:PutItem", "sqs:GetQueueAttributes",
        "timestream:CreateTable", "timestream:DeleteTable", "timestream:DescribeEndpoints", "ssm:PutParameter", "events:PutTargets", "cloudwatch:PutDashboard",
        "iot:CreateTopicRule", "iot:ReplaceTopicRule", "iot:DeleteTopicRule", "timestream:ListTables"}
    assert needed <= allowed and not [action for action in allowed if action.endswith(":*")]
    for statement in policy["Statement"]:
        assert statement["Effect"] == "Allow" and statement["Sid"]


def test_the_page_on_deploying_names_every_parameter_and_output(template):
    page = (PROJECT / "docs/deploying.md").read_text()
    missing = [name for name in [*template["Parameters"], *template["Outputs"]] if f"`{name}`" not in page]
    assert missing == []


# Doors


def test_no_door_is_longer_than_forty_lines():
    doors = ["deploy.sh", "destroy.sh", "cdk/app.py", "cdk/app.ts", "terraform/main.tf"]
    assert {door: lines for door in doors if (lines := len((PROJECT / "Infra" / door).read_text().splitlines())) > 40} == {}


def synthesised(folder, template):
    """The template that CDK wrote is the one that it included; it keeps the short form of GetAtt, which has both names in one."""
    def plain(part):
        attribute = part.get("Fn::GetAtt")
        return {"Fn::GetAtt": attribute.split(".", 1)} if isinstance(attribute, str) else part
    written = json.loads((folder / "timeseries-cache.template.json").read_text(), object_hook=plain)
    for section in ("Transform", "Globals", "Parameters", "Conditions", "Resources", "Outputs", "Description"):
        assert written[section] == template[section], section


def test_cdk_in_python_includes_the_template(packaged, tmp_path):
    file, template = packaged
    done = run(sys.executable, "Infra/cdk/app.py", TEMPLATE=str(file), CDK_OUTDIR=str(tmp_path))
    assert done.returncode == 0, done.stderr
    synthesised(tmp_path, template)


def test_cdk_in_typescript_includes_the_template(packaged, tmp_path):
    file, template = packaged
    # The wheel of aws-cdk-lib, and those that it needs, carry their JavaScript.
    for archive in (TOOLS / "clients").glob("lib/python3*/site-packages/**/_jsii/*.jsii.tgz"):
        with tarfile.open(archive) as packed:
            packed.extractall(tmp_path / archive.name)
        package = tmp_path / archive.name / "package"
        module = tmp_path / "node_modules" / json.loads((package / "package.json").read_text())["name"]
        module.parent.mkdir(parents=True, exist_ok=True)
        package.rename(module)
    shutil.copy(PROJECT / "Infra/cdk/app.ts", tmp_path)
    # The types of Node.js are a package of npm's; the application uses one thing of it.
    (tmp_path / "node.d.ts").write_text("declare const process: { env: { [name: string]: string | undefined } };\n")
    done = run("tsc", "--strict", "--skipLibCheck", "--target", "es2022", "--module", "commonjs", "--moduleResolution", "node",
               tmp_path / "app.ts", tmp_path / "node.d.ts")
    assert done.returncode == 0, done.stdout
    done = run("node", tmp_path / "app.js", TEMPLATE=str(file), CDK_OUTDIR=str(tmp_path / "out"))
    assert done.returncode == 0, done.stderr
    synthesised(tmp_path / "out", template)


def test_terraform_applies_the_template():
    with open(PROJECT / "Infra/terraform/main.tf", encoding="utf-8") as file:
        module = hcl2.load(file)
    (resource,) = module["resource"]
    (stack,) = (body for kind in resource.values() for body in kind.values())
    assert {name for name in stack if not name.startswith("__")} == {"name", "template_body", "capabilities", "parameters", "tags"}
    assert "build/packaged.yaml" in stack["template_body"] and "CAPABILITY_IAM" in str(stack["capabilities"])
    names = {name.strip('"') for variable in module["variable"] for name in variable}
    assert names == {"stack", "api_key", "access_keys", "parameters"}
    given = str(stack["parameters"])
    assert "ApiKey" in given and "AccessKeys" in given


@pytest.mark.skipif(not shutil.which("terraform"), reason="terraform is not here; its package is not Debian's")
def test_terraform_is_formatted():
    assert run("terraform", "fmt", "-check", "Infra/terraform").returncode == 0


@pytest.mark.skipif(not BUILD.exists(), reason="nothing is built")
@pytest.mark.parametrize("given", [
    {}, {"HistoryStore": "dynamodb"}, {"HistoryStore": "dynamodb", "HistoryChunkTable": "mine", "ForecastLayout": "items"},
    {"HistoryStore": "influxdb", "InfluxUrl": "http://127.0.0.1:8086", "InfluxDatabase": "history", "InfluxTokenParameter": "/t"}], ids=lambda given: "-".join(given.values()) or "timestream")
def test_the_local_cloud_plans_the_template(template, given):
    done = run(BUILD / "local-cloud", "plan", *(word for name, value in given.items() for word in ("--parameter", f"{name}={value}")))
    assert done.returncode == 0, done.stderr
    template = settled(template, **given)
    for output in template["Outputs"]:
        assert f"\n  {output} " in done.stdout
    tables = {name: resource["Properties"]["TableName"] for name, resource in template["Resources"].items() if resource["Type"] == "AWS::DynamoDB::Table"}
    assert [table["Fn::Sub"].replace("${AWS::StackName}", "timeseries-cache") for table in tables.values()] == re.findall(r"^  DynamoDB table +(\S+)", done.stdout, re.MULTILINE)
    assert ("Timestream table" in done.stdout) == (given.get("HistoryStore") is None)
    for name, resource in template["Resources"].items():
        if resource["Type"].startswith(("AWS::IAM", "AWS::IoT", "AWS::Logs", "AWS::CloudWatch", "AWS::SNS::Topic")):
            assert name in done.stdout
    assert "timeseries_cache_devices" in done.stdout
