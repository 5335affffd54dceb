"""Each store of history under the functions: the end-to-end run, what it calls, and that roles allow that and nothing else."""

import collections
import contextlib
import json
import subprocess
import time
import urllib.parse
import urllib.request

import pytest
from awscli.customizations.cloudformation.yamlhelper import yaml_parse

from conditions import settled
from conftest import BUILD, PROJECT, Cloud
from test_template import of_type

STORES = ["timestream", "dynamodb", "influxdb"]
FUNCTIONS = {"timeseries-cache-queue": "QueueFunctionRole", "timeseries-cache-fetch": "FetchFunctionRole", "timeseries-cache-write": "WriteFunctionRole",
             "timeseries-cache-api": "APIFunctionRole"}
SERVICES = {"ingest.timestream": "timestream", "query.timestream": "timestream"}
# The action that lets an operation in, where that has another name.
ACTIONS = {"timestream:Query": "timestream:Select", "sqs:SendMessageBatch": "sqs:SendMessage", "dynamodb:TransactWriteItems": "dynamodb:PutItem"}


@contextlib.contextmanager
def history(store, folder):
    """Starts what a store needs beside the local cloud; gives the local cloud's options."""
    script = '. local/history.sh; start_history "$0"; printf "%s\\n" "${history_options[@]}" ready; read -r _ || true; stop_history'
    process = subprocess.Popen(["bash", "-euc", script, folder], cwd=PROJECT, env={"PATH": "/usr/bin:/bin", "HISTORY": store}, stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, text=True)
    try:
        options = []
        for line in process.stdout:
            if line == "ready\n":
                break
            options.append(line.rstrip("\n"))
        assert options
        yield options
    finally:
        process.stdin.close()
        assert process.wait(timeout=300) == 0
        process.stdout.close()


@pytest.fixture(scope="module", params=STORES)
def run(request, tmp_path_factory):
    """A cloud with a day of history and forecast, and with a written series; gives the store, the cloud and the functions' log lines."""
    folder = tmp_path_factory.mktemp(request.param)
    with history(request.param, folder / "store") as options:
        cloud = Cloud("--data", folder / "cloud", "--parameter", "LogLevel=DEBUG", *options)
        try:
            done = subprocess.run([BUILD / "hydration", "--expect", "288"], env=cloud.hydration, capture_output=True, text=True, timeout=120)
            assert done.returncode == 0, done.stderr
            assert "Rows found in API:  288\n" in done.stdout

            now = int(time.time() * 1000)
            lines = "\n".join(f"room,name=kitchen temperature={step} {now + step * 60_000}" for step in range(-30, 31, 3))
            request_ = urllib.request.Request(
                cloud.outputs["WriteUrl"] + "/api/v2/write?bucket=home&precision=ms", lines.encode(), {"Authorization": "Token local-writer"})
            with urllib.request.urlopen(request_, timeout=300) as answer:
                assert answer.status == 204

            def get(path, **query):
                status, _, body = cloud.get(path + "?" + urllib.parse.urlencode(query), **{"x-api-key": cloud.outputs["ApiKey"]})
                assert status == 200, body
                return json.loads(body)
            yield request.param, cloud, get, lambda: [
                (file.stem, json.loads(line)) for file in sorted((folder / "cloud/logs").glob("*.log")) for line in file.read_text().splitlines() if line.startswith("{")]
        finally:
            assert cloud.stop() == 0


def test_one_series_of_both_stores(run):
    _, _, get, _ = run
    rows = get("v1/series/test-run", **{"from": "now-1h", "to": "now+1h"})["rows"]
    assert len(rows) in range(23, 26) and [row["origin"] for row in rows] == sorted((row["origin"] for row in rows), reverse=True)
    assert {"elevation", "irradiance"} == set(rows[0]["values"])
    rows = get("v1/rows", id="room,name=kitchen", **{"from": "now-1h", "to": "now+1h"})["rows"]
    assert [(row["values"]["temperature"], row["origin"]) for row in rows] == [(step, "history" if step <= 0 else "forecast") for step in range(-30, 31, 3)]
    bins = get("v1/rows", id="room,name=kitchen", bin="2h", aggregate="count,sum,min,max", **{"from": "now-31m", "to": "now+31m"})["rows"]
    assert sum(row["values"]["temperature_count"] for row in bins) == 21 and sum(row["values"]["temperature_sum"] for row in bins) == 0
    assert get("v1/latest", id="room,name=kitchen")["series"][0]["row"]["values"] == {"temperature": 0}
    (figures,) = get("v1/statistics", id="room,name=kitchen", **{"from": "now-1h", "to": "now"})["measures"]
    assert (figures["measure"], figures["count"], figures["minimum"], figures["maximum"], figures["mean"]) == ("temperature", 11, -30, 0, -15)
    (hot,) = get("v1/rows", id="room,name=kitchen", where="temperature>28", **{"from": "now", "to": "now+1h"})["rows"]
    assert hot["values"] == {"temperature": 30}


def granted(store):
    """The actions that each role of the template has with that store."""
    template = settled(json.loads(json.dumps(yaml_parse((PROJECT / "Infra/template.yaml").read_text()))), HistoryStore=store)
    actions = {}
    shared = [(policy["PolicyDocument"], [role["Ref"] for role in policy["Roles"]]) for policy in of_type(template, "AWS::IAM::Policy").values()]
    own = [(policy["PolicyDocument"], [name]) for name, role in of_type(template, "AWS::IAM::Role").items() for policy in role["Policies"]]
    for document, roles in shared + own:
        for statement in document["Statement"]:
            for role in roles:
                actions.setdefault(role, set()).update(statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]])
    return actions


def test_nothing_is_called_that_a_role_forbids_and_nothing_of_another_store(run):
    store, _, get, lines = run
    get("v1/series/test-run/status")
    called = {}
    for file, line in lines():
        if line.get("message") == "request" and "service" in line:
            action = f"{SERVICES.get(line['service'], line['service'])}:{line['operation']}"
            called.setdefault(FUNCTIONS[file], []).append(ACTIONS.get(action, action))
    print(store, {role: dict(collections.Counter(actions)) for role, actions in called.items()})
    assert set(called) == set(FUNCTIONS.values())
    allowed = granted(store)
    assert {role: sorted(set(actions) - allowed[role]) for role, actions in called.items()} == {role: [] for role in called}
    asks_timestream = [role for role, actions in called.items() if any(action.startswith("timestream:") for action in actions)]
    assert sorted(asks_timestream) == (["APIFunctionRole", "FetchFunctionRole", "WriteFunctionRole"] if store == "timestream" else [])
