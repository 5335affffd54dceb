"""A signed client that costs little, and says what it sent."""

import datetime
import hashlib
import hmac
import http.client
import json
import os

SERVICES = {
    "dynamodb": ("DynamoDB_20120810", "1.0"), "sqs": ("AmazonSQS", "1.0"), "ssm": ("AmazonSSM", "1.1"), "timestream": ("Timestream_20181101", "1.0")}


def signature(service, method, path, headers, body, now):
    """The Authorization header of Signature Version 4, for the headers that are given."""
    day, names = now[:8], ";".join(sorted(headers))
    target, _, query = path.partition("?")
    canonical = "\n".join([method, target, query, *(f"{name}:{headers[name]}" for name in sorted(headers)), "", names, hashlib.sha256(body).hexdigest()])
    scope = f"{day}/us-east-1/{service}/aws4_request"
    text = "\n".join(["AWS4-HMAC-SHA256", now, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = b"AWS4test"
    for part in (day, "us-east-1", service, "aws4_request", text):
        key = hmac.new(key, part.encode(), "sha256").digest()
    return f"AWS4-HMAC-SHA256 Credential=test/{scope}, SignedHeaders={names}, Signature={key.hex()}"


class Request:
    """One request, as it can be sent again."""

    def __init__(self, method, path, body=b"", service=None, headers=None):
        self.method, self.path, self.body, self.service, self.headers = method, path, body, service, headers or {}

    @classmethod
    def operation(cls, service, name, body):
        prefix, version = SERVICES[service]
        return cls("POST", "/", body, service, {"x-amz-target": f"{prefix}.{name}", "content-type": f"application/x-amz-json-{version}"})

    def json(self):
        return {"method": self.method, "path": self.path, "service": self.service, "headers": self.headers, "body": self.body.decode("latin-1")}

    @classmethod
    def of(cls, json):
        return cls(json["method"], json["path"], json["body"].encode("latin-1"), json["service"], json["headers"])


class Client:
    """One connection, kept open."""

    def __init__(self, port, limit):
        self.port, self.limit, self.connection = port, limit, None

    def send(self, request):
        """Returns status and body. A connection that ends without an answer is tried once more, for an idle one may be closed at any time."""
        headers = dict(request.headers)
        if request.service:
            now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
            headers |= {"host": f"127.0.0.1:{self.port}", "x-amz-date": now}
            headers["authorization"] = signature(request.service, request.method, request.path, headers, request.body, now)
        fresh = self.connection is None
        try:
            return self._once(request, headers)
        except (http.client.HTTPException, ConnectionError):
            self.close()
            if fresh:
                raise
        return self._once(request, headers)

    def _once(self, request, headers):
        if self.connection is None:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.limit)
        # The path goes out as it is: http.client would refuse some of those that are asked for.
        self.connection._validate_path = lambda path: None
        self.connection.request(request.method, request.path, request.body, headers)
        answer = self.connection.getresponse()
        body = answer.read()
        if answer.will_close:
            self.close()
        return answer.status, body

    def call(self, service, name, value):
        status, body = self.send(Request.operation(service, name, json.dumps(value).encode()))
        return status, json.loads(body) if body else {}

    def close(self):
        if self.connection:
            self.connection.close()
        self.connection = None


class Cloud:
    """The binary, with nothing kept."""

    def __init__(self, build, log):
        import subprocess

        environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        self.log = open(log, "wb")
        self.process = subprocess.Popen([build / "local-cloud", "--port", "0", "--ephemeral"], stdout=subprocess.PIPE, stderr=self.log, text=True, env=environment)
        self.outputs, self.address = {}, self.process.stdout.readline().strip()
        for line in self.process.stdout:
            if line == "ready\n":
                break
            name, _, value = line.strip().partition("=")
            self.outputs[name] = value
        self.port = int(self.address.rsplit(":", 1)[1])

    def runtime_port(self):
        """The port of the functions' Runtime API, the other one on which the process listens: only functions are told it."""
        sockets = set()
        for descriptor in os.scandir(f"/proc/{self.process.pid}/fd"):
            try:
                sockets.add(os.readlink(descriptor.path))
            except OSError:
                continue
        ports = set()
        for line in open(f"/proc/{self.process.pid}/net/tcp").readlines()[1:]:
            fields = line.split()
            # 0A listens.
            if fields[3] == "0A" and f"socket:[{fields[9]}]" in sockets:
                ports.add(int(fields[1].rsplit(":", 1)[1], 16))
        (port,) = ports - {self.port}
        return port

    def resident(self):
        """Megabytes."""
        try:
            for line in open(f"/proc/{self.process.pid}/status"):
                if line.startswith("VmRSS"):
                    return int(line.split()[1]) // 1024
        except OSError:
            pass
        return 0

    def peak(self):
        """The most that it ever had, megabytes."""
        for line in open(f"/proc/{self.process.pid}/status"):
            if line.startswith("VmHWM"):
                return int(line.split()[1]) // 1024
        return 0

    def stop(self, limit):
        self.process.terminate()
        try:
            return self.process.wait(timeout=limit)
        except Exception:
            self.process.kill()
            self.process.wait()
            raise
        finally:
            self.log.close()
