"""The template by the checkers of its field, by rules of our own, and through each of its doors."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile

import hcl2
import pytest
import yaml
from awscli.customizations.cloudformation.yamlhelper import yaml_parse

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
        return resource["Fn::Sub"].rsplit(":", 1)[1]
    resources = statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]]
    return [one(resource) for resource in resources]


def test_a_role_has_what_its_function_calls_and_nothing_else(template):
    granted = {}
    for name, role in of_type(template, "AWS::IAM::Role").items():
        assert role["AssumeRolePolicyDocument"]["Statement"] == [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]
        for policy in role["Policies"]:
            for statement in policy["PolicyDocument"]["Statement"]:
                assert statement["Effect"] == "Allow" and set(statement) == {"Effect", "Action", "Resource"}
                for action in statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]:
                    granted.setdefault(name, {})[action] = resource_of(statement)

    def logs(name):
        return {"logs:CreateLogStream": [f"{name}Log.Arn"], "logs:PutLogEvents": [f"{name}Log.Arn"]}
    history = ["database/${DatabaseName}/table/${TableName}"]
    queue = ["IdentifierQueue.Arn"]
    assert granted == {
        "QueueFunctionRole": {"dynamodb:Scan": ["IdentifierTable.Arn"], "sqs:SendMessage": queue} | logs("QueueFunction"),
        "FetchFunctionRole": {
            "sqs:ReceiveMessage": queue, "sqs:DeleteMessage": queue, "sqs:GetQueueAttributes": queue, "dynamodb:GetItem": ["IdentifierTable.Arn"],
            "dynamodb:BatchWriteItem": ["ForecastTable.Arn"], "dynamodb:Query": ["ForecastTable.Arn"], "timestream:WriteRecords": history,
            "timestream:DescribeEndpoints": ["*"], "ssm:GetParameter": ["parameter${SourcesParameter}", "parameter${SourceKeyParameter}"]} | logs("FetchFunction"),
        "APIFunctionRole": {
            "dynamodb:Query": ["ForecastTable.Arn"], "timestream:Select": history, "timestream:DescribeEndpoints": ["*"],
            "ssm:GetParameter": ["parameter${ApiKeyParameter}"]} | logs("APIFunction"),
    }


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
    functions = {"FetchFunction", "APIFunction"}
    retention = "HistoryTable.RetentionProperties"
    assert places == {
        "Sources": {"SourcesParameter.Value"}, "SourceKey": {"SourceKeyParameter.Value"}, "ApiKey": {"ApiKeyParameter.Value"},
        "Schedule": {"QueueFunction.Events.Daily.Properties.Schedule"},
        "FetchConcurrency": {"FetchFunction.Events.Identifiers.Properties.ScalingConfig.MaximumConcurrency"},
        "ApiRateLimit": {"Api.DefaultRouteSettings.ThrottlingRateLimit"}, "ApiBurstLimit": {"Api.DefaultRouteSettings.ThrottlingBurstLimit"},
        "CreateTimestream": {"Conditions.CreatesTimestream.Fn::Equals"},
        "DatabaseName": {"HistoryDatabase.DatabaseName", "WriteLatencyAlarm.Dimensions.Value"} | {f"{name}.Environment.Variables.TS_DB_NAME" for name in functions},
        "TableName": {"HistoryTable.TableName", "WriteLatencyAlarm.Dimensions.Value"} | {f"{name}.Environment.Variables.TS_TABLE_NAME" for name in functions},
        "MemoryStoreHours": {retention + ".MemoryStoreRetentionPeriodInHours"}, "MagneticStoreDays": {retention + ".MagneticStoreRetentionPeriodInDays"},
        "AlarmEmail": {"AlarmSubscription.Endpoint", "Conditions.HasAlarmEmail.Fn::Not.Fn::Equals"}, "LogRetentionDays": logs,
        "LogLevel": {"Globals.Function.Environment.Variables.LOG_LEVEL"}, "Architecture": {"Globals.Function.Architectures"},
    }


def test_what_holds_data(template):
    resources = template["Resources"]
    assert resources["IdentifierTable"]["Properties"]["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert resources["ForecastTable"]["Properties"]["TimeToLiveSpecification"] == {"AttributeName": "expiry", "Enabled": True}
    assert resources["HistoryTable"]["DependsOn"] == ["RejectedRecordsPolicy"]
    # Losing sight of the history must not delete it.
    assert {name: resource["DeletionPolicy"] for name, resource in resources.items() if resource["Type"].startswith("AWS::Timestream")} == {
        "HistoryDatabase": "RetainExceptOnCreate", "HistoryTable": "RetainExceptOnCreate"}
    magnetic = resources["HistoryTable"]["Properties"]["MagneticStoreWriteProperties"]
    assert magnetic["EnableMagneticStoreWrites"] and magnetic["MagneticStoreRejectedDataLocation"]["S3Configuration"]["BucketName"] == {"Ref": "RejectedRecords"}
    assert all(queue["SqsManagedSseEnabled"] for queue in of_type(template, "AWS::SQS::Queue").values())


def test_each_function_logs_where_lines_expire(template):
    groups = of_type(template, "AWS::Logs::LogGroup")
    assert len(groups) == 4 and all(group["RetentionInDays"] == {"Ref": "LogRetentionDays"} for group in groups.values())
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
        return [metric("AWS/Lambda", name, FunctionName=function) for function in ("QueueFunction", "FetchFunction", "APIFunction")]
    alarms = of_type(template, "AWS::CloudWatch::Alarm")
    table = {"Operation": "WriteRecords", "DatabaseName": "DatabaseName", "TableName": "TableName"}
    assert {name: (watched(alarm), alarm["Threshold"]) for name, alarm in alarms.items()} == {
        "DeadLetterAlarm": ([metric("AWS/SQS", "ApproximateNumberOfMessagesVisible", QueueName="DeadLetterQueue.QueueName")], 0),
        "OldestMessageAlarm": ([metric("AWS/SQS", "ApproximateAgeOfOldestMessage", QueueName="IdentifierQueue.QueueName")], 3600),
        "ErrorAlarm": (each("Errors"), 0), "ThrottleAlarm": (each("Throttles"), 0),
        "RejectedRecordsAlarm": ([metric("TimeSeriesCache", "RecordsRejected", FunctionName="FetchFunction")], 0),
        "SourceErrorAlarm": ([metric("TimeSeriesCache", "SourceErrors", FunctionName="FetchFunction")], 3),
        "WriteLatencyAlarm": ([metric("AWS/Timestream", "SuccessfulRequestLatency", **table)], 1000),
        "QueryLatencyAlarm": ([metric("TimeSeriesCache", "MergeTime", FunctionName="APIFunction")], 5000),
    }
    for alarm in alarms.values():
        assert alarm["AlarmActions"] == [{"Ref": "AlarmTopic"}] and alarm["TreatMissingData"] == "notBreaching" and alarm["AlarmDescription"]


def test_our_metrics_exist(template):
    """What alarms and dashboard name is what the functions write."""
    text = (PROJECT / "Sources/TimeSeriesCache/Functions/CacheMetric.swift").read_text()
    body = json.loads(of_type(template, "AWS::CloudWatch::Dashboard")["Dashboard"]["DashboardBody"]["Fn::Sub"])
    named = {alarm["MetricName"] for alarm in of_type(template, "AWS::CloudWatch::Alarm").values() if alarm.get("Namespace") == "TimeSeriesCache"}
    for widget in body["widgets"]:
        space = None
        for metric in widget["properties"].get("metrics", []):
            if isinstance(metric[0], str):
                space = metric[0] if metric[0] != "." else space
                named |= {metric[1]} if space == "TimeSeriesCache" and metric[1] != "." else set()
    assert named == {"IdentifiersQueued", "SamplesFetched", "HistoryRecords", "ForecastRecords", "RecordsRejected", "SourceErrors", "MergeTime", "BytesMetered"}
    assert all(f'"{name}"' in text for name in named)


def test_the_deployer_may_do_what_the_scripts_and_the_template_need():
    policy = json.loads((PROJECT / "Infra/deployer-policy.json").read_text())
    allowed = {action for statement in policy["Statement"] for action in statement["Action"]}
    needed = {
        "cloudformation:CreateChangeSet", "cloudformation:ExecuteChangeSet", "cloudformation:DeleteStack", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy",
        "iam:PassRole", "iam:PutRolePolicy", "lambda:CreateEventSourceMapping", "lambda:InvokeFunction", "dynamodb:PutItem", "sqs:GetQueueAttributes",
        "timestream:CreateTable", "timestream:DeleteTable", "timestream:DescribeEndpoints", "ssm:PutParameter", "events:PutTargets", "cloudwatch:PutDashboard"}
    assert needed <= allowed and not [action for action in allowed if action.endswith(":*")]
    for statement in policy["Statement"]:
        assert statement["Effect"] == "Allow" and statement["Sid"]


def test_the_readme_names_every_parameter_and_output(template):
    readme = (PROJECT / "README.md").read_text()
    missing = [name for name in [*template["Parameters"], *template["Outputs"]] if f"`{name}`" not in readme]
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


def test_cdk_in_python_includes_the_template(template, tmp_path):
    done = run(sys.executable, "Infra/cdk/app.py", TEMPLATE=str(TEMPLATE), CDK_OUTDIR=str(tmp_path))
    assert done.returncode == 0, done.stderr
    synthesised(tmp_path, template)


def test_cdk_in_typescript_includes_the_template(template, tmp_path):
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
    done = run("node", tmp_path / "app.js", TEMPLATE=str(TEMPLATE), CDK_OUTDIR=str(tmp_path / "out"))
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
    assert names == {"stack", "api_key", "parameters"}


@pytest.mark.skipif(not shutil.which("terraform"), reason="terraform is not here; its package is not Debian's")
def test_terraform_is_formatted():
    assert run("terraform", "fmt", "-check", "Infra/terraform").returncode == 0


@pytest.mark.skipif(not BUILD.exists(), reason="nothing is built")
def test_the_local_cloud_plans_the_template(template):
    done = run(BUILD / "local-cloud", "plan")
    assert done.returncode == 0, done.stderr
    for output in template["Outputs"]:
        assert f"\n  {output} " in done.stdout
    for name, resource in template["Resources"].items():
        if resource["Type"].startswith(("AWS::IAM", "AWS::Logs", "AWS::CloudWatch", "AWS::SNS::Topic")):
            assert name in done.stdout
