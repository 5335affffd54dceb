"""The saved queries, over readings of the generator and of counters, beside the same numbers worked out here."""

import csv
import io
import math
import statistics
import subprocess
import threading
import time
import urllib.request

import pytest

from conftest import BUILD, PROJECT, Cloud
from test_generate import Server

MINUTE, HOUR = 60_000, 3_600_000
WORDS = ["--devices", "3", "--rounds", "160", "--interval", "54m", "--seed", "7"]
MEASURES = ["temperature", "humidity", "pressure", "vibration"]


def generate(environment, *words):
    done = subprocess.run([BUILD / "local-generate", *WORDS, *words], env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


def write(cloud, bucket, lines):
    request = urllib.request.Request(
        cloud.outputs["WriteUrl"] + "/api/v2/write?bucket=" + bucket + "&precision=ms", "\n".join(lines).encode(), {"Authorization": "Token local-writer"})
    with urllib.request.urlopen(request, timeout=300) as answer:
        assert answer.status == 204


@pytest.fixture(scope="module")
def readings():
    """What the generator sends: (time, device, location, measures), from six days ago to 44 minutes ago; no reading is near a bound that a query has."""
    start = int(time.time() * 1000) - 6 * 24 * HOUR + 10 * MINUTE
    server = Server()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        generate({"WRITE_KEY": "k"}, "--from", str(start), "--write-url", server.address)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    found = []
    for _, _, body in server.requests:
        for line in body.decode().split("\n"):
            tags, fields, at = line.split(" ")
            tags = dict(tag.split("=") for tag in tags.split(",")[1:])
            found.append((int(at), tags["device_id"], tags["location"], {name: float(value) for name, value in (field.split("=") for field in fields.split(","))}))
    assert len(found) == 480
    return start, found


@pytest.fixture(scope="module")
def cloud(readings):
    """A cloud with these readings, sent as devices send them, and with one that is far off."""
    started = Cloud()
    start, found = readings
    generate(started.environment, "--from", str(start))
    odd = start + 150 * 54 * MINUTE + 5 * MINUTE
    write(started, "devices", [f"sensors,device_id=sensor-003,location=factory-floor-2 temperature=95 {odd}"])
    found.append((odd, "sensor-003", "factory-floor-2", {"temperature": 95.0}))
    yield started
    assert started.stop() == 0


def ask(cloud, *words):
    """The rows of a query as CSV has them, by column."""
    done = subprocess.run([BUILD / "local-query", *words, "--format", "csv"], env=cloud.environment, cwd=PROJECT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return list(csv.DictReader(io.StringIO(done.stdout, newline="")))


def stamp(milliseconds):
    return time.strftime("%Y-%m-%d %H:%M:%S.", time.gmtime(milliseconds // 1000)) + f"{milliseconds % 1000:03}000000"


def matches(found, expected):
    """Texts are the same, numbers are as close as two ways to add them up let them be."""
    assert len(found) == len(expected)
    for row, wanted in zip(found, expected, strict=True):
        assert list(row) == list(wanted)
        for name, value in wanted.items():
            assert math.isclose(float(row[name]), value, rel_tol=1e-9) if isinstance(value, float) else row[name] == str(value), (name, row, wanted)


def test_latest_readings(cloud, readings):
    newest = sorted(readings[1], key=lambda reading: (-reading[0], reading[1]))
    expected = [{"time": stamp(at), "device_id": device, "location": location} | measures for at, device, location, measures in newest[:3]]
    # One round is within the last hour.
    matches(ask(cloud, "latest-readings"), expected)
    assert len(ask(cloud, "latest-readings", "--parameter", "past=7d")) == 20
    matches(ask(cloud, "latest-readings", "--parameter", "past=7d", "--parameter", "rows=2"), expected[:2])


@pytest.mark.parametrize("measure,width", [("temperature", 6 * HOUR), ("vibration", 10 * MINUTE)])
def test_temperature_trend(cloud, readings, measure, width):
    now = int(time.time() * 1000)
    bins = {}
    for at, device, _, measures in readings[1]:
        if at >= now - 24 * HOUR and measure in measures:
            bins.setdefault((device, at - at % width), []).append(measures[measure])
    expected = [{"device_id": device, "bin": stamp(bin), "average": statistics.fmean(values), "least": min(values), "greatest": max(values)}
                for (device, bin), values in sorted(bins.items())]
    words = ["--parameter", "bin=6h"] if width == 6 * HOUR else ["--parameter", "measure=vibration"]
    matches(ask(cloud, "temperature-trend", *words), expected)
    assert len(expected) >= 12


@pytest.mark.parametrize("threshold", [2.0, 1.5])
def test_anomalies(cloud, readings, threshold):
    now = int(time.time() * 1000)
    usual = {}
    for _, device, _, measures in readings[1]:
        usual.setdefault(device, []).append(measures["temperature"])
    expected = []
    for at, device, _, measures in readings[1]:
        values = usual[device]
        z = (measures["temperature"] - statistics.fmean(values)) / statistics.stdev(values)
        if at >= now - 24 * HOUR and abs(z) > threshold:
            expected.append({"time": stamp(at), "device_id": device, "value": measures["temperature"], "z": z})
    expected.sort(key=lambda row: (-abs(row["z"]), row["time"], row["device_id"]))
    found = ask(cloud, "anomalies", *([] if threshold == 2 else ["--parameter", f"threshold={threshold}"]))
    matches(found, expected)
    assert found[0]["device_id"] == "sensor-003" and float(found[0]["z"]) > 5 and (len(found) == 1) == (threshold == 2)


def test_device_summary(cloud, readings):
    expected = []
    for device in ("sensor-001", "sensor-002", "sensor-003"):
        times = [at for at, of, _, _ in readings[1] if of == device]
        expected.append({"device_id": device, "readings": len(times), "measures": 4, "first": stamp(min(times)), "last": stamp(max(times))})
    matches(ask(cloud, "device-summary"), expected)
    assert [row["readings"] for row in expected] == [160, 160, 161]


def test_hourly_consumption(cloud):
    """Two cold meters of one house, one of which is replaced and begins at 3: what is counted never goes down."""
    start = (int(time.time() * 1000) // HOUR - 10) * HOUR
    counters = {"1": [100, 104, 104, 110, 3, 9], "2": [7, 8, 9, 20, 21, 41]}
    write(cloud, "home", [f"water,id={counter},temperature=cold value={value}i {start + number * 20 * MINUTE}"
                          for counter, values in counters.items() for number, value in enumerate(values)])
    found = ask(cloud, "hourly-consumption")
    matches(found, [
        {"counter": "1", "bin": stamp(start), "consumption": 4}, {"counter": "1", "bin": stamp(start + HOUR), "consumption": 6 + 3 + 6},
        {"counter": "2", "bin": stamp(start), "consumption": 2}, {"counter": "2", "bin": stamp(start + HOUR), "consumption": 11 + 1 + 20}])


def run(cloud, *words, **variables):
    return subprocess.run([BUILD / "local-query", *words], env=cloud.environment | variables, cwd=PROJECT, capture_output=True, text=True, timeout=300)


def test_a_table_is_for_people(cloud):
    done = run(cloud, "device-summary")
    lines = done.stdout.splitlines()
    assert done.returncode == 0 and lines[0].split() == ["device_id", "readings", "measures", "first", "last"]
    assert set(lines[1]) == {"-", " "} and lines[-1] == "(3 rows)" and lines[2].startswith("sensor-001  160")
    assert run(cloud, "device-summary", "--parameter", "past=1s").stdout.splitlines()[-1] == "(0 rows)"


def test_the_list_names_each_query_with_its_parameters(cloud):
    done = run(cloud, "--list")
    names = [line for line in done.stdout.splitlines() if not line.startswith(" ")]
    assert done.returncode == 0 and names == sorted(file.stem for file in (PROJECT / "Infra/queries").glob("*.sql"))
    assert "    --parameter threshold=NUMBER  the least z-score, whatever its sign (default 2)" in done.stdout


@pytest.mark.parametrize("table", ['sensors"; SELECT 1', "sensors' --", 'a" UNION SELECT * FROM "b', "no-such"])
def test_a_name_is_never_sql(cloud, table):
    done = run(cloud, "device-summary", "--parameter", f"table={table}")
    assert done.returncode == 1 and done.stdout == "" and "does not exist" in done.stderr
    shown = run(cloud, "device-summary", "--show", "--database", "d", "--parameter", f"table={table}")
    assert 'FROM "d"."%s"' % table.replace('"', '""') in shown.stdout


@pytest.mark.parametrize("words,told", [
    ([], "name a query: anomalies, device-summary"), (["no"], "there is no query 'no' in Infra/queries"), (["../queries/anomalies"], "there is no query"),
    (["anomalies", "--format", "xml"], "--format is 'xml'"), (["anomalies", "--parameter", "x"], "--parameter is 'x': give K=V"),
    (["anomalies", "--parameter", "x=1"], "there is no parameter 'x'; the query takes table, measure"),
    (["anomalies", "--parameter", "threshold=2 OR 1=1"], "the parameter 'threshold' is '2 OR 1=1': give a decimal number"),
    (["anomalies", "b"], "'b' is one word too many"), (["--list", "--folder", "/no/such"], "the folder /no/such cannot be read"),
    (["anomalies", "--database", "elsewhere"], "elsewhere"),
])
def test_what_cannot_be_asked_is_explained(cloud, words, told):
    done = run(cloud, *words)
    assert done.returncode == 1 and done.stderr.startswith("local-query: ") and told in done.stderr and done.stdout == ""
