"""local-generate, with a server that writes down what it is sent: the readings, how they are sent, and what it says where they are not taken."""

import http.server
import json
import subprocess
import threading

import pytest

from conftest import BUILD, CLIENT_ENVIRONMENT

LOCATIONS = ["factory-floor-1", "factory-floor-1", "factory-floor-2", "warehouse-1", "warehouse-2"]
RANGES = {"temperature": (17, 30), "humidity": (40, 70), "pressure": (963.25, 1063.25), "vibration": (0.01, 0.1)}
START = "2026-01-31T12:00:00Z"


class Server(http.server.ThreadingHTTPServer):
    """Takes what Lambda's Invoke and the write API take; answers are set by the test."""

    def __init__(self):
        self.requests, self.answers = [], []
        super().__init__(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server_port}"


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.requests.append((self.path, dict(self.headers), body))
        status, headers, answer = self.server.answers.pop(0) if self.server.answers else (200, {}, b"{}")
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    started = Server()
    thread = threading.Thread(target=started.serve_forever)
    thread.start()
    yield started
    started.shutdown()
    thread.join()
    started.server_close()


def generate(server, *words, **variables):
    environment = {"HOME": "/nonexistent", "AWS_ENDPOINT_URL": server.address, "AWS_MAX_ATTEMPTS": "1"} | CLIENT_ENVIRONMENT | variables
    return subprocess.run([BUILD / "local-generate", *words], env=environment, capture_output=True, text=True, timeout=300)


def test_devices_measure_what_machines_of_a_factory_do(server):
    done = generate(server, "--seed", "7", "--from", START, "--rounds", "4")
    assert done.returncode == 0 and done.stderr == "", done.stderr
    assert [path for path, _, _ in server.requests] == ["/2015-03-31/functions/timeseries-cache-write/invocations"] * 4
    rounds = [json.loads(body) for _, _, body in server.requests]
    for number, messages in enumerate(rounds):
        assert [message["device_id"] for message in messages] == [f"sensor-00{device}" for device in range(1, 6)]
        assert [message["location"] for message in messages] == LOCATIONS
        # Half a minute apart, as long as the interval is; nothing waited.
        time = f"2026-01-31T12:0{number // 2}:{'30' if number % 2 else '00'}"
        assert all(message["timestamp"].startswith(time) and message["timestamp"].endswith("Z") for message in messages)
        for message in messages:
            assert set(message) == {"device_id", "location", "timestamp", *RANGES}
            assert all(least <= message[name] <= greatest for name, (least, greatest) in RANGES.items())
    assert len({message["temperature"] for messages in rounds for message in messages}) > 15
    assert done.stdout.splitlines()[0] == "5 devices, 4 rounds, --seed 7" and done.stdout.splitlines()[-1].startswith("round 4 of 4: 2026-01-31T12:01:30")


def test_the_same_seed_gives_the_same_readings_both_ways(server):
    words = ["--seed", "42", "--from", START, "--rounds", "3", "--devices", "7", "--interval", "1h"]
    assert generate(server, *words, "--function", "a b").returncode == 0
    assert generate(server, *words, "--write-url", server.address + "/prod/", "--bucket", "the home", WRITE_KEY="secret").returncode == 0
    invoked, written = server.requests[:3], server.requests[3:]
    assert invoked[0][0] == "/2015-03-31/functions/a%20b/invocations"
    for (_, _, messages), (path, headers, lines) in zip(invoked, written):
        assert path == "/prod/api/v2/write?bucket=the%20home&precision=ms" and headers["Authorization"] == "Token secret"
        for message, line in zip(json.loads(messages), lines.decode().split("\n"), strict=True):
            tags, fields, time = line.split(" ")
            assert tags == f"sensors,device_id={message['device_id']},location={message['location']}"
            assert {name: float(value) for name, value in (field.split("=") for field in fields.split(","))} == {name: message[name] for name in RANGES}
            assert 1769860800000 <= int(time) <= 1769860800000 + 2 * 3600000
    assert json.loads(invoked[0][2])[5]["device_id"] == "sensor-006" and json.loads(invoked[0][2])[5]["location"] == LOCATIONS[0]
    assert generate(server, *words, "--seed", "43").returncode == 0
    assert server.requests[6][2] != invoked[0][2]


def test_daily_readings_are_the_same_whenever_they_are_sent(server):
    """As `make run` sends them, once more at a later start."""
    def sent(start, rounds, *words):
        server.requests.clear()
        assert generate(server, "--daily", "--seed", "1", "--from", start, "--rounds", str(rounds), "--interval", "5m", *words).returncode == 0
        return {messages[0]["timestamp"]: messages for messages in (json.loads(body) for _, _, body in server.requests)}
    first, again = sent("2026-01-31T12:03:21.5Z", 289), sent("2026-01-31T18:01:59Z", 289)
    assert sorted(first)[0].startswith("2026-01-31T12:00:00") and sorted(again)[0].startswith("2026-01-31T18:00:00") and len(first) == 289
    both = set(first) & set(again)
    assert len(both) == 289 - 72 and all(first[time] == again[time] for time in both)
    assert sent("2026-01-31T12:00:00Z", 1, "--seed", "2") != {sorted(first)[0]: first[sorted(first)[0]]}
    for number in range(5):
        for name, (least, greatest) in RANGES.items():
            values = [first[time][number][name] for time in sorted(first)]
            steps = [abs(later - value) for value, later in zip(values, values[1:])]
            assert least <= min(values) and max(values) <= greatest and max(values) - min(values) > 10 * max(steps), (name, max(steps))


def test_no_two_rounds_are_at_one_instant(server):
    assert generate(server, "--rounds", "20", "--devices", "1", "--interval", "0s").returncode == 0
    times = [json.loads(body)[0]["timestamp"] for _, _, body in server.requests]
    assert len(set(times)) == 20 and times == sorted(times)
    # Nor where the interval says so.
    server.requests.clear()
    assert generate(server, "--rounds", "3", "--devices", "1", "--interval", "0s", "--from", START).returncode == 0
    assert len({json.loads(body)[0]["timestamp"] for _, _, body in server.requests}) == 3


@pytest.mark.parametrize("answer,words,told", [
    ((200, {"X-Amz-Function-Error": "Unhandled"}, b'{"errorMessage":"no table"}'), [], 'timeseries-cache-write failed: {"errorMessage":"no table"}'),
    ((404, {}, b'{"Type":"User","Message":"Function not found"}'), [], "Function not found"),
    ((401, {}, b'{"code":"unauthorized"}'), ["--write-url", "URL"], 'answers 401: {"code":"unauthorized"}'),
    ((503, {"Retry-After": "1"}, b"busy"), ["--write-url", "URL"], "answers 503: busy"),
])
def test_a_round_that_is_not_taken_is_told_and_the_others_are_sent(server, answer, words, told):
    server.answers = [(200, {}, b"{}"), answer]
    words = [server.address if word == "URL" else word for word in words]
    done = generate(server, "--rounds", "3", "--interval", "0s", *words, WRITE_KEY="the-secret")
    assert done.returncode == 1 and len(server.requests) == 3
    first, last = done.stderr.splitlines()
    assert first.startswith("round 2 of 3 was not taken: ") and told in first and last == "1 of 3 rounds were not taken"
    assert [line.split(":")[0] for line in done.stdout.splitlines()[1:]] == ["round 1 of 3", "round 3 of 3"]
    assert "the-secret" not in done.stdout + done.stderr


def test_nobody_at_home_is_a_failure(server):
    done = generate(server, "--rounds", "1", "--write-url", "http://127.0.0.1:1", "--key", "k")
    assert done.returncode == 1 and "http://127.0.0.1:1/api/v2/write?bucket=devices&precision=ms does not answer" in done.stderr


@pytest.mark.parametrize("words,told", [
    (["--devices", "0"], "--devices is '0': give 1 to 10000"), (["--rounds", "x"], "--rounds is 'x': give 1 to 1000000"),
    (["--interval", "soon"], "--interval is 'soon': give a time such as 30s"), (["--seed", "-1"], "--seed is '-1'"),
    (["--from", "soon"], "--from is 'soon'"), (["--bucket", "b"], "--bucket goes with --write-url"), (["--key", "k"], "--key goes with --write-url"),
    (["--write-url", "http://x"], "give a key that may write: WRITE_KEY or --key"),
    (["--write-url", "http://x", "--function", "f"], "give --function or --write-url, not both"), (["extra"], "'extra' is one word too many"),
])
def test_a_wrong_command_line_is_explained(server, words, told):
    done = generate(server, *words)
    assert done.returncode == 1 and done.stderr.startswith("local-generate: " + told) and done.stdout == "" and server.requests == []
