"""Infra/deploy.sh, destroy.sh and hydrate.sh, with an `aws` that writes down what it is asked and answers from a table; every script's help."""

import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys

import pytest

from conftest import CLIENT_ENVIRONMENT, PROJECT

AWS = r"""#!/usr/bin/env bash
[ "$1 ${ASK:+asks}" != "timestream-write asks" ] || exec "$ASK" "$@"
{ printf '%s' "$1"; shift; printf '\t%s' "$@"; echo; } >>"$STUB/calls"
echo "$AWS_REGION $AWS_DEFAULT_REGION [${AWS_PAGER-unset}]" >>"$STUB/regions"
text="$*"
[[ -z "${FAIL_ON:-}" || "$text" != "$FAIL_ON "* ]] || { echo "An error occurred ($FAIL_ON)" >&2; exit 254; }
case "$text" in
  "describe-stacks"*StackStatus*) [ -f "$STUB/stack" ] && cat "$STUB/stack" || { echo "An error occurred (ValidationError): Stack with id x does not exist" >&2; exit 254; } ;;
  "describe-stacks"*ParameterKey*) key=${text#*ParameterKey==\'}; cat "$STUB/parameter-${key%%\'*}" 2>/dev/null || echo None ;;
  "package "*) [ -z "${BROKEN_PACKAGE:-}" ] && echo '{"Resources": {"A": {"Type": "T", "Metadata": {"a": 1}}}}' >"${text##*--output-template-file }" ;;
  "describe-endpoints") [ -z "${ENDPOINTS:-}" ] || { printf '\n%s\n' "$ENDPOINTS" >&2; exit 254; }; echo '{"Endpoints": []}' ;;
  "list-stack-resources"*"=='HistoryChunks'"*) echo "${CHUNKS:-}" ;;
  "describe-table"*) [ ! -f "$STUB/no-chunks" ] ;;
  "delete-table --table-name"*) touch "$STUB/no-chunks" ;;
  "describe-stacks"*OutputKey*) key=${text#*OutputKey==\'}; echo "the-${key%%\'*}" ;;
  "get-caller-identity"*) echo 123456789012 ;;
  "head-bucket"*) [ -f "$STUB/bucket-${text##* }" ] ;;
  "mb "*) touch "$STUB/bucket-${text##*s3://}" ;;
  "rb "*) rm "$STUB/bucket-${text##*s3://}" ;;
  "deploy "*) echo CREATE_COMPLETE >"$STUB/stack"; cp "${text##*file://}" "$STUB/overrides"; stat -c %a "${text##*file://}" >"$STUB/mode" ;;
  "delete-stack"*) rm -f "$STUB/stack"; touch "$STUB/deleted" ;;
  "list-stacks"*) [ -f "$STUB/deleted" ] && echo arn:deleted || echo None ;;
  "list-stack-resources"*"=='AWS::Timestream::Database'"*) echo TimeSeriesDB ;;
  "list-stack-resources"*"=='AWS::S3::Bucket'"*) echo the-reports ;;
  "list-stack-resources"*Alarm*) echo "a-dead-letters a-errors" ;;
  "list-stack-resources"*ResourceStatus*) echo "${LEFT:-}" ;;
  "list-stack-resources"*) echo "AWS::SQS::Queue a-queue" ;;
  "describe-database"*) [ ! -f "$STUB/no-history" ] ;;
  "delete-database"*) touch "$STUB/no-history" ;;
  "list-tables"*--next-token*) printf 'None\nsensors\n' ;;
  "list-tables"*) printf 'more\nrows\tweather.eu\n' ;;
  "invoke "*) cp "${text#*fileb://}" "$STUB/request" 2>/dev/null || { request=${text#*fileb://}; cp "${request%% *}" "$STUB/request"; }; 
    case "$text" in *WriteFunctionName*) cp "$STUB/request" "$STUB/write-request"; code=${WRITE_STATUS:-200} ;; *) cp "$STUB/request" "$STUB/api-request"; code=${API_STATUS:-404} ;; esac
    echo "{\"statusCode\":$code}" >"${text##* }" ;;
  "get-queue-attributes"*) echo "${LETTERS:-0}" ;;
  "describe-alarms"*) echo "${ALARMS:-}" ;;
  "get-parameter"*) echo the-api-key ;;
esac
"""
READS = {"describe-endpoints", "describe-table", "describe-stacks", "get-caller-identity", "head-bucket", "list-stack-resources", "list-stacks", "list-tables", "describe-database", "describe-alarms",
         "get-queue-attributes", "get-parameter"}
PACKAGES_BUCKET = "timeseries-cache-packages-123456789012-eu-west-1"


class Scripts:
    def __init__(self, folder):
        self.folder = folder
        stubs = {"aws": AWS, "make": '#!/bin/sh\necho "make $*" >>"$STUB/made"\n', "curl": '#!/bin/sh\nprintf "%s" "${GATEWAY_STATUS:-401}"\n'}
        for name, text in stubs.items():
            (folder / name).write_text(text)
            (folder / name).chmod(0o755)

    def __call__(self, script, *arguments, typed="", **variables):
        (self.folder / "calls").unlink(missing_ok=True)
        environment = {"PATH": f"{self.folder}:{os.environ['PATH']}", "STUB": str(self.folder), "AWS_REGION": "eu-west-1", "HOME": "/nonexistent"}
        return subprocess.run(
            [PROJECT / "Infra" / script, *arguments], env=environment | variables, input=typed, capture_output=True, text=True, timeout=300)

    @property
    def calls(self):
        file = self.folder / "calls"
        return [line.split("\t") for line in file.read_text().splitlines()] if file.exists() else []

    def operations(self):
        """What was asked that changes something."""
        return [call[1] for call in self.calls if call[1] not in READS]

    def overrides(self):
        return dict(text.split("=", 1) for text in json.loads((self.folder / "overrides").read_text()))


@pytest.fixture
def scripts(tmp_path):
    # What a person has packaged stays.
    packaged = PROJECT / "build/packaged.yaml"
    before = packaged.read_bytes() if packaged.exists() else None
    yield Scripts(tmp_path)
    if before is not None:
        packaged.write_bytes(before)
    else:
        packaged.unlink(missing_ok=True)


def test_a_first_deployment(scripts, tmp_path):
    sources = tmp_path / "sources.json"
    sources.write_bytes(b'{"default": {\r\n\t"url": "http://x/{identifier}?a=\\"b\\"&c=\\\\d"}}\n')
    done = scripts("deploy.sh", f"Sources=@{sources}", "Schedule=rate(5 minutes)")
    assert done.returncode == 0, done.stderr
    assert scripts.operations() == ["mb", "package", "deploy", "update-termination-protection", "invoke", "invoke"]
    assert (tmp_path / "made").read_text() == "make package\n"
    given = scripts.overrides()
    assert len(given["ApiKey"]) == 48 and set(given["ApiKey"]) <= set("0123456789abcdef")
    access = json.loads(given["AccessKeys"])
    assert [(entry["name"], entry["buckets"], entry["allow"]) for entry in access] == [
        ("writer", ["*"], ["write"]), ("admin", ["*"], ["read", "write", "admin"])]
    keys = [given["ApiKey"], *(entry["key"] for entry in access)]
    assert len(set(keys)) == 3 and {len(key) for key in keys} == {48}
    assert json.loads(given["Sources"]) == json.loads(sources.read_text())
    assert given["Schedule"] == "rate(5 minutes)" and given["Architecture"] in ("x86_64", "arm64")
    # The keys are nowhere that others could see them, and their file is gone.
    shown = done.stdout + done.stderr + (tmp_path / "calls").read_text()
    assert [key for key in keys if key in shown] == []
    assert (tmp_path / "mode").read_text() == "600\n"
    assert not os.path.exists(scripts.calls[[call[1] for call in scripts.calls].index("deploy")][-1].removeprefix("file://"))
    assert "The API is at the-APIUrl." in done.stdout and "--name the-ApiKeyParameterName" in done.stdout
    assert "write to the-WriteUrl." in done.stdout and "--name the-AccessKeysParameterName" in done.stdout and "Infra/hydrate.sh" in done.stdout
    assert ["s3", "mb", "s3://" + PACKAGES_BUCKET] in scripts.calls
    # Both variables: the AWS CLI 1 knows one of them, everything else the other. No pager, which would wait for a person.
    assert set((tmp_path / "regions").read_text().splitlines()) <= {"eu-west-1 eu-west-1 []", "eu-west-1  []"}


def test_a_second_deployment_keeps_the_key(scripts, tmp_path):
    (tmp_path / "stack").write_text("UPDATE_COMPLETE\n")
    (tmp_path / f"bucket-{PACKAGES_BUCKET}").touch()
    assert scripts("deploy.sh", "LogLevel=DEBUG").returncode == 0
    assert scripts.operations() == ["package", "deploy", "update-termination-protection", "invoke", "invoke"]
    assert scripts.overrides() == {"LogLevel": "DEBUG", "Architecture": scripts.overrides()["Architecture"], "ForecastLayout": "items"}
    # What the stack has, it keeps.
    (tmp_path / "parameter-ForecastLayout").write_text("chunks\n")
    # Neither does an older stack get keys that nobody asked for.
    assert scripts("deploy.sh", "ApiKey=of-my-own-0123456789", "Architecture=arm64", "--packaged").returncode == 0
    assert scripts.overrides() == {"ApiKey": "of-my-own-0123456789", "Architecture": "arm64"}
    assert (tmp_path / "made").read_text() == "make package\n"


CLOSED = ("An error occurred (AccessDeniedException) when calling the DescribeEndpoints operation: "
          "Only existing Timestream for LiveAnalytics customers can access the service. Reach out to AWS support for more information.")
NOT_HERE = 'Could not connect to the endpoint URL: "https://ingest.timestream.eu-west-3.amazonaws.com/"'
NO_RIGHT = ("An error occurred (AccessDeniedException) when calling the DescribeEndpoints operation: "
            "User: arn:aws:iam::1:user/a is not authorized to perform: timestream:DescribeEndpoints")


@pytest.mark.parametrize("answer,given,chosen,told", [
    ("", [], "timestream", "this account can use Timestream for LiveAnalytics"), (CLOSED, [], "dynamodb", "Only existing Timestream"), (NOT_HERE, [], "dynamodb", "Could not connect"),
    (NO_RIGHT, [], None, "give HistoryStore=dynamodb, which every account can"), ("Unable to locate credentials", [], None, "give HistoryStore=dynamodb"),
    (CLOSED, ["HistoryStore=timestream"], "timestream", None), ("", ["HistoryStore=dynamodb"], "dynamodb", None),
    (NO_RIGHT, ["HistoryStore=influxdb", "InfluxUrl=https://influx.example", "InfluxDatabase=d"], "influxdb", None),
])
def test_a_new_stack_keeps_history_where_the_account_can(scripts, tmp_path, answer, given, chosen, told):
    done = scripts("deploy.sh", *given, ENDPOINTS=answer)
    if chosen is None:
        # Before anything is built, with AWS's own words.
        assert done.returncode != 0 and told in done.stderr and answer in done.stderr and scripts.operations() == [] and not (tmp_path / "made").exists()
        return
    assert done.returncode == 0 and scripts.overrides()["HistoryStore"] == chosen and "ForecastLayout" not in scripts.overrides()
    asked = ["timestream-write", "describe-endpoints"] in scripts.calls
    assert asked == (told is not None) and ("AWS says" in done.stderr) == asked
    assert not asked or (told in done.stderr and f"HistoryStore={chosen}" in done.stderr)
    # A dry run asks, too.
    (tmp_path / "stack").unlink()
    dry = scripts("deploy.sh", "--dry-run", *given, ENDPOINTS=answer)
    assert dry.returncode == 0 and (["timestream-write", "describe-endpoints"] in scripts.calls) == asked and scripts.operations() == []


def test_influxdb_needs_a_place(scripts, tmp_path):
    for given in ([], ["InfluxUrl=https://influx.example"], ["InfluxDatabase=d"]):
        done = scripts("deploy.sh", "HistoryStore=influxdb", *given)
        assert done.returncode == 2 and "needs InfluxUrl and InfluxDatabase" in done.stderr and scripts.operations() == [] and not (tmp_path / "made").exists()
    # Nor does a stack move there that is not told where, or a stack of before these parameters.
    (tmp_path / "stack").write_text("UPDATE_COMPLETE\n")
    for url, database, known in ((None, None, False), ("", "", False), ("https://influx.example", "", False), ("https://influx.example", "d", True)):
        for name, value in (("InfluxUrl", url), ("InfluxDatabase", database)):
            if value is not None:
                (tmp_path / f"parameter-{name}").write_text(value + "\n")
        done = scripts("deploy.sh", "HistoryStore=influxdb")
        assert (done.returncode, "needs InfluxUrl and InfluxDatabase" in done.stderr, bool(scripts.operations())) == ((0, False, True) if known else (2, True, False)), done.stderr


def test_a_real_answer_is_understood(scripts, tmp_path, cloud):
    """Of the AWS CLI, about an account that has Timestream, and about an address where there is none."""
    cli = {"ASK": str(pathlib.Path(sys.executable).parent / "aws"), "ALLOW_LOCAL_ENDPOINT": "1"} | CLIENT_ENVIRONMENT
    assert scripts("deploy.sh", **cli, AWS_ENDPOINT_URL=cloud.address).returncode == 0
    assert scripts.overrides()["HistoryStore"] == "timestream"
    (tmp_path / "stack").unlink()
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        done = scripts("deploy.sh", **cli, AWS_ENDPOINT_URL=f"http://127.0.0.1:{nobody.getsockname()[1]}", AWS_MAX_ATTEMPTS="1")
    assert done.returncode == 0 and "Could not connect to the endpoint URL" in done.stderr and scripts.overrides()["HistoryStore"] == "dynamodb"


@pytest.mark.parametrize("has,given,moves", [
    ("dynamodb", [], False), (None, [], False), ("dynamodb", ["HistoryStore=dynamodb"], False), (None, ["HistoryStore=timestream"], False),
    (None, ["HistoryStore=dynamodb"], True), ("dynamodb", ["LogLevel=INFO", "HistoryStore=timestream"], True), ("influxdb", ["HistoryStore=dynamodb"], True),
])
def test_a_stack_keeps_its_store_whatever_the_account_can(scripts, tmp_path, has, given, moves):
    """One that is there already is not asked about: nothing but a parameter moves its history, and that is said."""
    (tmp_path / "stack").write_text("UPDATE_COMPLETE\n")
    (tmp_path / "parameter-ForecastLayout").write_text("chunks\n")
    if has:
        (tmp_path / "parameter-HistoryStore").write_text(has + "\n")
    done = scripts("deploy.sh", *given, ENDPOINTS=CLOSED)
    assert done.returncode == 0 and not [call for call in scripts.calls if call[1] == "describe-endpoints"]
    assert {name: value for name, value in scripts.overrides().items() if name != "Architecture"} == dict(word.split("=") for word in given)
    wanted = f"History moves from {has or 'timestream'} to {given[-1].split('=')[1]}, which begins without rows" if moves else ""
    assert wanted in done.stderr and ("History moves" in done.stderr) == moves


def test_the_forecasts_of_an_older_stack_stay_where_they_are(scripts, tmp_path):
    (tmp_path / "stack").write_text("CREATE_COMPLETE\n")
    done = scripts("deploy.sh")
    assert scripts.overrides()["ForecastLayout"] == "items" and "ForecastLayout=chunks costs a fraction" in done.stderr
    done = scripts("deploy.sh", "ForecastLayout=chunks")
    assert scripts.overrides()["ForecastLayout"] == "chunks" and "costs a fraction" not in done.stderr


def test_what_cannot_be_packaged_is_not_deployed(scripts, tmp_path):
    assert scripts("upload.sh").returncode == 2 and scripts.calls == []
    done = scripts("deploy.sh", BROKEN_PACKAGE="1")
    assert done.returncode != 0 and scripts.operations() == ["mb", "package"]


@pytest.mark.parametrize("state,ends_well", [("REVIEW_IN_PROGRESS", True), ("ROLLBACK_COMPLETE", False), ("DELETE_FAILED", False)])
def test_a_stack_that_never_stood(scripts, tmp_path, state, ends_well):
    """One of which only a change set was made needs its key; one that cannot be updated is told before anything is built."""
    (tmp_path / "stack").write_text(state + "\n")
    done = scripts("deploy.sh")
    assert (done.returncode == 0) == ends_well
    if ends_well:
        assert len(scripts.overrides()["ApiKey"]) == 48 and "AccessKeys" in scripts.overrides()
    else:
        assert "Infra/destroy.sh" in done.stderr and scripts.operations() == [] and not (tmp_path / "made").exists()


@pytest.mark.parametrize("script", ["deploy.sh", "destroy.sh"])
def test_a_dry_run_changes_nothing(scripts, tmp_path, script):
    if script == "destroy.sh":
        (tmp_path / "stack").write_text("CREATE_COMPLETE\n")
    done = scripts(script, "--dry-run")
    assert done.returncode == 0 and scripts.operations() == [] and not (tmp_path / "made").exists()
    assert f"+ aws cloudformation {'deploy' if script == 'deploy.sh' else 'delete-stack'} --stack-name timeseries-cache" in done.stderr


@pytest.mark.parametrize("variables,word", [
    ({"API_STATUS": "503"}, "NOT OK: the API function"), ({"WRITE_STATUS": "503"}, "NOT OK: the write function"), ({"LETTERS": "3"}, "NOT OK: 3 dead letters"), ({"GATEWAY_STATUS": "404"}, "NOT OK: API Gateway answers 404"),
    ({"ALARMS": "a-errors"}, "NOT OK: alarms that are on: a-errors"),
])
def test_verify_fails_where_something_does_not_work(scripts, tmp_path, variables, word):
    (tmp_path / "stack").write_text("CREATE_COMPLETE\n")
    assert scripts("deploy.sh", "--verify").returncode == 0
    assert json.loads((tmp_path / "api-request").read_text())["headers"] == {"x-api-key": "the-api-key"}
    assert json.loads((tmp_path / "write-request").read_text())["path"] == "/health"
    done = scripts("deploy.sh", "--verify", **variables)
    assert done.returncode != 0 and word in done.stdout
    # A deployment says so, too, and still tells where the API is.
    done = scripts("deploy.sh", **variables)
    assert done.returncode != 0 and word in done.stdout and "The API is at" in done.stdout


def test_nothing_is_destroyed_without_the_stacks_name(scripts, tmp_path):
    (tmp_path / "stack").write_text("CREATE_COMPLETE\n")
    for bucket in (PACKAGES_BUCKET, "the-reports"):
        (tmp_path / f"bucket-{bucket}").touch()
    for typed in ("yes\n", "\n", ""):
        assert scripts("destroy.sh", typed=typed).returncode != 0
        assert scripts.operations() == []
    shown = scripts("destroy.sh", "--status")
    assert shown.returncode == 0 and scripts.operations() == [] and PACKAGES_BUCKET in shown.stdout
    assert [line.split("\t")[1] for line in shown.stdout.splitlines() if line.startswith("Timestream table")] == [
        "TimeSeriesDB|rows", "TimeSeriesDB|weather.eu", "TimeSeriesDB|sensors"]
    done = scripts("destroy.sh", typed="timeseries-cache\n")
    assert done.returncode == 0, done.stderr
    assert scripts.operations() == ["rm", "update-termination-protection", "delete-stack", "wait", "delete-table", "delete-table", "delete-table", "delete-database", "rb"]
    assert ["s3", "rm", "--quiet", "--recursive", "s3://the-reports"] in scripts.calls
    # Those that were created on demand, too, to the last page, and none before whatever writes is gone.
    deleted = [call[-1] for call in scripts.calls if call[:4] == ["timestream-write", "delete-table", "--database-name", "TimeSeriesDB"]]
    assert deleted == ["rows", "weather.eu", "sensors"]
    assert [call[1] for call in scripts.calls].index("wait") < max(number for number, call in enumerate(scripts.calls) if call[1] == "list-tables")
    assert "Nothing of timeseries-cache is left." in done.stdout
    # The table of history in DynamoDB, where there is one.
    (tmp_path / "stack").write_text("CREATE_COMPLETE\n")
    assert scripts("destroy.sh", "--yes", CHUNKS="a-history-chunks").returncode == 0
    deleted = [call[1:] for call in scripts.calls if call[0] == "dynamodb" and call[1] != "describe-table"]
    assert deleted == [["delete-table", "--table-name", "a-history-chunks"], ["wait", "table-not-exists", "--table-name", "a-history-chunks"]]
    (tmp_path / "no-chunks").unlink()
    left = scripts("destroy.sh", "--verify", CHUNKS="a-history-chunks")
    assert left.returncode != 0 and "DynamoDB table a-history-chunks" in left.stdout
    (tmp_path / "no-chunks").touch()
    (tmp_path / "no-history").unlink()
    left = scripts("destroy.sh", "--verify")
    assert left.returncode != 0 and "Timestream database TimeSeriesDB" in left.stdout
    left = scripts("destroy.sh", "--verify", LEFT="AWS::Logs::LogGroup a-group")
    assert left.returncode != 0 and "AWS::Logs::LogGroup a-group" in left.stdout


def test_what_failed_half_way_can_be_repeated(scripts, tmp_path):
    # The stack is gone, its packages are not.
    (tmp_path / f"bucket-{PACKAGES_BUCKET}").touch()
    assert scripts("destroy.sh").returncode == 0 and scripts.operations() == ["rb"]
    # The stack is there, its buckets are not.
    (tmp_path / "stack").write_text("DELETE_FAILED\n")
    assert scripts("destroy.sh", "--yes").returncode == 0
    assert scripts.operations() == ["update-termination-protection", "delete-stack", "wait", "delete-table", "delete-table", "delete-table", "delete-database"]


def test_a_bucket_of_ones_own_stays(scripts, tmp_path):
    (tmp_path / "stack").write_text("CREATE_COMPLETE\n")
    (tmp_path / "bucket-of-the-company").touch()
    assert scripts("destroy.sh", "--yes", BUCKET="of-the-company").returncode == 0
    assert (tmp_path / "bucket-of-the-company").exists() and "rb" not in scripts.operations()


def test_looking_that_fails_is_not_taken_for_nothing(scripts):
    for operation in ("list-stacks", "describe-stacks"):
        done = scripts("destroy.sh", "--verify", FAIL_ON=operation)
        assert done.returncode != 0 and "Nothing of" not in done.stdout


@pytest.mark.parametrize("script,arguments", [
    ("deploy.sh", ["--force"]), ("destroy.sh", ["--force"]), ("destroy.sh", ["--dry-run", "--yes"]), ("deploy.sh", ["--yes"]),
    ("destroy.sh", ["--status", "STACK=other"]), ("deploy.sh", ["--dry-run", "--status"]),
])
def test_what_is_not_understood_is_refused(scripts, script, arguments):
    done = scripts(script, *arguments)
    assert done.returncode == 2 and f"Usage: Infra/{script}" in done.stderr and scripts.calls == []


@pytest.mark.parametrize("script", [
    name for name in subprocess.check_output(["git", "ls-files", "*.sh"], cwd=PROJECT, text=True).split()
    if (PROJECT / name).read_text().startswith("#!")])
def test_help_starts_no_work(tmp_path, script):
    # Nothing can be started but what help needs.
    for name in ("bash", "env", "sed"):
        (tmp_path / name).symlink_to(shutil.which(name))
    done = subprocess.run([PROJECT / script, "--help"], env={"PATH": str(tmp_path)}, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0 and done.stderr == "" and f"\nUsage: {script}" in done.stdout


@pytest.mark.parametrize("variables", [
    {"AWS_ENDPOINT_URL": "http://127.0.0.1:4566"}, {"AWS_ENDPOINT_URL": "https://localhost:4566/"}, {"AWS_ENDPOINT_URL": "http://[::1]:4566"},
    {"AWS_ENDPOINT_URL": "http://x.localhost"}, {"AWS_ENDPOINT_URL_S3": "http://127.0.0.2:1", "AWS_ENDPOINT_URL": "https://example.com"}],
    ids=lambda variables: "-".join(variables.values()))
@pytest.mark.parametrize("script", ["deploy.sh", "destroy.sh", "hydrate.sh"])
def test_the_local_cloud_is_not_taken_for_aws(scripts, tmp_path, script, variables):
    """After `eval "$(local-cloud env)"` a shell points there: nothing is asked, and nothing is built, a dry run included."""
    for arguments in ([], ["--dry-run"]) if script != "hydrate.sh" else ([],):
        done = scripts(script, *arguments, **variables)
        name, address = next(iter(variables.items()))
        assert done.returncode == 2 and done.stderr.startswith(f"{name} is {address}, the local cloud and not AWS: open a new terminal"), done.stderr
        assert scripts.calls == [] and not (tmp_path / "made").exists()


def test_another_endpoint_is_one_of_aws(scripts):
    for address in ("https://vpce.example.com", "https://localhost.example.com", "https://127.example.com/127.0.0.1"):
        assert scripts("deploy.sh", "--dry-run", AWS_ENDPOINT_URL=address).returncode == 0, address


@pytest.mark.parametrize("script", ["deploy.sh", "destroy.sh", "hydrate.sh"])
def test_without_the_aws_cli_the_line_that_brings_it_is_shown(tmp_path, script):
    for name in ("bash", "env", "sed", "dirname"):
        (tmp_path / name).symlink_to(shutil.which(name))
    done = subprocess.run([PROJECT / "Infra" / script], env={"PATH": str(tmp_path)}, capture_output=True, text=True, timeout=300)
    assert done.returncode == 2 and done.stdout == "" and done.stderr.startswith("The AWS CLI is missing. Run:  sudo apt-get install -y python3-venv ")
    assert done.stderr.count("\n") == 1 and "pip install awscli && export PATH=~/venv/bin:$PATH" in done.stderr


@pytest.mark.parametrize("has_sudo", [True, False])
def test_what_is_to_be_installed_is_a_line_to_type(tmp_path, has_sudo):
    """With the lists of packages, which a fresh system does not have; without sudo where there is none."""
    for name in ("bash", "sed"):
        (tmp_path / name).symlink_to(shutil.which(name))
    stubs = {"swift": "exit 0", "dpkg-query": "exit 1", "id": "echo 1000"} | ({"sudo": "exit 1"} if has_sudo else {})
    for name, text in stubs.items():
        (tmp_path / name).write_text(f"#!{shutil.which('sh')}\n{text}\n")
        (tmp_path / name).chmod(0o755)
    done = subprocess.run([shutil.which("bash"), PROJECT / "local/setup.sh"], env={"PATH": str(tmp_path)}, capture_output=True, text=True, timeout=300)
    start = "Run:  sudo apt-get update && sudo apt-get install -y " if has_sudo else "Run as root:  apt-get update && apt-get install -y "
    assert done.returncode == 1 and done.stdout == "" and done.stderr.startswith("Debian packages are missing. " + start), done.stderr
    assert "libcurl4-openssl-dev" in done.stderr and done.stderr.count("sudo") == (2 if has_sudo else 0)


def test_a_file_that_is_missing_is_told_before_anything_is_built(scripts, tmp_path):
    done = scripts("deploy.sh", "Sources=@/no/such/file")
    assert done.returncode == 2 and "Sources: the file /no/such/file cannot be read" in done.stderr and not (tmp_path / "made").exists()


def test_capitals_in_a_stacks_name_are_none_in_its_bucket(scripts):
    assert scripts("deploy.sh", STACK="MyCache").returncode == 0
    assert ["s3", "mb", "s3://mycache-packages-123456789012-eu-west-1"] in scripts.calls


def test_an_error_of_aws_is_not_taken_for_a_missing_stack(scripts, tmp_path):
    (tmp_path / "aws").write_text("#!/bin/sh\necho 'Unable to locate credentials' >&2\nexit 255\n")
    done = scripts("deploy.sh")
    assert done.returncode != 0 and "Unable to locate credentials" in done.stderr and not (tmp_path / "made").exists()


def test_hydration_gets_the_stacks_outputs(scripts, tmp_path):
    # The API's address is no address, so the program ends at once, and names it.
    done = scripts("hydrate.sh", AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test", AWS_ENDPOINT_URL="http://127.0.0.1:1", ALLOW_LOCAL_ENDPOINT="1", AWS_MAX_ATTEMPTS="1")
    assert done.returncode == 1 and "hydration: " in done.stderr
    asked = [call for call in scripts.calls if call[1] == "describe-stacks"]
    assert [key for call in asked for key in ("APIUrl", "IDTableName", "QueueingLambdaName", "ApiKeyParameterName") if f"'{key}'" in call[-3]] == [
        "APIUrl", "IDTableName", "QueueingLambdaName", "ApiKeyParameterName"]
