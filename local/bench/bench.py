"""Measures the functions themselves, beside the same read written for Node and for Python, in one run.

Usage: bench.py FOLDER [PYTHON]   (FOLDER: what `make package` wrote, or release executables; PYTHON: one that has boto3)

CPU time is the process's own, user and system, from /proc: a busy machine changes it little. Of several rounds, each of
which runs everybody in turn, the medians and the ratios of the medians are printed.
"""

import asyncio
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

from canned import DAY, backend, invoke

HERE = Path(__file__).parent
ROUNDS = int(os.environ.get("ROUNDS", "3"))


def environment(address: str, **more: str) -> dict[str, str]:
    keep = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return keep | {
        "AWS_ENDPOINT_URL": f"http://{address}", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1", "TS_DB_NAME": "d", "TS_TABLE_NAME": "t", "FUTURE_TABLE": "f",
        # What the peers read, too.
        "FORECAST_LAYOUT": "items", "API_KEY": "a-key-of-the-api",
        # Each read asks the stores, as the peers' do.
        "ANSWERS_KEPT_SECONDS": "0",
    } | more


def read_event(path: str = "/v1/series/greenwich") -> bytes:
    now = int(time.time() * 1000)
    query = {"from": str(now - DAY), "to": str(now + DAY)}
    if path == "/timeSeries-data":
        query |= {"startDate": query["from"], "endDate": query["to"], "identifier": "greenwich"}
    headers = {"x-api-key": "a-key-of-the-api", "accept": "application/json"}
    return json.dumps({"version": "1.0", "httpMethod": "GET", "path": path, "headers": headers, "queryStringParameters": query, "isBase64Encoded": False}).encode()


def function(folder: Path, name: str) -> list[str]:
    """A function's executable, as it is in its package or as it was built."""
    packaged = folder / name / "bootstrap"
    return [str(packaged if packaged.exists() else folder / name)]


def rows(answer: bytes) -> int:
    body = json.loads(json.loads(answer)["body"])
    return sum(len(value) for value in body.values() if isinstance(value, list))


async def reads(commands: dict[str, list[str]]) -> dict[str, dict[str, float]]:
    figures = {name: {"cpu": [], "empty": [], "start": [], "peak": []} for name in commands}
    async with backend(576) as full, backend(0) as empty:
        for _ in range(ROUNDS):
            for name, command in commands.items():
                count = 1500 if name == "this project" else 400
                cpu, first, peak, answer = await invoke(command, environment(full.address), read_event(), count)
                assert rows(answer) == 576, f"{name} answered {rows(answer)} rows"
                figures[name]["cpu"].append(cpu * 1e3)
                figures[name]["peak"].append(peak / 1e6)
                figures[name]["start"].append(first * 1e3)
                for _ in range(4):
                    figures[name]["start"].append((await invoke(command, environment(full.address), read_event(), 0, warm=1))[1] * 1e3)
                cpu, _, _, answer = await invoke(command, environment(empty.address), read_event("/timeSeries-data"), count)
                assert rows(answer) == 0
                figures[name]["empty"].append(cpu * 1e3)
    return {name: {key: statistics.median(values) for key, values in kinds.items()} for name, kinds in figures.items()}


async def fetches(folder: Path, samples: int = 20_000) -> tuple[float, float]:
    """Microseconds of CPU for each sample, from the source's bytes to the requests of both stores, and peak megabytes."""
    event = {"Records": [{"messageId": "m", "eventSource": "aws:sqs", "body": json.dumps({"identifiers": ["greenwich"]})}]}
    costs, peaks = [], []
    async with backend(0, source_rows=samples) as server:
        source = {
            "url": f"http://{server.address}/source?id={{identifier}}", "rows": "/rows", "time": {"at": "/t", "format": "milliseconds"},
            "measures": {"elevation": "/elevation", "irradiance": "/irradiance"},
        }
        for _ in range(ROUNDS):
            variables = environment(server.address, SOURCES=json.dumps({"default": source}))
            variables.pop("API_KEY")
            cpu, _, peak, answer = await invoke(function(folder, "FetchFunction"), variables, json.dumps(event).encode(), 10, warm=2)
            assert json.loads(answer) == {"batchItemFailures": []}, answer
            costs.append(cpu / samples * 1e6)
            peaks.append(peak / 1e6)
    return statistics.median(costs), statistics.median(peaks)


def line(name: str, *cells: str) -> None:
    print(f"{name:<46}" + "".join(f"{cell:>16}" for cell in cells), flush=True)


async def main() -> None:
    folder = Path(sys.argv[1])
    commands = {"this project": function(folder, "APIFunction")}
    if node := shutil.which("node"):
        commands["Node, no SDK"] = [node, str(HERE / "peer.mjs")]
    python = sys.argv[2] if len(sys.argv) > 2 else sys.executable
    if subprocess.run([python, "-c", "import boto3"], capture_output=True).returncode == 0:
        commands["Python, boto3"] = [python, str(HERE / "peer.py")]
    figures = await reads(commands)
    ours = figures["this project"]

    def row(title: str, key: str, unit: str) -> None:
        cells = [f"{kinds[key]:.2f} {unit}" if name == "this project" else f"{kinds[key]:.2f} ({kinds[key] / ours[key]:.1f}x)" for name, kinds in figures.items()]
        line(title, *cells)

    line("API function, canned stores", *figures)
    row("  CPU of a warm read of 576 rows", "cpu", "ms")
    row("  CPU of a read without rows", "empty", "ms")
    row("  start to first answer", "start", "ms")
    row("  peak resident", "peak", "MB")
    cost, peak = await fetches(folder)
    line("Fetch function: CPU for each sample, to both stores", f"{cost:.2f} us")
    line("  peak resident, an answer of 20,000 rows", f"{peak:.1f} MB")
    for package in sorted(folder.glob("*Function.zip")):
        line(f"Package {package.name}", f"{package.stat().st_size / 1e6:.2f} MB")


asyncio.run(main())
