"""What people type beside a local cloud that runs: its environment, status, logs, dead letters; and what a start tells them."""

import contextlib
import json
import os
import re
import shutil
import subprocess
import time
import urllib.error
import urllib.request

import boto3
import pytest

from conftest import BUILD, PROJECT, TOOLS, Cloud, running, wait_until

KEYS = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
ENVIRONMENT = {"PATH": os.environ["PATH"], "HOME": "/nonexistent"}


def run(*words, cwd=PROJECT, **variables):
    return subprocess.run([BUILD / "local-cloud", *map(str, words)], cwd=cwd, env=ENVIRONMENT | variables, capture_output=True, text=True, timeout=300)


def told(*words, **options):
    done = run(*words, **options)
    assert done.returncode == 0 and done.stderr == "", done.stderr
    return done.stdout


def refused(*words, **options):
    done = run(*words, **options)
    assert done.returncode == 1 and done.stdout == "", done.stdout
    return done.stderr


# A mark after a quote or a backslash is one character with it; so is a line's end of two bytes.
HOSTILE = "it's \"$HOME\" `id` \\ $(id)\nnew line; é '\u0301;touch PWNED;'\u0301 \\\u0301 x\r\nready\r\ny"
TEMPLATE = """
Parameters:
  Sources: { Type: String, Default: '{"sun": {"url": "http://a/", "rows": "/data", "time": "/time", "measures": {"x": "/x"}}}' }
Resources:
  Dead: { Type: AWS::SQS::Queue, Properties: { QueueName: dead } }
  Orders:
    Type: AWS::SQS::Queue
    Properties:
      QueueName: orders
      RedrivePolicy: { deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 1 }
  Topic: { Type: AWS::SNS::Topic }
  Speak:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: app-speak
      CodeUri: QueueFunction.zip
      Environment: { Variables: { SOURCES: !Ref Sources, IDENTIFIER_TABLE: none, IDENTIFIER_QUEUE: none } }
      Events: { Daily: { Type: Schedule, Properties: { Schedule: cron(0 1 * * ? *), Name: daily } } }
Outputs:
  Hostile: { Value: HOSTILE }
  PATH: { Value: nowhere }
  AWSREGION: { Value: x }
  UID: { Value: x }
  EUID: { Value: x }
  PPID: { Value: x }
  BASHOPTS: { Value: x }
  SHELLOPTS: { Value: x }
""".replace("HOSTILE", json.dumps(HOSTILE))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("a cloud's data")


@pytest.fixture(scope="module")
def app(folder):
    template = folder / "t.yaml"
    template.write_text(TEMPLATE)
    with running("--data", str(folder / "data"), "--template", str(template)) as cloud:
        yield cloud


@pytest.fixture(scope="module")
def data(folder, app):
    return folder / "data"


# The start


def test_a_start_tells_where_what_to_try_and_in_a_line_what_is_not_emulated(tmp_path):
    process = subprocess.Popen(
        [BUILD / "local-cloud", "--port", "0", "--data", tmp_path / "d"], cwd=PROJECT, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    lines = [line.rstrip("\n") for line in iter(process.stdout.readline, "ready\n")]
    # What is told after `ready` comes before the end.
    errors = [process.stderr.readline() for _ in range(4)]
    process.terminate()
    assert process.communicate(timeout=300) == ("", "") and process.returncode == 0
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", lines[0]) and all(re.match(r"\w+=", line) for line in lines[1:])
    assert re.fullmatch(r"local-cloud: not emulated: \d+ resources \([\w, ]+\) and \d+ properties, which `local-cloud plan` lists; there is nothing to do\n", errors[0])
    assert errors[1] == f"local-cloud: it is at {lines[0]}. Try, in another terminal:\n"
    assert errors[2].startswith(f'  eval "$({BUILD}/local-cloud env --data {tmp_path}/d)"') and "local-cloud status" in errors[3]
    assert len("".join(errors)) < 700


def test_each_output_is_one_line(app):
    assert app.outputs["Hostile"] == HOSTILE.replace("\r", "\\r").replace("\n", "\\n") and app.outputs["UID"] == "x"


@contextlib.contextmanager
def told_by(*words, **variables):
    """A start's lines, and what it says besides, once it is ended."""
    process = subprocess.Popen(
        [BUILD / "local-cloud", "--port", "0", *map(str, words)], cwd=PROJECT, env=ENVIRONMENT | variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    errors = []
    try:
        yield [line.rstrip("\n") for line in iter(process.stdout.readline, "ready\n")], errors
    finally:
        process.terminate()
        errors += process.communicate(timeout=300)[1].splitlines()


def test_on_all_addresses_only_the_environment_is_told(tmp_path):
    (tmp_path / "t.yaml").write_text("Resources: { Q: { Type: AWS::SQS::Queue } }")
    with told_by("--host", "0.0.0.0", "--data", tmp_path / "d", "--template", tmp_path / "t.yaml") as (lines, errors):
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+", lines[0])
        assert f"export AWS_ENDPOINT_URL={lines[0]}\n" in told("env", "--data", tmp_path / "d")
        for words in (("--data", tmp_path / "d"), ("--url", lines[0])):
            assert refused("status", *words) == "local-cloud status: the local cloud listens on more than loopback: this is for clouds that do not\n"
    assert any(" env --data " in line for line in errors) and not any("status" in line for line in errors)


def test_a_key_pair_of_ones_own_is_not_kept(tmp_path):
    (tmp_path / "t.yaml").write_text("Resources: { Q: { Type: AWS::SQS::Queue } }")
    own = {"AWS_ACCESS_KEY_ID": "AKIAOWN", "AWS_SECRET_ACCESS_KEY": "a-secret-of-my-own"}
    with told_by("--data", tmp_path / "d", "--template", tmp_path / "t.yaml", **own):
        files = [file for file in (tmp_path / "d").rglob("*") if file.is_file()]
        assert tmp_path / "d" / "running.json" in files and not [file for file in files if b"a-secret-of-my-own" in file.read_bytes()]
        done = run("env", "--data", tmp_path / "d")
        assert done.returncode == 0 and "AWS_REGION" in done.stdout and "KEY" not in done.stdout
        assert done.stderr == (
            "local-cloud env: the cloud took its key pair from its environment: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY stay as they are here\n")


def test_the_store_of_an_earlier_run_is_forgotten(tmp_path):
    script = '. local/history.sh; start_history "$0"; printf "%s\n" "${history_options[@]}"'
    done = subprocess.run(["bash", "-euc", script, tmp_path], cwd=PROJECT, env=ENVIRONMENT, capture_output=True, text=True, timeout=300)
    with told_by("--data", tmp_path / "d", "--parameter", "HistoryStore=influxdb", "--parameter", "InfluxUrl=http://127.0.0.1:1") as (lines, _):
        assert "HistoryStoreName=influxdb" in lines
    with told_by("--data", tmp_path / "d", *done.stdout.split()) as (lines, errors):
        assert "HistoryStoreName=timestream" in lines
    with told_by("--data", tmp_path / "d") as (lines, later):
        assert "HistoryStoreName=timestream" in lines
    assert not [line for line in errors + later if "earlier start" in line]


def test_where_the_page_is_not_there_the_answer_says_how_to_make_it(tmp_path):
    shutil.copy(BUILD / "local-cloud", tmp_path)
    (tmp_path / "t.yaml").write_text("Resources: { Q: { Type: AWS::SQS::Queue } }")
    cloud = Cloud("--ephemeral", "--template", str(tmp_path / "t.yaml"), build=tmp_path)
    try:
        request = urllib.request.Request(cloud.address, headers={"Accept": "text/html"})
        with pytest.raises(urllib.error.HTTPError) as failure:
            urllib.request.urlopen(request, timeout=300)
        assert failure.value.code == 404 and failure.value.read().decode().endswith(f"Make it: local/page.sh {tmp_path}/page\n")
    finally:
        assert cloud.stop() == 0


def test_a_quiet_start_says_nothing_more(tmp_path):
    (tmp_path / "t.yaml").write_text("Resources: { Q: { Type: AWS::SQS::Queue } }")
    process = subprocess.Popen(
        [BUILD / "local-cloud", "--quiet", "--port", "0", "--ephemeral", "--template", tmp_path / "t.yaml"], env=ENVIRONMENT, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True)
    assert [line for line in iter(process.stdout.readline, "ready\n")]
    process.terminate()
    assert process.communicate(timeout=300) == ("", "") and process.returncode == 0


def test_parameters_are_kept_and_told(tmp_path):
    def start(*words):
        with running("--data", str(tmp_path / "d"), *words) as cloud:
            value = boto3.client("ssm", endpoint_url=cloud.address, **KEYS).get_parameter(Name=cloud.outputs["SourceKeyParameterName"])
            return value["Parameter"]["Value"]
    assert start() == "sunlight"
    assert start("--parameter", "SourceKey=mine") == "mine"
    assert start() == "mine"
    done = subprocess.Popen(
        [BUILD / "local-cloud", "--port", "0", "--data", tmp_path / "d"], cwd=PROJECT, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert [line for line in iter(done.stdout.readline, "ready\n")]
    done.terminate()
    _, errors = done.communicate(timeout=300)
    assert "local-cloud: as given at an earlier start: SourceKey (--reset NAME forgets one)\n" in errors and "mine" not in errors
    assert start("--reset", "SourceKey") == "sunlight"


# Its environment


SHELLS = [shell for shell in ("sh", "bash", "zsh") if subprocess.run(["which", shell], capture_output=True).returncode == 0]


@pytest.mark.parametrize("shell", SHELLS)
def test_the_exports_are_read_as_they_are(shell, app, data):
    script = f'eval "$({BUILD}/local-cloud env --data "$1")" && exec env -0'
    environment = ENVIRONMENT | {
        "AWS_PROFILE": "other", "AWS_DEFAULT_PROFILE": "other", "AWS_SESSION_TOKEN": "old", "AWS_ENDPOINT_URL_SQS": "http://other/",
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}
    done = subprocess.run([shell, "-c", script, shell, str(data)], env=environment, capture_output=True, timeout=300, cwd=data)
    assert done.returncode == 0 and done.stderr == b"", done.stderr
    variables = dict(line.split("=", 1) for line in done.stdout.decode().split("\0") if "=" in line)
    assert variables["Hostile"] == HOSTILE and variables["PATH"] == ENVIRONMENT["PATH"]
    assert not (data / "PWNED").exists()
    assert {name: value for name, value in variables.items() if name.startswith("AWS_")} == {
        "AWS_ENDPOINT_URL": app.address, "AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test"}


def test_the_exports_have_the_functions_variables(tmp_path):
    """Neither those that differ, nor secrets, nor what a shell lives by; an output comes before them."""
    functions = {"One": "SAME: a b, EMPTY: '', OTHER: one, SECRET: !Sub 'x${Secret}', PS4: x, LD_PRELOAD: x, Both: of a function, ALONE: 1", "Two": "SAME: a b, EMPTY: '', OTHER: two"}
    function = "{ Type: AWS::Serverless::Function, Properties: { CodeUri: QueueFunction.zip, Environment: { Variables: { VARIABLES } } } }"
    (tmp_path / "t.yaml").write_text(
        "Parameters: { Secret: { Type: String, NoEcho: true, Default: a-secret } }\nOutputs: { Both: { Value: of the stack } }\nResources:\n"
        + "".join(f"  {name}: {function.replace('VARIABLES', text)}\n" for name, text in functions.items()))
    names = ("SAME", "EMPTY", "OTHER", "SECRET", "PS4", "LD_PRELOAD", "Both", "ALONE")
    with running("--data", str(tmp_path / "d"), "--template", str(tmp_path / "t.yaml")):
        assert "a-secret" not in (tmp_path / "d" / "running.json").read_text()
        script = f'eval "$({BUILD}/local-cloud env --data "$0")" && exec env -0'
        done = subprocess.run(["bash", "-c", script, tmp_path / "d"], env=ENVIRONMENT, capture_output=True, text=True, timeout=300)
        variables = dict(line.split("=", 1) for line in done.stdout.split("\0") if "=" in line)
        assert {name: variables[name] for name in names if name in variables} == {"SAME": "a b", "EMPTY": "", "Both": "of the stack", "ALONE": "1"}


def test_a_shell_with_the_exports_knows_where_history_is(tmp_path):
    with running("--data", str(tmp_path / "d"), "--parameter", "HistoryStore=dynamodb"):
        def typed(command):
            script = f'eval "$({BUILD}/local-cloud env --data "$0")" && API_KEY=any {BUILD}/{command}'
            return subprocess.run(["bash", "-c", script, tmp_path / "d"], cwd=PROJECT, env=ENVIRONMENT, capture_output=True, text=True, timeout=300)
        query = typed("local-query temperature-trend --parameter bin=1h")
        assert query.returncode == 1 and query.stdout == "" and query.stderr.startswith(
            "local-query: saved queries are SQL of Timestream, and HISTORY_STORE is dynamodb: ask the API in its place")
        fetched = typed("local-fetch 51.48,0")
        assert fetched.returncode == 0 and " of history, " in fetched.stdout, fetched.stdout + fetched.stderr
        read = typed("local-api 51.48,0 from=now-1h to=now+1h")
        assert read.returncode == 0 and {"history", "forecast"} == {row["origin"] for row in json.loads(read.stdout)["rows"]}, read.stderr
        assert typed("local-queue").returncode == 0


def test_the_exports_for_fish(app, data):
    lines = told("env", "--data", data, "--shell", "fish")
    assert f"set -gx AWS_ENDPOINT_URL {app.address}\n" in lines
    assert "set -e AWS_PROFILE AWS_DEFAULT_PROFILE AWS_SESSION_TOKEN AWS_IGNORE_CONFIGURED_ENDPOINT_URLS\n" in lines
    # What is read as text here has no carriage returns.
    quoted = HOSTILE.replace("\r\n", "\n").replace("\\", "\\\\").replace("'", "\\'")
    assert f"set -gx Hostile '{quoted}'\n" in lines
    assert refused("env", "--data", data, "--shell", "csh") == "local-cloud env: --shell is 'csh': give sh or fish\n"


def test_over_tls_the_certificate_is_exported(tmp_path):
    with running("--tls", "--data", str(tmp_path / "d")) as cloud:
        assert f"export AWS_CA_BUNDLE={cloud.outputs['AWS_CA_BUNDLE']}\n" in told("env", "--data", tmp_path / "d")
        assert told("status", "--data", tmp_path / "d").startswith(f"Local cloud at {cloud.address}, stack timeseries-cache\n")


# Where none runs


@pytest.mark.parametrize("words", [("env",), ("status",), ("logs", "f"), ("redrive", "--all")])
def test_where_no_cloud_runs_that_is_told(tmp_path, words):
    assert refused(*words, "--data", tmp_path) == f"local-cloud {words[0]}: no local cloud runs on {tmp_path}: start it with local-cloud --data {tmp_path}\n"
    assert refused(*words, cwd=tmp_path) == f"local-cloud {words[0]}: no local cloud runs on .local-cloud: start it with local-cloud\n"
    if words != ("env",):
        assert refused(*words, "--url", "http://127.0.0.1:1").startswith(f"local-cloud {words[0]}: no local cloud answers at http://127.0.0.1:1: ")


def test_a_cloud_that_was_killed_does_not_run(tmp_path):
    with running("--data", str(tmp_path / "d")) as cloud:
        port = cloud.address.rsplit(":", 1)[1]
    none = f"no local cloud runs on {tmp_path}/d: start it with local-cloud --data {tmp_path}/d\n"
    assert (tmp_path / "d" / "running.json").exists() and refused("status", "--data", tmp_path / "d").endswith(none)
    # Another cloud that has its port is not the one that is asked for.
    with running("--ephemeral", "--port", port):
        assert refused("status", "--data", tmp_path / "d").endswith(none)


# Status, logs, redrive


def test_status_has_queues_functions_schedules_and_errors(app, data):
    sqs = boto3.client("sqs", endpoint_url=app.address, **KEYS)
    url = sqs.create_queue(QueueName="counted")["QueueUrl"]
    for text in ("a", "b", "c"):
        sqs.send_message(QueueUrl=url, MessageBody=text)
    assert len(sqs.receive_message(QueueUrl=url)["Messages"]) == 1
    failed = boto3.client("lambda", endpoint_url=app.address, **KEYS).invoke(FunctionName="app-speak", Payload=b"{}")
    assert failed["FunctionError"] == "Unhandled"
    for words in (("--data", data), ("--url", app.address), ("--url", app.address + "/")):
        lines = told("status", *words).splitlines()
        assert lines[0] == f"Local cloud at {app.address}, stack timeseries-cache"
        rows = [line.split() for line in lines]
        assert ["counted", "2", "1", "0"] in rows and ["orders", "0", "0", "0"] in rows
        assert ["dead", "0", "0", "0", "dead", "letters", "of", "orders"] in rows
        assert any(row[:1] == ["app-speak"] and row[1] == row[2] != "0" and row[3].endswith("Z") and row[5] == "ms" for row in rows)
        assert any(re.fullmatch(r"  daily +cron\(0 1 \* \* \? \*\) +app-speak +\d{4}-\d\d-\d\dT01:00:00.*Z", line) for line in lines)
        errors = lines[lines.index("Last errors") + 1:]
        assert len(errors) == 1 and "app-speak" in errors[0]


def test_the_logs_of_a_function(tmp_path):
    with running("--data", str(tmp_path / "d")) as cloud:
        functions = boto3.client("lambda", endpoint_url=cloud.address, **KEYS)
        table = boto3.client("dynamodb", endpoint_url=cloud.address, **KEYS)

        def fetch(identifier):
            table.put_item(TableName=cloud.outputs["IdentifierTableName"], Item={"identifier": {"S": identifier}, "source": {"S": "none"}})
            body = json.dumps({"Records": [{"messageId": "1", "eventSource": "aws:sqs", "body": json.dumps({"identifiers": [identifier]})}]})
            functions.invoke(FunctionName="timeseries-cache-fetch", Payload=body.encode())

        fetch("one")
        fetch("one, too")
        everything = told("logs", "fetch", "--data", tmp_path / "d")
        assert everything == told("logs", "timeseries-cache-fetch", "--url", cloud.address)
        assert everything == (tmp_path / "d" / "logs" / "timeseries-cache-fetch.log").read_text()
        lines = [json.loads(line) for line in told("logs", "fetch", "--identifier", "one", "--data", tmp_path / "d").splitlines()]
        assert lines and all(line.get("identifier", "one") == "one" for line in lines)
        assert told("logs", "fetch", "--since", "now+1h", "--data", tmp_path / "d") == ""
        none = run("logs", "fetch", "--identifier", "three", "--data", tmp_path / "d")
        assert (none.returncode, none.stdout, none.stderr) == (0, "", "no lines name three\n")
        assert told("logs", "fetch", "--since", "now-1h", "--data", tmp_path / "d") == everything
        assert refused("logs", "fetch", "--since", "soon", "--data", tmp_path / "d") == (
            "local-cloud logs: --since is 'soon': give a time such as now-10m, ISO 8601, or epoch milliseconds\n")
        names = "timeseries-cache-api, timeseries-cache-fetch, timeseries-cache-queue, timeseries-cache-write"
        for name in ("nobody", "timeseries-cache-", "e"):
            assert refused("logs", name, "--data", tmp_path / "d") == f"local-cloud logs: there is no function '{name}'; there are {names}\n"
        follow = subprocess.Popen(
            [BUILD / "local-cloud", "logs", "fetch", "--identifier", "two", "--follow", "--data", tmp_path / "d"], env=ENVIRONMENT, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True)
        try:
            fetch("two")
            assert json.loads(follow.stdout.readline())["identifier"] == "two"
        finally:
            follow.terminate()
            follow.communicate(timeout=300)


def test_logs_of_any_form(tmp_path):
    """Lines that end with two bytes, and lines with another time or none."""
    (tmp_path / "t.yaml").write_text(TEMPLATE)
    with running("--data", str(tmp_path / "d"), "--template", str(tmp_path / "t.yaml")):
        log = tmp_path / "d" / "logs" / "app-speak.log"

        def write(text):
            with open(log, "a", newline="") as file:
                file.write(text)

        write("undated\r\n2020-01-01 10:59:00,123+0000 old\r\nof the old\r\n2999-01-01T10:59:00Z new\r\nof the new\r\n")
        def printed(*words):
            done = subprocess.run([BUILD / "local-cloud", "logs", "speak", "--data", tmp_path / "d", *words], env=ENVIRONMENT, capture_output=True, timeout=300)
            assert done.returncode == 0 and done.stderr == b"", done.stderr
            return done.stdout
        assert printed() == b"undated\n2020-01-01 10:59:00,123+0000 old\nof the old\n2999-01-01T10:59:00Z new\nof the new\n"
        assert printed("--since", "now-1h") == b"undated\n2999-01-01T10:59:00Z new\nof the new\n"
        follow = subprocess.Popen([BUILD / "local-cloud", "logs", "speak", "--follow", "--data", tmp_path / "d"], env=ENVIRONMENT, stdout=subprocess.PIPE)
        try:
            assert follow.stdout.readline() == b"undated\n"
            write("later\r\n")
            assert [follow.stdout.readline() for _ in range(5)][-1] == b"later\n"
        finally:
            follow.terminate()
            follow.communicate(timeout=300)


def test_without_a_folder_there_are_no_logs():
    with running("--ephemeral") as cloud:
        assert refused("logs", "fetch", "--url", cloud.address) == "local-cloud logs: this cloud keeps no logs, for its data go with it (--ephemeral)\n"


def test_dead_letters_go_back(app, data):
    sqs = boto3.client("sqs", endpoint_url=app.address, **KEYS)
    orders, dead = (sqs.get_queue_url(QueueName=name)["QueueUrl"] for name in ("orders", "dead"))
    assert told("redrive", "dead", "--data", data) == "there are no dead letters in dead\n"
    assert told("redrive", "--all", "--data", data) == "there are no dead letters\n"

    def count(url):
        return int(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])["Attributes"]["ApproximateNumberOfMessages"])

    def fail(texts):
        before = count(dead)
        for text in texts:
            sqs.send_message(QueueUrl=orders, MessageBody=text)
        def moved():
            for message in sqs.receive_message(QueueUrl=orders, MaxNumberOfMessages=10).get("Messages", []):
                sqs.change_message_visibility(QueueUrl=orders, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0)
            return count(dead) == before + len(texts)
        wait_until(moved)

    fail(["a", "b"])
    assert told("redrive", "dead", "--data", data) == "dead: 2 messages moved back\n"
    assert (count(orders), count(dead)) == (2, 0)
    sqs.purge_queue(QueueUrl=orders)
    fail(["c"])
    assert told("redrive", "--all", "--url", app.address) == "dead: 1 message moved back\n"
    sqs.send_message(QueueUrl=dead, MessageBody="direct")
    (back,) = sqs.receive_message(QueueUrl=orders)["Messages"]
    sqs.delete_message(QueueUrl=orders, ReceiptHandle=back["ReceiptHandle"])
    # It is the first in the queue, and is passed over.
    fail(["d", "e", "f"])
    row = ["dead", "4", "0", "0", "dead", "letters", "of", "orders", "(1", "sent", "directly)"]
    assert row in [line.split() for line in told("status", "--data", data).splitlines()]
    assert told("redrive", "dead", "--data", data) == "dead: 3 messages moved back; 1 stays: it was sent there directly\n"
    assert (count(orders), count(dead)) == (3, 1)
    assert told("redrive", "--all", "--data", data) == "dead: 0 messages moved back; 1 stays: it was sent there directly\n"
    assert refused("redrive", "orders", "--data", data) == "local-cloud redrive: 'orders' is not the dead-letter queue of any queue\n"
    assert refused("redrive", "none", "--data", data) == "local-cloud redrive: there is no queue 'none'\n"
    for words in ((), ("dead", "--all")):
        assert refused("redrive", *words, "--data", data) == "local-cloud redrive: name a dead-letter queue, or give --all\n"


def test_another_site_may_not_ask(app):
    def status(method="GET", path="/_local-cloud/status", **headers):
        request = urllib.request.Request(app.address + path, headers={name.replace("_", "-"): value for name, value in headers.items()}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=300) as response:
                return response.status
        except urllib.error.HTTPError as error:
            return error.code

    own = {"X_Local_Cloud": "1"}
    assert status(**own) == 200 and status(**own, Origin=app.address) == 200
    assert [status(), status(**own, Origin="http://evil.example"), status(**own, Host="evil.example")] == [403] * 3
    assert status("POST", "/_local-cloud/redrive") == 403
    # A browser asks for leave first, and gets none.
    assert status("OPTIONS", Origin="http://evil.example", Access_Control_Request_Headers="x-local-cloud") >= 400


# The plan


@pytest.mark.parametrize("sources,words", [
    ('{"sun": ', "the variable SOURCES of the function app-speak: source 'any', catalog, line 1, column 9: is not JSON: "),
    ("{}", "the variable SOURCES of the function app-speak: source 'any', catalog: give an object of descriptions by name, at least one"),
    ('{"sun": {"url": "http://a/", "rows": "/data", "time": "/time", "measures": {"x": "/x"}, "tiem": 1}}', "the variable SOURCES of the function app-speak: source 'sun', "),
])
def test_the_plan_looks_at_the_sources(tmp_path, sources, words):
    (tmp_path / "t.yaml").write_text(TEMPLATE)
    assert told("plan", "--template", tmp_path / "t.yaml").startswith("Stack timeseries-cache\n")
    done = run("plan", "--template", tmp_path / "t.yaml", "--parameter", f"Sources={sources}")
    assert done.returncode == 1 and done.stderr.startswith(f"local-cloud: {words}") and len(done.stderr.splitlines()) == 1


def test_the_plan_looks_at_each_function(tmp_path):
    """Also at one whose own sources another function's parameter stands behind."""
    function = "{ Type: AWS::Serverless::Function, Properties: { CodeUri: QueueFunction.zip, Environment: { Variables: { VARIABLES } } } }"
    variables = {"Own": "SOURCES: '{}', SOURCES_SSM_ID: /shared", "Shared": "SOURCES_SSM_ID: /shared", "Shared2": "SOURCES_SSM_ID: /shared"}
    (tmp_path / "t.yaml").write_text("Resources:\n" + "".join(f"  {name}: {function.replace('VARIABLES', text)}\n" for name, text in variables.items()))
    done = run("plan", "--template", tmp_path / "t.yaml")
    assert done.returncode == 1 and ["the variable SOURCES of" in line for line in done.stderr.splitlines() if "/shared" in line or "SOURCES" in line] == [True, False]


def test_the_plan_names_the_nearest_parameter():
    assert refused("plan", "--parameter", "historystor=x") == (
        "local-cloud: Infra/template.yaml: the template has no parameter 'historystor'; the nearest name is HistoryStore\n")


def test_the_plan_of_the_project_looks_at_its_parameter(tmp_path):
    assert told("plan").startswith("Stack timeseries-cache\n")
    done = run("plan", "--parameter", 'Sources={"a": {}}')
    assert done.returncode == 1
    assert done.stderr.startswith("local-cloud: the parameter /timeseries-cache/sources, which the function timeseries-cache-fetch reads (SOURCES_SSM_ID): source 'a', ") or (
        done.stderr.startswith("local-cloud: the parameter /timeseries-cache/sources, which the function timeseries-cache-queue reads (SOURCES_SSM_ID): source 'a', "))
    assert len(done.stderr.splitlines()) == 1


# Errors about files


@pytest.mark.parametrize("words,error", [
    (("--template", "none.yaml"), "--template: cannot read none.yaml: No such file or directory"),
    (("--template", "."), "--template: cannot read .: Is a directory"),
    (("--template", "bad.yaml"), "bad.yaml:2:7: this is not YAML: mapping values are not allowed in this context"),
    (("--template", "empty"), "empty: the file is empty"),
    (("--template", "list.yaml"), "list.yaml:1: a template is a map"),
    (("--template", "good.yaml", "--parameters", "none"), "--parameters: cannot read none: No such file or directory"),
    (("--template", "good.yaml", "--parameters", "bad.yaml"), "bad.yaml:2:7: this is not YAML: mapping values are not allowed in this context"),
    (("--template", "good.yaml", "--parameters", "list.yaml"), "list.yaml: give a map of parameters: Name: value"),
    (("--template", "good.yaml", "--parameter", "P=@none"), "--parameter P: cannot read none: No such file or directory"),
    (("--template", "good.yaml", "--parameter", "P=x"), "good.yaml: the template has no parameter 'P'; it has "),
    (("--template", "good.yaml", "--tls-certificate", "none", "--tls-key", "empty"), "cannot read none: No such file or directory"),
    (("--template", "good.yaml", "--tls-certificate", "good.yaml", "--tls-key", "empty"), "good.yaml holds no certificate in PEM"),
    (("--template", "good.yaml", "--data", "empty"), "cannot be used: there is a file in its place: choose another folder with --data"),
])
def test_an_error_about_a_file_names_it(tmp_path, words, error):
    (tmp_path / "bad.yaml").write_text("Resources:\n  a: b: c\n")
    (tmp_path / "list.yaml").write_text("- a\n")
    (tmp_path / "good.yaml").write_text("Resources: { Q: { Type: AWS::SQS::Queue } }")
    (tmp_path / "empty").write_text("")
    told = refused("--port", "0", *words, cwd=tmp_path)
    assert error in told and told.startswith("local-cloud: ") and len(told.splitlines()) == 1


# The documents


def test_the_page_has_every_option_and_command():
    page = (PROJECT / "docs" / "local-cloud.md").read_text()
    start = told("--help")
    options = set(re.findall(r"^  --([a-z-]+)", start, re.MULTILINE)) - {"help", "version"}
    assert {"port", "reset", "quiet"} <= options and not [option for option in options if f"--{option}" not in page]
    commands = re.search(r"local-cloud (env \|.*?) +\(", start)[1].split(" | ")
    assert [command.split()[0] for command in commands] == ["env", "status", "logs", "redrive"]
    for command in ["plan", *commands]:
        assert f"| `{command}` |" in page, command
