"""Prometheus' own clients against the API, and Prometheus itself beside it: both have the same samples, and answer alike."""

import json
import random
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

import pytest

from conftest import TOOLS, wait_until

PROGRAMS = TOOLS / "prometheus/usr/bin"
KEY = "local-admin"
LABELS = {"measurement": "conformance", "room": "a b", "series": r"conformance,room=a\ b"}
NOW = int(time.time())
# An hour of minutes that lies in the past, and one that lies ahead.
START = NOW // 60 * 60 - 3900
AHEAD = NOW // 60 * 60 + 3600


def samples():
    """A counter that begins anew twice and a gauge, with a gap; neither is exactly on the minute's bounds that queries use."""
    counter, numbers = 0, random.Random(5)
    for minute in range(60):
        counter = 3 if minute in (17, 40) else counter + minute * 7 % 11
        if not 25 <= minute <= 31:
            yield START + 60 * minute + minute % 3, counter, numbers.randrange(-40, 40) / 8


def ask(address, path, headers=None, form=None, **parameters):
    request = urllib.request.Request(
        f"{address}api/v1/{path}?{urllib.parse.urlencode(parameters, doseq=True)}", headers=headers or {},
        data=urllib.parse.urlencode(form).encode() if form else None)
    try:
        with urllib.request.urlopen(request, timeout=300) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


@pytest.fixture(scope="module")
def ours(cloud):
    """The API, with the samples written to it as line protocol; asks with a key as these clients send it."""
    lines = [f"conformance,room=a\\ b c_total={counter}i,g={gauge},ok={'t' if gauge > 0 else 'f'} {at}" for at, counter, gauge in samples()]
    lines += [f"conformance,room=a\\ b g={minute} {AHEAD + 60 * minute}" for minute in range(3)]
    request = urllib.request.Request(
        cloud.outputs["WriteUrl"] + "/api/v2/write?bucket=home&precision=s", data="\n".join(lines).encode(),
        headers={"Authorization": f"Token {KEY}"})
    with urllib.request.urlopen(request, timeout=300) as response:
        assert response.status == 204

    def query(path, form=None, **parameters):
        return ask(cloud.outputs["ApiEndpoint"], path, {"Authorization": f"Bearer {KEY}"}, form, **parameters)

    query.address = cloud.outputs["ApiEndpoint"].replace("//", f"//any:{KEY}@", 1)
    return query


@pytest.fixture(scope="module")
def theirs(tmp_path_factory):
    """A Prometheus with the same samples."""
    folder = tmp_path_factory.mktemp("prometheus")
    labels = ",".join(f"{name}={json.dumps(value)}" for name, value in LABELS.items())
    rows = list(samples())
    lines = ["# TYPE c counter", *(f"c_total{{{labels}}} {counter} {at}" for at, counter, _ in rows)]
    lines += ["# TYPE g gauge", *(f"g{{{labels}}} {gauge} {at}" for at, _, gauge in rows)]
    lines += ["# TYPE ok gauge", *(f"ok{{{labels}}} {int(gauge > 0)} {at}" for at, _, gauge in rows), "# EOF", ""]
    (folder / "samples").write_text("\n".join(lines))
    (folder / "settings.yml").write_text("global: {}\n")
    subprocess.run(
        [PROGRAMS / "promtool", "tsdb", "create-blocks-from", "openmetrics", folder / "samples", folder / "data"], check=True,
        capture_output=True, timeout=300)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [PROGRAMS / "prometheus", f"--config.file={folder}/settings.yml", f"--storage.tsdb.path={folder}/data",
         "--storage.tsdb.retention.time=10y", f"--web.listen-address=127.0.0.1:{port}"], stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}/"

    def is_ready():
        assert process.poll() is None
        try:
            return urllib.request.urlopen(address + "-/ready", timeout=300).status == 200
        except OSError:
            return False

    try:
        wait_until(is_ready)
        yield lambda path, **parameters: ask(address, path, **parameters)
    finally:
        process.terminate()
        process.wait(timeout=300)


# Answers that are the same to the last digit. No window begins or ends at a sample: there Prometheus 2, which Debian has, and 3 differ.
EXACT = [
    "1+1", "-2^2*3%5", "g", "ok", "c_total offset 7m", "g offset -3m", f"g @ {START + 1000}", "g @ end() offset 10m", "-g * 2", "g ^ 2 % 3",
    "10 - g / 0.1", "{__name__=~'c_.*|g', room=~'a.*'}", "g{room!='a b'}", "g{room!~'a.b'}", "g{none=''}", "last_over_time(g[9m])", "min_over_time(g[9m])",
    "max_over_time(g[9m])", "count_over_time(g[9m])", "sum_over_time(g[9m])", "quantile_over_time(0.3, g[9m])", "quantile_over_time(2, g[9m])",
    "rate(c_total[1m])", "rate(c_total[5m])", "increase(c_total[13m])", "increase(c_total[8m] offset 3m)", "sum_over_time(g[5m]) * 60 + 1e-9",
]
EMPTY = ["g{room!='a b'}", "g{room!~'a.b'}", "rate(c_total[1m])"]
# Prometheus adds these up in another order.
NEARLY = ["avg_over_time(g[9m])", "stddev_over_time(g[9m])", "increase(g[7m])"]


def in_range(ask_them, expression):
    # 60 does not divide the step, and no sum of them is within 3 seconds after a minute.
    return ask_them("query_range", query=expression, start=START - 97, end=START + 3700, step="5m40s")


@pytest.mark.parametrize("expression", EXACT)
def test_the_same_answer(ours, theirs, expression):
    status, answer = in_range(theirs, expression)
    # Only what excludes the one series there is, and a minute with one sample in it, have no values.
    assert status == 200 and bool(answer["data"]["result"]) == (expression not in EMPTY)
    assert in_range(ours, expression) == (status, answer)
    at = START + 1853
    assert ours("query", query=expression, time=at) == theirs("query", query=expression, time=at)


@pytest.mark.parametrize("expression", NEARLY)
def test_nearly_the_same_answer(ours, theirs, expression):
    (_, mine), (_, other) = in_range(ours, expression), in_range(theirs, expression)
    (one,), (two,) = mine["data"]["result"], other["data"]["result"]
    assert one["metric"] == two["metric"] and [at for at, _ in one["values"]] == [at for at, _ in two["values"]]
    assert [float(value) for _, value in one["values"]] == pytest.approx([float(value) for _, value in two["values"]], rel=1e-12)


@pytest.mark.parametrize("expression", ["g{", "rate(g)", "g[5m", "1 +", "'a", "{}", "g offset", "{a=~'('}", "rate(c_total[5m])[", "g @ now()"])
def test_the_same_refusal(ours, theirs, expression):
    (mine_status, mine), (status, answer) = ours("query", query=expression), theirs("query", query=expression)
    assert (mine_status, mine["status"], mine["errorType"]) == (status, answer["status"], answer["errorType"]) == (400, "error", "bad_data")


def test_names_and_values_of_labels(ours, theirs):
    selector = {"match[]": '{series="%s"}' % LABELS["series"].replace("\\", "\\\\")}
    for path, extra in [("label/__name__/values", {}), ("label/room/values", selector), ("label/none/values", {}), ("series", selector)]:
        status, answer = theirs(path, **extra)
        assert status == 200
        mine = ours(path, **(extra or selector))
        assert mine[0] == 200 and mine[1]["data"] == answer["data"], path
    # What is only here: the label that tells history and forecast apart.
    names = set(theirs("labels")[1]["data"]) | {"origin"}
    assert ours("labels", **selector)[1]["data"] == sorted(names)


def test_history_and_forecast_are_one_series(ours):
    every = ours("query_range", query="g", start=AHEAD, end=AHEAD + 120, step=60)[1]["data"]["result"]
    assert [[at, value] for at, value in every[0]["values"]] == [[AHEAD, "0"], [AHEAD + 60, "1"], [AHEAD + 120, "2"]]
    form = {"query": 'count_over_time(g{origin!=""}[3h])', "time": str(AHEAD + 120)}
    counts = {one["metric"]["origin"]: one["value"][1] for one in ours("query", form=form)[1]["data"]["result"]}
    assert counts == {"forecast": "3", "history": "53"}


def test_promtool(ours):
    """It sends the key as Basic, from the address, and reads every answer with the types of Prometheus' own client."""

    def promtool(command, *arguments):
        done = subprocess.run(
            [PROGRAMS / "promtool", "query", command, *arguments], capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr
        return done.stdout

    address = ours.address
    labels = 'measurement="conformance", room="a b", series="conformance,room=a\\\\ b"'
    assert promtool("instant", address, "1+1").startswith("scalar: 2 @[")
    assert promtool("instant", address, "count_over_time(c_total[2h]) * 2").startswith(f"{{{labels}}} => 106 @[")
    assert promtool("range", f"--start={START}", f"--end={START + 60}", "--step=1m", address, "ok * 0 - 1") == (
        f"{{{labels}}} =>\n-1 @[{START}]\n-1 @[{START + 60}]\n")
    (series,) = promtool("series", "--match=c_total", address).splitlines()
    assert series == f'{{__name__="c_total", {labels}}}'
    assert "conformance" in promtool("labels", address, "measurement").split()
    done = subprocess.run([PROGRAMS / "promtool", "query", "instant", address, "sum(g)"], capture_output=True, text=True, timeout=300)
    assert done.returncode != 0 and "bad_data" in done.stderr and "aggregations are not supported" in done.stderr
