"""The template by the checkers of its field, by rules of our own, and through each of its doors."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tarfile

import hcl2
import pytest
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
    variables = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "AWS_DEFAULT_REGION": "us-east-1", "SAM_CLI_TELEMETRY": "0"} | environment
    return subprocess.run([str(word) for word in command], cwd=PROJECT, env=variables, capture_output=True, text=True, timeout=300)


# Checkers


@pytest.mark.parametrize("command", [
    ("sam/bin/cfn-lint", "Infra/template.yaml"),
    ("sam/bin/sam", "validate", "--lint", "--template", "Infra/template.yaml"),
    ("checkov/bin/checkov", "--config-file", "Infra/checkov.yaml"),
], ids=["cfn-lint", "sam validate --lint", "checkov"])
def test_a_checker_passes(command, tmp_path):
    done = run(TOOLS / command[0], *command[1:], HOME=str(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("command,edit", [
    ("sam/bin/cfn-lint", ("PAY_PER_REQUEST", "PAY_PER_QUEST")),
    ("checkov/bin/checkov", ("BlockPublicAcls: true", "BlockPublicAcls: false")),
])
def test_a_checker_can_fail(command, edit, tmp_path):
    broken = tmp_path / "template.yaml"
    text = TEMPLATE.read_text()
    assert edit[0] in text
    broken.write_text(text.replace(*edit))
    arguments = ["--config-file", "Infra/checkov.yaml", "--file", broken] if "checkov" in command else [broken]
    assert run(TOOLS / command, *arguments, HOME=str(tmp_path)).returncode != 0


def test_every_waiver_of_a_policy_has_its_reason():
    lines = (PROJECT / "Infra/checkov.yaml").read_text().split("skip-check:\n")[1].splitlines()
    for number, line in enumerate(lines):
        assert "#" in line or lines[number - 1].lstrip().startswith("#"), line
    for resource in yaml_parse(TEMPLATE.read_text())["Resources"].values():
        for waiver in resource.get("Metadata", {}).get("checkov", {}).get("skip", []):
            assert len(waiver["comment"]) > 20


# Rules of our own


def test_no_alias_that_cloudformation_would_refuse():
    assert "\n" + TEMPLATE.read_text() and not [line for line in TEMPLATE.read_text().splitlines() if ": &" in line or ": *" in line]


def test_a_message_stays_hidden_six_times_as_long_as_the_function_may_take(template):
    queues, functions = of_type(template, "AWS::SQS::Queue"), of_type(template, "AWS::Serverless::Function")
    for function in functions.values():
        for event in function["Events"].values():
            if event["Type"] == "SQS":
                queue = queues[event["Properties"]["Queue"]["Fn::GetAtt"][0]]
                assert queue["VisibilityTimeout"] >= 6 * function["Timeout"]
                assert queue["RedrivePolicy"]["maxReceiveCount"] == 5
                assert event["Properties"]["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def statements(template, role):
    for policy in of_type(template, "AWS::IAM::Role")[role]["Policies"]:
        for statement in policy["PolicyDocument"]["Statement"]:
            actions = statement["Action"]
            yield actions if isinstance(actions, list) else [actions], statement["Resource"]


def test_a_role_has_what_its_function_calls_and_nothing_else(template):
    granted = {role: sorted(action for actions, _ in statements(template, role) for action in actions) for role in of_type(template, "AWS::IAM::Role")}
    logs = ["logs:CreateLogStream", "logs:PutLogEvents"]
    assert granted == {
        "QueueFunctionRole": ["dynamodb:Scan", *logs, "sqs:SendMessage"],
        "FetchFunctionRole": [
            "dynamodb:BatchWriteItem", "dynamodb:GetItem", "dynamodb:Query", *logs, "sqs:DeleteMessage", "sqs:GetQueueAttributes",
            "sqs:ReceiveMessage", "ssm:GetParameter", "timestream:DescribeEndpoints", "timestream:WriteRecords"],
        "APIFunctionRole": ["dynamodb:Query", *logs, "ssm:GetParameter", "timestream:DescribeEndpoints", "timestream:Select"],
    }
    for role in granted:
        for actions, resource in statements(template, role):
            assert ("*" in json.dumps(resource)) == (actions == ["timestream:DescribeEndpoints"]), (role, actions, resource)
            assert not [action for action in actions if "*" in action]


def test_each_function_logs_where_lines_expire(template):
    groups = of_type(template, "AWS::Logs::LogGroup")
    assert len(groups) == 4 and all(group["RetentionInDays"] == {"Ref": "LogRetentionDays"} for group in groups.values())
    for function in of_type(template, "AWS::Serverless::Function").values():
        assert function["LoggingConfig"]["LogGroup"]["Ref"] in groups


def test_the_alarms_tell_someone(template):
    alarms = of_type(template, "AWS::CloudWatch::Alarm")
    assert len(alarms) == 8
    for alarm in alarms.values():
        assert alarm["AlarmActions"] == [{"Ref": "AlarmTopic"}] and alarm["TreatMissingData"] == "notBreaching" and alarm["AlarmDescription"]


def test_our_metrics_exist(template):
    """What alarms and dashboard name is what the functions write."""
    text = (PROJECT / "Sources/LambdaRuntime/Logger.swift").read_text()
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
