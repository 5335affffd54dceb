"""Fuzz against the local-cloud binary: SQL, expressions, messages, paths and HTTP that no client sends, while a canary on each service
is answered on.

Usage: BUILD=.build/release python Tests/Conformance/fuzz_cloud.py [--seconds N] [--seed N] [--workers N] [--replay FILE]

It fails where the process ends, where an answer is a 5xx but a 503, and where one does not come in time. The requests that were under
way, and those before them, are then in a file for --replay.
"""

import argparse
import collections
import json
import os
import pathlib
import random
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from fuzz import services, wire  # noqa: E402
from fuzz.client import Client, Cloud, Request  # noqa: E402
from fuzz.expressions import Expressions  # noqa: E402
from fuzz.hostile import encoded, mutated  # noqa: E402
from fuzz.queries import Queries  # noqa: E402

BUILD = pathlib.Path(os.environ.get("BUILD", ".build/release")).resolve()
# Seconds after which something hangs, however busy the machine is: a query may take its minute.
ANSWER_LIMIT = 900
CANARY_LIMIT = 600
STOP_LIMIT = 300
# Megabytes: 256 of kept results, what the queries of four workers hold beside them, and the program. Runs of a minute take about 450.
MEMORY_LIMIT = int(os.environ.get("FUZZ_MEMORY", "1000"))
# Bytes: a longer body is refused as soon as its length is told, and its connection ends while it is sent.
BODY_LIMIT = 17 << 20
# What HTTP itself has of 5xx, for methods and versions that are none.
OF_HTTP = (501, 505)


class Fault(Exception):
    pass


class Run:
    def __init__(self, seconds, seed, workers):
        self.seed, self.workers, self.folder = seed, workers, pathlib.Path(tempfile.mkdtemp(prefix="fuzz-cloud-"))
        self.cloud = Cloud(BUILD, self.folder / "cloud.log")
        self.runtime_port = self.cloud.runtime_port()
        self.end = time.monotonic() + seconds
        self.counts, self.lock = collections.Counter(), threading.Lock()
        self.recent, self.flying = collections.deque(maxlen=60), {}
        self.faults, self.peak, self.slowest, self.slowest_canary = [], 0, (0, None), 0

    # What is there to be asked for

    def set_up(self):
        client = Client(self.cloud.port, ANSWER_LIMIT)
        keys = [("pk", "S", "HASH"), ("sk", "N", "RANGE")]
        table = {
            "TableName": "fuzz", "BillingMode": "PAY_PER_REQUEST", "KeySchema": [{"AttributeName": name, "KeyType": role} for name, _, role in keys],
            "AttributeDefinitions": [{"AttributeName": name, "AttributeType": kind} for name, kind, _ in keys]}
        item = {"pk": {"S": "canary"}, "sk": {"N": "1"}}
        now = int(time.time() * 1000)
        measures = [{"Name": name, "Value": value, "Type": kind} for name, value, kind in (("v", "1.5", "DOUBLE"), ("n", "7", "BIGINT"), ("ok", "true", "BOOLEAN"), ("s", "x", "VARCHAR"), ("w", "1", "BIGINT"))]
        records = [{"Dimensions": [{"Name": "id", "Value": "ab"[row % 2]}], "MeasureName": "m", "MeasureValueType": "MULTI", "MeasureValues": measures, "Time": str(now - row * 1000)} for row in range(20)]
        for service, name, value in [
            ("dynamodb", "CreateTable", table), ("dynamodb", "PutItem", {"TableName": "fuzz", "Item": item}), ("sqs", "CreateQueue", {"QueueName": "fuzz"}), ("sqs", "CreateQueue", {"QueueName": "fuzz-dead"}),
            ("sqs", "CreateQueue", {"QueueName": "canary"}), ("ssm", "PutParameter", {"Name": "/canary", "Value": "v", "Type": "String"}), ("timestream", "CreateDatabase", {"DatabaseName": "fuzz"}),
            ("timestream", "CreateTable", {"DatabaseName": "fuzz", "TableName": "fuzz"}), ("timestream", "WriteRecords", {"DatabaseName": "fuzz", "TableName": "fuzz", "Records": records})]:
            status, answer = client.call(service, name, value)
            assert status == 200, (name, status, answer)
        client.close()

    # Faults

    def report(self, words, request=None):
        with self.lock:
            file = self.folder / f"fault-{len(self.faults)}.json"
            requests = [request] if request else list(self.flying.values()) + list(self.recent)
            file.write_text(json.dumps([one.json() for one in requests if one]))
            self.faults.append(f"{words}\n  replay: {file}")
            self.end = 0
        print(f"FAULT (seed {self.seed}): {words}", file=sys.stderr)
        if request:
            print(f"  {request.method} {request.path[:300]} {request.headers}\n  {request.body[:1500]!r}", file=sys.stderr)
        print(f"  replay: {file}", file=sys.stderr)

    @property
    def is_over(self):
        return time.monotonic() >= self.end

    def send(self, client, request, worker):
        """Sends a request, and checks that there is an answer in time which is no fault."""
        self.flying[worker] = request
        start = time.monotonic()
        try:
            status, body = client.send(request)
        except Exception as error:
            client.close()
            if self.is_over and self.faults:
                return 0, b""
            if self.cloud.process.poll() is None and len(request.body) > BODY_LIMIT and isinstance(error, ConnectionError):
                return 413, b""
            # A request line that no server can take may end its connection.
            if self.cloud.process.poll() is None and not request.service and not isinstance(error, TimeoutError):
                return 0, b""
            return self.report(f"no answer after {time.monotonic() - start:.0f} s: {error!r}", request) or (0, b"")
        took = time.monotonic() - start
        self.recent.append(request)
        with self.lock:
            self.counts[status] += 1
            if took > self.slowest[0]:
                self.slowest = (took, f"{request.headers.get('x-amz-target', request.path[:80])} {request.body[:200]!r}")
        if status >= 500 and status != 503:
            self.report(f"{status} {body[:500]!r}", request)
        return status, body

    # Workers

    def work(self, worker):
        chance = random.Random(self.seed * 1000 + worker)
        client = Client(self.cloud.port, ANSWER_LIMIT)
        timestream = services.Timestream(chance, Queries(chance, '"fuzz"."fuzz"'))
        messages, expressions = services.Messages(chance), Expressions(chance)
        functions = [value for name, value in self.cloud.outputs.items() if name.endswith("FunctionName") or name.endswith("LambdaName")]
        tables, connections = services.Tables(chance), wire.Connections(chance, self.cloud.port)
        runtime, runtime_wire = Client(self.runtime_port, ANSWER_LIMIT), wire.Connections(chance, self.runtime_port)
        try:
            while not self.is_over:
                kind = chance.random()
                if kind < 0.3:
                    self.operation(client, worker, chance, "timestream", timestream.query, timestream)
                elif kind < 0.35:
                    self.operation(client, worker, chance, "timestream", timestream.manage, timestream)
                elif kind < 0.4:
                    self.operation(client, worker, chance, "dynamodb", tables.request)
                elif kind < 0.62:
                    self.operation(client, worker, chance, "dynamodb", expressions.request)
                elif kind < 0.69:
                    self.operation(client, worker, chance, "sqs", messages.queue, messages)
                elif kind < 0.72:
                    service, body = messages.form()
                    self.send(client, Request("POST", "/", body, service, {"content-type": "application/x-www-form-urlencoded"}), worker)
                elif kind < 0.77:
                    self.operation(client, worker, chance, "ssm", messages.parameter)
                elif kind < 0.82:
                    self.operation(client, worker, chance, "timestream", timestream.write)
                elif kind < 0.9:
                    self.raw(chance.choice([connections, connections, runtime_wire]), worker, wire.request(chance))
                elif kind < 0.92:
                    method, path = services.runtime(chance)
                    body = encoded(chance, {"errorMessage": chance.choice(["x", 1])}) if method == "POST" else b""
                    self.send(runtime, Request(method, path, body), worker)
                elif kind < 0.935:
                    method, path, body = services.functions(chance, functions)
                    self.send(client, Request(method, path, body, "lambda"), worker)
                elif kind < 0.94:
                    method, body = services.faults(chance)
                    control = {"x-local-cloud": "fuzz", "host": f"127.0.0.1:{self.cloud.port}"}
                    self.send(client, Request(method, "/_local-cloud/faults", body, headers=control if chance.random() < 0.8 else {}), worker)
                elif kind < 0.98:
                    headers = {} if chance.random() < 0.5 else {"authorization": self.cloud.outputs.get("ApiKey", "x"), "x-api-key": self.cloud.outputs.get("SourceKey", "x")}
                    method = chance.choice(["GET", "GET", "GET", "POST", "PUT", "DELETE", "HEAD"])
                    path = services.path(chance)
                    # A poll of the Runtime API waits for an event, and has no end of its own.
                    if "/next" not in path:
                        self.send(client, Request(method, path, encoded(chance, {}) if method in ("POST", "PUT") else b"", headers=headers), worker)
                elif functions:
                    headers = {"x-amz-invocation-type": chance.choice(["DryRun", "RequestResponse", "x"]), "x-amz-log-type": chance.choice(["None", "x"])}
                    body = encoded(chance, mutated(chance, {"Records": [{"messageId": "m", "eventSource": "aws:sqs", "body": "{\"identifiers\": []}"}]}))
                    self.send(client, Request("POST", f"/2015-03-31/functions/{chance.choice(functions)}/invocations", body, "lambda", headers), worker)
        except Exception as error:
            self.report(f"the fuzz itself failed: {error!r}")
            raise
        finally:
            self.flying.pop(worker, None)
            for opened in (connections, runtime_wire, client, runtime):
                opened.close()

    def operation(self, client, worker, chance, service, make, learner=None):
        name, value = make()
        if chance.random() < 0.3:
            value = mutated(chance, value)
        body = json.dumps(value).encode() if chance.random() < 0.8 else encoded(chance, value)
        status, answer = self.send(client, Request.operation(service, name, body), worker)
        if status == 200 and learner:
            learner.learn(json.loads(answer))

    def raw(self, connections, worker, data):
        self.flying[worker] = Request("RAW", "", data)
        try:
            answer = connections.once(data)
        except OSError as error:
            if not self.faults:
                self.report(f"a raw connection failed: {error!r}", Request("RAW", "", data))
            return
        if lingering := connections.lingering():
            self.report(f"{lingering} connections that sent no whole request are open after {connections.LIMIT} s")
        self.recent.append(Request("RAW", "", data))
        status = int(answer[9:12]) if answer and answer.startswith(b"HTTP/1.") and answer[9:12].isdigit() else 0
        with self.lock:
            self.counts["raw"] += 1
        if status >= 500 and status != 503 and status not in OF_HTTP:
            self.report(f"raw: {answer[:300]!r}", Request("RAW", "", data))

    # The canary

    def canary(self):
        client = Client(self.cloud.port, CANARY_LIMIT)
        key = {"pk": {"S": "canary"}, "sk": {"N": "1"}}
        calls = [
            ("dynamodb", "GetItem", {"TableName": "fuzz", "Key": key}), ("dynamodb", "PutItem", {"TableName": "fuzz", "Item": key}), ("sqs", "SendMessage", {"QueueUrl": "http://c/0/canary", "MessageBody": "x"}),
            ("sqs", "ReceiveMessage", {"QueueUrl": "http://c/0/canary", "WaitTimeSeconds": 0}), ("ssm", "GetParameter", {"Name": "/canary"}), ("timestream", "DescribeTable", {"DatabaseName": "fuzz", "TableName": "fuzz"})]
        while not self.is_over or self.flying:
            for service, name, value in calls:
                start = time.monotonic()
                try:
                    status, answer = client.call(service, name, value)
                except Exception as error:
                    status = self.cloud.process.poll()
                    life = "lives" if status is None else f"has ended: {status}"
                    if not self.faults:
                        self.report(f"the canary {service} {name} has no answer after {time.monotonic() - start:.0f} s: {error!r}; the process {life}")
                    return
                self.slowest_canary = max(self.slowest_canary, time.monotonic() - start)
                # Where it is busy, the table may be gone: neither is a fault of the canary's service.
                if status not in (200, 400, 503):
                    self.report(f"the canary {service} {name}: {status} {answer}")
            self.peak = max(self.peak, self.cloud.peak())
            if self.peak > MEMORY_LIMIT:
                self.report(f"{self.peak} MB are resident, more than {MEMORY_LIMIT}")
            if self.faults:
                return
            time.sleep(min(1, max(0.05, self.end - time.monotonic())))
        client.close()

    def run(self):
        self.set_up()
        threads = [threading.Thread(target=self.work, args=(number,)) for number in range(self.workers)]
        threads.append(threading.Thread(target=self.canary))
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if self.cloud.process.poll() is not None and not self.faults:
            self.report(f"the process has ended: {self.cloud.process.poll()}")
        if self.cloud.process.poll() is None:
            try:
                status = self.cloud.stop(STOP_LIMIT)
                if status != 0:
                    self.report(f"after SIGTERM the process ended with {status}")
            except Exception as error:
                self.report(f"SIGTERM did not end it: {error!r}")
        requests = sum(self.counts.values())
        return (
            f"seed {self.seed}: {requests} requests {dict(sorted(self.counts.items(), key=str))}, {self.peak} MB at most, slowest answer {self.slowest[0]:.1f} s, slowest canary "
            f"{self.slowest_canary:.1f} s\n  slowest: {self.slowest[1]}\n" + "".join(f"FAULT {fault}\n" for fault in self.faults))


def run(seconds, seed=None, workers=4):
    """Returns what happened, and raises Fault where that is a fault."""
    one = Run(seconds, random.randrange(10**9) if seed is None else seed, workers)
    print(f"seed {one.seed}", flush=True)
    try:
        told = one.run()
    finally:
        if one.cloud.process.poll() is None:
            one.cloud.process.kill()
            one.cloud.process.wait()
    if one.faults:
        log = (one.folder / "cloud.log").read_text(errors="replace")[-3000:]
        raise Fault(f"{told}\n{log}")
    return told


def replay(file):
    one = Run(0, 0, 1)
    one.set_up()
    client = Client(one.cloud.port, ANSWER_LIMIT)
    for request in (Request.of(entry) for entry in json.loads(pathlib.Path(file).read_text())):
        if request.method == "RAW":
            one.raw(wire.Connections(random.Random(0), one.cloud.port), 0, request.body)
        else:
            print(request.headers.get("x-amz-target", request.path[:80]), request.body[:300], "→", one.send(client, request, 0), "alive" if one.cloud.process.poll() is None else "DEAD")
    one.cloud.stop(STOP_LIMIT)
    return one.faults


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    for name, default in (("seconds", 600), ("seed", None), ("workers", 4)):
        parser.add_argument("--" + name, type=int, default=default)
    parser.add_argument("--replay")
    options = parser.parse_args()
    if options.replay:
        sys.exit(1 if replay(options.replay) else 0)
    try:
        print(run(options.seconds, options.seed, options.workers))
    except Fault as fault:
        print(fault)
        sys.exit(1)
