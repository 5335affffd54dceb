"""How small and how quick the API function is, beside a Python function with boto3 that does the same two queries: size of the package,
time from nothing to the first answer, resident memory. Both under AWS's runtime interface emulator, against one local cloud, in turns.

`make bench-start`; RUNS (default 20) may be set.
"""

import contextlib
import io
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import emulator
from conftest import BUILD, PACKAGES, Cloud
from emulator import api_request

PEER = '''
import json, os, time
import boto3
query, table = boto3.client("timestream-query"), boto3.client("dynamodb")
parameters = boto3.client("ssm")

def handler(event, context):
    key = parameters.get_parameter(Name=os.environ["API_SSM_ID"], WithDecryption=True)["Parameter"]["Value"]
    if event["headers"]["x-api-key"] != key:
        return {"statusCode": 401}
    identifier, now = "bench", int(time.time())
    sql = 'SELECT * FROM "%s"."%s" WHERE identifier = \\'%s\\' AND time BETWEEN from_milliseconds(%d) AND from_milliseconds(%d) ORDER BY time' % (
        os.environ["TS_DB_NAME"], os.environ["TS_TABLE_NAME"], identifier, (now - 86400) * 1000, now * 1000)
    answer = query.query(QueryString=sql)
    names = [column["Name"] for column in answer["ColumnInfo"]]
    rows = [{name: cell.get("ScalarValue") for name, cell in zip(names, row["Data"])} for row in answer["Rows"]]
    forecast = table.query(
        TableName=os.environ["FUTURE_TABLE"], KeyConditionExpression="identifier = :i AND #t BETWEEN :a AND :b",
        ExpressionAttributeNames={"#t": "time"},
        ExpressionAttributeValues={":i": {"S": identifier}, ":a": {"N": str(now)}, ":b": {"N": str(now + 86400)}})["Items"]
    last = max((row["time"] for row in rows), default="")
    rows += [{"time": item["time"]["N"]} for item in forecast]
    return {"statusCode": 200, "body": json.dumps({"rows": rows, "baseline": last}), "headers": {"content-type": "application/json"}}
'''


def memory(process):
    """Resident now and at most, in MB."""
    status = dict(line.split(":", 1) for line in pathlib.Path(f"/proc/{process}/status").read_text().splitlines() if ":" in line)
    return [int(status[name].split()[0]) / 1024 for name in ("VmRSS", "VmHWM")]


def measure(environment, event, command):
    # The emulator's log is of no interest here.
    quiet = contextlib.redirect_stdout(io.StringIO())
    with tempfile.TemporaryDirectory() as folder, quiet, emulator.running(environment, folder, *command) as function:
        start = time.perf_counter()
        answer = function.invoke(event)
        first = time.perf_counter() - start
        rows = len(json.loads(answer["body"])["rows"])
        assert answer["statusCode"] == 200 and rows > 500, answer
        start = time.perf_counter()
        function.invoke(event)
        return [first * 1000, (time.perf_counter() - start) * 1000, *memory(function.children()[0])]


def main():
    runs = int(os.environ.get("RUNS", "20"))
    cloud = Cloud("--ephemeral", "--parameter", "ForecastLayout=items")
    done = subprocess.run([BUILD / "hydration", "--expect", "288", "bench"], env=cloud.hydration, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        task = folder / "swift"
        emulator.unpack("APIFunction", task)
        peer = folder / "python"
        peer.mkdir()
        (peer / "function.py").write_text(PEER)
        subprocess.run(["zip", "-q", folder / "python.zip", "-j", peer / "function.py"], check=True)
        event = api_request(cloud.outputs["ApiKey"], "/v1/series/bench") | {"rawQueryString": "from=now-24h&to=now%2B24h"}
        common = cloud.environment | cloud.variables
        sides = {
            "Swift": (common, [task / "bootstrap", "handler"]),
            "Python": (common | {"PYTHONPATH": str(peer), "LAMBDA_TASK_ROOT": str(peer)}, [sys.executable, "-m", "awslambdaric", "function.handler"]),
        }
        figures = {side: [] for side in sides}
        for turn in range(runs):
            print(f"\r{turn + 1} of {runs}", end="", file=sys.stderr, flush=True)
            for side, (environment, command) in sides.items():
                figures[side].append(measure(environment, event, command))
        print(file=sys.stderr)
        sizes = {"Swift": (PACKAGES / "APIFunction.zip").stat().st_size, "Python": (folder / "python.zip").stat().st_size}
    assert cloud.stop() == 0
    print(f"{'median of ' + str(runs):<34}{'Swift':>10}{'Python':>10}{'ratio':>8}")
    print(f"{'package (MB; boto3 is in the runtime)':<38}{sizes['Swift'] / 1e6:>6.1f}{sizes['Python'] / 1e6:>10.3f}")
    for place, name in enumerate(["start to first answer (ms)", "warm answer (ms)", "resident (MB)", "resident at most (MB)"]):
        swift, python = (statistics.median(run[place] for run in figures[side]) for side in ("Swift", "Python"))
        print(f"{name:<34}{swift:>10.1f}{python:>10.1f}{python / swift:>8.1f}")


main()
