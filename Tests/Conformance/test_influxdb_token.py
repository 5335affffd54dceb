"""The token of InfluxDB from Secrets Manager and Systems Manager, as moto keeps them, for a server that wants to know who asks."""

import base64
import contextlib
import json
import os
import socket
import subprocess
import time
import urllib.parse
import urllib.request

import boto3
import pytest
from moto.server import ThreadedMotoServer

from conftest import BUILD, CLIENT_ENVIRONMENT, PROJECT, TOOLS

pytestmark = pytest.mark.skipif(not (TOOLS / "influxdb/usr/bin/influxd").exists(), reason="Debian's InfluxDB is not there: Tests/tools.sh brings it")
USER, PASSWORD = "admin", "a very secret word"
NOW = int(time.time()) // 60 * 60_000


@contextlib.contextmanager
def influxdb(folder, *user):
    """Debian's server, as `make run HISTORY=influxdb` starts it."""
    script = '. local/influxdb.sh; start_influxdb "$@"; echo "$INFLUX_URL"; read -r _ || true; stop_influxdb'
    with subprocess.Popen(
            ["bash", "-euc", script, "influxdb", TOOLS / "influxdb", folder, *user], cwd=PROJECT, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True) as server:
        try:
            address = server.stdout.readline().strip()
            assert address.startswith("http://127.0.0.1:")
            yield address
        finally:
            server.communicate("\n", timeout=300)
    assert server.returncode == 0


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    with influxdb(tmp_path_factory.mktemp("influxdb"), f"{USER}:{PASSWORD}") as address:
        line = f'history,identifier=room t=21.5,~version=1i,~fields=".dt" {NOW}'.encode()
        who = {"Authorization": "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()}
        with urllib.request.urlopen(urllib.request.Request(address + "/write?db=history&precision=ms", line, who), timeout=300) as answer:
            assert answer.status == 204
        yield address


@pytest.fixture(scope="module")
def moto():
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://127.0.0.1:{port}"
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
    client = lambda service: boto3.client(service, endpoint_url=address, **keys)
    secrets = client("secretsmanager")
    # As AWS makes it for an instance, and as a person does with an editor.
    secrets.create_secret(Name="cache/whole", SecretString=json.dumps({"engine": "timestream-influxdb", "username": USER, "password": PASSWORD}))
    plain = secrets.create_secret(Name="cache/plain", SecretString=f"{USER}:{PASSWORD}\n")
    secrets.create_secret(Name="cache/bytes", SecretBinary=b"bytes")
    secrets.create_secret(Name="cache/wrong", SecretString=f"{USER}:{PASSWORD} of yesterday")
    client("ssm").put_parameter(Name="/cache/influx-token", Value=f"{USER}:{PASSWORD}", Type="SecureString")
    client("dynamodb").create_table(
        TableName="forecasts", BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "series", "KeyType": "HASH"}, {"AttributeName": "start", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": "series", "AttributeType": "S"}, {"AttributeName": "start", "AttributeType": "N"}])
    yield address, {"ARN": plain["ARN"]}
    server.stop()


def read(address, url, **variables):
    """What local-api says of the series, as the API function would."""
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "AWS_ENDPOINT_URL": address, "FUTURE_TABLE": "forecasts", "API_KEY": "any",
                   "HISTORY_STORE": "influxdb", "INFLUX_URL": url, "INFLUX_DATABASE": "history", "INFLUX_AUTHORIZATION": "Basic"} | CLIENT_ENVIRONMENT | variables
    return subprocess.run(
        [BUILD / "local-api", "room", f"from={NOW}", f"to={NOW}"], env=environment, capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize("given", [
    {"INFLUX_TOKEN_SECRET_ID": "cache/whole"}, {"INFLUX_TOKEN_SECRET_ID": "cache/plain"}, {"INFLUX_TOKEN_SECRET_ID": "ARN"},
    {"INFLUX_TOKEN_SSM_ID": "/cache/influx-token"}, {"INFLUX_TOKEN": f"{USER}:{PASSWORD}"}], ids=lambda given: " ".join(given.values()).split(":")[0])
def test_the_token_comes_from_where_it_is_kept(moto, guarded, given):
    address, arns = moto
    done = read(address, guarded, **{name: arns.get(value, value) for name, value in given.items()})
    assert done.returncode == 0, done.stderr
    assert [(row["time"], row["values"], row["origin"]) for row in json.loads(done.stdout)["rows"]] == [(NOW, {"t": 21.5}, "history")]
    assert PASSWORD not in done.stderr


@pytest.mark.parametrize("given,said", [
    ({"INFLUX_TOKEN_SECRET_ID": "cache/nowhere"}, "ResourceNotFoundException"), ({"INFLUX_TOKEN_SECRET_ID": "cache/bytes"}, "SecretString"),
    ({"INFLUX_TOKEN_SECRET_ID": "cache/wrong"}, "does not know who asks"), ({"INFLUX_TOKEN_SSM_ID": "/nowhere"}, "ParameterNotFound"), ({}, "does not know who asks")],
    ids=lambda value: " ".join(value.values()) if isinstance(value, dict) else "")
def test_what_is_wrong_with_it_is_said_without_it(moto, guarded, given, said):
    done = read(moto[0], guarded, **given)
    assert done.returncode != 0 and said in done.stderr + done.stdout
    encoded = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode().rstrip("=")
    assert [secret for secret in (PASSWORD, encoded) if secret in done.stderr + done.stdout] == []


def test_two_servers_never_share_their_data(tmp_path):
    """A second `make run HISTORY=influxdb` beside the first is refused, and the first goes on; once it has ended, another may start."""
    data = tmp_path / "data"
    with influxdb(data) as address:
        script = '. local/influxdb.sh; start_influxdb "$@"'
        second = subprocess.run(
            ["bash", "-euc", script, "influxdb", TOOLS / "influxdb", data], cwd=PROJECT, capture_output=True, text=True, timeout=300)
        assert second.returncode == 1 and second.stderr == f"Another InfluxDB has the data in {data}: end it, or give another folder: DATA=folder make run\n"
        query = urllib.parse.urlencode({"q": "SHOW DATABASES"})
        with urllib.request.urlopen(f"{address}/query?{query}", timeout=300) as answer:
            assert ["history"] in json.loads(answer.read())["results"][0]["series"][0]["values"]
    with influxdb(data):
        pass


def test_a_port_that_is_taken_ends_all_that_was_started(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "PORT": port, "DATA": str(tmp_path), "HISTORY": "influxdb"}
        done = subprocess.run(["local/run.sh", BUILD], cwd=PROJECT, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode != 0 and port in done.stderr and "Ctrl-C" not in done.stdout
    # What had the data has gone.
    with influxdb(tmp_path / "influxdb"):
        pass
