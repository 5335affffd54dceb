"""The functions under AWS's own runtime interface emulator, from the package aws-sam-cli."""

import contextlib
import http.client
import json
import os
import pathlib
import platform
import shutil
import socket
import stat
import subprocess

import pytest

from conftest import BUILD, wait_until


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def running_emulator(cloud, folder, bootstrap, variables=None):
    """Starts the emulator on a bootstrap; gives a function that invokes it, and one that names its process."""
    machine = "arm64" if platform.machine() in ("aarch64", "arm64") else "x86_64"
    packaged = pathlib.Path(os.environ["RIE_FOLDER"]) / f"samcli/local/rapid/aws-lambda-rie-{machine}"
    program = folder / "aws-lambda-rie"
    shutil.copy(packaged, program)
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    invoke, runtime = free_port(), free_port()
    environment = cloud.environment | cloud.variables | (variables or {}) | {
        "AWS_LAMBDA_FUNCTION_TIMEOUT": "20", "AWS_LAMBDA_FUNCTION_NAME": "emulated"}
    log = open(folder / "log", "w+")
    process = subprocess.Popen(
        [program, "--runtime-interface-emulator-address", f"127.0.0.1:{invoke}", "--runtime-api-address", f"127.0.0.1:{runtime}",
         bootstrap, "handler"], env=environment, stdout=log, stderr=log)

    def listening():
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", invoke)) == 0

    def call(event):
        connection = http.client.HTTPConnection("127.0.0.1", invoke, timeout=30)
        connection.request("POST", "/2015-03-31/functions/function/invocations", json.dumps(event))
        return json.loads(connection.getresponse().read())

    def child():
        return subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True, text=True).stdout.split()
    try:
        wait_until(listening)
        yield call, child
    finally:
        process.terminate()
        process.wait(timeout=20)
        log.seek(0)
        # Shown where the test fails.
        print(log.read())
        log.close()


@pytest.fixture
def emulator(request, cloud, tmp_path):
    with running_emulator(cloud, tmp_path, BUILD / request.param) as running:
        yield running


def message(*identifiers):
    return {"Records": [{"messageId": "m", "eventSource": "aws:sqs", "body": json.dumps({"identifiers": identifiers})}]}


def api_request(cloud, path, **headers):
    return {"httpMethod": "GET", "path": path, "headers": {"x-api-key": cloud.outputs["ApiKey"]} | headers, "queryStringParameters": {"from": "now-1h", "to": "now"}}


@pytest.mark.parametrize("emulator,events,is_good", [
    ("FetchFunction", lambda cloud: (message("emulated"), {"not": "a batch"}, message("emulated")), lambda answer: answer == {"batchItemFailures": []}),
    ("APIFunction", lambda cloud: (api_request(cloud, "/v1/series/emulated"), {"not": "a request"}, api_request(cloud, "/v1/series/emulated")),
     lambda answer: answer["statusCode"] == 200 and len(json.loads(answer["body"])["rows"]) in (12, 13)),
    ("QueueFunction", lambda cloud: ({"source": "aws.scheduler", "detail": "{}"}, None, {}), lambda answer: answer["identifiers"] >= 0 and answer["invalid"] == 0),
], indirect=["emulator"])
def test_an_invocation_an_error_and_another_on_the_warm_process(emulator, cloud, events, is_good):
    call, child = emulator
    first, broken, second = events(cloud)
    assert is_good(call(first))
    process = child()
    assert len(process) == 1
    if broken is not None:
        failed = call(broken)
        assert failed["errorType"] == "Function.EventError" and "not from" in failed["errorMessage"]
    assert is_good(call(second))
    assert child() == process
