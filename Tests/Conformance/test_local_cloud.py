"""The local cloud as a process: signals, its data's folder."""

import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from conftest import BUILD, Cloud, running, wait_until

KEYS = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
# Seconds after which something hangs, however busy the machine is.
LIMIT = 600


# Signals


def start(temporary, *options):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")} | {"TMPDIR": temporary}
    return subprocess.Popen(
        [BUILD / "local-cloud", "--port", "0", *(options or ["--ephemeral"])], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)


def listens(process):
    """Whether the process has its handlers: what it catches, as the system sees it."""
    try:
        status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    except OSError:
        return False
    caught = int(next(line for line in status.splitlines() if line.startswith("SigCgt")).split()[1], 16)
    return all(caught >> number - 1 & 1 for number in (signal.SIGTERM, signal.SIGINT))


def has_line(process, wanted):
    return any(line.startswith(wanted) for line in iter(process.stdout.readline, ""))


MOMENTS = {
    "the handlers stand": lambda process, folder: wait_until(lambda: listens(process)),
    "the folder is there": lambda process, folder: wait_until(lambda: os.listdir(folder)),
    "the address is told": lambda process, folder: has_line(process, "http"),
    "an output is told": lambda process, folder: has_line(process, "APIUrl="),
    "it is ready": lambda process, folder: has_line(process, "ready"),
}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("moment", MOMENTS)
def test_it_ends_cleanly_at_any_moment(number, moment):
    for _ in range(5):
        with tempfile.TemporaryDirectory() as temporary:
            process = start(temporary)
            try:
                MOMENTS[moment](process, temporary)
                process.send_signal(number)
                _, errors = process.communicate(timeout=LIMIT)
                assert process.returncode == 0, errors
                assert os.listdir(temporary) == []
            finally:
                process.kill()


def test_a_second_signal_ends_it_at_once():
    with tempfile.TemporaryDirectory() as temporary:
        process = start(temporary)
        try:
            assert has_line(process, "ready")
            # Both are there before the process runs again.
            process.send_signal(signal.SIGSTOP)
            process.send_signal(signal.SIGINT)
            process.send_signal(signal.SIGTERM)
            process.send_signal(signal.SIGCONT)
            process.communicate(timeout=LIMIT)
            assert process.returncode in (128 + signal.SIGINT, 128 + signal.SIGTERM)
        finally:
            process.kill()


def test_what_a_killed_cloud_leaves_the_next_removes():
    with tempfile.TemporaryDirectory() as temporary:
        killed = start(temporary)
        assert has_line(killed, "ready")
        left, = os.listdir(temporary)
        killed.kill()
        killed.communicate()
        assert os.listdir(temporary) == [left]
        process = start(temporary)
        try:
            assert has_line(process, "ready")
            assert left not in os.listdir(temporary)
            process.terminate()
            process.communicate(timeout=LIMIT)
            assert process.returncode == 0 and os.listdir(temporary) == []
        finally:
            process.kill()


# Its data


def test_a_folder_that_goes_is_not_written_to_any_more(tmp_path):
    with running("--data", str(tmp_path / "data")) as cloud:
        config = Config(retries={"total_max_attempts": 1})
        table = boto3.client("dynamodb", endpoint_url=cloud.address, config=config, **KEYS)
        name, key = cloud.outputs["IdentifierTableName"], lambda text: {"identifier": {"S": text}}
        table.put_item(TableName=name, Item=key("a"))
        shutil.rmtree(tmp_path / "data")
        with pytest.raises(ClientError) as caught:
            table.put_item(TableName=name, Item=key("b"))
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
        assert "moved or deleted" in caught.value.response["Error"]["Message"]


def test_damage_is_told_at_the_start(tmp_path):
    cloud = Cloud("--data", str(tmp_path))
    table = boto3.client("dynamodb", endpoint_url=cloud.address, **KEYS)
    for number in range(0, 500, 25):
        table.batch_write_item(RequestItems={cloud.outputs["IdentifierTableName"]: [
            {"PutRequest": {"Item": {"identifier": {"S": f"{each}"}, "text": {"S": "x" * 300}}}} for each in range(number, number + 25)]})
    assert cloud.stop() == 0
    file = tmp_path / "local-cloud.sqlite"
    data = bytearray(file.read_bytes())
    place = data.index(b"x" * 300) // 4096 * 4096
    data[place:place + 4096] = os.urandom(4096)
    file.write_bytes(data)
    with tempfile.TemporaryDirectory() as temporary:
        process = start(temporary, "--data", str(tmp_path))
        output, errors = process.communicate(timeout=LIMIT)
    assert process.returncode == 1 and output == ""
    assert errors.startswith(f"local-cloud: the data in {tmp_path} are damaged (") and len(errors.splitlines()) == 1


@pytest.mark.parametrize("options,words", [
    (("--data", "{file}"), "cannot be used: there is a file in its place: choose another folder with --data"),
    (("--data", "{file}/below"), "cannot be used: there is a file in its place: choose another folder with --data"),
    (("--data", "/proc/nothing"), "cannot be used: "),
    (("--data", "{folder}", "--host", "192.0.2.1"), "this machine does not have the address"),
    (("--data", "{folder}", "--port", "{taken}"), "another program has the port: end it, or choose another port"),
    (("--ephemeral", "--durable"), "--durable is for data that are kept: not with --ephemeral"),
])
def test_a_start_that_fails_says_why(tmp_path, options, words):
    (tmp_path / "file").write_text("x")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        places = {"file": tmp_path / "file", "folder": tmp_path / "data", "taken": taken.getsockname()[1]}
        with tempfile.TemporaryDirectory() as temporary:
            process = start(temporary, *[option.format(**places) for option in options])
            output, errors = process.communicate(timeout=LIMIT)
    assert process.returncode == 1 and output == ""
    assert errors.startswith("local-cloud: ") and words in errors and "NSError" not in errors and "Domain" not in errors


def test_durable_data_are_there_again(tmp_path):
    cloud = Cloud("--durable", "--data", str(tmp_path))
    name = cloud.outputs["IdentifierTableName"]
    boto3.client("dynamodb", endpoint_url=cloud.address, **KEYS).put_item(TableName=name, Item={"identifier": {"S": "a"}})
    cloud.process.kill()
    cloud.process.wait()
    with running("--data", str(tmp_path)) as cloud:
        found = boto3.client("dynamodb", endpoint_url=cloud.address, **KEYS).get_item(TableName=name, Key={"identifier": {"S": "a"}})
        assert found["Item"] == {"identifier": {"S": "a"}}
