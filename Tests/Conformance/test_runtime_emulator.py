"""The functions under AWS's own runtime interface emulator, from the package aws-sam-cli."""

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


@pytest.fixture
def emulator(cloud, tmp_path):
    machine = "arm64" if platform.machine() in ("aarch64", "arm64") else "x86_64"
    packaged = pathlib.Path(os.environ["RIE_FOLDER"]) / f"samcli/local/rapid/aws-lambda-rie-{machine}"
    program = tmp_path / "aws-lambda-rie"
    shutil.copy(packaged, program)
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    invoke, runtime = free_port(), free_port()
    environment = cloud.environment | {
        name: cloud.outputs[name] for name in ("TS_DB_NAME", "TS_TABLE_NAME", "FUTURE_TABLE", "API_SSM_ID")
    } | {"AWS_LAMBDA_FUNCTION_TIMEOUT": "20", "AWS_LAMBDA_FUNCTION_NAME": "api"}
    process = subprocess.Popen(
        [program, "--runtime-interface-emulator-address", f"127.0.0.1:{invoke}", "--runtime-api-address", f"127.0.0.1:{runtime}",
         BUILD / "APIFunction", "handler"], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def listening():
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", invoke)) == 0
    wait_until(listening)

    def call(event):
        connection = http.client.HTTPConnection("127.0.0.1", invoke, timeout=30)
        connection.request("POST", "/2015-03-31/functions/function/invocations", json.dumps(event))
        return json.loads(connection.getresponse().read())

    def child():
        return subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True, text=True).stdout.split()
    yield call, child
    process.terminate()
    process.wait(timeout=20)


def test_an_invocation_an_error_and_another_on_the_warm_process(emulator, cloud):
    call, child = emulator
    request = {"httpMethod": "GET", "path": "/v1/series/nobody", "headers": {"x-api-key": cloud.outputs["API_KEY"]}, "queryStringParameters": None}
    first = call(request)
    assert first["statusCode"] == 404 and json.loads(first["body"])["error"]["code"] == "NotFound"
    process = child()
    assert len(process) == 1
    failed = call({"not": "a request"})
    assert failed["errorType"] == "Function.EventError" and "API Gateway" in failed["errorMessage"]
    second = call(request | {"headers": {}})
    assert second["statusCode"] == 401
    assert child() == process
