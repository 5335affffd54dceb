"""The whole system under faults on purpose: identifiers are fetched, stored and read back through the API while a fault strikes a fifth
of the requests, each kind of fault in a cloud of its own. Prints a table, and fails unless all rows are there and right and the
dead-letter queue is empty.

Usage: BUILD=.build/release python local/bench/faults.py [--identifiers N] [--seed N] [FAULT …]
"""

import argparse
import calendar
import concurrent.futures
import http.client
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import urllib.parse

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

BUILD = pathlib.Path(os.environ.get("BUILD", ".build/release")).resolve()
PROJECT = pathlib.Path(__file__).resolve().parents[2]
KEYS = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
# A fifth of the requests.
CHANCE = 0.2
RULES = {
    "throttling": {"fault": "throttling"},
    "server-error": {"fault": "server-error"},
    "server-error-503": {"fault": "server-error", "status": 503},
    "latency": {"fault": "latency", "milliseconds": [50, 1000]},
    "drop-before": {"fault": "drop-before"},
    "drop-after": {"fault": "drop-after"},
    "unprocessed": {"fault": "unprocessed"},
    "failed-entries": {"fault": "failed-entries"},
    "rejected-records": {"fault": "rejected-records"},
    "function-error": {"fault": "function-error"},
    "clock-skew": {"fault": "clock-skew", "seconds": 3600},
}
# Forecasts are batches only where each row is an item.
PARAMETERS = {"unprocessed": ["--parameter", "ForecastLayout=items"]}
# A message whose function failed comes again after six minutes in the template; here nobody waits for that.
VISIBILITY = "30"
DAY = 86_400_000
# Seconds until a run counts as one that never ends.
LIMIT = 900
# Tries of a request by a patient client.
TRIES = 12


class Failure(Exception):
    pass


class Cloud:
    """A local cloud that lives for one run."""

    def __init__(self, folder, *options):
        self.log = open(pathlib.Path(folder) / "cloud.log", "w")
        environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        self.process = subprocess.Popen(
            [BUILD / "local-cloud", "--port", "0", "--data", pathlib.Path(folder) / "data", "--template", PROJECT / "Infra" / "template.yaml", "--parameters", PROJECT / "local" / "parameters.yaml", "--quiet", *options],
            stdout=subprocess.PIPE, stderr=self.log, text=True, env=environment)
        self.address = self.process.stdout.readline().strip()
        self.outputs = {}
        for line in self.process.stdout:
            if line == "ready\n":
                break
            name, _, value = line.strip().partition("=")
            self.outputs[name] = value
        self.place = urllib.parse.urlsplit(self.address).netloc
        self.client("sqs").set_queue_attributes(QueueUrl=self.outputs["IdentifierQueueUrl"], Attributes={"VisibilityTimeout": VISIBILITY})

    def client(self, service):
        return boto3.client(service, endpoint_url=self.address, config=Config(retries={"total_max_attempts": TRIES, "mode": "standard"}, read_timeout=120), **KEYS)

    def ask(self, method, path, body=None, **headers):
        connection = http.client.HTTPConnection(self.place, timeout=120)
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def faults(self, method, rules=None, seed=0):
        status, answer = self.ask(method, "/_local-cloud/faults", json.dumps({"seed": seed, "faults": rules}) if rules else None, **{"X-Local-Cloud": "faults.py"})
        assert status == 200, answer
        return json.loads(answer)["faults"]

    def stop(self):
        self.process.terminate()
        try:
            status = self.process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
        finally:
            self.log.close()
        if status != 0:
            raise Failure(f"the local cloud ended with status {status}")


def patiently(call):
    """The result of a call that is tried again, as long as faults may be what fails it."""
    for attempt in range(TRIES):
        try:
            return call()
        except (ClientError, BotoCoreError, http.client.HTTPException, OSError) as error:
            last = error
            time.sleep(0.05 * attempt)
    raise Failure(f"failed {TRIES} times: {last!r}")


class Run:
    def __init__(self, cloud, identifiers):
        self.cloud, self.identifiers = cloud, identifiers
        self.sqs, self.functions = cloud.client("sqs"), cloud.client("lambda")

    def register(self):
        dynamodb, table = self.cloud.client("dynamodb"), self.cloud.outputs["IdentifierTableName"]
        for start in range(0, len(self.identifiers), 25):
            batch = [{"PutRequest": {"Item": {"identifier": {"S": name}}}} for name in self.identifiers[start:start + 25]]
            assert dynamodb.batch_write_item(RequestItems={table: batch})["UnprocessedItems"] == {}

    def queue(self):
        """Lets the queue function send all identifiers, as its schedule does."""
        def once():
            answer = self.functions.invoke(FunctionName=self.cloud.outputs["QueueFunctionName"], Payload=b"{}")
            if "FunctionError" in answer:
                raise OSError(answer["Payload"].read().decode())
        patiently(once)

    def depth(self, output):
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed"]
        found = patiently(lambda: self.sqs.get_queue_attributes(QueueUrl=self.cloud.outputs[output], AttributeNames=names))
        return sum(int(value) for value in found["Attributes"].values())

    def wait(self):
        end = time.monotonic() + LIMIT
        while self.depth("IdentifierQueueUrl") > 0:
            if time.monotonic() > end:
                raise Failure(f"after {LIMIT} s the queue still has messages")
            time.sleep(0.25)

    def source(self, identifier, start, end):
        status, body = self.cloud.ask("GET", f"/sample/v1/sun?place={urllib.parse.quote(identifier)}&from={start}&to={end}", **{"x-api-key": "sunlight"})
        assert status == 200, body
        return {calendar.timegm(time.strptime(row["time"], "%Y-%m-%dT%H:%M:%SZ")) * 1000: (row["elevation"], row["irradiance"]) for row in json.loads(body)["data"]}

    def read(self, identifier, began, ended):
        """The rows of an identifier as the API tells them, how many there have to be, and what is wrong with them.

        A fetch stores 24 hours of the source on either side of its time, which is between two times.
        """
        known = self.source(identifier, began - 2 * DAY, ended + 2 * DAY)
        expected = {time for time in known if ended - DAY <= time < began + DAY}
        rows, now, cursor = [], int(time.time() * 1000), ""
        while True:
            status, body = self.page(identifier, now, cursor)
            answer = json.loads(body)
            if status != 200:
                return [], len(expected), [f"{identifier}: {status} {body[:200]}"]
            rows += answer["rows"]
            if answer["next"] is None:
                break
            cursor = "&cursor=" + urllib.parse.quote(answer["next"])
        times = [row["time"] for row in rows]
        wrong = []
        if missing := expected - set(times):
            wrong.append(f"{identifier}: {len(missing)} rows are missing, such as {min(missing)}")
        if times != sorted(set(times)):
            wrong.append(f"{identifier}: rows come twice, or out of order")
        for row in rows:
            values = (row["values"].get("elevation"), row["values"].get("irradiance"))
            if known.get(row["time"]) != values or (row["origin"] == "history") != (row["time"] <= answer["baseline"]):
                wrong.append(f"{identifier}: {row}, not {known.get(row['time'])}")
        return rows, len(expected), wrong

    def page(self, identifier, now, cursor):
        """A page of the API, asked for until it comes: what the fault itself answers to the client is no error of the system."""
        path = f"{urllib.parse.urlsplit(self.cloud.outputs['ApiEndpoint']).path}v1/series/{urllib.parse.quote(identifier, safe='')}?from={now - 90_000_000}&to={now + 90_000_000}{cursor}"
        def once():
            status, body = self.cloud.ask("GET", path, **{"x-api-key": self.cloud.outputs["ApiKey"]})
            if status == 429 or status >= 500:
                raise OSError(f"{status} {body[:200]}")
            return status, body
        return patiently(once)


def run(name, identifiers, seed, chance=CHANCE):
    """One run under a fault; gives a row of the table, and what was wrong."""
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        cloud = Cloud(folder, *PARAMETERS.get(name, []))
        try:
            one = Run(cloud, [f"{51 + number % 30 / 10:.1f},{number // 30}" for number in range(identifiers)])
            one.register()
            cloud.faults("PUT", [RULES[name] | {"probability": chance}], seed)
            start, began = time.monotonic(), int(time.time() * 1000)
            one.queue()
            one.wait()
            stored, ended = time.monotonic() - start, int(time.time() * 1000)
            with concurrent.futures.ThreadPoolExecutor(8) as pool:
                read = list(pool.map(lambda identifier: one.read(identifier, began, ended), one.identifiers))
            took = time.monotonic() - start
            rule = cloud.faults("GET")[0]
            cloud.faults("DELETE")
            dead = one.depth("DeadLetterQueueUrl")
            wrong = [words for *_, all in read for words in all]
            if dead:
                wrong.append(f"{dead} messages in the dead-letter queue")
            if not rule["struck"]:
                wrong.append("the fault never struck")
            rows = sum(len(rows) for rows, *_ in read)
            expected = sum(expected for _, expected, _ in read)
        except BaseException:
            cloud.process.kill()
            cloud.process.wait()
            print((pathlib.Path(folder) / "cloud.log").read_text()[-2000:], file=sys.stderr)
            raise
        cloud.stop()
        if wrong:
            for log in sorted((pathlib.Path(folder) / "data" / "logs").glob("*.log")):
                errors = [line for line in log.read_text(errors="replace").splitlines() if re.search("error|warn", line, re.I)]
                print(log.name, *errors[-5:], sep="\n  ", file=sys.stderr)
        return (name, rule["requests"], rule["struck"], stored, took, expected, rows, dead), wrong


HEAD = "| fault | requests | struck | stored after | read after | rows expected | rows found | dead letters |\n|---|--:|--:|--:|--:|--:|--:|--:|"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("faults", nargs="*", metavar="FAULT", help=f"of {', '.join(RULES)} (default all)")
    parser.add_argument("--identifiers", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    if unknown := set(arguments.faults) - set(RULES):
        parser.error(f"there is no fault {', '.join(sorted(unknown))}; there are {', '.join(RULES)}")
    print(f"{arguments.identifiers} identifiers, faults on {CHANCE:.0%} of the requests, seed {arguments.seed}\n\n{HEAD}", flush=True)
    faults = []
    for name in arguments.faults or RULES:
        (_, requests, struck, stored, took, expected, rows, dead), wrong = run(name, arguments.identifiers, arguments.seed)
        print(f"| {name} | {requests:,} | {struck:,} | {stored:.1f} s | {took:.1f} s | {expected:,} | {rows:,} | {dead} |", flush=True)
        faults += [f"{name}: {words}" for words in wrong]
    for words in faults[:20]:
        print(f"WRONG {words}", file=sys.stderr)
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
