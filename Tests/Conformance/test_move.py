"""local-move as a person calls it: history from Timestream to DynamoDB and back, killed on the way, compared, and read through the API."""

import json
import re
import signal
import subprocess
import time

import pytest

from conftest import BUILD, PROJECT, TOOLS, Cloud, wait_until
from test_influxdb import KEYS, post

SERIES, ROWS = 5, 1200
# A minute apart, of which the last is past by an hour.
START = (int(time.time()) // 60 - 60 - ROWS) * 60_000
ROOMS = 150


def value(series, row):
    return round(20 + series + row % 97 / 10, 1)


def write(client, samples, version, database, table):
    """(identifier, time, value) into Timestream, as a fetch writes them."""
    records = [
        {"Dimensions": [{"Name": "identifier", "Value": identifier}], "Time": str(moment), "MeasureName": "sample", "MeasureValueType": "MULTI",
         "Version": version, "MeasureValues": [
             {"Name": "power", "Value": repr(number), "Type": "DOUBLE"}, {"Name": "state", "Value": "on é", "Type": "VARCHAR"}]}
        for identifier, moment, number in samples]
    for first in range(0, len(records), 100):
        client("timestream-write").write_records(DatabaseName=database, TableName=table, Records=records[first:first + 100])


@pytest.fixture(scope="module")
def cloud():
    started = Cloud("--ephemeral", "--parameter", "AccessKeys=" + json.dumps(KEYS))
    yield started
    assert started.stop() == 0


@pytest.fixture(scope="module")
def clients(cloud):
    import boto3
    return lambda service: boto3.client(
        service, endpoint_url=cloud.address, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test")


@pytest.fixture(scope="module")
def filled(cloud, clients):
    """A fetched series of each number, and one that somebody writes, with instants that share a millisecond."""
    for series in range(SERIES):
        samples = [(f"s{series}", START + row * 60_000, value(series, row)) for row in range(ROWS)]
        write(clients, samples, START, cloud.variables["TS_DB_NAME"], cloud.variables["TS_TABLE_NAME"])
    lines = [
        f'room,place=the\\ attic t={row / 8},n={row}i,open={"true" if row % 2 else "false"},say="é{row}" {(START + row // 3) * 1_000_000 + row % 3}'
        for row in range(ROOMS)]
    status, _, answer = post(cloud, "api/v2/write?bucket=home&org=o", "\n".join(lines).encode())
    assert status == 204, answer
    return cloud


def chunk_table(clients, name):
    clients("dynamodb").create_table(
        TableName=name, BillingMode="PAY_PER_REQUEST", KeySchema=[
            {"AttributeName": "series", "KeyType": "HASH"}, {"AttributeName": "start", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": "series", "AttributeType": "S"}, {"AttributeName": "start", "AttributeType": "N"}])


class Mover:
    """local-move in a folder of its own, with the variables of both stores."""

    def __init__(self, cloud, folder, table, **variables):
        chosen = cloud.variables
        self.folder = folder
        self.environment = cloud.environment | {
            name: chosen[name] for name in ("TS_DB_NAME", "TS_TABLE_NAME", "IDENTIFIER_TABLE")} | {"HISTORY_TABLE": table} | variables

    def start(self, *words, source="timestream", target="dynamodb"):
        return subprocess.Popen(
            [BUILD / "local-move", "--from", source, "--to", target, *words], env=self.environment, cwd=self.folder, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def run(self, *words, **stores):
        with self.start(*words, **stores) as process:
            output, errors = process.communicate(timeout=300)
        return process.returncode, output, errors

    def state(self, name="local-move.timestream-dynamodb.json"):
        file = self.folder / name
        return json.loads(file.read_text()) if file.exists() else None


def read(cloud, identifier, **variables):
    """Every row of a series as the API function gives them."""
    environment = cloud.environment | cloud.stores | {"IDENTIFIER_TABLE": cloud.variables["IDENTIFIER_TABLE"], "API_KEY": "any"} | variables
    rows, words = [], [f"from={START - 1}", f"to={START + ROWS * 60_000}"]
    while True:
        done = subprocess.run(
            [BUILD / "local-api", identifier, *words, "limit=1000"], env=environment, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr
        answer = json.loads(done.stdout)
        rows += answer["rows"]
        if not answer["next"]:
            return rows
        words = ["cursor=" + answer["next"]]


def numbers(output):
    return [int(number) for number in re.findall(r"\d+", output.splitlines()[0])]


def test_history_moves_and_is_read_as_before(filled, clients, tmp_path):
    chunk_table(clients, "moved")
    mover = Mover(filled, tmp_path, "moved")
    status, output, errors = mover.run("--dry-run")
    assert status == 0, errors
    assert output.startswith(f"{SERIES + 1} series, {SERIES * ROWS + ROOMS} rows\n") and "Timestream metered" in output
    # Whoever writes a series registers it; nobody has registered the others.
    status, output, errors = mover.run("--dry-run", "--registered")
    assert status == 0 and output.startswith(f"1 series, {ROOMS} rows\n"), errors
    # Nothing is there yet.
    status, output, _ = mover.run("--verify", "--identifier", "s0")
    assert status == 1 and numbers(output) == [1, ROWS, 0, ROWS] and "is missing in the target" in output
    status, output, errors = mover.run()
    assert status == 0, errors
    assert numbers(output) == [SERIES + 1, SERIES * ROWS + ROOMS, SERIES * ROWS + ROOMS, 0, 0, 0]
    assert "write units" in output and mover.state() is None
    assert mover.run("--verify")[0] == 0
    for identifier in ["s0", f"s{SERIES - 1}", "room,place=the\\ attic"]:
        before = read(filled, identifier)
        assert len(before) == (ROOMS // 3 if identifier.startswith("room") else ROWS)
        assert before == read(filled, identifier, HISTORY_STORE="dynamodb", HISTORY_TABLE="moved")
    # A second run changes nothing.
    status, output, errors = mover.run()
    assert status == 0 and numbers(output) == [SERIES + 1, SERIES * ROWS + ROOMS, 0, SERIES * ROWS + ROOMS, 0, 0]
    # A correction comes with the next run, which has a higher version once a second has passed.
    second = time.time() // 1
    wait_until(lambda: time.time() // 1 > second)
    where = filled.variables["TS_DB_NAME"], filled.variables["TS_TABLE_NAME"]
    write(clients, [("s1", START, -1.5)], START + 1, *where)
    status, output, _ = mover.run("--verify", "--identifier", "s1")
    assert status == 1 and "power is the double -1.5 in the source, the double 21 in the target" in output
    status, output, _ = mover.run("--identifier", "s1")
    assert status == 0 and numbers(output) == [1, ROWS, 1, ROWS - 1, 0, 0]
    assert mover.run("--verify")[0] == 0


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGINT])
def test_a_move_that_was_ended_goes_on(filled, clients, tmp_path, end):
    table = f"ended-{end.name}"
    chunk_table(clients, table)
    mover = Mover(filled, tmp_path, table)
    kills = 0
    read_so_far = 0
    while kills < 3:
        process = mover.start("--page-rows", "100", "--series-at-once", "2")
        goal = read_so_far + 300
        wait_until(lambda: process.poll() is not None or (mover.state() or {"totals": {"rows": 0}})["totals"]["rows"] >= goal, 120)
        assert process.poll() is None, "it was over before it was ended"
        process.send_signal(end)
        output, errors = process.communicate(timeout=120)
        read_so_far = mover.state()["totals"]["rows"]
        assert goal <= read_so_far < SERIES * ROWS
        if end == signal.SIGINT:
            assert process.returncode == 1 and "goes on from local-move.timestream-dynamodb.json" in errors
        kills += 1
    # Another move does not take its state.
    status, _, errors = mover.run("--since", "now-1d")
    assert status == 1 and "is of another move" in errors
    # Nor does the same one elsewhere, where stores have the same names.
    for elsewhere in {"AWS_REGION": "eu-west-1"}, {"AWS_ENDPOINT_URL": filled.address.replace("127.0.0.1", "localhost")}:
        status, _, errors = Mover(filled, tmp_path, table, **elsewhere).run()
        assert status == 1 and "is of another move" in errors
    status, output, errors = mover.run("--page-rows", "100")
    assert status == 0, errors
    assert "going on from" in errors and mover.state() is None
    found = numbers(output)
    assert found[:2] == [SERIES + 1, SERIES * ROWS + ROOMS] and found[2] + found[3] == found[1]
    # What a kill left in the target without a state that says so: a page of each series under way.
    assert found[3] <= kills * 2 * 100
    assert mover.run("--verify")[0] == 0


def test_history_moves_back(filled, clients, tmp_path):
    chunk_table(clients, "there")
    assert Mover(filled, tmp_path, "there").run()[0] == 0
    timestream = clients("timestream-write")
    timestream.create_database(DatabaseName="back")
    timestream.create_table(
        DatabaseName="back", TableName="fetched", MagneticStoreWriteProperties={"EnableMagneticStoreWrites": True})
    mover = Mover(filled, tmp_path, "there", TS_DB_NAME="back", TS_TABLE_NAME="fetched")
    stores = {"source": "dynamodb", "target": "timestream"}
    status, output, errors = mover.run(**stores)
    assert status == 0, errors
    assert numbers(output) == [SERIES + 1, SERIES * ROWS + ROOMS, SERIES * ROWS + ROOMS, 0, 0, 0]
    assert mover.run("--verify", **stores)[0] == 0
    for identifier in ["s0", "room,place=the\\ attic"]:
        assert read(filled, identifier) == read(filled, identifier, TS_DB_NAME="back", TS_TABLE_NAME="fetched")


@pytest.fixture
def influxdb(tmp_path):
    """Debian's InfluxDB, as `make run HISTORY=influxdb` starts it."""
    script = '. local/influxdb.sh && start_influxdb "$1" "$2" && echo "$INFLUX_URL" && read -r _; stop_influxdb'
    with subprocess.Popen(
            ["bash", "-c", script, "influxdb", TOOLS / "influxdb", tmp_path / "influxdb"], cwd=PROJECT, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True) as server:
        address = server.stdout.readline().strip()
        assert address.startswith("http://")
        yield {"INFLUX_URL": address, "INFLUX_DATABASE": "history"}
        server.communicate("\n", timeout=300)
    assert server.returncode == 0


@pytest.mark.skipif(not (TOOLS / "influxdb/usr/bin/influxd").exists(), reason="Debian's InfluxDB is not there: Tests/tools.sh brings it")
def test_history_moves_to_influxdb_and_on(filled, clients, tmp_path, influxdb):
    chunk_table(clients, "from-influxdb")
    mover = Mover(filled, tmp_path, "from-influxdb", **influxdb)
    everything = SERIES * ROWS + ROOMS
    for source, target in ("timestream", "influxdb"), ("influxdb", "dynamodb"):
        stores = {"source": source, "target": target}
        status, output, errors = mover.run(**stores)
        assert status == 0, errors
        assert numbers(output) == [SERIES + 1, everything, everything, 0, 0, 0]
        assert mover.run("--verify", **stores)[0] == 0
        status, output, _ = mover.run(**stores)
        assert status == 0 and numbers(output) == [SERIES + 1, everything, 0, everything, 0, 0]
    for identifier in ["s0", "room,place=the\\ attic"]:
        before = read(filled, identifier)
        assert before == read(filled, identifier, HISTORY_STORE="influxdb", **influxdb)
        assert before == read(filled, identifier, HISTORY_STORE="dynamodb", HISTORY_TABLE="from-influxdb")


@pytest.mark.parametrize("words,said", [
    ((), "--from is missing: give one of timestream, dynamodb, influxdb"), (("--from", "redis", "--to", "dynamodb"), "--from is 'redis'"),
    (("--from", "dynamodb", "--to", "dynamodb"), "both 'dynamodb'"),
    (("--from", "dynamodb", "--to", "timestream", "--verify", "--dry-run"), "not both"),
    (("--from", "dynamodb", "--to", "timestream", "--since", "soon"), "--since is 'soon'"),
    (("--from", "dynamodb", "--to", "timestream", "--since", "now", "--until", "now-1d"), "--since lies after --until"),
    (("--from", "dynamodb", "--to", "timestream", "--page-rows", "0"), "--page-rows is '0'"),
    (("--from", "dynamodb", "--to", "timestream"), "HISTORY_TABLE"), (("greenwich",), "one word too many")])
def test_what_is_not_understood_is_said(words, said):
    done = subprocess.run(
        [BUILD / "local-move", *words], env={"AWS_REGION": "us-east-1"}, capture_output=True, text=True, timeout=300)
    assert done.returncode == 1 and done.stdout == "" and said in done.stderr
