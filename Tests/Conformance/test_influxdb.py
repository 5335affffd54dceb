"""InfluxDB's official client and Telegraf's requests against the write API, read back through the API as one series."""

import gzip
import json
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

import pytest
from influxdb_client import InfluxDBClient, Point, WritePrecision
from influxdb_client.client.write_api import SYNCHRONOUS
from influxdb_client.rest import ApiException

from conftest import Cloud, PROJECT

KEYS = [
    {"name": "telegraf", "key": "conformance-writer", "buckets": ["home"], "allow": ["write"]},
    {"name": "grafana", "key": "conformance-reader", "buckets": ["home"], "allow": ["read"]},
]
KEY = KEYS[0]["key"]


@pytest.fixture(scope="module")
def keyed():
    cloud = Cloud("--ephemeral", "--parameter", "AccessKeys=" + json.dumps(KEYS))
    yield cloud
    assert cloud.stop() == 0


def series(cloud, identifier, **parameters):
    """Every row of a series, page by page, as (time, values, origin)."""
    rows, cursor = [], None
    while True:
        query = {"limit": "10000"} | ({"cursor": cursor} if cursor else parameters)
        path = "v1/series/" + urllib.parse.quote(identifier, safe="") + "?" + urllib.parse.urlencode(query)
        status, _, body = cloud.get(path, **{"x-api-key": cloud.outputs["ApiKey"]})
        assert status == 200, body
        answer = json.loads(body)
        rows += [(row["time"], row["values"], row["origin"]) for row in answer["rows"]]
        cursor = answer["next"]
        if not cursor:
            return rows


def post(cloud, path, body, **headers):
    headers = {"Authorization": "Token " + KEY, "Content-Type": "text/plain; charset=utf-8"} | headers
    request = urllib.request.Request(
        cloud.outputs["ApiEndpoint"] + path, data=body, headers={name: value for name, value in headers.items() if value}, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=300) as response:
            return response.status, response.headers, response.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


@pytest.mark.parametrize("packed", [False, True])
def test_the_official_client_writes_past_and_future_and_reads_one_series(keyed, packed):
    now = int(time.time() * 1000)
    host = "packed" if packed else "plain"
    with InfluxDBClient(url=keyed.outputs["WriteUrl"], token=KEY, org="any", enable_gzip=packed) as client:
        assert client.ping()
        points = [
            Point("power").tag("host", host).field("watts", float(index)).field("on", True).field("n", index).field("s", "é \"q\"")
            .time(now + index * 60_000 + 1, WritePrecision.MS) for index in range(-30, 30)]
        client.write_api(write_options=SYNCHRONOUS).write(bucket="home", record=points, write_precision=WritePrecision.MS)
    rows = series(keyed, "power,host=" + host, **{"from": str(now - 3_600_000), "to": str(now + 3_600_000)})
    assert [row[0] for row in rows] == [now + index * 60_000 + 1 for index in range(-30, 30)]
    assert [row[1] for row in rows] == [{"watts": index, "on": True, "n": index, "s": "é \"q\""} for index in range(-30, 30)]
    assert {row[2] for row in rows[:30]} == {"history"} and {row[2] for row in rows[31:]} == {"forecast"}


def test_health_has_the_shape_of_influxdb(keyed):
    status, _, body = keyed.get("health")
    assert status == 200 and {"name", "message", "status", "checks", "version"} == set(json.loads(body)) and json.loads(body)["status"] == "pass"


def test_the_official_client_is_told_what_is_wrong(keyed):
    old = int(time.time()) - 20 * 365 * 86_400
    with InfluxDBClient(url=keyed.outputs["WriteUrl"], token=KEY, org="any") as client:
        write = client.write_api(write_options=SYNCHRONOUS).write
        for bucket, record, status, words in [
                ("home", "cpu v=1\ncpu v=", 400, "line 2, column"), ("away", "cpu v=1", 404, "bucket 'away' not found"),
                ("home", "cpu v=1\ncpu v=2 %d" % old, 422, "dropped=1")]:
            with pytest.raises(ApiException) as caught:
                write(bucket=bucket, record=record, write_precision=WritePrecision.S)
            assert caught.value.status == status and words in json.loads(caught.value.body)["message"]
    with InfluxDBClient(url=keyed.outputs["WriteUrl"], token="wrong", org="any") as client:
        with pytest.raises(ApiException) as caught:
            client.write_api(write_options=SYNCHRONOUS).write(bucket="home", record="cpu v=1")
        assert caught.value.status == 401 and json.loads(caught.value.body)["code"] == "unauthorized"


def test_telegraf_as_outputs_influxdb_v2_sends_it(keyed):
    # Its own headers: https://github.com/influxdata/telegraf/tree/master/plugins/outputs/influxdb_v2
    now = time.time_ns()
    lines = "".join(f"{name},host=t {field}={index}i {now - 10_000_000_000 + index}\n" for index, (name, field) in enumerate([("cpu", "a"), ("mem", "b"), ("disk", "c")]))
    body = gzip.compress(lines.encode())
    status, headers, answer = post(keyed, "api/v2/write?bucket=home&org=o", body, **{"Content-Encoding": "gzip", "User-Agent": "Telegraf/1.38.0 Go/1.25"})
    assert (status, answer) == (204, b"")
    for index, (name, field) in enumerate([("cpu", "a"), ("mem", "b"), ("disk", "c")]):
        assert [row[1] for row in series(keyed, name + ",host=t")] == [{field: index}]


@pytest.mark.parametrize("body,headers,status", [
    # Dropped: the rest of the batch is written, or nothing ever would be.
    (b"cpu v=", {}, 400), (b"cpu,host=u v=1 1\ncpu,host=u v=1", {}, 422), (b"cpu v=1", {"Content-Encoding": "br"}, 415),
    # Kept and sent again, once the key is right.
    (b"cpu v=1", {"Authorization": "Token wrong"}, 401),
    # Halved and sent again.
    (gzip.compress(b"\n" * (33 << 20)), {"Content-Encoding": "gzip"}, 413),
], ids=["malformed", "partial", "encoding", "key", "size"])
def test_telegraf_knows_what_to_do_with_each_answer(keyed, body, headers, status):
    found, answered, text = post(keyed, "api/v2/write?bucket=home&org=o", body, **headers)
    assert found == status
    assert set(json.loads(text)) == {"code", "message"} and answered["Content-Type"].startswith("application/json")


def test_telegraf_as_outputs_http_and_version_1_send_it(keyed):
    now = time.time_ns()
    for path, headers in [
            ("api/v2/write?bucket=home", {"Content-Type": "text/plain"}),
            ("write?db=home&precision=ns&consistency=any", {"Content-Type": "text/plain; charset=utf-8"}),
            ("write?db=home&u=any&p=" + KEY, {"Authorization": "", "Content-Type": "application/x-www-form-urlencoded"})]:
        assert post(keyed, path, b"http,host=h v=1 %d\n" % (now - 1_000_000_000), **headers)[0] == 204
    assert len(series(keyed, "http,host=h")) == 1


def test_a_batch_of_5000_points(keyed):
    now = int(time.time()) - 6000
    lines = "\n".join(f"batch,host=h{index % 10} a={index},b={index}i {now + index}" for index in range(5000))
    with InfluxDBClient(url=keyed.outputs["WriteUrl"], token=KEY, org="any", enable_gzip=True) as client:
        client.write_api(write_options=SYNCHRONOUS).write(bucket="home", record=lines, write_precision=WritePrecision.S)
    for host in range(10):
        rows = series(keyed, f"batch,host=h{host}", **{"from": str(now * 1000)})
        assert [row[1]["b"] for row in rows] == list(range(host, 5000, 10))


def test_acknowledged_points_survive_crashes():
    # `local/bench/write_through_crashes.py` does the same for 30 seconds.
    sys.path.insert(0, str(PROJECT / "local/bench"))
    import write_through_crashes
    assert "3 kills" in write_through_crashes.run(seconds=4.0, kills=3, points=1000)
