"""A throwaway local cloud with what the page's tests and pictures show."""

import datetime
import json
import math
import os
import pathlib
import random
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

BUILD = pathlib.Path(os.environ["BUILD"]).resolve()
PROJECT = pathlib.Path(__file__).resolve().parents[2]
STEP = 300
YEAR_ROWS = 105_120
HOSTILE_SERIES = r"evil,tag=<img\ src\=x\ onerror\=alert(1)>"
HOSTILE_MEASURE = "<b>bold</b><script>alert(2)</script>"
HOSTILE_TEXT = "<img src=x onerror=alert(9)><script>alert(10)</script>"
REJECTED_SERIES = "<script>alert(3)</script>,a=b"


class System:
    """A local cloud and its API."""

    def __init__(self):
        environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        # A folder, for functions have logs there alone.
        self.folder = tempfile.TemporaryDirectory()
        self.process = subprocess.Popen(
            [BUILD / "local-cloud", "--port", "0", "--data", self.folder.name], stdout=subprocess.PIPE, text=True, env=environment, cwd=PROJECT)
        self.address = self.process.stdout.readline().strip()
        self.outputs = {}
        for line in self.process.stdout:
            if line == "ready\n":
                break
            name, _, value = line.strip().partition("=")
            self.outputs[name] = value
        self.api = self.outputs["APIUrl"]
        self.key = self.outputs["ApiKey"]
        self.now = int(time.time()) // STEP * STEP

    def stop(self):
        self.process.terminate()
        try:
            return self.process.wait(timeout=60)
        finally:
            self.folder.cleanup()

    def aws(self, service, target, body):
        """A request with a signature; its status and answer."""
        done = subprocess.run(
            ["curl", "-sS", "--aws-sigv4", f"aws:amz:us-east-1:{service}", "-u", "test:test", "-H", "Content-Type: application/x-amz-json-1.0",
             "-H", f"X-Amz-Target: {target}", "--data-binary", json.dumps(body), "-w", "\n%{http_code}", self.address + "/"],
            capture_output=True, text=True, timeout=120, check=True)
        text, status = done.stdout.rsplit("\n", 1)
        return int(status), json.loads(text or "{}")

    def done(self, service, target, body):
        status, answer = self.aws(service, target, body)
        assert status == 200, answer
        return answer

    def queue(self, name, messages=(), **attributes):
        """Makes a queue with messages; its name."""
        url = self.done("sqs", "AmazonSQS.CreateQueue", {"QueueName": name, "Attributes": attributes})["QueueUrl"]
        for message in messages:
            self.done("sqs", "AmazonSQS.SendMessage", {"QueueUrl": url, "MessageBody": message})
        return name

    def dead_letter(self, body):
        """A message that nobody could do; the names of its queue and of the one for dead letters, where it lies."""
        letters = self.queue("given-up")
        policy = {"deadLetterTargetArn": "arn:aws:sqs:us-east-1:000000000000:given-up", "maxReceiveCount": 1}
        tasks = self.queue("tasks", [body], RedrivePolicy=json.dumps(policy), VisibilityTimeout="0")
        url = f"{self.address}/000000000000/{tasks}"
        found = [len(self.done("sqs", "AmazonSQS.ReceiveMessage", {"QueueUrl": url}).get("Messages", [])) for _ in range(2)]
        assert found == [1, 0]
        return tasks, letters

    def ask(self, url, headers=(), method="GET", body=None):
        request = urllib.request.Request(url, headers=dict(headers), method=method, data=body)
        try:
            with urllib.request.urlopen(request, timeout=120) as response:
                return response.status, response.headers, response.read()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read()

    def write(self, lines, status=204):
        for start in range(0, len(lines), 5000):
            found, _, body = self.ask(
                self.api + "api/v2/write?bucket=home&precision=s", {"Authorization": "Token local-writer"}, "POST", "\n".join(lines[start:start + 5000]).encode())
            assert found == status, (found, body)

    def register(self, identifier, source="default"):
        body = json.dumps({"source": source}).encode()
        status, _, text = self.ask(self.api + "v1/series/" + identifier, {"x-api-key": "local-admin"}, "PUT", body)
        assert status in (200, 201), text

    def fetch(self, identifier="greenwich"):
        """Has everything that is registered fetched, and waits for the rows of one of it."""
        environment = {
            "PATH": os.environ["PATH"], "AWS_ENDPOINT_URL": self.address, "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
            "API_ENDPOINT": self.api, "ID_TABLE": self.outputs["IDTableName"], "QUEUE_LAMBDA_NAME": self.outputs["QueueingLambdaName"], "API_KEY": self.key}
        subprocess.run([BUILD / "hydration", "--expect", "288", identifier], env=environment, check=True, capture_output=True, timeout=300)

    def wait_for_status(self, identifier, is_failing):
        """Until a series fares so."""
        end = time.monotonic() + 60
        while time.monotonic() < end:
            status, _, body = self.ask(self.api + "v1/status?id=" + identifier, {"x-api-key": self.key})
            if status == 200 and (json.loads(body)["status"] or {}).get("failing") is is_failing:
                return
            time.sleep(0.1)
        raise AssertionError(f"{identifier} is not {'failing' if is_failing else 'well'}")

    def fill(self, year_rows=YEAR_ROWS):
        """A sun, a roof with a year of rows, three rooms with a forecast, a door, and what is hostile or fails."""
        chance = random.Random(1)
        day = 2 * math.pi / 86_400

        def roof(second):
            season = 1 - 0.55 * math.cos((second / 86_400 - 355) / 365.25 * 2 * math.pi)
            return max(0.0, 2600 * season * math.sin((second % 86_400) * day - math.pi / 2))

        cloud = 1.0
        lines = []
        for row in range(year_rows):
            second = self.now - (year_rows - 1 - row) * STEP
            cloud = min(1.0, max(0.15, cloud + chance.gauss(0, 0.05)))
            lines.append(f"power,site=roof watts={roof(second) * cloud:.1f} {second}")
        lines += [f"power,site=roof watts={roof(self.now + row * STEP) * 0.7:.1f} {self.now + row * STEP}" for row in range(1, 288)]
        self.write(lines)
        lines = []
        for room, base, swing in (("kitchen", 21.0, 1.6), ("cellar", 12.5, 0.5), ("attic", 17.5, 3.2)):
            for row in range(-150, 576):
                second = self.now - row * STEP
                if room == "attic" and 60 < row < 130:
                    continue
                noise = chance.gauss(0, 0.08) if row > 0 else 0
                local = base + swing * math.sin(second * day - 2.2)
                lines.append(f"room,name={room} temperature={local + noise:.2f},humidity={58 - (local - base) * 4 + noise * 9:.1f} {second}")
        self.write(lines)
        self.write([f'door,name=front open={"true" if row % 7 == 0 else "false"},by="{"cat" if row % 3 else "dog"}" {self.now - row * 600}' for row in range(100)])
        self.register("tides", "harbour")
        self.fetch()
        self.wait_for_status("tides", True)

    def fill_with_malice(self):
        measure = HOSTILE_MEASURE.replace(" ", "\\ ").replace("=", "\\=")
        self.write([f"{HOSTILE_SERIES} {measure}={row},plain={row * 2},text=\"<img src=x onerror=alert(4)>\" {self.now - row * STEP}" for row in range(60)])
        # Its name cannot be a table's: the reason of its failure has it in full.
        self.write([f"{REJECTED_SERIES} v={row} {self.now - row * STEP}" for row in range(3)], status=422)


def today():
    return datetime.date.today().isoformat()
