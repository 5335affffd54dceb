"""The functions' own executables, run as Lambda runs them but from here, with a proxy between them and their stores that counts."""

import http.client
import http.server
import json
import os
import pathlib
import queue
import subprocess
import threading
import time
import urllib.parse

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials


class Server(http.server.ThreadingHTTPServer):
    """Serves until it is closed, on a free port."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, handler):
        super().__init__(("127.0.0.1", 0), handler)
        self.address = f"127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, *_):
        """Whoever asked may have gone."""

    def close(self):
        self.shutdown()
        self.server_close()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Headers and body are two writes; the second one would wait for the first one's acknowledgement.
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def body(self):
        return self.rfile.read(int(self.headers.get("content-length", 0)))

    def answer(self, body, status=200, headers=()):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def children(parent, executable):
    """A process's children that run an executable."""
    for folder in pathlib.Path("/proc").iterdir():
        try:
            if folder.name.isdigit() and int((folder / "stat").read_text().rsplit(") ", 1)[1].split()[1]) == parent:
                if os.readlink(folder / "exe") == str(executable):
                    yield int(folder.name)
        except OSError:
            # It has ended.
            continue


def environment(process):
    """What a process was given."""
    entries = pathlib.Path(f"/proc/{process}/environ").read_bytes().decode().split("\0")
    return dict(entry.split("=", 1) for entry in entries if entry)


class Function:
    """A function's process, which gets its events from here."""

    def __init__(self, executable, environment):
        self.events, self.answers = queue.Queue(), queue.Queue()
        function = self

        class Runtime(Handler):
            def do_GET(self):
                event = function.events.get()
                deadline = str(int(time.time() * 1000) + 900_000)
                self.answer(event, headers=[
                    ("content-type", "application/json"), ("Lambda-Runtime-Aws-Request-Id", "request"), ("Lambda-Runtime-Deadline-Ms", deadline),
                    ("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:000000000000:function:bench")])

            def do_POST(self):
                function.answers.put((self.path.endswith("/response"), self.body()))
                self.answer(b'{"status":"OK"}', 202)

        self.server = Server(Runtime)
        self.process = subprocess.Popen(
            [executable], env=environment | {"AWS_LAMBDA_RUNTIME_API": self.server.address}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def invoke(self, event):
        self.events.put(json.dumps(event).encode())
        is_response, body = self.answers.get(timeout=900)
        assert is_response, body
        return json.loads(body)

    def close(self):
        self.process.kill()
        self.process.wait()
        self.server.close()


class Proxy:
    """Passes requests on and counts them. DynamoDB's are signed anew, because each is made to say what it consumed."""

    def __init__(self, target, credentials):
        self.target, self.credentials = urllib.parse.urlsplit(target).netloc, credentials
        self.lock = threading.Lock()
        self.local = threading.local()
        self.reset()
        proxy = self

        class Passing(Handler):
            def do_GET(self):
                self.pass_on()

            def do_POST(self):
                self.pass_on()

            def pass_on(self):
                self.answer(*proxy.ask(self.command, self.path, list(self.headers.items()), self.body()))

        self.server = Server(Passing)
        self.url = f"http://{self.server.address}"

    def reset(self):
        self.requests, self.sent, self.received = 0, 0, 0
        # By table: units read, units written.
        self.units = {}

    def ask(self, method, path, headers, body):
        operation = dict((name.lower(), value) for name, value in headers).get("x-amz-target", "")
        if operation.startswith("DynamoDB"):
            headers, body = self.asking_for_capacity(method, path, headers, body)
        connection = getattr(self.local, "connection", None) or http.client.HTTPConnection(self.target, timeout=300)
        self.local.connection = connection
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in headers:
            connection.putheader(name, value)
        connection.endheaders(body)
        response = connection.getresponse()
        content = response.read()
        with self.lock:
            self.requests += 1
            self.sent += len(body)
            self.received += len(content)
            if operation.startswith("DynamoDB") and response.status == 200:
                self.count(operation, json.loads(content).get("ConsumedCapacity", []))
        kept = [(name, value) for name, value in response.getheaders() if name.lower() not in ("content-length", "connection", "transfer-encoding", "date", "server")]
        return content, response.status, kept

    def asking_for_capacity(self, method, path, headers, body):
        body = json.dumps(json.loads(body) | {"ReturnConsumedCapacity": "TOTAL"}).encode()
        kept = {name: value for name, value in headers if name.lower() not in ("authorization", "x-amz-date", "content-length", "host", "user-agent", "x-amz-security-token")}
        request = AWSRequest(method, f"http://{self.target}{path}", data=body, headers=kept)
        SigV4Auth(self.credentials, "dynamodb", "us-east-1").add_auth(request)
        return [*request.headers.items(), ("Host", self.target), ("Content-Length", str(len(body)))], body

    def count(self, operation, consumed):
        for entry in consumed if isinstance(consumed, list) else [consumed]:
            read, written = self.units.get(entry["TableName"], (0, 0))
            units = entry["CapacityUnits"]
            is_read = operation.split(".")[1] in ("GetItem", "Query", "Scan", "TransactGetItems")
            self.units[entry["TableName"]] = (read + units, written) if is_read else (read, written + units)

    def close(self):
        self.server.close()


def credentials(environment):
    return Credentials(environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"], environment.get("AWS_SESSION_TOKEN"))
