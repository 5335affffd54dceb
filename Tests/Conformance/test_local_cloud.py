"""The local cloud as a process: descriptors, signals, its data's folder."""

import contextlib
import os
import pathlib
import resource
import shutil
import signal
import socket
import subprocess
import tempfile
import urllib.parse

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from conftest import BUILD, Cloud, wait_until

KEYS = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}


@contextlib.contextmanager
def running(*options):
    cloud = Cloud(*options)
    try:
        yield cloud
    finally:
        cloud.process.kill()
        cloud.process.wait()


@contextlib.contextmanager
def descriptors(count):
    """Under this limit, soft and hard, programs are started; this program itself keeps what it has."""
    def limit():
        resource.setrlimit(resource.RLIMIT_NOFILE, (count, count))
    original = subprocess.Popen
    subprocess.Popen = lambda *words, **named: original(*words, **named, preexec_fn=limit)
    try:
        yield
    finally:
        subprocess.Popen = original


class Clients:
    """Many connections to one cloud, raw."""

    def __init__(self, cloud):
        parts = urllib.parse.urlparse(cloud.address)
        self.place = (parts.hostname, parts.port)
        self.sockets = []

    def open(self, count, text=b""):
        opened = [socket.create_connection(self.place, timeout=60) for _ in range(count)]
        for one in opened:
            # One that was refused may be closed already.
            with contextlib.suppress(ConnectionError):
                one.sendall(text)
        self.sockets += opened
        return opened

    def close(self):
        for one in self.sockets:
            one.close()
        self.sockets = []


def answer(one):
    """All that comes until the end; what a reset ends counts."""
    parts = []
    with contextlib.suppress(ConnectionError):
        while part := one.recv(65536):
            parts.append(part)
    return b"".join(parts)


def is_served(cloud):
    config = Config(retries={"total_max_attempts": 1}, read_timeout=30, connect_timeout=30)
    try:
        boto3.client("dynamodb", endpoint_url=cloud.address, config=config, **KEYS).list_tables()
        return True
    except Exception:
        return False


@pytest.fixture
def more_descriptors():
    """This program needs some, too."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.parametrize("limit", [128, 1024])
def test_a_thousand_connections_end_nothing(more_descriptors, limit):
    with descriptors(limit):
        cloud = Cloud()
    clients = Clients(cloud)
    try:
        path = urllib.parse.urlparse(cloud.outputs["APIUrl"]).path
        request = f"GET {path}v1/series/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode()
        answers = [answer(one) for one in clients.open(1000, request)]
        assert cloud.process.poll() is None
        # Each gets an answer, or is turned away in a way that clients try again. Where descriptors are few a function may be turned away, too.
        statuses = {text.split(b" ")[1] for text in answers if text}
        assert statuses <= {b"401", b"503"}, statuses
        assert any(text.endswith(b"}") for text in answers), "the API answered nobody"
        assert all(b"Retry-After: 1" in text for text in answers if text.startswith(b"HTTP/1.1 503") and b"local cloud" in text)
        clients.close()
        wait_until(lambda: is_served(cloud), 60)
        # What its clients gave up runs to its end, and then there is room again.
        wait_until(lambda: cloud.get("v1/series/x")[0] == 401, 60)
    finally:
        clients.close()
        assert cloud.stop() == 0


def test_idle_clients_give_way_to_functions(more_descriptors):
    with descriptors(1024):
        cloud = Cloud()
    clients = Clients(cloud)
    try:
        clients.open(900)
        done = subprocess.run(
            [BUILD / "hydration", "--expect", "288", "51.48,0"], env=cloud.hydration, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr
    finally:
        clients.close()
        assert cloud.stop() == 0


def test_the_limit_of_descriptors_is_raised():
    def limit():
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
    original = subprocess.Popen
    subprocess.Popen = lambda *words, **named: original(*words, **named, preexec_fn=limit)
    try:
        cloud = Cloud()
    finally:
        subprocess.Popen = original
    try:
        soft, hard = resource.prlimit(cloud.process.pid, resource.RLIMIT_NOFILE)
        assert soft == min(hard, 65536)
    finally:
        assert cloud.stop() == 0


def test_a_body_of_4_mb_without_a_key_ends_nothing():
    with running() as cloud:
        parts = urllib.parse.urlparse(cloud.outputs["APIUrl"])
        for kind in ("application/octet-stream", "text/plain"):
            body = os.urandom(4 << 20)
            head = f"POST {parts.path}v1/series/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
            one, = Clients(cloud).open(1, head.encode() + body)
            status = answer(one).split(b" ")[1]
            assert status in (b"401", b"413")
            one.close()
        processes = subprocess.run(["pgrep", "-P", str(cloud.process.pid), "APIFunction"], capture_output=True, text=True).stdout.split()
        assert len(processes) <= 1
        assert cloud.get("v1/series/x")[0] == 401
        # The same process answers, if there was one.
        assert not processes or processes == subprocess.run(
            ["pgrep", "-P", str(cloud.process.pid), "APIFunction"], capture_output=True, text=True).stdout.split()


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
                _, errors = process.communicate(timeout=60)
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
            process.communicate(timeout=60)
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
            process.communicate(timeout=60)
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
        output, errors = process.communicate(timeout=60)
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
            output, errors = process.communicate(timeout=60)
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
