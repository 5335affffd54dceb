"""A stack of a test's own: a template, and functions that are scripts of a few lines."""

import contextlib
import os
import pathlib
import shutil

import boto3

from conftest import BUILD, Cloud

KEYS = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
BEGINS = """#!/bin/sh
api="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation"
home=$(dirname "$0")
folder=$(mktemp -d "$home/work.XXXXXX")
request_of() { sed -n 's/^[Ll]ambda-[Rr]untime-[Aa]ws-[Rr]equest-[Ii]d: *\\([^ \\r]*\\).*/\\1/p' "$1"; }
"""
SERVES = """while curl -sf -D "$folder/headers" -o "$folder/event" "$api/next"; do
id=$(request_of "$folder/headers")
%s
done
"""
FUNCTION = "Resources: { F: { Type: AWS::Serverless::Function, Properties: { FunctionName: f, CodeUri: F, Timeout: 900, ReservedConcurrentExecutions: %d } } }"


class Stack:
    """A template and its functions' scripts in a folder; its cloud starts anew as often as a test wants.

    A script is what is done with each event, or where it says `/next` itself the whole of what the process does.
    """

    def __init__(self, folder, template, **scripts):
        self.folder = pathlib.Path(folder)
        (self.folder / "template.yaml").write_text(template)
        # A cloud looks for the functions beside itself.
        shutil.copy(BUILD / "local-cloud", self.folder)
        for name, script in scripts.items():
            path = self.folder / name
            path.write_text(BEGINS + (script if "$api/next" in script else SERVES % script))
            path.chmod(0o755)

    @contextlib.contextmanager
    def running(self, *options):
        cloud = Cloud("--data", self.folder / "data", "--template", self.folder / "template.yaml", *options, build=self.folder)
        try:
            yield cloud
        finally:
            cloud.process.kill()
            cloud.process.wait()

    def lines(self, name):
        """What the functions have noted in a file."""
        path = self.folder / name
        return path.read_text().splitlines() if path.exists() else []


def client(cloud, service):
    return boto3.client(service, endpoint_url=cloud.address, **KEYS)


def lives(process):
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return False
    # A child of nobody's that has ended may wait for the one who takes it in.
    return "Z" not in pathlib.Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0]
