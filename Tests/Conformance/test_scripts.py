"""Infra/deploy.sh, destroy.sh and hydrate.sh, with an `aws` that writes down what it is asked and answers from a table."""

import json
import os
import subprocess

import pytest

from conftest import PROJECT

AWS = r"""#!/usr/bin/env bash
{ printf '%s' "$1"; shift; printf '\t%s' "$@"; echo; } >>"$STUB/calls"
text="$*"
case "$text" in
  "describe-stacks"*StackStatus*) [ -f "$STUB/stack" ] && echo CREATE_COMPLETE || { echo "An error occurred (ValidationError): Stack with id x does not exist" >&2; exit 254; } ;;
  "describe-stacks"*OutputKey*) key=${text#*OutputKey==\'}; echo "the-${key%%\'*}" ;;
  "get-caller-identity"*) echo 123456789012 ;;
  "head-bucket"*) [ -f "$STUB/bucket" ] ;;
  "mb "*) touch "$STUB/bucket" ;;
  "rb "*) rm -f "$STUB/bucket" ;;
  "deploy "*) touch "$STUB/stack"; cp "${text##*file://}" "$STUB/overrides"; stat -c %a "${text##*file://}" >"$STUB/mode" ;;
  "delete-stack"*) rm -f "$STUB/stack" ;;
  "invoke "*) echo "{\"statusCode\":${API_STATUS:-401}}" >"${text##* }" ;;
  "get-queue-attributes"*) echo "${LETTERS:-0}" ;;
  "list-stack-resources"*) echo "AWS::SQS::Queue a-queue" ;;
  "list-tables"*) echo "${TABLES:-}" ;;
  "list-queues"*) echo None ;;
  "get-parameter"*) echo the-api-key ;;
esac
"""
READS = {"describe-stacks", "get-caller-identity", "head-bucket", "list-stack-resources", "list-tables", "list-queues", "describe-log-groups", "describe-alarms",
         "get-queue-attributes"}


class Scripts:
    def __init__(self, folder):
        self.folder = folder
        for name, text in {"aws": AWS, "make": '#!/bin/sh\necho "make $*" >>"$STUB/made"\n'}.items():
            (folder / name).write_text(text)
            (folder / name).chmod(0o755)

    def __call__(self, script, *arguments, typed="", **variables):
        (self.folder / "calls").unlink(missing_ok=True)
        environment = {"PATH": f"{self.folder}:{os.environ['PATH']}", "STUB": str(self.folder), "AWS_REGION": "eu-west-1", "HOME": "/nonexistent"}
        return subprocess.run(
            [PROJECT / "Infra" / script, *arguments], env=environment | variables, input=typed, capture_output=True, text=True, timeout=60)

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
    return Scripts(tmp_path)


def test_a_first_deployment(scripts, tmp_path):
    sources = tmp_path / "sources.json"
    sources.write_text('{"default": {\n\t"url": "http://x/{identifier}?a=\\"b\\"&c=\\\\d"}}\n')
    done = scripts("deploy.sh", f"Sources=@{sources}", "Schedule=rate(5 minutes)")
    assert done.returncode == 0, done.stderr
    assert scripts.operations() == ["mb", "package", "deploy", "update-termination-protection", "invoke"]
    assert (tmp_path / "made").read_text() == "make package\n"
    given = scripts.overrides()
    assert len(given["ApiKey"]) == 48 and set(given["ApiKey"]) <= set("0123456789abcdef")
    assert json.loads(given["Sources"]) == json.loads(sources.read_text())
    assert given["Schedule"] == "rate(5 minutes)" and given["Architecture"] in ("x86_64", "arm64")
    # The key is nowhere that others could see it, and its file is gone.
    assert given["ApiKey"] not in done.stdout + done.stderr + (tmp_path / "calls").read_text()
    assert (tmp_path / "mode").read_text() == "600\n"
    assert not os.path.exists(scripts.calls[[call[1] for call in scripts.calls].index("deploy")][-1].removeprefix("file://"))
    assert "The API is at the-APIUrl." in done.stdout and "Infra/hydrate.sh" in done.stdout
    assert ["s3", "mb", "s3://timeseries-cache-packages-123456789012-eu-west-1"] in scripts.calls


def test_a_second_deployment_keeps_the_key(scripts, tmp_path):
    (tmp_path / "stack").touch()
    (tmp_path / "bucket").touch()
    assert scripts("deploy.sh", "LogLevel=DEBUG").returncode == 0
    assert scripts.operations() == ["package", "deploy", "update-termination-protection", "invoke"]
    assert set(scripts.overrides()) == {"LogLevel", "Architecture"}
    assert scripts("deploy.sh", "ApiKey=of-my-own-0123456789").returncode == 0
    assert scripts.overrides()["ApiKey"] == "of-my-own-0123456789"


@pytest.mark.parametrize("script", ["deploy.sh", "destroy.sh"])
def test_a_dry_run_changes_nothing(scripts, tmp_path, script):
    if script == "destroy.sh":
        (tmp_path / "stack").touch()
    done = scripts(script, "--dry-run")
    assert done.returncode == 0 and scripts.operations() == [] and not (tmp_path / "made").exists()
    assert f"+ aws cloudformation {'deploy' if script == 'deploy.sh' else 'delete-stack'} --stack-name timeseries-cache" in done.stderr


@pytest.mark.parametrize("variables,word", [({"API_STATUS": "503"}, "The API answers: "), ({"LETTERS": "3"}, "Dead letters: 3")])
def test_verify_fails_where_something_does_not_work(scripts, tmp_path, variables, word):
    (tmp_path / "stack").touch()
    assert scripts("deploy.sh", "--verify").returncode == 0
    done = scripts("deploy.sh", "--verify", **variables)
    assert done.returncode != 0 and word in done.stdout


def test_nothing_is_destroyed_without_the_stacks_name(scripts, tmp_path):
    (tmp_path / "stack").touch()
    (tmp_path / "bucket").touch()
    for typed in ("yes\n", "\n", ""):
        assert scripts("destroy.sh", typed=typed).returncode != 0
        assert scripts.operations() == []
    assert scripts("destroy.sh", "--status").returncode == 0 and scripts.operations() == []
    done = scripts("destroy.sh", typed="timeseries-cache\n")
    assert done.returncode == 0, done.stderr
    assert scripts.operations() == ["rm", "update-termination-protection", "delete-stack", "wait", "rb"]
    assert ["s3", "rm", "--quiet", "--recursive", "s3://the-RejectedRecordsBucket"] in scripts.calls
    assert "Nothing of timeseries-cache is left." in done.stdout
    left = scripts("destroy.sh", "--verify", TABLES="timeseries-cache-identifiers")
    assert left.returncode != 0 and "timeseries-cache-identifiers" in left.stdout


def test_what_is_not_understood_is_refused(scripts):
    for script in ("deploy.sh", "destroy.sh"):
        done = scripts(script, "--force")
        assert done.returncode == 2 and f"Usage: Infra/{script}" in done.stderr and scripts.calls == []


def test_an_error_of_aws_is_not_taken_for_a_missing_stack(scripts, tmp_path):
    (tmp_path / "aws").write_text("#!/bin/sh\necho 'Unable to locate credentials' >&2\nexit 255\n")
    done = scripts("deploy.sh")
    assert done.returncode != 0 and "Unable to locate credentials" in done.stderr and not (tmp_path / "made").exists()


def test_hydration_gets_the_stacks_outputs(scripts, tmp_path):
    # The API's address is no address, so the program ends at once, and names it.
    done = scripts("hydrate.sh", AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test", AWS_ENDPOINT_URL="http://127.0.0.1:1", AWS_MAX_ATTEMPTS="1")
    assert done.returncode == 1 and done.stderr.startswith("hydration: ")
    asked = [call for call in scripts.calls if call[1] == "describe-stacks"]
    assert [key for call in asked for key in ("APIUrl", "IDTableName", "QueueingLambdaName", "ApiKeyParameterName") if f"'{key}'" in call[-3]] == [
        "APIUrl", "IDTableName", "QueueingLambdaName", "ApiKeyParameterName"]
