"""The local cloud with few descriptors and many connections."""

import contextlib
import http.server
import json
import os
import resource
import socket
import subprocess
import threading
import urllib.parse

import boto3
import pytest
from botocore.config import Config

from conftest import Cloud, running, wait_until

KEYS = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
# Seconds after which something hangs, however busy the machine is.
LIMIT = 600
HOUR = 3_600_000


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
        opened = [socket.create_connection(self.place, timeout=LIMIT) for _ in range(count)]
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


def has_ended(one):
    """Whether the other side has closed a connection."""
    one.setblocking(False)
    try:
        return one.recv(1) == b""
    except BlockingIOError:
        return False
    except ConnectionError:
        return True


def is_served(cloud):
    config = Config(retries={"total_max_attempts": 1}, read_timeout=LIMIT, connect_timeout=LIMIT)
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
        request = f"GET {path}v1/series/x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()
        answers = [answer(one) for one in clients.open(1000, request)]
        assert cloud.process.poll() is None
        # Each gets an answer, or is turned away in a way that clients try again. Where descriptors are few a function may be turned away, too.
        statuses = {text.split(b" ")[1] for text in answers if text}
        assert statuses <= {b"401", b"503"}, statuses
        assert any(text.endswith(b"}") for text in answers), "the API answered nobody"
        assert all(b"Retry-After: 1" in text for text in answers if text.startswith(b"HTTP/1.1 503") and b"local cloud" in text)
        clients.close()
        wait_until(lambda: is_served(cloud))
        # What its clients gave up runs to its end, and then there is room again.
        wait_until(lambda: cloud.get("v1/series/x")[0] == 401)
    finally:
        clients.close()
        assert cloud.stop() == 0


class Source:
    """A source of hourly rows that answers nobody before its gate is opened."""

    def __init__(self):
        self.gate = gate = threading.Event()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                assert gate.wait(LIMIT)
                asked = urllib.parse.parse_qs(urllib.parse.urlparse(self.path).query)
                first, last = (int(asked[name][0]) // HOUR * HOUR for name in ("from", "to"))
                body = json.dumps({"data": [{"time": time, "value": time // HOUR % 24} for time in range(first + HOUR, last + 1, HOUR)]}).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            request_queue_size = 512

        self.server = Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def parameter(self):
        """What describes it in the template."""
        url = f"http://127.0.0.1:{self.server.server_port}/?place={{identifier}}&from={{from:milliseconds}}&to={{to:milliseconds}}"
        return "Sources=" + json.dumps({"default": {"url": url, "past": "24h", "future": "24h", "rows": "/data", "time": {"at": "/time", "format": "milliseconds"}, "measures": {"value": "/value"}}})

    def close(self):
        self.gate.set()
        self.server.shutdown()
        self.server.server_close()


def test_idle_clients_give_way_to_functions(more_descriptors):
    source = Source()
    with descriptors(1024):
        cloud = Cloud("--ephemeral", "--parameter", "FetchConcurrency=10", "--parameter", source.parameter)
    clients = Clients(cloud)
    try:
        dynamodb, queues, functions, history = (
            boto3.client(name, endpoint_url=cloud.address, **KEYS) for name in ("dynamodb", "sqs", "lambda", "timestream-query"))
        # More than ten events hold, of eight messages of two identifiers each: all ten have one.
        identifiers = [f"place-{number}" for number in range(200)]
        for start in range(0, len(identifiers), 25):
            dynamodb.batch_write_item(RequestItems={cloud.outputs["IDTableName"]: [
                {"PutRequest": {"Item": {"identifier": {"S": identifier}}}} for identifier in identifiers[start:start + 25]]})
        # Of 640 connections that there may be.
        clients.open(636)
        assert json.load(functions.invoke(FunctionName=cloud.outputs["QueueFunctionName"])["Payload"])["identifiers"] == len(identifiers)

        def fetching():
            return subprocess.run(["pgrep", "-P", str(cloud.process.pid), "FetchFunction"], capture_output=True, text=True).stdout.split()

        wait_until(lambda: len(fetching()) == 10)
        source.gate.set()

        def left(name):
            found = queues.get_queue_attributes(QueueUrl=cloud.outputs[name], AttributeNames=["All"])["Attributes"]
            return sum(int(found[kind]) for kind in ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"))

        wait_until(lambda: left("IdentifierQueueUrl") == 0)
        assert left("DeadLetterQueueUrl") == 0 and len(fetching()) == 10
        sql = f'SELECT identifier, count(*) FROM "{cloud.outputs["HistoryDatabaseName"]}"."{cloud.outputs["HistoryTableName"]}" GROUP BY identifier'
        pages = history.get_paginator("query").paginate(QueryString=sql)
        rows = dict([cell["ScalarValue"] for cell in row["Data"]] for page in pages for row in page["Rows"])
        assert set(rows) == set(identifiers) and set(rows.values()) <= {"23", "24"}, rows
        items = [item for page in dynamodb.get_paginator("scan").paginate(TableName=cloud.outputs["IDTableName"]) for item in page["Items"]]
        told = [item["status"]["M"] for item in items]
        assert all("lastSuccess" in status and "lastError" not in status for status in told), told
        assert any(map(has_ended, clients.sockets))
    finally:
        clients.close()
        source.close()
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
            head = f"POST {parts.path}v1/series/x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
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
